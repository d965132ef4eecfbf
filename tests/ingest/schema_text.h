/*
 * Schemas for the tests of ingest, from text. Shared by the test programs; a schema that does not
 * load ends the test.
 */
#ifndef LETHE_TESTS_INGEST_SCHEMA_TEXT_H
#define LETHE_TESTS_INGEST_SCHEMA_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "schemas/schema.h"

struct test_schemas {
    struct arena arena;
    struct signal_names signals;
    struct schema *schemas[8];
    size_t count;
};

static inline void test_schemas_init(struct test_schemas *all)
{
    *all = (struct test_schemas){0};
    arena_init(&all->arena, 16 << 20);
}

static inline void test_schemas_release(struct test_schemas *all)
{
    arena_release(&all->arena);
}

static inline struct schema *test_schemas_add(struct test_schemas *all, const char *text)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct schema *schema = schema_parse("test.yaml", slice_from_string(text), &all->arena,
                                         &all->signals, &diagnostics);
    if (!schema) {
        struct buffer messages;
        buffer_init(&messages, 1 << 16);
        diagnostics_write(&diagnostics, &messages);
        fprintf(stderr, "%.*s\n", SLICE_FORMAT(buffer_slice(&messages)));
        buffer_release(&messages);
        fail_msg("a schema of the test does not load");
    }
    diagnostics_release(&diagnostics);
    all->schemas[all->count++] = schema;
    return schema;
}

/* The number of the field with that path. */
static inline uint16_t test_field(const struct schema *schema, const char *path)
{
    uint16_t field = schema_field(schema, slice_from_string(path));
    if (field == FIELD_NONE)
        fail_msg("no field %s", path);
    return field;
}

#endif
