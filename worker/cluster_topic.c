#include "worker/cluster_topic.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/time_text.h"

enum {
    ROW_MARGIN = 1024,            /* headers and framing of a message around its row */
    QUARANTINE_MARGIN = 2048,     /* what stands around a sealed record in its line */
    CLIENT_MESSAGE = 1000000,     /* message.max.bytes of librdkafka where nobody sets it */
    CLIENT_RECEIVE = 100000000,   /* receive.message.max.bytes likewise */
    USUAL_BATCH = (1 << 20) + 12, /* max.message.bytes of Kafka where nobody sets it */
    TEXT_SIZE = 512,
};

static void print(const char *kind, const char *what, const char *why, va_list arguments)
{
    printf("%s: %s: ", kind, what);
    vprintf(why, arguments);
    printf("\n");
}

void cluster_error(struct cluster_findings *findings, const char *what, const char *why, ...)
{
    va_list arguments;
    va_start(arguments, why);
    print("error", what, why, arguments);
    va_end(arguments);
    findings->errors++;
}

void cluster_warning(struct cluster_findings *findings, const char *what, const char *why, ...)
{
    va_list arguments;
    va_start(arguments, why);
    print("warning", what, why, arguments);
    va_end(arguments);
    findings->warnings++;
}

void topic_use_append(struct buffer *out, const struct topic_question *question)
{
    static const char *const names[] = {
        [TOPIC_SOURCE] = "a source",      [TOPIC_CONSENT] = "consent",
        [TOPIC_AUDIT] = "the audit",      [TOPIC_QUARANTINE] = "the quarantine",
        [TOPIC_RECIPIENT] = "recipient ",
    };
    buffer_append_string(out, names[question->use]);
    if (question->recipient)
        buffer_append(out, question->recipient->name);
}

int64_t cluster_property(const struct configuration *configuration, const char *name,
                         int64_t otherwise)
{
    const char *value = kafka_settings_value(&configuration->stream.kafka, name);
    int64_t number;
    return value && slice_to_i64(slice_from_string(value), &number) ? number : otherwise;
}

/* A topic being judged. */
struct judged {
    const struct configuration *configuration;
    const struct topic_question *question;
    const struct kafka_topic *topic;
    struct cluster_findings *findings;
    char what[TEXT_SIZE]; /* "topic NAME" */
};

/* A duration for people; `memory` holds it. */
static const char *duration(int64_t milliseconds, char memory[32])
{
    struct buffer text;
    buffer_init(&text, 31);
    duration_append(&text, milliseconds);
    snprintf(memory, 32, "%.*s", SLICE_FORMAT(buffer_slice(&text)));
    buffer_release(&text);
    return memory;
}

static bool is_written(const struct judged *judged)
{
    return judged->question->use >= TOPIC_AUDIT;
}

static bool is_read(const struct judged *judged)
{
    return judged->question->use <= TOPIC_AUDIT;
}

static void judge_partitions(struct judged *judged)
{
    const struct kafka_topic *topic = judged->topic;
    if (topic->leaderless > 0)
        cluster_error(judged->findings, judged->what,
                      "%d of its %d partitions have no leader: nobody can use them",
                      topic->leaderless, topic->partitions);
    if (topic->in_sync < topic->replicas)
        cluster_warning(judged->findings, judged->what,
                        "a partition has %d of its %d replicas in sync", topic->in_sync,
                        topic->replicas);
    if (judged->question->use == TOPIC_SOURCE || topic->replicas > 1)
        return;
    cluster_warning(judged->findings, judged->what,
                    "it has one replica: with that disk everything in it is lost%s",
                    judged->question->use == TOPIC_CONSENT ? ", withdrawals too" : "");
}

