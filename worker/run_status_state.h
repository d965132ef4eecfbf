/* What is inside a run_status; for run_status.c, run_totals.c and run_snapshot.c only. */
#ifndef LETHE_WORKER_RUN_STATUS_STATE_H
#define LETHE_WORKER_RUN_STATUS_STATE_H

#include <pthread.h>

#include "worker/run_snapshot.h"

/* Counters with the names that their numbers stand for. */
struct run_totals {
    struct arena arena; /* of the names */
    struct run_names names;
    struct lane_counts counts;
    struct run_delivery delivered[RECIPIENT_LIMIT];
    struct run_transactions transactions;
    struct run_client client;
};

/* What source and sink had counted when the lane changed its configuration. */
struct run_base {
    struct run_delivery delivered[RECIPIENT_LIMIT];
    struct run_transactions transactions;
    struct run_client client;
};

struct run_lane {
    struct run_totals *current; /* since it began; NULL: it never did */
    struct run_base base;       /* to be taken off what source and sink say */
    struct run_base said;       /* what they said last */
    enum run_lane_state state;
    char sentence[RUN_SENTENCE_LIMIT]; /* empty: the state's own */
    uint64_t restarts, aborted;
    uint64_t ended_batches, ended_records; /* of earlier beginnings */
    int64_t committed_at;
    struct run_partition *partitions;
    size_t partition_count, partition_capacity;
    uint64_t partitions_unlisted;
};

struct run_poison_total {
    struct run_poison shown;
    uint32_t lane; /* which counted last, and what it had counted */
    uint64_t seen;
};

struct run_status {
    pthread_mutex_t mutex;
    struct arena arena; /* of the options' names */
    struct clock clock;
    int64_t started;
    const char *version;
    struct slice group, instance, consent_topic;
    struct slice topics[RUN_TOPIC_LIMIT];
    size_t topic_count;

    char not_ready[RUN_SENTENCE_LIMIT]; /* empty: nothing speaks against it */
    _Atomic int64_t beat;               /* monotonic */
    struct run_totals *ended;           /* what earlier beginnings counted, by the newest names */
    struct run_totals *scratch;
    uint64_t reloads, reloads_refused;
    char reload_refused[RUN_SENTENCE_LIMIT];
    int64_t keys_ahead;
    size_t key_count;
    bool keys_locked;

    struct run_lane lanes[RUN_LANE_LIMIT];
    size_t lane_count;
    struct run_poison_total *poison;
    size_t poison_count;

    struct run_consent consent;
    char consent_sentence[RUN_SENTENCE_LIMIT];
    struct run_consent_partition *consent_partitions;
    size_t consent_partition_count, consent_partition_capacity;
    uint64_t consent_partitions_unlisted;
};

/* Zeroed counters under the names of this configuration; NULL without memory. */
struct run_totals *run_totals_new(const struct configuration *configuration, uint64_t generation);
void run_totals_free(struct run_totals *totals);

/* Copies the names of `from` into the arena; NULL without memory. */
struct run_names *run_names_copy(struct arena *arena, const struct run_names *from);

/* Adds what `from` counted under its own names to `to` under its names; what `to` has no name for
 * is left out. `scratch` is overwritten. */
void run_totals_add(struct run_totals *to, const struct run_totals *from,
                    struct run_totals *scratch);

/* With the mutex held: as run_status_is_ready. */
bool run_status_reason(const struct run_status *status, struct buffer *why);

/* to[i] += from[i] - taken[i]; a number that is below what was taken off began anew. */
void run_numbers_add(uint64_t *to, const uint64_t *from, const uint64_t *taken, size_t count);

/* Cuts at a character's border. */
void run_sentence_set(char to[RUN_SENTENCE_LIMIT], const char *sentence);

#endif
