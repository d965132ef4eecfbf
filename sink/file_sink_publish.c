#include "core/time_text.h"
#include "sink/file_sink_state.h"

/* For each open part in order. */
#define FOR_OPEN_PARTS(sink, recipient, part)                                                      \
    for (size_t recipient = 0; recipient < (sink)->options.recipient_count; recipient++)           \
        for (struct part *part = file_sink_part((sink), recipient, 0),                             \
                         *end_ = part + (sink)->options.schema_count;                              \
             part < end_; part++)                                                                  \
            if (part->open)

static const struct sink_schema *schema_of(const struct file_sink *sink, size_t recipient,
                                           const struct part *part)
{
    return &sink->options.schemas[part - file_sink_part(sink, recipient, 0)];
}

static struct manifest manifest_of(const struct file_sink *sink, size_t recipient,
                                   const struct part *part)
{
    const struct file_sink_options *options = &sink->options;
    const struct sink_recipient *to = &options->recipients[recipient];
    return (struct manifest){.recipient = to->name,
                             .schema = schema_of(sink, recipient, part)->name,
                             .schema_version = schema_of(sink, recipient, part)->version,
                             .policy = options->policy,
                             .policy_version = options->policy_version,
                             .label = options->label,
                             .keep_order = to->keep_order,
                             .finest_time = to->time_step};
}

/* fsync of the directories that this publication has something in. */
static enum rc sync_directories(struct file_sink *sink)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < sink->options.recipient_count; i++) {
        if (!sink->outputs[i].touched)
            continue;
        enum rc one = layout_sync(sink->outputs[i].directory);
        if (rc == RC_OK)
            rc = one;
    }
    return rc;
}

static enum rc prepare(struct file_sink *sink, int64_t now)
{
    FOR_OPEN_PARTS(sink, recipient, part)
    {
        enum rc rc = part_prepare(part, manifest_of(sink, recipient, part), now);
        if (rc != RC_OK)
            return rc;
        sink->outputs[recipient].touched = true;
    }
    enum rc rc = quarantine_writer_prepare(&sink->quarantine, now);
    return rc == RC_OK ? sync_directories(sink) : rc;
}

static enum rc write_entry(struct file_sink *sink, int64_t now)
{
    struct buffer *entry = &sink->entry;
    buffer_reset(entry);
    publication_begin(entry, sink->options.lane);
    FOR_OPEN_PARTS(sink, recipient, part)
    {
        struct publication_part description = {.recipient =
                                                   sink->options.recipients[recipient].name,
                                               .schema = schema_of(sink, recipient, part)->name,
                                               .file = part->file.name,
                                               .checksum = part->checksum,
                                               .rows = part->rows,
                                               .bytes = part->bytes,
                                               .stored_bytes = part->file.stored,
                                               .epochs = part->epochs,
                                               .epoch_count = part->epoch_count};
        publication_add_part(entry, &description);
    }
    quarantine_writer_describe(&sink->quarantine, entry);
    publication_end(entry, sink->ranges, sink->range_count, sink->options.origins, sink->consent);
    enum rc rc = buffer_status(entry);
    if (rc != RC_OK)
        return rc;
    return audit_append(sink->options.audit, PUBLICATION_EVENT, buffer_slice(entry), now);
}

static void count(struct file_sink_counts *counts, const struct part *part)
{
    counts->parts++;
    counts->rows += part->rows;
    counts->bytes += part->bytes;
    counts->stored_bytes += part->file.stored;
}

/* The entry is on the disk: what fails from here on is for recovery, and the rest is still done. */
static enum rc make_visible(struct file_sink *sink)
{
    enum rc rc = quarantine_writer_publish(&sink->quarantine);
    FOR_OPEN_PARTS(sink, recipient, part)
    {
        count(&sink->outputs[recipient].counts, part);
        enum rc one = part_publish(part);
        if (rc == RC_OK)
            rc = one;
    }
    enum rc one = sync_directories(sink);
    return rc == RC_OK ? one : rc;
}

static void begin_anew(struct file_sink *sink)
{
    for (size_t i = 0; i < sink->options.recipient_count; i++) {
        sink->outputs[i].touched = false;
        sink->outputs[i].below_minimum = 0;
    }
    sink->range_count = 0;
    sink->opened = TIME_NONE;
}

void file_sink_discard(struct file_sink *sink)
{
    FOR_OPEN_PARTS(sink, recipient, part)
    part_discard(part);
    quarantine_writer_discard(&sink->quarantine);
    begin_anew(sink);
}

static void abandon(struct file_sink *sink)
{
    FOR_OPEN_PARTS(sink, recipient, part)
    part_abandon(part);
    quarantine_writer_abandon(&sink->quarantine);
    begin_anew(sink);
}

enum rc file_sink_publish(struct file_sink *sink, int64_t now)
{
    if (sink->opened == TIME_NONE)
        return RC_OK;
    enum rc rc = prepare(sink, now);
    if (rc != RC_OK) {
        file_sink_discard(sink);
        return rc;
    }
    rc = write_entry(sink, now);
    if (rc != RC_OK) {
        if (audit_is_doubtful(sink->options.audit))
            abandon(sink);
        else
            file_sink_discard(sink);
        return rc;
    }
    rc = make_visible(sink);
    for (size_t i = 0; i < sink->options.recipient_count; i++)
        sink->outputs[i].counts.below_minimum += sink->outputs[i].below_minimum;
    begin_anew(sink);
    return rc;
}
