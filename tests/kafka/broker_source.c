/* The source of `lethe run` on a real broker: where it starts, what it hands out, going back. */
#include "tests/kafka/source_world.h"
#include "tests/running_clock.h"

static void test_earliest(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "earliest", "2", NULL);
    quickly(world.topic, 0, 0, 100);
    quickly(world.topic, 1, 0, 50);
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    assert_non_null(source_membership(source));
    assert_int_equal(committed(&world, 0), 0);
    assert_int_equal(committed(&world, 1), 0);
    struct reading reading;
    reading_reset(&reading, false);
    read_messages(source, &reading, 150);
    assert_int_equal(reading.first[0], 0);
    assert_int_equal(reading.next[0], 100);
    assert_int_equal(reading.next[1], 50);
    expect_nothing(source, 200);
    source_close(source);
}

/* `latest` is where the first start found the end, whatever crashes come before a commit. */
static void test_latest(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "latest", "1", NULL);
    quickly(world.topic, 0, 0, 10);
    world.options.start_latest = true;
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    source_close(source);
    assert_int_equal(committed(&world, 0), 10);
    quickly(world.topic, 0, 10, 5);
    source = world_source(&world);
    await(source, POLL_ASSIGNED);
    struct reading reading;
    reading_reset(&reading, false);
    read_messages(source, &reading, 5);
    assert_int_equal(reading.first[0], 10);
    assert_int_equal(reading.next[0], 15);
    source_close(source);
}

static enum rc refuse(void *context, const char *topic, int32_t partition)
{
    unsigned *asked = context;
    (*asked)++;
    assert_non_null(topic);
    return partition != 1 ? RC_OK : RC_REFUSED;
}

static enum rc know_nothing(void *context, const char *topic, int32_t partition)
{
    (void)topic;
    (void)partition;
    return *(enum rc *)context;
}

/* What the audit cannot tell now it may tell the next one: that is no reason to halt. */
static void test_commit_in_doubt(void **state)
{
    (void)state;
    struct world world;
    struct kafka_source_halt halt;
    enum rc answer = RC_IO;
    world_open(&world, "commit-in-doubt", "1", NULL);
    world.options.may_start = know_nothing;
    world.options.context = &answer;
    struct source *source = world_source(&world);
    await(source, POLL_FAILED);
    assert_int_equal(source->failure, RC_IO);
    assert_false(kafka_source_halted(source, &halt));
    source_close(source);
    assert_int_equal(committed(&world, 0), -1);
    answer = RC_OK;
    source = world_source(&world);
    await(source, POLL_ASSIGNED);
    source_close(source);
}

static void test_lost_commit(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "lost-commit", "2", NULL);
    unsigned asked = 0;
    world.options.may_start = refuse;
    world.options.context = &asked;
    struct source *source = world_source(&world);
    await(source, POLL_FAILED);
    assert_int_equal(source->failure, RC_REFUSED);
    struct kafka_source_halt halt;
    assert_true(kafka_source_halted(source, &halt));
    assert_int_equal(halt.kind, KAFKA_HALT_NO_COMMIT);
    assert_string_equal(halt.topic, world.topic);
    assert_int_equal(halt.partition, 1);
    assert_int_equal(asked, 2);
    source_close(source);
    assert_int_equal(committed(&world, 0), -1);
    /* Once there are commits nobody is asked. */
    admin("commit", world.group, world.topic, "0", "0", NULL);
    admin("commit", world.group, world.topic, "1", "0", NULL);
    source = world_source(&world);
    await(source, POLL_ASSIGNED);
    assert_int_equal(asked, 2);
    source_close(source);
}

static void test_gaps(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "gaps", "1", NULL);
    rd_kafka_t *producer = world_producer("transactional.id", world.group, NULL);
    must(rd_kafka_init_transactions(producer, WORLD_PATIENCE));
    for (int round = 0; round < 3; round++) {
        must(rd_kafka_begin_transaction(producer));
        produce_run(producer, world.topic, 0, round * 10, 3);
        must(rd_kafka_commit_transaction(producer, -1));
        must(rd_kafka_begin_transaction(producer));
        produce_run(producer, world.topic, 0, 1000, 5);
        must(rd_kafka_abort_transaction(producer, -1));
    }
    rd_kafka_destroy(producer);
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    struct reading reading;
    reading_reset(&reading, true);
    read_messages(source, &reading, 9);
    assert_int_equal(reading.last_value, 22);
    assert_int_equal(reading.next[0], 23); /* 2 * (3 + 1 + 5 + 1) + 3 */
    /* The marker, and what was aborted at the end, is no lag, once the end has been met. */
    struct kafka_partition_report report;
    struct kafka_source_counts counts;
    int64_t end = clock_monotonic_ns() + (int64_t)WORLD_PATIENCE * 1000000;
    do {
        expect_nothing(source, 1000);
        assert_int_equal(kafka_source_report(source, &counts, &report, 1), 1);
    } while (report.position < 30 && clock_monotonic_ns() < end);
    assert_true(report.held);
    assert_int_equal(report.position, 30);
    assert_int_equal(report.end, 30);
    assert_int_equal(counts.messages, 9);
    source_close(source);
}

/* What a reader of its own finds in the partition. */
static unsigned count_messages(const struct world *world)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker(), NULL, 0);
    rd_kafka_conf_set(conf, "group.id", "count", NULL, 0);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
    rd_kafka_t *reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    assert_non_null(reader);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, world->topic, 0)->offset = 0;
    assert_int_equal(rd_kafka_assign(reader, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    unsigned count = 0;
    bool ended = false;
    while (!ended) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader, WORLD_PATIENCE);
        assert_non_null(message);
        ended = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        count += message->err == 0;
        rd_kafka_message_destroy(message);
    }
    rd_kafka_destroy(reader);
    return count;
}

