/*
 * What a Kafka sink holds. Internal to kafka_sink*.c:
 *
 *     kafka_sink.c              the interface, start and end
 *     kafka_sink_output.c       outputs of a description: topics, directories, what was produced
 *     kafka_sink_produce.c      batches to messages
 *     kafka_sink_transaction.c  the producer: begin, offsets, commit, abort, replacement
 *     kafka_sink_publish.c      a publication, and the audit's entry
 *     kafka_sink_recovery.c     what an earlier run left behind
 */
#ifndef LETHE_SINK_KAFKA_SINK_STATE_H
#define LETHE_SINK_KAFKA_SINK_STATE_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>

#include "kafka/client.h"
#include "kafka/failure.h"
#include "sink/audit_topic.h"
#include "sink/covered.h"
#include "sink/kafka_sink.h"
#include "sink/part_set.h"
#include "sink/publication.h"

/* A topic that is written to. Partitions and handle are made anew with every producer. */
struct output_topic {
    const char *name; /* borrowed; NULL: none */
    rd_kafka_topic_t *handle;
    int32_t partitions;
};

/* Rows of one recipient and schema in the open publication. */
struct pending_rows {
    uint64_t rows, bytes, messages;
    struct epoch_set epochs;
};

/* One recipient's. */
struct recipient_output {
    char name[72]; /* a copy: counts go on over a new description */
    struct output_topic topic;
    struct randomness random;
    struct pending_rows *schemas;
    uint64_t below_minimum, too_large; /* in the open publication */
    struct part_counts seen;           /* of the part set, when the counts were last taken */
    struct kafka_sink_recipient_counts counts;
};

struct outputs {
    const struct sink_description *description;
    struct recipient_output *recipients;
    struct part_set parts;
};

/* Of the open publication. */
struct pending_quarantine {
    uint64_t records, bytes, too_large;
    uint64_t by_reason[QUARANTINE_REASON_COUNT];
};

struct kafka_sink {
    struct sink base;
    struct kafka_sink_options options;
    char *id;              /* a copy of the transactional id */
    struct slice *origins; /* names of topics */
    char owner[FILE_OWNER_SIZE];
    int64_t socket_timeout_ms;

    struct kafka_client *client;
    int64_t transaction_timeout; /* it was made with */
    bool replace;                /* the producer, before the next transaction */
    bool in_transaction;         /* begun, and neither committed nor aborted */
    struct output_topic audit, quarantine;
    int32_t audit_partition;

    /* Messages of this transaction: handed over, acknowledged, failed. Only the thread that is in
     * the sink serves delivery reports. */
    uint64_t produced, acknowledged, lost;
    struct kafka_failure first_lost;

    int64_t commit_ns; /* what the last commit took, offsets included */

    struct outputs outputs;
    struct covered covered;
    struct pending_quarantine pending_quarantine;
    struct buffer packed; /* lines; borrowed by messages until they are acknowledged */
    size_t packed_room;   /* bytes of it that this batch may use */
    struct buffer line;   /* a sealed record */
    struct buffer entry, members;
    struct audit_chain chain;
    enum rc failure; /* RC_OK until it must be closed */

    pthread_mutex_t lock; /* of counts, the recipients' included */
    struct kafka_sink_counts counts;
};

/* kafka_sink_output.c */

/* Opens directories and begins counting; topics are opened by the transaction. On failure `outputs`
 * is released. */
LETHE_CHECKED enum rc outputs_init(struct outputs *outputs, const struct kafka_sink *sink,
                                   const struct sink_description *description,
                                   struct buffer *reason);
void outputs_release(struct outputs *outputs);
struct pending_rows *outputs_rows(const struct outputs *outputs, size_t recipient, size_t schema);
bool outputs_write_rows(const struct recipient_output *output);

/* The publication is over: adds its numbers to the counts, or forgets them. */
void outputs_settle(struct kafka_sink *sink, bool committed);

/* kafka_sink_produce.c */

/* For configuring the producer: its delivery reports. */
void produce_configure(rd_kafka_conf_t *configuration, void *context);

/* Rows, then sealed records; they are on their way when it returns, and borrow the batch until
 * produce_wait has returned or the transaction was aborted. */
LETHE_CHECKED enum rc produce_batch(struct kafka_sink *sink, struct batch *batch, int64_t now,
                                    struct kafka_failure *failure);

/* One message, from memory that stays until it is acknowledged. */
LETHE_CHECKED bool produce_message(struct kafka_sink *sink, const struct output_topic *topic,
                                   int32_t partition, struct slice key, struct slice value,
                                   int64_t now, struct kafka_failure *failure);

/* Waits until every message was acknowledged. */
LETHE_CHECKED bool produce_wait(struct kafka_sink *sink, struct kafka_failure *failure);

/* kafka_sink_transaction.c */

/* Makes the producer and opens every topic. */
LETHE_CHECKED enum rc transaction_connect(struct kafka_sink *sink, struct buffer *reason);
void transaction_disconnect(struct kafka_sink *sink);

/* Opens the topics of a new description. */
LETHE_CHECKED enum rc transaction_open_topics(struct kafka_sink *sink, struct outputs *outputs,
                                              struct buffer *reason);

/* Replaces the producer where that is due, and begins. */
LETHE_CHECKED enum rc transaction_begin(struct kafka_sink *sink);

/* Offsets (where `membership` is not NULL) and commit. `uncertain`: a commit was tried, and nobody
 * knows. */
LETHE_CHECKED bool transaction_commit(struct kafka_sink *sink,
                                      const struct group_membership *membership,
                                      struct kafka_failure *failure, bool *uncertain);

/* RC_OK: nothing of it will ever be visible. */
LETHE_CHECKED enum rc transaction_abort(struct kafka_sink *sink, enum kafka_sink_abort why);

enum kafka_sink_abort transaction_abort_reason(const struct kafka_failure *failure);

/* kafka_sink_publish.c */

LETHE_CHECKED enum rc publish(struct kafka_sink *sink, const struct commit_context *context,
                              struct commit_outcome *outcome);

/* Undoes what is open. RC_AGAIN, or what made that impossible. */
LETHE_CHECKED enum rc undo(struct kafka_sink *sink, enum kafka_sink_abort why);

/* Reads where the chain has come to; begins it where there is none (*begun). */
LETHE_CHECKED enum rc chain_resume(struct kafka_sink *sink, audit_entry_visitor *visit,
                                   void *context, bool *begun, struct buffer *reason);

struct audit_history kafka_sink_history(const struct kafka_sink *sink);

/* kafka_sink_recovery.c */

/* At the start: resumes the chain, and sees to what an earlier run left. */
LETHE_CHECKED enum rc kafka_sink_recover(struct kafka_sink *sink, struct buffer *reason);

#endif
