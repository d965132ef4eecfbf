#include "sink/frame_writer.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { IN_SIZE = 128 * 1024, OUT_SIZE = 128 * 1024 };

static enum rc check(size_t result)
{
    if (!ZSTD_isError(result))
        return RC_OK;
    return ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation ? RC_NO_MEMORY : RC_INTERNAL;
}

static enum rc configure(ZSTD_CCtx *context, int level)
{
    enum rc rc = check(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level));
    if (rc == RC_OK)
        rc = check(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, FRAME_WINDOW_LOG));
    if (rc == RC_OK)
        rc = check(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1));
    return rc;
}

enum rc frame_writer_init(struct frame_writer *writer, int level)
{
    *writer = (struct frame_writer){0};
    if (level == 0)
        level = FRAME_LEVEL_DEFAULT;
    if (level < 1 || level > FRAME_LEVEL_MOST)
        return RC_CONFIGURATION;
    writer->context = ZSTD_createCCtx();
    writer->in = malloc(IN_SIZE);
    writer->out = malloc(OUT_SIZE);
    if (!writer->context || !writer->in || !writer->out) {
        frame_writer_release(writer);
        return RC_NO_MEMORY;
    }
    enum rc rc = configure(writer->context, level);
    if (rc != RC_OK)
        frame_writer_release(writer);
    return rc;
}

void frame_writer_release(struct frame_writer *writer)
{
    ZSTD_freeCCtx(writer->context);
    if (writer->in)
        explicit_bzero(writer->in, IN_SIZE);
    free(writer->in);
    free(writer->out);
    *writer = (struct frame_writer){0};
}

static enum rc compress(struct frame_writer *writer, struct slice bytes, ZSTD_EndDirective end,
                        struct pending_file *file)
{
    ZSTD_inBuffer in = {bytes.data, bytes.length, 0};
    for (;;) {
        ZSTD_outBuffer out = {writer->out, OUT_SIZE, 0};
        size_t left = ZSTD_compressStream2(writer->context, &out, &in, end);
        enum rc rc = check(left);
        if (rc == RC_OK && out.pos > 0)
            rc = pending_file_write(file, slice_of(writer->out, out.pos));
        if (rc != RC_OK)
            return rc;
        if (end == ZSTD_e_end ? left == 0 : in.pos == in.size)
            return RC_OK;
    }
}

static enum rc flush_in(struct frame_writer *writer, ZSTD_EndDirective end,
                        struct pending_file *file)
{
    enum rc rc = compress(writer, slice_of(writer->in, writer->in_length), end, file);
    writer->in_length = 0;
    return rc;
}

static enum rc add_row(struct frame_writer *writer, struct slice row, struct pending_file *file)
{
    enum rc rc = RC_OK;
    if (row.length >= IN_SIZE - writer->in_length)
        rc = flush_in(writer, ZSTD_e_continue, file);
    if (rc == RC_OK && row.length >= IN_SIZE) { /* longer than the whole of `in` */
        rc = compress(writer, row, ZSTD_e_continue, file);
        row = (struct slice){0};
    }
    if (rc != RC_OK)
        return rc;
    if (row.length)
        memcpy(writer->in + writer->in_length, row.data, row.length);
    writer->in_length += row.length;
    writer->in[writer->in_length++] = '\n';
    return RC_OK;
}

enum rc frame_write(struct frame_writer *writer, const struct buffer *bytes,
                    const struct row_group *group, struct pending_file *file)
{
    writer->in_length = 0;
    enum rc rc = check(ZSTD_CCtx_reset(writer->context, ZSTD_reset_session_only));
    if (rc == RC_OK)
        rc = check(ZSTD_CCtx_setPledgedSrcSize(writer->context, group->bytes + group->count));
    for (uint32_t i = 0; rc == RC_OK && i < group->count; i++) {
        const struct row *row = &group->rows[i];
        rc = add_row(writer, slice_of(bytes->data + row->offset, row->length), file);
    }
    if (rc == RC_OK)
        rc = flush_in(writer, ZSTD_e_end, file);
    return rc;
}
