/*
 * What `lethe run` knows of itself: the one structure behind /metrics, /live, /ready, the status
 * page and what systemd is told.
 *
 * Lanes, the consent follower and the supervisor put numbers in, from any thread, each by one short
 * call under one mutex; they never wait for whoever looks. An endpoint takes a snapshot and renders
 * that. Nothing of a record can get in: there are numbers, names that are copied from the
 * configuration, and sentences. A sentence is a literal of the program, or made of literals, names
 * of the configuration, offsets and counts; it is copied and cut at RUN_SENTENCE_LIMIT.
 *
 * What is cumulative is cumulative since run_status_lane_began; the totals that are shown go on
 * over restarts and reloads. They are kept by name: what a reload takes out of the configuration is
 * no longer shown.
 */
#ifndef LETHE_WORKER_RUN_STATUS_H
#define LETHE_WORKER_RUN_STATUS_H

#include "worker/lane.h"

enum {
    RUN_LANE_LIMIT = 64,
    RUN_SENTENCE_LIMIT = 512, /* bytes, with the NUL */
    RUN_TOPIC_LIMIT = 64,     /* source topics */
    RUN_PARTITION_LIMIT =
        4096, /* shown over all lanes, and of the consent topic; more are counted */
};

/* What a lane is doing. A zeroed one is starting, and so is not ready. */
#define RUN_LANE_STATE_TABLE(X)                                                                    \
    X(RUN_LANE_STARTING, "starting", "it connects and waits for its partitions")                   \
    X(RUN_LANE_RUNNING, "running", "it takes messages")                                            \
    X(RUN_LANE_WAITING, "waiting", "consent did not become current in time: it waits")             \
    X(RUN_LANE_RESTARTING, "restarting", "it failed and waits to be started again")                \
    X(RUN_LANE_HALTED, "halted", "it stopped for a reason that an operator has to mend")           \
    X(RUN_LANE_STOPPED, "stopped", "it has ended as asked")

enum run_lane_state {
#define RUN_LANE_STATE_ENUM(code, name, sentence) code,
    RUN_LANE_STATE_TABLE(RUN_LANE_STATE_ENUM)
#undef RUN_LANE_STATE_ENUM
        RUN_LANE_STATE_COUNT
};

/* How a transaction ended. */
#define RUN_OUTCOME_TABLE(X)                                                                       \
    X(RUN_COMMITTED, "committed", "committed")                                                     \
    X(RUN_ABORTED_CONSENT, "consent", "consent was not current, or its table was replaced")        \
    X(RUN_ABORTED_REBALANCE, "rebalance",                                                          \
      "the partitions were taken away, or the group fenced us")                                    \
    X(RUN_ABORTED_BROKER, "broker", "the broker or the client asked for it")                       \
    X(RUN_ABORTED_FATAL, "fatal", "the producer can go on no more and is replaced")                \
    X(RUN_ABORTED_UNCERTAIN, "uncertain", "nobody knows how the commit ended: read again")         \
    X(RUN_ABORTED_FILES, "files", "a part could not be written")                                   \
    X(RUN_ABORTED_TRIPWIRE, "tripwire", "an identifier was found in what was about to leave")      \
    X(RUN_ABORTED_STOP, "stop", "the worker is ending, and the batch was under its minimum")       \
    X(RUN_ABORTED_INTERNAL, "internal", "anything else")

enum run_outcome {
#define RUN_OUTCOME_ENUM(code, name, sentence) code,
    RUN_OUTCOME_TABLE(RUN_OUTCOME_ENUM)
#undef RUN_OUTCOME_ENUM
        RUN_OUTCOME_COUNT
};

/* What the consent follower is doing. Only RUN_CONSENT_FRESH and RUN_CONSENT_FILE release. */
#define RUN_CONSENT_TABLE(X)                                                                       \
    X(RUN_CONSENT_LOADING, "loading", "the consent topic is being read for the first time")        \
    X(RUN_CONSENT_FRESH, "fresh", "consent is current")                                            \
    X(RUN_CONSENT_STALE, "stale", "consent is older than consent.barrier allows")                  \
    X(RUN_CONSENT_BLOCKED, "blocked", "a message or a full table may hide a withdrawal")           \
    X(RUN_CONSENT_REBUILDING, "rebuilding", "the consent topic was cut or made anew: read again")  \
    X(RUN_CONSENT_UNREACHABLE, "unreachable", "the consent topic's broker does not answer")        \
    X(RUN_CONSENT_FILE, "file", "consent was read from a file")                                    \
    X(RUN_CONSENT_NONE, "none", "no consent is configured: nothing is known of anybody")

enum run_consent_state {
#define RUN_CONSENT_ENUM(code, name, sentence) code,
    RUN_CONSENT_TABLE(RUN_CONSENT_ENUM)
#undef RUN_CONSENT_ENUM
        RUN_CONSENT_STATE_COUNT
};

const char *run_lane_state_name(enum run_lane_state state);
const char *run_lane_state_sentence(enum run_lane_state state);
const char *run_outcome_name(enum run_outcome outcome);
const char *run_outcome_sentence(enum run_outcome outcome);
const char *run_consent_state_name(enum run_consent_state state);
const char *run_consent_state_sentence(enum run_consent_state state);

/* One partition of a source topic that a lane holds now. Poison stays in the totals after the
 * partition was given away. */
struct run_partition {
    uint32_t topic; /* its number in the options' topics */
    int32_t partition;
    int64_t position;      /* the next offset to be settled; -1: not known */
    int64_t end;           /* the log's end as last seen; -1: not known */
    uint64_t poison;       /* places that could not be read, since the lane began */
    int64_t poison_offset; /* our own position at the last of them; -1: none, or not to be told */
};

