/*
 * The part of configuration.c that reads recipients; nobody else includes this.
 */
#ifndef LETHE_WORKER_CONFIGURATION_RECIPIENT_H
#define LETHE_WORKER_CONFIGURATION_RECIPIENT_H

#include "schemas/yaml.h"
#include "worker/configuration.h"

/* `path` relative to the configuration's directory, in its arena. */
const char *configuration_path(struct configuration *configuration, struct slice path);

/* An error "not in this version" for each of these keys that is there. */
void configuration_refuse(struct yaml_node *mapping, const char *const *keys, const char *where,
                          struct diagnostics *diagnostics);

void configuration_read_recipients(struct configuration *configuration, struct yaml_node *top,
                                   struct diagnostics *diagnostics);

/* With everything read and good: errors for shared domains and sinks, and for a recipient that
 * could never receive anything; warnings for kept order and finer times. */
void configuration_check_recipients(struct configuration *configuration,
                                    struct diagnostics *diagnostics);

#endif
