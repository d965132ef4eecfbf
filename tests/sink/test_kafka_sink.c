/*
 * The Kafka sink against errors that are planted into librdkafka's mock cluster: what it does about
 * each class. The mock shows no transaction, so nothing here claims a delivery; that is
 * tests/kafka/broker_sink*.c.
 */
#include "sink/kafka_sink.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/clock.h"
#include "kafka/embedded.h"
#include "kafka/membership.h"
#include "tests/sink/fixture.h"

enum api {
    PRODUCE = 0,
    INIT_PRODUCER_ID = 22,
    ADD_PARTITIONS = 24,
    ADD_OFFSETS = 25,
    END_TRANSACTION = 26,
    COMMIT_OFFSETS = 28,
};

static const struct embedded_topic embedded_topics[] = {
    {"events", 1}, {"clean", 2}, {"lines", 1}, {"audit", 1}, {"quarantine", 1}};

static struct embedded_broker *broker;
static struct kafka_client *consumer;
static struct group_membership *membership;
static struct kafka_property properties[2] = {{"bootstrap.servers", NULL},
                                              {"socket.timeout.ms", "1500"}};
static const struct kafka_settings settings = {properties, 1, NULL, 0};
/* For the test that is about it alone: a machine that stands still for so long makes any request
 * time out, and what was planted is then in an answer that nobody reads. */
static const struct kafka_settings impatient = {properties, 2, NULL, 0};
enum { IMPATIENT_MS = 1500, PATIENT_MS = 15000, SLOW_MS = 2000, NEVER_MS = 60000, TRIES = 30 };

static struct fixture fixture;
static struct sink_recipient recipients[2];
static struct sink_description description;
static const char *const topics[] = {"events"};
static struct kafka_sink_options options;
static struct sink *sink;
static char id[64];
static uint64_t committed; /* batches, of this test */

static void join_group(void)
{
    struct buffer reason;
    struct kafka_client_options client = {
        .role = KAFKA_CONSUMER, .settings = &settings, .group = "group"};
    buffer_init(&reason, 1024);
    assert_int_equal(kafka_client_new(&client, &consumer, &reason), RC_OK);
    buffer_release(&reason);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, "events", RD_KAFKA_PARTITION_UA);
    assert_int_equal(rd_kafka_subscribe(consumer->handle, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    for (int i = 0; i < 300 && !membership; i++) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->handle, 100);
        if (message)
            rd_kafka_message_destroy(message);
        if (rd_kafka_assignment(consumer->handle, &list) == 0) {
            if (list->cnt > 0)
                assert_int_equal(group_membership_take(consumer->handle, &membership), RC_OK);
            rd_kafka_topic_partition_list_destroy(list);
        }
    }
    assert_non_null(membership);
}

static int start_broker(void **state)
{
    (void)state;
    if (embedded_broker_start(embedded_topics, 5, &broker) != RC_OK)
        return -1;
    properties[0].value = embedded_broker_address(broker);
    join_group();
    return 0;
}

static int stop_broker(void **state)
{
    (void)state;
    group_membership_free(membership);
    kafka_client_free(consumer, 5000);
    embedded_broker_stop(broker);
    return 0;
}

static int set_up(void **state)
{
    (void)state;
    static int number;
    committed = 0;
    fixture_init(&fixture);
    recipients[0] = fixture.recipients[0];
    recipients[1] = fixture.recipients[1];
    recipients[0].topic = "clean";
    recipients[1].topic = "lines";
    recipients[1].framing = SINK_FRAMING_LINES;
    description = fixture.description;
    description.recipients = recipients;
    snprintf(id, sizeof id, "lethe.group.host.%d", number++);
    options = (struct kafka_sink_options){.settings = &settings,
                                          .transactional_id = id,
                                          .group = "group",
                                          .audit_topic = "audit",
                                          .quarantine_topic = "quarantine",
                                          .description = &description,
                                          .topics = topics,
                                          .topic_count = 1,
                                          .message_limit = 1000000,
                                          .version = "test"};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int16_t api = 0; api <= COMMIT_OFFSETS; api++) /* what a failed test left */
        rd_kafka_mock_clear_request_errors(embedded_broker_cluster(broker), api);
    sink_close(sink);
    sink = NULL;
    fixture_release(&fixture);
    return 0;
}

