/*
 * A compacted topic, read whole and then followed: what the consent table is made from.
 *
 * All partitions are assigned by hand, from their first offset on, read_committed, by a handle that
 * belongs to no group. Beside it stands an observer, read_uncommitted, which asks for the high
 * watermarks: under an open transaction a read_committed handle is told the last stable offset, so
 * it would miss what has been acknowledged since (KAFKA-10167). And a witness, which reads single
 * records again, see below.
 *
 * Position. The next offset of a partition: that of the last message and one, or that of the end of
 * the partition as the client saw it, which counts markers, aborted and compacted-away records
 * (KAFKA-6190). Offsets have gaps, so a target is reached once the position is not below it.
 *
 * Broken. A log that is not the one that was read may lack what was read or hold what never was, so
 * its reader must begin anew (with a new struct): the fault says why, and it stays. Found are: an
 * end below the position; a start that moved (records deleted, by retention or by hand); an offset
 * out of range; a topic that is gone; another number of partitions; batches that cannot be decoded;
 * and a topic that was deleted, made again and has grown beyond the position already. Of the last
 * no offset tells. So of each partition a few records that were read are remembered (offset,
 * timestamp and a seeded hash of the bytes; topic_progress.h says which), and an *examination*
 * reads them again: other records in their place are a fault. Where no record has been read below
 * the position, none must be there. Examinations come after every disturbance of a connection,
 * whenever somebody asks for one (compacted_topic_suspect), and at least every `examine`
 * milliseconds. The rest of the list is looked at on the same occasion. A log that lost all of the
 * remembered records to compaction since the last examination is taken for another one: it is read
 * again, and that is all.
 *
 * Threads: one owner polls; functions marked "any thread" may be called by others until
 * compacted_topic_free. Acknowledged means by all in-sync replicas (acks=all).
 */
#ifndef LETHE_INGEST_COMPACTED_TOPIC_H
#define LETHE_INGEST_COMPACTED_TOPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buffer.h"
#include "core/slice.h"

struct compacted_topic;
struct kafka_settings; /* kafka/client.h */

enum { COMPACTED_PARTITION_LIMIT = 1024 };

struct compacted_topic_options {
    const struct kafka_settings *settings; /* borrowed until free */
    const char *topic;                     /* borrowed until free */
    /* Nobody joins it, but librdkafka asks who coordinates it: one that the user may read; NULL:
     * see kafka/client.h. */
    const char *group;
    int64_t timeout; /* milliseconds that one question to the brokers may take */
    int64_t examine; /* milliseconds between examinations at the most */
    /* Called by compacted_topic_poll for every record, in the order of its partition. A value whose
     * data is NULL is a tombstone. The bytes are valid during the call. */
    void (*message)(void *context, int32_t partition, int64_t offset, struct slice key,
                    struct slice value);
    void *context;
};

enum topic_fault {
    TOPIC_FAULT_NONE = 0,
    TOPIC_FAULT_TRUNCATED,  /* it ends before what was read */
    TOPIC_FAULT_START,      /* its first records were deleted */
    TOPIC_FAULT_RANGE,      /* the broker has no such offset */
    TOPIC_FAULT_MISSING,    /* it was deleted */
    TOPIC_FAULT_PARTITIONS, /* it has another number of partitions */
    TOPIC_FAULT_OTHER,      /* it holds other records than those that were read */
    TOPIC_FAULT_DATA,       /* a batch is corrupt or cannot be decompressed */
    TOPIC_FAULT_REFUSED,    /* the client may not read it */
    TOPIC_FAULT_CLIENT,     /* the client library failed for good, or there is no memory */
    TOPIC_FAULT_COUNT
};

/* Stable lower-case name, for logs and metrics; and one sentence, for people. */
const char *topic_fault_name(enum topic_fault fault);
const char *topic_fault_sentence(enum topic_fault fault);

/*
 * Asks for the partitions and their first offsets and begins to read. RC_NOT_FOUND: no such topic;
 * RC_IO: no answer in time; RC_LIMIT: too many partitions; RC_REFUSED (also where a partition does
 * not begin at offset 0: records were deleted from it, which compaction never does, and what they
 * denied would be unknown), RC_CONFIGURATION, RC_NO_MEMORY. `reason` gets one sentence on failure.
 */
LETHE_CHECKED enum rc compacted_topic_new(const struct compacted_topic_options *options,
                                          struct compacted_topic **out, struct buffer *reason);
void compacted_topic_free(struct compacted_topic *topic);

enum topic_state {
    TOPIC_IDLE = 0,    /* nothing came */
    TOPIC_OK,          /* records came, or a position moved, or an examination came to its end */
    TOPIC_BROKEN,      /* for good; compacted_topic_fault says why */
    TOPIC_UNREACHABLE, /* nothing came, and the brokers did not answer the last question */
};

/* Waits up to `wait` milliseconds for the first record, then takes what is there, up to a few
 * thousand. Also what drives the examinations. */
enum topic_state compacted_topic_poll(struct compacted_topic *topic, int64_t wait);

int32_t compacted_topic_partition_count(const struct compacted_topic *topic); /* any thread */

/* The next offset of the partition; whoever reads it sees what the records before it did. Any
 * thread. */
int64_t compacted_topic_position(const struct compacted_topic *topic, int32_t partition);

/*
 * The high watermarks of all partitions, by one request to each leader: what was acknowledged
 * before the call is below them. RC_IO: no answer in time. RC_CORRUPT: the topic is broken, as the
 * next poll will say too. Any thread.
 */
LETHE_CHECKED enum rc compacted_topic_targets(struct compacted_topic *topic, int64_t *targets,
                                              int64_t timeout);

/* As targets, but the last stable offsets: what a reader can reach while a transaction is open. */
LETHE_CHECKED enum rc compacted_topic_stable_ends(struct compacted_topic *topic, int64_t *ends,
                                                  int64_t timeout);

/* Is every position at its target or beyond, is the topic not broken, and was it examined since the
 * last disturbance? Any thread. */
bool compacted_topic_reached(const struct compacted_topic *topic, const int64_t *targets);

/* Asks for an examination that begins after this call; returns its number. Any thread. */
uint64_t compacted_topic_suspect(struct compacted_topic *topic);

/* Has the examination of that number, or a later one, found everything in order? Any thread. */
bool compacted_topic_examined(const struct compacted_topic *topic, uint64_t number);

enum topic_fault compacted_topic_fault(const struct compacted_topic *topic); /* any thread */

#endif
