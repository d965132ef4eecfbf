/*
 * One record, and what would leave of it under granted, denied and unknown consent, side by side.
 * For `lethe demo`: it shows values, so it is for sample records only.
 */
#ifndef LETHE_WORKER_DEMO_TABLE_H
#define LETHE_WORKER_DEMO_TABLE_H

#include "core/buffer.h"
#include "worker/configuration.h"

/* Appends the table for the first record of `capture` that can be processed, for one recipient.
 * RC_NOT_FOUND where there is none. */
LETHE_CHECKED enum rc demo_table_write(struct buffer *out,
                                       const struct configuration *configuration,
                                       const char *capture, size_t recipient, int64_t now);

#endif
