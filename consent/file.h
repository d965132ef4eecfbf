/*
 * Consent from a file: one message a line, {"key":"account.user_id:10001","value":{...}}, as
 * `replay` and tests use it. A value of null is a tombstone; other members, as a capture's envelope
 * has, are ignored; a line of white space is no message. A line that is not of that form may hide a
 * withdrawal and counts as an unreadable key: it blocks the table, and the report says which line.
 */
#ifndef LETHE_CONSENT_FILE_H
#define LETHE_CONSENT_FILE_H

#include "consent/table.h"

enum { CONSENT_LINE_LIMIT = 64 * 1024 }; /* bytes, without the line's end */

struct consent_file_report {
    uint64_t lines;
    uint64_t bad_line; /* the first line that could not be read as key and value, or 0 */
};

/* Reads the whole file into the table, through 256 KiB of memory whatever its size. RC_IO,
 * RC_NOT_FOUND, RC_NO_MEMORY; what came before the failure is in the table. Lines longer than
 * CONSENT_LINE_LIMIT are bad lines. */
LETHE_CHECKED enum rc consent_file_load(const char *path, struct consent_table *table,
                                        struct consent_reader *reader,
                                        struct consent_file_report *report);

#endif
