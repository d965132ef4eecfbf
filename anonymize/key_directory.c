#include "anonymize/key_directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "anonymize/secret_memory.h"
#include "anonymize/start.h"
#include "core/file.h"

static enum rc check_directory(int descriptor, const char *path, struct buffer *reason)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return secret_refuse(reason, path, "cannot be examined", rc_from_errno(errno));
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return secret_refuse(reason, path, "belongs to somebody else", RC_REFUSED);
    if (status.st_mode & 077)
        return secret_refuse(reason, path, "group or others have rights to it (chmod 700)",
                             RC_REFUSED);
    return RC_OK;
}

static enum rc open_and_lock(const char *path, enum key_directory_use use, int *out,
                             struct buffer *reason)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) {
        int error_number = errno;
        struct stat status;
        if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
            return secret_refuse(reason, path, "is a symbolic link", RC_REFUSED);
        if (error_number == ENOENT)
            return secret_refuse(reason, path, "there is no such directory", RC_NOT_FOUND);
        return secret_refuse(reason, path, "cannot be opened as a directory",
                             error_number == ENOTDIR ? RC_REFUSED : rc_from_errno(error_number));
    }
    enum rc rc = check_directory(descriptor, path, reason);
    while (rc == RC_OK && flock(descriptor, use == KEY_DIRECTORY_CHANGE ? LOCK_EX : LOCK_SH) != 0)
        if (errno != EINTR)
            rc = secret_refuse(reason, path, "cannot be locked", rc_from_errno(errno));
    if (rc != RC_OK) {
        close(descriptor);
        return rc;
    }
    *out = descriptor;
    return RC_OK;
}

static enum rc append_key(struct key_directory *directory, struct key_record key)
{
    if (directory->count == (size_t)2 * KEY_RECORD_LIMIT)
        return RC_LIMIT;
    if (directory->count == directory->capacity) {
        size_t capacity = directory->capacity ? 2 * directory->capacity : 64;
        struct key_record *keys = realloc(directory->keys, capacity * sizeof *keys);
        if (!keys)
            return RC_NO_MEMORY;
        directory->keys = keys;
        directory->capacity = capacity;
    }
    directory->keys[directory->count++] = key;
    return RC_OK;
}

/* One entry for every file; those of one number are merged once they are sorted. */
static enum rc note_file(struct key_directory *directory, const char *name, struct buffer *reason)
{
    struct key_record key = {.destroyed = TIME_NONE};
    if (!key_file_name_parse(name, &key.number, &key.record_file))
        return secret_refuse(reason, name,
                             "begins like the name of a key and is none; take it away", RC_REFUSED);
    key.key_file = !key.record_file;
    enum rc rc = append_key(directory, key);
    return rc == RC_OK ? RC_OK : secret_refuse(reason, directory->path, rc_sentence(rc), rc);
}

/* Opens a second descriptor: closedir closes the one that it was given. */
static DIR *open_entries(int descriptor)
{
    int entries = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = entries >= 0 ? fdopendir(entries) : NULL;
    if (!stream && entries >= 0)
        close(entries);
    return stream;
}

static enum rc list_files(struct key_directory *directory, struct buffer *reason)
{
    DIR *stream = open_entries(directory->descriptor);
    if (!stream)
        return secret_refuse(reason, directory->path, "cannot be listed", rc_from_errno(errno));
    enum rc rc = RC_OK;
    struct dirent *entry;
    errno = 0;
    while (rc == RC_OK && (entry = readdir(stream))) {
        if (strncmp(entry->d_name, "epoch-", 6) == 0)
            rc = note_file(directory, entry->d_name, reason);
        errno = 0;
    }
    if (rc == RC_OK && errno != 0)
        rc = secret_refuse(reason, directory->path, "cannot be listed", rc_from_errno(errno));
    closedir(stream);
    return rc;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t left = ((const struct key_record *)a)->number;
    uint32_t right = ((const struct key_record *)b)->number;
    return left < right ? -1 : left > right;
}

static enum rc merge_files(struct key_directory *directory, struct buffer *reason)
{
    if (directory->count > 0)
        qsort(directory->keys, directory->count, sizeof *directory->keys, compare_numbers);
    size_t kept = 0;
    for (size_t i = 0; i < directory->count; i++) {
        struct key_record *last = kept > 0 ? &directory->keys[kept - 1] : NULL;
        if (last && last->number == directory->keys[i].number) {
            last->key_file |= directory->keys[i].key_file;
            last->record_file |= directory->keys[i].record_file;
        } else {
            directory->keys[kept++] = directory->keys[i];
        }
    }
    directory->count = kept;
    for (size_t i = 0; i < kept; i++)
        directory->living += key_record_living(&directory->keys[i]);
    if (directory->living > KEY_LIMIT || kept > KEY_RECORD_LIMIT)
        return secret_refuse(reason, directory->path, "holds too many keys", RC_LIMIT);
    return RC_OK;
}

