/*
 * From a message to its records.
 *
 *   record   the message is one JSON object
 *   lines    NDJSON: each line is a record; a bad line costs only itself; blank lines are nothing
 *   array    a JSON array of objects; a syntax error costs the whole message, so the message is
 *            checked whole before its first record is handed out
 */
#ifndef LETHE_INGEST_FRAMING_H
#define LETHE_INGEST_FRAMING_H

#include "core/json_scan.h"
#include "schemas/reason.h"

enum framing { FRAMING_RECORD = 0, FRAMING_LINES, FRAMING_ARRAY, FRAMING_COUNT };

const char *framing_name(enum framing framing);
bool framing_from_name(struct slice name, enum framing *out);

struct framing_limits {
    size_t record; /* bytes of one record */
    unsigned depth;
};

/* Walks the records of one message; borrows it. */
struct framing_cursor {
    enum framing framing;
    struct slice rest;
    struct framing_limits limits;
    struct json_names *names;
    uint32_t index; /* of the record in the message, from 0 */
    uint32_t count; /* records handed out so far */
    bool opened;    /* the message has been looked at */
};

void framing_start(struct framing_cursor *cursor, enum framing framing, struct slice message,
                   struct framing_limits limits, struct json_names *names);

/*
 * The next record's text in *record. False at the end. Where a record (or, for `array`, the
 * message) cannot be framed, returns true with *reason set to why and *record to the bytes that it
 * concerns.
 */
bool framing_next(struct framing_cursor *cursor, struct slice *record,
                  enum quarantine_reason *reason);

#endif
