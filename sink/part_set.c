#include "sink/part_set.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/time_text.h"
#include "sink/publication.h"

static struct part *part_at(const struct part_set *set, size_t recipient, size_t schema)
{
    return &set->parts[recipient * set->description->schema_count + schema];
}

/* For each open part in order. */
#define FOR_OPEN_PARTS(set, recipient, part)                                                       \
    for (size_t recipient = 0; recipient < (set)->description->recipient_count; recipient++)       \
        for (struct part *part = part_at((set), recipient, 0),                                     \
                         *end_ = part + (set)->description->schema_count;                          \
             part < end_; part++)                                                                  \
            if (part->open)

static const struct sink_schema *schema_of(const struct part_set *set, size_t recipient,
                                           const struct part *part)
{
    return &set->description->schemas[part - part_at(set, recipient, 0)];
}

enum rc part_set_init(struct part_set *set, const struct part_set_options *options)
{
    const struct sink_description *description = options->description;
    *set = (struct part_set){.description = description, .owner = options->owner};
    set->outputs = calloc(description->recipient_count + 1, sizeof *set->outputs);
    set->parts =
        calloc(description->recipient_count * description->schema_count + 1, sizeof *set->parts);
    enum rc rc = set->outputs && set->parts ? RC_OK : RC_NO_MEMORY;
    if (rc == RC_OK)
        rc = frame_writer_init(&set->writer, options->compression_level);
    if (rc != RC_OK) {
        free(set->outputs);
        free(set->parts);
        *set = (struct part_set){0};
        return rc;
    }
    for (size_t i = 0; i < description->recipient_count; i++) {
        struct part_output *output = &set->outputs[i];
        output->directory = -1;
        randomness_init(&output->shuffle, options->seed, options->lane, RANDOMNESS_SHUFFLE,
                        (unsigned)i);
        randomness_init(&output->names, options->seed, options->lane, RANDOMNESS_NAMES,
                        (unsigned)i);
    }
    return RC_OK;
}

void part_set_release(struct part_set *set)
{
    if (!set->outputs)
        return;
    const struct sink_description *description = set->description;
    for (size_t i = 0; i < description->recipient_count * description->schema_count; i++)
        part_release(&set->parts[i]);
    for (size_t i = 0; i < description->recipient_count; i++)
        if (set->outputs[i].directory >= 0)
            close(set->outputs[i].directory);
    frame_writer_release(&set->writer);
    free(set->outputs);
    free(set->parts);
    *set = (struct part_set){0};
}

void part_set_direct(struct part_set *set, size_t recipient, int directory)
{
    set->outputs[recipient].directory = directory;
}

bool part_set_is_used(const struct part_set *set)
{
    for (size_t i = 0; i < set->description->recipient_count; i++)
        if (set->outputs[i].directory >= 0)
            return true;
    return false;
}

static enum rc take_group(struct part_set *set, struct batch *batch, struct row_group *group)
{
    struct part_output *output = &set->outputs[group->recipient];
    struct part *part = part_at(set, group->recipient, group->schema);
    if (group->count == 0)
        return RC_OK;
    if (!part->open) {
        enum rc rc = part_open(part, output->directory, &output->names, set->owner);
        if (rc != RC_OK)
            return rc;
    }
    if (!set->description->recipients[group->recipient].keep_order)
        rows_shuffle(group->rows, group->count, &output->shuffle);
    return part_write(part, &set->writer, &batch->rows, group);
}

static enum rc take_recipient(struct part_set *set, struct batch *batch, size_t recipient)
{
    uint64_t rows = batch_recipient_rows(batch, recipient);
    if (set->outputs[recipient].directory < 0 || rows == 0)
        return RC_OK;
    if (rows < set->description->recipients[recipient].minimum)
        set->outputs[recipient].below_minimum++;
    enum rc rc = RC_OK;
    for (size_t schema = 0; rc == RC_OK && schema < batch->schema_count; schema++)
        rc = take_group(set, batch, batch_group(batch, recipient, schema));
    return rc;
}

