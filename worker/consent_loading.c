#include "worker/consent_loading.h"

#include <stdlib.h>

#include "core/clock.h"
#include "ingest/compacted_topic.h"

enum { QUESTION_TIMEOUT = 10000, EXAMINE = 1000, POLL_WAIT = 20 };

struct loading {
    struct consent_table *table;
    struct consent_reader *reader;
};

static void apply(void *context, int32_t partition, int64_t offset, struct slice key,
                  struct slice value)
{
    struct loading *loading = context;
    (void)offset;
    consent_table_message_from(loading->table, loading->reader, (unsigned)partition, key, value);
}

static enum rc read_to(struct compacted_topic *topic, const int64_t *targets, int64_t patience,
                       struct buffer *reason)
{
    int64_t moved_at = clock_monotonic_ms();
    while (!compacted_topic_reached(topic, targets)) {
        enum topic_state state = compacted_topic_poll(topic, POLL_WAIT);
        if (state == TOPIC_BROKEN) {
            buffer_append_string(reason, topic_fault_sentence(compacted_topic_fault(topic)));
            return RC_CORRUPT;
        }
        if (state == TOPIC_OK)
            moved_at = clock_monotonic_ms();
        if (clock_monotonic_ms() - moved_at >= patience) {
            buffer_append_string(reason, "nothing comes any more before its end: the brokers do "
                                         "not answer, or a transaction is open in it");
            return RC_IO;
        }
    }
    return RC_OK;
}

static enum rc read_topic(const struct compacted_topic_options *options, int64_t patience,
                          struct buffer *reason)
{
    struct compacted_topic *topic;
    enum rc rc = compacted_topic_new(options, &topic, reason);
    if (rc != RC_OK)
        return rc;
    int64_t *targets = calloc((size_t)compacted_topic_partition_count(topic), sizeof *targets);
    rc = targets ? compacted_topic_targets(topic, targets, QUESTION_TIMEOUT) : RC_NO_MEMORY;
    if (rc == RC_OK)
        rc = read_to(topic, targets, patience, reason);
    free(targets);
    compacted_topic_free(topic);
    return rc;
}

enum rc consent_table_from_topic(const struct configuration *configuration, int64_t patience,
                                 struct consent_table **out, struct buffer *reason)
{
    struct loading loading = {0};
    const struct compacted_topic_options options = {
        .settings = &configuration->stream.kafka,
        .topic = configuration->consent_topic,
        .group = configuration->stream.group,
        .timeout = QUESTION_TIMEOUT,
        .examine = EXAMINE,
        .message = apply,
        .context = &loading,
    };
    enum rc rc = consent_table_new(configuration->limits.subjects, NULL, &loading.table);
    if (rc == RC_OK)
        rc = consent_reader_new(configuration->policy, &loading.reader);
    if (rc == RC_OK)
        rc = read_topic(&options, patience, reason);
    consent_reader_free(loading.reader);
    if (rc != RC_OK) {
        if (reason->length == 0)
            buffer_append_string(reason, rc_sentence(rc));
        consent_table_free(loading.table);
        loading.table = NULL;
    }
    *out = loading.table;
    return rc;
}

enum rc consent_table_from_file(const struct configuration *configuration, const char *path,
                                struct consent_table **out, struct consent_file_report *report)
{
    struct consent_reader *reader = NULL;
    *report = (struct consent_file_report){0};
    enum rc rc = consent_table_new(configuration->limits.subjects, NULL, out);
    if (rc == RC_OK)
        rc = consent_reader_new(configuration->policy, &reader);
    if (rc == RC_OK)
        rc = consent_file_load(path, *out, reader, report);
    consent_reader_free(reader);
    if (rc != RC_OK) {
        consent_table_free(*out);
        *out = NULL;
    }
    return rc;
}
