/* How a client is configured, and how it is taken down; over the embedded broker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "kafka/client.h"
#include "kafka/membership.h"
#include "kafka/offsets.h"
#include "tests/await.h"
#include "tests/kafka/embedded_fixture.h"

enum { WAIT = 60000 };

static int start_broker(void **state)
{
    (void)state;
    static const struct embedded_topic topics[] = {{"events", 4}, {"one", 1}};
    return embedded_start(topics, sizeof topics / sizeof topics[0]);
}

static struct kafka_client_options options_of(enum kafka_role role)
{
    return (struct kafka_client_options){
        .role = role, .settings = &settings, .group = "g", .transactional_id = "lethe.g.i.0"};
}

static enum rc make(const struct kafka_client_options *options, struct kafka_client **client,
                    char *text, size_t size)
{
    struct buffer reason;
    buffer_init(&reason, 4096);
    enum rc rc = kafka_client_new(options, client, &reason);
    assert_int_equal(reason.length == 0, rc == RC_OK);
    assert_true(reason.length < size);
    memcpy(text, reason.data ? reason.data : "", reason.length);
    text[reason.length] = '\0';
    buffer_release(&reason);
    return rc;
}

static struct kafka_client *made(const struct kafka_client_options *options)
{
    struct kafka_client *client;
    char text[4096];
    if (make(options, &client, text, sizeof text) != RC_OK)
        fail_msg("%s", text);
    return client;
}

static void expect(struct kafka_client *client, const char *name, const char *wanted)
{
    char value[512];
    size_t size = sizeof value;
    assert_int_equal(rd_kafka_conf_get(rd_kafka_conf(client->handle), name, value, &size),
                     RD_KAFKA_CONF_OK);
    if (strcmp(value, wanted) != 0)
        fail_msg("%s is %s, not %s", name, value, wanted);
}

static void test_roles(void **state)
{
    (void)state;
    struct kafka_client_options options = options_of(KAFKA_CONSUMER);
    struct kafka_client *client = made(&options);
    expect(client, "isolation.level", "read_committed");
    expect(client, "enable.auto.commit", "false");
    expect(client, "enable.auto.offset.store", "false");
    expect(client, "partition.assignment.strategy", "range");
    expect(client, "group.id", "g");
    expect(client, "check.crcs", "true");
    expect(client, "queued.max.messages.kbytes", "8192");
    expect(client, "socket.timeout.ms", "15000");
    expect(client, "enable.partition.eof", "false");
    assert_true(kafka_client_free(client, WAIT));
    options.role = KAFKA_READER;
    options.group = NULL;
    client = made(&options);
    expect(client, "isolation.level", "read_committed");
    expect(client, "enable.partition.eof", "true");
    expect(client, "group.id", "lethe.reader");
    assert_true(kafka_client_free(client, WAIT));
    options.role = KAFKA_OBSERVER;
    client = made(&options);
    expect(client, "isolation.level", "read_uncommitted");
    assert_true(kafka_client_free(client, WAIT));
    options.role = KAFKA_PRODUCER;
    client = made(&options);
    expect(client, "transactional.id", "lethe.g.i.0");
    expect(client, "enable.idempotence", "true");
    expect(client, "transaction.timeout.ms", "40000");
    expect(client, "retry.backoff.ms", "10");
    assert_true(kafka_client_free(client, WAIT));
}

/* Defaults, then the user's, then the module's, then what nobody overrides. */
static void test_order(void **state)
{
    (void)state;
    const struct kafka_property users[] = {
        {"bootstrap.servers", address[0].value},
        {"socket.timeout.ms", "20000"},
        {"fetch.max.bytes", "3000000"},
        {"linger.ms", "7"}, /* of producers: no consumer is told */
        {"client.id", "theirs"},
    };
    const struct kafka_property own[] = {
        {"client.id", "ours"},
        {"isolation.level", "read_uncommitted"},
        {"enable.auto.commit", "true"},
    };
    struct kafka_settings mine = {.properties = users, .property_count = 5};
    struct kafka_client_options options = options_of(KAFKA_CONSUMER);
    options.settings = &mine;
    options.own = own;
    options.own_count = 3;
    struct kafka_client *client = made(&options);
    expect(client, "socket.timeout.ms", "20000");
    expect(client, "fetch.max.bytes", "3000000");
    expect(client, "client.id", "ours");
    expect(client, "isolation.level", "read_committed");
    expect(client, "enable.auto.commit", "false");
    assert_true(kafka_client_free(client, WAIT));
    options.role = KAFKA_PRODUCER;
    options.own_count = 0;
    client = made(&options);
    expect(client, "linger.ms", "7");
    expect(client, "client.id", "theirs");
    assert_true(kafka_client_free(client, WAIT));
}

