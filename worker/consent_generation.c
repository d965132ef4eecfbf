#include "worker/consent_generation.h"

#include <stdlib.h>

#include "consent/file.h"

enum {
    QUESTION_TIMEOUT = 5000, /* milliseconds */
    EXAMINE = 1000,          /* milliseconds between examinations where no lane asks for one */
};

/* The follower's thread; from compacted_topic_poll. */
static void apply(void *context, int32_t partition, int64_t offset, struct slice key,
                  struct slice value)
{
    struct consent_generation *generation = context;
    enum consent_key_result result = consent_table_message_from(
        generation->table, generation->reader, (unsigned)partition, key, value);
    if (result == CONSENT_KEY_UNREADABLE && !consent_value_is_tombstone(value)) {
        atomic_store(&generation->blocked_partition, partition);
        atomic_store(&generation->blocked_offset, offset);
    }
}

static enum rc read_file(struct consent_generation *generation, const char *file,
                         struct buffer *reason)
{
    struct consent_file_report report;
    enum rc rc = consent_file_load(file, generation->table, generation->reader, &report);
    if (rc != RC_OK)
        buffer_append_format(reason, "%s: %s", file, rc_sentence(rc));
    else if (report.bad_line > 0)
        atomic_store(&generation->blocked_offset, (int64_t)report.bad_line);
    return rc;
}

static enum rc open_topic(struct consent_generation *generation,
                          const struct consent_following_options *options, struct buffer *reason)
{
    const struct compacted_topic_options topic = {
        .settings = options->settings,
        .topic = options->topic,
        .group = options->group,
        .timeout = QUESTION_TIMEOUT,
        .examine = EXAMINE,
        .message = apply,
        .context = generation,
    };
    enum rc rc = compacted_topic_new(&topic, &generation->topic, reason);
    if (rc != RC_OK)
        return rc;
    generation->partition_count = compacted_topic_partition_count(generation->topic);
    generation->ends = calloc((size_t)generation->partition_count, sizeof *generation->ends);
    if (!generation->ends)
        return RC_NO_MEMORY;
    for (int32_t i = 0; i < generation->partition_count; i++)
        atomic_init(&generation->ends[i], -1);
    return RC_OK;
}

enum rc consent_generation_new(const struct consent_following_options *options, uint64_t number,
                               struct consent_generation **out, struct buffer *reason)
{
    struct consent_generation *generation = calloc(1, sizeof *generation);
    *out = NULL;
    if (!generation)
        return RC_NO_MEMORY;
    generation->number = number;
    atomic_init(&generation->blocked_partition, -1);
    atomic_init(&generation->blocked_offset, -1);
    enum rc rc = consent_table_new(options->subject_limit, NULL, &generation->table);
    if (rc == RC_OK)
        rc = consent_reader_new(options->policy, &generation->reader);
    if (rc == RC_OK && options->topic)
        rc = open_topic(generation, options, reason);
    else if (rc == RC_OK && options->file)
        rc = read_file(generation, options->file, reason);
    if (rc != RC_OK) {
        if (reason->length == 0)
            buffer_append_string(reason, rc_sentence(rc));
        consent_generation_free(generation);
        return rc;
    }
    *out = generation;
    return RC_OK;
}

void consent_generation_free(struct consent_generation *generation)
{
    if (!generation)
        return;
    compacted_topic_free(generation->topic);
    consent_reader_free(generation->reader);
    consent_table_free(generation->table);
    free(generation->ends);
    free(generation);
}
