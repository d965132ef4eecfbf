#include "ingest/capture_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { INPUT_SIZE = 128 * 1024, MAGIC_SIZE = 4 };

static bool is_standard_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

enum rc capture_file_check(const char *path, bool *has_size, uint64_t *size)
{
    struct stat status;
    *has_size = false;
    *size = 0;
    if (is_standard_input(path))
        return RC_OK;
    if (stat(path, &status) != 0)
        return rc_from_errno(errno);
    if (S_ISDIR(status.st_mode))
        return rc_from_errno(EISDIR);
    if (access(path, R_OK) != 0)
        return rc_from_errno(errno);
    *has_size = S_ISREG(status.st_mode);
    if (*has_size)
        *size = (uint64_t)status.st_size;
    return RC_OK;
}

/* One read(2), again where a signal came or a descriptor that does not block has nothing yet. */
static enum rc read_some(int descriptor, char *to, size_t capacity, size_t *count)
{
    for (;;) {
        ssize_t got = read(descriptor, to, capacity);
        if (got >= 0) {
            *count = (size_t)got;
            return got > 0 ? RC_OK : RC_END;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd wait = {.fd = descriptor, .events = POLLIN};
            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return rc_from_errno(errno);
        }
    }
}

enum rc capture_file_fill(struct capture_file *file)
{
    size_t count;
    file->at = 0;
    file->length = 0;
    enum rc rc = read_some(file->descriptor, file->input, INPUT_SIZE, &count);
    if (rc)
        return rc;
    file->length = count;
    file->stored += count;
    return RC_OK;
}

/* Reads until the magic number would be there, however small the pieces of a pipe are. */
static enum rc read_head(struct capture_file *file)
{
    while (file->length < MAGIC_SIZE) {
        size_t count;
        enum rc rc = read_some(file->descriptor, file->input + file->length,
                               INPUT_SIZE - file->length, &count);
        if (rc)
            return rc == RC_END ? RC_OK : rc;
        file->length += count;
        file->stored += count;
    }
    return RC_OK;
}

static enum rc set_up(struct capture_file *file)
{
    file->input = malloc(INPUT_SIZE);
    if (!file->input)
        return RC_NO_MEMORY;
    enum rc rc = read_head(file);
    struct slice head = slice_of(file->input, file->length);
    if (!rc && slice_starts_with(head, SLICE("\x1f\x8b")))
        return RC_UNSUPPORTED; /* gzip: a text begins with none of these */
    if (rc || !capture_is_zstd(head))
        return rc;
    file->zstd = capture_zstd_new();
    return file->zstd ? RC_OK : RC_NO_MEMORY;
}

enum rc capture_file_open(struct capture_file *file, const char *path)
{
    *file = (struct capture_file){.is_standard_input = is_standard_input(path)};
    file->descriptor = file->is_standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file->descriptor < 0)
        return rc_from_errno(errno);
    /* A hint; a pipe refuses it, and nothing depends on it. */
    (void)posix_fadvise(file->descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    enum rc rc = set_up(file);
    if (rc)
        capture_file_close(file);
    return rc;
}

void capture_file_close(struct capture_file *file)
{
    if (!file->is_standard_input && file->descriptor >= 0)
        close(file->descriptor);
    capture_zstd_free(file->zstd);
    if (file->input)
        explicit_bzero(file->input, INPUT_SIZE);
    free(file->input);
    *file = (struct capture_file){.descriptor = -1};
}

enum rc capture_file_read(struct capture_file *file, char *to, size_t capacity, size_t *count)
{
    if (file->zstd)
        return capture_zstd_read(file, to, capacity, count);
    size_t kept = file->length - file->at;
    if (kept == 0) { /* straight to where it belongs */
        enum rc rc = read_some(file->descriptor, to, capacity, count);
        if (!rc)
            file->stored += *count;
        return rc;
    }
    *count = kept < capacity ? kept : capacity;
    memcpy(to, file->input + file->at, *count);
    file->at += *count;
    return RC_OK;
}
