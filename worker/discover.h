/*
 * Drafting a schema from sample records (`lethe discover`).
 *
 * The draft lists every path with a proposed category and the reason for it; what is unclear is
 * left out and said, as a comment. It is written for a person who finishes it: schema_parse
 * accepts it as it stands where the time and the subjects were clear, and else after one of the
 * lines that it offers for them has been chosen; its head says which.
 *
 * It never shows a value, nor a name that is one: maps that are keyed by data are recognised
 * (discover_name.h, discover_tree.h) and reported without their names, and so are names that occur
 * in one record only of a hundred or more.
 */
#ifndef LETHE_WORKER_DISCOVER_H
#define LETHE_WORKER_DISCOVER_H

#include "core/buffer.h"
#include "core/rc.h"
#include "core/slice.h"

enum {
    DISCOVER_RECORD_LIMIT = 8 * 1024 * 1024, /* bytes of one record */
    DISCOVER_DEPTH_LIMIT = 32,
};

struct discover_options {
    struct slice name;  /* of the schema; must be a name (yaml_is_name) */
    struct slice topic; /* for `match`; may be empty */
};

struct discovery;

LETHE_CHECKED enum rc discovery_new(struct discovery **out);
void discovery_free(struct discovery *discovery);

/* From now on only records of which that member is that string: one kind of several in a capture.
 * Borrowed. */
void discovery_only(struct discovery *discovery, struct slice member, struct slice value);

/* One record as text. What is no JSON object is counted and otherwise ignored. */
void discovery_add(struct discovery *discovery, struct slice record);

/* A line of the capture that could not be read as a message. */
void discovery_add_bad(struct discovery *discovery);

uint64_t discovery_records(const struct discovery *discovery);
uint64_t discovery_bad(const struct discovery *discovery);

/* The draft. */
void discovery_write(const struct discovery *discovery, const struct discover_options *options,
                     struct buffer *out);

#endif
