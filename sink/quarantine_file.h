/*
 * Sealed records in files: one JSON object a line,
 *
 *     {"reason":"malformed","source":"day.ndjson","partition":0,"offset":17,
 *      "time":"2026-11-24T08:00:00Z","key":"<16 hex>","sealed":"<base64>"}
 *
 * (without the line break), written under a temporary name and made visible whole, like parts.
 * Nothing outside `sealed` derives from the content. base64 is that of RFC 4648 with padding.
 */
#ifndef LETHE_SINK_QUARANTINE_FILE_H
#define LETHE_SINK_QUARANTINE_FILE_H

#include "core/arena.h"
#include "schemas/clean_record.h"
#include "sink/batch.h"

enum { QUARANTINE_LINE_LIMIT = 32 * 1024 * 1024 };

/* Appends one line, whole or (buffer_status tells) not at all. */
void quarantine_write_line(struct buffer *out, const struct sealed_record *sealed);

/* Called for each line in order, counted from 1; *sealed is valid during the call. false stops. */
typedef bool quarantine_visitor(void *context, uint64_t line, const struct sealed_record *sealed);

/* RC_CORRUPT with *bad_line (may be NULL), the first that is not of this form or is torn; the rest
 * is read. */
LETHE_CHECKED enum rc quarantine_read(const char *path, quarantine_visitor *visit, void *context,
                                      uint64_t *bad_line);

#endif
