/*
 * The longest message that every topic takes that a lane writes to.
 */
#ifndef LETHE_WORKER_RUN_LIMIT_H
#define LETHE_WORKER_RUN_LIMIT_H

#include "core/buffer.h"
#include "worker/configuration.h"

/*
 * Asks the cluster for max.message.bytes of every topic; what it does not tell (for want of the
 * right DescribeConfigs) counts as Kafka's default. The configuration's message.max.bytes lowers
 * it. RC_NOT_FOUND where a topic is missing, RC_IO where nobody answers; `reason` names the topic.
 */
LETHE_CHECKED enum rc run_message_limit(const struct configuration *configuration, size_t *limit,
                                        struct buffer *reason);

#endif
