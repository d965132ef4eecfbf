/* How one sample is written: for metrics.c and the metrics_*.c beside it only. */
#ifndef LETHE_WORKER_METRIC_WRITER_H
#define LETHE_WORKER_METRIC_WRITER_H

#include "worker/metrics.h"

struct metric_writer {
    const struct run_snapshot *snapshot;
    struct buffer *out;
    const char *name; /* of the metric that is being written */
};

struct metric_label {
    const char *name;
    struct slice value;
    bool is_number; /* then the value is `number` */
    int64_t number;
};

#define LABEL(name, value)        ((struct metric_label){name, value, false, 0})
#define LABEL_WORD(name, value)   ((struct metric_label){name, slice_from_string(value), false, 0})
#define LABEL_NUMBER(name, value) ((struct metric_label){name, {0}, true, (int64_t)(value)})
#define LABELS(...)                                                                                \
    (const struct metric_label[]){__VA_ARGS__},                                                    \
        sizeof((const struct metric_label[]){__VA_ARGS__}) / sizeof(struct metric_label)
#define NO_LABELS NULL, 0

/* name{labels} value */
void metric_u64(const struct metric_writer *writer, const struct metric_label *labels, size_t count,
                uint64_t value);
/* Milliseconds or nanoseconds, written as seconds. */
void metric_seconds_ms(const struct metric_writer *writer, const struct metric_label *labels,
                       size_t count, int64_t milliseconds);
void metric_seconds_ns(const struct metric_writer *writer, const struct metric_label *labels,
                       size_t count, int64_t nanoseconds);
/* Labels between braces, or nothing where there are none. */
void metric_labels(struct buffer *out, const struct metric_label *labels, size_t count);

/* A metric of the table. */
struct metric {
    const char *section; /* a heading; NULL: as the one before */
    const char *name;
    const char *type;   /* counter, gauge, histogram */
    const char *labels; /* names, separated by ", "; "" for none */
    const char *help;
    void (*write)(const struct metric_writer *writer);
};

/* The tables, in the order of the page; each ends with a NULL name. */
extern const struct metric metrics_of_process[];
extern const struct metric metrics_of_records[];
extern const struct metric metrics_of_lanes[];
extern const struct metric metrics_of_consent[];

#endif
