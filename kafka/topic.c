#include "kafka/topic.h"

#include <librdkafka/rdkafka.h>

#include "core/slice.h"
#include "kafka/assign.h"
#include "kafka/call.h"
#include "kafka/embedded.h"

enum { POLL_MS = 100, SLICE_MS = 1000 };

/* Errors that do not pass: another protocol, certificate, or password is needed. */
static bool is_shut_out(struct kafka_client *client)
{
    int error = atomic_load(&client->last_error);
    return error == RD_KAFKA_RESP_ERR__SSL || error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
           error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

enum rc kafka_broker_count(struct kafka_client *observer, int timeout_ms, int *count)
{
    const struct rd_kafka_metadata *metadata;
    int64_t deadline = call_deadline(timeout_ms);
    rd_kafka_resp_err_t error;
    *count = 0;
    do {
        int left = call_left(deadline);
        bool shut_out = is_shut_out(observer); /* by one broker; another gets a turn */
        error = rd_kafka_metadata(observer->handle, 0, NULL, &metadata,
                                  left < SLICE_MS ? left : SLICE_MS);
        call_serve(observer);
        if (error && shut_out)
            return RC_REFUSED;
    } while (call_again(deadline, error));
    if (error)
        return call_rc(error);
    *count = metadata->broker_cnt;
    rd_kafka_metadata_destroy(metadata);
    return RC_OK;
}

static void take_partitions(const struct rd_kafka_metadata_topic *topic, struct kafka_topic *out)
{
    out->partitions = topic->partition_cnt;
    out->replicas = out->in_sync = topic->partition_cnt > 0 ? INT32_MAX : 0;
    for (int i = 0; i < topic->partition_cnt; i++) {
        const struct rd_kafka_metadata_partition *partition = &topic->partitions[i];
        out->leaderless += partition->leader < 0;
        if (partition->replica_cnt < out->replicas)
            out->replicas = partition->replica_cnt;
        if (partition->isr_cnt < out->in_sync)
            out->in_sync = partition->isr_cnt;
    }
}

static rd_kafka_resp_err_t ask_metadata(rd_kafka_t *handle, const char *name, int timeout_ms,
                                        struct kafka_topic *out)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error = call_metadata(handle, name, timeout_ms, &metadata);
    if (!metadata)
        return error;
    if (metadata->topic_cnt == 1)
        take_partitions(&metadata->topics[0], out);
    rd_kafka_metadata_destroy(metadata);
    /* Some partition has no leader: the topic is there all the same. */
    return error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE && out->partitions > 0
               ? RD_KAFKA_RESP_ERR_NO_ERROR
               : error;
}

static void take_words(struct kafka_topic *out, struct slice value)
{
    while (value.length > 0) {
        struct slice word = slice_trim(slice_cut(&value, ','));
        out->compacts |= slice_equal(word, SLICE("compact"));
        out->deletes |= slice_equal(word, SLICE("delete"));
    }
}

static void take_setting(struct kafka_topic *out, struct slice name, struct slice value)
{
    const struct {
        struct slice name;
        int64_t *number;
    } numbers[] = {
        {SLICE("retention.ms"), &out->retention_ms},
        {SLICE("retention.bytes"), &out->retention_bytes},
        {SLICE("segment.ms"), &out->segment_ms},
        {SLICE("delete.retention.ms"), &out->delete_retention_ms},
        {SLICE("max.message.bytes"), &out->max_message_bytes},
        {SLICE("min.insync.replicas"), &out->min_in_sync},
        {SLICE("message.timestamp.before.max.ms"), &out->oldest_time_ms},
    };
    int64_t number;
    if (slice_equal(name, SLICE("cleanup.policy")))
        take_words(out, value);
    else if (slice_equal(name, SLICE("unclean.leader.election.enable")))
        out->unclean_election = slice_equal(value, SLICE("true"));
    else if (slice_equal(name, SLICE("message.timestamp.type")))
        out->append_time = slice_equal(value, SLICE("LogAppendTime"));
    else if (slice_equal(name, SLICE("message.timestamp.difference.max.ms")) &&
             slice_to_i64(value, &number) && /* of brokers before 3.6, and the stricter of both */
             (out->oldest_time_ms == KAFKA_UNSTATED || number < out->oldest_time_ms))
        out->oldest_time_ms = number;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (slice_equal(name, numbers[i].name) && slice_to_i64(value, &number))
            *numbers[i].number = number;
}

