/*
 * The manifest of a part: what its recipient may know of it. One JSON object, one member a line:
 *
 *     {
 *       "format": "lethe/part/1",
 *       "recipient": "analytics",
 *       "schema": "click",
 *       "schema_version": 3,
 *       "policy": "default",
 *       "policy_version": 7,
 *       "label": "pseudonymised",
 *       "rows": 18022,
 *       "bytes": 5120000,                     NDJSON, newlines included
 *       "stored_bytes": 740011,               the file's length
 *       "checksum": "xxh3-128:<32 hex>",      of the file
 *       "key_epochs": [42, 43],               of the pseudonyms in it
 *       "order": "shuffled",                  or "kept"
 *       "finest_time": "1h",
 *       "published": "2026-11-24T08:00:00Z"   rounded down to the hour
 *     }
 *
 * No name of an input, no offset, no consent position: those stand in the audit alone.
 */
#ifndef LETHE_SINK_MANIFEST_H
#define LETHE_SINK_MANIFEST_H

#include "core/arena.h"
#include "core/buffer.h"
#include "schemas/clean_record.h"

#define MANIFEST_FORMAT "lethe/part/1"

enum { MANIFEST_LIMIT = 1024 * 1024 }; /* bytes of the text */

struct manifest {
    struct slice recipient, schema, policy;
    uint32_t schema_version, policy_version;
    enum label label;
    uint64_t rows, bytes, stored_bytes;
    struct slice checksum;
    const uint32_t *epochs; /* rising */
    size_t epoch_count;
    bool keep_order;
    int64_t finest_time;
    int64_t published;
};

void manifest_write(struct buffer *out, const struct manifest *manifest);

/* RC_CORRUPT where it is not of this form: a member missing, of another type, unknown or not as it
 * would be written. What `out` refers to is in the arena. */
LETHE_CHECKED enum rc manifest_read(struct slice text, struct arena *arena, struct manifest *out);

#endif
