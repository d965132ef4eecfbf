/* What cannot be read: telling it apart, halting at it, stepping over it. */
#include "core/log.h"
#include "ingest/kafka_probe.h"
#include "ingest/kafka_source_state.h"

enum {
    CALL_TIME = 1000,        /* ms that a question to the cluster may take within a poll */
    PROBE_TIME = 100,        /* ms */
    PAUSE_AFTER_ERROR = 500, /* ms */
};

enum kafka_halt_kind kafka_poison_kind(rd_kafka_resp_err_t error)
{
    switch ((int)error) {
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__UNDERFLOW:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
        return KAFKA_HALT_CORRUPT;
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
        return KAFKA_HALT_DECOMPRESSION;
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
        return KAFKA_HALT_FORMAT;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return KAFKA_HALT_TOO_LARGE;
    default:
        return KAFKA_HALT_NONE;
    }
}

/* Those that pass without our doing: connections, coordinators, leaders, time-outs. */
static bool is_transport(rd_kafka_resp_err_t error)
{
    static const rd_kafka_resp_err_t errors[] = {
        RD_KAFKA_RESP_ERR__TRANSPORT,
        RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN,
        RD_KAFKA_RESP_ERR__RESOLVE,
        RD_KAFKA_RESP_ERR__SSL,
        RD_KAFKA_RESP_ERR__AUTHENTICATION,
        RD_KAFKA_RESP_ERR__TIMED_OUT,
        RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
        RD_KAFKA_RESP_ERR__WAIT_COORD,
        RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED,
        RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
        RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
        RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE,
        RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
        RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
        RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (errors[i] == error)
            return true;
    }
    return false;
}

static enum poll_result client_gave_up(struct kafka_source *source)
{
    char text[1]; /* nobody reads it */
    rd_kafka_resp_err_t error = rd_kafka_fatal_error(source->handle, text, sizeof text);
    bool fenced = error == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
    return kafka_source_halt_at(source, fenced ? KAFKA_HALT_FENCED : KAFKA_HALT_CLIENT, SIZE_MAX,
                                NULL);
}

static enum poll_result halt_at_poison(struct kafka_source *source, enum kafka_halt_kind kind,
                                       size_t topic, struct position *position)
{
    position->poison++;
    position->poison_offset = position->at;
    return kafka_source_halt_at(source, kind, topic, position);
}

/* Everything but what is in trouble is read on. */
static enum poll_result read_on(struct kafka_source *source)
{
    if (kafka_source_reassign(source) != RC_OK)
        return kafka_source_halt_at(source, KAFKA_HALT_CLIENT, SIZE_MAX, NULL);
    kafka_lag_publish(source, true);
    return POLL_IDLE;
}

static enum poll_result poisoned(struct kafka_source *source, rd_kafka_resp_err_t error,
                                 enum kafka_halt_kind kind, size_t topic, struct position *position)
{
    if (source->skip_poison && position_skip_again(position))
        return read_on(source);
    LOG(LOG_WARNING, "source_poison", LOG_NAME("topic", slice_from_string(source->topics[topic])),
        LOG_NUMBER("partition", position->partition), LOG_NUMBER("offset", position->at),
        LOG_NAME("error", slice_from_string(rd_kafka_err2name(error))));
    if (!source->skip_poison)
        return halt_at_poison(source, kind, topic, position);
    position->state = POSITION_POISONED;
    position->error = error;
    source->troubled++;
    return read_on(source);
}

