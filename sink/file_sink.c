#include "sink/file_sink.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/time_text.h"
#include "sink/covered.h"
#include "sink/quarantine_writer.h"

/* A quarantine file has no size of its own in the configuration. */
static const uint64_t QUARANTINE_BYTES = 64u << 20;

struct file_sink {
    struct sink base;
    struct file_sink_options options;
    struct part_set parts;
    struct quarantine_writer quarantine;
    struct covered covered; /* since the last publication */
    struct buffer entry;
    enum rc failure; /* of the first call that failed; RC_OK until then */
};

static struct file_sink *file_sink_of(struct sink *sink)
{
    return (struct file_sink *)sink;
}

/* Checked before anything is taken: what is wrong here is wrong in the program. */
static bool fits(const struct file_sink *sink, const struct batch *batch)
{
    if (batch->recipient_count != sink->options.description->recipient_count ||
        batch->schema_count != sink->options.description->schema_count)
        return false;
    for (size_t i = 0; i < batch->range_count; i++)
        if (batch->ranges[i].origin >= sink->options.origin_count)
            return false;
    return true;
}

static enum rc take(struct file_sink *sink, struct batch *batch,
                    const struct commit_context *context)
{
    enum rc rc = covered_take(&sink->covered, batch, context);
    if (rc == RC_OK)
        rc = quarantine_writer_take(&sink->quarantine, batch);
    if (rc == RC_OK)
        rc = part_set_take(&sink->parts, batch);
    return rc;
}

static bool is_due(const struct file_sink *sink, int64_t now)
{
    int64_t opened = sink->covered.opened;
    if (opened == TIME_NONE)
        return false;
    if (covered_is_full(&sink->covered) || part_set_is_full(&sink->parts) ||
        (sink->quarantine.open && sink->quarantine.file.stored >= QUARANTINE_BYTES))
        return true;
    return now > opened && now - opened >= part_set_delay(&sink->parts);
}

static enum rc prepare(struct file_sink *sink, int64_t now)
{
    enum rc rc = part_set_prepare(&sink->parts, now);
    return rc == RC_OK ? quarantine_writer_prepare(&sink->quarantine, now) : rc;
}

static enum rc write_entry(struct file_sink *sink, int64_t now)
{
    struct buffer *entry = &sink->entry;
    buffer_reset(entry);
    publication_begin(entry, sink->options.lane);
    part_set_describe(&sink->parts, entry);
    quarantine_writer_describe(&sink->quarantine, entry);
    publication_end(entry, sink->covered.ranges, sink->covered.range_count, sink->options.origins,
                    sink->covered.consent);
    enum rc rc = buffer_status(entry);
    if (rc != RC_OK)
        return rc;
    return audit_append(sink->options.audit, PUBLICATION_EVENT, buffer_slice(entry), now);
}

static void discard_open(struct file_sink *sink)
{
    part_set_discard(&sink->parts);
    quarantine_writer_discard(&sink->quarantine);
    covered_reset(&sink->covered);
}

static void abandon_open(struct file_sink *sink)
{
    part_set_abandon(&sink->parts);
    quarantine_writer_abandon(&sink->quarantine);
    covered_reset(&sink->covered);
}

/* The entry is on the disk: what fails from here on is for recovery, and the rest is still done. */
static enum rc make_visible(struct file_sink *sink)
{
    enum rc rc = quarantine_writer_publish(&sink->quarantine);
    enum rc one = part_set_publish(&sink->parts);
    covered_reset(&sink->covered);
    return rc == RC_OK ? one : rc;
}

/* Makes all that is open visible, as file_sink.h says, and begins anew. After a failure nothing is
 * open. The ranges stay readable after, until more is taken. */
static enum rc publish(struct file_sink *sink, int64_t now, struct commit_outcome *outcome)
{
    size_t range_count = sink->covered.range_count;
    if (sink->covered.opened == TIME_NONE)
        return RC_OK;
    enum rc rc = prepare(sink, now);
    if (rc != RC_OK) {
        discard_open(sink);
        return rc;
    }
    rc = write_entry(sink, now);
    if (rc != RC_OK) {
        if (audit_is_doubtful(sink->options.audit))
            abandon_open(sink);
        else
            discard_open(sink);
        return rc;
    }
    rc = make_visible(sink);
    if (rc == RC_OK)
        *outcome = (struct commit_outcome){true, sink->covered.ranges, range_count};
    return rc;
}

static enum rc commit(struct sink *base, struct batch *batch, const struct commit_context *context,
                      struct commit_outcome *outcome)
{
    struct file_sink *sink = file_sink_of(base);
    if (sink->failure != RC_OK)
        return sink->failure;
    enum rc rc = fits(sink, batch) ? RC_OK : RC_INTERNAL;
    if (rc == RC_OK && !batch_is_empty(batch))
        rc = take(sink, batch, context);
    if (rc == RC_OK && is_due(sink, context->now))
        rc = publish(sink, context->now, outcome);
    if (rc != RC_OK)
        discard_open(sink);
    sink->failure = rc;
    return rc;
}

static enum rc finish(struct sink *base, const struct commit_context *context,
                      struct commit_outcome *outcome)
{
    struct file_sink *sink = file_sink_of(base);
    if (sink->failure == RC_OK)
        sink->failure = publish(sink, context->now, outcome);
    return sink->failure;
}

static enum rc discard(struct sink *base)
{
    struct file_sink *sink = file_sink_of(base);
    if (sink->failure == RC_OK)
        discard_open(sink);
    return sink->failure;
}

static void close_sink(struct sink *base)
{
    struct file_sink *sink = file_sink_of(base);
    part_set_release(&sink->parts);
    quarantine_writer_release(&sink->quarantine);
    covered_release(&sink->covered);
    buffer_release(&sink->entry);
    free(sink);
}

static const struct sink_operations operations = {
    .commit = commit, .finish = finish, .discard = discard, .close = close_sink};

static enum rc open_output(struct file_sink *sink, size_t recipient)
{
    const struct sink_recipient *to = &sink->options.description->recipients[recipient];
    char path[PATH_MAX];
    int directory;
    if (!to->selected)
        return RC_OK;
    if (!layout_recipient_name_is_usable(to->name))
        return RC_REFUSED;
    snprintf(path, sizeof path, LAYOUT_RECIPIENTS "/%.*s", SLICE_FORMAT(to->name));
    enum rc rc = layout_open(sink->options.root, path, &directory);
    if (rc == RC_OK)
        part_set_direct(&sink->parts, recipient, directory);
    return rc;
}

static enum rc make_ready(struct file_sink *sink)
{
    const struct file_sink_options *options = &sink->options;
    struct part_set_options parts = {.description = options->description,
                                     .seed = options->seed,
                                     .lane = options->lane,
                                     .compression_level = options->compression_level};
    enum rc rc = covered_init(&sink->covered);
    if (rc == RC_OK)
        rc = part_set_init(&sink->parts, &parts);
    if (rc == RC_OK)
        rc = quarantine_writer_init(&sink->quarantine, options->root, options->seed, options->lane);
    for (size_t i = 0; rc == RC_OK && i < options->description->recipient_count; i++)
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

void file_sink_counts(const struct sink *sink, size_t recipient, struct part_counts *out)
{
    *out = ((const struct file_sink *)sink)->parts.outputs[recipient].counts;
}