static enum rc take_settings(const rd_kafka_event_t *event, struct kafka_topic *out)
{
    rd_kafka_resp_err_t error = rd_kafka_event_error((rd_kafka_event_t *)event);
    if (error)
        return call_rc(error);
    size_t count = 0;
    const rd_kafka_ConfigResource_t **resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result((rd_kafka_event_t *)event), &count);
    if (count != 1)
        return RC_IO;
    error = rd_kafka_ConfigResource_error(resources[0]);
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resources[0], &count);
    for (size_t i = 0; !error && i < count; i++)
        take_setting(out, slice_from_string(rd_kafka_ConfigEntry_name(entries[i])),
                     slice_from_string(rd_kafka_ConfigEntry_value(entries[i])));
    return call_rc(error);
}

static enum rc ask_settings(rd_kafka_t *handle, const char *name, int timeout_ms,
                            struct kafka_topic *out)
{
    char text[512];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, text, sizeof text);
    rd_kafka_DescribeConfigs(handle, &resource, 1, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, timeout_ms + POLL_MS);
    enum rc rc = event ? take_settings(event, out) : RC_IO;
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    return rc;
}

enum rc kafka_topic_describe(struct kafka_client *observer, const char *name, int timeout_ms,
                             struct kafka_topic *out)
{
    int64_t deadline = call_deadline(timeout_ms);
    rd_kafka_resp_err_t error;
    do {
        *out = (struct kafka_topic){
            .settings = RC_IO,
            .retention_ms = KAFKA_UNSTATED,
            .retention_bytes = KAFKA_UNSTATED,
            .segment_ms = KAFKA_UNSTATED,
            .delete_retention_ms = KAFKA_UNSTATED,
            .max_message_bytes = KAFKA_UNSTATED,
            .min_in_sync = KAFKA_UNSTATED,
            .oldest_time_ms = KAFKA_UNSTATED,
        };
        error = ask_metadata(observer->handle, name, call_left(deadline), out);
        call_serve(observer);
    } while (call_again(deadline, error));
    if (error)
        return call_rc(error);
    out->settings = embedded_is(observer, 0)
                        ? RC_UNSUPPORTED
                        : ask_settings(observer->handle, name, call_left(deadline), out);
    return RC_OK;
}

/* What a fetch from the end comes back with: nothing new, something new, or a refusal. */
static enum rc fetch(rd_kafka_t *handle, int64_t deadline)
{
    for (int left = POLL_MS; left > 1; left = call_left(deadline)) {
        rd_kafka_message_t *message =
            rd_kafka_consumer_poll(handle, left < POLL_MS ? left : POLL_MS);
        if (!message)
            continue;
        rd_kafka_resp_err_t error = message->err;
        /* Of another topic, or about the group, and not what is asked here. */
        bool ours = message->rkt != NULL;
        rd_kafka_message_destroy(message);
        if (error == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            return RC_OK;
        if (ours && call_rc(error) != RC_IO)
            return call_rc(error);
    }
    return RC_IO;
}

enum rc kafka_topic_may_read(struct kafka_client *reader, const char *name, int timeout_ms)
{
    int64_t deadline = call_deadline(timeout_ms);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, name, 0)->offset = RD_KAFKA_OFFSET_END;
    enum rc rc = kafka_assign(reader->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (rc == RC_OK)
        rc = fetch(reader->handle, deadline);
    kafka_assign_nothing(reader->handle);
    return rc;
}

/* Who may not see a group is told so when the coordinator is looked for, on the consumer's queue,
 * while the question for offsets waits for that coordinator. */
static bool group_is_refused(rd_kafka_t *handle)
{
    rd_kafka_message_t *message;
    bool refused = false;
    while (!refused && (message = rd_kafka_consumer_poll(handle, 0))) {
        refused = message->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
        rd_kafka_message_destroy(message);
    }
    return refused;
}

enum rc kafka_group_may_see(struct kafka_client *reader, const char *topic, int timeout_ms)
{
    int64_t deadline = call_deadline(timeout_ms);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *partition = rd_kafka_topic_partition_list_add(list, topic, 0);
    rd_kafka_resp_err_t error;
    do {
        int left = call_left(deadline);
        partition->err = RD_KAFKA_RESP_ERR_NO_ERROR;
        error = rd_kafka_committed(reader->handle, list, left < SLICE_MS ? left : SLICE_MS);
        if (!error && partition->err != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED &&
            partition->err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) /* the group has answered */
            error = partition->err;
        if (error && group_is_refused(reader->handle))
            error = RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
    } while (call_again(deadline, error));
    rd_kafka_topic_partition_list_destroy(list);
    return call_rc(error);
}

struct kafka_failure kafka_try_transactions(struct kafka_client *producer, int timeout_ms)
{
    int64_t deadline = call_deadline(timeout_ms);
    struct kafka_failure failure;
    do {
        failure = kafka_failure_take(
            rd_kafka_init_transactions(producer->handle, call_left(deadline)), "init");
        rd_kafka_poll(producer->handle, 0);
    } while (failure.class == FAILURE_RETRY && call_left(deadline) > 1);
    return failure;
}
