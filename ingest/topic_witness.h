/*
 * Reads single records of a topic again, by a handle of its own, to find out whether the log is
 * still the one that was read (topic_progress.h). Internal to compacted_topic.c; its thread.
 */
#ifndef LETHE_INGEST_TOPIC_WITNESS_H
#define LETHE_INGEST_TOPIC_WITNESS_H

#include "ingest/topic_progress.h"

struct topic_witness;

LETHE_CHECKED enum rc topic_witness_new(const struct compacted_topic_options *options,
                                        int32_t partitions, struct topic_witness **out,
                                        struct buffer *reason);
void topic_witness_free(struct topic_witness *witness);

/* Asks about every partition, as of now. Not while an answer is awaited. */
LETHE_CHECKED enum rc topic_witness_ask(struct topic_witness *witness,
                                        const struct topic_progress *progress);

enum witness_answer {
    WITNESS_WAITS = 0, /* not all partitions have answered */
    WITNESS_GOOD,      /* it is the same log; the anchors have moved on */
    WITNESS_FAULT,     /* *fault says what is wrong */
};

/* Takes what has come, without waiting. */
enum witness_answer topic_witness_look(struct topic_witness *witness,
                                       struct topic_progress *progress, enum topic_fault *fault);

/* Gives the question up. */
void topic_witness_drop(struct topic_witness *witness);

#endif
