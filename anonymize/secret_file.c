#include "anonymize/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"

enum rc secret_refuse(struct buffer *reason, const char *name, const char *what, enum rc rc)
{
    if (reason) {
        buffer_append_string(reason, name);
        buffer_append_string(reason, ": ");
        buffer_append_string(reason, what);
    }
    return rc;
}

bool secret_from_hex(struct slice hex, unsigned char *out, size_t count)
{
    if (hex.length != 2 * count)
        return false;
    for (size_t i = 0; i < hex.length; i++) {
        char c = hex.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
        unsigned char half = (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
        out[i / 2] = (unsigned char)(i % 2 == 0 ? half << 4 : out[i / 2] | half);
    }
    return true;
}

static enum rc refuse_open(struct buffer *reason, const char *name, int error_number)
{
    if (error_number == ELOOP)
        return secret_refuse(reason, name, "is a symbolic link", RC_REFUSED);
    if (error_number == ENOENT)
        return secret_refuse(reason, name, "there is no such file", RC_NOT_FOUND);
    return secret_refuse(reason, name, "cannot be opened", rc_from_errno(error_number));
}

static enum rc check_status(int descriptor, const char *name, struct buffer *reason)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return secret_refuse(reason, name, "cannot be examined", rc_from_errno(errno));
    if (!S_ISREG(status.st_mode))
        return secret_refuse(reason, name, "is not a regular file", RC_REFUSED);
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return secret_refuse(reason, name, "belongs to somebody else", RC_REFUSED);
    if (status.st_mode & 077)
        return secret_refuse(reason, name, "group or others have rights to it (chmod 600)",
                             RC_REFUSED);
    if (status.st_size >= SECRET_FILE_LIMIT)
        return secret_refuse(reason, name, "is too long", RC_CORRUPT);
    return RC_OK;
}

static enum rc read_all(int descriptor, char *memory, size_t *length)
{
    *length = 0;
    for (;;) {
        if (*length == SECRET_FILE_LIMIT)
            return RC_CORRUPT;
        ssize_t got = read(descriptor, memory + *length, SECRET_FILE_LIMIT - *length);
        if (got == 0)
            return RC_OK;
        if (got < 0 && errno != EINTR)
            return rc_from_errno(errno);
        if (got > 0)
            *length += (size_t)got;
    }
}

enum rc secret_file_read(int directory, const char *name, char *memory, size_t *length,
                         struct buffer *reason)
{
    /* O_NONBLOCK: a FIFO in the place of a file is refused, not waited for. */
    int descriptor =
        openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
        return refuse_open(reason, name, errno);
    enum rc rc = check_status(descriptor, name, reason);
    if (rc == RC_OK) {
        rc = read_all(descriptor, memory, length);
        if (rc != RC_OK)
            secret_refuse(reason, name, "cannot be read", rc);
    }
    close(descriptor);
    return rc;
}

static enum rc sync_file(int descriptor)
{
    while (fsync(descriptor) != 0)
        if (errno != EINTR)
            return rc_from_errno(errno);
    return RC_OK;
}

static enum rc overwrite(int descriptor)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return rc_from_errno(errno);
    if (!S_ISREG(status.st_mode))
        return RC_OK; /* nothing is stored in it */
    char zeros[SECRET_FILE_LIMIT] = {0};
    for (off_t left = status.st_size; left > 0;) {
        size_t step = left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros;
        enum rc rc = file_write_all(descriptor, slice_of(zeros, step));
        if (rc != RC_OK)
            return rc;
        left -= (off_t)step;
    }
    return sync_file(descriptor);
}

/* A key of mode 0400 must become writable first; that is its owner's right. */
static int open_for_overwriting(int directory, const char *name)
{
    int flags = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int descriptor = openat(directory, name, O_WRONLY | flags);
    if (descriptor >= 0 || errno != EACCES)
        return descriptor;
    int reader = openat(directory, name, O_RDONLY | flags);
    if (reader < 0)
        return -1;
    bool changed = fchmod(reader, 0600) == 0;
    int error_number = errno;
    close(reader);
    if (!changed) {
        errno = error_number;
        return -1;
    }
    return openat(directory, name, O_WRONLY | flags);
}

enum rc secret_file_destroy(int directory, const char *name, struct buffer *reason)
{
    int descriptor = open_for_overwriting(directory, name);
    if (descriptor < 0 && errno == ENOENT)
        return RC_OK;
    if (descriptor < 0 && errno != ELOOP)
        return secret_refuse(reason, name, "cannot be opened to be overwritten",
                             rc_from_errno(errno));
    enum rc rc = RC_OK;
    if (descriptor >= 0) {
        rc = overwrite(descriptor);
        close(descriptor);
    }
    if (rc != RC_OK)
        return secret_refuse(reason, name, "cannot be overwritten", rc);
    if (unlinkat(directory, name, 0) != 0)
        return secret_refuse(reason, name, "cannot be removed", rc_from_errno(errno));
    rc = sync_file(directory);
    return rc == RC_OK || errno == EINVAL
               ? RC_OK
               : secret_refuse(reason, name, "its directory cannot be synced", rc);
}
