#include "sink/epoch_set.h"

#include <stdlib.h>
#include <string.h>

#include "schemas/clean_record.h"

enum rc epoch_set_add(struct epoch_set *set, uint32_t epoch)
{
    if (epoch == EPOCH_NONE || (set->count > 0 && epoch == set->last))
        return RC_OK;
    size_t at = set->count;
    while (at > 0 && set->epochs[at - 1] > epoch)
        at--;
    set->last = epoch;
    if (at > 0 && set->epochs[at - 1] == epoch)
        return RC_OK;
    if (set->count == EPOCH_SET_LIMIT)
        return RC_LIMIT;
    if (set->count == set->capacity) {
        size_t capacity = set->capacity ? set->capacity * 2 : 8;
        uint32_t *larger = reallocarray(set->epochs, capacity, sizeof *larger);
        if (!larger)
            return RC_NO_MEMORY;
        set->epochs = larger;
        set->capacity = capacity;
    }
    memmove(set->epochs + at + 1, set->epochs + at, (set->count - at) * sizeof *set->epochs);
    set->epochs[at] = epoch;
    set->count++;
    return RC_OK;
}

void epoch_set_reset(struct epoch_set *set)
{
    set->count = 0;
}

void epoch_set_release(struct epoch_set *set)
{
    free(set->epochs);
    *set = (struct epoch_set){0};
}
