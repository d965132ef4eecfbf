/*
 * The quarantine file that a lane is writing. Internal to the file sink.
 */
#ifndef LETHE_SINK_QUARANTINE_WRITER_H
#define LETHE_SINK_QUARANTINE_WRITER_H

#include "sink/pending_file.h"
#include "sink/publication.h"
#include "sink/randomness.h"

struct quarantine_writer {
    struct pending_file file;
    struct buffer lines; /* not yet written */
    struct randomness names;
    int directory; /* owned; -1: none */
    bool open;
    char checksum[CHECKSUM_SIZE]; /* once it is prepared */
    uint64_t records;
    uint64_t by_reason[QUARANTINE_REASON_COUNT];
};

/* Opens ROOT's quarantine directory. On failure there is nothing to release. */
LETHE_CHECKED enum rc quarantine_writer_init(struct quarantine_writer *writer, const char *root,
                                             const uint64_t *seed, unsigned lane);
void quarantine_writer_release(struct quarantine_writer *writer);

/* Writes the batch's sealed records, if there are any, to the open file or a new one. RC_INTERNAL
 * where a reason is none of reason.h. */
LETHE_CHECKED enum rc quarantine_writer_take(struct quarantine_writer *writer,
                                             const struct batch *batch);

/* These do nothing where no file is open (describe writes `null`). */
LETHE_CHECKED enum rc quarantine_writer_prepare(struct quarantine_writer *writer, int64_t now);
void quarantine_writer_describe(const struct quarantine_writer *writer, struct buffer *entry);
LETHE_CHECKED enum rc quarantine_writer_publish(struct quarantine_writer *writer);
void quarantine_writer_discard(struct quarantine_writer *writer);
void quarantine_writer_abandon(struct quarantine_writer *writer);

#endif
