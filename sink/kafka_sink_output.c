#include <stdlib.h>
#include <unistd.h>

#include "sink/kafka_sink_state.h"

struct pending_rows *outputs_rows(const struct outputs *outputs, size_t recipient, size_t schema)
{
    return &outputs->recipients[recipient].schemas[schema];
}

bool outputs_write_rows(const struct recipient_output *output)
{
    return output->topic.name != NULL;
}

/* A recipient of that name goes on counting where it stood. */
static void resume_counts(struct recipient_output *output, const struct kafka_sink *sink)
{
    const struct outputs *before = &sink->outputs;
    if (!before->recipients)
        return;
    for (size_t i = 0; i < before->description->recipient_count; i++)
        if (strcmp(before->recipients[i].name, output->name) == 0)
            output->counts = before->recipients[i].counts;
}

static enum rc open_directory(struct outputs *outputs, size_t recipient, struct buffer *reason)
{
    const char *path = outputs->description->recipients[recipient].directory;
    int directory;
    enum rc rc = layout_open(path, "", &directory);
    if (rc == RC_OK)
        part_set_direct(&outputs->parts, recipient, directory);
    else
        buffer_append_format(reason, "directory %s: %s", path, rc_sentence(rc));
    return rc;
}

static enum rc open_recipient(struct outputs *outputs, const struct kafka_sink *sink,
                              size_t recipient, struct buffer *reason)
{
    const struct sink_recipient *to = &outputs->description->recipients[recipient];
    struct recipient_output *output = &outputs->recipients[recipient];
    if (!layout_recipient_name_is_usable(to->name))
        return RC_REFUSED;
    memcpy(output->name, to->name.data, to->name.length);
    resume_counts(output, sink);
    randomness_init(&output->random, NULL, 0, RANDOMNESS_SHUFFLE, 0);
    output->schemas = calloc(outputs->description->schema_count + 1, sizeof *output->schemas);
    if (!output->schemas)
        return RC_NO_MEMORY;
    if (!to->selected)
        return RC_OK;
    output->topic.name = to->topic;
    return to->directory ? open_directory(outputs, recipient, reason) : RC_OK;
}

enum rc outputs_init(struct outputs *outputs, const struct kafka_sink *sink,
                     const struct sink_description *description, struct buffer *reason)
{
    struct part_set_options parts = {.description = description,
                                     .lane = sink->options.lane,
                                     .owner = sink->owner,
                                     .compression_level = sink->options.compression_level};
    *outputs = (struct outputs){.description = description};
    enum rc rc = part_set_init(&outputs->parts, &parts);
    if (rc != RC_OK)
        return rc;
    outputs->recipients = calloc(description->recipient_count + 1, sizeof *outputs->recipients);
    rc = outputs->recipients ? RC_OK : RC_NO_MEMORY;
    for (size_t i = 0; rc == RC_OK && i < description->recipient_count; i++)
        rc = open_recipient(outputs, sink, i, reason);
    if (rc != RC_OK)
        outputs_release(outputs);
    return rc;
}

void outputs_release(struct outputs *outputs)
{
    const struct sink_description *description = outputs->description;
    for (size_t i = 0; outputs->recipients && i < description->recipient_count; i++) {
        struct recipient_output *output = &outputs->recipients[i];
        if (output->topic.handle)
            rd_kafka_topic_destroy(output->topic.handle);
        for (size_t schema = 0; output->schemas && schema < description->schema_count; schema++)
            epoch_set_release(&output->schemas[schema].epochs);
        free(output->schemas);
    }
    free(outputs->recipients);
    part_set_release(&outputs->parts);
    *outputs = (struct outputs){0};
}

static void settle_rows(struct recipient_output *output, size_t schema_count, bool committed)
{
    for (size_t i = 0; i < schema_count; i++) {
        struct pending_rows *rows = &output->schemas[i];
        if (committed) {
            output->counts.rows += rows->rows;
            output->counts.bytes += rows->bytes;
            output->counts.messages += rows->messages;
        }
        rows->rows = rows->bytes = rows->messages = 0;
        epoch_set_reset(&rows->epochs);
    }
}

/* What the part set has published since it was looked at last. */
static void settle_parts(struct recipient_output *output, const struct part_counts *now)
{
    const struct part_counts *seen = &output->seen;
    output->counts.rows += now->rows - seen->rows;
    output->counts.bytes += now->bytes - seen->bytes;
    output->counts.parts += now->parts - seen->parts;
    output->counts.stored_bytes += now->stored_bytes - seen->stored_bytes;
    output->counts.below_minimum += now->below_minimum - seen->below_minimum;
    output->seen = *now;
}

static void settle_quarantine(struct kafka_sink *sink, bool committed)
{
    if (committed) {
        sink->counts.quarantined += sink->pending_quarantine.records;
        sink->counts.quarantine_too_large += sink->pending_quarantine.too_large;
    }
    sink->pending_quarantine = (struct pending_quarantine){0};
}

void outputs_settle(struct kafka_sink *sink, bool committed)
{
    const struct sink_description *description = sink->outputs.description;
    pthread_mutex_lock(&sink->lock);
    for (size_t i = 0; i < description->recipient_count; i++) {
        struct recipient_output *output = &sink->outputs.recipients[i];
        settle_rows(output, description->schema_count, committed);
        settle_parts(output, &sink->outputs.parts.outputs[i].counts);
        if (committed) {
            output->counts.below_minimum += output->below_minimum;
            output->counts.too_large += output->too_large;
        }
        output->below_minimum = output->too_large = 0;
    }
    settle_quarantine(sink, committed);
    pthread_mutex_unlock(&sink->lock);
}
