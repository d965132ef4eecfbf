#include "sink/part.h"

#include <sodium.h>

void part_release(struct part *part)
{
    pending_file_release(&part->file);
    pending_file_release(&part->manifest);
    epoch_set_release(&part->epochs);
    *part = (struct part){0};
}

static enum rc make_ready(struct part *part)
{
    enum rc rc = RC_OK;
    if (!part->file.checksum.state)
        rc = pending_file_init(&part->file);
    if (rc == RC_OK && !part->manifest.checksum.state)
        rc = pending_file_init(&part->manifest);
    return rc;
}

enum rc part_open(struct part *part, int directory, struct randomness *names, const char *owner)
{
    unsigned char number[16];
    char name[FILE_NAME_SIZE];
    enum rc rc = make_ready(part);
    if (rc != RC_OK)
        return rc;
    randomness_bytes(names, number, sizeof number);
    sodium_bin2hex(part->stem, sizeof part->stem, number, sizeof number);
    layout_name(FILE_PART, part->stem, name);
    part->owner = owner;
    rc = pending_file_open(&part->file, directory, name, owner, 0644);
    if (rc != RC_OK)
        return rc;
    part->open = true;
    part->rows = part->bytes = 0;
    epoch_set_reset(&part->epochs);
    return RC_OK;
}

enum rc part_write(struct part *part, struct frame_writer *writer, const struct buffer *bytes,
                   const struct row_group *group)
{
    for (uint32_t i = 0; i < group->count; i++) {
        enum rc rc = epoch_set_add(&part->epochs, group->rows[i].epoch);
        if (rc != RC_OK)
            return rc;
    }
    part->rows += group->count;
    part->bytes += group->bytes + group->count;
    return frame_write(writer, bytes, group, &part->file);
}

static enum rc write_manifest(struct part *part, const struct manifest *manifest)
{
    char name[FILE_NAME_SIZE];
    struct buffer text;
    layout_name(FILE_MANIFEST, part->stem, name);
    enum rc rc = pending_file_open(&part->manifest, part->file.directory, name, part->owner, 0644);
    if (rc != RC_OK)
        return rc;
    buffer_init(&text, MANIFEST_LIMIT);
    manifest_write(&text, manifest);
    rc = buffer_status(&text);
    if (rc == RC_OK)
        rc = pending_file_write(&part->manifest, buffer_slice(&text));
    buffer_release(&text);
    return rc;
}

enum rc part_prepare(struct part *part, struct manifest manifest, int64_t now)
{
    checksum_text(&part->file.checksum, part->checksum);
    manifest.rows = part->rows;
    manifest.bytes = part->bytes;
    manifest.stored_bytes = part->file.stored;
    manifest.checksum = slice_from_string(part->checksum);
    manifest.epochs = part->epochs.epochs;
    manifest.epoch_count = part->epochs.count;
    manifest.published = now;
    enum rc rc = pending_file_prepare(&part->file, now);
    if (rc == RC_OK)
        rc = write_manifest(part, &manifest);
    if (rc == RC_OK)
        rc = pending_file_prepare(&part->manifest, now);
    return rc;
}

enum rc part_publish(struct part *part)
{
    enum rc rc = pending_file_publish(&part->manifest);
    /* A part without its manifest is not to be seen. */
    if (rc == RC_OK)
        rc = pending_file_publish(&part->file);
    part_abandon(part);
    return rc;
}

void part_discard(struct part *part)
{
    if (!part->open)
        return;
    pending_file_discard(&part->file);
    pending_file_discard(&part->manifest);
    part->open = false;
}

void part_abandon(struct part *part)
{
    if (!part->open)
        return;
    pending_file_abandon(&part->file);
    pending_file_abandon(&part->manifest);
    part->open = false;
}
