#include "sink/quarantine_prune.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/time_text.h"
#include "sink/layout.h"
#include "sink/quarantine_file.h"

struct pruning {
    const char *directory;
    int descriptor;
    int64_t before; /* what was sealed then or earlier goes */
    struct quarantine_pruned *pruned;
};

struct newest {
    int64_t time;
    uint64_t records;
};

static bool look(void *context, uint64_t line, const struct sealed_record *sealed)
{
    struct newest *newest = context;
    (void)line;
    newest->records++;
    if (sealed->time > newest->time)
        newest->time = sealed->time;
    return true;
}

/* When the file's newest record was sealed, or where that cannot be told, when it was written. */
static enum rc find_newest(const struct pruning *pruning, const char *name, bool is_whole,
                           struct newest *newest)
{
    char path[PATH_MAX];
    struct stat status;
    *newest = (struct newest){TIME_NONE, 0};
    if (fstatat(pruning->descriptor, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return rc_from_errno(errno);
    if (!S_ISREG(status.st_mode))
        return RC_REFUSED;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", pruning->directory, name) >= sizeof path)
        return RC_LIMIT;
    enum rc rc = is_whole ? quarantine_read(path, look, newest, NULL) : RC_CORRUPT;
    if (rc == RC_OK && newest->records > 0)
        return RC_OK;
    if (rc != RC_OK && rc != RC_CORRUPT)
        return rc;
    newest->time = (int64_t)status.st_mtime * TIME_SECOND;
    return RC_OK;
}

/* Before the file goes: a crash between the two leaves both, and the next time ends it. */
static enum rc leave_name(const struct pruning *pruning, const char *stem)
{
    char name[FILE_NAME_SIZE];
    layout_name(FILE_ENDED, stem, name);
    int file = openat(pruning->descriptor, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return rc_from_errno(errno);
    close(file);
    return layout_sync(pruning->descriptor);
}

static enum rc prune_one(struct pruning *pruning, const char *name)
{
    char stem[FILE_STEM_SIZE];
    enum file_kind of = FILE_STRAY, kind = layout_kind(name, stem, &of);
    struct newest newest;
    if (kind != FILE_QUARANTINE && !(kind == FILE_TEMPORARY && of == FILE_QUARANTINE))
        return RC_OK;
    enum rc rc = find_newest(pruning, name, kind == FILE_QUARANTINE, &newest);
    if (rc == RC_REFUSED || rc == RC_NOT_FOUND) /* no file; or somebody was quicker */
        return RC_OK;
    if (rc != RC_OK)
        return rc;
    if (newest.time > pruning->before) {
        pruning->pruned->kept++;
        return RC_OK;
    }
    rc = kind == FILE_QUARANTINE ? leave_name(pruning, stem) : RC_OK;
    if (unlinkat(pruning->descriptor, name, 0) != 0)
        return errno == ENOENT ? RC_OK : rc_from_errno(errno);
    pruning->pruned->files++;
    pruning->pruned->records += newest.records;
    /* A full disk may have had no room for a name: that the file goes was promised, and now there
     * is. */
    return rc == RC_OK ? RC_OK : leave_name(pruning, stem);
}

/* Everything that can go goes; the first failure is what is told. Closes the descriptor. */
static enum rc walk(struct pruning *pruning)
{
    enum rc rc = RC_OK;
    DIR *directory = fdopendir(pruning->descriptor);
    if (!directory) {
        rc = rc_from_errno(errno);
        close(pruning->descriptor);
        return rc;
    }
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(directory);
        enum rc one = entry ? prune_one(pruning, entry->d_name) : rc_from_errno(errno);
        if (rc == RC_OK)
            rc = one;
        if (!entry)
            break;
    }
    enum rc synced = layout_sync(pruning->descriptor);
    closedir(directory);
    return rc != RC_OK ? rc : synced;
}

enum rc quarantine_prune(const char *directory, int64_t retention, int64_t now,
                         struct quarantine_pruned *pruned)
{
    char below[PATH_MAX];
    struct pruning pruning = {.directory = directory, .before = now - retention, .pruned = pruned};
    enum rc rc = layout_open(directory, LAYOUT_QUARANTINE, &pruning.descriptor);
    if (rc == RC_OK) {
        if ((size_t)snprintf(below, sizeof below, "%s/%s", directory, LAYOUT_QUARANTINE) >=
            sizeof below) {
            close(pruning.descriptor);
            return RC_LIMIT;
        }
        pruning.directory = below;
    } else if (rc == RC_NOT_FOUND) {
        rc = layout_open(directory, "", &pruning.descriptor);
    }
    return rc == RC_OK ? walk(&pruning) : rc;
}
