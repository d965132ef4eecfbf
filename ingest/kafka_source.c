#include "ingest/kafka_source.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "ingest/kafka_probe.h"
#include "ingest/kafka_source_state.h"
#include "schemas/reason.h"

enum {
    NANOSECONDS = 1000000, /* of a millisecond */
};

size_t kafka_source_topic(const struct kafka_source *source, const char *name)
{
    for (size_t i = 0; i < source->topic_count; i++) {
        if (strcmp(source->topics[i], name) == 0)
            return i;
    }
    return SIZE_MAX;
}

enum poll_result kafka_source_halt_at(struct kafka_source *source, enum kafka_halt_kind kind,
                                      size_t topic, const struct position *position)
{
    struct kafka_source_halt *halt = &source->halt;
    *halt = (struct kafka_source_halt){.kind = kind, .partition = -1, .offset = -1};
    halt->topic = topic < source->topic_count ? source->topics[topic] : NULL;
    if (position) {
        halt->partition = position->partition;
        halt->offset = position->at;
    }
    source->head.failure = kind == KAFKA_HALT_CLIENT ? RC_IO : RC_REFUSED;
    LOG(LOG_ERROR, "source_halted", LOG_NAME("reason", slice_from_string(kafka_halt_name(kind))),
        LOG_NAME("topic", slice_from_string(halt->topic ? halt->topic : "-")),
        LOG_NUMBER("partition", halt->partition), LOG_NUMBER("offset", halt->offset));
    kafka_lag_publish(source, true);
    return POLL_FAILED;
}

/* The account of the message's partition; NULL where it is none of ours. */
static struct position *position_of(struct kafka_source *source, const rd_kafka_message_t *message,
                                    size_t *topic)
{
    *topic = SIZE_MAX;
    if (!message->rkt)
        return NULL;
    if (message->rkt != source->last_handle || message->partition != source->last_partition) {
        source->last_handle = message->rkt;
        source->last_partition = message->partition;
        source->last_topic = kafka_source_topic(source, rd_kafka_topic_name(message->rkt));
        source->last_position =
            position_find(&source->positions, source->last_topic, message->partition);
    }
    *topic = source->last_topic;
    return source->last_position;
}

rd_kafka_topic_partition_list_t *kafka_source_list(const struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list =
        rd_kafka_topic_partition_list_new((int)source->positions.known + 1);
    struct position_cursor cursor = {0};
    const struct position *position;
    size_t topic;
    while ((position = position_next(&source->positions, &cursor, &topic))) {
        if (position->held && position->state == POSITION_READING)
            rd_kafka_topic_partition_list_add(list, source->topics[topic], position->partition)
                ->offset = position->at;
    }
    return list;
}

