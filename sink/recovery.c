#include "sink/recovery.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/arena.h"
#include "sink/audit.h"
#include "sink/prepared_file.h"

struct placed_file {
    struct named_file file;
    const char *directory; /* below the root */
};

struct recovery {
    const char *root;
    struct recovery_report *report;
    struct arena arena;
    struct placed_file *files;
    size_t count, capacity;
    enum rc failure; /* inside a visitor */
};

static const size_t NAME_MEMORY = (size_t)1 << 30;

static int compare_files(const void *a, const void *b)
{
    const struct named_file *first = &((const struct placed_file *)a)->file;
    const struct named_file *second = &((const struct placed_file *)b)->file;
    int order = memcmp(first->stem, second->stem, FILE_STEM_SIZE);
    return order ? order : (int)first->kind - (int)second->kind;
}

/* A manifest is named with its part. */
static bool is_named(const struct recovery *recovery, enum file_kind kind, const char *stem)
{
    struct placed_file key = {.file.kind = kind == FILE_MANIFEST ? FILE_PART : kind};
    memcpy(key.file.stem, stem, sizeof key.file.stem);
    return recovery->count &&
           bsearch(&key, recovery->files, recovery->count, sizeof key, compare_files);
}

static bool note_file(void *context, const struct publication_file *file)
{
    struct recovery *recovery = context;
    recovery->failure = RC_NO_MEMORY;
    if (recovery->count == recovery->capacity) {
        size_t capacity = recovery->capacity ? recovery->capacity * 2 : 64;
        struct placed_file *larger = reallocarray(recovery->files, capacity, sizeof *larger);
        if (!larger)
            return false;
        recovery->files = larger;
        recovery->capacity = capacity;
    }
    struct placed_file *named = &recovery->files[recovery->count];
    named_file_from(file, &named->file);
    named->directory = file->kind == FILE_QUARANTINE
                           ? LAYOUT_QUARANTINE
                           : arena_format(&recovery->arena, LAYOUT_RECIPIENTS "/%.*s",
                                          SLICE_FORMAT(file->recipient));
    if (!named->directory)
        return false;
    recovery->count++;
    recovery->failure = RC_OK;
    return true;
}

static bool note_entry(void *context, uint64_t number, struct slice event,
                       const struct json_value *entry)
{
    struct recovery *recovery = context;
    (void)number;
    if (!slice_equal(event, SLICE(PUBLICATION_EVENT)))
        return true;
    enum rc rc = publication_files(entry, note_file, recovery);
    if (recovery->failure == RC_OK)
        recovery->failure = rc;
    return recovery->failure == RC_OK;
}

/* Everything that the audit names, before anything is touched. */
static enum rc read_audit(struct recovery *recovery, const char *path)
{
    enum rc rc = audit_read(path, note_entry, recovery, NULL);
    if (recovery->failure != RC_OK)
        return recovery->failure;
    if (rc != RC_OK && rc != RC_TRUNCATED)
        return rc;
    if (recovery->count)
        qsort(recovery->files, recovery->count, sizeof *recovery->files, compare_files);
    return RC_OK;
}

static enum rc publish_named(struct recovery *recovery)
{
    for (size_t i = 0; i < recovery->count; i++) {
        const struct placed_file *file = &recovery->files[i];
        int directory;
        enum rc rc = layout_open(recovery->root, file->directory, &directory);
        if (rc == RC_NOT_FOUND) { /* the recipient's files were taken away whole */
            recovery->report->missing++;
            continue;
        }
        if (rc != RC_OK)
            return rc;
        bool ended = file->file.kind == FILE_QUARANTINE &&
                     layout_has(directory, FILE_ENDED, file->file.stem);
        if (!ended)
            rc = prepared_file_publish(directory, NULL, &file->file, recovery->report);
        close(directory);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

static enum rc clear_one(struct recovery *recovery, int directory, const char *name)
{
    char stem[FILE_STEM_SIZE];
    enum file_kind of = FILE_STRAY, kind = layout_kind(name, stem, &of);
    if (kind == FILE_STRAY || kind == FILE_ENDED)
        return RC_OK;
    if (kind != FILE_TEMPORARY) {
        if (!is_named(recovery, kind, stem))
            recovery->report->unnamed++;
        return RC_OK;
    }
    if (is_named(recovery, of, stem))
        return RC_OK;
    if (unlinkat(directory, name, 0) != 0)
        return rc_from_errno(errno);
    recovery->report->removed++;
    return RC_OK;
}

/* Calls `each` for every name in an open directory, which is closed. */
static enum rc walk(struct recovery *recovery, int descriptor,
                    enum rc (*each)(struct recovery *, int, const char *))
{
    enum rc rc = RC_OK;
    struct dirent *entry;
    DIR *directory = fdopendir(descriptor);
    if (!directory) {
        rc = rc_from_errno(errno);
        close(descriptor);
        return rc;
    }
    while (rc == RC_OK) {
        errno = 0;
        entry = readdir(directory);
        if (!entry) {
            rc = rc_from_errno(errno);
            break;
        }
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = each(recovery, descriptor, entry->d_name);
    }
    if (rc == RC_OK)
        rc = layout_sync(descriptor);
    closedir(directory);
    return rc;
}

static enum rc clear_recipient(struct recovery *recovery, int recipients, const char *name)
{
    int directory;
    enum rc rc = layout_open_at(recipients, name, &directory);
    if (rc == RC_REFUSED) /* no directory: nothing of ours */
        return RC_OK;
    return rc == RC_OK ? walk(recovery, directory, clear_one) : rc;
}

static enum rc clear_in(struct recovery *recovery, const char *below,
                        enum rc (*each)(struct recovery *, int, const char *))
{
    int directory;
    enum rc rc = layout_open(recovery->root, below, &directory);
    if (rc == RC_NOT_FOUND)
        return RC_OK;
    return rc == RC_OK ? walk(recovery, directory, each) : rc;
}

static enum rc recover(struct recovery *recovery, const char *audit_path)
{
    int root;
    enum rc rc = layout_open(recovery->root, "", &root);
    if (rc != RC_OK)
        return rc;
    close(root);
    rc = read_audit(recovery, audit_path);
    if (rc == RC_OK)
        rc = publish_named(recovery);
    if (rc == RC_OK)
        rc = clear_in(recovery, LAYOUT_RECIPIENTS, clear_recipient);
    if (rc == RC_OK)
        rc = clear_in(recovery, LAYOUT_QUARANTINE, clear_one);
    return rc;
}

enum rc file_sink_recover(const char *root, const char *audit_path, struct recovery_report *report)
{
    struct recovery recovery = {.root = root, .report = report};
    *report = (struct recovery_report){0};
    int lock = open(audit_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (lock < 0)
        return rc_from_errno(errno);
    enum rc rc = RC_REFUSED;
    if (flock(lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
        arena_init(&recovery.arena, NAME_MEMORY);
        rc = recover(&recovery, audit_path);
        arena_release(&recovery.arena);
        free(recovery.files);
    }
    close(lock);
    return rc;
}
