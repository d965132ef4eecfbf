/* What a source on a real broker does about batches that it cannot read, and offsets that are gone.
 * Batches are damaged in the log of the running broker. */
#include <fcntl.h>

#include "tests/kafka/source_world.h"

/* A record batch in a segment: KIP-98's format, magic 2. */
enum {
    BATCH_LENGTH = 8,
    BATCH_CRC = 17,
    BATCH_ATTRIBUTES = 21,
    BATCH_LAST_DELTA = 23,
    BATCH_RECORDS = 61,
    BATCH_HEAD = 12, /* not counted by its length */
    CODEC_UNKNOWN = 6,
    FRESH = 700, /* ms */
};

static uint64_t big_endian(const unsigned char *at, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | at[i];
    return number;
}

static uint32_t crc32c(const unsigned char *at, size_t size)
{
    uint32_t crc = ~0U;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0x82F63B78U & (0U - (crc & 1)));
    }
    return ~crc;
}

enum damage { DAMAGE_CHECKSUM, DAMAGE_CODEC };

/* Damages the batch that begins at `base` and has `count` records. */
static void damage(const struct world *world, int64_t base, int count, enum damage how)
{
    static unsigned char log[1 << 20];
    char path[512];
    snprintf(path, sizeof path, "%s/%s-0/00000000000000000000.log", getenv("LETHE_BROKER_DATA"),
             world->topic);
    int file = open(path, O_RDWR);
    assert_true(file >= 0);
    ssize_t size = pread(file, log, sizeof log, 0);
    assert_true(size > 0);
    size_t at = 0;
    while (at + BATCH_RECORDS <= (size_t)size && (int64_t)big_endian(log + at, 8) != base)
        at += BATCH_HEAD + big_endian(log + at + BATCH_LENGTH, 4);
    unsigned char *batch = log + at;
    assert_int_equal(big_endian(batch, 8), base);
    assert_int_equal(big_endian(batch + BATCH_LAST_DELTA, 4), count - 1);
    size_t length = BATCH_HEAD + big_endian(batch + BATCH_LENGTH, 4);
    if (how == DAMAGE_CHECKSUM) {
        batch[length - 3] ^= 0x20;
    } else {
        batch[BATCH_ATTRIBUTES + 1] = CODEC_UNKNOWN;
        uint32_t crc = crc32c(batch + BATCH_ATTRIBUTES, length - BATCH_ATTRIBUTES);
        for (int i = 0; i < 4; i++)
            batch[BATCH_CRC + i] = (unsigned char)(crc >> (24 - 8 * i));
    }
    assert_int_equal(pwrite(file, batch, length, (off_t)at), length);
    close(file);
}

/* Batches of the given sizes, values counting up. A producer sends a batch when it has the number
 * of messages that a batch may have, which is of the producer; it would also send what has waited
 * too long for others. */
static void produce_batches(const struct world *world, const int *sizes, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        char text[32];
        snprintf(text, sizeof text, "%d", sizes[i]);
        rd_kafka_t *producer =
            world_producer("linger.ms", "60000", "batch.num.messages", text, NULL);
        for (int last = value + sizes[i]; value < last; value++) {
            snprintf(text, sizeof text, "%d", value);
            produce(producer, world->topic, 0, NULL, text);
        }
        while (rd_kafka_outq_len(producer) > 0)
            rd_kafka_poll(producer, 10);
        rd_kafka_destroy(producer);
    }
}

static struct kafka_partition_report report_now(struct source *source)
{
    struct kafka_partition_report report;
    assert_int_equal(kafka_source_report(source, NULL, &report, 1), 1);
    return report;
}

/* After some time more, in which nothing comes: a report is half a second old at most, if nobody
 * stands still. Until it is one of that position. */
static struct kafka_partition_report report_at(struct source *source, int64_t position)
{
    int64_t end = clock_monotonic_ms() + WORLD_PATIENCE;
    do
        expect_nothing(source, FRESH);
    while (report_now(source).position < position && clock_monotonic_ms() < end);
    return report_now(source);
}

