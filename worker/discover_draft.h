/*
 * A draft: the proposals for all paths of a tree, and what the schema needs beside them. Made by
 * discover_draft.c, written by discover_write.c.
 */
#ifndef LETHE_WORKER_DISCOVER_DRAFT_H
#define LETHE_WORKER_DISCOVER_DRAFT_H

#include "schemas/schema.h"
#include "worker/discover_propose.h"

enum {
    DRAFT_CHOICES = 8,
    RARE_RECORDS = 100, /* from so many records on, a name that occurs in one only is not shown */
};

struct draft {
    const struct discover_tree *tree;
    struct proposal *proposals; /* by node */
    uint16_t times[DRAFT_CHOICES];
    size_t time_count;
    bool time_clear; /* the first of them is it */
    uint16_t subjects[DRAFT_CHOICES];
    size_t subject_count;
    bool subject_clear; /* likewise */
    uint16_t vetoes[SUBJECT_LIMIT];
    size_t veto_count;
    uint16_t signals[SIGNAL_LIMIT];
    size_t signal_count;
    uint16_t discriminator; /* a field of the record itself that names its kind, or DISCOVER_NONE */
    unsigned sure, unsure;
};

LETHE_CHECKED enum rc draft_init(struct draft *draft, const struct discover_tree *tree);
void draft_release(struct draft *draft);

/* Is the node, or one above it, something that is not shown? */
bool draft_node_hidden(const struct draft *draft, uint16_t node);

/* The path as schemas write it. */
void draft_append_path(const struct draft *draft, uint16_t node, struct buffer *out);

/* The signal that a flag of this name is ("gpc"), or NULL. */
const char *draft_signal_name(const struct discover_node *node);

bool draft_is_signal(const struct draft *draft, uint16_t node);

#endif
