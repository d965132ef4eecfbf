/*
 * The form of one entry of an audit, and what chains it to the one before: the same in a file
 * (audit.h, a replay's) and in a topic (audit_topic.h, that of `run`).
 *
 *     {"n":3,"previous":"<64 hex>","time":"2026-11-24T08:00:00Z","event":"publication",...,
 *      "hash":"<64 hex>"}                                            (one line, no spaces)
 *
 * `n` counts from 1. `hash` is BLAKE2b-256 over the line without its hash member and its closing
 * brace; `previous` is the hash of the entry before (64 zeros for the first). A topic holds the
 * entries of many lanes, so each says first whose it is, and every lane has a chain of its own:
 *
 *     {"chain":"lethe.group.host.0","n":3,...}
 */
#ifndef LETHE_SINK_AUDIT_LINE_H
#define LETHE_SINK_AUDIT_LINE_H

#include "core/buffer.h"
#include "core/json_document.h"
#include "core/rc.h"

enum {
    AUDIT_LINE_LIMIT = 8 * 1024 * 1024, /* bytes of one entry */
    AUDIT_HASH_SIZE = 65,               /* hex digits and NUL */
    AUDIT_DEPTH_LIMIT = 16,
};

/* Memory of a parsed entry, at most: a tree takes 64 bytes a value, and no value but a digit takes
 * fewer than two bytes of text. */
#define AUDIT_TREE_LIMIT ((size_t)AUDIT_LINE_LIMIT * 48)

/* How far a chain has come. */
struct audit_chain {
    struct slice id;                /* borrowed; empty in a file */
    uint64_t entries;               /* number of the last one */
    char previous[AUDIT_HASH_SIZE]; /* its hash */
};

void audit_chain_begin(struct audit_chain *chain, struct slice id);

/*
 * Composes the chain's next entry into `line`, which is emptied before; no newline at its end. The
 * chain stays where it is until audit_chain_advance(chain, hash), once the entry is written.
 * `members` is what comes between `event` and `hash`: JSON members without braces
 * ("\"rows\":12,\"recipient\":\"x\""), or empty; what is not that is RC_INTERNAL.
 */
LETHE_CHECKED enum rc audit_line_compose(const struct audit_chain *chain, const char *event,
                                         struct slice members, int64_t now, struct buffer *line,
                                         char hash[static AUDIT_HASH_SIZE]);
void audit_chain_advance(struct audit_chain *chain, const char hash[static AUDIT_HASH_SIZE]);

struct audit_entry {
    struct slice chain; /* empty in a file */
    uint64_t number;
    struct slice event, previous;
    int64_t time;
    char hash[AUDIT_HASH_SIZE];
    const struct json_value *members; /* of the whole entry */
};

/* Reads one line (without newline), checking its form and its hash. RC_CORRUPT, RC_NO_MEMORY. What
 * `out` refers to is in the arena. */
LETHE_CHECKED enum rc audit_line_read(struct slice line, struct arena *arena,
                                      struct audit_entry *out);

/* Is it the next one of this chain? */
bool audit_entry_follows(const struct audit_entry *entry, const struct audit_chain *chain);

/* The hash of a line without its hash member and brace, as hex. */
void audit_hash(struct slice line, char out[static AUDIT_HASH_SIZE]);

#endif
