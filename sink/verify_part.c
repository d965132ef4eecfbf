#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/file.h"
#include "sink/manifest.h"
#include "sink/part_reader.h"
#include "sink/quarantine_file.h"
#include "sink/verify_state.h"

static struct found_file *add_file(struct verify *verify, enum file_kind kind, const char *stem,
                                   struct slice recipient)
{
    if (verify->file_count == verify->file_capacity) {
        size_t capacity = verify->file_capacity ? verify->file_capacity * 2 : 64;
        struct found_file *larger = reallocarray(verify->files, capacity, sizeof *larger);
        if (!larger)
            return NULL;
        verify->files = larger;
        verify->file_capacity = capacity;
    }
    struct found_file *file = &verify->files[verify->file_count++];
    *file = (struct found_file){.kind = kind, .recipient = recipient};
    memcpy(file->stem, stem, sizeof file->stem);
    return file;
}

struct row_check {
    struct verify *verify;
    uint64_t bad_row; /* the first; 0: none */
    bool no_memory;
};

static bool check_row(void *context, uint64_t number, struct slice row)
{
    struct row_check *check = context;
    enum json_fault fault = json_check(row, JSON_DEPTH_MOST, &check->verify->names, NULL);
    check->no_memory = fault == JSON_FAULT_NO_MEMORY;
    if (!check->bad_row && (fault != JSON_FAULT_NONE || !slice_starts_with(row, SLICE("{"))))
        check->bad_row = number;
    return !check->no_memory;
}

static enum rc read_rows(struct verify *verify, const struct verify_place *place, const char *name,
                         struct found_file *file)
{
    struct row_check check = {.verify = verify};
    struct part_contents contents;
    enum rc rc = part_read(place->descriptor, name, check_row, &check, &contents);
    if (rc == RC_NO_MEMORY || check.no_memory)
        return RC_NO_MEMORY;
    if (rc == RC_TRUNCATED)
        verify_finding(verify, place, name, "its last frame or row is not whole");
    else if (rc != RC_OK)
        verify_finding(verify, place, name, "cannot be read as rows: %s", rc_sentence(rc));
    if (check.bad_row)
        verify_finding(verify, place, name, "row %llu is not a JSON object",
                       (unsigned long long)check.bad_row);
    file->rows = contents.rows;
    file->bytes = contents.bytes;
    return RC_OK;
}

