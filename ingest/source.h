/*
 * Where messages come from. One lane owns one source; `replay` uses captures (capture.h), `run` a
 * Kafka consumer. The lane loop knows only this interface.
 *
 * A message's bytes are valid until the next source_poll or source_close of the same source, and no
 * longer: raw bytes live for one turn of the loop.
 */
#ifndef LETHE_INGEST_SOURCE_H
#define LETHE_INGEST_SOURCE_H

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
    int64_t time;           /* the message's own timestamp, or TIME_NONE */
};

enum poll_result {
    POLL_MESSAGE, /* *out is a message */
    POLL_BAD,     /* *out has a place and its raw bytes, but cannot be read as a message: `bad` in
                     source_poll's words (see enum quarantine_reason); the lane quarantines it */
    POLL_IDLE,    /* nothing now; ask again */
    POLL_END,     /* no more will come */
    POLL_FAILED,  /* source_failure says why */
};

struct source;

struct source_operations {
    enum poll_result (*poll)(struct source *source, int64_t wait, struct message *out,
                             int *quarantine_reason);
    void (*close)(struct source *source);
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

#endif
