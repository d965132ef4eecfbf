#include "sink/prepared_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "sink/pending_file.h"

void named_file_from(const struct publication_file *file, struct named_file *out)
{
    *out = (struct named_file){.kind = file->kind, .stored_bytes = file->stored_bytes};
    memcpy(out->stem, file->stem, sizeof out->stem);
    snprintf(out->checksum, sizeof out->checksum, "%.*s", SLICE_FORMAT(file->checksum));
}

/* From the temporary name to its own, where that has not been done. *moved: it was done now. */
static enum rc make_visible(int directory, const char *owner, const char *name, bool *moved)
{
    char temporary[FILE_NAME_SIZE];
    layout_temporary_name(name, owner, temporary);
    if (!layout_has_name(directory, temporary))
        return layout_has_name(directory, name) ? RC_OK : RC_NOT_FOUND;
    if (layout_has_name(directory, name)) /* a crash between link and unlink */
        return unlinkat(directory, temporary, 0) == 0 ? RC_OK : rc_from_errno(errno);
    *moved = true;
    return rename_without_replacing(directory, temporary, name);
}

/* Is what was prepared what the audit speaks of? A visible one is verify's business. */
static enum rc check_prepared(int directory, const char *owner, const char *name,
                              const struct named_file *file)
{
    char temporary[FILE_NAME_SIZE], checksum[CHECKSUM_SIZE];
    uint64_t size;
    layout_temporary_name(name, owner, temporary);
    if (layout_has_name(directory, name))
        return RC_OK;
    enum rc rc = checksum_file(directory, temporary, checksum, &size);
    if (rc != RC_OK)
        return rc;
    return size == file->stored_bytes && strcmp(checksum, file->checksum) == 0 ? RC_OK : RC_CORRUPT;
}

enum rc prepared_file_publish(int directory, const char *owner, const struct named_file *file,
                              struct recovery_report *report)
{
    char name[FILE_NAME_SIZE], manifest[FILE_NAME_SIZE];
    bool moved = false;
    layout_name(file->kind, file->stem, name);
    enum rc rc = check_prepared(directory, owner, name, file);
    if (rc == RC_OK && file->kind == FILE_PART) {
        layout_name(FILE_MANIFEST, file->stem, manifest);
        rc = make_visible(directory, owner, manifest, &moved);
        if (rc == RC_NOT_FOUND)
            rc = RC_CORRUPT;
    } else if (rc == RC_NOT_FOUND) {
        report->missing++;
        return RC_OK;
    }
    if (rc == RC_OK)
        rc = make_visible(directory, owner, name, &moved);
    if (rc == RC_CORRUPT || rc == RC_REFUSED) {
        report->damaged++;
        return RC_OK;
    }
    if (rc == RC_OK && moved)
        report->published++;
    return rc;
}
