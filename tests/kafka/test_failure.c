/*
 * The classes of kafka-facts 1.3, each from librdkafka itself: a transaction over the embedded
 * broker that answers one of its requests with an error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>

#include "kafka/client.h"
#include "kafka/embedded.h"
#include "kafka/failure.h"

/* Kafka protocol, API keys. */
enum {
    API_PRODUCE = 0,
    API_INIT_PRODUCER_ID = 22,
    API_ADD_PARTITIONS = 24,
    API_ADD_OFFSETS = 25,
    API_END_TRANSACTION = 26,
    API_OFFSET_COMMIT = 28,
};
enum { WAIT = 60000, TRIES = 30 };

struct world {
    struct embedded_broker *broker;
    struct kafka_client *client;
    unsigned number;
    bool initialised;
};

static int open_world(void **state)
{
    static struct world world;
    static const struct embedded_topic topics[] = {{"out", 2}, {"in", 2}};
    if (embedded_broker_start(topics, 2, &world.broker) != RC_OK)
        return -1;
    *state = &world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;
    embedded_broker_stop(world->broker);
    return 0;
}

/* A transactional id of its own: what happened to the last one is over. `own` may be NULL. */
static void open_client_with(struct world *world, const struct kafka_property *own)
{
    const struct kafka_property address[] = {
        {"bootstrap.servers", embedded_broker_address(world->broker)}};
    struct kafka_settings settings = {.properties = address, .property_count = 1};
    char id[32];
    snprintf(id, sizeof id, "lethe.g.i.%u", world->number++);
    struct kafka_client_options options = {.role = KAFKA_PRODUCER,
                                           .settings = &settings,
                                           .transactional_id = id,
                                           .own = own,
                                           .own_count = own ? 1 : 0};
    struct buffer reason;
    buffer_init(&reason, 4096);
    assert_int_equal(kafka_client_new(&options, &world->client, &reason), RC_OK);
    buffer_release(&reason);
    world->initialised = false;
}

static void open_client(struct world *world)
{
    open_client_with(world, NULL);
}

static void close_client(struct world *world)
{
    assert_true(kafka_client_free(world->client, WAIT));
    for (int16_t api = 0; api <= API_OFFSET_COMMIT; api++)
        rd_kafka_mock_clear_request_errors(embedded_broker_cluster(world->broker), api);
}

static void plant(struct world *world, int16_t api, rd_kafka_resp_err_t error, size_t count)
{
    rd_kafka_mock_cluster_t *cluster = embedded_broker_cluster(world->broker);
    rd_kafka_resp_err_t errors[400];
    assert_true(count <= sizeof errors / sizeof errors[0]);
    for (size_t i = 0; i < count; i++)
        errors[i] = error;
    rd_kafka_mock_push_request_errors_array(cluster, api, count, errors);
}

static struct kafka_failure begin(struct world *world)
{
    rd_kafka_t *handle = world->client->handle;
    char value[] = "x";
    struct kafka_failure failure = {0};
    if (!world->initialised)
        failure = kafka_failure_take(rd_kafka_init_transactions(handle, WAIT), "init");
    world->initialised = failure.class == FAILURE_NONE;
    if (failure.class == FAILURE_NONE)
        failure = kafka_failure_take(rd_kafka_begin_transaction(handle), "begin");
    if (failure.class != FAILURE_NONE)
        return failure;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(handle, "out", NULL);
    rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, value, 1, NULL, 0, NULL);
    rd_kafka_topic_destroy(topic);
    return failure;
}

static struct kafka_failure send_offsets(struct world *world)
{
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(offsets, "in", 0)->offset = 7;
    rd_kafka_consumer_group_metadata_t *group =
        rd_kafka_consumer_group_metadata_new_with_genid("g", 3, "member", NULL);
    struct kafka_failure failure = kafka_failure_take(
        rd_kafka_send_offsets_to_transaction(world->client->handle, offsets, group, WAIT),
        "send_offsets");
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(offsets);
    return failure;
}

static struct kafka_failure commit(struct world *world)
{
    return kafka_failure_take(rd_kafka_commit_transaction(world->client->handle, -1), "commit");
}

/* The first failure of a whole transaction. */
static struct kafka_failure run(struct world *world)
{
    struct kafka_failure failure = begin(world);
    if (failure.class == FAILURE_NONE)
        failure = send_offsets(world);
    if (failure.class == FAILURE_NONE)
        failure = commit(world);
    return failure;
}

