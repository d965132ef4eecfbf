#include "worker/demo_stage.h"

#include <stdio.h>
#include <sys/random.h>

#include "anonymize/seal.h"
#include "core/file.h"
#include "core/json_scan.h"
#include "kafka/administration.h"
#include "kafka/embedded.h"
#include "kafka/topic.h"
#include "worker/demo_program.h"

enum {
    WAIT_MS = 20000,
    REACH_MS = 5000,
    CLOSE_MS = 5000,
    FILE_LIMIT = 1 << 20,
    EVENT_PARTITIONS = 2
};

/* The shipped schema is for this topic. */
#define EVENTS_TOPIC "events.click"

static const char *const topic_names[DEMO_TOPICS] = {
    [DEMO_TOPIC_ANALYTICS] = "clean.analytics", [DEMO_TOPIC_RESEARCH] = "clean.research",
    [DEMO_TOPIC_AUDIT] = "lethe.audit",         [DEMO_TOPIC_EVENTS] = EVENTS_TOPIC,
    [DEMO_TOPIC_CONSENT] = "consent",           [DEMO_TOPIC_QUARANTINE] = "lethe.quarantine",
};

static int32_t partitions_of(size_t topic)
{
    return topic == DEMO_TOPIC_EVENTS ? EVENT_PARTITIONS : 1;
}

static void name_things(struct demo_stage *stage)
{
    for (size_t i = 0; i < DEMO_TOPICS; i++) {
        snprintf(stage->topics[i], sizeof stage->topics[i], "%s%s", topic_names[i], stage->suffix);
        stage->topic_names[i] = stage->topics[i];
    }
    snprintf(stage->group, sizeof stage->group, "lethe-demo%s", stage->suffix);
    snprintf(stage->configuration, sizeof stage->configuration, "%s/lethe.yaml", stage->directory);
    snprintf(stage->log, sizeof stage->log, "%s/worker.log", stage->directory);
}

static enum rc start_embedded(struct demo_stage *stage, struct buffer *reason)
{
    struct embedded_topic topics[DEMO_TOPICS];
    for (size_t i = 0; i < DEMO_TOPICS; i++)
        topics[i] = (struct embedded_topic){stage->topics[i], partitions_of(i)};
    enum rc rc = embedded_broker_start(topics, DEMO_TOPICS, &stage->broker);
    if (rc == RC_OK)
        snprintf(stage->address, sizeof stage->address, "%s",
                 embedded_broker_address(stage->broker));
    else
        buffer_append_string(reason, "the embedded broker does not start");
    return rc;
}

/* Should the demonstration be killed, what is in them goes by itself. */
static enum rc make_topics(struct demo_stage *stage, struct buffer *reason)
{
    static const struct kafka_property compacted[] = {{"cleanup.policy", "compact"}};
    static const struct kafka_property brief[] = {{"retention.ms", "3600000"}};
    struct administered_topic topics[DEMO_TOPICS];
    struct kafka_client_options options = {.role = KAFKA_OBSERVER, .settings = &stage->settings};
    struct kafka_client *client;
    int brokers;
    for (size_t i = 0; i < DEMO_TOPICS; i++)
        topics[i] = (struct administered_topic){stage->topics[i], partitions_of(i),
                                                i == DEMO_TOPIC_CONSENT ? compacted : brief, 1};
    enum rc rc = kafka_client_new(&options, &client, reason);
    if (rc != RC_OK)
        return rc;
    rc = kafka_broker_count(client, REACH_MS, &brokers);
    stage->made = rc == RC_OK;
    if (rc == RC_OK)
        rc = kafka_topics_create(client, topics, DEMO_TOPICS, WAIT_MS);
    if (rc != RC_OK)
        buffer_append_format(
            reason, stage->made ? "topics cannot be made on %s" : "no broker answers at %s",
            stage->address);
    kafka_client_free(client, CLOSE_MS);
    return rc;
}

