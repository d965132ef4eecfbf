/*
 * Random numbers for shuffles and names: the system's, or, for a what-if with --seed, a ChaCha20
 * stream of that seed (RFC 8439's cipher in libsodium's 64-bit counter form, its key BLAKE2b-256 of
 * seed, lane, use and recipient). Never for keys and never for noise that is released.
 */
#ifndef LETHE_SINK_RANDOMNESS_H
#define LETHE_SINK_RANDOMNESS_H

#include "sink/batch.h"

struct randomness {
    bool seeded;
    unsigned char key[32];
    uint64_t block; /* number of the next `bytes` */
    unsigned char bytes[512];
    size_t at; /* next unread byte; sizeof bytes: none left */
};

/* What must not share a sequence. A recipient's own streams make its output the same whoever else
 * is written for. */
enum randomness_use {
    RANDOMNESS_SHUFFLE = 1,
    RANDOMNESS_NAMES,
    RANDOMNESS_QUARANTINE_NAMES, /* recipient 0 */
};

/* `seed` NULL: the system's random numbers, and the rest does not matter. */
void randomness_init(struct randomness *randomness, const uint64_t *seed, unsigned lane,
                     enum randomness_use use, unsigned recipient);

/* Uniform below `bound` (> 0), without bias (D. Lemire, "Fast Random Integer Generation in an
 * Interval", 2019). */
uint32_t randomness_below(struct randomness *randomness, uint32_t bound);

void randomness_bytes(struct randomness *randomness, void *out, size_t count);

/* Fisher and Yates: every order has the same chance. */
void rows_shuffle(struct row *rows, uint32_t count, struct randomness *randomness);

#endif
