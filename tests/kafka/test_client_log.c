/*
 * What a client writes into the log: names. librdkafka's own texts, which tell addresses, topics
 * and sometimes bytes of messages, are in none of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "kafka/client.h"
#include "kafka/embedded.h"
#include "kafka/failure.h"
#include "kafka/offsets.h"

enum { WAIT = 60000 };

/* Everything that is logged while a client does what `act` makes it do. */
static char *logged_with(enum kafka_role role, const struct kafka_settings *settings,
                         void (*act)(struct kafka_client *client, void *context), void *context)
{
    char path[] = "/tmp/lethe-log-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    unlink(path);
    int saved = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    const struct kafka_client_options options = {
        .role = role, .settings = settings, .transactional_id = "t", .group = "g"};
    struct kafka_client *client;
    struct buffer reason;
    buffer_init(&reason, 1024);
    enum rc rc = kafka_client_new(&options, &client, &reason);
    if (rc == RC_OK)
        act(client, context);
    kafka_client_free(client, WAIT);
    buffer_release(&reason);
    dup2(saved, STDERR_FILENO);
    close(saved);
    assert_int_equal(rc, RC_OK);
    off_t length = lseek(file, 0, SEEK_END);
    char *text = calloc(1, (size_t)length + 1);
    assert_non_null(text);
    assert_int_equal(pread(file, text, (size_t)length, 0), length);
    close(file);
    return text;
}

static char *logged_by(enum kafka_role role, const char *brokers,
                       void (*act)(struct kafka_client *client, void *context), void *context)
{
    const struct kafka_property properties[] = {{"bootstrap.servers", brokers}};
    const struct kafka_settings settings = {.properties = properties, .property_count = 1};
    return logged_with(role, &settings, act, context);
}

/* Every line has the one form or the other, with nothing before, between or behind. */
static void expect_names_only(const char *text)
{
    regex_t form;
    assert_int_equal(regcomp(&form,
                             "^[0-9TZ:.-]+ (warning|info|debug) "
                             "(kafka_client client=lethe#(producer|consumer)-[0-9]+ "
                             "facility=[A-Z]+|"
                             "kafka_error client=lethe#(producer|consumer)-[0-9]+ "
                             "error=[A-Z_]+)$",
                             REG_EXTENDED | REG_NOSUB),
                     0);
    char *copy = strdup(text);
    assert_non_null(copy);
    char *rest = copy;
    for (char *line; (line = strsep(&rest, "\n")) && rest;)
        if (regexec(&form, line, 0, NULL, 0) != 0)
            fail_msg("%s", line);
    free(copy);
    regfree(&form);
}

/* Until librdkafka has told an error. */
static void ask_in_vain(struct kafka_client *client, void *context)
{
    (void)context;
    int32_t count;
    int64_t until = clock_monotonic_ms() + WAIT;
    do
        assert_int_equal(kafka_partition_count(client, "canary", 200, &count), RC_IO);
    while (atomic_load(&client->last_error) == 0 && clock_monotonic_ms() < until);
}

/* librdkafka says: "canary...:9092/bootstrap: Failed to resolve 'canary...:9092' ...". No label of
 * a name is as long as this one: nobody on the network need be asked to know that there is none. */
static void test_no_broker(void **state)
{
    (void)state;
    static const char *const brokers[] = {
        "canarycanarycanarycanarycanarycanarycanarycanarycanarycanarycanary:9092", "127.0.0.1:1"};
    for (size_t i = 0; i < 2; i++) {
        char *text = logged_by(KAFKA_OBSERVER, brokers[i], ask_in_vain, NULL);
        assert_non_null(strstr(text, "kafka_client"));
        assert_non_null(strstr(text, "kafka_error"));
        assert_null(strstr(text, "canary"));
        expect_names_only(text);
        free(text);
    }
}

