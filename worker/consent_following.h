/*
 * The thread that keeps the consent table current, and the barrier that lanes pass before a batch.
 *
 * It reads the whole consent topic (ingest/compacted_topic.h) up to its high watermarks, then
 * follows it. It is the table's only writer. With a file instead of a topic the same interface
 * answers: the file is read once, at the start, and is always fresh.
 *
 * The barrier. consent_following_begin asks for the topic's high watermarks and waits until the
 * table has passed them: every consent message that Kafka acknowledged before the call is in the
 * table that the hold gives. What comes later shows in the table as it comes.
 * consent_following_holds, asked right before a commit, says whether the batch may still leave: the
 * table was not replaced or blocked since, and an examination of the topic that began after the
 * batch did found the topic to be the one that was read. So nothing is committed by the word of a
 * topic that was truncated or made anew before the batch began.
 *
 * States. Nothing is released but in CONSENT_FRESH.
 *
 * - loading: not yet read to the high watermarks of the start
 * - fresh: a barrier passed within the last `barrier` milliseconds
 * - stale: the table is behind for longer than that
 * - blocked: a message may hide a withdrawal (consent/table.h): a key of no known category, until a
 *   tombstone of that key comes in the same partition; or a full table
 * - rebuilding: the topic broke (ingest/compacted_topic.h): it is read again, into a new table
 * - unreachable: the brokers do not answer
 *
 * Rebuilding. Lanes keep the old table until they end their hold; it is freed after the last of
 * them, and consent_following_holds refuses all of them. Attempts are made with growing pauses. A
 * reader that makes no progress for `stall` milliseconds although there is something that it could
 * read is given up and the topic read anew; all by the monotonic clock.
 *
 * Threads: start and stop by one; everything else by any, at the same time.
 */
#ifndef LETHE_WORKER_CONSENT_FOLLOWING_H
#define LETHE_WORKER_CONSENT_FOLLOWING_H

#include "consent/table.h"
#include "ingest/compacted_topic.h"
#include "sink/sink.h"

struct consent_following;

struct consent_following_options {
    const struct kafka_settings *settings; /* with a topic */
    const char *topic;                     /* NULL: the file */
    const char *group;                     /* that the user may read; see compacted_topic_options */
    const char *file; /* NULL: the topic; both NULL: nothing is known of anybody */
    /* Whose purposes the messages name; must outlive the following, and so its purposes are fixed
     * for the process. */
    const struct policy *policy;
    uint64_t subject_limit;
    int64_t barrier; /* milliseconds; 0: 5000 */
    int64_t stall;   /* milliseconds; 0: 30000 */
};

/* Returns at once, while the topic is being read; a file has been read. What the brokers say, or
 * that they say nothing, is no failure here: the state tells. The strings are borrowed until stop.
 * Signals: blocked in the thread. */
LETHE_CHECKED enum rc consent_following_start(const struct consent_following_options *options,
                                              struct consent_following **out,
                                              struct buffer *reason);

/* All holds have ended. Barriers that still wait return false; it waits for them to do so. Nobody
 * calls anything any more. */
void consent_following_stop(struct consent_following *following);

enum consent_following_state {
    CONSENT_LOADING = 0,
    CONSENT_FRESH,
    CONSENT_STALE,
    CONSENT_BLOCKED,
    CONSENT_REBUILDING,
    CONSENT_UNREACHABLE,
    CONSENT_FOLLOWING_STATE_COUNT
};

/* Stable lower-case name, for metrics. */
const char *consent_following_state_name(enum consent_following_state state);

enum consent_following_state consent_following_state(struct consent_following *following);

/* Appends one sentence on the state, with the way out: names from the configuration, partitions,
 * offsets and counts only. */
void consent_following_sentence(struct consent_following *following, struct buffer *out);

/* {0} is no hold. */
struct consent_hold {
    const struct consent_table *table;
    uint64_t generation;              /* of the table; another one after every rebuilding */
    struct consent_position position; /* when the batch began; its offsets are the hold's own */
    int64_t *offsets;
    uint64_t examination;
    struct consent_generation *of;
};

/*
 * The barrier. True: *hold (which was {0} or ended) is held until consent_following_end. False: not
 * within `wait` milliseconds (0: one try), or the following stops; nothing is held.
 */
bool consent_following_begin(struct consent_following *following, int64_t wait,
                             struct consent_hold *hold);

/* May what was made under the hold be committed? Waits for the examination that belongs to it,
 * which is over long before a batch of ordinary length is, at most `barrier` milliseconds. */
bool consent_following_holds(struct consent_following *following, const struct consent_hold *hold);

/* Also of a hold that is {0}. The hold is {0} afterwards. */
void consent_following_end(struct consent_following *following, struct consent_hold *hold);

struct consent_following_counts {
    enum consent_following_state state;
    uint64_t generation;
    uint64_t rebuilds;
    uint64_t faults[TOPIC_FAULT_COUNT]; /* why */
    uint64_t stalls;                    /* or because nothing came that could have */
    uint64_t barriers, barriers_failed;
    uint64_t barrier_ns;  /* all that passed, together */
    int64_t age;          /* milliseconds since the table was last known to be current, or -1 */
    int64_t loaded_after; /* milliseconds from the start to the first time it was, or -1 */
    int32_t partition_count;
    struct consent_counts table; /* of the current one; split_subjects are denied on conflict */
    enum consent_block block;    /* what blocks now */
    uint64_t blocks;             /* times that a table began to block */
};

void consent_following_counts(struct consent_following *following,
                              struct consent_following_counts *out);

struct consent_partition {
    int64_t position; /* next offset to apply */
    int64_t end;      /* high watermark when it was last asked for */
};

/* The first `limit` partitions; returns how many there are. */
size_t consent_following_partitions(struct consent_following *following,
                                    struct consent_partition *out, size_t limit);

#endif
