/*
 * The part of configuration.c that reads what is about the stream: where events and consent come
 * from, quarantine, audit, Kafka and the worker itself. Nobody else includes this.
 */
#ifndef LETHE_WORKER_CONFIGURATION_STREAM_H
#define LETHE_WORKER_CONFIGURATION_STREAM_H

#include "schemas/yaml.h"
#include "worker/configuration.h"

/* A topic's name or a part of an id, as a string of the configuration's; NULL where there is none
 * or after an error. */
const char *configuration_kafka_name(struct configuration *configuration, struct yaml_node *node,
                                     const char *where, struct diagnostics *diagnostics);

void configuration_read_stream(struct configuration *configuration, struct yaml_node *top,
                               struct diagnostics *diagnostics);

/* With everything read and good: no topic of ours is used for two things. */
void configuration_check_stream(struct configuration *configuration,
                                struct diagnostics *diagnostics);

#endif
