/*
 * Cuts the files of a feed into blocks of whole lines, one file after the other. Internal to
 * ingest. Used by one thread at a time; how the blocks are cut depends on the files' bytes alone,
 * never on how much a read happened to return.
 */
#ifndef LETHE_INGEST_CAPTURE_LINES_H
#define LETHE_INGEST_CAPTURE_LINES_H

#include <stdatomic.h>

#include "core/buffer.h"
#include "ingest/capture.h"
#include "ingest/capture_file.h"

enum { CAPTURE_BLOCK = 256 * 1024 };

/* Whole lines of one file. */
struct capture_block {
    struct buffer text;
    uint32_t file;  /* its number */
    uint64_t line;  /* number of the first line, from 1 */
    bool over_long; /* stands for one line over the limit; holds nothing of it */
};

struct capture_lines {
    char **paths;
    size_t count;
    size_t line_limit;
    struct capture_report *reports; /* one a file */
    size_t current;                 /* number of the file that is read */
    bool open;
    struct capture_file file;
    struct buffer carry;   /* the beginning of a line whose end has not been read */
    bool skipping;         /* inside a line over the limit that has been reported */
    uint64_t next_line;    /* number of the next line of the file */
    _Atomic uint64_t read; /* stored bytes of all files */
    uint64_t counted;      /* those of the open file that are in `read` */
};

/* Copies the paths. */
LETHE_CHECKED enum rc capture_lines_init(struct capture_lines *lines, const char *const *paths,
                                         size_t count, size_t line_limit);
void capture_lines_release(struct capture_lines *lines);

/* A block that holds nothing yet, for lines up to the limit. */
void capture_block_init(struct capture_block *block, size_t line_limit);

/* The next block; RC_END after the last. A file that ends badly has that in its report and is no
 * error; RC_NO_MEMORY is. */
LETHE_CHECKED enum rc capture_lines_next(struct capture_lines *lines, struct capture_block *block);

#endif
