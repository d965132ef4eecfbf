#include "core/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_SIZE = 64 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
    struct arena_chunk *next; /* older ones */
    size_t used;
    size_t size;
    _Alignas(ALIGNMENT) char bytes[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

static void free_chunks(struct arena_chunk *chunk)
{
    while (chunk) {
        struct arena_chunk *next = chunk->next;
        explicit_bzero(chunk->bytes, chunk->used);
        free(chunk);
        chunk = next;
    }
}

void arena_release(struct arena *arena)
{
    free_chunks(arena->chunks);
    *arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunks;
    arena->used = 0;
    if (!chunk)
        return;
    free_chunks(chunk->next);
    chunk->next = NULL;
    explicit_bzero(chunk->bytes, chunk->used);
    chunk->used = 0;
}

void *arena_allocate(struct arena *arena, size_t count, size_t size)
{
    size_t wanted;
    if (__builtin_mul_overflow(count, size, &wanted) ||
        __builtin_add_overflow(wanted, ALIGNMENT - 1, &wanted))
        return NULL;
    wanted &= ~(size_t)(ALIGNMENT - 1);
    if (wanted > arena->limit - arena->used)
        return NULL;
    struct arena_chunk *chunk = arena->chunks;
    if (!chunk || wanted > chunk->size - chunk->used) {
        size_t chunk_size = wanted > CHUNK_SIZE ? wanted : CHUNK_SIZE;
        if (chunk_size > SIZE_MAX - sizeof *chunk)
            return NULL;
        chunk = malloc(sizeof *chunk + chunk_size);
        if (!chunk)
            return NULL;
        chunk->next = arena->chunks;
        chunk->used = 0;
        chunk->size = chunk_size;
        arena->chunks = chunk;
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += wanted;
    arena->used += wanted;
    return memset(memory, 0, wanted);
}

struct slice arena_copy(struct arena *arena, struct slice bytes)
{
    char *copy = arena_allocate(arena, bytes.length + 1, 1);
    if (!copy)
        return (struct slice){0};
    if (bytes.length > 0)
        memcpy(copy, bytes.data, bytes.length);
    return slice_of(copy, bytes.length);
}

char *arena_string(struct arena *arena, struct slice bytes)
{
    return (char *)arena_copy(arena, bytes).data;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : arena_allocate(arena, (size_t)length + 1, 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}
