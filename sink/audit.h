/*
 * The audit of a replay, a file: who is to answer for what left. One entry a line, each chained to
 * the one before (audit_line.h). The last line is an `end` entry with the number of entries, itself
 * included, so that a cut-off tail is found. An audit holds names, counts, positions and hashes;
 * never a value, and it is not given to any recipient. The chain is not keyed: it shows what was
 * changed, removed or added later, as long as the last hash is kept somewhere else or the changer
 * did not compute the rest anew.
 *
 * Events: start (version, command, label, seed given or not), keys (numbers and times), policy
 * (name, version, hash of the file), schema, consent (source, position, counts), publication (see
 * publication.h: parts and quarantine with checksums, ranges of input, consent position), end
 * (totals).
 *
 * Lanes share one audit; every call locks it (it is not on a record's path). One process writes at
 * a time: the file is locked (flock) while it is open.
 */
#ifndef LETHE_SINK_AUDIT_H
#define LETHE_SINK_AUDIT_H

#include "sink/audit_line.h"

struct audit;

/* Creates the file (mode 0600, O_EXCL) and makes it durable; RC_EXISTS where it is there. Its
 * directory must exist. */
LETHE_CHECKED enum rc audit_create(const char *path, struct audit **out);

/*
 * Appends an entry and makes it durable (fsync). `members` is what comes between `event` and
 * `hash`: JSON members without braces ("\"rows\":12,\"recipient\":\"x\""), or empty; what is not
 * that is RC_INTERNAL, and longer than the limit RC_LIMIT: then nothing was written and the audit
 * goes on. Where writing fails, what was written is taken back and every later call returns the
 * same code.
 */
LETHE_CHECKED enum rc audit_append(struct audit *audit, const char *event, struct slice members,
                                   int64_t now);

/* After a failure of writing: is it unknown whether the last entry is on the disk (it could not be
 * taken back)? Then what the entry names must stay as it is, for recovery to judge. */
bool audit_is_doubtful(struct audit *audit);

/* Writes the `end` entry and closes. The audit is freed in any case. */
LETHE_CHECKED enum rc audit_end(struct audit *audit, struct slice members, int64_t now);

/* Closes without an end entry, as a crash would leave it. NULL is nothing. */
void audit_abandon(struct audit *audit);

/* Called for every entry in order, with its parsed members (valid during the call). Returning false
 * stops the reading, which then ends with RC_OK. */
typedef bool audit_visitor(void *context, uint64_t number, struct slice event,
                           const struct json_value *entry);

/*
 * Reads an audit and checks its chain. RC_OK; RC_CORRUPT with *bad_entry (its line, may be NULL)
 * where an entry was changed, removed, added or moved; RC_TRUNCATED where the end is missing or
 * half a line is left. What is whole before that was visited. `visit` may be NULL.
 */
LETHE_CHECKED enum rc audit_read(const char *path, audit_visitor *visit, void *context,
                                 uint64_t *bad_entry);

#endif
