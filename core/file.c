#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads until `size` bytes are there or the file ends. */
static enum rc read_up_to(int descriptor, char *memory, size_t size, size_t *length)
{
    *length = 0;
    while (*length < size) {
        ssize_t got = read(descriptor, memory + *length, size - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rc_from_errno(errno);
        if (got == 0)
            break;
        *length += (size_t)got;
    }
    return RC_OK;
}

static enum rc read_open_file(int descriptor, size_t limit, struct arena *arena, struct slice *out)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return rc_from_errno(errno);
    if (!S_ISREG(status.st_mode))
        return RC_REFUSED;
    if ((uintmax_t)status.st_size > limit)
        return RC_LIMIT;
    size_t size = (size_t)status.st_size;
    char *memory = arena_allocate(arena, size + 1, 1);
    if (!memory)
        return RC_NO_MEMORY;
    size_t length;
    enum rc rc = read_up_to(descriptor, memory, size + 1, &length);
    if (rc == RC_OK && length > size)
        rc = RC_IO; /* it is being written to: what was read may be half of something */
    if (rc != RC_OK)
        return rc;
    memory[length] = '\0';
    *out = slice_of(memory, length);
    return RC_OK;
}

enum rc file_read(const char *path, size_t limit, struct arena *arena, struct slice *out)
{
    *out = (struct slice){0};
    /* O_NONBLOCK: a FIFO in the place of a file is refused, not waited for. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
        return rc_from_errno(errno);
    enum rc rc = read_open_file(descriptor, limit, arena, out);
    close(descriptor);
    return rc;
}

enum rc file_write_all(int descriptor, struct slice bytes)
{
    while (bytes.length > 0) {
        ssize_t written = write(descriptor, bytes.data, bytes.length);
        if (written > 0) {
            bytes = slice_tail(bytes, (size_t)written);
            continue;
        }
        if (written == 0)
            return RC_IO;
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd wait = {.fd = descriptor, .events = POLLOUT};
            if (poll(&wait, 1, -1) < 0 && errno != EINTR)
                return rc_from_errno(errno);
        } else if (errno != EINTR) {
            return rc_from_errno(errno);
        }
    }
    return RC_OK;
}

static enum rc sync_descriptor(int descriptor)
{
    int result;
    do
        result = fsync(descriptor);
    while (result != 0 && errno == EINTR);
    return result == 0 ? RC_OK : rc_from_errno(errno);
}

/* File systems that cannot sync a directory say EINVAL; there is nothing more to be had of them. */
static enum rc sync_directory(int directory)
{
    enum rc rc = sync_descriptor(directory);
    return rc != RC_OK && errno == EINVAL ? RC_OK : rc;
}

enum rc directory_sync(const char *path)
{
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return rc_from_errno(errno);
    enum rc rc = sync_directory(directory);
    close(directory);
    return rc;
}

/* Opens the directory that `path` lies in; *name is the path's last part, within `path`. */
static enum rc open_directory_of(const char *path, int *directory, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    if (**name == '\0' || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
        return RC_REFUSED;
    char directory_path[PATH_MAX];
    struct slice before = slice_of(path, (size_t)(*name - path));
    if (before.length == 0)
        before = SLICE(".");
    if (before.length >= sizeof directory_path)
        return RC_LIMIT;
    memcpy(directory_path, before.data, before.length);
    directory_path[before.length] = '\0';
    *directory = open(directory_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *directory >= 0 ? RC_OK : rc_from_errno(errno);
}

enum { TEMPORARY_NAME_SIZE = 32, TEMPORARY_NAME_TRIES = 16 };

/* Makes a file under a name that nobody can foresee. */
static enum rc open_temporary(int directory, char name[TEMPORARY_NAME_SIZE], int *descriptor)
{
    for (int i = 0; i < TEMPORARY_NAME_TRIES; i++) {
        uint64_t number;
        if (getentropy(&number, sizeof number) != 0)
            return RC_IO;
        snprintf(name, TEMPORARY_NAME_SIZE, ".tmp-%016llx", (unsigned long long)number);
        /* No more than the owner's rights until the file is whole. */
        *descriptor =
            openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (*descriptor >= 0)
            return RC_OK;
        if (errno != EEXIST && errno != EINTR)
            return rc_from_errno(errno);
    }
    return RC_EXISTS;
}

static enum rc fill(int descriptor, struct slice bytes, unsigned mode)
{
    enum rc rc = file_write_all(descriptor, bytes);
    if (rc == RC_OK && fchmod(descriptor, mode) != 0)
        rc = rc_from_errno(errno);
    if (rc == RC_OK)
        rc = sync_descriptor(descriptor);
    /* Network file systems say at the close that there was no space. */
    if (close(descriptor) != 0 && errno != EINTR && rc == RC_OK)
        rc = rc_from_errno(errno);
    return rc;
}

static enum rc publish(int directory, const char *temporary, const char *name, bool replace)
{
    if (replace)
        return renameat(directory, temporary, directory, name) == 0 ? RC_OK : rc_from_errno(errno);
    if (renameat2(directory, temporary, directory, name, RENAME_NOREPLACE) == 0)
        return RC_OK;
    if (errno != EINVAL && errno != ENOSYS)
        return rc_from_errno(errno);
    /* A file system without that flag: a link never replaces either. */
    if (linkat(directory, temporary, directory, name, 0) != 0)
        return rc_from_errno(errno);
    unlinkat(directory, temporary, 0);
    return RC_OK;
}

static enum rc write_into(int directory, const char *name, struct slice bytes, unsigned mode,
                          bool replace)
{
    char temporary[TEMPORARY_NAME_SIZE];
    int descriptor;
    enum rc rc = open_temporary(directory, temporary, &descriptor);
    if (rc != RC_OK)
        return rc;
    rc = fill(descriptor, bytes, mode);
    if (rc == RC_OK)
        rc = publish(directory, temporary, name, replace);
    if (rc != RC_OK) {
        unlinkat(directory, temporary, 0);
        return rc;
    }
    rc = sync_directory(directory);
    if (rc != RC_OK && !replace)
        unlinkat(directory, name, 0);
    return rc;
}

enum rc file_write_atomically(const char *path, struct slice bytes, unsigned mode, bool replace)
{
    int directory;
    const char *name;
    enum rc rc = open_directory_of(path, &directory, &name);
    if (rc != RC_OK)
        return rc;
    rc = write_into(directory, name, bytes, mode, replace);
    close(directory);
    return rc;
}

static enum rc make_one(const char *path, unsigned mode)
{
    if (mkdir(path, mode) == 0)
        return RC_OK;
    int error = errno;
    struct stat status;
    /* EROFS and EACCES too: what is there already need not be writable. */
    if (stat(path, &status) == 0)
        return S_ISDIR(status.st_mode) ? RC_OK : RC_EXISTS;
    return rc_from_errno(error);
}

enum rc directory_create(const char *path, unsigned mode)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0)
        return RC_REFUSED;
    if (length >= sizeof part)
        return RC_LIMIT;
    memcpy(part, path, length + 1);
    for (size_t i = 1; i < length; i++) {
        if (part[i] != '/' || part[i - 1] == '/')
            continue;
        part[i] = '\0';
        enum rc rc = make_one(part, mode);
        if (rc != RC_OK)
            return rc;
        part[i] = '/';
    }
    return make_one(part, mode);
}
