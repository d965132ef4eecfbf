/* Offsets, membership and leaving, on a real broker: what the embedded one cannot show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "kafka/client.h"
#include "kafka/failure.h"
#include "kafka/membership.h"
#include "kafka/offsets.h"
#include "kafka/topic.h"
#include "tests/running_clock.h"

enum { WAIT = 60000 };

static char topic[64], group[80], id[80];
static struct kafka_property properties[] = {
    {"bootstrap.servers", NULL}, {"session.timeout.ms", "60000"}, {"heartbeat.interval.ms", "500"}};
static struct kafka_settings settings = {.properties = properties, .property_count = 3};

static const char *admin(const char *words)
{
    static char output[4096];
    char command[1024];
    snprintf(command, sizeof command, "%s %s %s", getenv("LETHE_BROKER_ADMIN"), properties[0].value,
             words);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(output, 1, sizeof output - 1, pipe);
    output[size] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return output;
}

/* Names of this test alone, and the topic with `partitions`. */
static int prepare(void **state)
{
    (void)state;
    static unsigned number;
    properties[0].value = getenv("LETHE_BROKER");
    assert_non_null(properties[0].value);
    int64_t stamp = clock_now(NULL) % 1000000000;
    snprintf(topic, sizeof topic, "client-%lld-%d-%u", (long long)stamp, (int)getpid(), number);
    snprintf(group, sizeof group, "%s.group", topic);
    snprintf(id, sizeof id, "%s.id", topic);
    number++;
    char words[192];
    snprintf(words, sizeof words, "create-topic %s 2", topic);
    admin(words);
    return 0;
}

static struct kafka_client *open_client(enum kafka_role role,
                                        void (*configure)(rd_kafka_conf_t *, void *), void *context)
{
    struct kafka_client_options options = {.role = role,
                                           .settings = &settings,
                                           .group = group,
                                           .transactional_id = id,
                                           .configure = configure,
                                           .context = context};
    struct kafka_client *client;
    struct buffer reason;
    buffer_init(&reason, 1024);
    assert_int_equal(kafka_client_new(&options, &client, &reason), RC_OK);
    buffer_release(&reason);
    return client;
}

static void succeed(rd_kafka_error_t *error, const char *operation)
{
    struct kafka_failure failure = kafka_failure_take(error, operation);
    if (failure.class != FAILURE_NONE)
        fail_msg("%s: %s", operation, failure.name);
}

static void begin_with(struct kafka_client *producer, int messages)
{
    char value[] = "x";
    succeed(rd_kafka_begin_transaction(producer->handle), "begin");
    rd_kafka_topic_t *out = rd_kafka_topic_new(producer->handle, topic, NULL);
    for (int i = 0; i < messages; i++)
        assert_int_equal(rd_kafka_produce(out, 0, RD_KAFKA_MSG_F_COPY, value, 1, NULL, 0, NULL), 0);
    rd_kafka_topic_destroy(out);
    assert_int_equal(rd_kafka_flush(producer->handle, WAIT), 0);
}

static void expect_ends(struct kafka_client *client, int64_t first, int64_t second)
{
    int64_t ends[2];
    assert_int_equal(kafka_end_offsets(client, topic, 2, ends, WAIT), RC_OK);
    assert_int_equal(ends[0], first);
    assert_int_equal(ends[1], second);
}

/* An observer sees past an open transaction; a reader of what is committed does not. */
static void test_ends(void **state)
{
    (void)state;
    struct kafka_client *producer = open_client(KAFKA_PRODUCER, NULL, NULL);
    struct kafka_client *observer = open_client(KAFKA_OBSERVER, NULL, NULL);
    struct kafka_client *reader = open_client(KAFKA_READER, NULL, NULL);
    succeed(rd_kafka_init_transactions(producer->handle, WAIT), "init");
    expect_ends(observer, 0, 0);
    begin_with(producer, 3);
    expect_ends(observer, 3, 0);
    expect_ends(reader, 0, 0);
    succeed(rd_kafka_commit_transaction(producer->handle, -1), "commit");
    /* Acknowledged: an observer must see it from now on, marker or not. */
    int64_t ends[2];
    assert_int_equal(kafka_end_offsets(observer, topic, 2, ends, WAIT), RC_OK);
    assert_true(ends[0] >= 3);
    char words[192];
    snprintf(words, sizeof words, "delete-records %s 0 2", topic);
    admin(words);
    int64_t starts[2];
    assert_int_equal(kafka_start_offsets(observer, topic, 2, starts, WAIT), RC_OK);
    assert_int_equal(starts[0], 2);
    assert_int_equal(starts[1], 0);
    assert_true(kafka_client_free(producer, WAIT));
    assert_true(kafka_client_free(observer, WAIT));
    assert_true(kafka_client_free(reader, WAIT));
}

static void test_topics_come_and_go(void **state)
{
    (void)state;
    struct kafka_client *observer = open_client(KAFKA_OBSERVER, NULL, NULL);
    int32_t count;
    char words[192];
    assert_int_equal(kafka_partition_count(observer, topic, WAIT, &count), RC_OK);
    assert_int_equal(count, 2);
    expect_ends(observer, 0, 0);
    snprintf(words, sizeof words, "add-partitions %s 3", topic);
    admin(words);
    assert_int_equal(kafka_partition_count(observer, topic, WAIT, &count), RC_OK);
    assert_int_equal(count, 3);
    int64_t ends[4];
    assert_int_equal(kafka_end_offsets(observer, topic, 3, ends, WAIT), RC_OK);
    assert_int_equal(kafka_end_offsets(observer, topic, 4, ends, WAIT), RC_NOT_FOUND);
    snprintf(words, sizeof words, "delete-topic %s", topic);
    admin(words);
    assert_int_equal(kafka_partition_count(observer, topic, WAIT, &count), RC_NOT_FOUND);
    assert_int_not_equal(kafka_end_offsets(observer, topic, 3, ends, 500), RC_OK);
    assert_int_equal(kafka_partition_count(observer, "there.is.none", WAIT, &count), RC_NOT_FOUND);
    assert_true(kafka_client_free(observer, WAIT));
}

