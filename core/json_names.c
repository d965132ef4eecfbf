#include "core/json_internal.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/*
 * One array holds tables of 256, 512, 1024, ... slots one after the other, of which one is in use:
 * a text begins with the smallest and moves up as its names grow in number. So one hostile text
 * does not make the tables of all later texts too large for the cache, and nothing is ever cleared:
 * a slot belongs to the current text if its object's number is above `base`.
 */
struct json_names_slot {
    uint64_t hash;
    uint32_t object;
};

enum { SMALLEST = 256 };

void json_names_init(struct json_names *names, uint64_t seed, size_t limit)
{
    *names = (struct json_names){.seed = seed, .limit = limit};
}

void json_names_release(struct json_names *names)
{
    free(names->slots);
    *names = (struct json_names){0};
}

void json_names_begin(struct json_names *names, size_t length)
{
    if (length > UINT32_MAX - names->object) {
        if (names->slots)
            memset(names->slots, 0, names->allocated * sizeof *names->slots);
        names->object = 0;
    }
    names->base = names->object;
    names->used = 0;
    names->slot_count = names->slots ? SMALLEST : 0;
}

static struct json_names_slot *table(const struct json_names *names)
{
    return names->slots + (names->slot_count - SMALLEST);
}

/* The slot where (hash, object) is or would be. */
static inline struct json_names_slot *find(const struct json_names *names, uint64_t hash,
                                           uint32_t object)
{
    struct json_names_slot *slots = table(names);
    size_t mask = names->slot_count - 1;
    /* The same name in many objects, as in an array of objects, must not meet in one place. */
    size_t at = (size_t)(hash ^ object * UINT64_C(0x9E3779B97F4A7C15) >> 20) & mask;
    while (slots[at].object > names->base && (slots[at].hash != hash || slots[at].object != object))
        at = (at + 1) & mask;
    return &slots[at];
}

/* Makes the next larger table the one in use, and allocates it where it is not there yet. */
__attribute__((noinline)) static bool grow(struct json_names *names)
{
    size_t count = names->slot_count ? names->slot_count * 2 : SMALLEST;
    size_t needed = count * 2 - SMALLEST;
    if (needed > names->allocated) {
        struct json_names_slot *slots = reallocarray(names->slots, needed, sizeof *slots);
        if (!slots)
            return false;
        memset(slots + names->allocated, 0, (needed - names->allocated) * sizeof *slots);
        names->slots = slots;
        names->allocated = needed;
    }
    size_t old_count = names->slot_count;
    const struct json_names_slot *old = old_count ? table(names) : NULL;
    names->slot_count = count;
    for (size_t i = 0; i < old_count; i++) {
        if (old[i].object > names->base)
            *find(names, old[i].hash, old[i].object) = old[i];
    }
    return true;
}

/* An escaped name is hashed as what it spells, without memory for the decoded text. */
__attribute__((noinline)) static uint64_t hash_escaped(const struct json_names *names,
                                                       struct slice raw)
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_64bits_reset_withSeed(&state, names->seed);
    char decoded[256];
    size_t length = 0;
    const char *at = raw.data;
    const char *end = raw.data + raw.length;
    while (at < end) {
        length += json_decode_piece(&at, end, decoded + length);
        if (length > sizeof decoded - 4 || at == end) {
            XXH3_64bits_update(&state, decoded, length);
            length = 0;
        }
    }
    return XXH3_64bits_digest(&state);
}

enum json_fault json_names_add(struct json_names *names, uint32_t object,
                               const struct json_string *name)
{
    uint64_t hash = name->escaped
                        ? hash_escaped(names, name->raw)
                        : XXH3_64bits_withSeed(name->raw.data, name->raw.length, names->seed);
    if (names->used >= names->slot_count / 4 * 3 && !grow(names))
        return JSON_FAULT_NO_MEMORY;
    struct json_names_slot *slot = find(names, hash, object);
    if (slot->object > names->base)
        return JSON_FAULT_DUPLICATE_NAME;
    if (names->used >= names->limit)
        return JSON_FAULT_SIZE;
    *slot = (struct json_names_slot){hash, object};
    names->used++;
    return JSON_FAULT_NONE;
}
