/*
 * Lines of our own files (audit, quarantine), one after the other, in bounded memory. A line is
 * what ends with a newline; what follows the last newline is a torn line.
 */
#ifndef LETHE_SINK_LINE_READER_H
#define LETHE_SINK_LINE_READER_H

#include "core/buffer.h"

struct line_reader {
    int descriptor;
    struct buffer buffer; /* what was read and not yet handed out begins at `at` */
    size_t at;
    size_t line_limit;
    bool end;
};

/* Opens a regular file (a symbolic link is refused). RC_NOT_FOUND, RC_REFUSED, RC_IO. */
LETHE_CHECKED enum rc line_reader_open(struct line_reader *reader, const char *path,
                                       size_t line_limit);
void line_reader_close(struct line_reader *reader);

/*
 * The next line without its newline, valid until the next call. RC_END; RC_TRUNCATED where bytes
 * without a newline are left (they are in *line); RC_LIMIT where a line is longer than the limit
 * (reading cannot go on); RC_IO, RC_NO_MEMORY.
 */
LETHE_CHECKED enum rc line_reader_next(struct line_reader *reader, struct slice *line);

#endif
