#include "sink/layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

enum {
    HEX_DIGITS = FILE_STEM_SIZE - 1,
    OWNER_DIGITS = FILE_OWNER_SIZE - 1,
    RECIPIENT_NAME_LIMIT = 64,
};

static const char *const suffixes[FILE_KIND_COUNT] = {
    [FILE_PART] = ".ndjson.zst",
    [FILE_MANIFEST] = ".manifest.json",
    [FILE_QUARANTINE] = ".sealed.ndjson",
    [FILE_ENDED] = ".ended",
};

#define TEMPORARY_SUFFIX ".partial"

void layout_name(enum file_kind kind, const char *stem, char out[static FILE_NAME_SIZE])
{
    snprintf(out, FILE_NAME_SIZE, "%.*s%s", HEX_DIGITS, stem, suffixes[kind]);
}

void layout_owner(struct slice name, char out[static FILE_OWNER_SIZE])
{
    unsigned char hash[32];
    crypto_generichash(hash, sizeof hash, (const unsigned char *)name.data, name.length, NULL, 0);
    sodium_bin2hex(out, FILE_OWNER_SIZE, hash, OWNER_DIGITS / 2);
}

void layout_temporary_name(const char *name, const char *owner, char out[static FILE_NAME_SIZE])
{
    snprintf(out, FILE_NAME_SIZE, ".%.48s%s%.16s" TEMPORARY_SUFFIX, name, owner ? "." : "",
             owner ? owner : "");
}

static bool is_hex(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!(text.data[i] >= '0' && text.data[i] <= '9') &&
            !(text.data[i] >= 'a' && text.data[i] <= 'f'))
            return false;
    return true;
}

static enum file_kind visible_kind(struct slice name, char stem[static FILE_STEM_SIZE])
{
    if (name.length <= HEX_DIGITS || !is_hex(slice_head(name, HEX_DIGITS)))
        return FILE_STRAY;
    memcpy(stem, name.data, HEX_DIGITS);
    stem[HEX_DIGITS] = '\0';
    for (enum file_kind kind = FILE_PART; kind <= FILE_ENDED; kind++)
        if (slice_equal(slice_tail(name, HEX_DIGITS), slice_from_string(suffixes[kind])))
            return kind;
    return FILE_STRAY;
}

/* Takes a temporary name apart: the name that it stands for, and the tag, which may be empty. */
static bool split_temporary(struct slice text, struct slice *name, struct slice *owner)
{
    struct slice suffix = SLICE(TEMPORARY_SUFFIX);
    *owner = (struct slice){0};
    if (!slice_starts_with(text, SLICE(".")) || !slice_ends_with(text, suffix) ||
        text.length < 1 + suffix.length)
        return false;
    *name = slice_between(text, 1, text.length - suffix.length);
    if (name->length <= OWNER_DIGITS + 1)
        return true;
    size_t dot = name->length - OWNER_DIGITS - 1;
    struct slice tag = slice_tail(*name, dot + 1);
    if (name->data[dot] == '.' && is_hex(tag)) {
        *owner = tag;
        *name = slice_head(*name, dot);
    }
    return true;
}

enum file_kind layout_kind(const char *name, char stem[static FILE_STEM_SIZE], enum file_kind *of)
{
    struct slice visible, owner;
    if (!split_temporary(slice_from_string(name), &visible, &owner))
        return visible_kind(slice_from_string(name), stem);
    enum file_kind kind = visible_kind(visible, stem);
    if (kind == FILE_STRAY)
        return FILE_STRAY;
    if (of)
        *of = kind;
    return FILE_TEMPORARY;
}

bool layout_has_name(int directory, const char *name)
{
    return faccessat(directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool layout_has(int directory, enum file_kind kind, const char *stem)
{
    char name[FILE_NAME_SIZE];
    layout_name(kind, stem, name);
    return layout_has_name(directory, name);
}

bool layout_is_owned_by(const char *name, const char *owner)
{
    struct slice visible, tag;
    return split_temporary(slice_from_string(name), &visible, &tag) &&
           slice_equal(tag, owner ? slice_from_string(owner) : (struct slice){0});
}

bool layout_recipient_name_is_usable(struct slice name)
{
    if (name.length == 0 || name.length > RECIPIENT_NAME_LIMIT || name.data[0] == '.')
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '-' && c != '_' && c != '.')
            return false;
    }
    return true;
}

