/*
 * What a discovery has gathered. For discover.c and discover_write.c alone.
 */
#ifndef LETHE_WORKER_DISCOVER_STATE_H
#define LETHE_WORKER_DISCOVER_STATE_H

#include "worker/discover_tree.h"

struct discovery {
    struct discover_tree tree;
    struct arena record;        /* of the record that is looked at */
    struct slice member, value; /* only records of which this member is that; or empty */
    uint64_t bad;
};

#endif
