/*
 * Rows of one recipient to a descriptor (`-o -`), NDJSON, batch by batch, shuffled like parts; and
 * a sink that discards everything, for measuring. Neither writes an audit or a quarantine.
 */
#ifndef LETHE_SINK_STREAM_SINK_H
#define LETHE_SINK_STREAM_SINK_H

#include "sink/randomness.h"
#include "sink/sink.h"

struct stream_lock; /* lanes that share a descriptor share one */

/* descriptor -1: discard. Lines are never torn between lanes. */
LETHE_CHECKED enum rc stream_sink_new(int descriptor, size_t recipient, bool keep_order,
                                      const uint64_t *seed, unsigned lane, struct sink **out);

#endif
