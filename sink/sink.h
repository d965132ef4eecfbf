/*
 * Where batches go. `replay` writes files (file_sink.h) or standard output (stream_sink.h); `run`
 * Kafka transactions (kafka_sink.h), with files in them. The lane loop knows only this interface.
 *
 * What becomes visible at once is a *publication*: one batch, or several where files are written
 * whose parts are to be large.
 */
#ifndef LETHE_SINK_SINK_H
#define LETHE_SINK_SINK_H

#include "sink/batch.h"

struct sink;
struct group_membership; /* kafka/membership.h */

/* How much of the consent messages had been applied when the batch began. It goes into the audit
 * and nowhere else. */
struct consent_position {
    uint64_t messages;      /* applied so far */
    const int64_t *offsets; /* by partition of the consent topic: the next to apply; NULL: a file */
    size_t partition_count;
};

struct commit_context {
    struct consent_position consent;
    int64_t now;
    const struct group_membership *membership; /* NULL where the source is no consumer group */
};

struct commit_outcome {
    bool committed;                   /* a publication was committed; it covers: */
    const struct input_range *ranges; /* valid until the sink is used again */
    size_t range_count;
};

/* What a reload may change. Borrowed until the next describe or close. */
struct sink_description;

struct sink_operations {
    /*
     * Takes everything in the batch, whole or not at all; the batch is the caller's again after
     * (its groups in another order). An empty batch is allowed: it publishes what is due by its
     * age. RC_AGAIN: the publication was undone, nothing of it is or will be visible, and all that
     * it covered is to be done again; the sink goes on. After any other failure what was not
     * published is gone or left for recovery, and every later commit and finish returns the same
     * code.
     */
    enum rc (*commit)(struct sink *sink, struct batch *batch, const struct commit_context *context,
                      struct commit_outcome *outcome);
    /* Publishes what is open. More batches may come. */
    enum rc (*finish)(struct sink *sink, const struct commit_context *context,
                      struct commit_outcome *outcome);
    /* Undoes what was taken and not published. As for commit, RC_AGAIN apart. */
    enum rc (*discard)(struct sink *sink);
    /* Other schemas or another policy from now on; only where nothing is open. NULL: never. */
    enum rc (*describe)(struct sink *sink, const struct sink_description *description);
    /* Frees it. Without finish before: what was not published is removed. */
    void (*close)(struct sink *sink);
};

struct sink {
    const struct sink_operations *operations;
};

/* `outcome` may be NULL. */
LETHE_CHECKED static inline enum rc sink_commit(struct sink *sink, struct batch *batch,
                                                const struct commit_context *context,
                                                struct commit_outcome *outcome)
{
    struct commit_outcome unseen;
    outcome = outcome ? outcome : &unseen;
    *outcome = (struct commit_outcome){0};
    return sink->operations->commit(sink, batch, context, outcome);
}

LETHE_CHECKED static inline enum rc
sink_finish(struct sink *sink, const struct commit_context *context, struct commit_outcome *outcome)
{
    struct commit_outcome unseen;
    outcome = outcome ? outcome : &unseen;
    *outcome = (struct commit_outcome){0};
    return sink->operations->finish(sink, context, outcome);
}

LETHE_CHECKED static inline enum rc sink_discard(struct sink *sink)
{
    return sink->operations->discard(sink);
}

LETHE_CHECKED static inline enum rc sink_describe(struct sink *sink,
                                                  const struct sink_description *description)
{
    return sink->operations->describe ? sink->operations->describe(sink, description)
                                      : RC_UNSUPPORTED;
}

static inline void sink_close(struct sink *sink)
{
    if (sink)
        sink->operations->close(sink);
}

#endif
