/*
 * A bump allocator with a limit: memory that is freed all at once.
 *
 * A signature that takes an arena allocates from it; one that does not, does not. Used for what
 * lives as long as a configuration or one command; the path of a record allocates nothing.
 * Memory comes zeroed. Owner: whoever called arena_init. Not safe to share between threads.
 */
#ifndef LETHE_CORE_ARENA_H
#define LETHE_CORE_ARENA_H

#include "core/slice.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks;
    size_t used;  /* bytes handed out */
    size_t limit; /* bytes it will ever hand out */
};

void arena_init(struct arena *arena, size_t limit);
void arena_release(struct arena *arena);

/* Frees all but the first chunk, for use again. */
void arena_reset(struct arena *arena);

/* `count` zeroed objects of `size` bytes, aligned for any type; NULL over the limit or without
 * memory. A count or size of 0 gives a valid pointer to nothing. */
void *arena_allocate(struct arena *arena, size_t count, size_t size);

#define ARENA_NEW(arena, type)          ((type *)arena_allocate((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_allocate((arena), (count), sizeof(type)))

/* A copy that also ends with a NUL (not counted in its length). Data is NULL where there was no
 * memory. */
struct slice arena_copy(struct arena *arena, struct slice bytes);

/* As arena_copy, as a C string; NULL where there was no memory. */
char *arena_string(struct arena *arena, struct slice bytes);

/* printf into the arena; NULL where there was no memory. */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