enum rc part_set_take(struct part_set *set, struct batch *batch)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < batch->recipient_count; i++)
        rc = take_recipient(set, batch, i);
    return rc;
}

bool part_set_is_full(const struct part_set *set)
{
    FOR_OPEN_PARTS(set, recipient, part)
    if (part->file.stored >= set->description->recipients[recipient].part_bytes)
        return true;
    return false;
}

int64_t part_set_delay(const struct part_set *set)
{
    int64_t open = TIME_NEVER, any = TIME_NEVER;
    for (size_t i = 0; i < set->description->recipient_count; i++)
        if (set->outputs[i].directory >= 0 && set->description->recipients[i].part_delay < any)
            any = set->description->recipients[i].part_delay;
    FOR_OPEN_PARTS(set, recipient, part)
    if (set->description->recipients[recipient].part_delay < open)
        open = set->description->recipients[recipient].part_delay;
    return open != TIME_NEVER ? open : any;
}

static struct manifest manifest_of(const struct part_set *set, size_t recipient,
                                   const struct part *part)
{
    const struct sink_description *description = set->description;
    const struct sink_recipient *to = &description->recipients[recipient];
    return (struct manifest){.recipient = to->name,
                             .schema = schema_of(set, recipient, part)->name,
                             .schema_version = schema_of(set, recipient, part)->version,
                             .policy = description->policy,
                             .policy_version = description->policy_version,
                             .label = description->label,
                             .keep_order = to->keep_order,
                             .finest_time = to->time_step};
}

/* fsync of the directories that this publication has something in. */
static enum rc sync_directories(struct part_set *set)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < set->description->recipient_count; i++) {
        if (!set->outputs[i].touched)
            continue;
        enum rc one = layout_sync(set->outputs[i].directory);
        if (rc == RC_OK)
            rc = one;
    }
    return rc;
}

enum rc part_set_prepare(struct part_set *set, int64_t now)
{
    FOR_OPEN_PARTS(set, recipient, part)
    {
        enum rc rc = part_prepare(part, manifest_of(set, recipient, part), now);
        if (rc != RC_OK)
            return rc;
        set->outputs[recipient].touched = true;
    }
    return sync_directories(set);
}

void part_set_describe(const struct part_set *set, struct buffer *entry)
{
    FOR_OPEN_PARTS(set, recipient, part)
    {
        struct publication_part description = {.recipient =
                                                   set->description->recipients[recipient].name,
                                               .schema = schema_of(set, recipient, part)->name,
                                               .file = part->file.name,
                                               .checksum = part->checksum,
                                               .rows = part->rows,
                                               .bytes = part->bytes,
                                               .stored_bytes = part->file.stored,
                                               .epochs = &part->epochs};
        publication_add_part(entry, &description);
    }
}

static void count(struct part_counts *counts, const struct part *part)
{
    counts->parts++;
    counts->rows += part->rows;
    counts->bytes += part->bytes;
    counts->stored_bytes += part->file.stored;
}

static void begin_anew(struct part_set *set)
{
    for (size_t i = 0; i < set->description->recipient_count; i++) {
        set->outputs[i].touched = false;
        set->outputs[i].below_minimum = 0;
    }
}

/* The commit is made: what fails from here on is for recovery, and the rest is still done. */
enum rc part_set_publish(struct part_set *set)
{
    enum rc rc = RC_OK;
    FOR_OPEN_PARTS(set, recipient, part)
    {
        count(&set->outputs[recipient].counts, part);
        enum rc one = part_publish(part);
        if (rc == RC_OK)
            rc = one;
    }
    enum rc one = sync_directories(set);
    for (size_t i = 0; i < set->description->recipient_count; i++)
        set->outputs[i].counts.below_minimum += set->outputs[i].below_minimum;
    begin_anew(set);
    return rc == RC_OK ? one : rc;
}

void part_set_discard(struct part_set *set)
{
    FOR_OPEN_PARTS(set, recipient, part)
    part_discard(part);
    begin_anew(set);
}

void part_set_abandon(struct part_set *set)
{
    FOR_OPEN_PARTS(set, recipient, part)
    part_abandon(part);
    begin_anew(set);
}
