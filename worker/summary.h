/*
 * The table with which a replay ends: records in, out per recipient, withheld and reduced by
 * reason, fields by action, quarantined by reason, and which subject has no consent. Names and
 * counts only.
 */
#ifndef LETHE_WORKER_SUMMARY_H
#define LETHE_WORKER_SUMMARY_H

#include "core/buffer.h"
#include "worker/replay.h"

void summary_write(struct buffer *out, const struct replay_options *options,
                   const struct replay_result *result);

#endif
