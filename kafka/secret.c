#include "kafka/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum rc refuse(struct buffer *reason, const char *path, const char *what, enum rc rc)
{
    buffer_append_format(reason, "%s: %s", path, what);
    return rc;
}

static enum rc refuse_open(struct buffer *reason, const char *path, int error_number)
{
    if (error_number == ELOOP)
        return refuse(reason, path, "is a symbolic link", RC_REFUSED);
    if (error_number == ENOENT)
        return refuse(reason, path, "there is no such file", RC_NOT_FOUND);
    return refuse(reason, path, "cannot be opened", rc_from_errno(error_number));
}

/* A file directly below the directory of systemd's credentials. */
static bool is_credential(const char *path)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    struct slice rest = slice_from_string(path);
    if (!directory || directory[0] != '/' || !slice_starts_with(rest, slice_from_string(directory)))
        return false;
    rest = slice_tail(rest, strlen(directory));
    if (rest.length < 2 || rest.data[0] != '/')
        return false;
    rest = slice_tail(rest, 1);
    return slice_find_byte(rest, '/') == rest.length;
}

static enum rc check_status(int descriptor, const char *path, struct buffer *reason)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return refuse(reason, path, "cannot be examined", rc_from_errno(errno));
    if (!S_ISREG(status.st_mode))
        return refuse(reason, path, "is not a regular file", RC_REFUSED);
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return refuse(reason, path, "belongs to somebody else", RC_REFUSED);
    if (status.st_mode & (is_credential(path) ? 0027 : 0077))
        return refuse(reason, path, "group or others have rights to it (chmod 600)", RC_REFUSED);
    return RC_OK;
}

/* Into memory that was reserved at once: a buffer that grows would leave copies behind. */
static enum rc read_all(int descriptor, const char *path, struct buffer *out, struct buffer *reason)
{
    size_t start = out->length;
    char *to = buffer_reserve(out, KAFKA_SECRET_LIMIT + 1);
    if (!to)
        return buffer_status(out);
    size_t length = 0;
    while (length <= KAFKA_SECRET_LIMIT) {
        ssize_t got = read(descriptor, to + length, KAFKA_SECRET_LIMIT + 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refuse(reason, path, "cannot be read", rc_from_errno(errno));
        if (got == 0)
            break;
        length += (size_t)got;
    }
    out->length = start + length;
    return length > KAFKA_SECRET_LIMIT ? refuse(reason, path, "is too long", RC_CORRUPT) : RC_OK;
}

enum rc kafka_secret_read(const char *path, struct buffer *out, struct buffer *reason)
{
    size_t start = out->length;
    /* O_NONBLOCK: a FIFO in the place of a file is refused, not waited for. */
    int descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
        return refuse_open(reason, path, errno);
    enum rc rc = check_status(descriptor, path, reason);
    if (rc == RC_OK)
        rc = read_all(descriptor, path, out, reason);
    close(descriptor);
    if (rc != RC_OK)
        return rc;
    struct slice text = slice_tail(buffer_slice(out), start);
    if (slice_ends_with(text, SLICE("\n")))
        text.length--;
    if (slice_ends_with(text, SLICE("\r")))
        text.length--;
    if (text.length == 0)
        return refuse(reason, path, "is empty", RC_CORRUPT);
    if (slice_find_byte(text, '\0') < text.length)
        return refuse(reason, path, "holds a NUL: a password is text", RC_CORRUPT);
    if (text.data[0] == ' ' || (text.data[0] >= '\t' && text.data[0] <= '\r'))
        return refuse(reason, path, "begins with white space, which librdkafka would cut off",
                      RC_CORRUPT);
    buffer_truncate(out, start + text.length);
    buffer_append_byte(out, '\0');
    return buffer_status(out);
}
