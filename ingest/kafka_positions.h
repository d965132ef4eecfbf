/*
 * A consumer's own account of its partitions: what it has handed out, and what of that is
 * committed.
 *
 * `next` is the first offset that is not covered by what was handed out, `settled` the first that
 * no commit covers, `at` the one that is read next: settled <= next <= at. A message covers
 * everything from `next` on, so gaps (markers, aborted transactions, compaction, poison) belong to
 * the message behind them, and at the end of a partition `at` is ahead of `next`.
 *
 * A partition that was held once keeps its place and its counts when it goes. Not safe between
 * threads. No Kafka in here.
 */
#ifndef LETHE_INGEST_KAFKA_POSITIONS_H
#define LETHE_INGEST_KAFKA_POSITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rc.h"

enum position_state {
    POSITION_READING = 0,
    POSITION_POISONED,     /* a batch at `next` cannot be read; its end is looked for */
    POSITION_OUT_OF_RANGE, /* the broker has no `next` */
};

struct position {
    bool known, held;
    enum position_state state;
    int32_t partition;
    int32_t error; /* POSITION_POISONED: rd_kafka_resp_err_t */
    int64_t next, settled, at;
    int64_t end;                /* high watermark as last heard; -1: not yet */
    int64_t skip_from, skip_to; /* the last poison that was stepped over: after a rewind it comes
                                   again; -1: none */
    uint64_t poison;            /* how many times that was, what `at` was at the last, and how many
                                   offsets it were in all */
    int64_t poison_offset;
    uint64_t poison_length;
};

struct topic_positions {
    struct position *items; /* by partition number */
    size_t count;
};

struct position_table {
    struct topic_positions *topics;
    size_t topic_count;
    size_t known; /* partitions that were ever held */
    size_t limit;
};

LETHE_CHECKED enum rc position_table_init(struct position_table *table, size_t topic_count,
                                          size_t partition_limit);
void position_table_release(struct position_table *table);

/* Ours from now on, read from `start`. RC_LIMIT: more partitions than the limit, or a number beyond
 * it. Pointers to positions of the same topic become invalid. */
LETHE_CHECKED enum rc position_hold(struct position_table *table, size_t topic, int32_t partition,
                                    int64_t start);

/* NULL where it was never held. */
struct position *position_find(const struct position_table *table, size_t topic, int32_t partition);

/* Every partition that was ever held, in order: start with {0}; NULL at the end. */
struct position_cursor {
    size_t topic;
    size_t index;
};
struct position *position_next(const struct position_table *table, struct position_cursor *cursor,
                               size_t *topic);

/* Nothing is held any more. */
void position_drop_all(struct position_table *table);

/* A message has come. true: it is to be handed out and covers [*first, offset]. false: it was
 * handed out before, or the partition is not being read. */
bool position_offer(struct position *position, int64_t offset, int64_t *first);

/* All before `next` is committed. What was never handed out cannot be. */
void position_settle(struct position *position, int64_t next);

/* Back to what is settled. */
void position_rewind(struct position *position);

/* The end of what can be read is `offset`: there is no message before it. */
void position_reach(struct position *position, int64_t offset);

/* A batch at `at` cannot be read. true: it is one that was stepped over before, and `at` is behind
 * it now. */
bool position_skip_again(struct position *position);

/* What stands in [at, to) cannot be read and is stepped over; counted. */
void position_skip(struct position *position, int64_t to);

#endif
