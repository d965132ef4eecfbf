/*
 * Makes topics and removes them again, for the demonstration on a broker that was there before. A
 * worker changes nothing of a cluster.
 *
 * RC_EXISTS, RC_NOT_FOUND, RC_REFUSED (this user may not), RC_IO (no answer within `timeout_ms`).
 */
#ifndef LETHE_KAFKA_ADMINISTRATION_H
#define LETHE_KAFKA_ADMINISTRATION_H

#include <stdint.h>

#include "kafka/client.h"

enum { ADMINISTERED_LIMIT = 16 };

struct administered_topic {
    const char *name;
    int32_t partitions;
    const struct kafka_property *settings; /* of the topic, such as cleanup.policy */
    size_t setting_count;
};

/* All of them, with as many replicas as the cluster gives by default, and waits until every
 * partition answers. Where it fails some may be there. */
LETHE_CHECKED enum rc kafka_topics_create(struct kafka_client *observer,
                                          const struct administered_topic *topics, size_t count,
                                          int timeout_ms);

/* What is not there is no error. */
LETHE_CHECKED enum rc kafka_topics_delete(struct kafka_client *observer, const char *const *names,
                                          size_t count, int timeout_ms);

/* With its offsets. Tries again while it still has a member; RC_OK where there is none. */
LETHE_CHECKED enum rc kafka_group_delete(struct kafka_client *observer, const char *group,
                                         int timeout_ms);

#endif
