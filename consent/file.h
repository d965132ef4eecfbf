/*
 * Consent from a file: one message a line, {"key":"account.user_id:10001","value":{...}}, as
 * `replay` and tests use it. A line that is not of that form may hide a withdrawal and counts as an
 * unreadable key: it blocks the table, and the report says which line.
 */
#ifndef LETHE_CONSENT_FILE_H
#define LETHE_CONSENT_FILE_H

#include "consent/table.h"

struct consent_file_report {
    uint64_t lines;
    uint64_t bad_line; /* the first line that could not be read as key and value, or 0 */
};

/* Reads the whole file into the table. RC_IO, RC_NOT_FOUND. Lines longer than 64 KiB are bad lines.
 */
LETHE_CHECKED enum rc consent_file_load(const char *path, struct consent_table *table,
                                        struct consent_reader *reader,
                                        struct consent_file_report *report);

#endif
