/*
 * Where batches go. `replay` writes files (file_sink.h) or standard output (stream_sink.h); `run`
 * will write Kafka transactions. The lane loop knows only this interface.
 */
#ifndef LETHE_SINK_SINK_H
#define LETHE_SINK_SINK_H

#include "sink/batch.h"

struct sink;

struct sink_operations {
    /*
     * Takes everything in the batch, whole or not at all; the batch is the caller's again after
     * (its groups in another order). The consent position (messages applied so far) goes into the
     * audit and nowhere else. An empty batch is allowed: it publishes what is due by its age.
     * After a failure what was not published is gone, and every later commit and finish returns
     * the same code.
     */
    enum rc (*commit)(struct sink *sink, struct batch *batch, uint64_t consent_position,
                      int64_t now);
    /* No more batches will come: publishes what is open. */
    enum rc (*finish)(struct sink *sink, int64_t now);
    /* Frees it. Without finish before: what was not published is removed. */
    void (*close)(struct sink *sink);
};

struct sink {
    const struct sink_operations *operations;
};

LETHE_CHECKED static inline enum rc sink_commit(struct sink *sink, struct batch *batch,
                                                uint64_t consent_position, int64_t now)
{
    return sink->operations->commit(sink, batch, consent_position, now);
}

LETHE_CHECKED static inline enum rc sink_finish(struct sink *sink, int64_t now)
{
    return sink->operations->finish(sink, now);
}

static inline void sink_close(struct sink *sink)
{
    if (sink)
        sink->operations->close(sink);
}

#endif