enum rc layout_open_at(int directory, const char *name, int *descriptor)
{
    *descriptor = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (*descriptor >= 0)
        return RC_OK;
    /* A link is ENOTDIR here. */
    return errno == ENOTDIR ? RC_REFUSED : rc_from_errno(errno);
}

enum rc layout_open(const char *root, const char *name, int *descriptor)
{
    *descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*descriptor < 0)
        return rc_from_errno(errno);
    if (*name == '\0')
        return RC_OK;
    /* Part by part, so that a link is refused wherever it stands. */
    char part[PATH_MAX];
    struct slice rest = slice_from_string(name);
    while (rest.length > 0) {
        struct slice first = slice_cut(&rest, '/');
        int directory = *descriptor;
        snprintf(part, sizeof part, "%.*s", SLICE_FORMAT(first));
        enum rc rc = layout_open_at(directory, part, descriptor);
        close(directory);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

enum rc layout_sync(int directory)
{
    int result;
    do
        result = fsync(directory);
    while (result != 0 && errno == EINTR);
    return result == 0 || errno == EINVAL ? RC_OK : rc_from_errno(errno);
}

/* RC_OK where there is nothing of that name, or an empty directory. */
static enum rc check_empty(const char *root, const char *name)
{
    int descriptor;
    enum rc rc = layout_open(root, name, &descriptor);
    if (rc == RC_NOT_FOUND)
        return RC_OK;
    if (rc != RC_OK)
        return rc;
    DIR *directory = fdopendir(descriptor);
    if (!directory) {
        rc = rc_from_errno(errno);
        close(descriptor);
        return rc;
    }
    struct dirent *entry;
    errno = 0;
    while (rc == RC_OK && (entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            rc = RC_EXISTS;
    if (rc == RC_OK && errno != 0)
        rc = rc_from_errno(errno);
    closedir(directory);
    return rc;
}

static enum rc create(const char *root, const char *name, struct slice last, unsigned mode)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s%s%.*s", root, name, last.length ? "/" : "",
                          SLICE_FORMAT(last));
    if (length < 0 || (size_t)length >= sizeof path)
        return RC_LIMIT;
    return directory_create(path, mode);
}

static enum rc sync_name(const char *root, const char *name)
{
    int descriptor;
    enum rc rc = layout_open(root, name, &descriptor);
    if (rc != RC_OK)
        return rc;
    rc = layout_sync(descriptor);
    close(descriptor);
    return rc;
}

static enum rc check_fresh(const char *root, const struct slice *recipients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!layout_recipient_name_is_usable(recipients[i]))
            return RC_REFUSED;
    enum rc rc = check_empty(root, LAYOUT_RECIPIENTS);
    if (rc == RC_OK)
        rc = check_empty(root, LAYOUT_AUDIT);
    if (rc == RC_OK)
        rc = check_empty(root, LAYOUT_QUARANTINE);
    return rc;
}

enum rc layout_create(const char *root, const struct slice *recipients, size_t count)
{
    enum rc rc = check_fresh(root, recipients, count);
    if (rc == RC_OK)
        rc = create(root, LAYOUT_RECIPIENTS, (struct slice){0}, 0755);
    for (size_t i = 0; rc == RC_OK && i < count; i++)
        rc = create(root, LAYOUT_RECIPIENTS, recipients[i], 0755);
    if (rc == RC_OK)
        rc = create(root, LAYOUT_PRIVATE, (struct slice){0}, 0700);
    if (rc == RC_OK)
        rc = create(root, LAYOUT_AUDIT, (struct slice){0}, 0700);
    if (rc == RC_OK)
        rc = create(root, LAYOUT_QUARANTINE, (struct slice){0}, 0700);
    static const char *const directories[] = {LAYOUT_RECIPIENTS, LAYOUT_PRIVATE, ""};
    for (size_t i = 0; rc == RC_OK && i < sizeof directories / sizeof *directories; i++)
        rc = sync_name(root, directories[i]);
    char above[PATH_MAX];
    if (rc == RC_OK && snprintf(above, sizeof above, "%s/..", root) < (int)sizeof above)
        rc = directory_sync(above);
    return rc;
}
