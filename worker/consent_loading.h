/*
 * The consent table of a configuration, from a file or from its topic: one way to open it for every
 * command. (`run` follows the topic: consent_following.h.)
 */
#ifndef LETHE_WORKER_CONSENT_LOADING_H
#define LETHE_WORKER_CONSENT_LOADING_H

#include "consent/file.h"
#include "worker/configuration.h"

/* Makes a table of the configured size and reads `path` into it. *out is NULL on failure. */
LETHE_CHECKED enum rc consent_table_from_file(const struct configuration *configuration,
                                              const char *path, struct consent_table **out,
                                              struct consent_file_report *report);

/*
 * The same from the configured topic, up to its high watermarks as of the call. RC_NOT_FOUND: no
 * such topic; RC_IO: the brokers do not answer, or nothing comes for `patience` milliseconds (an
 * open transaction holds everything back that was written after its beginning); RC_CORRUPT: the
 * topic broke meanwhile. `reason` gets one sentence on failure.
 */
LETHE_CHECKED enum rc consent_table_from_topic(const struct configuration *configuration,
                                               int64_t patience, struct consent_table **out,
                                               struct buffer *reason);

#endif
