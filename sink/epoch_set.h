/*
 * The distinct key epochs of some rows, rising. There are few, and rows come mostly with the same
 * one as the row before.
 */
#ifndef LETHE_SINK_EPOCH_SET_H
#define LETHE_SINK_EPOCH_SET_H

#include <stddef.h>
#include <stdint.h>

#include "core/rc.h"

/* More than the keys that anybody keeps; RC_LIMIT where more would come. */
enum { EPOCH_SET_LIMIT = 1024 };

struct epoch_set {
    uint32_t *epochs;
    size_t count, capacity;
    uint32_t last; /* added */
};

/* A zeroed set is valid and empty. EPOCH_NONE is not added. RC_LIMIT, RC_NO_MEMORY. */
LETHE_CHECKED enum rc epoch_set_add(struct epoch_set *set, uint32_t epoch);
void epoch_set_reset(struct epoch_set *set); /* keeps the memory */
void epoch_set_release(struct epoch_set *set);

#endif
