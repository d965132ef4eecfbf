/*
 * What a reload replaces, as one thing: configuration (with its schemas and policy), epoch keys and
 * the quarantine's key. Lanes take the current generation and change to a new one between two
 * batches; the old one is freed when the last lane has let go of it.
 *
 * A reload is atomic: a new generation is made whole, and published only if everything in it is
 * good. Keys that come and go make a new generation too, of the same configuration.
 */
#ifndef LETHE_WORKER_GENERATION_H
#define LETHE_WORKER_GENERATION_H

#include "anonymize/keys.h"
#include "anonymize/seal.h"
#include "core/clock.h"
#include "worker/configuration.h"
#include "worker/description.h"

struct generation {
    uint64_t number; /* from 1 */
    const struct configuration *configuration;
    const struct keyring *keyring;   /* NULL: no keys, identifiers are dropped */
    const struct seal_key *seal_key; /* NULL: what cannot be processed is counted only */
    const struct sink_description *description;
};

struct generations;

/* Takes over the configuration in any case, and keeps it to the end: what a reload cannot change is
 * borrowed from it. The first generation is not there yet. */
LETHE_CHECKED enum rc generations_new(struct configuration *configuration,
                                      struct generations **out);

/* After every lane has let go. */
void generations_free(struct generations *generations);

/*
 * Opens the keys anew and, where they differ from the current generation's, publishes one of the
 * newest configuration. `reason` gets one sentence where that fails. The current generation then
 * stays, unless a key in it has become due: that is let go of all the same, and with it the others.
 */
LETHE_CHECKED enum rc generations_refresh(struct generations *generations, int64_t now,
                                          struct buffer *reason);

/*
 * Replaces the configuration and publishes. Takes it over in any case. RC_REFUSED where something
 * differs that only a restart can change: `reason` says what.
 */
LETHE_CHECKED enum rc generations_replace(struct generations *generations,
                                          struct configuration *configuration, int64_t now,
                                          struct buffer *reason);

/* The current one; the caller lets go of it. Any thread. */
const struct generation *generations_take(struct generations *generations);
void generation_let_go(struct generations *generations, const struct generation *generation);

/* Is there a newer one? One atomic load: for between two batches. Any thread. */
bool generations_is_newer(const struct generations *generations,
                          const struct generation *generation);

#endif
