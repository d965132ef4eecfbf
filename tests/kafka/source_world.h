/*
 * What tests of a source on Kafka share: topics of their own on the suite's broker, producers, and
 * a reader that checks how what is handed out tiles the partitions. A test tool: it may print what
 * librdkafka says.
 */
#ifndef LETHE_TESTS_KAFKA_SOURCE_WORLD_H
#define LETHE_TESTS_KAFKA_SOURCE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "ingest/kafka_source.h"
#include "kafka/membership.h"
#include "kafka/settings.h"

enum { WORLD_PARTITIONS = 8, WORLD_PATIENCE = 120000 /* ms */, POLL_TIME = 50 };

struct world {
    char topic[64], group[64];
    struct kafka_property properties[8];
    size_t property_count;
    struct kafka_settings settings;
    struct kafka_source_options options;
    const char *topics[1];
};

static inline const char *broker(void)
{
    const char *address = getenv("LETHE_BROKER");
    assert_non_null(address);
    return address;
}

/* Runs the admin tool; NULL ends the words. Returns its output. */
static inline const char *admin(const char *word, ...)
{
    static char output[4096];
    char command[1024];
    int length =
        snprintf(command, sizeof command, "%s %s %s", getenv("LETHE_BROKER_ADMIN"), broker(), word);
    va_list words;
    va_start(words, word);
    const char *next;
    while ((next = va_arg(words, const char *)))
        length += snprintf(command + length, sizeof command - (size_t)length, " %s", next);
    va_end(words);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(output, 1, sizeof output - 1, pipe);
    output[size] = '\0';
    assert_int_equal(pclose(pipe), 0);
    return output;
}

static inline void world_set(struct world *world, const char *name, const char *value)
{
    world->properties[world->property_count++] = (struct kafka_property){name, value};
    world->settings.property_count = world->property_count;
}

/* A topic and a group of this test alone. `setting` of the topic may be NULL. */
static inline void world_open(struct world *world, const char *name, const char *partitions,
                              const char *setting)
{
    *world = (struct world){0};
    snprintf(world->topic, sizeof world->topic, "source.%s.%d", name, (int)getpid());
    snprintf(world->group, sizeof world->group, "source-%s-%d", name, (int)getpid());
    world->settings.properties = world->properties;
    world_set(world, "bootstrap.servers", broker());
    world_set(world, "session.timeout.ms", "30000"); /* longer than any stall */
    world->topics[0] = world->topic;
    world->options = (struct kafka_source_options){
        .settings = &world->settings,
        .group = world->group,
        .topics = world->topics,
        .topic_count = 1,
        .instance = "source-test",
    };
    admin("create-topic", world->topic, partitions, setting, NULL);
}

static inline struct source *world_source(struct world *world)
{
    struct source *source;
    struct buffer reason;
    buffer_init(&reason, 512);
    enum rc rc = kafka_source_new(&world->options, &source, &reason);
    if (rc != RC_OK)
        print_error("%.*s\n", SLICE_FORMAT(buffer_slice(&reason)));
    buffer_release(&reason);
    assert_int_equal(rc, RC_OK);
    return source;
}

/* name, value, ..., NULL */
static inline rd_kafka_t *world_producer(const char *name, ...)
{
    char text[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker(), NULL, 0);
    rd_kafka_conf_set(conf, "retry.backoff.ms", "10", NULL, 0);
    va_list words;
    va_start(words, name);
    for (; name; name = va_arg(words, const char *)) {
        const char *value = va_arg(words, const char *);
        if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK)
            fail_msg("%s", text);
    }
    va_end(words);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(producer);
    return producer;
}

static inline void produce(rd_kafka_t *producer, const char *topic, int32_t partition,
                           const char *key, const char *value)
{
    rd_kafka_resp_err_t error;
    do {
        error =
            rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                              RD_KAFKA_V_KEY(key, key ? strlen(key) : 0),
                              RD_KAFKA_V_VALUE((void *)(uintptr_t)value, strlen(value)),
                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
        if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            rd_kafka_poll(producer, 10);
    } while (error == RD_KAFKA_RESP_ERR__QUEUE_FULL);
    assert_int_equal(error, 0);
}