/*
 * The same without offsets, for an error of what librdkafka asks in the background. A fatal one
 * that is answered while offsets are being sent makes that call return before its own answer, and a
 * client destroyed before that comes leaks the call's memory in librdkafka (2.0.2 to 2.9).
 */
static struct kafka_failure run_without_offsets(struct world *world)
{
    struct kafka_failure failure = begin(world);
    return failure.class == FAILURE_NONE ? commit(world) : failure;
}

/* `name` NULL: any. Before the next call an abortable error has become a state that does not fit.
 */
static void expect(struct kafka_failure failure, enum failure_class class, const char *operation,
                   const char *name)
{
    if (failure.class != class || strcmp(failure.operation, operation) != 0 ||
        (name && strcmp(failure.name, name) != 0))
        fail_msg("%s: %s %s, not %s: %s %s", failure.operation, failure_class_name(failure.class),
                 failure.name, operation, failure_class_name(class), name ? name : "any");
}

static void test_planted(void **state)
{
    struct world *world = *state;
    static const struct {
        int16_t api;
        rd_kafka_resp_err_t error;
        size_t count;
        enum failure_class class;
        const char *operation, *name;
    } cases[] = {
        {0, 0, 0, FAILURE_NONE, "commit", "NO_ERROR"},
        /* What librdkafka tries again by itself is no failure. */
        {API_INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 1, FAILURE_NONE,
         "commit", "NO_ERROR"},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, 3, FAILURE_NONE, "commit",
         "NO_ERROR"},
        {API_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2, FAILURE_NONE,
         "commit", "NO_ERROR"},
        {API_END_TRANSACTION, RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 1, FAILURE_NONE, "commit",
         "NO_ERROR"},
        /* Fatal */
        {API_INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, 1, FAILURE_FATAL,
         "init", "CLUSTER_AUTHORIZATION_FAILED"},
        {API_INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 1,
         FAILURE_FATAL, "init", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, 1, FAILURE_FATAL, "commit",
         "INVALID_TXN_STATE"},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1, FAILURE_FATAL, "commit",
         "_FENCED"},
        {API_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING, 1, FAILURE_FATAL,
         "send_offsets", "INVALID_PRODUCER_ID_MAPPING"},
        {API_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 1,
         FAILURE_FATAL, "send_offsets", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"},
        {API_END_TRANSACTION, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, 1, FAILURE_FATAL, "commit",
         "INVALID_TXN_STATE"},
        {API_END_TRANSACTION, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1, FAILURE_FATAL, "commit",
         "_FENCED"},
        /* The transaction only */
        {API_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 1, FAILURE_ABORT, "send_offsets",
         "ILLEGAL_GENERATION"},
        {API_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1, FAILURE_ABORT, "send_offsets",
         "UNKNOWN_MEMBER_ID"},
        {API_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, 1, FAILURE_ABORT, "send_offsets",
         "FENCED_INSTANCE_ID"},
        {API_OFFSET_COMMIT, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1, FAILURE_ABORT,
         "send_offsets", "GROUP_AUTHORIZATION_FAILED"},
        {API_ADD_OFFSETS, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1, FAILURE_ABORT,
         "send_offsets", "GROUP_AUTHORIZATION_FAILED"},
        {API_ADD_PARTITIONS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1, FAILURE_ABORT,
         "commit", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        open_client(world);
        plant(world, cases[i].api, cases[i].error, cases[i].count);
        struct kafka_failure failure =
            cases[i].api == API_ADD_PARTITIONS ? run_without_offsets(world) : run(world);
        expect(failure, cases[i].class, cases[i].operation, cases[i].name);
        close_client(world);
    }
}

/* No coordinator for longer than the call may take: the call is repeated, and then succeeds. */
static void test_call_again(void **state)
{
    struct world *world = *state;
    open_client(world);
    plant(world, API_INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 400);
    rd_kafka_t *handle = world->client->handle;
    struct kafka_failure failure;
    int tries = 0;
    do /* long enough for an answer, as a rule; before one has come it is a time-out */
        failure = kafka_failure_take(rd_kafka_init_transactions(handle, 2000), "init");
    while (failure.class == FAILURE_RETRY && strcmp(failure.name, "_TIMED_OUT") == 0 &&
           ++tries < TRIES);
    expect(failure, FAILURE_RETRY, "init", "COORDINATOR_NOT_AVAILABLE");
    rd_kafka_mock_clear_request_errors(embedded_broker_cluster(world->broker),
                                       API_INIT_PRODUCER_ID);
    for (int i = 0; i < 100 && failure.class == FAILURE_RETRY; i++)
        failure = kafka_failure_take(rd_kafka_init_transactions(handle, 500), "init");
    expect(failure, FAILURE_NONE, "init", "NO_ERROR");
    close_client(world);
}