/* RC_OK with an empty *text where there is a finding instead. */
static enum rc read_manifest_text(struct verify *verify, const struct verify_place *place,
                                  const char *name, struct arena *arena, struct slice *text)
{
    char path[PATH_MAX];
    struct stat status;
    enum rc rc = RC_OK;
    if (fstatat(place->descriptor, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        rc = RC_NOT_FOUND;
    else if (!S_ISREG(status.st_mode))
        rc = RC_REFUSED;
    else if (snprintf(path, sizeof path, "%s/%s%s%s", verify->directory, place->path,
                      *place->path ? "/" : "", name) >= (int)sizeof path)
        rc = RC_LIMIT;
    else
        rc = file_read(path, MANIFEST_LIMIT, arena, text);
    if (rc == RC_NO_MEMORY)
        return rc;
    if (rc != RC_OK) {
        *text = (struct slice){0};
        verify_finding(verify, place, name, "the part's manifest cannot be read: %s",
                       rc_sentence(rc));
    }
    return RC_OK;
}

static void compare_number(struct verify *verify, const struct verify_place *place,
                           const char *name, const char *what, uint64_t is, uint64_t stated)
{
    if (is != stated)
        verify_finding(verify, place, name, "%llu %s, but its manifest says %llu",
                       (unsigned long long)is, what, (unsigned long long)stated);
}

static void compare(struct verify *verify, const struct verify_place *place, const char *name,
                    const struct found_file *file, const struct manifest *manifest)
{
    compare_number(verify, place, name, "rows", file->rows, manifest->rows);
    compare_number(verify, place, name, "bytes of rows", file->bytes, manifest->bytes);
    compare_number(verify, place, name, "stored bytes", file->stored_bytes, manifest->stored_bytes);
    if (!slice_equal(slice_from_string(file->checksum), manifest->checksum))
        verify_finding(verify, place, name, "its checksum is not its manifest's");
    if (verify->whole && !slice_equal(manifest->recipient, place->recipient))
        verify_finding(verify, place, name, "its manifest names another recipient");
}

static enum rc check_manifest(struct verify *verify, const struct verify_place *place,
                              const char *part_name, struct found_file *file, struct arena *arena)
{
    char name[FILE_NAME_SIZE];
    struct slice text;
    struct manifest manifest;
    layout_name(FILE_MANIFEST, file->stem, name);
    enum rc rc = read_manifest_text(verify, place, name, arena, &text);
    if (rc != RC_OK || !text.data)
        return rc;
    rc = manifest_read(text, arena, &manifest);
    if (rc == RC_CORRUPT) {
        verify_finding(verify, place, name, "it is no manifest, or was changed");
        return RC_OK;
    }
    if (rc != RC_OK)
        return rc;
    compare(verify, place, part_name, file, &manifest);
    file->schema = arena_copy(&verify->arena, manifest.schema);
    if (!verify->whole)
        file->recipient = arena_copy(&verify->arena, manifest.recipient);
    return RC_OK;
}

enum rc verify_part(struct verify *verify, const struct verify_place *place, const char *stem)
{
    char name[FILE_NAME_SIZE];
    struct arena arena;
    struct found_file *file = add_file(verify, FILE_PART, stem, place->recipient);
    if (!file)
        return RC_NO_MEMORY;
    layout_name(FILE_PART, stem, name);
    enum rc rc = checksum_file(place->descriptor, name, file->checksum, &file->stored_bytes);
    if (rc == RC_NO_MEMORY)
        return rc;
    if (rc != RC_OK) {
        verify_finding(verify, place, name, "cannot be read: %s", rc_sentence(rc));
        return RC_OK;
    }
    file->readable = true;
    rc = read_rows(verify, place, name, file);
    arena_init(&arena, (size_t)MANIFEST_LIMIT * 64);
    if (rc == RC_OK)
        rc = check_manifest(verify, place, name, file, &arena);
    arena_release(&arena);
    verify->report->parts++;
    verify->report->rows += file->rows;
    verify->report->bytes += file->stored_bytes;
    return rc;
}

static bool count_sealed(void *context, uint64_t line, const struct sealed_record *sealed)
{
    struct found_file *file = context;
    (void)line;
    (void)sealed;
    file->rows++;
    return true;
}

enum rc verify_quarantine(struct verify *verify, const struct verify_place *place, const char *stem)
{
    char name[FILE_NAME_SIZE], path[PATH_MAX];
    uint64_t bad_line;
    struct found_file *file = add_file(verify, FILE_QUARANTINE, stem, place->recipient);
    if (!file)
        return RC_NO_MEMORY;
    layout_name(FILE_QUARANTINE, stem, name);
    enum rc rc = checksum_file(place->descriptor, name, file->checksum, &file->stored_bytes);
    if (rc == RC_OK && snprintf(path, sizeof path, "%s/%s/%s", verify->directory, place->path,
                                name) >= (int)sizeof path)
        rc = RC_LIMIT;
    if (rc == RC_OK) {
        file->readable = true;
        rc = quarantine_read(path, count_sealed, file, &bad_line);
    }
    if (rc == RC_NO_MEMORY)
        return rc;
    if (rc == RC_CORRUPT)
        verify_finding(verify, place, name, "line %llu is no sealed record",
                       (unsigned long long)bad_line);
    else if (rc != RC_OK)
        verify_finding(verify, place, name, "cannot be read: %s", rc_sentence(rc));
    verify->report->quarantined += file->rows;
    return RC_OK;
}

enum rc verify_ended(struct verify *verify, const char *stem)
{
    verify->report->ended++;
    return add_file(verify, FILE_ENDED, stem, (struct slice){0}) ? RC_OK : RC_NO_MEMORY;
}
