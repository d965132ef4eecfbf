/*
 * Files for the tests of captures, in a directory of their own that is removed at the end, and what
 * a feed makes of them, as text.
 */
#ifndef LETHE_TESTS_INGEST_CAPTURE_FILES_H
#define LETHE_TESTS_INGEST_CAPTURE_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <zstd.h>

#include "core/buffer.h"
#include "ingest/capture.h"

struct files {
    char directory[64];
    const char *names[16]; /* allocated */
    size_t count;
};

static inline void files_open(struct files *files)
{
    *files = (struct files){0};
    strcpy(files->directory, "/tmp/lethe-capture-XXXXXX");
    assert_non_null(mkdtemp(files->directory));
}

static inline void files_close(struct files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        unlink(files->names[i]);
        free((char *)files->names[i]);
    }
    assert_int_equal(rmdir(files->directory), 0);
}

/* The path of one more file, which is not there yet. */
static inline const char *files_add_path(struct files *files)
{
    char *path;
    assert_true(asprintf(&path, "%s/file-%zu", files->directory, files->count) > 0);
    files->names[files->count++] = path;
    return path;
}

static inline void files_add(struct files *files, struct slice bytes)
{
    FILE *file = fopen(files_add_path(files), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data ? bytes.data : "", 1, bytes.length, file), bytes.length);
    assert_int_equal(fclose(file), 0);
}

/* Appends one zstd frame. */
static inline void append_frame(struct buffer *out, struct slice bytes)
{
    size_t bound = ZSTD_compressBound(bytes.length);
    char *to = buffer_reserve(out, bound);
    assert_non_null(to);
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t size = ZSTD_compress2(context, to, bound, bytes.data, bytes.length);
    assert_false(ZSTD_isError(size));
    ZSTD_freeCCtx(context);
    out->length += size;
}

static inline struct capture_options capture_options_of(const struct files *files, unsigned lanes)
{
    return (struct capture_options){
        .files = files->names,
        .file_count = files->count,
        .line_limit = 1024 * 1024,
        .lanes = lanes,
        .topic = SLICE("plain"),
        .time = TIME_NONE,
        .depth_limit = 16,
    };
}

/* One message as `file:line:reason:topic:time:value`. */
static inline void append_message(struct buffer *out, const struct message *message, int reason)
{
    buffer_append_format(out, "%u:%lld:%d:", message->origin_number, (long long)message->offset,
                         reason);
    buffer_append(out, message->topic);
    if (message->time == TIME_NONE)
        buffer_append_string(out, ":-:");
    else
        buffer_append_format(out, ":%lld:", (long long)message->time);
    buffer_append(out, message->value);
    buffer_append_byte(out, '\n');
}

/* Everything that a lane gets. */
static inline void drain(struct capture_feed *feed, unsigned lane, struct buffer *out)
{
    struct source *source;
    assert_int_equal(capture_source_new(feed, lane, &source), RC_OK);
    for (;;) {
        struct message message;
        int reason;
        enum poll_result result = source_poll(source, 1000, &message, &reason);
        if (result == POLL_END)
            break;
        if (result == POLL_IDLE)
            continue;
        assert_true(result == POLL_MESSAGE || result == POLL_BAD);
        assert_int_equal(result == POLL_BAD, reason != 0);
        append_message(out, &message, reason);
    }
    source_close(source);
}

#endif
