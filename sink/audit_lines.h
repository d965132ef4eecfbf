/*
 * The lines of an audit one after the other, each held against its form and its hash: what the
 * reader of a file (audit.h) and that of an export (audit_export.h) have in common. What chains
 * them is theirs.
 */
#ifndef LETHE_SINK_AUDIT_LINES_H
#define LETHE_SINK_AUDIT_LINES_H

#include "sink/audit_line.h"

/* The entry is valid until it returns. What it returns ends the reading, but for RC_OK; RC_END ends
 * it in good order. */
typedef enum rc audit_lines_visitor(void *context, uint64_t line, const struct audit_entry *entry);

/*
 * RC_OK where the visitor or the file has ended. RC_CORRUPT: the line *line (from 1) is no entry,
 * or the visitor says so; RC_TRUNCATED: the last line is torn. Else as line_reader_open, and
 * RC_NO_MEMORY. *line is the last one that was looked at.
 */
LETHE_CHECKED enum rc audit_lines_read(const char *path, audit_lines_visitor *visit, void *context,
                                       uint64_t *line);

#endif
