/*
 * A batch: the clean rows and the sealed records of one transaction, made in memory.
 *
 * The engine appends rows to `rows` and the lane enters each with batch_add; until the batch is
 * closed nothing of it is anywhere else. Rows of one recipient and one schema form a group, because
 * one part and one message hold rows of one schema. One batch per lane, reused; memory is bounded
 * by its limits.
 */
#ifndef LETHE_SINK_BATCH_H
#define LETHE_SINK_BATCH_H

#include "core/buffer.h"
#include "schemas/clean_record.h"

struct batch_limits {
    uint32_t records; /* input records */
    size_t bytes;     /* clean bytes over all recipients */
    int64_t delay;    /* milliseconds */
};

struct row {
    uint32_t offset, length; /* in batch->rows */
};

struct row_group {
    unsigned recipient, schema;
    struct row *rows;
    uint32_t count, capacity;
    uint32_t epoch_low, epoch_high; /* of the pseudonyms in it; EPOCH_NONE: none */
    uint64_t bytes;
};

/* What of the input the batch covers: records [first, last] of one file or partition. */
struct input_range {
    uint32_t origin; /* number of the file or topic */
    int32_t partition;
    int64_t first, last;
};

enum { INPUT_RANGE_LIMIT = 4096 };

struct batch {
    struct batch_limits limits;
    struct buffer rows;
    struct buffer sealed_bytes;
    struct sealed_record
        *sealed; /* slices into sealed_bytes are made at the end: see batch_sealed */
    uint32_t sealed_count, sealed_capacity;
    struct row_group *groups; /* recipient-major */
    size_t recipient_count, schema_count;
    struct input_range *ranges;
    size_t range_count;
    uint32_t input_records;
    int64_t opened; /* when its first record came, or TIME_NONE */
};

LETHE_CHECKED enum rc batch_init(struct batch *batch, struct batch_limits limits,
                                 size_t recipient_count, size_t schema_count);
void batch_release(struct batch *batch);

/* Empties it; the memory is kept, and overwritten where it held rows. */
void batch_reset(struct batch *batch);

struct row_group *batch_group(struct batch *batch, size_t recipient, size_t schema);

/* Enters a row that engine_rewrite appended to batch->rows. */
LETHE_CHECKED enum rc batch_add(struct batch *batch, const struct clean_record *record);

/* Enters a sealed record whose ciphertext was appended to batch->sealed_bytes. */
LETHE_CHECKED enum rc batch_add_sealed(struct batch *batch, const struct sealed_record *sealed);

/* The i-th sealed record with its slice; valid until the next append to sealed_bytes. */
struct sealed_record batch_sealed(const struct batch *batch, uint32_t index);

/* One more input record is part of this batch. RC_LIMIT where the ranges are full: close first. */
LETHE_CHECKED enum rc batch_cover(struct batch *batch, uint32_t origin, int32_t partition,
                                  int64_t offset, int64_t now);

/* Has it reached its record or byte limit? */
bool batch_is_full(const struct batch *batch);

/* Rows of one recipient over all schemas. */
uint64_t batch_recipient_rows(const struct batch *batch, size_t recipient);

#endif