static enum rc read_key(struct key_directory *directory, size_t index, struct buffer *reason)
{
    struct key_record *key = &directory->keys[index];
    char name[KEY_NAME_SIZE];
    key_file_name(key->number, key->record_file, name);
    size_t length;
    enum rc rc = secret_file_read(directory->descriptor, name, directory->page, &length, reason);
    if (rc != RC_OK)
        return rc;
    struct key_record said = *key;
    unsigned char *secret = directory->secrets + index * KEY_BYTES;
    bool good =
        key_file_read(slice_of(directory->page, length), &said, key->record_file ? NULL : secret);
    sodium_memzero(directory->page, SECRET_FILE_LIMIT);
    if (!good)
        return secret_refuse(reason, name, "is not of the form of a key's file", RC_CORRUPT);
    if (said.number != key->number)
        return secret_refuse(reason, name, "holds the key of another number", RC_REFUSED);
    if (!key->record_file && sodium_is_zero(secret, KEY_BYTES))
        return secret_refuse(reason, name, "holds a key of zeros", RC_REFUSED);
    *key = said;
    return RC_OK;
}

static enum rc read_keys(struct key_directory *directory, struct buffer *reason)
{
    bool locked;
    directory->secrets = secret_memory_new(directory->count, KEY_BYTES, &locked);
    directory->page = secret_memory_new(1, SECRET_FILE_LIMIT, &locked);
    if (!directory->secrets || !directory->page)
        return secret_refuse(reason, directory->path, rc_sentence(RC_NO_MEMORY), RC_NO_MEMORY);
    for (size_t i = 0; i < directory->count; i++) {
        enum rc rc = read_key(directory, i, reason);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

enum rc key_directory_open(const char *path, enum key_directory_use use, struct key_directory *out,
                           struct buffer *reason)
{
    *out = (struct key_directory){.path = path, .descriptor = -1};
    enum rc rc = anonymize_start();
    if (rc != RC_OK)
        return secret_refuse(reason, path, "the cryptographic library does not start", rc);
    rc = open_and_lock(path, use, &out->descriptor, reason);
    if (rc == RC_OK)
        rc = list_files(out, reason);
    if (rc == RC_OK)
        rc = merge_files(out, reason);
    if (rc == RC_OK)
        rc = read_keys(out, reason);
    if (rc == RC_OK)
        rc = key_directory_check(out, reason);
    if (rc != RC_OK)
        key_directory_close(out);
    return rc;
}

void key_directory_close(struct key_directory *directory)
{
    secret_memory_free(directory->secrets);
    secret_memory_free(directory->page);
    free(directory->keys);
    if (directory->descriptor >= 0)
        close(directory->descriptor); /* and with it the lock */
    *directory = (struct key_directory){.descriptor = -1};
}

static enum rc write_file(struct key_directory *directory, const struct key_record *key,
                          const unsigned char *secret, struct buffer *reason)
{
    char name[KEY_NAME_SIZE];
    char path[PATH_MAX];
    key_file_name(key->number, !secret, name);
    if (snprintf(path, sizeof path, "%s/%s", directory->path, name) >= (int)sizeof path)
        return secret_refuse(reason, directory->path, "its path is too long", RC_LIMIT);
    size_t length = key_file_write(key, secret, directory->page);
    enum rc rc = length > 0
                     ? file_write_atomically(path, slice_of(directory->page, length), 0600, false)
                     : RC_NO_MEMORY;
    sodium_memzero(directory->page, SECRET_FILE_LIMIT);
    if (rc != RC_OK)
        return secret_refuse(reason, name, rc_sentence(rc), rc);
    return RC_OK;
}

enum rc key_directory_make(struct key_directory *directory, struct key_record key,
                           struct buffer *reason)
{
    if (directory->living >= KEY_LIMIT || directory->count >= KEY_RECORD_LIMIT)
        return secret_refuse(reason, directory->path, "holds too many keys", RC_LIMIT);
    bool locked;
    unsigned char *secret = secret_memory_new(1, KEY_BYTES, &locked);
    if (!secret)
        return secret_refuse(reason, directory->path, rc_sentence(RC_NO_MEMORY), RC_NO_MEMORY);
    randombytes_buf(secret, KEY_BYTES);
    enum rc rc = write_file(directory, &key, secret, reason);
    secret_memory_free(secret);
    if (rc != RC_OK)
        return rc;
    key.key_file = true;
    key.record_file = false;
    directory->living++;
    return append_key(directory, key);
}

enum rc key_directory_destroy(struct key_directory *directory, size_t index, int64_t now,
                              struct buffer *reason)
{
    struct key_record *key = &directory->keys[index];
    if (!key->record_file) {
        struct key_record record = *key;
        record.destroyed = time_floor(now, TIME_SECOND);
        enum rc rc = write_file(directory, &record, NULL, reason);
        if (rc != RC_OK)
            return rc;
        record.record_file = true;
        *key = record;
        directory->living--;
        sodium_memzero(directory->secrets + index * KEY_BYTES, KEY_BYTES);
    }
    char name[KEY_NAME_SIZE];
    key_file_name(key->number, false, name);
    enum rc rc = secret_file_destroy(directory->descriptor, name, reason);
    if (rc == RC_OK)
        key->key_file = false;
    return rc;
}

enum rc key_directory_sweep(struct key_directory *directory, struct buffer *reason)
{
    DIR *stream = open_entries(directory->descriptor);
    if (!stream)
        return secret_refuse(reason, directory->path, "cannot be listed", rc_from_errno(errno));
    enum rc rc = RC_OK;
    struct dirent *entry;
    while (rc == RC_OK && (entry = readdir(stream)))
        if (strncmp(entry->d_name, ".tmp-", 5) == 0)
            rc = secret_file_destroy(directory->descriptor, entry->d_name, reason);
    closedir(stream);
    return rc;
}
