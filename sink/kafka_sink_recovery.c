#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/time_text.h"
#include "sink/kafka_sink_state.h"
#include "sink/prepared_file.h"

/* A temporary file of this lane. */
struct left_over {
    int directory; /* borrowed from the part set */
    char name[FILE_NAME_SIZE];
    char stem[FILE_STEM_SIZE];
    int64_t time;    /* of the file: the full hour where it was prepared */
    int64_t changed; /* when its name, times or content were, in truth */
    bool named;      /* by the audit: */
    struct named_file stated;
};

/* A part that the last publication names, and where it belongs. */
struct last_part {
    struct named_file file;
    size_t recipient;
};

struct recovery {
    struct kafka_sink *sink;
    struct left_over *left;
    size_t count, capacity;
    struct last_part *last;
    size_t last_count, last_capacity;
    bool begun;           /* the chain, by this start: it tells of nothing before */
    int64_t oldest_entry; /* of this chain, among what was read */
    enum rc failure;      /* inside a visitor */
};

static bool note_last(void *context, const struct publication_file *file)
{
    struct recovery *recovery = context;
    const struct sink_description *description = recovery->sink->outputs.description;
    size_t recipient = 0;
    while (recipient < description->recipient_count &&
           !slice_equal(description->recipients[recipient].name, file->recipient))
        recipient++;
    if (file->kind != FILE_PART || recipient == description->recipient_count ||
        recovery->sink->outputs.parts.outputs[recipient].directory < 0)
        return true; /* nothing that this configuration writes */
    if (recovery->last_count == recovery->last_capacity) {
        size_t capacity = recovery->last_capacity ? recovery->last_capacity * 2 : 16;
        struct last_part *larger = reallocarray(recovery->last, capacity, sizeof *larger);
        if (!larger) {
            recovery->failure = RC_NO_MEMORY;
            return false;
        }
        recovery->last = larger;
        recovery->last_capacity = capacity;
    }
    struct last_part *part = &recovery->last[recovery->last_count++];
    named_file_from(file, &part->file);
    part->recipient = recipient;
    return true;
}

/* Entries of this chain on the way to its end: the last publication wins. */
static bool note_tail(void *context, int32_t partition, int64_t offset,
                      const struct audit_entry *entry)
{
    struct recovery *recovery = context;
    (void)partition;
    (void)offset;
    if (!slice_equal(entry->event, SLICE(PUBLICATION_EVENT)))
        return true;
    recovery->last_count = 0;
    enum rc rc = publication_files(entry->members, note_last, recovery);
    if (recovery->failure == RC_OK)
        recovery->failure = rc;
    return recovery->failure == RC_OK;
}

static bool note_named(void *context, const struct publication_file *file)
{
    struct recovery *recovery = context;
    for (size_t i = 0; i < recovery->count; i++) {
        struct left_over *left = &recovery->left[i];
        if (file->kind == FILE_PART && memcmp(left->stem, file->stem, sizeof left->stem) == 0) {
            left->named = true;
            named_file_from(file, &left->stated);
        }
    }
    return true;
}

static bool note_entry(void *context, int32_t partition, int64_t offset,
                       const struct audit_entry *entry)
{
    struct recovery *recovery = context;
    (void)partition;
    (void)offset;
    if (!slice_equal(entry->chain, recovery->sink->chain.id))
        return true;
    if (recovery->oldest_entry == TIME_NONE || entry->time < recovery->oldest_entry)
        recovery->oldest_entry = entry->time;
    if (slice_equal(entry->event, SLICE(PUBLICATION_EVENT)))
        recovery->failure = publication_files(entry->members, note_named, recovery);
    return recovery->failure == RC_OK;
}

static enum rc note_left_over(struct recovery *recovery, int directory, const char *name)
{
    struct stat status;
    char stem[FILE_STEM_SIZE];
    if (layout_kind(name, stem, NULL) != FILE_TEMPORARY ||
        !layout_is_owned_by(name, recovery->sink->owner))
        return RC_OK;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return rc_from_errno(errno);
    if (recovery->count == recovery->capacity) {
        size_t capacity = recovery->capacity ? recovery->capacity * 2 : 16;
        struct left_over *larger = reallocarray(recovery->left, capacity, sizeof *larger);
        if (!larger)
            return RC_NO_MEMORY;
        recovery->left = larger;
        recovery->capacity = capacity;
    }
    struct left_over *left = &recovery->left[recovery->count++];
    *left = (struct left_over){.directory = directory,
                               .time = (int64_t)status.st_mtim.tv_sec * TIME_SECOND,
                               .changed = (int64_t)status.st_ctim.tv_sec * TIME_SECOND +
                                          status.st_ctim.tv_nsec / 1000000};
    memcpy(left->name, name, strlen(name) + 1);
    memcpy(left->stem, stem, sizeof left->stem);
    return RC_OK;
}

static enum rc list_directory(struct recovery *recovery, int directory)
{
    enum rc rc = RC_OK;
    int own = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = own >= 0 ? fdopendir(own) : NULL;
    if (!names) {
        rc = rc_from_errno(errno);
        if (own >= 0)
            close(own);
        return rc;
    }
    while (rc == RC_OK) {
        errno = 0;
        struct dirent *entry = readdir(names);
        if (!entry) {
            rc = rc_from_errno(errno);
            break;
        }
        rc = note_left_over(recovery, directory, entry->d_name);
    }
    closedir(names);
    return rc;
}

