#include "kafka/administration.h"

#include <librdkafka/rdkafka.h>

#include "core/slice.h"
#include "kafka/call.h"
#include "kafka/offsets.h"

enum { POLL_MS = 100 };

/* The handle's queue and options of one call, and its answer. */
struct administration {
    rd_kafka_queue_t *queue;
    rd_kafka_AdminOptions_t *options;
    rd_kafka_event_t *event;
};

static void open_call(struct administration *call, rd_kafka_t *handle, rd_kafka_admin_op_t kind,
                      int timeout_ms)
{
    char text[512];
    *call = (struct administration){rd_kafka_queue_new(handle),
                                    rd_kafka_AdminOptions_new(handle, kind), NULL};
    rd_kafka_AdminOptions_set_request_timeout(call->options, timeout_ms, text, sizeof text);
    if (kind != RD_KAFKA_ADMIN_OP_DELETEGROUPS)
        rd_kafka_AdminOptions_set_operation_timeout(call->options, timeout_ms, text, sizeof text);
}

static rd_kafka_resp_err_t await(struct administration *call, int64_t deadline)
{
    call->event = rd_kafka_queue_poll(call->queue, call_left(deadline) + POLL_MS);
    return call->event ? rd_kafka_event_error(call->event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
}

static void close_call(struct administration *call)
{
    if (call->event)
        rd_kafka_event_destroy(call->event);
    rd_kafka_AdminOptions_destroy(call->options);
    rd_kafka_queue_destroy(call->queue);
}

static enum rc administered(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? RC_EXISTS : call_rc(error);
}

/* The first that is an error, but for `except`. */
static rd_kafka_resp_err_t first_error(const rd_kafka_topic_result_t **results, size_t count,
                                       rd_kafka_resp_err_t except)
{
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_topic_result_error(results[i]) &&
            rd_kafka_topic_result_error(results[i]) != except)
            return rd_kafka_topic_result_error(results[i]);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* NULL where librdkafka does not take a name or a number. */
static rd_kafka_NewTopic_t *describe(const struct administered_topic *topic)
{
    char text[512];
    rd_kafka_NewTopic_t *made =
        rd_kafka_NewTopic_new(topic->name, topic->partitions, -1, text, sizeof text);
    for (size_t i = 0; made && i < topic->setting_count; i++)
        rd_kafka_NewTopic_set_config(made, topic->settings[i].name, topic->settings[i].value);
    return made;
}

static enum rc ask_creation(struct kafka_client *observer, rd_kafka_NewTopic_t **topics,
                            size_t count, int64_t deadline)
{
    struct administration call;
    size_t results = 0;
    open_call(&call, observer->handle, RD_KAFKA_ADMIN_OP_CREATETOPICS, call_left(deadline));
    rd_kafka_CreateTopics(observer->handle, topics, count, call.options, call.queue);
    rd_kafka_resp_err_t error = await(&call, deadline);
    if (!error) {
        const rd_kafka_topic_result_t **result = rd_kafka_CreateTopics_result_topics(
            rd_kafka_event_CreateTopics_result(call.event), &results);
        error = first_error(result, results, RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    close_call(&call);
    return administered(error);
}

/* A topic that was made does not serve at once. */
static enum rc await_topic(struct kafka_client *observer, const struct administered_topic *topic,
                           int64_t deadline)
{
    int64_t ends[ADMINISTERED_LIMIT];
    enum rc rc = RC_NOT_FOUND;
    if (topic->partitions > ADMINISTERED_LIMIT)
        return RC_LIMIT;
    while (rc == RC_NOT_FOUND && call_left(deadline) > 1) {
        rc = kafka_end_offsets(observer, topic->name, topic->partitions, ends, call_left(deadline));
        if (rc == RC_NOT_FOUND)
            rd_kafka_poll(observer->handle, POLL_MS);
    }
    return rc;
}

enum rc kafka_topics_create(struct kafka_client *observer, const struct administered_topic *topics,
                            size_t count, int timeout_ms)
{
    rd_kafka_NewTopic_t *described[ADMINISTERED_LIMIT] = {NULL};
    int64_t deadline = call_deadline(timeout_ms);
    enum rc rc = count > ADMINISTERED_LIMIT ? RC_LIMIT : RC_OK;
    for (size_t i = 0; rc == RC_OK && i < count; i++)
        if (!(described[i] = describe(&topics[i])))
            rc = RC_CONFIGURATION;
    if (rc == RC_OK)
        rc = ask_creation(observer, described, count, deadline);
    for (size_t i = 0; i < ADMINISTERED_LIMIT; i++)
        if (described[i])
            rd_kafka_NewTopic_destroy(described[i]);
    for (size_t i = 0; rc == RC_OK && i < count; i++)
        rc = await_topic(observer, &topics[i], deadline);
    return rc;
}

enum rc kafka_topics_delete(struct kafka_client *observer, const char *const *names, size_t count,
                            int timeout_ms)
{
    rd_kafka_DeleteTopic_t *topics[ADMINISTERED_LIMIT];
    struct administration call;
    int64_t deadline = call_deadline(timeout_ms);
    size_t results = 0;
    if (count > ADMINISTERED_LIMIT)
        return RC_LIMIT;
    for (size_t i = 0; i < count; i++)
        topics[i] = rd_kafka_DeleteTopic_new(names[i]);
    open_call(&call, observer->handle, RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout_ms);
    rd_kafka_DeleteTopics(observer->handle, topics, count, call.options, call.queue);
    rd_kafka_resp_err_t error = await(&call, deadline);
    if (!error) {
        const rd_kafka_topic_result_t **result = rd_kafka_DeleteTopics_result_topics(
            rd_kafka_event_DeleteTopics_result(call.event), &results);
        error = first_error(result, results, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    }
    close_call(&call);
    rd_kafka_DeleteTopic_destroy_array(topics, count);
    return administered(error);
}

static rd_kafka_resp_err_t ask_group_deletion(rd_kafka_t *handle, const char *group,
                                              int64_t deadline)
{
    struct administration call;
    size_t results = 0;
    rd_kafka_DeleteGroup_t *one = rd_kafka_DeleteGroup_new(group);
    open_call(&call, handle, RD_KAFKA_ADMIN_OP_DELETEGROUPS, call_left(deadline));
    rd_kafka_DeleteGroups(handle, &one, 1, call.options, call.queue);
    rd_kafka_resp_err_t error = await(&call, deadline);
    if (!error) {
        const rd_kafka_group_result_t **result = rd_kafka_DeleteGroups_result_groups(
            rd_kafka_event_DeleteGroups_result(call.event), &results);
        const rd_kafka_error_t *why = results ? rd_kafka_group_result_error(result[0]) : NULL;
        error = why ? rd_kafka_error_code(why) : RD_KAFKA_RESP_ERR_NO_ERROR;
    }
    close_call(&call);
    rd_kafka_DeleteGroup_destroy(one);
    return error;
}

enum rc kafka_group_delete(struct kafka_client *observer, const char *group, int timeout_ms)
{
    int64_t deadline = call_deadline(timeout_ms);
    rd_kafka_resp_err_t error;
    do {
        error = ask_group_deletion(observer->handle, group, deadline);
        if (error == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP)
            rd_kafka_poll(observer->handle, POLL_MS);
    } while (error == RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP && call_left(deadline) > 1);
    return error == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND ? RC_OK : administered(error);
}
