/*
 * Where messages come from. One lane owns one source; `replay` uses captures (capture.h), `run` a
 * Kafka consumer (kafka_source.h). The lane loop knows only this interface.
 *
 * A message's bytes are valid until the next source_poll or source_close of the same source, and no
 * longer: raw bytes live for one turn of the loop.
 *
 * A source that can go back (can_rewind) remembers for each partition up to where what it handed
 * out has been settled, that is, committed. What it handed out after that comes again after a
 * rewind, and comes to somebody else after a release.
 */
#ifndef LETHE_INGEST_SOURCE_H
#define LETHE_INGEST_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/rc.h"
#include "core/slice.h"
#include "core/time_text.h"

struct message {
    struct slice value;
    struct slice topic;     /* empty: not known (a plain capture) */
    struct slice origin;    /* what the offset counts in: topic, or name of the capture file */
    uint32_t origin_number; /* number of the file, or of the topic, for the audit's ranges */
    int32_t partition;      /* 0 in a capture */
    int64_t offset;         /* Kafka's, or the line number in the capture, from 1 */
    int64_t first;          /* the first offset that it covers: Kafka leaves gaps before a message
                               (control records, compaction); `offset` in a capture */
    int64_t time;           /* the message's own timestamp, or TIME_NONE */
};

enum poll_result {
    POLL_MESSAGE,  /* *out is a message */
    POLL_BAD,      /* *out has a place and its raw bytes, but cannot be read as a message: `bad` in
                      source_poll's words (see enum quarantine_reason); the lane quarantines it */
    POLL_IDLE,     /* nothing now; ask again */
    POLL_ASSIGNED, /* partitions were given to us; nothing that was handed out before is open */
    POLL_REVOKED,  /* they are about to go: settle or drop what is open, then source_release */
    POLL_LOST,     /* they are gone: drop what is open, then source_release */
    POLL_END,      /* no more will come */
    POLL_FAILED,   /* source->failure says why */
};

struct source;
struct group_membership; /* kafka/membership.h */

struct source_operations {
    enum poll_result (*poll)(struct source *source, int64_t wait, struct message *out,
                             int *quarantine_reason);
    void (*close)(struct source *source);
    /* The rest is NULL where the source cannot go back. */
    enum rc (*rewind)(struct source *source);
    enum rc (*release)(struct source *source);
    void (*settle)(struct source *source, uint32_t origin, int32_t partition, int64_t next);
    const struct group_membership *(*membership)(struct source *source);
};

/* The head of every implementation's own struct. */
struct source {
    const struct source_operations *operations;
    enum rc failure;
};

static inline enum poll_result source_poll(struct source *source, int64_t wait, struct message *out,
                                           int *quarantine_reason)
{
    return source->operations->poll(source, wait, out, quarantine_reason);
}

static inline void source_close(struct source *source)
{
    if (source)
        source->operations->close(source);
}

static inline bool source_can_rewind(const struct source *source)
{
    return source->operations->rewind != NULL;
}

/* Back to what is settled, in every partition. What was handed out since then comes again. */
LETHE_CHECKED static inline enum rc source_rewind(struct source *source)
{
    return source->operations->rewind(source);
}

/* After POLL_REVOKED or POLL_LOST: gives the partitions back. */
LETHE_CHECKED static inline enum rc source_release(struct source *source)
{
    return source->operations->release(source);
}

/* Everything of that partition before `next` has been committed. */
static inline void source_settle(struct source *source, uint32_t origin, int32_t partition,
                                 int64_t next)
{
    if (source->operations->settle)
        source->operations->settle(source, origin, partition, next);
}

/* Who we are in the consumer group, for the transaction; NULL where there is no group. Borrowed
 * until source_release. */
static inline const struct group_membership *source_membership(struct source *source)
{
    return source->operations->membership ? source->operations->membership(source) : NULL;
}

#endif
