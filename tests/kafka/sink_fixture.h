/*
 * A Kafka sink on the suite's broker, topics of its own, and a consumer that is in the group. For
 * broker_sink.c and broker_sink_files.c.
 */
#ifndef LETHE_TESTS_KAFKA_SINK_FIXTURE_H
#define LETHE_TESTS_KAFKA_SINK_FIXTURE_H

#include <dirent.h>
#include <librdkafka/rdkafka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "core/time_text.h"
#include "kafka/membership.h"
#include "sink/audit_topic.h"
#include "sink/kafka_sink.h"
#include "sink/layout.h"
#include "tests/sink/batch_row.h"

enum { NAME_SIZE = 96, TEXT_SIZE = 4 << 20, PATIENCE_MS = 120000 /* then it is given up */ };

struct sink_fixture {
    char prefix[32], group[NAME_SIZE], id[NAME_SIZE];
    char events[NAME_SIZE], clean[NAME_SIZE], lines[NAME_SIZE], audit[NAME_SIZE],
        quarantine[NAME_SIZE];
    char base[48], directory[64]; /* of the second recipient */
    const char *topics[1];
    struct kafka_property properties[2];
    struct kafka_settings settings;
    struct sink_recipient recipients[2];
    struct sink_schema schemas[2];
    struct sink_description description;
    struct kafka_sink_options options;
    struct sink *sink;
    struct batch batch;
    struct kafka_client *consumer;
    struct group_membership *membership;
    int64_t next; /* offset of the next event */
    int64_t now;
};

static inline void admin(const char *words)
{
    char command[1024];
    snprintf(command, sizeof command, "%s %s %s", getenv("LETHE_BROKER_ADMIN"),
             getenv("LETHE_BROKER"), words);
    assert_int_equal(system(command), 0);
}

static inline void make_topic(const char *name, int partitions)
{
    char words[256];
    snprintf(words, sizeof words, "create-topic %s %d", name, partitions);
    admin(words);
}

/* What a shell command prints; valid until the next call. */
static inline char *output_of(const char *format, ...)
{
    static char text[TEXT_SIZE];
    char command[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t length = fread(text, 1, sizeof text - 1, pipe);
    text[length] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return text;
}

/* A commit returns before its markers are written: waits until nothing is open. */
static inline void wait_until_stable(const char *topic)
{
    for (int64_t until = clock_monotonic_ms() + PATIENCE_MS; clock_monotonic_ms() < until;) {
        bool stable = true;
        char *text = output_of("%s %s offsets %s", getenv("LETHE_BROKER_ADMIN"),
                               getenv("LETHE_BROKER"), topic);
        for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
            long long partition, start, end_of_stable, end;
            assert_int_equal(
                sscanf(line, "%lld %lld %lld %lld", &partition, &start, &end_of_stable, &end), 4);
            stable &= end_of_stable == end;
        }
        if (stable)
            return;
        usleep(20000);
    }
    fail_msg("%s: a transaction is still open", topic);
}

/* The messages as kcat prints them in that format, and as they are now. */
static inline char *consume_at_once(const char *topic, const char *format, const char *isolation)
{
    return output_of("kcat -q -b %s -C -t %s -e -o beginning -X isolation.level=%s -f '%s'",
                     getenv("LETHE_BROKER"), topic, isolation, format);
}

/* The same, of what is committed, also a moment ago. */
static inline char *consume(const char *topic, const char *format)
{
    wait_until_stable(topic);
    return consume_at_once(topic, format, "read_committed");
}

static inline unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
        count++;
    return count;
}

static inline long long offset_by(const struct sink_fixture *fixture, const char *command)
{
    long long partition = -1, offset = -1;
    char *text = output_of("%s %s %s %s %s", getenv("LETHE_BROKER_ADMIN"), getenv("LETHE_BROKER"),
                           command, fixture->group, fixture->events);
    assert_int_equal(sscanf(text, "%lld %lld", &partition, &offset), 2);
    return offset;
}

/* Also what was committed a moment ago; -1: nothing. Waits for the end of an open transaction. */
static inline long long committed_offset(const struct sink_fixture *fixture)
{
    return offset_by(fixture, "committed-stable");
}

