/*
 * Random numbers for shuffles and names: the system's, or, for a what-if with --seed, a ChaCha20
 * stream of that seed. Never for keys and never for noise that is released.
 */
#ifndef LETHE_SINK_RANDOMNESS_H
#define LETHE_SINK_RANDOMNESS_H

#include "sink/batch.h"

struct randomness {
    bool seeded;
    unsigned char seed[32];
    uint64_t block;
    unsigned char bytes[512];
    size_t at; /* next unread byte; sizeof bytes: none left */
};

/* `stream` tells apart what must not share a sequence (lanes, shuffles, names). */
void randomness_init(struct randomness *randomness, const uint64_t *seed, uint32_t stream);

/* Uniform below `bound` (> 0), without bias. */
uint32_t randomness_below(struct randomness *randomness, uint32_t bound);

void randomness_bytes(struct randomness *randomness, void *out, size_t count);

/* Fisher and Yates: every order has the same chance. */
void rows_shuffle(struct row *rows, uint32_t count, struct randomness *randomness);

#endif
