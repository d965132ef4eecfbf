#include "kafka/failure.h"

#include <librdkafka/rdkafka.h>

#include "core/log.h"

static const char *const class_names[] = {
    [FAILURE_NONE] = "none",
    [FAILURE_RETRY] = "retry",
    [FAILURE_ABORT] = "abort",
    [FAILURE_FATAL] = "fatal",
};

const char *failure_class_name(enum failure_class class)
{
    return class_names[class];
}

struct kafka_failure kafka_failure_take(rd_kafka_error_t *error, const char *operation)
{
    struct kafka_failure failure = {.operation = operation, .name = "NO_ERROR"};
    if (!error)
        return failure;
    failure.code = rd_kafka_error_code(error);
    failure.name = rd_kafka_err2name((rd_kafka_resp_err_t)failure.code);
    if (rd_kafka_error_is_fatal(error))
        failure.class = FAILURE_FATAL;
    else if (rd_kafka_error_txn_requires_abort(error))
        failure.class = FAILURE_ABORT;
    else if (rd_kafka_error_is_retriable(error))
        failure.class = FAILURE_RETRY;
    else
        failure.class = FAILURE_FATAL;
    rd_kafka_error_destroy(error);
    return failure;
}

static enum failure_class class_of(rd_kafka_resp_err_t error)
{
    switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return FAILURE_NONE;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
        return FAILURE_RETRY;
    /* Of messages: lost, timed out, or purged, and never the transaction that they stood in. */
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
    case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    /* Of offsets: the group has given the partitions to another member, or is about to. */
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        return FAILURE_ABORT;
    default:
        return FAILURE_FATAL;
    }
}

struct kafka_failure kafka_failure_of(int code, const char *operation)
{
    rd_kafka_resp_err_t error = (rd_kafka_resp_err_t)code;
    return (struct kafka_failure){.class = class_of(error),
                                  .operation = operation,
                                  .name = rd_kafka_err2name(error),
                                  .code = code};
}

bool kafka_failure_is_fence(const struct kafka_failure *failure)
{
    return failure->code == RD_KAFKA_RESP_ERR__FENCED ||
           failure->code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           failure->code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

void kafka_failure_log(const struct kafka_failure *failure, const char *client)
{
    if (failure->class == FAILURE_NONE)
        return;
    LOG(LOG_WARNING, "kafka_failure", LOG_NAME("client", slice_from_string(client)),
        LOG_NAME("operation", slice_from_string(failure->operation)),
        LOG_NAME("class", slice_from_string(class_names[failure->class])),
        LOG_NAME("error", slice_from_string(failure->name)));
}
