/*
 * Rows of one recipient to a descriptor (`-o -`), NDJSON, batch by batch, shuffled over all schemas
 * of the batch (or, with keep_order, in the order of the input); and a sink that discards
 * everything, for measuring. Neither writes an audit or a quarantine.
 */
#ifndef LETHE_SINK_STREAM_SINK_H
#define LETHE_SINK_STREAM_SINK_H

#include "sink/randomness.h"
#include "sink/sink.h"

struct stream_output; /* a descriptor and its lock: one for all lanes that write to it */

/* The descriptor is borrowed; whoever has it ignores SIGPIPE, so that a reader that went away is
 * RC_IO and not a death. */
LETHE_CHECKED enum rc stream_output_new(int descriptor, struct stream_output **out);
void stream_output_free(struct stream_output *output);

/*
 * One per lane. `output` NULL: discard. A batch is written under the lock, whole lines with each
 * write (except one longer than 256 KiB), so that no line is torn between lanes. Where a write
 * fails (RC_NO_SPACE, RC_IO) the last line may be torn, and no lane writes any more: every later
 * commit of any of them returns that code.
 */
LETHE_CHECKED enum rc stream_sink_new(struct stream_output *output, size_t recipient,
                                      bool keep_order, const uint64_t *seed, unsigned lane,
                                      struct sink **out);

#endif