static void test_compaction(void **state)
{
    (void)state;
    enum { MESSAGES = 60, KEYS = 5 };
    struct world world;
    world_open(&world, "compaction", "1",
               "cleanup.policy=compact segment.ms=100 min.cleanable.dirty.ratio=0.01");
    rd_kafka_t *producer = world_producer(NULL, NULL);
    for (int i = 0; i < MESSAGES; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i % KEYS);
        produce(producer, world.topic, 0, text, text);
        assert_int_equal(rd_kafka_flush(producer, WORLD_PATIENCE), 0);
    }
    int64_t end = clock_monotonic_ns() + (int64_t)WORLD_PATIENCE * 1000000;
    int last = MESSAGES;
    while (count_messages(&world) > MESSAGES / 2) { /* until the broker has compacted it */
        assert_true(clock_monotonic_ns() < end);
        usleep(300000);
        produce(producer, world.topic, 0, "0", "0"); /* rolls the segment */
        assert_int_equal(rd_kafka_flush(producer, WORLD_PATIENCE), 0);
        last++;
    }
    rd_kafka_destroy(producer);
    unsigned count = count_messages(&world);
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    struct reading reading;
    reading_reset(&reading, true);
    read_messages(source, &reading, count);
    assert_int_equal(reading.first[0], 0);
    assert_int_equal(reading.next[0], last);
    source_close(source);
}

/* Nobody there: nothing comes, nothing is poison, and the end is near all the same. */
static void test_no_broker(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "nobody", "1", NULL);
    world.properties[0].value = "127.0.0.1:9"; /* discard */
    struct source *source = world_source(&world);
    struct kafka_source_counts counts;
    int64_t end = clock_monotonic_ms() + WORLD_PATIENCE;
    do {
        expect_nothing(source, 1500);
        assert_int_equal(kafka_source_report(source, &counts, NULL, 0), 0);
    } while (counts.transport_errors == 0 && clock_monotonic_ms() < end);
    assert_true(counts.transport_errors > 0);
    struct kafka_source_halt halt;
    assert_false(kafka_source_halted(source, &halt));
    assert_int_equal(source_rewind(source), RC_OK);
    assert_int_equal(source_release(source), RC_INTERNAL); /* there is nothing to give back */
    int64_t begun = running_clock_ms();
    source_close(source);
    assert_in_range(running_clock_ms() - begun, 0, 11000);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const pattern[] = {"^events"}, *const twice[] = {"a", "a"};
    struct world world = {0};
    world.settings.properties = world.properties;
    world_set(&world, "bootstrap.servers", broker());
    struct kafka_source_options options = {
        .settings = &world.settings, .group = "refused", .topics = pattern, .topic_count = 1};
    struct buffer reason;
    buffer_init(&reason, 512);
    struct source *source;
    assert_int_equal(kafka_source_new(&options, &source, &reason), RC_CONFIGURATION);
    assert_null(source);
    options.topics = twice;
    options.topic_count = 2;
    assert_int_equal(kafka_source_new(&options, &source, &reason), RC_CONFIGURATION);
    options.topic_count = 0;
    assert_int_equal(kafka_source_new(&options, &source, &reason), RC_CONFIGURATION);
    options.topic_count = 1;
    world_set(&world, "enable.auto.commit", "true");
    assert_int_equal(kafka_source_new(&options, &source, &reason), RC_REFUSED);
    assert_true(reason.length > 0);
    buffer_release(&reason);
}

static void test_rewind(void **state)
{
    (void)state;
    enum { PER_PARTITION = 20000, PARTITIONS = 4, REWINDS = 200 };
    struct world world;
    world_open(&world, "rewind", "4", NULL);
    rd_kafka_t *producer = world_producer("linger.ms", "20", NULL);
    for (int32_t p = 0; p < PARTITIONS; p++)
        produce_run(producer, world.topic, p, 0, PER_PARTITION);
    rd_kafka_destroy(producer);
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    int64_t settled[WORLD_PARTITIONS] = {0};
    struct reading reading;
    reading_reset(&reading, false);
    for (int32_t p = 0; p < PARTITIONS; p++)
        reading.next[p] = 0;
    unsigned seed = 1;
    unsigned total = 0;
    for (int i = 0; i < REWINDS; i++) {
        unsigned count = 1 + (unsigned)rand_r(&seed) % 300;
        read_messages(source, &reading, count);
        if (rand_r(&seed) % 2) { /* this batch was committed, and one more is under way */
            for (int32_t p = 0; p < PARTITIONS; p++) {
                total += (unsigned)(reading.next[p] - settled[p]);
                settled[p] = reading.next[p];
                source_settle(source, 0, p, settled[p]);
            }
            read_messages(source, &reading, 1 + (unsigned)rand_r(&seed) % 20);
        }
        assert_int_equal(source_rewind(source), RC_OK);
        memcpy(reading.next, settled, sizeof settled);
    }
    read_messages(source, &reading, PER_PARTITION * PARTITIONS - total);
    for (int32_t p = 0; p < PARTITIONS; p++)
        assert_int_equal(reading.next[p], PER_PARTITION);
    expect_nothing(source, 200);
    source_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_earliest),    cmocka_unit_test(test_latest),
        cmocka_unit_test(test_lost_commit), cmocka_unit_test(test_commit_in_doubt),
        cmocka_unit_test(test_gaps),        cmocka_unit_test(test_compaction),
        cmocka_unit_test(test_no_broker),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rewind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
