#include "sink/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

enum rc line_reader_open(struct line_reader *reader, const char *path, size_t line_limit)
{
    *reader = (struct line_reader){.descriptor = -1, .line_limit = line_limit};
    /* O_NONBLOCK: a FIFO in the place of a file is refused, not waited for. */
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
        return rc_from_errno(errno);
    struct stat status;
    enum rc rc = fstat(descriptor, &status) != 0 ? rc_from_errno(errno)
                 : S_ISREG(status.st_mode)       ? RC_OK
                                                 : RC_REFUSED;
    if (rc != RC_OK) {
        close(descriptor);
        return rc;
    }
    reader->descriptor = descriptor;
    buffer_init(&reader->buffer, line_limit + 1 + READ_SIZE);
    return RC_OK;
}

void line_reader_close(struct line_reader *reader)
{
    if (reader->descriptor >= 0)
        close(reader->descriptor);
    buffer_release(&reader->buffer);
    *reader = (struct line_reader){.descriptor = -1};
}

/* Moves what is left to the front, so that the buffer never outgrows a line and one read. */
static void make_room(struct line_reader *reader)
{
    if (reader->at == 0)
        return;
    size_t left = reader->buffer.length - reader->at;
    memmove(reader->buffer.data, reader->buffer.data + reader->at, left);
    reader->buffer.length = left;
    reader->at = 0;
}

static enum rc read_more(struct line_reader *reader)
{
    make_room(reader);
    char *to = buffer_reserve(&reader->buffer, READ_SIZE);
    if (!to)
        return buffer_status(&reader->buffer);
    ssize_t got;
    do
        got = read(reader->descriptor, to, READ_SIZE);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return rc_from_errno(errno);
    if (got == 0)
        reader->end = true;
    reader->buffer.length += (size_t)got;
    return RC_OK;
}

enum rc line_reader_next(struct line_reader *reader, struct slice *line)
{
    size_t searched = 0; /* bytes after `at` that are known to hold no newline */
    for (;;) {
        struct slice left = slice_tail(buffer_slice(&reader->buffer), reader->at);
        size_t newline = searched + slice_find_byte(slice_tail(left, searched), '\n');
        *line = slice_head(left, newline);
        if (newline > reader->line_limit)
            return RC_LIMIT;
        if (newline < left.length) {
            reader->at += newline + 1;
            return RC_OK;
        }
        if (reader->end)
            return left.length > 0 ? RC_TRUNCATED : RC_END;
        searched = left.length;
        enum rc rc = read_more(reader);
        if (rc != RC_OK)
            return rc;
    }
}
