/*
 * What is wrong with a topic for what we use it for: the rules of `lethe check`, apart from how the
 * cluster is asked. Each finding is a line on standard output that names the topic.
 */
#ifndef LETHE_WORKER_CLUSTER_TOPIC_H
#define LETHE_WORKER_CLUSTER_TOPIC_H

#include "kafka/topic.h"
#include "worker/configuration.h"

/* An error keeps a run from starting, or from keeping its promises; a warning it can live with. */
struct cluster_findings {
    unsigned errors, warnings;
};

enum topic_use { TOPIC_SOURCE, TOPIC_CONSENT, TOPIC_AUDIT, TOPIC_QUARANTINE, TOPIC_RECIPIENT };

struct topic_question {
    const char *name;
    enum topic_use use;
    const struct recipient *recipient; /* of TOPIC_RECIPIENT */
};

/* "the source", "recipient analytics", ...: into a buffer that is not terminated. */
void topic_use_append(struct buffer *out, const struct topic_question *question);

/* "error: topic NAME: WHY", and counts it. `why` as printf. */
void cluster_error(struct cluster_findings *findings, const char *what, const char *why, ...)
    __attribute__((format(printf, 3, 4)));
void cluster_warning(struct cluster_findings *findings, const char *what, const char *why, ...)
    __attribute__((format(printf, 3, 4)));

/* Of a topic that is there. */
void cluster_topic_judge(const struct configuration *configuration,
                         const struct topic_question *question, const struct kafka_topic *topic,
                         struct cluster_findings *findings);

/* A whole number among the user's properties of Kafka, or `otherwise`. */
int64_t cluster_property(const struct configuration *configuration, const char *name,
                         int64_t otherwise);

#endif
