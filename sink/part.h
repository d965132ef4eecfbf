/*
 * A part being written: its file, its manifest, and what both say of it. Internal to part_set.h.
 */
#ifndef LETHE_SINK_PART_H
#define LETHE_SINK_PART_H

#include "sink/epoch_set.h"
#include "sink/frame_writer.h"
#include "sink/manifest.h"
#include "sink/randomness.h"

struct part {
    struct pending_file file, manifest;
    const char *owner; /* borrowed; may be NULL */
    bool open;
    char stem[FILE_STEM_SIZE];
    char checksum[CHECKSUM_SIZE]; /* once it is prepared */
    uint64_t rows, bytes;
    struct epoch_set epochs;
};

/* A zeroed part is valid, not open, and needs no release before its first part_open. */
void part_release(struct part *part);

/* Creates the temporary file; the name comes from `names`. `owner` as in pending_file_open. */
LETHE_CHECKED enum rc part_open(struct part *part, int directory, struct randomness *names,
                                const char *owner);

/* Appends the group's rows, in their order, as one frame. */
LETHE_CHECKED enum rc part_write(struct part *part, struct frame_writer *writer,
                                 const struct buffer *bytes, const struct row_group *group);

/* Makes the part and its manifest durable under their temporary names. `manifest` comes with what
 * the part does not know (names, versions, label, order); the rest is filled in here. */
LETHE_CHECKED enum rc part_prepare(struct part *part, struct manifest manifest, int64_t now);

/* Manifest first, then part (which stays hidden where the manifest does). Not open after, in any
 * case; what could not be published stays for recovery. */
LETHE_CHECKED enum rc part_publish(struct part *part);

void part_discard(struct part *part); /* removes what is there */
void part_abandon(struct part *part); /* leaves it for recovery */

#endif
