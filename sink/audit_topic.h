/*
 * Reading the audit topic of `run`. Every entry is a message: its key is the chain's id, its value
 * the line (audit_line.h), its partition fixed for each chain. Entries are written in the
 * transaction whose commit they describe, so they are read read_committed: what is there, happened.
 *
 * Every reading goes from where it is told to begin to the high watermark at the time of the call,
 * and ends only there: an entry whose transaction was acknowledged before is among those read.
 * RC_NOT_FOUND where there is no such topic, RC_IO where the cluster could not be reached or does
 * not answer for a minute, RC_CORRUPT where a message of the topic is no entry (somebody else
 * writes to it); `reason` is one sentence of names and numbers.
 */
#ifndef LETHE_SINK_AUDIT_TOPIC_H
#define LETHE_SINK_AUDIT_TOPIC_H

#include <stdatomic.h>

#include "kafka/client.h"
#include "sink/audit_line.h"

struct audit_history {
    const struct kafka_settings *settings;
    const char *topic;
    const char *group;       /* one that this user may read, though nobody joins it (client.h) */
    const atomic_bool *stop; /* ends the reading with RC_END; may be NULL */
};

/* Valid during the call; false stops the reading, which then ends with RC_OK. */
typedef bool audit_entry_visitor(void *context, int32_t partition, int64_t offset,
                                 const struct audit_entry *entry);

/* How far back a reading went, in the partition of one chain. */
struct audit_reach {
    struct slice chain; /* set by the caller */
    bool older;         /* there are older entries, which were left aside: nothing is missing */
};

/*
 * Entries of all chains, in each partition from the first that was written at or after `since`
 * (milliseconds; message times are rounded down to the hour, so allow for two) or, with TIME_NONE,
 * from the first that is still there. *reach may be NULL.
 */
LETHE_CHECKED enum rc audit_history_read(const struct audit_history *history, int64_t since,
                                         audit_entry_visitor *visit, void *context,
                                         struct audit_reach *reach, struct buffer *reason);

/* The partition of a chain. */
int32_t audit_chain_partition(struct slice id, int32_t partition_count);

/*
 * Where a chain has come to: its last entry, found by reading back from the end in growing steps;
 * RC_NOT_FOUND with chain->entries 0 where the topic holds none. `visit` (may be NULL) sees the
 * entries of this chain that were read on the way, the last one last.
 */
LETHE_CHECKED enum rc audit_chain_find(const struct audit_history *history, struct slice id,
                                       struct audit_chain *chain, audit_entry_visitor *visit,
                                       void *context, struct buffer *reason);

/*
 * Which partitions of event topics has this group ever published something of? For a source that
 * finds no committed offset: only where the audit has no entry either it may begin at
 * `source.start`. Reads the whole audit once, and later only what came since.
 */
struct audit_coverage;

LETHE_CHECKED enum rc audit_coverage_new(const struct audit_history *history, const char *group,
                                         struct audit_coverage **out);
void audit_coverage_free(struct audit_coverage *coverage);

/* *named is right for everything that was acknowledged before the call. Not for two threads at
 * once. */
LETHE_CHECKED enum rc audit_names_partition(struct audit_coverage *coverage, const char *topic,
                                            int32_t partition, bool *named, struct buffer *reason);

#endif
