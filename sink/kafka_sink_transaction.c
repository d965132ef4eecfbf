#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/time_text.h"
#include "kafka/membership.h"
#include "kafka/offsets.h"
#include "sink/kafka_sink_state.h"

enum {
    PATIENCE_MS = 60 * 1000, /* for the cluster to answer at all */
    STEP_MS = 1000,          /* in steps of this, so that a stop is heard */
    FLUSH_MS = 10 * 1000,
    OFFSETS_MS = 10 * 1000,
    CLOSE_MS = 5000,
    POLL_MS = 100,
};

static bool is_stopped(const struct kafka_sink *sink)
{
    return sink->options.stop && atomic_load(sink->options.stop);
}

static enum rc open_topic(struct kafka_sink *sink, struct output_topic *topic,
                          struct buffer *reason)
{
    enum rc rc = RC_IO;
    if (!topic->name)
        return RC_OK;
    for (int waited = 0; rc == RC_IO && waited < PATIENCE_MS; waited += STEP_MS) {
        if (is_stopped(sink))
            return RC_END;
        rc = kafka_partition_count(sink->client, topic->name, STEP_MS, &topic->partitions);
    }
    if (rc == RC_OK && topic->partitions < 1)
        rc = RC_NOT_FOUND;
    if (rc != RC_OK) {
        buffer_append_format(reason, "topic %s: %s", topic->name, rc_sentence(rc));
        return rc;
    }
    topic->handle = rd_kafka_topic_new(sink->client->handle, topic->name, NULL);
    return topic->handle ? RC_OK : RC_NO_MEMORY;
}

static void close_topic(struct output_topic *topic)
{
    if (topic->handle)
        rd_kafka_topic_destroy(topic->handle);
    topic->handle = NULL;
}

enum rc transaction_open_topics(struct kafka_sink *sink, struct outputs *outputs,
                                struct buffer *reason)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < outputs->description->recipient_count; i++)
        rc = open_topic(sink, &outputs->recipients[i].topic, reason);
    return rc;
}

static enum rc open_topics(struct kafka_sink *sink, struct buffer *reason)
{
    sink->audit.name = sink->options.audit_topic;
    sink->quarantine.name = sink->options.quarantine_topic;
    enum rc rc = open_topic(sink, &sink->audit, reason);
    if (rc == RC_OK)
        rc = open_topic(sink, &sink->quarantine, reason);
    if (rc == RC_OK)
        rc = transaction_open_topics(sink, &sink->outputs, reason);
    if (rc == RC_OK)
        sink->audit_partition = audit_chain_partition(
            slice_from_string(sink->options.transactional_id), sink->audit.partitions);
    return rc;
}

int64_t kafka_sink_transaction_timeout(const struct sink_description *description)
{
    int64_t longest = 0;
    for (size_t i = 0; i < description->recipient_count; i++)
        if (description->recipients[i].directory && description->recipients[i].part_delay > longest)
            longest = description->recipients[i].part_delay;
    return longest > 0 ? longest + TIME_MINUTE : 0;
}

static enum rc make_client(struct kafka_sink *sink, struct buffer *reason)
{
    char limit[24], timeout[24];
    struct kafka_property own[2] = {{"message.max.bytes", limit},
                                    {"transaction.timeout.ms", timeout}};
    int64_t milliseconds = kafka_sink_transaction_timeout(sink->outputs.description);
    sink->transaction_timeout = milliseconds;
    snprintf(limit, sizeof limit, "%zu", sink->options.message_limit);
    snprintf(timeout, sizeof timeout, "%lld", (long long)milliseconds);
    struct kafka_client_options options = {.role = KAFKA_PRODUCER,
                                           .settings = sink->options.settings,
                                           .transactional_id = sink->options.transactional_id,
                                           .own = own,
                                           .own_count = milliseconds > 0 ? 2 : 1,
                                           .configure = produce_configure,
                                           .context = sink};
    enum rc rc = kafka_client_new(&options, &sink->client, reason);
    if (rc == RC_OK)
        sink->socket_timeout_ms = kafka_client_number(sink->client, "socket.timeout.ms", 0);
    return rc;
}

