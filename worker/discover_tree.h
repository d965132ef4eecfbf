/*
 * The tree of paths that sample records have, with what was learnt of each.
 *
 * Limits: DISCOVER_PATHS nodes; what comes after them is counted. A name that is data
 * (discover_name.h) gets no node and what is below it is not looked at. An object with many names
 * that come and go is a map keyed by data: it is closed as soon as that shows, its names forgotten.
 */
#ifndef LETHE_WORKER_DISCOVER_TREE_H
#define LETHE_WORKER_DISCOVER_TREE_H

#include "core/arena.h"
#include "worker/discover_evidence.h"

enum {
    DISCOVER_PATHS = 4096,
    DISCOVER_MEMBERS = 64, /* different names of one object, beyond which they may be data */
    DISCOVER_WIDE = 512,   /* beyond which they are */
    DISCOVER_ROOT = 0,
    DISCOVER_NONE = 0xffff,
};

struct discover_node {
    struct slice name; /* empty for the root and `[]` */
    struct words words, above;
    struct evidence evidence;
    uint32_t seen;        /* how often */
    uint32_t records;     /* in how many records */
    uint32_t last_record; /* the last of these */
    uint32_t objects;     /* how often it was an object */
    uint32_t members;     /* of all these together, those with a node */
    uint32_t data_names;  /* members whose names are data */
    uint16_t parent, first_child, last_child, next_sibling;
    uint16_t child_count;
    bool is_element;
    bool closed; /* a map keyed by data */
};

struct discover_tree {
    struct discover_node *nodes;
    uint32_t node_count;
    uint32_t refused; /* members that found no place */
    struct arena names;
    uint32_t records;
    uint16_t free;                      /* nodes of closed maps, linked by next_sibling */
    uint16_t index[4 * DISCOVER_PATHS]; /* by hash of parent and name */
    uint64_t seed;
};

LETHE_CHECKED enum rc discover_tree_init(struct discover_tree *tree, uint64_t seed);
void discover_tree_release(struct discover_tree *tree);

/* One record: an object. */
void discover_tree_add(struct discover_tree *tree, const struct json_value *record);

/* Are the names below this node data, by all that was seen? Once all records are in. */
bool discover_node_is_map(const struct discover_tree *tree, uint16_t node);

#endif
