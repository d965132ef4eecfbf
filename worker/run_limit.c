#include "worker/run_limit.h"

#include <stdlib.h>

#include "kafka/topic.h"

enum {
    DEFAULT_LIMIT = 1000000, /* librdkafka's own, below a broker's 1048588 */
    WAIT_MS = 10000,
};

static enum rc lower(struct kafka_client *observer, const char *topic, int64_t *limit,
                     struct buffer *reason)
{
    struct kafka_topic described;
    if (!topic)
        return RC_OK;
    enum rc rc = kafka_topic_describe(observer, topic, WAIT_MS, &described);
    if (rc != RC_OK) {
        buffer_append_format(reason, "topic %s: %s", topic, rc_sentence(rc));
        return rc;
    }
    int64_t most = described.settings == RC_OK && described.max_message_bytes > 0
                       ? described.max_message_bytes
                       : DEFAULT_LIMIT;
    if (most < *limit)
        *limit = most;
    return RC_OK;
}

enum rc run_message_limit(const struct configuration *configuration, size_t *limit,
                          struct buffer *reason)
{
    const struct stream_settings *stream = &configuration->stream;
    const char *configured = kafka_settings_value(&stream->kafka, "message.max.bytes");
    struct kafka_client_options options = {.role = KAFKA_OBSERVER, .settings = &stream->kafka};
    struct kafka_client *observer = NULL;
    int64_t least = configured ? strtoll(configured, NULL, 10) : INT32_MAX;
    enum rc rc = kafka_client_new(&options, &observer, reason);
    if (rc == RC_OK)
        rc = lower(observer, stream->audit_topic, &least, reason);
    if (rc == RC_OK)
        rc = lower(observer, stream->quarantine_topic, &least, reason);
    for (size_t i = 0; rc == RC_OK && i < configuration->recipient_count; i++)
        rc = lower(observer, configuration->recipients[i].topic.data, &least, reason);
    kafka_client_free(observer, WAIT_MS);
    *limit = least > 0 ? (size_t)least : DEFAULT_LIMIT;
    return rc;
}
