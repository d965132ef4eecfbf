#include "kafka/offsets.h"

#include <librdkafka/rdkafka.h>

#include "kafka/call.h"

/* What ListOffsets takes for a time (Kafka protocol, ListOffsets v1). */
enum { TIME_END = -1, TIME_START = -2 };

static rd_kafka_resp_err_t ask_partitions(rd_kafka_t *handle, const char *topic, int timeout_ms,
                                          int32_t *count)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error = call_metadata(handle, topic, timeout_ms, &metadata);
    if (!metadata)
        return error;
    if (metadata->topic_cnt == 1)
        *count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return error;
}

enum rc kafka_partition_count(struct kafka_client *client, const char *topic, int timeout_ms,
                              int32_t *count)
{
    int64_t deadline = call_deadline(timeout_ms);
    rd_kafka_resp_err_t error;
    *count = 0;
    call_serve(client);
    do
        error = ask_partitions(client->handle, topic, call_left(deadline), count);
    while (call_again(deadline, error));
    if (error)
        *count = 0;
    else if (*count <= 0)
        return RC_NOT_FOUND;
    return call_rc(error);
}

static bool is_unknown(rd_kafka_resp_err_t error)
{
    return call_rc(error) == RC_NOT_FOUND;
}

/* librdkafka answers from memory. That there is no such topic is meant to stay there for a tenth of
 * a second and can stay for a quarter of an hour, since what it remembers expires in the order in
 * which it came, whenever it is due; that a partition has no leader stays for as long. */
static bool is_from_memory(rd_kafka_resp_err_t error)
{
    return is_unknown(error) || error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

/* Asks the broker, which also puts the memory right. */
static rd_kafka_resp_err_t confirm(rd_kafka_t *handle, const rd_kafka_topic_partition_t *missing,
                                   int timeout_ms)
{
    int32_t count = 0;
    rd_kafka_resp_err_t error = ask_partitions(handle, missing->topic, timeout_ms, &count);
    if (!error)
        error = missing->partition < count ? RD_KAFKA_RESP_ERR__RETRY
                                           : RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
    return error;
}

rd_kafka_resp_err_t kafka_offsets_for_times(rd_kafka_t *handle,
                                            rd_kafka_topic_partition_list_t *list, int timeout_ms)
{
    int64_t deadline = call_deadline(timeout_ms);
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(handle, list, timeout_ms);
    if (error && !is_unknown(error))
        return error;
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        if (one->err)
            return is_from_memory(one->err) ? confirm(handle, one, call_left(deadline)) : one->err;
    }
    return error;
}

/* An answer without an offset is an error. */
static rd_kafka_resp_err_t ask_offsets(rd_kafka_t *handle, rd_kafka_topic_partition_list_t *list,
                                       int64_t time, int timeout_ms, int64_t *offsets)
{
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = time;
    rd_kafka_resp_err_t error = kafka_offsets_for_times(handle, list, timeout_ms);
    for (int i = 0; i < list->cnt && !error; i++) {
        if (list->elems[i].offset < 0)
            error = RD_KAFKA_RESP_ERR__RETRY;
        offsets[list->elems[i].partition] = list->elems[i].offset;
    }
    return error;
}

static enum rc list_offsets(struct kafka_client *client, const char *topic, int32_t partitions,
                            int64_t time, int64_t *offsets, int timeout_ms)
{
    int64_t deadline = call_deadline(timeout_ms);
    rd_kafka_resp_err_t error;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    rd_kafka_topic_partition_list_add_range(list, topic, 0, partitions - 1);
    call_serve(client);
    do
        error = ask_offsets(client->handle, list, time, call_left(deadline), offsets);
    while (call_again(deadline, error));
    rd_kafka_topic_partition_list_destroy(list);
    return call_rc(error);
}

enum rc kafka_end_offsets(struct kafka_client *client, const char *topic, int32_t partitions,
                          int64_t *offsets, int timeout_ms)
{
    return list_offsets(client, topic, partitions, TIME_END, offsets, timeout_ms);
}

enum rc kafka_start_offsets(struct kafka_client *client, const char *topic, int32_t partitions,
                            int64_t *offsets, int timeout_ms)
{
    return list_offsets(client, topic, partitions, TIME_START, offsets, timeout_ms);
}