/* The shipped schema, with the topic's name in it. */
static enum rc write_schema(const struct demo_stage *stage, struct buffer *reason)
{
    char path[DEMO_PATH_LIMIT];
    struct arena arena;
    struct buffer out;
    struct slice text;
    arena_init(&arena, 2 * FILE_LIMIT);
    buffer_init(&out, FILE_LIMIT);
    snprintf(path, sizeof path, "%s/schemas/shipped/click.yaml", stage->data);
    enum rc rc = file_read(path, FILE_LIMIT, &arena, &text);
    const char *found =
        rc == RC_OK ? memmem(text.data, text.length, EVENTS_TOPIC, sizeof EVENTS_TOPIC - 1) : NULL;
    if (found) {
        size_t before = (size_t)(found - text.data);
        buffer_append(&out, slice_head(text, before));
        buffer_append_string(&out, stage->topics[DEMO_TOPIC_EVENTS]);
        buffer_append(&out, slice_tail(text, before + sizeof EVENTS_TOPIC - 1));
        rc = buffer_status(&out);
    } else if (rc == RC_OK) {
        rc = RC_CONFIGURATION;
    }
    if (rc == RC_OK) {
        snprintf(path, sizeof path, "%s/schema.yaml", stage->directory);
        rc = file_write_atomically(path, buffer_slice(&out), 0600, false);
    }
    if (rc != RC_OK)
        buffer_append_string(reason, path);
    buffer_release(&out);
    arena_release(&arena);
    return rc;
}

/* A small ceiling, so that a row is short enough to be looked at. */
static void write_recipients(const struct demo_stage *stage, struct buffer *out)
{
    static const char *const settings[DEMO_RECIPIENTS] = {
        "purpose: operation\n    ceiling: [account.user_id, device.android_id, device.model, "
        "device.os_version, network.ip, place.country, usage.event, web.url, time, text.free]\n",
        "purpose: research\n    ceiling: [device.model, usage.event, time]\n"};
    buffer_append_string(out, "home: CN\nrecipients:\n");
    for (size_t i = 0; i < DEMO_RECIPIENTS; i++) {
        buffer_append_format(out, "  %s:\n    %s", demo_recipient_names[i], settings[i]);
        buffer_append_format(out, "    region: CN\n    rows: {topic: %s, framing: record}\n",
                             stage->topics[i]);
        buffer_append_string(out, "    linkage: {minimum: 1, wait: 1s}   # there are few people\n");
    }
}

static enum rc write_configuration(const struct demo_stage *stage, struct buffer *reason)
{
    char path[DEMO_PATH_LIMIT];
    struct buffer out;
    buffer_init(&out, FILE_LIMIT);
    buffer_append_format(&out,
                         "worker: {instance: demo, prefix: %s, listen: '127.0.0.1:0', "
                         "shutdown: 10s, restarts: 3}\n",
                         stage->group);
    buffer_append_format(&out, "kafka: {allow_plaintext: true, fetch.wait.max.ms: 50, "
                               "bootstrap.servers: ");
    json_write_string(&out, slice_from_string(stage->address));
    buffer_append_string(&out, "}\n");
    buffer_append_format(&out,
                         "source: {topics: [%s], group: %s, framing: record, start: earliest}\n",
                         stage->topics[DEMO_TOPIC_EVENTS], stage->group);
    buffer_append_format(&out, "consent: {topic: %s, barrier: 5s}\n",
                         stage->topics[DEMO_TOPIC_CONSENT]);
    buffer_append_string(&out, "schemas: [schema.yaml]\npolicy: ");
    snprintf(path, sizeof path, "%s/schemas/shipped/default-policy.yaml", stage->data);
    json_write_string(&out, slice_from_string(path)); /* which YAML reads too */
    buffer_append_byte(&out, '\n');
    buffer_append_string(&out, "keys: {directory: keys, epoch: 7d, keep: 30d}\n");
    write_recipients(stage, &out);
    buffer_append_format(&out,
                         "quarantine: {public_key: quarantine.pub, topic: %s, retention: 7d}\n",
                         stage->topics[DEMO_TOPIC_QUARANTINE]);
    buffer_append_format(&out, "audit: {topic: %s}\n", stage->topics[DEMO_TOPIC_AUDIT]);
    buffer_append_string(&out, "limits: {batch: {delay: 1s}}\n");
    enum rc rc = buffer_status(&out);
    if (rc == RC_OK)
        rc = file_write_atomically(stage->configuration, buffer_slice(&out), 0600, false);
    if (rc != RC_OK)
        buffer_append_string(reason, stage->configuration);
    buffer_release(&out);
    return rc;
}

