/*
 * Finds where a batch ends that cannot be read, by reading from offset after offset with a client
 * of its own: librdkafka does not tell, and the source must not lose what it has prefetched
 * elsewhere.
 *
 * A broker that is asked for an offset inside a batch sends the whole batch, so the error comes for
 * every offset of the batch and for none behind it. Where the error names the batch's first offset
 * (checked by the checksum) two batches that cannot be read are told apart, and the end is searched
 * in doubling and halving steps. After a bad checksum nothing that the error says can be trusted:
 * one offset after the other is tried, and neighbouring batches count as one.
 */
#ifndef LETHE_INGEST_KAFKA_PROBE_H
#define LETHE_INGEST_KAFKA_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/rc.h"

/* The search alone, without Kafka. */
struct batch_search {
    int64_t at;   /* the offset to try now */
    int64_t from; /* the first that could not be read */
    int64_t bad;  /* the last known inside the batch */
    int64_t good; /* the first known behind it */
    int64_t base; /* first offset of the batch; -1: not known, one by one */
    int64_t step;
    bool started;
};

enum search_verdict {
    SEARCH_GOES_ON,
    SEARCH_FOUND,    /* good */
    SEARCH_READABLE, /* `from` can be read after all */
};

/* `end`: where the partition ends; the batch is before it. */
void batch_search_start(struct batch_search *search, int64_t from, int64_t end);
/* What stands at search->at can be read, or is the end. */
enum search_verdict batch_search_readable(struct batch_search *search);
/* It cannot. `base` is the batch's first offset; -1 where that is not known. */
enum search_verdict batch_search_unreadable(struct batch_search *search, int64_t base);

struct kafka_probe;
struct kafka_settings;

/* Of the partition's batch at `from`. *settings is borrowed until it returns. */
LETHE_CHECKED enum rc kafka_probe_new(const struct kafka_settings *settings, const char *group,
                                      const char *topic, int32_t partition, int64_t from,
                                      struct kafka_probe **out);

/* Works for about `wait` milliseconds. RC_AGAIN: goes on; RC_OK: *end is behind the batch, or
 * `from` where it can be read. */
LETHE_CHECKED enum rc kafka_probe_step(struct kafka_probe *probe, int64_t wait, int64_t *end);

/* NULL is nothing. */
void kafka_probe_free(struct kafka_probe *probe);

#endif
