/*
 * What a file sink holds. Internal to file_sink.c (taking batches) and file_sink_publish.c (making
 * them visible).
 */
#ifndef LETHE_SINK_FILE_SINK_STATE_H
#define LETHE_SINK_FILE_SINK_STATE_H

#include "sink/file_sink.h"
#include "sink/part.h"
#include "sink/quarantine_writer.h"

/* One recipient's. */
struct output {
    int directory; /* -1: not selected */
    struct randomness shuffle, names;
    struct file_sink_counts counts;
    uint64_t below_minimum; /* batches, not yet published */
    bool touched;           /* its directory, in the publication that is being made */
};

/* Room for what one batch may bring must always be left. */
enum { PUBLICATION_RANGE_LIMIT = 2 * INPUT_RANGE_LIMIT };

struct file_sink {
    struct sink base;
    struct file_sink_options options;
    struct output *outputs;
    struct part *parts; /* recipient-major */
    struct frame_writer writer;
    struct quarantine_writer quarantine;
    struct input_range *ranges; /* covered since the last publication */
    size_t range_count;
    uint64_t consent[2]; /* at the first and the last batch since */
    int64_t opened;      /* when the first batch since came, or TIME_NONE */
    struct buffer entry;
    enum rc failure; /* of the first call that failed; RC_OK until then */
};

static inline struct part *file_sink_part(const struct file_sink *sink, size_t recipient,
                                          size_t schema)
{
    return &sink->parts[recipient * sink->options.schema_count + schema];
}

/* Makes all that is open visible, as file_sink.h says, and begins anew. After a failure nothing is
 * open. */
LETHE_CHECKED enum rc file_sink_publish(struct file_sink *sink, int64_t now);

/* Removes all that is open. */
void file_sink_discard(struct file_sink *sink);

#endif