static enum rc make_keys(const struct demo_stage *stage, struct buffer *reason)
{
    const char *const words[] = {"keys", "init", "-c", stage->configuration, NULL};
    char sealing[DEMO_PATH_LIMIT], opening[DEMO_PATH_LIMIT];
    struct demo_program program;
    struct buffer said;
    buffer_init(&said, FILE_LIMIT);
    snprintf(sealing, sizeof sealing, "%s/quarantine.pub", stage->directory);
    snprintf(opening, sizeof opening, "%s/quarantine.key", stage->directory);
    enum rc rc = seal_key_make(sealing, opening, &said);
    buffer_release(&said);
    if (rc == RC_OK)
        rc = demo_program_start(&program, words, stage->log);
    if (rc == RC_OK && !demo_program_ended(&program, WAIT_MS))
        demo_program_stop(&program, 0);
    if (rc == RC_OK && program.status != 0)
        rc = RC_INTERNAL;
    if (rc != RC_OK)
        buffer_append_string(reason, "keys cannot be made");
    return rc;
}

static enum rc choose_suffix(struct demo_stage *stage)
{
    uint32_t number;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        return RC_IO;
    snprintf(stage->suffix, sizeof stage->suffix, "-%08x", number);
    return RC_OK;
}

static enum rc find_broker(struct demo_stage *stage, const char *brokers, struct buffer *reason)
{
    enum rc rc = brokers ? choose_suffix(stage) : RC_OK;
    name_things(stage);
    if (rc == RC_OK && !brokers)
        rc = start_embedded(stage, reason);
    else if (rc == RC_OK && strlen(brokers) < sizeof stage->address)
        snprintf(stage->address, sizeof stage->address, "%s", brokers);
    else
        rc = rc == RC_OK ? RC_LIMIT : rc;
    stage->property = (struct kafka_property){"bootstrap.servers", stage->address};
    stage->settings = (struct kafka_settings){.properties = &stage->property, .property_count = 1};
    return rc;
}

enum rc demo_stage_set(struct demo_stage *stage, const char *data, const char *directory,
                       const char *brokers, struct buffer *reason)
{
    *stage = (struct demo_stage){.data = data, .directory = directory};
    enum rc rc = find_broker(stage, brokers, reason);
    if (rc == RC_OK)
        rc = write_configuration(stage, reason);
    if (rc == RC_OK)
        rc = write_schema(stage, reason);
    if (rc == RC_OK)
        rc = make_keys(stage, reason);
    if (rc == RC_OK && brokers)
        rc = make_topics(stage, reason);
    return rc;
}

bool demo_stage_release(struct demo_stage *stage)
{
    bool gone = true;
    embedded_broker_stop(stage->broker);
    stage->broker = NULL;
    if (stage->made) {
        struct kafka_client_options options = {.role = KAFKA_OBSERVER,
                                               .settings = &stage->settings};
        struct kafka_client *client = NULL;
        struct buffer reason;
        buffer_init(&reason, FILE_LIMIT);
        gone = kafka_client_new(&options, &client, &reason) == RC_OK &&
               kafka_group_delete(client, stage->group, WAIT_MS) == RC_OK &&
               kafka_topics_delete(client, stage->topic_names, DEMO_TOPICS, WAIT_MS) == RC_OK;
        kafka_client_free(client, CLOSE_MS);
        buffer_release(&reason);
        stage->made = false;
    }
    return gone;
}
