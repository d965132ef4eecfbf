#include "sink/file_sink.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/time_text.h"
#include "sink/file_sink_state.h"

/* A quarantine file has no size of its own in the configuration. */
static const uint64_t QUARANTINE_BYTES = 64u << 20;

static struct file_sink *file_sink_of(struct sink *sink)
{
    return (struct file_sink *)sink;
}

/* Checked before anything is taken: what is wrong here is wrong in the program. */
static bool fits(const struct file_sink *sink, const struct batch *batch)
{
    if (batch->recipient_count != sink->options.recipient_count ||
        batch->schema_count != sink->options.schema_count)
        return false;
    for (size_t i = 0; i < batch->range_count; i++)
        if (batch->ranges[i].origin >= sink->options.origin_count)
            return false;
    return true;
}

static enum rc take_group(struct file_sink *sink, struct batch *batch, struct row_group *group)
{
    struct output *output = &sink->outputs[group->recipient];
    struct part *part = file_sink_part(sink, group->recipient, group->schema);
    if (group->count == 0)
        return RC_OK;
    if (!part->open) {
        enum rc rc = part_open(part, output->directory, &output->names);
        if (rc != RC_OK)
            return rc;
    }
    if (!sink->options.recipients[group->recipient].keep_order)
        rows_shuffle(group->rows, group->count, &output->shuffle);
    return part_write(part, &sink->writer, &batch->rows, group);
}

static enum rc take_recipient(struct file_sink *sink, struct batch *batch, size_t recipient)
{
    uint64_t rows = batch_recipient_rows(batch, recipient);
    if (!sink->options.recipients[recipient].selected || rows == 0)
        return RC_OK;
    if (rows < sink->options.recipients[recipient].minimum)
        sink->outputs[recipient].below_minimum++;
    enum rc rc = RC_OK;
    for (size_t schema = 0; rc == RC_OK && schema < batch->schema_count; schema++)
        rc = take_group(sink, batch, batch_group(batch, recipient, schema));
    return rc;
}

static void take_ranges(struct file_sink *sink, const struct batch *batch)
{
    for (size_t i = 0; i < batch->range_count; i++) {
        const struct input_range *range = &batch->ranges[i];
        struct input_range *last = sink->range_count ? &sink->ranges[sink->range_count - 1] : NULL;
        if (last && last->origin == range->origin && last->partition == range->partition &&
            last->last < range->first && last->last == range->first - 1)
            last->last = range->last;
        else
            sink->ranges[sink->range_count++] = *range;
    }
}

static enum rc take(struct file_sink *sink, struct batch *batch, uint64_t consent_position,
                    int64_t now)
{
    if (sink->opened == TIME_NONE) {
        sink->opened = now;
        sink->consent[0] = consent_position;
    }
    sink->consent[1] = consent_position;
    take_ranges(sink, batch);
    enum rc rc = quarantine_writer_take(&sink->quarantine, batch);
    for (size_t i = 0; rc == RC_OK && i < batch->recipient_count; i++)
        rc = take_recipient(sink, batch, i);
    return rc;
}

/* The age at which what is open must be published: where no part is open, that of any recipient. */
static int64_t longest_delay(const struct file_sink *sink)
{
    int64_t open = TIME_NEVER, any = TIME_NEVER;
    for (size_t i = 0; i < sink->options.recipient_count; i++) {
        const struct sink_recipient *recipient = &sink->options.recipients[i];
        if (!recipient->selected)
            continue;
        if (recipient->part_delay < any)
            any = recipient->part_delay;
        for (size_t schema = 0; schema < sink->options.schema_count; schema++)
            if (file_sink_part(sink, i, schema)->open && recipient->part_delay < open)
                open = recipient->part_delay;
    }
    return open != TIME_NEVER ? open : any;
}

static bool is_due(const struct file_sink *sink, int64_t now)
{
    if (sink->opened == TIME_NONE)
        return false;
    if (sink->range_count > PUBLICATION_RANGE_LIMIT - INPUT_RANGE_LIMIT ||
        (sink->quarantine.open && sink->quarantine.file.stored >= QUARANTINE_BYTES))
        return true;
    for (size_t i = 0; i < sink->options.recipient_count; i++)
        for (size_t schema = 0; schema < sink->options.schema_count; schema++) {
            const struct part *part = file_sink_part(sink, i, schema);
            if (part->open && part->file.stored >= sink->options.recipients[i].part_bytes)
                return true;
        }
    return now > sink->opened && now - sink->opened >= longest_delay(sink);
}

