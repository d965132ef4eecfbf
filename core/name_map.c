#include "core/name_map.h"

#include <xxhash.h>

static uint32_t hash_name(struct slice name)
{
    return (uint32_t)XXH3_64bits(name.data ? name.data : "", name.length);
}

enum rc name_map_init(struct name_map *map, struct arena *arena, size_t limit)
{
    *map = (struct name_map){0};
    if (limit > UINT32_MAX / 2)
        return RC_LIMIT;
    size_t slot_count = 2; /* never full, so that a search ends */
    while (slot_count < limit * 2)
        slot_count *= 2;
    struct name_map_slot *slots = ARENA_ARRAY(arena, slot_count, struct name_map_slot);
    if (!slots)
        return RC_NO_MEMORY;
    *map = (struct name_map){.slots = slots, .slot_count = slot_count, .limit = limit};
    return RC_OK;
}

/* The slot that holds the name, or the empty one where it would go. */
static struct name_map_slot *find(const struct name_map *map, struct slice name, uint32_t hash)
{
    size_t mask = map->slot_count - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct name_map_slot *slot = &map->slots[at];
        if (!slot->name.data || (slot->hash == hash && slice_equal(slot->name, name)))
            return slot;
    }
}

enum rc name_map_add(struct name_map *map, struct arena *arena, struct slice name, uint32_t number)
{
    if (map->slot_count == 0)
        return RC_LIMIT;
    uint32_t hash = hash_name(name);
    struct name_map_slot *slot = find(map, name, hash);
    if (slot->name.data)
        return RC_EXISTS;
    if (map->count >= map->limit)
        return RC_LIMIT;
    struct slice copy = arena_copy(arena, name);
    if (!copy.data)
        return RC_NO_MEMORY;
    *slot = (struct name_map_slot){copy, number, hash};
    map->count++;
    return RC_OK;
}

int64_t name_map_find(const struct name_map *map, struct slice name)
{
    if (map->count == 0)
        return NAME_MAP_NONE;
    const struct name_map_slot *slot = find(map, name, hash_name(name));
    return slot->name.data ? (int64_t)slot->number : NAME_MAP_NONE;
}