/* `count` messages of the values from..from+count, of one partition; flushed. */
static inline void produce_run(rd_kafka_t *producer, const char *topic, int32_t partition, int from,
                               int count)
{
    for (int i = from; i < from + count; i++) {
        char value[32];
        snprintf(value, sizeof value, "%d", i);
        produce(producer, topic, partition, NULL, value);
    }
    assert_int_equal(rd_kafka_flush(producer, WORLD_PATIENCE), 0);
}

static inline void quickly(const char *topic, int32_t partition, int from, int count)
{
    rd_kafka_t *producer = world_producer("linger.ms", "20", NULL);
    produce_run(producer, topic, partition, from, count);
    rd_kafka_destroy(producer);
}

static inline void must(rd_kafka_error_t *error)
{
    if (error)
        fail_msg("%s", rd_kafka_error_string(error));
}

/* What a lane would know of what it was given. */
struct reading {
    int64_t next[WORLD_PARTITIONS]; /* -1: nothing came yet */
    int64_t first[WORLD_PARTITIONS];
    unsigned messages;
    int64_t last_offset;
    int last_value;
    int32_t last_partition;
    bool gaps; /* there may be some */
};

static inline void reading_reset(struct reading *reading, bool gaps)
{
    *reading = (struct reading){.gaps = gaps};
    for (size_t i = 0; i < WORLD_PARTITIONS; i++)
        reading->next[i] = reading->first[i] = -1;
}

static inline void reading_take(struct reading *reading, const struct message *message)
{
    int32_t p = message->partition;
    assert_in_range(p, 0, WORLD_PARTITIONS - 1);
    assert_true(message->first <= message->offset);
    if (!reading->gaps)
        assert_int_equal(message->first, message->offset);
    if (reading->next[p] >= 0)
        assert_int_equal(message->first, reading->next[p]);
    else
        reading->first[p] = message->first;
    reading->next[p] = message->offset + 1;
    reading->messages++;
    reading->last_offset = message->offset;
    reading->last_partition = p;
    char text[32] = "";
    memcpy(text, message->value.data, message->value.length < 31 ? message->value.length : 31);
    reading->last_value = atoi(text);
}

/* Polls until something else than idle comes, or `patience` ms have passed (then POLL_IDLE). */
static inline enum poll_result wait_for(struct source *source, int64_t patience,
                                        struct message *message)
{
    int64_t end = clock_monotonic_ns() + patience * 1000000;
    int bad;
    do {
        enum poll_result result = source_poll(source, POLL_TIME, message, &bad);
        if (result != POLL_IDLE)
            return result;
    } while (clock_monotonic_ns() < end);
    return POLL_IDLE;
}

static inline void await(struct source *source, enum poll_result wanted)
{
    struct message message;
    assert_int_equal(wait_for(source, WORLD_PATIENCE, &message), wanted);
}

static inline void read_messages(struct source *source, struct reading *reading, unsigned count)
{
    struct message message;
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(wait_for(source, WORLD_PATIENCE, &message), POLL_MESSAGE);
        reading_take(reading, &message);
    }
}

static inline void expect_nothing(struct source *source, int64_t patience)
{
    struct message message;
    assert_int_equal(wait_for(source, patience, &message), POLL_IDLE);
}

/* The committed offset, as the admin tool prints it, also of a moment ago; -1: none. */
static inline int64_t committed(const struct world *world, int32_t partition)
{
    const char *line = admin("committed-stable", world->group, world->topic, NULL);
    int number;
    long long offset;
    int length;
    while (sscanf(line, "%d %lld%n", &number, &offset, &length) == 2) {
        if (number == partition)
            return offset;
        line += length;
    }
    fail_msg("no such partition");
    return -2;
}

#endif
