/*
 * What a lane is made of, for its own files: lane.c (opened, looped, ended), lane_batch.c (a
 * batch's life, from the barrier to the commit or the way back), lane_record.c (a record's way into
 * it).
 */
#ifndef LETHE_WORKER_LANE_STATE_H
#define LETHE_WORKER_LANE_STATE_H

#include "worker/committer.h"
#include "worker/lane.h"
#include "worker/processing.h"

/* A batch with what belongs to it. */
struct lane_batch {
    struct batch batch;
    struct lane_counts counts; /* of this batch */
    struct consent_hold hold;
    bool begun; /* the barrier has been passed */
};

/* One minute's records, for the quota of the quarantine. */
struct lane_minute {
    int64_t began; /* monotonic, nanoseconds */
    uint64_t records, bad, sealed;
};

enum { LANE_BATCHES = 2 };

struct lane {
    const struct lane_options *options;
    const struct generation *generation;
    const struct configuration *configuration; /* the generation's */
    enum framing framing;
    struct decoder *decoder;
    struct engine *engine;
    struct json_names names;     /* of the framing */
    struct committer *committer; /* NULL: the lane commits itself */
    struct lane_batch batches[LANE_BATCHES];
    unsigned current;              /* the batch that is filled */
    bool in_flight;                /* the other one is at the committer's */
    struct lane_counts open;       /* taken by the sink, but not yet committed */
    struct consent_hold open_hold; /* the last that was taken under, while it is not committed */
    struct lane_counts *total;     /* committed */
    struct lane_minute minute;
    unsigned undone_in_a_row;
    uint64_t rewinds;  /* of the source: what it handed out comes again */
    int64_t now;       /* of this turn of the loop: milliseconds since 1970 */
    int64_t monotonic; /* likewise: nanoseconds */
    int64_t turned;    /* monotonic, when the observer was last told */
    unsigned places;
    enum rc failure;
    enum lane_end end;
};

static inline struct lane_batch *lane_current(struct lane *lane)
{
    return &lane->batches[lane->current];
}

static inline bool lane_is_stopped(const struct lane *lane)
{
    return lane->options->stop && atomic_load_explicit(lane->options->stop, memory_order_relaxed);
}

/* All of these return false where the lane cannot go on: lane->failure and lane->end say why. */

/* lane_batch.c */

/* Before a record is transformed: the barrier, once for a batch. */
bool lane_begin_batch(struct lane *lane);

/* Closes the batch where a limit is reached, or its time is up; an empty one lets the sink publish
 * what is due by its age. */
bool lane_commit_if_due(struct lane *lane);

/* Closes the batch now. */
bool lane_commit(struct lane *lane);

/* Waits for the batch that is being committed, if there is one. */
bool lane_reap(struct lane *lane);

/* Commits what may leave, drops a batch that is below a minimum, publishes what is open. */
bool lane_settle_all(struct lane *lane);

/* Drops everything that is not committed, in the sink as well. The source is not moved. */
bool lane_drop_all(struct lane *lane, const char *why);

/* What the sink took is committed, or undone. */
void lane_let_go_of_open(struct lane *lane);

/* Between two batches, and is there a newer generation? */
bool lane_may_change_generation(const struct lane *lane);

/* Changes to it where it may. It may rewind the source. */
bool lane_change_generation(struct lane *lane);

/* lane.c */

/* Decoder, engine and batches of the lane's generation. */
enum rc lane_open_processing(struct lane *lane);
void lane_close_processing(struct lane *lane);

/* lane_record.c */

/* Into the batch, which has been begun. */
bool lane_take_message(struct lane *lane, const struct message *message, int bad_reason);

#endif