static enum rc try_open(void)
{
    struct buffer reason;
    buffer_init(&reason, 1024);
    enum rc rc = kafka_sink_new(&options, &sink, &reason);
    assert_int_equal(rc == RC_OK, reason.length == 0);
    buffer_release(&reason);
    return rc;
}

static struct kafka_sink_counts counts_now(void)
{
    struct kafka_sink_counts counts;
    kafka_sink_counts(sink, &counts, NULL, 0);
    return counts;
}

static void plant(enum api api, rd_kafka_resp_err_t error)
{
    rd_kafka_mock_push_request_errors(embedded_broker_cluster(broker), (int16_t)api, 1, error);
}

static enum rc commit(void)
{
    struct commit_context context = {.now = clock_now(NULL), .membership = membership};
    fixture_fill(&fixture, 10);
    enum rc rc = sink_commit(sink, &fixture.batch, &context, NULL);
    batch_reset(&fixture.batch);
    committed += rc == RC_OK;
    return rc;
}

static void test_no_error(void **state)
{
    (void)state;
    struct commit_outcome outcome;
    struct commit_context context = {.now = clock_now(NULL), .membership = membership};
    assert_int_equal(try_open(), RC_OK);
    fixture_fill(&fixture, 10);
    assert_int_equal(sink_commit(sink, &fixture.batch, &context, &outcome), RC_OK);
    assert_true(outcome.committed);
    assert_int_equal(outcome.range_count, 1);
    assert_int_equal(outcome.ranges[0].last, 10);
    batch_reset(&fixture.batch);
    /* An empty batch is nothing. */
    assert_int_equal(sink_commit(sink, &fixture.batch, &context, &outcome), RC_OK);
    assert_false(outcome.committed);
    assert_int_equal(counts_now().transactions, 1);
}

static const struct {
    enum api api;
    rd_kafka_resp_err_t error;
    enum kafka_sink_abort why;
} abortable[] = {
    {COMMIT_OFFSETS, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, KAFKA_SINK_ABORT_FENCED},
    {COMMIT_OFFSETS, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, KAFKA_SINK_ABORT_FENCED},
    {COMMIT_OFFSETS, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, KAFKA_SINK_ABORT_FENCED},
    {COMMIT_OFFSETS, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, KAFKA_SINK_ABORT_OTHER},
    {ADD_OFFSETS, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, KAFKA_SINK_ABORT_OTHER},
    {PRODUCE, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, KAFKA_SINK_ABORT_DELIVERY},
    {PRODUCE, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, KAFKA_SINK_ABORT_DELIVERY},
};

static void test_abortable(void **state)
{
    (void)state;
    assert_int_equal(try_open(), RC_OK);
    for (size_t i = 0; i < sizeof abortable / sizeof *abortable; i++) {
        uint64_t before = counts_now().aborts[abortable[i].why];
        plant(abortable[i].api, abortable[i].error);
        enum rc rc = commit();
        if (rc != RC_AGAIN || counts_now().aborts[abortable[i].why] != before + 1)
            fail_msg("%s: %s", rd_kafka_err2name(abortable[i].error), rc_name(rc));
        assert_int_equal(commit(), RC_OK);
    }
    assert_false(counts_now().failed);
}

