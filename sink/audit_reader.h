/*
 * Partitions of the audit topic, read up to where they ended when somebody looked. Internal to
 * audit_topic.c.
 */
#ifndef LETHE_SINK_AUDIT_READER_H
#define LETHE_SINK_AUDIT_READER_H

#include <librdkafka/rdkafka.h>

#include "core/arena.h"
#include "kafka/client.h"
#include "sink/audit_topic.h"

/* Waiting for the cluster, and the longest time without any progress. */
enum { AUDIT_READER_PATIENCE_MS = 60 * 1000 };

struct audit_reader {
    const struct audit_history *history;
    struct kafka_client *observer, *reader;
    int32_t partitions;
    int64_t *start, *end; /* offsets that are there: [start, end), by partition */
    int64_t *from;        /* where to read from; for whoever reads */
    struct arena arena;   /* one entry */
    struct buffer *reason;
};

/* Connects, counts the partitions and looks where they begin and end. On failure there is nothing
 * to close. */
LETHE_CHECKED enum rc audit_reader_open(struct audit_reader *reader,
                                        const struct audit_history *history, struct buffer *reason);
void audit_reader_close(struct audit_reader *reader);

/* Looks anew where they begin and end. RC_CORRUPT where there are fewer or more partitions now. */
LETHE_CHECKED enum rc audit_reader_look(struct audit_reader *reader);

/* Sets `from` to the first offset that was written at or after `since`. */
LETHE_CHECKED enum rc audit_reader_seek(struct audit_reader *reader, int64_t since);

/* Calls `visit` for every entry in [from, end) of each partition. */
LETHE_CHECKED enum rc audit_reader_read(struct audit_reader *reader, audit_entry_visitor *visit,
                                        void *context);

#endif