/* While a transaction is open. */
static inline long long offset_beside_open(const struct sink_fixture *fixture)
{
    return offset_by(fixture, "committed");
}

static inline void join_group(struct sink_fixture *fixture)
{
    struct buffer reason;
    struct kafka_client_options options = {
        .role = KAFKA_CONSUMER, .settings = &fixture->settings, .group = fixture->group};
    buffer_init(&reason, 1024);
    assert_int_equal(kafka_client_new(&options, &fixture->consumer, &reason), RC_OK);
    buffer_release(&reason);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, fixture->events, RD_KAFKA_PARTITION_UA);
    assert_int_equal(rd_kafka_subscribe(fixture->consumer->handle, list), 0);
    rd_kafka_topic_partition_list_destroy(list);
    for (int64_t end = clock_monotonic_ms() + PATIENCE_MS;
         !fixture->membership && clock_monotonic_ms() < end;) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(fixture->consumer->handle, 100);
        if (message)
            rd_kafka_message_destroy(message);
        if (rd_kafka_assignment(fixture->consumer->handle, &list) == 0) {
            if (list->cnt > 0)
                assert_int_equal(
                    group_membership_take(fixture->consumer->handle, &fixture->membership), RC_OK);
            rd_kafka_topic_partition_list_destroy(list);
        }
    }
    assert_non_null(fixture->membership);
}

static inline void leave_group(struct sink_fixture *fixture)
{
    group_membership_free(fixture->membership);
    fixture->membership = NULL;
    kafka_client_free(fixture->consumer, 5000);
    fixture->consumer = NULL;
}

static inline void describe_recipients(struct sink_fixture *fixture)
{
    fixture->recipients[0] = (struct sink_recipient){.name = SLICE("analytics"),
                                                     .minimum = 3,
                                                     .time_step = TIME_HOUR,
                                                     .part_bytes = 1 << 20,
                                                     .part_delay = TIME_MINUTE,
                                                     .selected = true,
                                                     .topic = fixture->clean};
    fixture->recipients[1] = (struct sink_recipient){.name = SLICE("research"),
                                                     .time_step = TIME_HOUR,
                                                     .part_bytes = 1 << 20,
                                                     .part_delay = TIME_MINUTE,
                                                     .selected = true,
                                                     .topic = fixture->lines,
                                                     .framing = SINK_FRAMING_LINES};
    fixture->schemas[0] = (struct sink_schema){.name = SLICE("click"), .version = 3};
    fixture->schemas[1] = (struct sink_schema){.name = SLICE("crash"), .version = 4};
    fixture->description = (struct sink_description){.recipients = fixture->recipients,
                                                     .recipient_count = 2,
                                                     .schemas = fixture->schemas,
                                                     .schema_count = 2,
                                                     .policy = SLICE("default"),
                                                     .policy_version = 7,
                                                     .label = LABEL_PSEUDONYMISED};
}

static inline void describe_options(struct sink_fixture *fixture)
{
    fixture->topics[0] = fixture->events;
    fixture->properties[0] = (struct kafka_property){"bootstrap.servers", getenv("LETHE_BROKER")};
    fixture->settings = (struct kafka_settings){fixture->properties, 1, NULL, 0};
    fixture->options = (struct kafka_sink_options){.settings = &fixture->settings,
                                                   .transactional_id = fixture->id,
                                                   .group = fixture->group,
                                                   .audit_topic = fixture->audit,
                                                   .quarantine_topic = fixture->quarantine,
                                                   .description = &fixture->description,
                                                   .topics = fixture->topics,
                                                   .topic_count = 1,
                                                   .message_limit = 1000000,
                                                   .version = "test"};
}

/* The names that a prefix gives, and what is written for whom. */
static inline void sink_fixture_name(struct sink_fixture *fixture, const char *prefix)
{
    snprintf(fixture->prefix, sizeof fixture->prefix, "%s", prefix);
    snprintf(fixture->group, NAME_SIZE, "%s.group", prefix);
    snprintf(fixture->id, NAME_SIZE, "%s.lane.0", prefix);
    snprintf(fixture->events, NAME_SIZE, "%s.events", prefix);
    snprintf(fixture->clean, NAME_SIZE, "%s.clean", prefix);
    snprintf(fixture->lines, NAME_SIZE, "%s.lines", prefix);
    snprintf(fixture->audit, NAME_SIZE, "%s.audit", prefix);
    snprintf(fixture->quarantine, NAME_SIZE, "%s.quarantine", prefix);
    describe_recipients(fixture);
    describe_options(fixture);
}