static void judge_durability(struct judged *judged)
{
    const struct kafka_topic *topic = judged->topic;
    if (topic->unclean_election && judged->question->use != TOPIC_RECIPIENT)
        cluster_warning(
            judged->findings, judged->what,
            "unclean.leader.election.enable is true: what was acknowledged may be lost");
    if (topic->min_in_sync == KAFKA_UNSTATED || topic->replicas < 2)
        return;
    if (topic->min_in_sync > topic->replicas)
        cluster_error(judged->findings, judged->what,
                      "min.insync.replicas is %lld, but it has %d replicas: nobody can write to it",
                      (long long)topic->min_in_sync, topic->replicas);
    else if (topic->min_in_sync == topic->replicas)
        cluster_warning(judged->findings, judged->what,
                        "min.insync.replicas is %lld of %d replicas: without one broker nobody "
                        "can write to it",
                        (long long)topic->min_in_sync, topic->replicas);
    else if (topic->min_in_sync < 2)
        cluster_warning(judged->findings, judged->what,
                        "min.insync.replicas is 1: what one disk has counts as acknowledged");
}

static void judge_consent(struct judged *judged)
{
    const struct kafka_topic *topic = judged->topic;
    char text[32];
    if (!topic->compacts)
        cluster_error(
            judged->findings, judged->what,
            "its cleanup.policy is not compact: what somebody decided would be forgotten");
    else if (topic->deletes && (topic->retention_ms >= 0 || topic->retention_bytes >= 0))
        cluster_error(judged->findings, judged->what,
                      "its cleanup.policy is compact and delete, with a retention: what somebody "
                      "decided, a refusal too, would be forgotten");
    if (topic->delete_retention_ms >= 0 && topic->delete_retention_ms < TIME_HOUR)
        cluster_warning(judged->findings, judged->what,
                        "delete.retention.ms is %s: who reads for longer than that may miss that "
                        "something was deleted",
                        duration(topic->delete_retention_ms, text));
}

static void judge_audit(struct judged *judged)
{
    const struct kafka_topic *topic = judged->topic;
    char text[32];
    if (topic->compacts)
        cluster_error(
            judged->findings, judged->what,
            "its cleanup.policy is compact: of each chain only the last entry would stay");
    if (topic->deletes && topic->retention_ms >= 0)
        cluster_warning(judged->findings, judged->what,
                        "entries are deleted after %s: copy them first, if the audit must reach "
                        "back further",
                        duration(topic->retention_ms, text));
    if (topic->deletes && topic->retention_bytes >= 0)
        cluster_warning(judged->findings, judged->what,
                        "entries are deleted beyond %lld bytes a partition (retention.bytes)",
                        (long long)topic->retention_bytes);
}

static void judge_quarantine(struct judged *judged)
{
    const struct kafka_topic *topic = judged->topic;
    int64_t stated = judged->configuration->quarantine_retention;
    char has[32], says[32], segment[32];
    duration(stated, says);
    if (topic->compacts)
        cluster_error(judged->findings, judged->what,
                      "its cleanup.policy is compact: records without a key are refused");
    if (!topic->deletes || topic->retention_ms < 0) {
        cluster_error(judged->findings, judged->what,
                      "records stay for ever, but quarantine.retention says %s", says);
        return;
    }
    duration(topic->retention_ms, has);
    if (topic->retention_ms > stated)
        cluster_error(judged->findings, judged->what,
                      "its retention is %s, but quarantine.retention says %s", has, says);
    else if (topic->retention_ms < stated)
        cluster_warning(judged->findings, judged->what,
                        "its retention is %s: shorter than the %s of quarantine.retention", has,
                        says);
    if (topic->segment_ms > stated / 4)
        cluster_warning(judged->findings, judged->what,
                        "segment.ms is %s, and a record is deleted with the newest of its segment: "
                        "it may stay for that much longer than %s",
                        duration(topic->segment_ms, segment), has);
}

static void judge_recipient(struct judged *judged)
{
    const struct kafka_topic *topic = judged->topic;
    if (!topic->compacts)
        return;
    if (judged->question->recipient->key.length == 0)
        cluster_error(judged->findings, judged->what,
                      "its cleanup.policy is compact: rows without a key are refused");
    else
        cluster_warning(judged->findings, judged->what,
                        "its cleanup.policy is compact: of each key only the last row stays");
}

