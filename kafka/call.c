#include "kafka/call.h"

#include "core/clock.h"
#include "kafka/failure.h"

enum { PAUSE_MS = 20 };

int64_t call_deadline(int timeout_ms)
{
    return clock_monotonic_ms() + timeout_ms;
}

int call_left(int64_t deadline)
{
    int64_t left = deadline - clock_monotonic_ms();
    return left < 1 ? 1 : (int)left;
}

bool call_again(int64_t deadline, rd_kafka_resp_err_t error)
{
    if (kafka_failure_of(error, "").class != FAILURE_RETRY || clock_monotonic_ms() >= deadline)
        return false;
    clock_sleep_ms(PAUSE_MS);
    return true;
}

enum rc call_rc(rd_kafka_resp_err_t error)
{
    switch (error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return RC_OK;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return RC_NOT_FOUND;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        return RC_REFUSED;
    default:
        return RC_IO;
    }
}

rd_kafka_resp_err_t call_metadata(rd_kafka_t *handle, const char *topic, int timeout_ms,
                                  const struct rd_kafka_metadata **metadata)
{
    *metadata = NULL;
    rd_kafka_topic_t *only = rd_kafka_topic_new(handle, topic, NULL);
    if (!only)
        return rd_kafka_last_error();
    rd_kafka_resp_err_t error = rd_kafka_metadata(handle, 0, only, metadata, timeout_ms);
    rd_kafka_topic_destroy(only);
    if (error) {
        *metadata = NULL;
        return error;
    }
    return (*metadata)->topic_cnt == 1 ? (*metadata)->topics[0].err
                                       : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

void call_serve(struct kafka_client *client)
{
    if (client->role == KAFKA_OBSERVER)
        rd_kafka_poll(client->handle, 0);
}
