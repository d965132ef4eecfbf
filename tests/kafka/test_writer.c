/* The demonstration's writer and follower, over the embedded broker; and how that is told apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>

#include "core/clock.h"
#include "kafka/follower.h"
#include "kafka/topic.h"
#include "kafka/writer.h"
#include "tests/kafka/embedded_fixture.h"

enum { WAIT = 60000, SHORT = 300, MESSAGES = 500, REASON = 1024 };

static const char *const names[] = {"first", "second"};

static int start_broker(void **state)
{
    (void)state;
    static const struct embedded_topic topics[] = {{"first", 1}, {"second", 1}};
    return embedded_start(topics, sizeof topics / sizeof topics[0]);
}

struct seen {
    int count[2];
    int64_t offsets[2];
    bool wrong;
};

static void on_message(void *context, size_t topic, int64_t offset, struct slice value)
{
    struct seen *seen = context;
    char expected[32];
    snprintf(expected, sizeof expected, "%s %d", names[topic], seen->count[topic]++);
    seen->wrong |=
        !slice_equal(value, slice_from_string(expected)) || offset != seen->offsets[topic];
    seen->offsets[topic]++;
}

static void put(struct kafka_writer *writer, size_t topic, int number)
{
    char text[32];
    snprintf(text, sizeof text, "%s %d", names[topic], number);
    assert_int_equal(kafka_writer_put(writer, names[topic], SLICE("key"), slice_from_string(text)),
                     RC_OK);
}

static void test_what_is_written_is_read_in_order(void **state)
{
    (void)state;
    struct buffer reason;
    struct kafka_writer *writer;
    struct kafka_follower *follower;
    struct seen seen = {0};
    int64_t offset = -1, end = clock_monotonic_ns() + (int64_t)WAIT * 1000000;
    buffer_init(&reason, REASON);
    assert_int_equal(kafka_writer_new(&settings, &writer, &reason), RC_OK);
    assert_int_equal(kafka_follower_new(&settings, names, 2, on_message, &seen, &follower, &reason),
                     RC_OK);
    for (int i = 0; i < MESSAGES; i++) {
        put(writer, 0, i);
        put(writer, 1, i);
    }
    assert_int_equal(kafka_writer_flush(writer, WAIT, NULL), RC_OK);
    put(writer, 1, MESSAGES);
    assert_int_equal(kafka_writer_flush(writer, WAIT, &offset), RC_OK);
    assert_int_equal(offset, MESSAGES);
    assert_int_equal(kafka_writer_acknowledged(writer), 2 * MESSAGES + 1);
    while (seen.count[0] + seen.count[1] < 2 * MESSAGES + 1 && clock_monotonic_ns() < end)
        assert_int_equal(kafka_follower_poll(follower, 100), RC_OK);
    assert_int_equal(seen.count[0], MESSAGES);
    assert_int_equal(seen.count[1], MESSAGES + 1);
    assert_false(seen.wrong);
    kafka_follower_free(follower);
    kafka_writer_free(writer);
    buffer_release(&reason);
}

static void test_what_is_not_acknowledged_is_said(void **state)
{
    (void)state;
    struct buffer reason;
    struct kafka_writer *writer;
    buffer_init(&reason, REASON);
    assert_int_equal(kafka_writer_new(&settings, &writer, &reason), RC_OK);
    put(writer, 0, 0);
    assert_int_equal(kafka_writer_flush(writer, WAIT, NULL), RC_OK);
    rd_kafka_mock_push_request_errors(embedded_broker_cluster(broker), 0 /* Produce */, 1,
                                      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    put(writer, 0, 1);
    assert_int_equal(kafka_writer_flush(writer, WAIT, NULL), RC_IO);
    kafka_writer_free(writer);
    rd_kafka_mock_clear_request_errors(embedded_broker_cluster(broker), 0);
    /* Nor is a broker that does not answer. */
    rd_kafka_mock_broker_set_down(embedded_broker_cluster(broker), 1);
    assert_int_equal(kafka_writer_new(&settings, &writer, &reason), RC_OK);
    put(writer, 0, 2);
    assert_int_equal(kafka_writer_flush(writer, SHORT, NULL), RC_IO);
    kafka_writer_free(writer);
    rd_kafka_mock_broker_set_up(embedded_broker_cluster(broker), 1);
    buffer_release(&reason);
}

/* Its settings are not waited for: librdkafka would, for the whole time. */
static void test_the_embedded_broker_is_known(void **state)
{
    (void)state;
    struct buffer reason;
    struct kafka_client *client;
    struct kafka_topic topic;
    struct kafka_client_options options = {.role = KAFKA_OBSERVER, .settings = &settings};
    buffer_init(&reason, REASON);
    assert_int_equal(kafka_client_new(&options, &client, &reason), RC_OK);
    int64_t began = clock_monotonic_ns();
    assert_int_equal(kafka_topic_describe(client, "first", WAIT, &topic), RC_OK);
    assert_int_equal(topic.settings, RC_UNSUPPORTED);
    assert_int_equal(topic.partitions, 1);
    assert_true(embedded_is(client, WAIT));
    assert_true((clock_monotonic_ns() - began) / 1000000 < WAIT / 2);
    kafka_client_free(client, WAIT);
    buffer_release(&reason);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read_in_order),
        cmocka_unit_test(test_what_is_not_acknowledged_is_said),
        cmocka_unit_test(test_the_embedded_broker_is_known),
    };
    return cmocka_run_group_tests(tests, start_broker, embedded_stop);
}
