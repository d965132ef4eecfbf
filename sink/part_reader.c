#include "sink/part_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { IN_SIZE = 128 * 1024, OUT_SIZE = 128 * 1024 };

struct part_reader {
    int descriptor;
    ZSTD_DCtx *context;
    char *in, *out;
    struct buffer row; /* the beginning of a row that goes on in the next output */
    part_row_visitor *visit;
    void *visitor_context;
    struct part_contents *contents;
    bool stopped;
};

static enum rc open_regular(int directory, const char *name, int *descriptor)
{
    struct stat status;
    *descriptor =
        openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (*descriptor < 0)
        return rc_from_errno(errno);
    enum rc rc = fstat(*descriptor, &status) != 0 ? rc_from_errno(errno)
                 : S_ISREG(status.st_mode)        ? RC_OK
                                                  : RC_REFUSED;
    if (rc != RC_OK)
        close(*descriptor);
    return rc;
}

static void hand_out(struct part_reader *reader, struct slice row)
{
    reader->contents->rows++;
    reader->contents->bytes += row.length + 1;
    if (!reader->visit(reader->visitor_context, reader->contents->rows, row))
        reader->stopped = true;
}

static enum rc split(struct part_reader *reader, struct slice bytes)
{
    while (bytes.length > 0 && !reader->stopped) {
        size_t newline = slice_find_byte(bytes, '\n');
        struct slice piece = slice_head(bytes, newline);
        if (newline == bytes.length || reader->row.length) {
            buffer_append(&reader->row, piece);
            if (buffer_status(&reader->row) != RC_OK)
                return buffer_status(&reader->row);
        }
        if (newline == bytes.length)
            return RC_OK;
        hand_out(reader, reader->row.length ? buffer_slice(&reader->row) : piece);
        buffer_reset(&reader->row);
        bytes = slice_tail(bytes, newline + 1);
    }
    return RC_OK;
}

static enum rc zstd_failure(size_t result)
{
    return ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation ? RC_NO_MEMORY : RC_CORRUPT;
}

/* `frame_left` is 0 between frames. */
static enum rc decompress(struct part_reader *reader, size_t length, size_t *frame_left)
{
    ZSTD_inBuffer in = {reader->in, length, 0};
    bool more = true;
    while (!reader->stopped && (in.pos < in.size || more)) {
        ZSTD_outBuffer out = {reader->out, OUT_SIZE, 0};
        size_t result = ZSTD_decompressStream(reader->context, &out, &in);
        if (ZSTD_isError(result))
            return zstd_failure(result);
        *frame_left = result;
        more = out.pos == out.size; /* there may be more to flush */
        enum rc rc = split(reader, slice_of(reader->out, out.pos));
        if (rc != RC_OK)
            return rc;
        if (result == 0 && in.pos == in.size)
            break; /* asking again would begin the next frame */
    }
    return RC_OK;
}

static enum rc read_all(struct part_reader *reader)
{
    size_t frame_left = 1; /* no frame at all is a cut file too */
    while (!reader->stopped) {
        ssize_t got = read(reader->descriptor, reader->in, IN_SIZE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rc_from_errno(errno);
        if (got == 0)
            return frame_left || reader->row.length ? RC_TRUNCATED : RC_OK;
        enum rc rc = decompress(reader, (size_t)got, &frame_left);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

enum rc part_read(int directory, const char *name, part_row_visitor *visit, void *context,
                  struct part_contents *contents)
{
    *contents = (struct part_contents){0};
    struct part_reader reader = {.visit = visit, .visitor_context = context, .contents = contents};
    enum rc rc = open_regular(directory, name, &reader.descriptor);
    if (rc != RC_OK)
        return rc;
    reader.context = ZSTD_createDCtx();
    reader.in = malloc(IN_SIZE);
    reader.out = malloc(OUT_SIZE);
    buffer_init(&reader.row, PART_ROW_LIMIT);
    if (!reader.context || !reader.in || !reader.out ||
        ZSTD_isError(
            ZSTD_DCtx_setParameter(reader.context, ZSTD_d_windowLogMax, PART_WINDOW_LOG_MOST)))
        rc = RC_NO_MEMORY;
    else
        rc = read_all(&reader);
    ZSTD_freeDCtx(reader.context);
    free(reader.in);
    free(reader.out);
    buffer_release(&reader.row);
    close(reader.descriptor);
    return rc;
}
