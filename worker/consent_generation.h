/*
 * One consent table and the reading that it is made from. A rebuilding makes another one. Internal
 * to consent_following*.c.
 */
#ifndef LETHE_WORKER_CONSENT_GENERATION_H
#define LETHE_WORKER_CONSENT_GENERATION_H

#include <stdatomic.h>

#include "worker/consent_following.h"

struct consent_generation {
    uint64_t number;
    struct consent_table *table;
    struct consent_reader *reader;
    struct compacted_topic *topic; /* NULL: a file */
    int32_t partition_count;
    _Atomic int64_t *ends; /* by partition, as of the last answer; -1: none yet */
    /* Where the last message with an unreadable key is; -1: there was none. */
    _Atomic int64_t blocked_partition, blocked_offset;

    /* Under the following's mutex. */
    unsigned references; /* holds, barriers that wait, and one while it is current */
    struct consent_generation *next_retired;
};

/* Reads the file, or begins to read the topic. `reason` gets one sentence on failure. */
LETHE_CHECKED enum rc consent_generation_new(const struct consent_following_options *options,
                                             uint64_t number, struct consent_generation **out,
                                             struct buffer *reason);
void consent_generation_free(struct consent_generation *generation);

#endif
