#include "sink/quarantine_writer.h"

#include <sodium.h>
#include <unistd.h>

#include "sink/quarantine_file.h"

enum { FLUSH_SIZE = 64 * 1024 };

enum rc quarantine_writer_init(struct quarantine_writer *writer, const char *root,
                               const uint64_t *seed, unsigned lane)
{
    *writer = (struct quarantine_writer){.directory = -1};
    enum rc rc = layout_open(root, LAYOUT_QUARANTINE, &writer->directory);
    if (rc != RC_OK)
        return rc;
    rc = pending_file_init(&writer->file);
    if (rc != RC_OK) {
        close(writer->directory);
        writer->directory = -1;
        return rc;
    }
    buffer_init(&writer->lines, FLUSH_SIZE + QUARANTINE_LINE_LIMIT);
    randomness_init(&writer->names, seed, lane, RANDOMNESS_QUARANTINE_NAMES, 0);
    return RC_OK;
}

void quarantine_writer_release(struct quarantine_writer *writer)
{
    if (writer->directory < 0)
        return;
    pending_file_release(&writer->file);
    buffer_release(&writer->lines);
    close(writer->directory);
    writer->directory = -1;
}

static enum rc open_file(struct quarantine_writer *writer)
{
    unsigned char number[16];
    char stem[FILE_STEM_SIZE], name[FILE_NAME_SIZE];
    randomness_bytes(&writer->names, number, sizeof number);
    sodium_bin2hex(stem, sizeof stem, number, sizeof number);
    layout_name(FILE_QUARANTINE, stem, name);
    enum rc rc = pending_file_open(&writer->file, writer->directory, name, NULL, 0600);
    if (rc != RC_OK)
        return rc;
    writer->open = true;
    writer->records = 0;
    memset(writer->by_reason, 0, sizeof writer->by_reason);
    return RC_OK;
}

static enum rc flush(struct quarantine_writer *writer)
{
    enum rc rc = pending_file_write(&writer->file, buffer_slice(&writer->lines));
    buffer_reset(&writer->lines);
    return rc;
}

static bool count(struct quarantine_writer *writer, const char *reason)
{
    for (enum quarantine_reason i = QUARANTINE_NONE + 1; i < QUARANTINE_REASON_COUNT; i++)
        if (strcmp(reason, quarantine_reason_name(i)) == 0) {
            writer->by_reason[i]++;
            writer->records++;
            return true;
        }
    return false;
}

enum rc quarantine_writer_take(struct quarantine_writer *writer, const struct batch *batch)
{
    if (batch->sealed_count == 0)
        return RC_OK;
    enum rc rc = writer->open ? RC_OK : open_file(writer);
    buffer_reset(&writer->lines);
    for (uint32_t i = 0; rc == RC_OK && i < batch->sealed_count; i++) {
        struct sealed_record sealed = batch_sealed(batch, i);
        if (!count(writer, sealed.reason))
            return RC_INTERNAL;
        quarantine_write_line(&writer->lines, &sealed);
        rc = buffer_status(&writer->lines);
        if (rc == RC_OK && writer->lines.length >= FLUSH_SIZE)
            rc = flush(writer);
    }
    return rc == RC_OK ? flush(writer) : rc;
}

enum rc quarantine_writer_prepare(struct quarantine_writer *writer, int64_t now)
{
    if (!writer->open)
        return RC_OK;
    checksum_text(&writer->file.checksum, writer->checksum);
    enum rc rc = pending_file_prepare(&writer->file, now);
    return rc == RC_OK ? layout_sync(writer->directory) : rc;
}

void quarantine_writer_describe(const struct quarantine_writer *writer, struct buffer *entry)
{
    struct publication_quarantine description = {.file = writer->file.name,
                                                 .checksum = writer->checksum,
                                                 .records = writer->records,
                                                 .stored_bytes = writer->file.stored};
    memcpy(description.by_reason, writer->by_reason, sizeof description.by_reason);
    publication_add_quarantine(entry, writer->open ? &description : NULL);
}

enum rc quarantine_writer_publish(struct quarantine_writer *writer)
{
    if (!writer->open)
        return RC_OK;
    enum rc rc = pending_file_publish(&writer->file);
    if (rc == RC_OK)
        rc = layout_sync(writer->directory);
    quarantine_writer_abandon(writer);
    return rc;
}

void quarantine_writer_discard(struct quarantine_writer *writer)
{
    if (writer->open)
        pending_file_discard(&writer->file);
    writer->open = false;
}

void quarantine_writer_abandon(struct quarantine_writer *writer)
{
    if (writer->open)
        pending_file_abandon(&writer->file);
    writer->open = false;
}