enum rc kafka_source_reassign(struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list = kafka_source_list(source);
    enum rc rc = kafka_assign(source->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

static enum poll_result hand_out(struct kafka_source *source, rd_kafka_message_t *message,
                                 struct message *out)
{
    size_t topic;
    int64_t first;
    struct position *position = position_of(source, message, &topic);
    if (!position || !position_offer(position, message->offset, &first)) {
        rd_kafka_message_destroy(message);
        return POLL_IDLE;
    }
    rd_kafka_timestamp_type_t type;
    int64_t time = rd_kafka_message_timestamp(message, &type);
    struct slice name = slice_from_string(source->topics[topic]);
    *out = (struct message){
        .value = slice_of(message->payload, message->len),
        .topic = name,
        .origin = name,
        .origin_number = (uint32_t)topic,
        .partition = message->partition,
        .offset = message->offset,
        .first = first,
        .time = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? TIME_NONE : time,
    };
    source->message = message;
    source->counts.messages++;
    source->counts.bytes += message->len;
    source->counts.consecutive_errors = 0;
    kafka_lag_wake_up(source, message->len);
    return POLL_MESSAGE;
}

/* An event of the client that is no message: the end of a partition, or an error. */
static enum poll_result take_event(struct kafka_source *source, rd_kafka_message_t *message)
{
    size_t topic;
    struct position *position = position_of(source, message, &topic);
    enum poll_result result = POLL_IDLE;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (position)
            position_reach(position, message->offset);
    } else {
        result = kafka_poison_judge(source, message, topic, position);
    }
    rd_kafka_message_destroy(message);
    return result;
}

static void let_go_of_message(struct kafka_source *source)
{
    if (source->message)
        rd_kafka_message_destroy(source->message);
    source->message = NULL;
}

void kafka_source_wait(struct kafka_source *source, int64_t milliseconds)
{
    source->idle_until = clock_monotonic_ns() + milliseconds * NANOSECONDS;
}

bool kafka_source_is_waiting(const struct kafka_source *source)
{
    return source->idle_until > clock_monotonic_ns();
}

/* There may be work besides reading. */
static int64_t wait_at_most(const struct kafka_source *source, int64_t wait)
{
    if (source->phase != SOURCE_STARTING && source->troubled == 0)
        return wait;
    int64_t rest = (source->idle_until - clock_monotonic_ns()) / NANOSECONDS;
    return rest <= 0 ? 0 : rest < wait ? rest : wait;
}

static enum poll_result source_poll_kafka(struct source *head, int64_t wait, struct message *out,
                                          int *quarantine_reason)
{
    struct kafka_source *source = (struct kafka_source *)head;
    *quarantine_reason = QUARANTINE_NONE;
    let_go_of_message(source);
    if (head->failure)
        return POLL_FAILED;
    if (source->phase == SOURCE_RELEASING)
        return source->lost ? POLL_LOST : POLL_REVOKED;
    wait = wait_at_most(source, wait);
    rd_kafka_message_t *message = NULL;
    if (!source->rebalance.is_waiting)
        message = rd_kafka_consumer_poll(source->handle, (int)wait);
    if (source->rebalance.is_waiting) {
        if (message) /* of partitions that are about to go: it comes again */
            rd_kafka_message_destroy(message);
        return kafka_assignment_take(source);
    }
    enum poll_result result = POLL_IDLE;
    if (message)
        result = message->err ? take_event(source, message) : hand_out(source, message, out);
    if (result != POLL_IDLE)
        return result;
    if (kafka_source_is_waiting(source))
        result = POLL_IDLE;
    else if (source->phase == SOURCE_STARTING)
        result = kafka_assignment_step(source);
    else if (source->troubled > 0)
        result = kafka_poison_step(source);
    kafka_lag_publish(source, false);
    return result;
}

/* Any timeout but -1 would be taken for a thousandth of what it is (librdkafka #4230). */
static enum rc seek(struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list = kafka_source_list(source);
    rd_kafka_error_t *error =
        list->cnt > 0 ? rd_kafka_seek_partitions(source->handle, list, -1) : NULL;
    enum rc rc = error ? RC_IO : RC_OK;
    if (error)
        rd_kafka_error_destroy(error);
    for (int i = 0; i < list->cnt; i++) {
        if (list->elems[i].err)
            rc = RC_IO;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

static enum rc source_rewind_kafka(struct source *head)
{
    struct kafka_source *source = (struct kafka_source *)head;
    let_go_of_message(source);
    bool troubled = source->troubled > 0;
    if (troubled)
        kafka_poison_forget(source); /* it is met again on the way */
    struct position_cursor cursor = {0};
    struct position *position;
    while ((position = position_next(&source->positions, &cursor, NULL))) {
        if (position->held)
            position_rewind(position);
    }
    source->counts.rewinds++;
    if (source->phase != SOURCE_READING)
        return RC_OK; /* nothing is being read */
    enum rc rc = troubled ? kafka_source_reassign(source) : seek(source);
    if (rc != RC_OK)
        head->failure = rc; /* where we would go on from is not known */
    return rc;
}

static enum rc source_release_kafka(struct source *head)
{
    struct kafka_source *source = (struct kafka_source *)head;
    let_go_of_message(source);
    if (source->phase != SOURCE_RELEASING)
        return RC_INTERNAL;
    kafka_assignment_drop(source);
    kafka_lag_publish(source, true);
    enum rc rc = kafka_assign(source->handle, NULL);
    if (rc != RC_OK)
        head->failure = rc;
    return rc;
}

static void source_settle_kafka(struct source *head, uint32_t origin, int32_t partition,
                                int64_t next)
{
    struct kafka_source *source = (struct kafka_source *)head;
    struct position *position = position_find(&source->positions, origin, partition);
    if (position)
        position_settle(position, next);
}

static const struct group_membership *source_membership_kafka(struct source *head)
{
    return ((struct kafka_source *)head)->membership;
}

static void free_source(struct kafka_source *source)
{
    let_go_of_message(source);
    kafka_probe_free(source->probe);
    if (source->queue)
        rd_kafka_queue_destroy(source->queue);
    kafka_client_free(source->client, KAFKA_SOURCE_CLOSE_TIME);
    source->client = NULL; /* no callback from here on */
    kafka_assignment_forget(source);
    kafka_assignment_drop(source);
    position_table_release(&source->positions);
    for (size_t i = 0; source->topics && i < source->topic_count; i++)
        free(source->topics[i]);
    free(source->topics);
    free(source->group);
    free(source->published.partitions);
    pthread_mutex_destroy(&source->mutex);
    free(source);
}

static void source_close_kafka(struct source *head)
{
    free_source((struct kafka_source *)head);
}

static const struct source_operations operations = {
    .poll = source_poll_kafka,
    .close = source_close_kafka,
    .rewind = source_rewind_kafka,
    .release = source_release_kafka,
    .settle = source_settle_kafka,
    .membership = source_membership_kafka,
};

/* librdkafka takes what begins with ^ for a pattern. */
static enum rc copy_topics(struct kafka_source *source, const struct kafka_source_options *options,
                           struct buffer *reason)
{
    if (options->topic_count == 0 || options->topic_count > KAFKA_SOURCE_TOPIC_LIMIT) {
        buffer_append_format(reason, "a source has 1 to %d topics", KAFKA_SOURCE_TOPIC_LIMIT);
        return RC_CONFIGURATION;
    }
    source->topics = calloc(options->topic_count, sizeof *source->topics);
    if (!source->topics)
        return RC_NO_MEMORY;
    for (size_t i = 0; i < options->topic_count; i++) {
        if (options->topics[i][0] == '^' || options->topics[i][0] == '\0') {
            buffer_append_string(reason, "a topic is named in full, not by a pattern");
            return RC_CONFIGURATION;
        }
        if (kafka_source_topic(source, options->topics[i]) != SIZE_MAX) {
            buffer_append_string(reason, "a topic is named twice");
            return RC_CONFIGURATION;
        }
        source->topics[i] = strdup(options->topics[i]);
        if (!source->topics[i])
            return RC_NO_MEMORY;
        source->topic_count++;
    }
    return RC_OK;
}

enum rc kafka_source_new(const struct kafka_source_options *options, struct source **out,
                         struct buffer *reason)
{
    *out = NULL;
    struct kafka_source *source = calloc(1, sizeof *source);
    if (!source)
        return RC_NO_MEMORY;
    source->head.operations = &operations;
    source->settings = options->settings;
    source->start_latest = options->start_latest;
    source->skip_poison = options->skip_poison;
    source->may_start = options->may_start;
    source->context = options->context;
    if (pthread_mutex_init(&source->mutex, NULL) != 0) {
        free(source);
        return RC_NO_MEMORY;
    }
    source->group = strdup(options->group);
    enum rc rc = source->group ? copy_topics(source, options, reason) : RC_NO_MEMORY;
    if (rc == RC_OK)
        rc = position_table_init(&source->positions, source->topic_count,
                                 KAFKA_SOURCE_PARTITION_LIMIT);
    if (rc == RC_OK)
        rc = kafka_source_connect(source, options, reason);
    if (rc != RC_OK) {
        free_source(source);
        return rc;
    }
    *out = &source->head;
    return RC_OK;
}
