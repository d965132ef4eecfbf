/*
 * Names to numbers, for what a configuration defines: built once, looked up often. Keys are copied
 * into the arena. At most as many entries as were announced.
 */
#ifndef LETHE_CORE_NAME_MAP_H
#define LETHE_CORE_NAME_MAP_H

#include "core/arena.h"
#include "core/rc.h"

struct name_map_slot {
    struct slice name;
    uint32_t number;
    uint32_t hash;
};

struct name_map {
    struct name_map_slot *slots;
    size_t slot_count; /* a power of two, at most half full */
    size_t count;
    size_t limit;
};

enum { NAME_MAP_NONE = -1 };

LETHE_CHECKED enum rc name_map_init(struct name_map *map, struct arena *arena, size_t limit);

/* RC_EXISTS where the name is there already (its number stays), RC_LIMIT where the map is full. */
LETHE_CHECKED enum rc name_map_add(struct name_map *map, struct arena *arena, struct slice name,
                                   uint32_t number);

/* The name's number, or NAME_MAP_NONE. A zeroed map holds nothing. */
int64_t name_map_find(const struct name_map *map, struct slice name);

#endif
