#include "ingest/compacted_topic.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/clock.h"
#include "ingest/topic_client.h"
#include "ingest/topic_progress.h"
#include "ingest/topic_witness.h"
#include "kafka/assign.h"
#include "kafka/client.h"
#include "kafka/offsets.h"

enum {
    BATCH = 1000,     /* messages taken from the client at once */
    BATCHES = 5,      /* in one poll */
    QUEUE_LOW = 5000, /* messages: below it the client is woken up, as it may sleep on a full one */
    LOOK_WAIT = 2,    /* milliseconds between looks for the witness's answer */
    PAUSE = 100,      /* milliseconds after an examination without an answer */
    QUESTION_WAIT = 1000 /* milliseconds that the owner waits for one answer at the most */
};

struct compacted_topic {
    struct compacted_topic_options options;
    struct kafka_client *reader, *observer;
    rd_kafka_queue_t *queue; /* the reader's */
    rd_kafka_message_t **messages;
    int64_t *scratch; /* the owner's: offsets of all partitions */
    struct topic_progress progress;
    struct topic_witness *witness;
    bool heard; /* of every partition */
    bool examining;
    bool unanswered;       /* the last examination had no answer */
    int64_t examine_due;   /* monotonic milliseconds: the next examination that nobody asked for */
    int64_t examine_until; /* of the running one: when it is given up */
    uint64_t running;      /* number of the running one */
    uint64_t running_disturbances;
    _Atomic uint64_t wanted;      /* examinations asked for */
    _Atomic uint64_t examined;    /* number of the last good one */
    _Atomic uint64_t undisturbed; /* disturbances that it has covered */
    _Atomic unsigned fault;
};

/*      fault                     name          sentence */
#define FAULT_TABLE(X)                                                                             \
    X(TOPIC_FAULT_NONE, "none", "nothing is wrong")                                                \
    X(TOPIC_FAULT_TRUNCATED, "truncated", "the topic ends before what was read from it")           \
    X(TOPIC_FAULT_START, "start", "records at the topic's beginning were deleted")                 \
    X(TOPIC_FAULT_RANGE, "range", "the topic no longer has the offset that was to be read next")   \
    X(TOPIC_FAULT_MISSING, "missing", "the topic was deleted")                                     \
    X(TOPIC_FAULT_PARTITIONS, "partitions", "the topic has another number of partitions")          \
    X(TOPIC_FAULT_OTHER, "other", "the topic holds other records than those that were read")       \
    X(TOPIC_FAULT_DATA, "data", "a batch of the topic is corrupt or cannot be decompressed")       \
    X(TOPIC_FAULT_REFUSED, "refused", "this client may not read the topic")                        \
    X(TOPIC_FAULT_CLIENT, "client", "the client library failed")

const char *topic_fault_name(enum topic_fault fault)
{
    static const char *const names[TOPIC_FAULT_COUNT] = {
#define FAULT_NAME(number, name, sentence) [number] = (name),
        FAULT_TABLE(FAULT_NAME)
#undef FAULT_NAME
    };
    return fault < TOPIC_FAULT_COUNT ? names[fault] : "unknown";
}

const char *topic_fault_sentence(enum topic_fault fault)
{
    static const char *const sentences[TOPIC_FAULT_COUNT] = {
#define FAULT_SENTENCE(number, name, sentence) [number] = (sentence),
        FAULT_TABLE(FAULT_SENTENCE)
#undef FAULT_SENTENCE
    };
    return fault < TOPIC_FAULT_COUNT ? sentences[fault] : "unknown";
}

/* The first fault stays. */
static void fail(struct compacted_topic *topic, enum topic_fault fault)
{
    unsigned none = TOPIC_FAULT_NONE;
    if (fault != TOPIC_FAULT_NONE)
        atomic_compare_exchange_strong(&topic->fault, &none, (unsigned)fault);
}

enum topic_fault compacted_topic_fault(const struct compacted_topic *topic)
{
    return (enum topic_fault)atomic_load_explicit(&topic->fault, memory_order_acquire);
}

static uint64_t disturbances(const struct compacted_topic *topic)
{
    return atomic_load(&topic->reader->disturbances) + atomic_load(&topic->observer->disturbances);
}

static const struct kafka_property reader_properties[] = {
    {"fetch.wait.max.ms", "20"}, /* an end that only markers moved is seen after so long */
};