static void fail_fatally(struct kafka_client *client, void *context)
{
    (void)context;
    struct kafka_failure failure =
        kafka_failure_take(rd_kafka_init_transactions(client->handle, WAIT), "init");
    assert_int_equal(failure.class, FAILURE_NONE);
    rd_kafka_test_fatal_error(client->handle, RD_KAFKA_RESP_ERR__BAD_MSG, "canary of a message");
    for (int i = 0; i < 20; i++)
        rd_kafka_poll(client->handle, 10);
}

static void test_fatal(void **state)
{
    (void)state;
    struct embedded_broker *broker;
    assert_int_equal(embedded_broker_start(NULL, 0, &broker), RC_OK);
    char *text = logged_by(KAFKA_PRODUCER, embedded_broker_address(broker), fail_fatally, NULL);
    assert_non_null(strstr(text, "error=_BAD_MSG"));
    assert_null(strstr(text, "canary"));
    expect_names_only(text);
    free(text);
    embedded_broker_stop(broker);
}

static void do_nothing(struct kafka_client *client, void *context)
{
    (void)client;
    (void)context;
}

/* Each property that may be set is one that librdkafka knows, and each client gets only those that
 * are for its kind: librdkafka says CONFWARN of any other. */
static void test_properties_fit(void **state)
{
    (void)state;
    static const struct kafka_property properties[] = {
        {"bootstrap.servers", "127.0.0.1:1"},
        {"client.id", "lethe"},
        {"client.rack", "r"},
        {"group.instance.id", "i"},
        {"security.protocol", "plaintext"},
        {"broker.address.family", "v4"},
        {"broker.address.ttl", "1000"},
        {"socket.timeout.ms", "15000"},
        {"socket.keepalive.enable", "true"},
        {"socket.nagle.disable", "true"},
        {"socket.send.buffer.bytes", "100000"},
        {"socket.receive.buffer.bytes", "100000"},
        {"socket.connection.setup.timeout.ms", "30000"},
        {"connections.max.idle.ms", "60000"},
        {"reconnect.backoff.ms", "100"},
        {"reconnect.backoff.max.ms", "10000"},
        {"retry.backoff.ms", "10"},
        {"metadata.max.age.ms", "900000"},
        {"topic.metadata.refresh.interval.ms", "300000"},
        {"session.timeout.ms", "45000"},
        {"heartbeat.interval.ms", "3000"},
        {"max.poll.interval.ms", "300000"},
        {"transaction.timeout.ms", "40000"},
        {"message.max.bytes", "1000000"},
        {"receive.message.max.bytes", "100000000"},
        {"fetch.wait.max.ms", "100"},
        {"fetch.min.bytes", "1"},
        {"fetch.max.bytes", "8000000"},
        {"fetch.message.max.bytes", "1000000"},
        {"max.partition.fetch.bytes", "1000000"},
        {"fetch.error.backoff.ms", "100"},
        {"queued.min.messages", "1000"},
        {"queued.max.messages.kbytes", "16384"},
        {"check.crcs", "true"},
        {"linger.ms", "20"},
        {"queue.buffering.max.ms", "20"},
        {"queue.buffering.max.messages", "100000"},
        {"queue.buffering.max.kbytes", "100000"},
        {"batch.num.messages", "10000"},
        {"batch.size", "1000000"},
        {"compression.codec", "zstd"},
        {"compression.type", "zstd"},
        {"compression.level", "1"},
        {"statistics.interval.ms", "0"},
    };
    const struct kafka_settings settings = {properties, sizeof properties / sizeof properties[0],
                                            NULL, 0};
    for (int role = KAFKA_CONSUMER; role <= KAFKA_OBSERVER; role++) {
        char *text = logged_with((enum kafka_role)role, &settings, do_nothing, NULL);
        if (strstr(text, "CONFWARN"))
            fail_msg("%s: %s", kafka_role_name((enum kafka_role)role), text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_broker),
        cmocka_unit_test(test_fatal),
        cmocka_unit_test(test_properties_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
