/*
 * What of the input a publication covers: the ranges and consent positions of the batches taken
 * since the last one. Internal to the sinks.
 */
#ifndef LETHE_SINK_COVERED_H
#define LETHE_SINK_COVERED_H

#include "sink/sink.h"

/* Room for what one batch may bring must always be left. */
enum { COVERED_RANGE_LIMIT = 2 * INPUT_RANGE_LIMIT };

struct covered {
    struct input_range *ranges;
    size_t range_count;
    int64_t opened;      /* when the first batch came, or TIME_NONE */
    uint64_t consent[2]; /* messages applied at the first and at the last batch */
    int64_t *offsets[2]; /* by consent partition, likewise */
    size_t offset_count[2], offset_capacity[2];
};

/* A zeroed one is valid for covered_release only. */
LETHE_CHECKED enum rc covered_init(struct covered *covered);
void covered_release(struct covered *covered);
void covered_reset(struct covered *covered);

/* RC_NO_MEMORY: nothing was added. */
LETHE_CHECKED enum rc covered_take(struct covered *covered, const struct batch *batch,
                                   const struct commit_context *context);

/* Might the next batch not fit? Then it is time to publish. */
bool covered_is_full(const struct covered *covered);

#endif