static void expect_halt(struct source *source, enum kafka_halt_kind kind, const char *topic,
                        int64_t offset)
{
    await(source, POLL_FAILED);
    struct kafka_source_halt halt;
    assert_true(kafka_source_halted(source, &halt));
    assert_int_equal(halt.kind, kind);
    assert_string_equal(halt.topic, topic);
    assert_int_equal(halt.partition, 0);
    assert_int_equal(halt.offset, offset);
    struct kafka_partition_report report;
    assert_int_equal(kafka_source_report(source, NULL, &report, 1), 1);
    assert_int_equal(report.poison, 1);
    assert_int_equal(report.poison_offset, offset);
    await(source, POLL_FAILED); /* and stays so */
}

/* Reads values [0, good), then those from `behind` to `end`, where one message covers what could
 * not be read between; twice, with a rewind, and counts it once. */
static void expect_skip(struct source *source, int good, int behind, int end)
{
    for (int round = 0; round < 2; round++) {
        struct reading reading;
        reading_reset(&reading, true);
        if (good > 0)
            read_messages(source, &reading, (unsigned)good);
        read_messages(source, &reading, 1);
        assert_int_equal(reading.last_value, behind);
        assert_int_equal(reading.first[0], 0);
        read_messages(source, &reading, (unsigned)(end - behind - 1));
        assert_int_equal(reading.last_value, end - 1);
        struct kafka_partition_report report = report_at(source, end);
        assert_int_equal(report.poison, 1);
        assert_int_equal(report.poison_offset, good);
        assert_int_equal(report.poison_length, behind - good);
        assert_int_equal(report.position, end);
        assert_int_equal(source_rewind(source), RC_OK);
    }
}

static void test_checksum(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "checksum", "1", NULL);
    produce_batches(&world, (const int[]){3, 4, 3}, 3);
    damage(&world, 3, 4, DAMAGE_CHECKSUM);
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    struct reading reading;
    reading_reset(&reading, false);
    read_messages(source, &reading, 3);
    expect_halt(source, KAFKA_HALT_CORRUPT, world.topic, 3);
    source_close(source);
    world.options.skip_poison = true;
    source = world_source(&world);
    await(source, POLL_ASSIGNED);
    expect_skip(source, 3, 7, 10);
    source_close(source);
}

static void test_codec(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "codec", "1", NULL);
    produce_batches(&world, (const int[]){2, 700, 1, 3}, 4);
    damage(&world, 2, 700, DAMAGE_CODEC);
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    struct reading reading;
    reading_reset(&reading, false);
    read_messages(source, &reading, 2);
    expect_halt(source, KAFKA_HALT_FORMAT, world.topic, 2);
    source_close(source);
    world.options.skip_poison = true;
    source = world_source(&world);
    await(source, POLL_ASSIGNED);
    for (int round = 0; round < 10; round++) { /* also while the end of the batch is looked for */
        reading_reset(&reading, true);
        read_messages(source, &reading, 2);
        struct message message;
        enum poll_result result = POLL_IDLE;
        int bad;
        for (int i = 0; i < round && result == POLL_IDLE; i++)
            result = source_poll(source, 1, &message, &bad);
        if (result != POLL_IDLE) { /* it has been found already */
            assert_int_equal(result, POLL_MESSAGE);
            assert_int_equal(message.offset, 702);
        }
        assert_int_equal(source_rewind(source), RC_OK);
        if (result != POLL_IDLE || report_now(source).poison > 0)
            break;
    }
    expect_skip(source, 2, 702, 706);
    source_close(source);
}

/* Two bad ones, of two kinds, side by side, at the beginning; and nothing behind them at first. */
static void test_neighbours_at_the_end(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "neighbours", "1", NULL);
    produce_batches(&world, (const int[]){30, 20}, 2);
    damage(&world, 0, 30, DAMAGE_CODEC);
    damage(&world, 30, 20, DAMAGE_CHECKSUM);
    world.options.skip_poison = true;
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    struct kafka_partition_report report = report_at(source, 50);
    assert_int_equal(report.position, 50);
    assert_int_equal(report.poison, 2);
    assert_int_equal(report.poison_length, 50);
    quickly(world.topic, 0, 50, 1);
    struct reading reading;
    reading_reset(&reading, true);
    read_messages(source, &reading, 1);
    assert_int_equal(reading.first[0], 0);
    assert_int_equal(reading.last_value, 50);
    source_close(source);
}

