/*
 * Where a topic's partitions begin and end.
 *
 * By the handle's isolation: an OBSERVER sees the high watermark, behind everything that was
 * acknowledged; a read_committed handle only the last stable offset, which an open transaction
 * holds back and which lies before what was committed a moment ago. Ask an OBSERVER.
 *
 * Every function waits at most `timeout_ms` and tries again within it where a leader is just being
 * elected. RC_NOT_FOUND: there is no such topic, or a partition has gone; RC_REFUSED: this user may
 * not see it; RC_IO: no answer in time. Safe from any thread.
 */
#ifndef LETHE_KAFKA_OFFSETS_H
#define LETHE_KAFKA_OFFSETS_H

#include <librdkafka/rdkafka.h>
#include <stdint.h>

#include "kafka/client.h"

/* Asks the cluster each time. */
LETHE_CHECKED enum rc kafka_partition_count(struct kafka_client *client, const char *topic,
                                            int timeout_ms, int32_t *count);

/* The next offset to be written of partitions 0 up to `partitions`: one request for each leader. */
LETHE_CHECKED enum rc kafka_end_offsets(struct kafka_client *client, const char *topic,
                                        int32_t partitions, int64_t *offsets, int timeout_ms);

/* The first offset that is still there. */
LETHE_CHECKED enum rc kafka_start_offsets(struct kafka_client *client, const char *topic,
                                          int32_t partitions, int64_t *offsets, int timeout_ms);

/* rd_kafka_offsets_for_times, for one list on any handle, once: the first error of any partition is
 * returned as well, and that a topic or partition is not there is the broker's own word. __RETRY
 * where it was not there, or had no leader, when librdkafka last heard of it. */
rd_kafka_resp_err_t kafka_offsets_for_times(rd_kafka_t *handle,
                                            rd_kafka_topic_partition_list_t *list, int timeout_ms);

#endif