/* Ends what an earlier producer of this id left open, and fences it. */
static enum rc init_transactions(struct kafka_sink *sink, struct buffer *reason)
{
    int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    for (;;) {
        struct kafka_failure failure = kafka_failure_take(
            rd_kafka_init_transactions(sink->client->handle, STEP_MS), "init_transactions");
        if (failure.class == FAILURE_NONE)
            return RC_OK;
        if (is_stopped(sink))
            return RC_END;
        if (failure.class != FAILURE_RETRY || clock_monotonic_ms() > deadline) {
            kafka_failure_log(&failure, "producer");
            buffer_append_format(reason, "transactional id %s: %s", sink->options.transactional_id,
                                 failure.name);
            return failure.code == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                       ? RC_REFUSED
                       : RC_IO;
        }
        rd_kafka_poll(sink->client->handle, 0);
    }
}

enum rc transaction_connect(struct kafka_sink *sink, struct buffer *reason)
{
    enum rc rc = make_client(sink, reason);
    if (rc == RC_OK)
        rc = init_transactions(sink, reason);
    if (rc == RC_OK)
        rc = open_topics(sink, reason);
    if (rc != RC_OK)
        transaction_disconnect(sink);
    return rc;
}

/*
 * Until nothing of librdkafka refers to our memory any more, however long that takes: what is sent
 * from memory that holds something else by then would be a leak, and a report that comes later
 * would count for another transaction. Every message ends in a report, at the latest by its
 * timeout. (A worker that is to end does not wait for its lanes longer than `worker.shutdown`.)
 */
static void purge(struct kafka_sink *sink)
{
    int64_t again = 0;
    while (sink->acknowledged + sink->lost < sink->produced) {
        if (clock_monotonic_ms() >= again) { /* some may have been queued anew meanwhile */
            rd_kafka_purge(sink->client->handle,
                           RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
            again = clock_monotonic_ms() + STEP_MS;
        }
        rd_kafka_poll(sink->client->handle, POLL_MS);
    }
}

/* So that readers need not wait for the transaction's timeout. Where it fails the next producer of
 * this id does it. */
static void leave_transaction(struct kafka_sink *sink)
{
    rd_kafka_flush(sink->client->handle, CLOSE_MS);
    struct kafka_failure failure =
        kafka_failure_take(rd_kafka_abort_transaction(sink->client->handle, CLOSE_MS), "abort");
    kafka_failure_log(&failure, "producer");
}

void transaction_disconnect(struct kafka_sink *sink)
{
    if (!sink->client)
        return;
    if (sink->in_transaction)
        leave_transaction(sink);
    purge(sink);
    close_topic(&sink->audit);
    close_topic(&sink->quarantine);
    for (size_t i = 0; sink->outputs.recipients && i < sink->outputs.description->recipient_count;
         i++)
        close_topic(&sink->outputs.recipients[i].topic);
    kafka_client_free(sink->client, CLOSE_MS);
    sink->client = NULL;
    sink->in_transaction = false;
}

static enum rc renew(struct kafka_sink *sink)
{
    struct buffer reason;
    bool begun;
    buffer_init(&reason, 1024);
    transaction_disconnect(sink);
    enum rc rc = transaction_connect(sink, &reason);
    sink->replace = false;
    if (rc == RC_OK)
        rc = chain_resume(sink, NULL, NULL, &begun, &reason);
    buffer_release(&reason);
    LOG(LOG_WARNING, "producer_replaced", LOG_NUMBER("lane", sink->options.lane),
        LOG_SENTENCE("result", rc_sentence(rc)));
    pthread_mutex_lock(&sink->lock);
    sink->counts.replaced++;
    pthread_mutex_unlock(&sink->lock);
    return rc;
}

enum rc transaction_begin(struct kafka_sink *sink)
{
    if (sink->in_transaction)
        return RC_OK;
    if (sink->replace) {
        enum rc rc = renew(sink);
        if (rc != RC_OK)
            return rc;
    }
    sink->produced = sink->acknowledged = sink->lost = 0;
    struct kafka_failure failure =
        kafka_failure_take(rd_kafka_begin_transaction(sink->client->handle), "begin");
    kafka_failure_log(&failure, "producer");
    sink->in_transaction = failure.class == FAILURE_NONE;
    return sink->in_transaction ? RC_OK : RC_IO;
}

static rd_kafka_topic_partition_t *offset_of(const struct kafka_sink *sink,
                                             rd_kafka_topic_partition_list_t *list,
                                             const struct input_range *range)
{
    const char *topic = sink->options.topics[range->origin];
    rd_kafka_topic_partition_t *one =
        rd_kafka_topic_partition_list_find(list, topic, range->partition);
    if (one)
        return one;
    one = rd_kafka_topic_partition_list_add(list, topic, range->partition);
    one->offset = 0;
    return one;
}

/* The next offset of every partition that the publication covers. */
static rd_kafka_topic_partition_list_t *next_offsets(const struct kafka_sink *sink)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (size_t i = 0; list && i < sink->covered.range_count; i++) {
        const struct input_range *range = &sink->covered.ranges[i];
        rd_kafka_topic_partition_t *one = offset_of(sink, list, range);
        if (range->last + 1 > one->offset)
            one->offset = range->last + 1;
    }
    return list;
}