/* What the sink delivered to one recipient, since the lane began; only what was committed. */
struct run_delivery {
    uint64_t rows, bytes, messages, parts;
    uint64_t below_minimum; /* batches that left with fewer rows than the recipient's minimum */
    uint64_t too_large;     /* rows that fit into no message */
};

/* Upper bounds of the latency histogram's buckets in milliseconds; one more for the rest. */
enum { RUN_LATENCY_COUNT = 11 };
extern const int64_t run_latency_bounds[RUN_LATENCY_COUNT];

struct run_transactions {
    uint64_t by_outcome[RUN_OUTCOME_COUNT];
    uint64_t buckets[RUN_LATENCY_COUNT + 1]; /* of committed ones; not added up */
    uint64_t nanoseconds;                    /* sum of the committed ones */
};

/* What a lane's consumer and producer went through. */
struct run_client {
    uint64_t assignments, revocations, losses, rewinds;
    uint64_t transport_errors;
    uint64_t producers_replaced;
    uint64_t quarantine_too_large; /* sealed records that fit into no message: discarded */
};

struct run_consent {
    enum run_consent_state state;
    const char *sentence; /* why it releases nothing; NULL: the state's own */
    int64_t confirmed;    /* wall clock (ms) when everything acknowledged was last known to be
                             applied; TIME_NONE: never */
    struct consent_counts counts;
    uint64_t subject_limit;
    uint64_t rebuilds;
    uint64_t barriers, barriers_late; /* asked for, and not reached in time */
    enum consent_block block;         /* what blocks now; NONE while blocked: told by the counts */
    uint64_t blocks;                  /* filled in by run_status_consent: how often it began */
};

/* One partition of the consent topic: the next offset to apply, and its high watermark. */
struct run_consent_partition {
    int64_t position, end; /* -1: not known */
};

struct run_status;

/* Everything is copied. */
struct run_status_options {
    const struct configuration *configuration;
    const struct slice *topics; /* source topics, in the order of their numbers */
    size_t topic_count;
    struct slice group, instance, consent_topic; /* may be empty */
    const char *version;                         /* a literal: LETHE_VERSION */
    uint32_t lanes;
    struct clock clock;
};

/* One a process. Not ready until run_status_ready(status, NULL). RC_LIMIT for too many lanes. */
LETHE_CHECKED enum rc run_status_new(const struct run_status_options *options,
                                     struct run_status **out);
void run_status_free(struct run_status *status);

/* Supervisor. */

/* Why the process as a whole is not ready, or NULL. Lanes and consent count beside it. */
void run_status_ready(struct run_status *status, const char *sentence);

/* The supervisor turns its loop: at least once every RUN_BEAT_LIMIT ns, or /live says so. */
#define RUN_BEAT_LIMIT (60 * 1000000000LL)
void run_status_beat(struct run_status *status);

/* A reload took: names, policy and version of this configuration are shown from now on. Lanes tell
 * on their own when they have changed over (run_status_lane_began). RC_NO_MEMORY: nothing changed.
 */
LETHE_CHECKED enum rc run_status_generation(struct run_status *status,
                                            const struct configuration *configuration,
                                            uint64_t generation);

/* A reload was refused; the sentence says why, NULL: forgotten (after one that took). */
void run_status_reload_refused(struct run_status *status, const char *sentence);

/* keyring_ahead (ms) and keyring_count; ahead < 0: no keys are configured. `locked`: as
 * keyring_is_locked. */
void run_status_keys(struct run_status *status, int64_t ahead, size_t count, bool locked);

/* Lanes. */

/* The lane starts with a new source and sink: it counts from 0, under this configuration. What it
 * has counted so far stays in the totals. */
LETHE_CHECKED enum rc run_status_lane_began(struct run_status *status, uint32_t lane,
                                            const struct configuration *configuration);

/* The lane goes on with another configuration, after a reload, with the same source and sink. Its
 * lane_counts begin from 0; what source and sink have counted may go on. */
LETHE_CHECKED enum rc run_status_lane_changed(struct run_status *status, uint32_t lane,
                                              const struct configuration *configuration);

/* A change to RUN_LANE_RESTARTING counts as one restart. `sentence` may be NULL: the state's own.
 */
void run_status_lane_state(struct run_status *status, uint32_t lane, enum run_lane_state state,
                           const char *sentence);

/* After a commit: everything that the lane has committed since it began. */
void run_status_lane_committed(struct run_status *status, uint32_t lane,
                               const struct lane_counts *committed);

/* By recipient number of the configuration that the lane began with. */
void run_status_lane_delivered(struct run_status *status, uint32_t lane,
                               const struct run_delivery *recipients, size_t count);

/* All the partitions that it holds now; count 0 after they were given back. */
void run_status_partitions(struct run_status *status, uint32_t lane,
                           const struct run_partition *partitions, size_t count);

/* One transaction ended; `nanoseconds` from its begin to its end. Where run_watch_lane is used,
 * only for aborts that the lane asked the sink for (consent, rebalance, tripwire, stop). */
void run_status_transaction(struct run_status *status, uint32_t lane, int64_t nanoseconds,
                            enum run_outcome outcome);

/* The other way: everything that the sink has counted, and what the clients went through. */
void run_status_lane_transactions(struct run_status *status, uint32_t lane,
                                  const struct run_transactions *transactions,
                                  const struct run_client *client);

/* Consent follower. */
void run_status_consent(struct run_status *status, const struct run_consent *consent,
                        const struct run_consent_partition *partitions, size_t count);

/* Readers. */

/* Is it ready? If not, `why` gets the sentence. */
bool run_status_is_ready(struct run_status *status, struct buffer *why);

/* For /live: a literal, or NULL. */
const char *run_status_why_not_live(struct run_status *status);

#endif
