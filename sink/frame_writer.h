/*
 * Rows to zstd frames (RFC 8878). One writer per lane serves all its parts, one after the other:
 * every call writes one whole frame with its content size and its checksum, so nothing stays behind
 * in the writer between calls, and its memory (about 2 MiB at level 1, see FRAME_WINDOW_LOG) does
 * not grow with the number of recipients and schemas.
 */
#ifndef LETHE_SINK_FRAME_WRITER_H
#define LETHE_SINK_FRAME_WRITER_H

#include "sink/batch.h"
#include "sink/pending_file.h"

/* 512 KiB: what a reader of a part must hold, and the most that the writer looks back. */
enum { FRAME_WINDOW_LOG = 19, FRAME_LEVEL_DEFAULT = 1, FRAME_LEVEL_MOST = 19 };

struct frame_writer {
    struct ZSTD_CCtx_s *context;
    char *in; /* rows gathered, so that zstd is not called for each */
    size_t in_length;
    char *out;
};

/* Level 0 is the default; RC_CONFIGURATION where it is none of 1 to 19. */
LETHE_CHECKED enum rc frame_writer_init(struct frame_writer *writer, int level);
void frame_writer_release(struct frame_writer *writer);

/* Writes the group's rows in their order, each with a newline, as one frame. After a failure the
 * file holds part of a frame and is good for nothing. */
LETHE_CHECKED enum rc frame_write(struct frame_writer *writer, const struct buffer *bytes,
                                  const struct row_group *group, struct pending_file *file);

#endif