static void pause_shortly(struct kafka_sink *sink)
{
    rd_kafka_poll(sink->client->handle, 10);
}

static bool send_offsets(struct kafka_sink *sink, const struct group_membership *membership,
                         struct kafka_failure *failure)
{
    rd_kafka_topic_partition_list_t *list = next_offsets(sink);
    int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    *failure = (struct kafka_failure){FAILURE_ABORT, "send_offsets", "no memory", 0};
    if (!list)
        return false;
    for (;;) {
        *failure = kafka_failure_take(
            rd_kafka_send_offsets_to_transaction(sink->client->handle, list,
                                                 group_membership_metadata(membership), OFFSETS_MS),
            "send_offsets");
        if (failure->class != FAILURE_RETRY)
            break;
        if (clock_monotonic_ms() > deadline) {
            failure->class = FAILURE_ABORT;
            break;
        }
        pause_shortly(sink);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return failure->class == FAILURE_NONE;
}

/* A request of this producer may still be under way on a connection that was lost: the next
 * transaction must not be its victim (Jepsen, Bufstream 0.1.0, 2024: EndTxn is not ordered over
 * connections). */
static void judge_producer(struct kafka_sink *sink, int64_t begin, uint64_t disturbances)
{
    int64_t milliseconds = (clock_monotonic_ns() - begin) / 1000000;
    if (milliseconds > sink->socket_timeout_ms ||
        atomic_load(&sink->client->disturbances) != disturbances)
        sink->replace = true;
}

bool transaction_commit(struct kafka_sink *sink, const struct group_membership *membership,
                        struct kafka_failure *failure, bool *uncertain)
{
    int64_t begin = clock_monotonic_ns();
    uint64_t disturbances = atomic_load(&sink->client->disturbances);
    *uncertain = false;
    if (membership && !send_offsets(sink, membership, failure))
        return false;
    do {
        *failure =
            kafka_failure_take(rd_kafka_commit_transaction(sink->client->handle, -1), "commit");
        if (failure->class == FAILURE_RETRY)
            pause_shortly(sink);
    } while (failure->class == FAILURE_RETRY);
    judge_producer(sink, begin, disturbances);
    *uncertain = failure->class == FAILURE_FATAL;
    if (failure->class != FAILURE_NONE)
        return false;
    sink->in_transaction = false;
    sink->commit_ns = clock_monotonic_ns() - begin;
    return true;
}

enum rc transaction_abort(struct kafka_sink *sink, enum kafka_sink_abort why)
{
    if (!sink->in_transaction)
        return RC_OK;
    int64_t begin = clock_monotonic_ns();
    uint64_t disturbances = atomic_load(&sink->client->disturbances);
    struct kafka_failure failure;
    /* An abort right after a produce can meet a broker that has not begun yet, which is fatal. */
    if (rd_kafka_flush(sink->client->handle, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        sink->replace = true;
    /* librdkafka 2.0.2 may count a lost message against the next transaction as well. */
    if (sink->lost > 0)
        sink->replace = true;
    do {
        failure = kafka_failure_take(rd_kafka_abort_transaction(sink->client->handle, -1), "abort");
        if (failure.class == FAILURE_RETRY)
            pause_shortly(sink);
    } while (failure.class == FAILURE_RETRY);
    judge_producer(sink, begin, disturbances);
    purge(sink);
    sink->in_transaction = false;
    kafka_failure_log(&failure, "producer");
    pthread_mutex_lock(&sink->lock);
    sink->counts.aborts[why]++;
    pthread_mutex_unlock(&sink->lock);
    return failure.class == FAILURE_NONE ? RC_OK : RC_IO;
}

enum kafka_sink_abort transaction_abort_reason(const struct kafka_failure *failure)
{
    switch (failure->code) {
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
        return KAFKA_SINK_ABORT_FENCED;
    default:
        break;
    }
    bool delivery =
        strcmp(failure->operation, "deliver") == 0 || strcmp(failure->operation, "produce") == 0;
    return delivery ? KAFKA_SINK_ABORT_DELIVERY : KAFKA_SINK_ABORT_OTHER;
}
