/*
 * What `lethe check` asks the cluster, in one pass: brokers, topics and their settings, and as far
 * as it can be told without changing anything, what this user may do. What cannot be told it says.
 */
#ifndef LETHE_WORKER_CLUSTER_CHECK_H
#define LETHE_WORKER_CLUSTER_CHECK_H

#include "worker/cluster_topic.h"

/* Does the configuration name any topic? One that only reads and writes files has no cluster. */
bool cluster_is_configured(const struct configuration *configuration);

/* Prints what it finds on standard output. Takes at most about a minute where nobody answers. */
void cluster_check(const struct configuration *configuration, struct cluster_findings *findings);

#endif