enum poll_result kafka_poison_judge(struct kafka_source *source, const rd_kafka_message_t *message,
                                    size_t topic, struct position *position)
{
    rd_kafka_resp_err_t error = message->err;
    if (error == RD_KAFKA_RESP_ERR__FATAL)
        return client_gave_up(source);
    if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        error == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        return kafka_source_halt_at(source, KAFKA_HALT_NOT_ALLOWED, topic, position);
    enum kafka_halt_kind kind = kafka_poison_kind(error);
    bool out_of_range = error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
    if (position && (kind != KAFKA_HALT_NONE || out_of_range)) {
        /* What comes of a partition after its first error is made of the same broken bytes. */
        if (!position->held || position->state != POSITION_READING)
            return POLL_IDLE;
        if (!out_of_range)
            return poisoned(source, error, kind, topic, position);
        position->state = POSITION_OUT_OF_RANGE;
        source->troubled++;
        return POLL_IDLE;
    }
    if (is_transport(error))
        source->counts.transport_errors++;
    else
        source->counts.other_errors++;
    /* Once for each row of errors: they come again and again. */
    if (source->counts.consecutive_errors++ == 0)
        LOG(LOG_WARNING, "source_error",
            LOG_NAME("error", slice_from_string(rd_kafka_err2name(error))));
    return POLL_IDLE;
}

static enum poll_result stepped_over(struct kafka_source *source, size_t topic,
                                     struct position *position, int64_t to)
{
    int64_t from = position->at;
    position_skip(position, to);
    source->troubled--;
    if (to <= from) /* it can be read after all */
        return read_on(source);
    LOG(LOG_WARNING, "source_poison_skipped",
        LOG_NAME("topic", slice_from_string(source->topics[topic])),
        LOG_NUMBER("partition", position->partition), LOG_NUMBER("offset", from),
        LOG_NUMBER("offsets", to - from));
    return read_on(source);
}

static enum poll_result find_range(struct kafka_source *source, size_t topic,
                                   struct position *position)
{
    int64_t low = -1, high = -1;
    rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
        source->handle, source->topics[topic], position->partition, &low, &high, CALL_TIME);
    if (error) {
        source->counts.transport_errors++;
        kafka_source_wait(source, PAUSE_AFTER_ERROR);
        return POLL_IDLE;
    }
    if (position->at > high)
        return halt_at_poison(source, KAFKA_HALT_BEYOND_END, topic, position);
    if (position->at >= low) { /* it is there now */
        kafka_source_wait(source, PAUSE_AFTER_ERROR);
        return stepped_over(source, topic, position, position->at);
    }
    if (!source->skip_poison)
        return halt_at_poison(source, KAFKA_HALT_BEFORE_START, topic, position);
    return stepped_over(source, topic, position, low);
}

static enum poll_result probe(struct kafka_source *source, size_t topic, struct position *position)
{
    int64_t end = position->at;
    enum rc rc = RC_OK;
    if (!source->probe)
        rc = kafka_probe_new(source->settings, source->group, source->topics[topic],
                             position->partition, position->at, &source->probe);
    if (rc == RC_OK)
        rc = kafka_probe_step(source->probe, PROBE_TIME, &end);
    if (rc == RC_AGAIN)
        return POLL_IDLE;
    kafka_probe_free(source->probe);
    source->probe = NULL;
    if (rc != RC_OK) {
        source->head.failure = rc;
        return POLL_FAILED;
    }
    return stepped_over(source, topic, position, end);
}

/* One partition in trouble after the other. */
enum poll_result kafka_poison_step(struct kafka_source *source)
{
    struct position_cursor cursor = {0};
    struct position *position;
    size_t topic;
    while ((position = position_next(&source->positions, &cursor, &topic))) {
        if (!position->held || position->state == POSITION_READING)
            continue;
        return position->state == POSITION_POISONED ? probe(source, topic, position)
                                                    : find_range(source, topic, position);
    }
    source->troubled = 0;
    return POLL_IDLE;
}

void kafka_poison_forget(struct kafka_source *source)
{
    kafka_probe_free(source->probe);
    source->probe = NULL;
    source->troubled = 0;
    struct position_cursor cursor = {0};
    struct position *position;
    while ((position = position_next(&source->positions, &cursor, NULL)))
        position->state = POSITION_READING;
}
