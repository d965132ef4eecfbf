/*
 * The consent table of a configuration, from a file: one way to open it for every command.
 */
#ifndef LETHE_WORKER_CONSENT_LOADING_H
#define LETHE_WORKER_CONSENT_LOADING_H

#include "consent/file.h"
#include "worker/configuration.h"

/* Makes a table of the configured size and reads `path` into it. *out is NULL on failure. */
LETHE_CHECKED enum rc consent_table_from_file(const struct configuration *configuration,
                                              const char *path, struct consent_table **out,
                                              struct consent_file_report *report);

#endif