/* Messages carry the full hour, so the topic must neither refuse it nor say better. */
static void judge_times(struct judged *judged)
{
    const struct kafka_topic *topic = judged->topic;
    char text[32];
    if (topic->oldest_time_ms >= 0 && topic->oldest_time_ms < TIME_HOUR + TIME_MINUTE)
        cluster_error(judged->findings, judged->what,
                      "it refuses messages older than %s (message.timestamp.before.max.ms), and "
                      "ours carry the full hour",
                      duration(topic->oldest_time_ms, text));
    if (topic->append_time && judged->question->use == TOPIC_RECIPIENT)
        cluster_warning(judged->findings, judged->what,
                        "message.timestamp.type is LogAppendTime: it tells to the millisecond when "
                        "a row came, which others could be joined on");
}

static void judge_reading_limits(struct judged *judged)
{
    int64_t most = judged->topic->max_message_bytes;
    int64_t receive =
        cluster_property(judged->configuration, "receive.message.max.bytes", CLIENT_RECEIVE);
    if (most > receive)
        cluster_error(judged->findings, judged->what,
                      "it takes batches of %lld bytes, but receive.message.max.bytes is %lld",
                      (long long)most, (long long)receive);
    else if (most > USUAL_BATCH && judged->question->use != TOPIC_AUDIT)
        cluster_warning(judged->findings, judged->what,
                        "it takes batches of %lld bytes (max.message.bytes), and a packed one may "
                        "unpack to a thousand times that",
                        (long long)most);
}

static void judge_writing_limits(struct judged *judged)
{
    const struct configuration *configuration = judged->configuration;
    int64_t record = (int64_t)configuration->limits.record;
    int64_t client = cluster_property(configuration, "message.max.bytes", CLIENT_MESSAGE);
    int64_t most = judged->topic->max_message_bytes;
    bool sealed = judged->question->use == TOPIC_QUARANTINE;
    int64_t largest = sealed ? record / 3 * 4 + QUARANTINE_MARGIN : record + ROW_MARGIN;
    if (judged->question->use == TOPIC_AUDIT)
        return;
    if (most != KAFKA_UNSTATED && most < largest)
        cluster_warning(judged->findings, judged->what,
                        "max.message.bytes is %lld, but limits.record lets %s of %lld bytes come "
                        "about: what does not fit is counted and discarded",
                        (long long)most, sealed ? "a sealed record" : "a row", (long long)largest);
    else if (client < largest)
        cluster_warning(judged->findings, judged->what,
                        "message.max.bytes of kafka is %lld, but limits.record lets %s of %lld "
                        "bytes come about: what does not fit is counted and discarded",
                        (long long)client, sealed ? "a sealed record" : "a row",
                        (long long)largest);
}

static void judge_source(struct judged *judged)
{
    if (judged->topic->compacts)
        cluster_warning(judged->findings, judged->what,
                        "its cleanup.policy is compact: an event may be gone before it is read");
}

static void judge_settings(struct judged *judged)
{
    switch (judged->question->use) {
    case TOPIC_SOURCE:
        judge_source(judged);
        break;
    case TOPIC_CONSENT:
        judge_consent(judged);
        break;
    case TOPIC_AUDIT:
        judge_audit(judged);
        break;
    case TOPIC_QUARANTINE:
        judge_quarantine(judged);
        break;
    case TOPIC_RECIPIENT:
        judge_recipient(judged);
        break;
    }
    judge_durability(judged);
    if (is_read(judged))
        judge_reading_limits(judged);
    if (is_written(judged)) {
        judge_writing_limits(judged);
        judge_times(judged);
    }
}

void cluster_topic_judge(const struct configuration *configuration,
                         const struct topic_question *question, const struct kafka_topic *topic,
                         struct cluster_findings *findings)
{
    struct judged judged = {
        .configuration = configuration, .question = question, .topic = topic, .findings = findings};
    snprintf(judged.what, sizeof judged.what, "topic %s", question->name);
    judge_partitions(&judged);
    if (topic->settings == RC_OK)
        judge_settings(&judged);
    else if (question->use == TOPIC_CONSENT)
        cluster_error(findings, judged.what,
                      "this user may not see its settings (DescribeConfigs), so whether it is "
                      "compacted is not known");
    else
        cluster_warning(findings, judged.what,
                        "this user may not see its settings (DescribeConfigs): they are not "
                        "checked");
}