static long memory_peak(void)
{
    char line[128];
    long kilobytes = 0;
    FILE *status = fopen("/proc/self/status", "r");
    assert_non_null(status);
    while (fgets(line, sizeof line, status)) {
        if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1)
            break;
    }
    fclose(status);
    return kilobytes;
}

static void reset_memory_peak(void)
{
    int file = open("/proc/self/clear_refs", O_WRONLY);
    if (file >= 0) {
        assert_int_equal(write(file, "5", 1), 1);
        close(file);
    }
}

/* 200 MB of zeros in some kilobytes, between good messages; other partitions go on meanwhile. */
static void test_bomb(void **state)
{
    (void)state;
    enum { RECORDS = 100, SIZE = 2000000 };
    static const char records[] = "100";
    struct world world;
    world_open(&world, "bomb", "2", NULL);
    world_set(&world, "receive.message.max.bytes", "16777216");
    quickly(world.topic, 0, 0, 5);
    pid_t child = fork(); /* its memory is not ours */
    assert_true(child >= 0);
    if (child == 0) {
        rd_kafka_t *producer =
            world_producer("linger.ms", "60000", "batch.num.messages", records, "compression.type",
                           "zstd", "message.max.bytes", "1000000000", "batch.size", "1000000000",
                           "queue.buffering.max.kbytes", "1000000", NULL);
        char *zeros = calloc(1, SIZE);
        for (int i = 0; zeros && i < RECORDS; i++)
            rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(world.topic), RD_KAFKA_V_PARTITION(0),
                              RD_KAFKA_V_VALUE(zeros, SIZE), RD_KAFKA_V_END);
        while (rd_kafka_outq_len(producer) > 0)
            rd_kafka_poll(producer, 10);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    quickly(world.topic, 0, 5 + RECORDS, 5);
    quickly(world.topic, 1, 0, 1000);
    reset_memory_peak();
    long before = memory_peak();
    world.options.skip_poison = true;
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    struct reading reading;
    reading_reset(&reading, true);
    read_messages(source, &reading, 5 + 5 + 1000);
    assert_int_equal(reading.next[0], 10 + RECORDS);
    assert_int_equal(reading.next[1], 1000);
    struct kafka_partition_report report = report_at(source, 10 + RECORDS);
    assert_int_equal(report.poison, 1);
    assert_int_equal(report.poison_length, RECORDS);
    if (strcmp(getenv("LETHE_SANITIZE") ? getenv("LETHE_SANITIZE") : "", "") == 0)
        assert_in_range(memory_peak() - before, 0, 100 * 1024);
    source_close(source);
}

static void test_deleted(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "deleted", "1", NULL);
    quickly(world.topic, 0, 0, 10);
    admin("delete-records", world.topic, "0", "7", NULL);
    admin("commit", world.group, world.topic, "0", "2", NULL);
    struct source *source = world_source(&world);
    await(source, POLL_ASSIGNED);
    expect_halt(source, KAFKA_HALT_BEFORE_START, world.topic, 2);
    source_close(source);
    world.options.skip_poison = true;
    source = world_source(&world);
    await(source, POLL_ASSIGNED);
    struct reading reading;
    reading_reset(&reading, true);
    read_messages(source, &reading, 3);
    assert_int_equal(reading.first[0], 2);
    assert_int_equal(reading.next[0], 10);
    struct kafka_partition_report report = report_at(source, 10);
    assert_int_equal(report.poison, 1);
    assert_int_equal(report.poison_length, 5);
    source_close(source);
}

static void test_beyond_the_end(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "beyond", "1", NULL);
    quickly(world.topic, 0, 0, 10);
    admin("commit", world.group, world.topic, "0", "11", NULL);
    for (int skip = 0; skip < 2; skip++) {
        world.options.skip_poison = skip;
        struct source *source = world_source(&world);
        await(source, POLL_ASSIGNED);
        expect_halt(source, KAFKA_HALT_BEYOND_END, world.topic, 11);
        source_close(source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_codec),
        cmocka_unit_test(test_neighbours_at_the_end),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_deleted),
        cmocka_unit_test(test_beyond_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