static enum rc make_clients(struct compacted_topic *topic, struct buffer *reason)
{
    struct kafka_client_options client = {
        .role = KAFKA_OBSERVER,
        .settings = topic->options.settings,
    };
    enum rc rc = kafka_client_new(&client, &topic->observer, reason);
    if (rc != RC_OK)
        return rc;
    client.role = KAFKA_READER;
    client.group = topic->options.group;
    client.own = reader_properties;
    client.own_count = sizeof reader_properties / sizeof reader_properties[0];
    rc = kafka_client_new(&client, &topic->reader, reason);
    if (rc == RC_OK)
        topic->queue = rd_kafka_queue_get_consumer(topic->reader->handle);
    return rc == RC_OK && !topic->queue ? RC_INTERNAL : rc;
}

static enum rc ask_partitions(struct compacted_topic *topic, int32_t *count, struct buffer *reason)
{
    enum rc rc = kafka_partition_count(topic->observer, topic->options.topic,
                                       (int)topic->options.timeout, count);
    if (rc == RC_OK && *count > COMPACTED_PARTITION_LIMIT) {
        buffer_append_format(reason, "%s has more than %d partitions", topic->options.topic,
                             (int)COMPACTED_PARTITION_LIMIT);
        return RC_LIMIT;
    }
    if (rc == RC_NOT_FOUND)
        buffer_append_format(reason, "there is no topic %s", topic->options.topic);
    else if (rc == RC_REFUSED)
        buffer_append_format(reason, "this client may not read the topic %s", topic->options.topic);
    else if (rc != RC_OK)
        buffer_append_format(reason, "no broker says what partitions %s has", topic->options.topic);
    return rc;
}

/* Compaction moves no beginning: what stood there was deleted, and may have been a refusal. */
static enum rc check_starts(const struct compacted_topic *topic, int32_t count,
                            struct buffer *reason)
{
    for (int32_t i = 0; i < count; i++) {
        if (topic->scratch[i] <= 0)
            continue;
        buffer_append_format(
            reason,
            "records at the beginning of %s partition %d were deleted, and may "
            "have been withdrawals: make the topic anew, with all that it must say",
            topic->options.topic, (int)i);
        return RC_REFUSED;
    }
    return RC_OK;
}

static enum rc ask_starts(struct compacted_topic *topic, int32_t count, struct buffer *reason)
{
    uint64_t seed;
    topic->scratch = calloc((size_t)count, sizeof *topic->scratch);
    topic->messages = calloc(BATCH, sizeof(rd_kafka_message_t *));
    if (!topic->scratch || !topic->messages)
        return RC_NO_MEMORY;
    enum rc rc = kafka_start_offsets(topic->observer, topic->options.topic, count, topic->scratch,
                                     (int)topic->options.timeout);
    if (rc != RC_OK) {
        buffer_append_format(reason, "no broker says where %s begins", topic->options.topic);
        return rc;
    }
    rc = check_starts(topic, count, reason);
    if (rc != RC_OK)
        return rc;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return rc_from_errno(errno);
    return topic_progress_init(&topic->progress, count, topic->scratch, seed);
}

