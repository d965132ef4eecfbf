/*
 * Reads a part row by row, in bounded memory: for verify, and for whoever wants to know what is in
 * it.
 */
#ifndef LETHE_SINK_PART_READER_H
#define LETHE_SINK_PART_READER_H

#include "core/buffer.h"

enum {
    PART_ROW_LIMIT = 16 * 1024 * 1024,
    PART_WINDOW_LOG_MOST = 23, /* what a reader is willing to hold: 8 MiB */
};

/* Called for each row, counted from 1, without its newline; valid during the call. false stops. */
typedef bool part_row_visitor(void *context, uint64_t number, struct slice row);

struct part_contents {
    uint64_t rows;
    uint64_t bytes; /* newlines included */
};

/*
 * RC_OK; RC_TRUNCATED where the last frame or the last row is not whole, or there is no frame;
 * RC_CORRUPT where zstd finds damage; RC_LIMIT where a row is too long; RC_REFUSED where it is no
 * regular file. Rows before the fault were visited and counted.
 */
LETHE_CHECKED enum rc part_read(int directory, const char *name, part_row_visitor *visit,
                                void *context, struct part_contents *contents);

#endif
