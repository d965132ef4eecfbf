/*
 * Digests of the project's own files (configurations, policies), for the audit: BLAKE2b-256 as
 * lower-case hex. Never of anything that a record holds.
 */
#ifndef LETHE_SINK_DIGEST_H
#define LETHE_SINK_DIGEST_H

#include "core/slice.h"

enum { DIGEST_HEX = 64 };

void digest_hex(struct slice bytes, char out[static DIGEST_HEX + 1]);

#endif