static inline void sink_fixture_init(struct sink_fixture *fixture)
{
    char prefix[32];
    *fixture = (struct sink_fixture){.now = clock_now(NULL)};
    snprintf(prefix, sizeof prefix, "s-%llx",
             (unsigned long long)clock_monotonic_ns() ^ (unsigned long long)getpid() << 44);
    sink_fixture_name(fixture, prefix);
    make_topic(fixture->events, 1);
    make_topic(fixture->clean, 3);
    make_topic(fixture->lines, 2);
    make_topic(fixture->audit, 2);
    make_topic(fixture->quarantine, 1);
    snprintf(fixture->base, sizeof fixture->base, "/tmp/lethe-broker-sink-XXXXXX");
    assert_non_null(mkdtemp(fixture->base));
    snprintf(fixture->directory, sizeof fixture->directory, "%s/research", fixture->base);
    assert_int_equal(mkdir(fixture->directory, 0755), 0);
    struct batch_limits limits = {.records = 100000, .bytes = 16 << 20};
    assert_int_equal(batch_init(&fixture->batch, limits, 2, 2), RC_OK);
    join_group(fixture);
}

static inline enum rc try_open_sink(struct sink_fixture *fixture, struct sink **out)
{
    struct buffer reason;
    buffer_init(&reason, 4096);
    enum rc rc = kafka_sink_new(&fixture->options, out, &reason);
    if (rc != RC_OK)
        print_message("%.*s\n", SLICE_FORMAT(buffer_slice(&reason)));
    buffer_release(&reason);
    return rc;
}

static inline void open_sink(struct sink_fixture *fixture)
{
    assert_int_equal(try_open_sink(fixture, &fixture->sink), RC_OK);
}

static inline void close_sink(struct sink_fixture *fixture)
{
    sink_close(fixture->sink);
    fixture->sink = NULL;
}

static inline void sink_fixture_release(struct sink_fixture *fixture)
{
    char command[128];
    close_sink(fixture);
    if (fixture->consumer)
        leave_group(fixture);
    batch_release(&fixture->batch);
    snprintf(command, sizeof command, "rm -rf %s", fixture->base);
    assert_int_equal(system(command), 0);
}

/* `count` events, each a row for both recipients: clicks, every third a crash. */
static inline void fill(struct sink_fixture *fixture, int count)
{
    for (int i = 0; i < count; i++) {
        char json[64];
        int64_t number = fixture->next;
        snprintf(json, sizeof json, "{\"n\":%lld}", (long long)number);
        add_row(&fixture->batch, 0, number % 3 == 2, 42 + (uint32_t)(number % 2), json);
        add_row(&fixture->batch, 1, number % 3 == 2, EPOCH_NONE, json);
        assert_int_equal(batch_cover(&fixture->batch, 0, 0, number, number, fixture->now), RC_OK);
        fixture->next++;
    }
}

static inline enum rc commit_batch(struct sink_fixture *fixture, struct commit_outcome *outcome)
{
    static const int64_t consent[2] = {17, 4};
    struct commit_context context = {
        .consent = {21, consent, 2}, .now = fixture->now, .membership = fixture->membership};
    enum rc rc = sink_commit(fixture->sink, &fixture->batch, &context, outcome);
    batch_reset(&fixture->batch);
    return rc;
}

static inline enum rc finish_sink(struct sink_fixture *fixture)
{
    struct commit_context context = {.now = fixture->now, .membership = fixture->membership};
    return sink_finish(fixture->sink, &context, NULL);
}

/* Every number below `count` is in the topic, once. */
static inline void assert_numbers(const char *topic, int64_t count)
{
    char *text = consume(topic, "%s\\n");
    assert_int_equal(count_of(text, "\"n\":"), count);
    for (int64_t i = 0; i < count; i++) {
        char json[64];
        snprintf(json, sizeof json, "{\"n\":%lld}\n", (long long)i);
        assert_int_equal(count_of(text, json), 1);
    }
}

#endif
