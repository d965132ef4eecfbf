/*
 * The metrics of `lethe run`: one table of name, type, labels and help, from which the text for
 * Prometheus and the reference page are made.
 *
 * Text: the exposition format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * Names follow the Prometheus conventions: base units, counters end in `_total`. Label values are
 * names of the configuration (escaped), names of the program's own tables, and numbers; there is no
 * way for a value of a record to get here. Of a counter with labels only what is not 0 is listed,
 * but for those whose absence an alert would mistake.
 */
#ifndef LETHE_WORKER_METRICS_H
#define LETHE_WORKER_METRICS_H

#include "core/buffer.h"
#include "worker/run_snapshot.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum {
    METRICS_LIMIT = 8 * 1024 * 1024, /* bytes of one page; what does not fit fails it whole */
};

/* All of the snapshot. buffer_status(out) says whether it fitted. */
void metrics_write(const struct run_snapshot *snapshot, struct buffer *out);

/* docs/reference/metrics.md */
void metrics_write_reference(struct buffer *out);

#endif