struct member {
    struct kafka_client *client;
    struct group_membership *membership;
    unsigned partitions;
};

static void on_rebalance(rd_kafka_t *handle, rd_kafka_resp_err_t error,
                         rd_kafka_topic_partition_list_t *partitions, void *context)
{
    struct member *member = context;
    group_membership_free(member->membership);
    member->membership = NULL;
    if (error != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        rd_kafka_assign(handle, NULL);
        return;
    }
    assert_int_equal(group_membership_take(handle, &member->membership), RC_OK);
    for (int i = 0; i < partitions->cnt; i++)
        partitions->elems[i].offset = 0;
    member->partitions = (unsigned)partitions->cnt;
    rd_kafka_assign(handle, partitions);
}

static void configure(rd_kafka_conf_t *configuration, void *context)
{
    (void)context;
    rd_kafka_conf_set_rebalance_cb(configuration, on_rebalance);
}

static void join(struct member *member)
{
    *member = (struct member){0};
    member->client = open_client(KAFKA_CONSUMER, configure, member);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    assert_int_equal(rd_kafka_subscribe(member->client->handle, topics), 0);
    rd_kafka_topic_partition_list_destroy(topics);
}

static void poll_once(struct member *member)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(member->client->handle, 50);
    if (message)
        rd_kafka_message_destroy(message);
}

static void await_assignment(struct member *member)
{
    int64_t until = clock_monotonic_ms() + WAIT;
    while (!member->membership && clock_monotonic_ms() < until)
        poll_once(member);
    assert_non_null(member->membership);
}

static struct kafka_failure commit_as(struct kafka_client *producer,
                                      const struct group_membership *membership, int64_t offset)
{
    begin_with(producer, 1);
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(offsets, topic, 1)->offset = offset;
    struct kafka_failure failure = kafka_failure_take(
        rd_kafka_send_offsets_to_transaction(producer->handle, offsets,
                                             group_membership_metadata(membership), WAIT),
        "send_offsets");
    rd_kafka_topic_partition_list_destroy(offsets);
    if (failure.class == FAILURE_NONE)
        return kafka_failure_take(rd_kafka_commit_transaction(producer->handle, -1), "commit");
    succeed(rd_kafka_abort_transaction(producer->handle, -1), "abort");
    return failure;
}

/* A membership commits as long as its generation lives; what was taken before that never does. */
static void test_membership_fences(void **state)
{
    (void)state;
    struct kafka_client *producer = open_client(KAFKA_PRODUCER, NULL, NULL);
    succeed(rd_kafka_init_transactions(producer->handle, WAIT), "init");
    struct member first;
    join(&first);
    struct group_membership *early = NULL;
    assert_int_equal(group_membership_take(first.client->handle, &early), RC_REFUSED);
    await_assignment(&first);
    assert_int_equal(first.partitions, 2);
    assert_int_equal(commit_as(producer, first.membership, 7).class, FAILURE_NONE);
    /* The old snapshot, kept beyond its generation: another member comes in between. */
    struct group_membership *old = first.membership;
    first.membership = NULL;
    struct member second;
    join(&second);
    int64_t until = clock_monotonic_ms() + WAIT;
    while ((!first.membership || !second.membership) && clock_monotonic_ms() < until) {
        poll_once(&first);
        poll_once(&second);
    }
    assert_non_null(second.membership);
    struct kafka_failure failure = commit_as(producer, old, 9);
    assert_int_equal(failure.class, FAILURE_ABORT);
    assert_string_equal(failure.name, "ILLEGAL_GENERATION");
    assert_int_equal(commit_as(producer, first.membership, 8).class, FAILURE_NONE);
    char words[192];
    snprintf(words, sizeof words, "committed-stable %s %s", group, topic);
    assert_non_null(strstr(admin(words), "1 8\n"));
    group_membership_free(old);
    assert_true(kafka_client_free(second.client, WAIT));
    assert_true(kafka_client_free(first.client, WAIT));
    assert_true(kafka_client_free(producer, WAIT));
    group_membership_free(first.membership);
    group_membership_free(second.membership);
}

/* Who is taken down is out of the group at once, not when its session has ended. */
static void test_leaving(void **state)
{
    (void)state;
    struct member member;
    char words[192];
    join(&member);
    await_assignment(&member);
    snprintf(words, sizeof words, "members %s", group);
    assert_true(strlen(admin(words)) > 0);
    int64_t begun = running_clock_ms();
    assert_true(kafka_client_free(member.client, WAIT));
    assert_true(running_clock_ms() - begun < 20000);
    assert_string_equal(admin(words), "");
    group_membership_free(member.membership);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_ends, prepare),
        cmocka_unit_test_setup(test_topics_come_and_go, prepare),
        cmocka_unit_test_setup(test_membership_fences, prepare),
        cmocka_unit_test_setup(test_leaving, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