static void abort_transaction(struct world *world)
{
    expect(kafka_failure_take(rd_kafka_abort_transaction(world->client->handle, -1), "abort"),
           FAILURE_NONE, "abort", "NO_ERROR");
}

/* Messages that nobody took in time end the transaction, and only that: the next one commits; or
 * one after that, where the machine stands still for as long as a message waits. Without offsets:
 * the time can be over before they are sent. */
static void test_messages_time_out(void **state)
{
    struct world *world = *state;
    const struct kafka_property soon = {"message.timeout.ms", "1500"};
    open_client_with(world, &soon);
    plant(world, API_PRODUCE, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 400);
    expect(run_without_offsets(world), FAILURE_ABORT, "commit", "_TIMED_OUT");
    rd_kafka_mock_clear_request_errors(embedded_broker_cluster(world->broker), API_PRODUCE);
    abort_transaction(world);
    struct kafka_failure failure = run(world);
    for (int i = 0; i < TRIES && failure.class == FAILURE_ABORT; i++) {
        abort_transaction(world);
        failure = run(world);
    }
    expect(failure, FAILURE_NONE, "commit", "NO_ERROR");
    close_client(world);
}

/* Neither fatal, nor abortable, nor retriable: fatal to us. */
static void test_none_of_these(void **state)
{
    struct world *world = *state;
    open_client(world);
    expect(commit(world), FAILURE_FATAL, "commit", "_STATE");
    close_client(world);
}

/* Raised while messages are still queued it may first look like a reason to abort; the abort then
 * is what says it. */
static void test_raised_fatal(void **state)
{
    struct world *world = *state;
    open_client(world);
    expect(begin(world), FAILURE_NONE, "begin", "NO_ERROR");
    rd_kafka_test_fatal_error(world->client->handle, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                              "planted");
    struct kafka_failure failure = commit(world);
    if (failure.class == FAILURE_ABORT)
        failure =
            kafka_failure_take(rd_kafka_abort_transaction(world->client->handle, -1), "abort");
    assert_int_equal(failure.class, FAILURE_FATAL);
    close_client(world);
}

static void test_codes(void **state)
{
    (void)state;
    static const struct {
        rd_kafka_resp_err_t error;
        enum failure_class class;
    } cases[] = {
        {RD_KAFKA_RESP_ERR_NO_ERROR, FAILURE_NONE},
        {RD_KAFKA_RESP_ERR__QUEUE_FULL, FAILURE_RETRY},
        {RD_KAFKA_RESP_ERR__TIMED_OUT, FAILURE_RETRY},
        {RD_KAFKA_RESP_ERR__TRANSPORT, FAILURE_RETRY},
        {RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, FAILURE_ABORT},
        {RD_KAFKA_RESP_ERR__PURGE_QUEUE, FAILURE_ABORT},
        {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, FAILURE_ABORT},
        {RD_KAFKA_RESP_ERR__FATAL, FAILURE_FATAL},
        {RD_KAFKA_RESP_ERR__FENCED, FAILURE_FATAL},
        {RD_KAFKA_RESP_ERR__STATE, FAILURE_FATAL},
        {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, FAILURE_FATAL},
        {(rd_kafka_resp_err_t)9999, FAILURE_FATAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kafka_failure failure = kafka_failure_of(cases[i].error, "x");
        if (failure.class != cases[i].class || failure.code != cases[i].error)
            fail_msg("%s is %s", failure.name, failure_class_name(failure.class));
    }
}

static void test_fences(void **state)
{
    (void)state;
    struct kafka_failure fenced = kafka_failure_of(RD_KAFKA_RESP_ERR__FENCED, "commit");
    struct kafka_failure other = kafka_failure_of(RD_KAFKA_RESP_ERR__FATAL, "commit");
    assert_true(kafka_failure_is_fence(&fenced));
    assert_false(kafka_failure_is_fence(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted),
        cmocka_unit_test(test_call_again),
        cmocka_unit_test(test_messages_time_out),
        cmocka_unit_test(test_none_of_these),
        cmocka_unit_test(test_raised_fatal),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_fences),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