static void test_client_id_is_cut(void **state)
{
    (void)state;
    char id[200];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    const struct kafka_property own[] = {{"client.id", id}};
    struct kafka_client_options options = options_of(KAFKA_OBSERVER);
    options.own = own;
    options.own_count = 1;
    struct kafka_client *client = made(&options);
    id[KAFKA_CLIENT_ID_LIMIT] = '\0';
    expect(client, "client.id", id);
    assert_true(kafka_client_free(client, WAIT));
}

/* What is wrong is named; what was given for it is not. */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        struct kafka_property property;
        enum rc rc;
        const char *words;
    } cases[] = {
        {{"debug", "all canary"}, RC_REFUSED, "debug: it would write parts of messages"},
        {{"plugin.library.paths", "canary.so"}, RC_REFUSED, "plugin.library.paths"},
        {{"enable.idempotence", "canary"}, RC_REFUSED, "enable.idempotence"},
        {{"sasl.password", "canary"}, RC_REFUSED, "sasl.password: a secret"},
        {{"no.such", "canary"}, RC_REFUSED, "no.such"},
        {{"socket.timeout.ms", "canary"}, RC_CONFIGURATION, "socket.timeout.ms"},
        {{"security.protocol", "canary"}, RC_CONFIGURATION, "security.protocol"},
        {{"max.poll.interval.ms", "30001"}, RC_CONFIGURATION, "session.timeout.ms"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct kafka_settings one = {.properties = &cases[i].property, .property_count = 1};
        struct kafka_client_options options = options_of(KAFKA_CONSUMER);
        struct kafka_client *client;
        char text[4096];
        options.settings = &one;
        assert_int_equal(make(&options, &client, text, sizeof text), cases[i].rc);
        assert_null(client);
        if (!strstr(text, cases[i].words) || strstr(text, "canary") || strstr(text, "30001"))
            fail_msg("%s: %s", cases[i].property.name, text);
    }
}

/* Found out only when the client is made, with everything about it already allocated. */
static void test_unusable_file(void **state)
{
    (void)state;
    static const struct kafka_property properties[] = {{"bootstrap.servers", "127.0.0.1:1"},
                                                       {"security.protocol", "ssl"},
                                                       {"ssl.ca.location", "/no/such/canary.pem"}};
    const struct kafka_settings mine = {.properties = properties, .property_count = 3};
    struct kafka_client_options options = options_of(KAFKA_OBSERVER);
    struct kafka_client *client;
    char text[4096];
    options.settings = &mine;
    assert_int_equal(make(&options, &client, text, sizeof text), RC_CONFIGURATION);
    assert_non_null(strstr(text, "the file of ssl.ca.location cannot be read"));
    assert_null(strstr(text, "canary"));
}

static void test_names_are_required(void **state)
{
    (void)state;
    struct kafka_client *client;
    char text[4096];
    struct kafka_client_options options = options_of(KAFKA_PRODUCER);
    options.transactional_id = NULL;
    assert_int_equal(make(&options, &client, text, sizeof text), RC_CONFIGURATION);
    assert_non_null(strstr(text, "transactional id"));
    options = options_of(KAFKA_CONSUMER);
    options.group = "";
    assert_int_equal(make(&options, &client, text, sizeof text), RC_CONFIGURATION);
    assert_non_null(strstr(text, "group"));
}

