#include "worker/processing.h"

enum { VALUE_LIMIT = 65536 };

size_t processing_message_limit(const struct configuration *configuration)
{
    return configuration->limits.record * 6 + 65536;
}

struct capture_options processing_capture(const struct configuration *configuration,
                                          const char *const *files, size_t count)
{
    return (struct capture_options){
        .files = files,
        .file_count = count,
        .line_limit = processing_message_limit(configuration),
        .lanes = 1,
        .time = TIME_NONE,
        .depth_limit = configuration->limits.depth + 1,
    };
}

enum rc processing_decoder_new(const struct configuration *configuration, struct decoder **out)
{
    struct decoder_limits limits = {configuration->limits.record, configuration->limits.depth,
                                    VALUE_LIMIT};
    return decoder_new(configuration->schemas, configuration->schema_count, limits, out);
}

enum rc processing_engine_new(const struct configuration *configuration,
                              const struct keyring *keyring, const struct consent_table *consent,
                              struct engine **out)
{
    struct engine_options options = {
        .schemas = configuration->schemas,
        .schema_count = configuration->schema_count,
        .policy = configuration->policy,
        .recipients = configuration->recipients,
        .recipient_count = configuration->recipient_count,
        .keyring = keyring,
        .consent = consent,
        .record_limit = configuration->limits.record,
    };
    return engine_new(&options, out);
}

enum quarantine_reason processing_decode(struct decoder *decoder, struct slice topic,
                                         struct slice text, int64_t message_time, int64_t now,
                                         struct processed *out)
{
    *out = (struct processed){.time = {TIME_NONE, true}};
    enum quarantine_reason reason = decoder_decode(decoder, topic, text, message_time, &out->record,
                                                   &out->schema, &out->offset);
    if (reason != QUARANTINE_NONE)
        return reason;
    out->time = decoder_event_time(&out->record, now);
    return out->time.time == TIME_NONE ? QUARANTINE_NO_TIME : QUARANTINE_NONE;
}
