/*
 * The audit: who is to answer for what left. One JSON object a line, each chained to the one
 * before:
 *
 *     {"n":3,"previous":"<64 hex>","time":"2026-11-24T08:00:00Z","event":"part",...,"hash":"<64
 * hex>"}
 *
 * `hash` is BLAKE2b-256 over the line without its hash member and its closing brace; `previous` is
 * the hash of the line before (64 zeros for the first). The last line is an `end` entry with the
 * number of entries, so that a cut-off tail is found. An audit holds names, counts, positions and
 * hashes; never a value, and it is not given to any recipient.
 *
 * Events: start (version, command, label, seed given or not), keys (numbers and times), policy
 * (name, version, hash of the file), schema, consent (source, position, counts), part (recipient,
 * file, checksum, rows, ranges of input, consent position, epochs), quarantine (file, count by
 * reason), end (totals).
 *
 * One writer at a time; lanes share one audit (it has a lock: it is not on a record's path).
 */
#ifndef LETHE_SINK_AUDIT_H
#define LETHE_SINK_AUDIT_H

#include "core/buffer.h"
#include "core/json_document.h"
#include "core/rc.h"

struct audit;

/* Creates FILE (mode 0600, O_EXCL); RC_EXISTS where it is there. */
LETHE_CHECKED enum rc audit_create(const char *path, struct audit **out);

/*
 * Appends an entry and makes it durable (fsync). `members` is what comes between `event` and
 * `hash`: JSON members without braces ("\"rows\":12,\"recipient\":\"x\""), or empty.
 */
LETHE_CHECKED enum rc audit_append(struct audit *audit, const char *event, struct slice members,
                                   int64_t now);

/* Writes the `end` entry and closes. The audit is freed in any case. */
LETHE_CHECKED enum rc audit_end(struct audit *audit, struct slice members, int64_t now);

/* Closes without an end entry, as a crash would leave it. */
void audit_abandon(struct audit *audit);

/* Called for every entry in order, with its parsed members. Returning false stops the reading. */
typedef bool audit_visitor(void *context, uint64_t number, struct slice event,
                           const struct json_value *entry);

/*
 * Reads an audit and checks its chain. RC_OK; RC_CORRUPT with *bad_entry where an entry was
 * changed, removed or added; RC_TRUNCATED where the end is missing (what is whole was visited).
 */
LETHE_CHECKED enum rc audit_read(const char *path, audit_visitor *visit, void *context,
                                 uint64_t *bad_entry);

#endif
