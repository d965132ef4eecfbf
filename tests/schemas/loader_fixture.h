/*
 * What a loader of schema or policy files is given to put things in.
 */
#ifndef LETHE_TESTS_SCHEMAS_LOADER_FIXTURE_H
#define LETHE_TESTS_SCHEMAS_LOADER_FIXTURE_H

#include "core/arena.h"
#include "core/diagnostics.h"
#include "schemas/schema.h"

enum { ARENA_LIMIT = 64 * 1024 * 1024 };

struct fixture {
    struct arena arena;
    struct diagnostics diagnostics;
    struct signal_names signals;
};

static inline void begin(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    arena_init(&fixture->arena, ARENA_LIMIT);
    diagnostics_init(&fixture->diagnostics);
}

static inline void end(struct fixture *fixture)
{
    diagnostics_release(&fixture->diagnostics);
    arena_release(&fixture->arena);
}

#endif