static void test_retriable(void **state)
{
    (void)state;
    static const struct {
        enum api api;
        rd_kafka_resp_err_t error;
    } retriable[] = {
        {COMMIT_OFFSETS, RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS},
        {COMMIT_OFFSETS, RD_KAFKA_RESP_ERR_NOT_COORDINATOR},
        {ADD_OFFSETS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
        {ADD_PARTITIONS, RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS},
        {END_TRANSACTION, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE},
        {PRODUCE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION},
    };
    assert_int_equal(try_open(), RC_OK);
    for (size_t i = 0; i < sizeof retriable / sizeof *retriable; i++) {
        plant(retriable[i].api, retriable[i].error);
        enum rc rc = commit();
        if (rc != RC_OK)
            fail_msg("%s: %s", rd_kafka_err2name(retriable[i].error), rc_name(rc));
    }
    assert_int_equal(counts_now().transactions, sizeof retriable / sizeof *retriable);
}

/* `research` gets files, so that batches are collected in a publication. */
static void open_with_files(void)
{
    static char directory[FIXTURE_PATH];
    snprintf(directory, sizeof directory, "%s/" LAYOUT_RECIPIENTS "/research", fixture.root);
    recipients[1].topic = NULL;
    recipients[1].directory = directory;
    assert_int_equal(try_open(), RC_OK);
}

/* Nobody knows whether it was committed: what was prepared stays, and nothing goes on. */
static void test_fatal_at_the_commit(void **state)
{
    (void)state;
    char first[FIXTURE_PATH];
    struct commit_context context = {.now = clock_now(NULL), .membership = membership};
    open_with_files();
    assert_int_equal(commit(), RC_OK); /* into the open publication */
    assert_int_equal(counts_now().transactions, 0);
    plant(END_TRANSACTION, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
    assert_int_equal(sink_finish(sink, &context, NULL), RC_IO);
    assert_true(counts_now().uncertain);
    assert_true(counts_now().failed);
    assert_int_equal(commit(), RC_IO);
    assert_int_equal(sink_discard(sink), RC_IO);
    assert_int_equal(fixture_count(&fixture, LAYOUT_RECIPIENTS "/research", FILE_TEMPORARY, first),
                     4);
    sink_close(sink);
    sink = NULL;
    assert_int_equal(fixture_count(&fixture, LAYOUT_RECIPIENTS "/research", FILE_TEMPORARY, first),
                     4);
}

static void test_fatal_before_the_commit(void **state)
{
    (void)state;
    char first[FIXTURE_PATH];
    struct commit_context context = {.now = clock_now(NULL), .membership = membership};
    open_with_files();
    assert_int_equal(commit(), RC_OK);
    plant(COMMIT_OFFSETS, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
    assert_int_equal(sink_finish(sink, &context, NULL), RC_IO);
    assert_true(counts_now().failed);
    assert_false(counts_now().uncertain); /* nothing was committed, and that is known */
    assert_int_equal(fixture_count(&fixture, LAYOUT_RECIPIENTS "/research", FILE_TEMPORARY, first),
                     0);
}

/* The commit after this one begins with the same producer. On a machine that is slow itself a
 * commit is tried again: one that took longer than a request waits says nothing. */
static void commit_and_keep_the_producer(void)
{
    for (int i = 0; i < TRIES; i++) {
        int64_t begun = clock_monotonic_ms();
        assert_int_equal(commit(), RC_OK);
        bool quick = clock_monotonic_ms() - begun < IMPATIENT_MS;
        uint64_t before = counts_now().replaced;
        assert_int_equal(commit(), RC_OK);
        if (!quick)
            continue;
        assert_int_equal(counts_now().replaced, before);
        return;
    }
    fail_msg("no commit was quick");
}

static void answer_the_commit_after(int milliseconds)
{
    rd_kafka_mock_broker_push_request_error_rtts(embedded_broker_cluster(broker), 1,
                                                 END_TRANSACTION, 1, RD_KAFKA_RESP_ERR_NO_ERROR,
                                                 milliseconds);
}

static void commit_and_replace_the_producer(void)
{
    assert_int_equal(commit(), RC_OK);
    uint64_t before = counts_now().replaced;
    assert_int_equal(commit(), RC_OK);
    assert_int_equal(counts_now().replaced, before + 1);
}

/* The answer to a commit comes later than a request waits: the next transaction has a new
 * producer, and the chain goes on. */
static void test_a_slow_commit(void **state)
{
    (void)state;
    options.settings = &impatient;
    assert_int_equal(try_open(), RC_OK);
    commit_and_keep_the_producer();
    answer_the_commit_after(SLOW_MS);
    commit_and_replace_the_producer();
    commit_and_keep_the_producer();
    assert_int_equal(counts_now().transactions, committed);
    assert_int_equal(counts_now().chain_entries, committed + 1);
}

/* Has the broker taken the request that it is to answer late? */
static bool is_in_flight(void)
{
    size_t left = 1;
    rd_kafka_mock_broker_error_stack_cnt(embedded_broker_cluster(broker), 1, END_TRANSACTION,
                                         &left);
    return left == 0;
}

static atomic_bool given_up;

static void *break_the_connection_of_the_commit(void *context)
{
    (void)context;
    while (!is_in_flight() && !atomic_load(&given_up))
        usleep(1000);
    rd_kafka_mock_broker_set_down(embedded_broker_cluster(broker), 1);
    rd_kafka_mock_broker_set_up(embedded_broker_cluster(broker), 1);
    return NULL;
}

/* In time, but over another connection. */
static void test_a_connection_lost_at_the_commit(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(try_open(), RC_OK);
    commit_and_keep_the_producer();
    answer_the_commit_after(NEVER_MS); /* nobody waits so long: only a lost connection ends it */
    atomic_store(&given_up, false);
    assert_int_equal(pthread_create(&thread, NULL, break_the_connection_of_the_commit, NULL), 0);
    int64_t begun = clock_monotonic_ms();
    enum rc rc = commit();
    int64_t took = clock_monotonic_ms() - begun;
    atomic_store(&given_up, true);
    pthread_join(thread, NULL);
    assert_int_equal(rc, RC_OK);
    assert_true(took < PATIENT_MS); /* or it would be a slow one */
    uint64_t before = counts_now().replaced;
    assert_int_equal(commit(), RC_OK);
    assert_int_equal(counts_now().replaced, before + 1);
}

static void test_it_cannot_begin(void **state)
{
    (void)state;
    plant(INIT_PRODUCER_ID, RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    assert_int_equal(try_open(), RC_REFUSED);
    atomic_bool stop = true;
    options.stop = &stop;
    assert_int_equal(try_open(), RC_END);
    options.stop = NULL;
    options.message_limit = 100;
    assert_int_equal(try_open(), RC_CONFIGURATION);
}

/* Without them what was read would be read again, and be there twice. */
static void test_no_output_without_its_offsets(void **state)
{
    (void)state;
    struct commit_context context = {.now = clock_now(NULL)};
    assert_int_equal(try_open(), RC_OK);
    fixture_fill(&fixture, 1);
    assert_int_equal(sink_commit(sink, &fixture.batch, &context, NULL), RC_INTERNAL);
    assert_int_equal(counts_now().transactions, 0);
}

static void test_what_is_not_as_described(void **state)
{
    (void)state;
    struct commit_context context = {.now = clock_now(NULL), .membership = membership};
    assert_int_equal(try_open(), RC_OK);
    assert_int_equal(batch_cover(&fixture.batch, 1, 0, 1, 1, 0), RC_OK); /* no such topic */
    assert_int_equal(sink_commit(sink, &fixture.batch, &context, NULL), RC_INTERNAL);
    sink_close(sink);
    options.quarantine_topic = NULL;
    assert_int_equal(try_open(), RC_OK);
    batch_reset(&fixture.batch);
    fixture_sealed(&fixture, "malformed", "sealed");
    assert_int_equal(sink_commit(sink, &fixture.batch, &context, NULL), RC_INTERNAL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_no_error),
        TEST(test_abortable),
        TEST(test_retriable),
        TEST(test_fatal_at_the_commit),
        TEST(test_fatal_before_the_commit),
        TEST(test_a_slow_commit),
        TEST(test_a_connection_lost_at_the_commit),
        TEST(test_it_cannot_begin),
        TEST(test_no_output_without_its_offsets),
        TEST(test_what_is_not_as_described),
    };
    return cmocka_run_group_tests(tests, start_broker, stop_broker);
}