static enum rc assign_all(struct compacted_topic *topic)
{
    const struct topic_progress *progress = &topic->progress;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(progress->count);
    for (int32_t i = 0; i < progress->count; i++)
        rd_kafka_topic_partition_list_add(list, topic->options.topic, i)->offset =
            progress->places[i].start;
    enum rc rc = kafka_assign(topic->reader->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

enum rc compacted_topic_new(const struct compacted_topic_options *options,
                            struct compacted_topic **out, struct buffer *reason)
{
    int32_t count = 0;
    struct compacted_topic *topic = calloc(1, sizeof *topic);
    *out = NULL;
    if (!topic)
        return RC_NO_MEMORY;
    topic->options = *options;
    enum rc rc = make_clients(topic, reason);
    if (rc == RC_OK)
        rc = ask_partitions(topic, &count, reason);
    if (rc == RC_OK)
        rc = ask_starts(topic, count, reason);
    if (rc == RC_OK)
        rc = topic_witness_new(options, count, &topic->witness, reason);
    if (rc == RC_OK)
        rc = assign_all(topic);
    if (rc != RC_OK) {
        if (reason->length == 0)
            buffer_append_string(reason, rc_sentence(rc));
        compacted_topic_free(topic);
        return rc;
    }
    atomic_init(&topic->wanted, 1);
    *out = topic;
    return RC_OK;
}

void compacted_topic_free(struct compacted_topic *topic)
{
    if (!topic)
        return;
    topic_witness_free(topic->witness);
    if (topic->queue)
        rd_kafka_queue_destroy(topic->queue);
    kafka_client_free(topic->reader, TOPIC_CLOSE_WAIT);
    kafka_client_free(topic->observer, TOPIC_CLOSE_WAIT);
    topic_progress_release(&topic->progress);
    free(topic->messages);
    free(topic->scratch);
    free(topic);
}

int32_t compacted_topic_partition_count(const struct compacted_topic *topic)
{
    return topic->progress.count;
}

int64_t compacted_topic_position(const struct compacted_topic *topic, int32_t partition)
{
    return topic_progress_position(&topic->progress, partition);
}

/* The positions are read before the question: what ends below them then was truncated. */
enum rc compacted_topic_targets(struct compacted_topic *topic, int64_t *targets, int64_t timeout)
{
    int64_t positions[COMPACTED_PARTITION_LIMIT];
    for (int32_t i = 0; i < topic->progress.count; i++)
        positions[i] = compacted_topic_position(topic, i);
    enum rc rc = kafka_end_offsets(topic->observer, topic->options.topic, topic->progress.count,
                                   targets, (int)timeout);
    if (rc == RC_OK)
        fail(topic, topic_judge_ends(positions, targets, topic->progress.count));
    else if (rc == RC_REFUSED)
        fail(topic, TOPIC_FAULT_REFUSED);
    else
        (void)compacted_topic_suspect(topic); /* gone, or its leader is just elected: see there */
    if (compacted_topic_fault(topic) != TOPIC_FAULT_NONE)
        return RC_CORRUPT;
    return rc == RC_OK ? RC_OK : RC_IO;
}

enum rc compacted_topic_stable_ends(struct compacted_topic *topic, int64_t *ends, int64_t timeout)
{
    return kafka_end_offsets(topic->reader, topic->options.topic, topic->progress.count, ends,
                             (int)timeout);
}

bool compacted_topic_reached(const struct compacted_topic *topic, const int64_t *targets)
{
    return topic_progress_reached(&topic->progress, targets) &&
           atomic_load(&topic->undisturbed) == disturbances(topic) &&
           compacted_topic_fault(topic) == TOPIC_FAULT_NONE;
}

uint64_t compacted_topic_suspect(struct compacted_topic *topic)
{
    uint64_t number = atomic_fetch_add(&topic->wanted, 1) + 1;
    rd_kafka_queue_yield(topic->queue); /* the owner may be waiting for a message */
    return number;
}

bool compacted_topic_examined(const struct compacted_topic *topic, uint64_t number)
{
    return atomic_load(&topic->examined) >= number &&
           compacted_topic_fault(topic) == TOPIC_FAULT_NONE;
}

/* What the broker says of the topic as a whole. False where it says nothing. That it is gone is for
 * the metadata to say: a partition that has no leader for a moment is unknown to librdkafka when it
 * is asked for offsets. */
static bool ask_about_topic(struct compacted_topic *topic)
{
    const struct compacted_topic_options *options = &topic->options;
    int timeout = (int)(options->timeout < QUESTION_WAIT ? options->timeout : QUESTION_WAIT);
    int32_t count = topic->progress.count;
    int32_t now = 0;
    enum rc rc = kafka_partition_count(topic->observer, options->topic, timeout, &now);
    if (rc == RC_NOT_FOUND)
        fail(topic, TOPIC_FAULT_MISSING);
    if (rc == RC_OK && now != count)
        fail(topic, TOPIC_FAULT_PARTITIONS);
    if (rc == RC_OK)
        rc = kafka_start_offsets(topic->observer, options->topic, count, topic->scratch, timeout);
    if (rc == RC_OK) {
        fail(topic, topic_judge_starts(&topic->progress, topic->scratch));
        rc = kafka_end_offsets(topic->observer, options->topic, count, topic->scratch, timeout);
    }
    for (int32_t i = 0; rc == RC_OK && i < count; i++) {
        int64_t position = compacted_topic_position(topic, i); /* only its owner moves it: here */
        fail(topic, topic_judge_ends(&position, &topic->scratch[i], 1));
    }
    if (rc == RC_REFUSED)
        fail(topic, TOPIC_FAULT_REFUSED);
    return rc == RC_OK;
}

static void give_up_examination(struct compacted_topic *topic)
{
    topic_witness_drop(topic->witness);
    topic->examining = false;
    topic->unanswered = true;
    topic->examine_due = clock_monotonic_ms() + PAUSE;
}

static void begin_examination(struct compacted_topic *topic)
{
    topic->running = atomic_load(&topic->wanted);
    topic->running_disturbances = disturbances(topic);
    topic->examine_until = clock_monotonic_ms() + topic->options.timeout;
    topic->examining = true;
    if (!ask_about_topic(topic) || topic_witness_ask(topic->witness, &topic->progress) != RC_OK)
        give_up_examination(topic);
}

static bool is_examination_due(const struct compacted_topic *topic)
{
    int64_t now = clock_monotonic_ms();
    if (topic->unanswered)
        return now >= topic->examine_due;
    return now >= topic->examine_due ||
           atomic_load(&topic->wanted) != atomic_load(&topic->examined) ||
           atomic_load(&topic->undisturbed) != disturbances(topic);
}

/* One step of the examinations. Whether one has come to a good end. */
static bool examine(struct compacted_topic *topic)
{
    enum topic_fault fault;
    if (!topic->examining && is_examination_due(topic))
        begin_examination(topic);
    if (!topic->examining)
        return false;
    switch (topic_witness_look(topic->witness, &topic->progress, &fault)) {
    case WITNESS_WAITS:
        if (clock_monotonic_ms() >= topic->examine_until)
            give_up_examination(topic);
        return false;
    case WITNESS_FAULT:
        topic->examining = false;
        fail(topic, fault);
        return false;
    case WITNESS_GOOD:
        break;
    }
    topic->examining = false;
    topic->unanswered = false;
    topic->examine_due = clock_monotonic_ms() + topic->options.examine;
    atomic_store(&topic->undisturbed, topic->running_disturbances);
    atomic_store(&topic->examined, topic->running);
    return true;
}

/* Whether it was a record or an end that moved the position. */
static bool take(struct compacted_topic *topic, const rd_kafka_message_t *message)
{
    struct topic_progress *progress = &topic->progress;
    if (message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        fail(topic, topic_fault_of(message->err));
        return false;
    }
    if (!message->rkt || message->partition < 0 || message->partition >= progress->count)
        return false;
    if (message->err) {
        int64_t before = topic_progress_position(progress, message->partition);
        fail(topic, topic_progress_end(progress, message->partition, message->offset));
        return message->offset > before;
    }
    struct topic_mark mark = topic_mark_of_message(progress->seed, message);
    topic->options.message(topic->options.context, message->partition, message->offset,
                           slice_of(message->key, message->key ? message->key_len : 0),
                           slice_of(message->payload, message->payload ? message->len : 0));
    fail(topic, topic_progress_record(progress, message->partition, &mark));
    return true;
}

/* After a fault nothing more is taken: what librdkafka delivers after a corrupt batch is rubbish.
 */
static bool take_all(struct compacted_topic *topic, ssize_t count)
{
    bool moved = false;
    for (ssize_t i = 0; i < count; i++) {
        if (compacted_topic_fault(topic) == TOPIC_FAULT_NONE)
            moved = take(topic, topic->messages[i]) || moved;
        rd_kafka_message_destroy(topic->messages[i]);
    }
    return moved;
}

/* In librdkafka 2.0.2 a leader's thread sleeps for up to a second while its queue is full, and does
 * not learn that there is a partition to fetch; any request wakes it. */
static void wake_up(struct compacted_topic *topic)
{
    (void)!compacted_topic_stable_ends(topic, topic->scratch, QUESTION_WAIT);
}

static void wake_up_at_start(struct compacted_topic *topic)
{
    topic->heard = topic->heard || topic_progress_heard(&topic->progress);
    if (!topic->heard)
        wake_up(topic);
}

static bool read_on(struct compacted_topic *topic, int64_t wait)
{
    bool moved = false;
    topic->messages[0] =
        rd_kafka_consumer_poll(topic->reader->handle, (int)(topic->heard ? wait : LOOK_WAIT));
    if (!topic->messages[0]) {
        wake_up_at_start(topic);
        return false;
    }
    moved = take_all(topic, 1);
    for (unsigned i = 0; i < BATCHES; i++) {
        ssize_t count = rd_kafka_consume_batch_queue(topic->queue, 0, topic->messages, BATCH);
        if (count <= 0)
            break;
        moved = take_all(topic, count) || moved;
        if (count == BATCH && rd_kafka_queue_length(topic->queue) < QUEUE_LOW)
            wake_up(topic);
    }
    return moved;
}

enum topic_state compacted_topic_poll(struct compacted_topic *topic, int64_t wait)
{
    if (compacted_topic_fault(topic) != TOPIC_FAULT_NONE)
        return TOPIC_BROKEN;
    bool moved = examine(topic);
    if (topic->examining && wait > LOOK_WAIT)
        wait = LOOK_WAIT;
    moved = read_on(topic, wait) || moved;
    if (compacted_topic_fault(topic) != TOPIC_FAULT_NONE)
        return TOPIC_BROKEN;
    if (moved)
        return TOPIC_OK;
    return topic->unanswered ? TOPIC_UNREACHABLE : TOPIC_IDLE;
}
