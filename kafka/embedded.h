/*
 * A broker inside the process, for a demonstration and for unit tests: librdkafka's mock cluster.
 *
 * It speaks enough of the protocol to produce, consume, join a group and run through a transaction,
 * and keeps everything in memory, without an end. It is no Kafka: readers see what was aborted,
 * offsets of transactions are not kept, nobody is fenced, nothing is compacted. No claim about
 * delivery can be shown on it.
 */
#ifndef LETHE_KAFKA_EMBEDDED_H
#define LETHE_KAFKA_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/rc.h"

struct embedded_topic {
    const char *name;
    int32_t partitions;
};

struct rd_kafka_mock_cluster_s;
struct embedded_broker;
struct kafka_client; /* kafka/client.h */

/* Listens on a port of loopback that is free. RC_EXISTS where a topic is named twice. */
LETHE_CHECKED enum rc embedded_broker_start(const struct embedded_topic *topics, size_t count,
                                            struct embedded_broker **out);

/* For bootstrap.servers; lives as long as the broker. */
const char *embedded_broker_address(const struct embedded_broker *broker);

/* For tests: to plant errors. */
struct rd_kafka_mock_cluster_s *embedded_broker_cluster(const struct embedded_broker *broker);

/* Is that what the client is connected to? It names itself so in its metadata, for which this waits
 * at most `timeout_ms`. There it is in vain to ask for settings: it names a controller that is not
 * there, and librdkafka would wait for it. */
bool embedded_is(const struct kafka_client *client, int timeout_ms);

/* Every client of it has been freed before. NULL is nothing. */
void embedded_broker_stop(struct embedded_broker *broker);

#endif
