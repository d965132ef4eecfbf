#include "sink/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink/part_reader.h"
#include "sink/verify_state.h"

static const size_t NAME_MEMORY = (size_t)1 << 30;

static void write_harmless(struct buffer *out, const char *name)
{
    for (; *name; name++)
        buffer_append_byte(out, *name >= 0x20 && *name < 0x7F ? *name : '?');
}

void verify_finding(struct verify *verify, const struct verify_place *place, const char *name,
                    const char *format, ...)
{
    struct buffer *out = verify->out;
    size_t before = out->length;
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    verify->report->findings++;
    write_harmless(out, place->path);
    if (*place->path && *name)
        buffer_append_byte(out, '/');
    write_harmless(out, name);
    buffer_append_string(out, ": ");
    write_harmless(out, sentence);
    buffer_append_byte(out, '\n');
    if (out->failed)
        buffer_truncate(out, before);
}

struct name_list {
    const char **names;
    size_t count, capacity;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool add_name(struct name_list *list, struct arena *arena, const char *name)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        const char **larger = reallocarray(list->names, capacity, sizeof *larger);
        if (!larger)
            return false;
        list->names = larger;
        list->capacity = capacity;
    }
    const char *copy = arena_string(arena, slice_from_string(name));
    if (copy)
        list->names[list->count++] = copy;
    return copy != NULL;
}

/* The names in a directory, sorted, so that the same tree gives the same findings. */
static enum rc list_names(struct verify *verify, int descriptor, struct name_list *list)
{
    struct dirent *entry;
    enum rc rc = RC_OK;
    *list = (struct name_list){0};
    int own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0)
        return rc_from_errno(errno);
    DIR *directory = fdopendir(own);
    if (!directory) {
        rc = rc_from_errno(errno);
        close(own);
        return rc;
    }
    errno = 0;
    while (rc == RC_OK && (entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !add_name(list, &verify->arena, entry->d_name))
            rc = RC_NO_MEMORY;
    if (rc == RC_OK && errno != 0)
        rc = rc_from_errno(errno);
    closedir(directory);
    if (rc != RC_OK)
        free(list->names);
    else if (list->count)
        qsort(list->names, list->count, sizeof *list->names, compare_names);
    return rc;
}

/* Of one directory that holds files of ours and nothing else. */
static enum rc walk_files(struct verify *verify, const struct verify_place *place)
{
    struct name_list list;
    enum rc rc = list_names(verify, place->descriptor, &list);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; rc == RC_OK && i < list.count; i++) {
        char stem[FILE_STEM_SIZE];
        enum file_kind kind = layout_kind(list.names[i], stem, NULL);
        bool rows = place->recipient.length > 0;
        if (kind == FILE_TEMPORARY)
            verify_finding(verify, place, list.names[i], "a temporary file was left over");
        else if (kind == FILE_PART && rows)
            rc = verify_part(verify, place, stem);
        else if (kind == FILE_QUARANTINE && !rows)
            rc = verify_quarantine(verify, place, stem);
        else if (kind == FILE_ENDED && !rows)
            rc = verify_ended(verify, stem);
        else if (kind != FILE_MANIFEST || !rows)
            verify_finding(verify, place, list.names[i], "this does not belong here");
        else if (!layout_has(place->descriptor, FILE_PART, stem))
            verify_finding(verify, place, list.names[i], "a manifest without its part");
    }
    free(list.names);
    return rc;
}

/* Where a directory cannot be opened that is a finding too. */
static bool open_place(struct verify *verify, const struct verify_place *above, const char *name,
                       struct verify_place *out)
{
    enum rc rc = layout_open_at(above->descriptor, name, &out->descriptor);
    out->path = arena_format(&verify->arena, "%s%s%s", above->path, *above->path ? "/" : "", name);
    if (rc == RC_OK && out->path)
        return true;
    if (rc == RC_OK)
        close(out->descriptor);
    verify_finding(verify, above, name, "cannot be opened as a directory: %s",
                   rc_sentence(rc == RC_OK ? RC_NO_MEMORY : rc));
    return false;
}

static enum rc walk_recipients(struct verify *verify, const struct verify_place *place)
{
    struct name_list list;
    enum rc rc = list_names(verify, place->descriptor, &list);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; rc == RC_OK && i < list.count; i++) {
        struct verify_place recipient = {.recipient = slice_from_string(list.names[i])};
        if (!layout_recipient_name_is_usable(recipient.recipient)) {
            verify_finding(verify, place, list.names[i], "this does not belong here");
        } else if (open_place(verify, place, list.names[i], &recipient)) {
            rc = walk_files(verify, &recipient);
            close(recipient.descriptor);
        }
    }
    free(list.names);
    return rc;
}