static void test_offsets(void **state)
{
    (void)state;
    struct kafka_client_options options = options_of(KAFKA_OBSERVER);
    struct kafka_client *client = made(&options);
    int32_t count;
    int64_t offsets[4] = {-7, -7, -7, -7};
    assert_int_equal(kafka_partition_count(client, "events", WAIT, &count), RC_OK);
    assert_int_equal(count, 4);
    assert_int_equal(kafka_end_offsets(client, "events", 4, offsets, WAIT), RC_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(offsets[i], 0);
    assert_int_equal(kafka_start_offsets(client, "events", 4, offsets, WAIT), RC_OK);
    assert_int_equal(kafka_end_offsets(client, "events", 5, (int64_t[5]){0}, WAIT), RC_NOT_FOUND);
    rd_kafka_mock_topic_set_error(embedded_broker_cluster(broker), "one",
                                  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    assert_int_equal(kafka_partition_count(client, "one", WAIT, &count), RC_REFUSED);
    assert_int_equal(count, 0);
    rd_kafka_mock_topic_set_error(embedded_broker_cluster(broker), "one",
                                  RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_int_equal(kafka_partition_count(client, "one", WAIT, &count), RC_NOT_FOUND);
    rd_kafka_mock_topic_set_error(embedded_broker_cluster(broker), "one",
                                  RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_true(kafka_client_free(client, WAIT));
}

/* What librdkafka has once found missing it goes on to miss, if it is not asked the right way. */
static void test_comes_later(void **state)
{
    (void)state;
    struct rd_kafka_mock_cluster_s *cluster = embedded_broker_cluster(broker);
    struct kafka_client_options options = options_of(KAFKA_OBSERVER);
    struct kafka_client *client = made(&options);
    int64_t offsets[4];
    assert_int_equal(kafka_end_offsets(client, "events", 4, offsets, WAIT), RC_OK);
    rd_kafka_mock_topic_set_error(cluster, "one", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    assert_int_equal(kafka_end_offsets(client, "one", 1, offsets, WAIT), RC_NOT_FOUND);
    clock_sleep_ms(200); /* longer than it means to remember that */
    assert_int_equal(kafka_end_offsets(client, "one", 1, offsets, WAIT), RC_NOT_FOUND);
    rd_kafka_mock_topic_set_error(cluster, "one", RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(kafka_end_offsets(client, "one", 1, offsets, WAIT), RC_OK);

    /* Of several topics in one list, one after another. */
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(2);
    rd_kafka_topic_partition_list_add(list, "events", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_topic_partition_list_add(list, "one", 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_mock_topic_set_error(cluster, "one", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    int32_t count;
    assert_int_equal(kafka_partition_count(client, "one", WAIT, &count), RC_NOT_FOUND);
    assert_int_equal(kafka_offsets_for_times(client->handle, list, WAIT),
                     RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    rd_kafka_mock_topic_set_error(cluster, "one", RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(kafka_offsets_for_times(client->handle, list, WAIT), RD_KAFKA_RESP_ERR__RETRY);
    for (int i = 0; i < 2; i++)
        list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    assert_int_equal(kafka_offsets_for_times(client->handle, list, WAIT), 0);
    rd_kafka_topic_partition_list_destroy(list);
    assert_true(kafka_client_free(client, WAIT));
}

/* Likewise of a partition that had no leader when it was first asked for. */
static void test_leader_comes_later(void **state)
{
    (void)state;
    struct rd_kafka_mock_cluster_s *cluster = embedded_broker_cluster(broker);
    struct kafka_client_options options = options_of(KAFKA_OBSERVER);
    struct kafka_client *client = made(&options);
    int64_t offsets[4];
    rd_kafka_mock_partition_set_leader(cluster, "events", 2, -1);
    assert_int_equal(kafka_end_offsets(client, "events", 4, offsets, 300), RC_IO);
    rd_kafka_mock_partition_set_leader(cluster, "events", 2, 1);
    assert_int_equal(kafka_end_offsets(client, "events", 4, offsets, WAIT), RC_OK);
    assert_true(kafka_client_free(client, WAIT));
}

static void test_unreachable(void **state)
{
    (void)state;
    const struct kafka_property nowhere[] = {{"bootstrap.servers", "127.0.0.1:1"}};
    struct kafka_settings mine = {.properties = nowhere, .property_count = 1};
    struct kafka_client_options options = options_of(KAFKA_OBSERVER);
    options.settings = &mine;
    struct kafka_client *client = made(&options);
    int32_t count;
    assert_int_equal(kafka_partition_count(client, "events", 300, &count), RC_IO);
    AWAIT(atomic_load(&client->disturbances) > 0);
    assert_true(kafka_client_free(client, WAIT));
}

static void test_disturbances(void **state)
{
    (void)state;
    struct kafka_client_options options = options_of(KAFKA_OBSERVER);
    struct kafka_client *client = made(&options);
    int32_t count;
    assert_int_equal(kafka_partition_count(client, "events", WAIT, &count), RC_OK);
    uint64_t before = atomic_load(&client->disturbances);
    assert_int_equal(kafka_partition_count(client, "events", WAIT, &count), RC_OK);
    assert_int_equal(atomic_load(&client->disturbances), before);
    rd_kafka_mock_broker_set_down(embedded_broker_cluster(broker), 1);
    AWAIT(atomic_load(&client->disturbances) > before);
    rd_kafka_mock_broker_set_up(embedded_broker_cluster(broker), 1);
    assert_true(kafka_client_free(client, WAIT));
}

struct seen {
    struct group_membership *membership;
    unsigned assigned, revoked;
};

/* As a module does that answers a rebalance later, or never. */
static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t error,
                         rd_kafka_topic_partition_list_t *partitions, void *context)
{
    struct seen *seen = context;
    if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        seen->assigned++;
        assert_int_equal(group_membership_take(handle, &seen->membership), RC_OK);
        rd_kafka_assign(handle, partitions);
    } else {
        seen->revoked++;
    }
}

static void configure(rd_kafka_conf_t *configuration, void *context)
{
    (void)context;
    rd_kafka_conf_set_rebalance_cb(configuration, on_rebalance);
}

static void test_membership_and_leaving(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct kafka_client_options options = options_of(KAFKA_CONSUMER);
    options.configure = configure;
    options.context = &seen;
    struct kafka_client *client = made(&options);
    struct group_membership *early;
    assert_int_equal(group_membership_take(client->handle, &early), RC_REFUSED);
    assert_null(early);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, "events", RD_KAFKA_PARTITION_UA);
    assert_int_equal(rd_kafka_subscribe(client->handle, topics), 0);
    rd_kafka_topic_partition_list_destroy(topics);
    int64_t until = clock_monotonic_ms() + WAIT;
    while (seen.assigned == 0 && clock_monotonic_ms() < until) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client->handle, 50);
        if (message)
            rd_kafka_message_destroy(message);
    }
    assert_int_equal(seen.assigned, 1);
    assert_non_null(group_membership_metadata(seen.membership));
    /* The rebalance on leaving is answered for the module, which is not called any more. */
    assert_true(kafka_client_free(client, WAIT));
    assert_int_equal(seen.revoked, 0);
    group_membership_free(seen.membership);
}

static unsigned count_threads(void)
{
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    for (const struct dirent *entry; (entry = readdir(tasks));)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

/* Lets go of a client without waiting for it, and then waits for its threads to end: the embedded
 * broker must outlive it, and so must this process. */
static bool is_left_behind(void)
{
    struct kafka_client_options options = options_of(KAFKA_CONSUMER);
    unsigned before = count_threads();
    struct kafka_client *client = made(&options);
    bool left = !kafka_client_free(client, 0);
    AWAIT(count_threads() == before);
    return left;
}

/* Who cannot be taken down in time is left behind, and goes when it can. On a machine that lets us
 * wait while it goes on with the other threads, that may take no time at all. */
static void test_left_behind(void **state)
{
    (void)state;
    bool left = false;
    for (int i = 0; i < 20 && !left; i++)
        left = is_left_behind();
    assert_true(left);
    assert_true(kafka_client_free(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_client_id_is_cut),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_unusable_file),
        cmocka_unit_test(test_names_are_required),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_comes_later),
        cmocka_unit_test(test_leader_comes_later),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_disturbances),
        cmocka_unit_test(test_membership_and_leaving),
        cmocka_unit_test(test_left_behind),
    };
    return cmocka_run_group_tests(tests, start_broker, embedded_stop);
}
