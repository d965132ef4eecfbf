/*
 * The open parts of a lane: one for each recipient with a directory and schema. Both sinks write
 * files through it: file_sink.h, whose audit is a file, and kafka_sink.h, whose audit is a topic.
 * What a publication with parts is, and in which order it becomes durable and visible, says
 * file_sink.h.
 *
 * - part_set_take, batch by batch: rows shuffled, each batch a zstd frame
 * - part_set_is_full, part_set_delay: is it time to publish?
 * - part_set_prepare: durable under temporary names
 * - part_set_describe: into the audit's entry; the commit is the caller's
 * - part_set_publish: visible
 * - part_set_discard, at any point before: gone
 * - part_set_abandon: left for recovery, where the commit is in doubt
 */
#ifndef LETHE_SINK_PART_SET_H
#define LETHE_SINK_PART_SET_H

#include "sink/description.h"
#include "sink/part.h"

/* Sums over what was published. */
struct part_counts {
    uint64_t rows, bytes, stored_bytes, parts;
    uint64_t below_minimum; /* batches that left with fewer rows than the recipient's minimum */
};

/* One recipient's. */
struct part_output {
    int directory; /* owned; -1: no rows of it are written here */
    struct randomness shuffle, names;
    struct part_counts counts;
    uint64_t below_minimum; /* batches, not yet published */
    bool touched;           /* its directory, in the publication that is being made */
};

struct part_set_options {
    const struct sink_description *description; /* borrowed */
    const uint64_t *seed;                       /* NULL: the system's random numbers */
    unsigned lane;                              /* part of every seeded stream */
    const char *owner;                          /* tag of temporary names (layout.h), or NULL */
    int compression_level;                      /* 1 where 0 */
};

struct part_set {
    const struct sink_description *description;
    struct part_output *outputs;
    struct part *parts; /* recipient-major */
    struct frame_writer writer;
    const char *owner;
};

/* A zeroed set is valid for part_set_release only. On failure there is nothing to release. */
LETHE_CHECKED enum rc part_set_init(struct part_set *set, const struct part_set_options *options);
void part_set_release(struct part_set *set); /* discards what is open */

/* Rows of this recipient go into this open directory, which is the set's from here on. */
void part_set_direct(struct part_set *set, size_t recipient, int directory);

/* Is any recipient directed anywhere? */
bool part_set_is_used(const struct part_set *set);

/* Appends the rows of every recipient with a directory. The batch has the description's numbers of
 * recipients and schemas. After a failure the set is to be discarded. */
LETHE_CHECKED enum rc part_set_take(struct part_set *set, struct batch *batch);

/* Has any part reached its bytes? */
bool part_set_is_full(const struct part_set *set);

/* The age at which what is open is to be published: the smallest delay of the recipients that have
 * a part open, or, where none has, of those that have a directory. TIME_NEVER where none has one.
 */
int64_t part_set_delay(const struct part_set *set);

/* Flushes, fsyncs and closes every open part and writes its manifest, all under temporary names,
 * and fsyncs their directories. After a failure the set is to be discarded. */
LETHE_CHECKED enum rc part_set_prepare(struct part_set *set, int64_t now);

/* Adds every prepared part to an entry (publication.h). */
void part_set_describe(const struct part_set *set, struct buffer *entry);

/* Makes visible what was prepared and begins anew. What could not be renamed stays for recovery,
 * the rest is done all the same, and the first failure is returned. */
LETHE_CHECKED enum rc part_set_publish(struct part_set *set);

void part_set_discard(struct part_set *set);
void part_set_abandon(struct part_set *set);

#endif