static enum rc commit(struct sink *base, struct batch *batch, uint64_t consent_position,
                      int64_t now)
{
    struct file_sink *sink = file_sink_of(base);
    if (sink->failure != RC_OK)
        return sink->failure;
    enum rc rc = fits(sink, batch) ? RC_OK : RC_INTERNAL;
    if (rc == RC_OK && !batch_is_empty(batch))
        rc = take(sink, batch, consent_position, now);
    if (rc == RC_OK && is_due(sink, now))
        rc = file_sink_publish(sink, now);
    if (rc != RC_OK)
        file_sink_discard(sink);
    sink->failure = rc;
    return rc;
}

static enum rc finish(struct sink *base, int64_t now)
{
    struct file_sink *sink = file_sink_of(base);
    if (sink->failure == RC_OK)
        sink->failure = file_sink_publish(sink, now);
    return sink->failure;
}

static void close_sink(struct sink *base)
{
    struct file_sink *sink = file_sink_of(base);
    if (sink->parts)
        for (size_t i = 0; i < sink->options.recipient_count * sink->options.schema_count; i++)
            part_release(&sink->parts[i]);
    if (sink->outputs)
        for (size_t i = 0; i < sink->options.recipient_count; i++)
            if (sink->outputs[i].directory >= 0)
                close(sink->outputs[i].directory);
    quarantine_writer_release(&sink->quarantine);
    frame_writer_release(&sink->writer);
    buffer_release(&sink->entry);
    free(sink->parts);
    free(sink->outputs);
    free(sink->ranges);
    free(sink);
}

static const struct sink_operations operations = {commit, finish, close_sink};

static enum rc open_output(struct file_sink *sink, size_t recipient)
{
    const struct file_sink_options *options = &sink->options;
    struct output *output = &sink->outputs[recipient];
    struct slice name = options->recipients[recipient].name;
    char path[PATH_MAX];
    if (!options->recipients[recipient].selected)
        return RC_OK;
    if (!layout_recipient_name_is_usable(name))
        return RC_REFUSED;
    randomness_init(&output->shuffle, options->seed, options->lane, RANDOMNESS_SHUFFLE,
                    (unsigned)recipient);
    randomness_init(&output->names, options->seed, options->lane, RANDOMNESS_NAMES,
                    (unsigned)recipient);
    snprintf(path, sizeof path, LAYOUT_RECIPIENTS "/%.*s", SLICE_FORMAT(name));
    enum rc rc = layout_open(options->root, path, &output->directory);
    if (rc != RC_OK)
        output->directory = -1;
    return rc;
}

static enum rc make_ready(struct file_sink *sink)
{
    const struct file_sink_options *options = &sink->options;
    sink->outputs = calloc(options->recipient_count + 1, sizeof *sink->outputs);
    sink->parts = calloc(options->recipient_count * options->schema_count + 1, sizeof *sink->parts);
    sink->ranges = calloc(PUBLICATION_RANGE_LIMIT, sizeof *sink->ranges);
    if (!sink->outputs || !sink->parts || !sink->ranges)
        return RC_NO_MEMORY;
    for (size_t i = 0; i < options->recipient_count; i++)
        sink->outputs[i].directory = -1;
    enum rc rc = frame_writer_init(&sink->writer, options->compression_level);
    if (rc == RC_OK)
        rc = quarantine_writer_init(&sink->quarantine, options->root, options->seed, options->lane);
    for (size_t i = 0; rc == RC_OK && i < options->recipient_count; i++)
        rc = open_output(sink, i);
    return rc;
}

enum rc file_sink_new(const struct file_sink_options *options, struct sink **out)
{
    *out = NULL;
    if (sodium_init() < 0)
        return RC_INTERNAL;
    struct file_sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return RC_NO_MEMORY;
    sink->base.operations = &operations;
    sink->options = *options;
    sink->opened = TIME_NONE;
    sink->quarantine.directory = -1;
    buffer_init(&sink->entry, AUDIT_LINE_LIMIT);
    enum rc rc = make_ready(sink);
    if (rc != RC_OK) {
        close_sink(&sink->base);
        return rc;
    }
    *out = &sink->base;
    return RC_OK;
}

void file_sink_counts(const struct sink *sink, size_t recipient, struct file_sink_counts *out)
{
    *out = ((const struct file_sink *)sink)->outputs[recipient].counts;
}
