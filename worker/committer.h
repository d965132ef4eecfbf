/*
 * A lane's second thread: it hands one closed batch to the sink while the lane transforms the next.
 * The sink is used by this thread only between submit and wait.
 */
#ifndef LETHE_WORKER_COMMITTER_H
#define LETHE_WORKER_COMMITTER_H

#include "sink/sink.h"

struct committer;

/* The sink is borrowed. RC_NO_MEMORY, also where no thread can be had. */
LETHE_CHECKED enum rc committer_new(struct sink *sink, struct committer **out);

/* Waits for what is under way. NULL is nothing. */
void committer_free(struct committer *committer);

/* Nothing may be under way. The batch and what the context points to are the committer's until
 * committer_wait. */
void committer_submit(struct committer *committer, struct batch *batch,
                      const struct commit_context *context);

/* Has what was submitted ended? True where nothing was. */
bool committer_is_done(struct committer *committer);

/* Waits, and returns what sink_commit did. */
LETHE_CHECKED enum rc committer_wait(struct committer *committer, struct commit_outcome *outcome);

#endif
