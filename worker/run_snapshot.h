/*
 * A copy of everything that a run_status holds at one moment, for those who render it. It owns what
 * it shows; nothing of it changes any more.
 */
#ifndef LETHE_WORKER_RUN_SNAPSHOT_H
#define LETHE_WORKER_RUN_SNAPSHOT_H

#include "worker/run_status.h"

/* Names of one configuration. All slices end with a NUL that is not counted. */
struct run_names {
    struct slice policy;
    uint32_t policy_version;
    struct slice recipients[RECIPIENT_LIMIT];
    struct slice
        directories[RECIPIENT_LIMIT]; /* of rows, as the configuration names it; or empty */
    struct slice rows_topics[RECIPIENT_LIMIT]; /* or empty */
    size_t recipient_count;
    struct slice schemas[SCHEMA_LIMIT];
    uint32_t schema_versions[SCHEMA_LIMIT];
    struct slice subjects[SCHEMA_LIMIT][2 * SUBJECT_LIMIT]; /* paths, as subject_denials counts */
    size_t schema_count;
    uint64_t generation;
};

struct run_lane_view {
    enum run_lane_state state;
    char sentence[RUN_SENTENCE_LIMIT];
    uint64_t restarts, batches, records, aborted;
    int64_t committed_at; /* wall clock (ms) of the last commit, or TIME_NONE */
    struct run_partition *partitions;
    size_t partition_count;
    uint64_t partitions_unlisted; /* beyond RUN_PARTITION_LIMIT */
};

/* Places that could not be read, of one source partition, whoever held it. */
struct run_poison {
    uint32_t topic;
    int32_t partition;
    uint64_t count;
    int64_t offset; /* of the last, or -1 */
};

struct run_snapshot {
    struct arena arena; /* owns everything below */
    int64_t now, started;
    const char *version;
    struct slice group, instance, consent_topic;
    struct slice topics[RUN_TOPIC_LIMIT];
    size_t topic_count;

    bool ready;
    char not_ready[RUN_SENTENCE_LIMIT + 32]; /* why not */
    struct run_names *names;
    uint64_t generation, reloads, reloads_refused;
    char reload_refused[RUN_SENTENCE_LIMIT]; /* empty: the last one took */
    int64_t keys_ahead;                      /* ms; < 0: none configured */
    size_t key_count;
    bool keys_locked;

    struct lane_counts *counts; /* over all lanes, by the numbers of `names` */
    struct run_delivery delivered[RECIPIENT_LIMIT];
    struct run_transactions transactions;
    struct run_client client;
    struct run_lane_view *lanes;
    size_t lane_count;
    struct run_poison *poison;
    size_t poison_count;

    struct run_consent consent; /* its sentence is the next member */
    char consent_sentence[RUN_SENTENCE_LIMIT];
    struct run_consent_partition *consent_partitions;
    size_t consent_partition_count;
    uint64_t consent_partitions_unlisted;

    int64_t resident_bytes, cpu_ns; /* of the process; -1: not known */
};

/* Messages between position and end; -1 where one of them is not known. */
static inline int64_t run_partition_lag(const struct run_partition *partition)
{
    if (partition->position < 0 || partition->end < 0)
        return -1;
    return partition->end > partition->position ? partition->end - partition->position : 0;
}

/* The caller releases it. Waits for nothing but the status's mutex. */
LETHE_CHECKED enum rc run_snapshot_take(struct run_status *status, struct run_snapshot *out);
void run_snapshot_release(struct run_snapshot *snapshot);

#endif