static enum rc list_all(struct recovery *recovery)
{
    const struct part_set *parts = &recovery->sink->outputs.parts;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < parts->description->recipient_count; i++)
        if (parts->outputs[i].directory >= 0)
            rc = list_directory(recovery, parts->outputs[i].directory);
    return rc;
}

/*
 * Does what was read of the audit go back to before this file was made? Either something older was
 * left aside, or an entry of this chain is as old: a chain begins before its lane makes files.
 * (Times of prepared files are the full hour.)
 */
static bool reaches(const struct recovery *recovery, const struct audit_reach *reach,
                    const struct left_over *left)
{
    int64_t oldest = recovery->oldest_entry;
    return reach->older || (!recovery->begun && oldest != TIME_NONE && oldest <= left->changed &&
                            time_floor(oldest, TIME_HOUR) <= left->time);
}

static enum rc settle(struct recovery *recovery, const struct audit_reach *reach,
                      const struct left_over *left)
{
    struct recovery_report *report = &recovery->sink->counts.recovery;
    if (left->named) {
        struct recovery_report one = {0};
        enum rc rc =
            prepared_file_publish(left->directory, recovery->sink->owner, &left->stated, &one);
        report->published += one.published;
        report->damaged += one.damaged + one.missing; /* a manifest without its part */
        return rc;
    }
    if (!reaches(recovery, reach, left)) {
        report->kept++;
        return RC_OK;
    }
    report->removed++;
    return unlinkat(left->directory, left->name, 0) == 0 ? RC_OK : rc_from_errno(errno);
}

/* A named part and its manifest are settled together, when the first of them comes. */
static bool is_settled(const struct recovery *recovery, size_t which)
{
    const struct left_over *left = &recovery->left[which];
    for (size_t i = 0; left->named && i < which; i++)
        if (memcmp(recovery->left[i].stem, left->stem, sizeof left->stem) == 0)
            return true;
    return false;
}

static enum rc settle_all(struct recovery *recovery, struct buffer *reason)
{
    struct audit_history history = kafka_sink_history(recovery->sink);
    struct audit_reach reach = {.chain = recovery->sink->chain.id};
    int64_t oldest = TIME_NEVER;
    if (recovery->count == 0)
        return RC_OK;
    for (size_t i = 0; i < recovery->count; i++)
        if (recovery->left[i].time < oldest)
            oldest = recovery->left[i].time;
    enum rc rc = audit_history_read(&history, oldest - 2 * (int64_t)TIME_HOUR, note_entry, recovery,
                                    &reach, reason);
    if (rc == RC_OK)
        rc = recovery->failure;
    for (size_t i = 0; rc == RC_OK && i < recovery->count; i++)
        if (!is_settled(recovery, i))
            rc = settle(recovery, &reach, &recovery->left[i]);
    const struct part_set *parts = &recovery->sink->outputs.parts;
    for (size_t i = 0; rc == RC_OK && i < parts->description->recipient_count; i++)
        if (parts->outputs[i].directory >= 0)
            rc = layout_sync(parts->outputs[i].directory);
    return rc;
}

/* What the last publication names must be there now: renaming is all that could be missing. */
static void count_missing(struct recovery *recovery)
{
    for (size_t i = 0; i < recovery->last_count; i++) {
        const struct last_part *part = &recovery->last[i];
        int directory = recovery->sink->outputs.parts.outputs[part->recipient].directory;
        char name[FILE_NAME_SIZE], temporary[FILE_NAME_SIZE];
        layout_name(FILE_PART, part->file.stem, name);
        layout_temporary_name(name, recovery->sink->owner, temporary);
        if (!layout_has_name(directory, name) && !layout_has_name(directory, temporary))
            recovery->sink->counts.recovery.missing++;
    }
}

static void report(const struct kafka_sink *sink)
{
    const struct recovery_report *report = &sink->counts.recovery;
    if (report->published + report->removed + report->missing + report->damaged + report->kept == 0)
        return;
    LOG(report->missing + report->damaged + report->kept ? LOG_WARNING : LOG_INFO,
        "parts_recovered", LOG_NUMBER("lane", sink->options.lane),
        LOG_NUMBER("published", report->published), LOG_NUMBER("removed", report->removed),
        LOG_NUMBER("missing", report->missing), LOG_NUMBER("damaged", report->damaged),
        LOG_NUMBER("kept", report->kept));
}

enum rc kafka_sink_recover(struct kafka_sink *sink, struct buffer *reason)
{
    struct recovery recovery = {.sink = sink, .oldest_entry = TIME_NONE};
    enum rc rc = chain_resume(sink, note_tail, &recovery, &recovery.begun, reason);
    if (rc == RC_OK)
        rc = recovery.failure;
    if (rc == RC_OK)
        rc = list_all(&recovery);
    if (rc == RC_OK)
        rc = settle_all(&recovery, reason);
    if (rc == RC_OK) {
        count_missing(&recovery);
        report(sink);
    } else if (reason->length == 0) {
        buffer_append_format(reason, "recovery of files: %s", rc_sentence(rc));
    }
    free(recovery.left);
    free(recovery.last);
    return rc;
}
