/*
 * What the parts of the source on Kafka share; for ingest/kafka_*.c only.
 *
 *   kafka_source.c      polling, and the operations of a source
 *   kafka_connect.c     the client, its properties
 *   kafka_assignment.c  rebalances, and where partitions start
 *   kafka_poison.c      what cannot be read: telling it apart, stepping over it
 *   kafka_probe.c       finds the end of a batch that cannot be read
 *   kafka_lag.c         the wake-up of the prefetch, and what other threads may know
 *   kafka_positions.c   the account of partitions
 *   kafka_halt.c        why a source halts, in words
 */
#ifndef LETHE_INGEST_KAFKA_SOURCE_STATE_H
#define LETHE_INGEST_KAFKA_SOURCE_STATE_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "ingest/kafka_positions.h"
#include "ingest/kafka_source.h"
#include "kafka/assign.h"
#include "kafka/client.h"
#include "kafka/membership.h"

/* A note of the rebalance callback. There is at most one: the callback ends the poll. */
struct rebalance {
    bool is_waiting;
    bool assigns; /* else takes away */
    bool lost;
    rd_kafka_topic_partition_list_t *partitions; /* assigns */
    struct group_membership *membership;         /* assigns; NULL: refused */
};

enum source_phase {
    SOURCE_WITHOUT,   /* in no group, or without partitions */
    SOURCE_STARTING,  /* start offsets are being found */
    SOURCE_READING,   /* POLL_ASSIGNED was said */
    SOURCE_RELEASING, /* POLL_REVOKED or POLL_LOST was said */
};

enum start_step {
    START_ASK,   /* for committed offsets */
    START_AGAIN, /* the same, some time later, where some had none */
    START_RESOLVE,
    START_COMMIT,
    START_READ,
};

/* Finding out where partitions start; see kafka_assignment.c. */
struct starting {
    enum start_step step;
    rd_kafka_topic_partition_list_t *partitions; /* with start offsets, as far as known */
    rd_kafka_topic_partition_list_t *missing;    /* those without a commit; NULL: none */
};

struct kafka_probe; /* kafka_probe.h */

struct kafka_source {
    struct source head;
    struct kafka_client *client;
    rd_kafka_t *handle; /* the client's */
    rd_kafka_queue_t *queue;
    rd_kafka_message_t *message; /* the one that was handed out */

    char **topics;
    size_t topic_count;
    bool start_latest, skip_poison;
    kafka_source_may_start *may_start;
    void *context;
    const struct kafka_settings *settings; /* borrowed */
    char *group;

    enum source_phase phase;
    bool lost; /* SOURCE_RELEASING: POLL_LOST it was */
    struct rebalance rebalance;
    struct starting starting;
    struct group_membership *membership;
    struct position_table positions;

    /* The partition of the last message: most come in runs. */
    const rd_kafka_topic_t *last_handle;
    int32_t last_partition;
    size_t last_topic;
    struct position *last_position;

    int64_t idle_until; /* clock_monotonic_ns; see kafka_source_wait */
    size_t troubled;    /* partitions that are not POSITION_READING */
    struct kafka_probe *probe;

    uint32_t since_wake_up, prefetch; /* messages; the least that librdkafka keeps in its queue */
    size_t bytes_since_wake_up;
    int64_t no_wake_up_before; /* clock_monotonic_ns */
    uint32_t since_publication;
    int64_t published_at;

    struct kafka_source_counts counts; /* the lane's */
    struct kafka_source_halt halt;     /* the lane's */

    pthread_mutex_t mutex; /* of what follows */
    struct {
        struct kafka_source_counts counts;
        struct kafka_source_halt halt;
        struct kafka_partition_report *partitions;
        size_t count, capacity;
    } published;
};

/* kafka_source.c */
size_t kafka_source_topic(const struct kafka_source *source, const char *name); /* or SIZE_MAX */
enum poll_result kafka_source_halt_at(struct kafka_source *source, enum kafka_halt_kind kind,
                                      size_t topic, const struct position *position);
/* The partitions that are being read, at their `at`. The caller destroys it. */
rd_kafka_topic_partition_list_t *kafka_source_list(const struct kafka_source *source);
/* Hands librdkafka the partitions that are being read, at their `at`. */
LETHE_CHECKED enum rc kafka_source_reassign(struct kafka_source *source);

/* kafka_connect.c */
LETHE_CHECKED enum rc kafka_source_connect(struct kafka_source *source,
                                           const struct kafka_source_options *options,
                                           struct buffer *reason);
/* receive.message.max.bytes: the user's, or ours */
const char *kafka_source_receive_limit(const struct kafka_settings *settings);

/* kafka_assignment.c */
void kafka_assignment_note(rd_kafka_t *handle, rd_kafka_resp_err_t error,
                           rd_kafka_topic_partition_list_t *partitions, void *context);
enum poll_result kafka_assignment_take(struct kafka_source *source); /* what was noted */
enum poll_result kafka_assignment_step(struct kafka_source *source); /* SOURCE_STARTING */
void kafka_assignment_drop(struct kafka_source *source);             /* nothing is held any more */
void kafka_assignment_forget(struct kafka_source *source);           /* what was noted */
/* Does nothing but take note for a while: what was asked has no answer yet. */
void kafka_source_wait(struct kafka_source *source, int64_t milliseconds);
bool kafka_source_is_waiting(const struct kafka_source *source);

/* kafka_poison.c */
enum kafka_halt_kind kafka_poison_kind(rd_kafka_resp_err_t error); /* NONE: it is no poison */
enum poll_result kafka_poison_judge(struct kafka_source *source, const rd_kafka_message_t *message,
                                    size_t topic, struct position *position);
enum poll_result kafka_poison_step(struct kafka_source *source); /* where troubled > 0 */
void kafka_poison_forget(struct kafka_source *source);           /* trouble of every partition */

/* kafka_lag.c */
void kafka_lag_wake_up(struct kafka_source *source, size_t bytes);
void kafka_lag_publish(struct kafka_source *source, bool now);

#endif
