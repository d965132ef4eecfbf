#include <stdlib.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "ingest/capture_file.h"

enum {
    WINDOW_LOG_MOST = 27, /* 128 MiB: what `zstd -d` takes without being asked to */
    HEAD_LEAST = 2,       /* bytes of a magic number that tell a cut one from text */
};

struct capture_zstd {
    ZSTD_DStream *stream;
    bool inside; /* a frame has begun and not ended */
    bool full;   /* the last call filled its output: there may be more without new input */
};

bool capture_is_zstd(struct slice head)
{
    static const unsigned char frame[] = {0x28, 0xB5, 0x2F, 0xFD};
    static const unsigned char skippable[] = {0x2A, 0x4D, 0x18}; /* after 0x50 to 0x5F */
    if (head.length < HEAD_LEAST)
        return false;
    size_t known = head.length < sizeof frame ? head.length : sizeof frame;
    return memcmp(head.data, frame, known) == 0 ||
           (((unsigned char)head.data[0] & 0xF0) == 0x50 &&
            memcmp(head.data + 1, skippable, known - 1) == 0);
}

struct capture_zstd *capture_zstd_new(void)
{
    struct capture_zstd *zstd = calloc(1, sizeof *zstd);
    if (!zstd)
        return NULL;
    zstd->stream = ZSTD_createDStream();
    if (!zstd->stream ||
        ZSTD_isError(ZSTD_DCtx_setParameter(zstd->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MOST))) {
        capture_zstd_free(zstd);
        return NULL;
    }
    return zstd;
}

void capture_zstd_free(struct capture_zstd *zstd)
{
    if (zstd)
        ZSTD_freeDStream(zstd->stream);
    free(zstd);
}

static enum rc rc_from_zstd(size_t result)
{
    switch (ZSTD_getErrorCode(result)) {
    case ZSTD_error_frameParameter_windowTooLarge:
        return RC_LIMIT;
    case ZSTD_error_memory_allocation:
        return RC_NO_MEMORY;
    default:
        return RC_CORRUPT;
    }
}

enum rc capture_zstd_read(struct capture_file *file, char *to, size_t capacity, size_t *count)
{
    struct capture_zstd *zstd = file->zstd;
    ZSTD_outBuffer out = {.dst = to, .size = capacity};
    while (out.pos == 0) {
        if (file->at == file->length && !zstd->full) {
            enum rc rc = capture_file_fill(file);
            if (rc)
                return rc == RC_END && zstd->inside ? RC_TRUNCATED : rc;
        }
        ZSTD_inBuffer in = {.src = file->input, .size = file->length, .pos = file->at};
        size_t left = ZSTD_decompressStream(zstd->stream, &out, &in);
        file->at = in.pos;
        if (ZSTD_isError(left))
            return rc_from_zstd(left);
        /* 0: a frame has ended and all of it is out. What follows begins the next one. */
        zstd->inside = left != 0;
        zstd->full = left != 0 && out.pos == out.size;
    }
    *count = out.pos;
    return RC_OK;
}
