/*
 * A batch: the clean rows and the sealed records of one transaction, made in memory.
 *
 * The engine appends rows to `rows` and the lane enters each with batch_add; until the batch is
 * closed nothing of it is anywhere else. Rows of one recipient and one schema form a group, because
 * one part and one message hold rows of one schema. One batch per lane, reused; memory is bounded
 * by its limits: `rows` and `sealed_bytes` hold at most limits.bytes each.
 *
 * A message is in a batch whole or not at all; `rows` has room for one message more than the limit
 * at which the lane closes the batch.
 */
#ifndef LETHE_SINK_BATCH_H
#define LETHE_SINK_BATCH_H

#include "core/buffer.h"
#include "schemas/clean_record.h"

struct batch_limits {
    uint32_t records; /* input records */
    size_t bytes;     /* clean bytes over all recipients; at most 4 GiB - 1 */
    int64_t delay;    /* milliseconds; for the lane, the batch does not look at it */
};

struct row {
    uint32_t offset, length; /* in batch->rows; offsets rise in the order of the input */
    uint32_t epoch;          /* of the pseudonyms in it, or EPOCH_NONE */
    /* The released value that decides its partition, in batch->rows; length 0: none. */
    uint32_t key_offset, key_length;
};

struct row_group {
    unsigned recipient, schema;
    struct row *rows;
    uint32_t count, capacity;
    uint64_t bytes; /* of its rows, without newlines */
};

/* What of the input the batch covers: offsets [first, last] of one file or partition. */
struct input_range {
    uint32_t origin; /* number of the file or topic */
    int32_t partition;
    int64_t first, last;
};

enum { INPUT_RANGE_LIMIT = 4096 };

struct batch_sealed_row {
    struct sealed_record record; /* its `sealed` is made by batch_sealed */
    uint32_t offset, length;     /* in batch->sealed_bytes */
};

struct batch {
    struct batch_limits limits;
    struct buffer rows;
    struct buffer sealed_bytes;
    struct batch_sealed_row *sealed;
    uint32_t sealed_count, sealed_capacity;
    struct row_group *groups; /* recipient-major */
    size_t recipient_count, schema_count;
    struct input_range *ranges;
    size_t range_count;
    uint32_t input_records;
    int64_t opened; /* when its first record came, by the caller's clock, or TIME_NONE */
};

/* RC_LIMIT where limits.bytes is 0 or does not fit into 32 bits; RC_NO_MEMORY. */
LETHE_CHECKED enum rc batch_init(struct batch *batch, struct batch_limits limits,
                                 size_t recipient_count, size_t schema_count);
void batch_release(struct batch *batch);

/* Empties it; the memory is kept, and overwritten where it held rows. */
void batch_reset(struct batch *batch);

struct row_group *batch_group(const struct batch *batch, size_t recipient, size_t schema);

/* Enters the row that engine_rewrite has just appended to batch->rows. RC_INTERNAL where it is not
 * the last thing there or its numbers are out of range. */
LETHE_CHECKED enum rc batch_add(struct batch *batch, const struct clean_record *record);

/* Enters the sealed record whose ciphertext has just been appended to batch->sealed_bytes. What its
 * `reason`, `source` and `key` point to is borrowed until batch_reset. */
LETHE_CHECKED enum rc batch_add_sealed(struct batch *batch, const struct sealed_record *sealed);

/* The i-th sealed record with its slice; valid until the next append to sealed_bytes. */
struct sealed_record batch_sealed(const struct batch *batch, uint32_t index);

/* One more message is part of this batch: it covers the offsets [first, last]. RC_LIMIT where the
 * ranges are full: close first. */
LETHE_CHECKED enum rc batch_cover(struct batch *batch, uint32_t origin, int32_t partition,
                                  int64_t first, int64_t last, int64_t now);

/* Has it reached its record or byte limit, or the number of its ranges? */
bool batch_is_full(const struct batch *batch);

/* Does it hold no row, no sealed record and no input? */
bool batch_is_empty(const struct batch *batch);

/* Rows of one recipient over all schemas. */
uint64_t batch_recipient_rows(const struct batch *batch, size_t recipient);

#endif
