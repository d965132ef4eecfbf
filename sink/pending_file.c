#include "sink/pending_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/time_text.h"

enum rc pending_file_init(struct pending_file *file)
{
    *file = (struct pending_file){.directory = -1, .descriptor = -1};
    return checksum_init(&file->checksum);
}

void pending_file_release(struct pending_file *file)
{
    if (!file->checksum.state)
        return;
    pending_file_discard(file);
    checksum_release(&file->checksum);
}

enum rc pending_file_open(struct pending_file *file, int directory, const char *name,
                          const char *owner, unsigned mode)
{
    file->directory = directory;
    file->stored = 0;
    checksum_reset(&file->checksum);
    snprintf(file->name, sizeof file->name, "%s", name);
    layout_temporary_name(name, owner, file->temporary);
    do
        file->descriptor =
            openat(directory, file->temporary,
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, mode);
    while (file->descriptor < 0 && errno == EINTR);
    if (file->descriptor < 0)
        return rc_from_errno(errno);
    file->there = true;
    return RC_OK;
}

enum rc pending_file_write(struct pending_file *file, struct slice bytes)
{
    enum rc rc = file_write_all(file->descriptor, bytes);
    if (rc != RC_OK)
        return rc;
    checksum_update(&file->checksum, bytes);
    file->stored += bytes.length;
    return RC_OK;
}

static enum rc set_times(int descriptor, int64_t now)
{
    time_t hour = (time_t)(time_floor(now, TIME_HOUR) / TIME_SECOND);
    const struct timespec times[2] = {{.tv_sec = hour}, {.tv_sec = hour}};
    return futimens(descriptor, times) == 0 ? RC_OK : rc_from_errno(errno);
}

static enum rc sync_and_close(struct pending_file *file)
{
    int result;
    do
        result = fsync(file->descriptor);
    while (result != 0 && errno == EINTR);
    enum rc rc = result == 0 ? RC_OK : rc_from_errno(errno);
    /* Network file systems say at the close that there was no space. */
    if (close(file->descriptor) != 0 && errno != EINTR && rc == RC_OK)
        rc = rc_from_errno(errno);
    file->descriptor = -1;
    return rc;
}

enum rc pending_file_prepare(struct pending_file *file, int64_t now)
{
    enum rc rc = set_times(file->descriptor, now);
    return rc == RC_OK ? sync_and_close(file) : rc;
}

enum rc rename_without_replacing(int directory, const char *from, const char *to)
{
    if (renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0)
        return RC_OK;
    if (errno != EINVAL && errno != ENOSYS)
        return rc_from_errno(errno);
    /* A file system without that flag: a link never replaces either. */
    if (linkat(directory, from, directory, to, 0) != 0)
        return rc_from_errno(errno);
    return unlinkat(directory, from, 0) == 0 ? RC_OK : rc_from_errno(errno);
}

enum rc pending_file_publish(struct pending_file *file)
{
    enum rc rc = rename_without_replacing(file->directory, file->temporary, file->name);
    if (rc == RC_OK)
        file->there = false;
    return rc;
}

void pending_file_discard(struct pending_file *file)
{
    bool there = file->there;
    pending_file_abandon(file);
    if (there)
        unlinkat(file->directory, file->temporary, 0);
}

void pending_file_abandon(struct pending_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    file->descriptor = -1;
    file->there = false;
}