static void check_owner_alone(struct verify *verify, const struct verify_place *place)
{
    struct stat status;
    if (fstat(place->descriptor, &status) == 0 && status.st_mode & 077)
        verify_finding(verify, place, "", "others than its owner can open it (mode %03o)",
                       (unsigned)status.st_mode & 0777);
}

static enum rc walk_audit(struct verify *verify, const struct verify_place *place)
{
    struct name_list list;
    enum rc rc = list_names(verify, place->descriptor, &list);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.names[i], strrchr(LAYOUT_AUDIT_FILE, '/') + 1) != 0)
            verify_finding(verify, place, list.names[i], "this does not belong here");
    free(list.names);
    return RC_OK;
}

typedef enum rc walker(struct verify *verify, const struct verify_place *place);

static enum rc walk_private(struct verify *verify, const struct verify_place *place);

/* Holds the names in a directory against what may be there, and walks each of those. */
static enum rc walk_known(struct verify *verify, const struct verify_place *place,
                          const char *const *names, walker *const *walkers, size_t known)
{
    struct name_list list;
    enum rc rc = list_names(verify, place->descriptor, &list);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; rc == RC_OK && i < list.count; i++) {
        struct verify_place below = {0};
        size_t which = 0;
        while (which < known && strcmp(list.names[i], names[which]) != 0)
            which++;
        if (which == known) {
            verify_finding(verify, place, list.names[i], "this does not belong here");
        } else if (open_place(verify, place, list.names[i], &below)) {
            rc = walkers[which](verify, &below);
            close(below.descriptor);
        }
    }
    free(list.names);
    return rc;
}

static enum rc walk_private(struct verify *verify, const struct verify_place *place)
{
    static const char *const names[] = {"audit", "quarantine"};
    static walker *const walkers[] = {walk_audit, walk_files};
    check_owner_alone(verify, place);
    return walk_known(verify, place, names, walkers, 2);
}

static enum rc walk_root(struct verify *verify, const struct verify_place *place)
{
    static const char *const names[] = {LAYOUT_RECIPIENTS, LAYOUT_PRIVATE};
    static walker *const walkers[] = {walk_recipients, walk_private};
    return walk_known(verify, place, names, walkers, 2);
}

/* A recipient's directory that was moved is still known by its parts; an empty one by its name. */
static enum rc name_recipient(struct verify *verify)
{
    char path[PATH_MAX];
    if (!realpath(verify->directory, path))
        return rc_from_errno(errno);
    const char *name = strrchr(path, '/') + 1;
    verify->recipient = arena_copy(&verify->arena, slice_from_string(*name ? name : "/"));
    return verify->recipient.data ? RC_OK : RC_NO_MEMORY;
}

static enum rc walk(struct verify *verify)
{
    struct verify_place place = {.path = ""};
    struct stat status;
    enum rc rc = layout_open(verify->directory, "", &place.descriptor);
    if (rc != RC_OK)
        return rc;
    verify->whole = fstatat(place.descriptor, LAYOUT_RECIPIENTS, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (verify->whole) {
        rc = walk_root(verify, &place);
    } else {
        rc = name_recipient(verify);
        place.recipient = verify->recipient;
        if (rc == RC_OK)
            rc = walk_files(verify, &place);
    }
    close(place.descriptor);
    return rc;
}

static enum rc own_audit(const struct verify *verify, char path[static PATH_MAX])
{
    int length = snprintf(path, PATH_MAX, "%s/" LAYOUT_AUDIT_FILE, verify->directory);
    return length > 0 && length < PATH_MAX ? RC_OK : RC_LIMIT;
}

enum rc verify_directory(const char *directory, const char *audit, struct verify_report *report,
                         struct buffer *out)
{
    char path[PATH_MAX];
    struct verify verify = {.report = report, .out = out, .directory = directory};
    *report = (struct verify_report){.audit = RC_NOT_FOUND};
    arena_init(&verify.arena, NAME_MEMORY);
    json_names_init(&verify.names, 0, PART_ROW_LIMIT / 4 + 1);
    enum rc rc = walk(&verify);
    if (rc == RC_OK && !audit && verify.whole) {
        rc = own_audit(&verify, path);
        audit = layout_has_name(AT_FDCWD, path) ? path : NULL;
    }
    if (rc == RC_OK && audit)
        rc = verify_audit(&verify, audit);
    json_names_release(&verify.names);
    arena_release(&verify.arena);
    free(verify.files);
    return rc;
}
