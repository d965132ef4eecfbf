/*
 * How far a topic has been read, and what tells one log from another: no Kafka in it, so that it
 * can be tested without. Internal to compacted_topic.c and topic_witness.c.
 *
 * Anchors. Of each partition a few neighbouring records are kept as anchors: the last ones that had
 * been read when the log was last examined, or, where none had been, the first one since. An
 * examination reads from the first anchor on (from the start, where none had been read). In the log
 * that was read no record can have come in between, so the first one that is found must be an
 * anchor; compaction may have taken some of them. Anchors are older than everything else that was
 * read since the last examination: if one is still there, the log was the same all the time, and
 * the records read last become the next anchors. (To look at the last record read would prove
 * nothing: it may come from the other log already. So may the second one after nothing.)
 *
 * The owner of the reading writes; positions may be read by any thread, and whoever sees one sees
 * what was done with the records before it.
 */
#ifndef LETHE_INGEST_TOPIC_PROGRESS_H
#define LETHE_INGEST_TOPIC_PROGRESS_H

#include <stdatomic.h>

#include "ingest/compacted_topic.h"

enum { TOPIC_ANCHORS = 8 };

/* A record as far as it must be the same when it is read again. */
struct topic_mark {
    int64_t offset;
    int64_t time; /* milliseconds, or -1 */
    uint64_t hash[2];
};

struct topic_anchors {
    struct topic_mark marks[TOPIC_ANCHORS]; /* by offset */
    unsigned count;
};

struct topic_place {
    _Atomic int64_t position;
    int64_t start;   /* the first offset when the reading began */
    bool heard;      /* a record or the end has come since */
    bool from_start; /* the anchor is the first record there is */
    struct topic_anchors anchors;
    struct topic_anchors recent; /* the last records read */
};

struct topic_progress {
    int32_t count;
    uint64_t seed;
    struct topic_place *places;
};

LETHE_CHECKED enum rc topic_progress_init(struct topic_progress *progress, int32_t count,
                                          const int64_t *starts, uint64_t seed);
void topic_progress_release(struct topic_progress *progress);

int64_t topic_progress_position(const struct topic_progress *progress, int32_t partition);

/* A key or value whose data is NULL is another one than an empty one. */
struct topic_mark topic_mark_of(uint64_t seed, int64_t offset, int64_t time, struct slice key,
                                struct slice value);

/* After a record was taken. A fault where it lies below what was read already. */
enum topic_fault topic_progress_record(struct topic_progress *progress, int32_t partition,
                                       const struct topic_mark *mark);

/* The client came to the partition's end, whose offset that is. */
enum topic_fault topic_progress_end(struct topic_progress *progress, int32_t partition,
                                    int64_t offset);

/* Has something come from every partition, if only that there is nothing? */
bool topic_progress_heard(const struct topic_progress *progress);

/* Is every position at its target or beyond? */
bool topic_progress_reached(const struct topic_progress *progress, const int64_t *targets);

/* Ends that were asked for after these positions had been reached. */
enum topic_fault topic_judge_ends(const int64_t *positions, const int64_t *ends, int32_t count);

enum topic_fault topic_judge_starts(const struct topic_progress *progress, const int64_t *starts);

/* What a witness is to find in one partition, as of when the examination began. */
struct topic_question {
    int64_t begin; /* where it reads from; -1: nothing was read, so nothing can be another */
    int64_t position;
    struct topic_anchors anchors;
    struct topic_anchors next; /* the anchors after a good answer */
};

void topic_question_ask(const struct topic_progress *progress, int32_t partition,
                        struct topic_question *out);

/* The first record that the witness found, or that it came to the end without one. */
enum topic_fault topic_question_record(const struct topic_question *question,
                                       const struct topic_mark *found);
enum topic_fault topic_question_end(const struct topic_question *question, int64_t end);

/* After good answers for all partitions. */
void topic_question_settle(struct topic_progress *progress, int32_t partition,
                           const struct topic_question *question);

#endif
