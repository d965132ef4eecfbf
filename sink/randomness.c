#include "sink/randomness.h"

#include <sodium.h>

static void append_number(crypto_generichash_state *state, uint64_t number)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(number >> (8 * i));
    crypto_generichash_update(state, bytes, sizeof bytes);
}

void randomness_init(struct randomness *randomness, const uint64_t *seed, unsigned lane,
                     enum randomness_use use, unsigned recipient)
{
    static const unsigned char domain[] = "lethe/randomness/1";
    *randomness = (struct randomness){.seeded = seed != NULL, .at = sizeof randomness->bytes};
    if (!seed)
        return;
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, sizeof randomness->key);
    crypto_generichash_update(&state, domain, sizeof domain);
    append_number(&state, *seed);
    append_number(&state, lane);
    append_number(&state, (uint64_t)use);
    append_number(&state, recipient);
    crypto_generichash_final(&state, randomness->key, sizeof randomness->key);
}

static void refill(struct randomness *randomness)
{
    static const unsigned char nonce[crypto_stream_chacha20_NONCEBYTES];
    enum { BLOCKS = sizeof randomness->bytes / 64 };
    randomness->at = 0;
    if (!randomness->seeded) {
        randombytes_buf(randomness->bytes, sizeof randomness->bytes);
        return;
    }
    memset(randomness->bytes, 0, sizeof randomness->bytes);
    crypto_stream_chacha20_xor_ic(randomness->bytes, randomness->bytes, sizeof randomness->bytes,
                                  nonce, randomness->block * BLOCKS, randomness->key);
    randomness->block++;
}

void randomness_bytes(struct randomness *randomness, void *out, size_t count)
{
    unsigned char *to = out;
    while (count > 0) {
        if (randomness->at == sizeof randomness->bytes)
            refill(randomness);
        size_t some = sizeof randomness->bytes - randomness->at;
        if (some > count)
            some = count;
        memcpy(to, randomness->bytes + randomness->at, some);
        /* What was handed out is not to be had a second time. */
        memset(randomness->bytes + randomness->at, 0, some);
        randomness->at += some;
        to += some;
        count -= some;
    }
}

static uint32_t next_number(struct randomness *randomness)
{
    unsigned char bytes[4];
    randomness_bytes(randomness, bytes, sizeof bytes);
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

uint32_t randomness_below(struct randomness *randomness, uint32_t bound)
{
    uint64_t product = (uint64_t)next_number(randomness) * bound;
    if ((uint32_t)product < bound) {
        uint32_t threshold = -bound % bound;
        while ((uint32_t)product < threshold)
            product = (uint64_t)next_number(randomness) * bound;
    }
    return (uint32_t)(product >> 32);
}

void rows_shuffle(struct row *rows, uint32_t count, struct randomness *randomness)
{
    for (uint32_t left = count; left > 1; left--) {
        uint32_t chosen = randomness_below(randomness, left);
        struct row row = rows[left - 1];
        rows[left - 1] = rows[chosen];
        rows[chosen] = row;
    }
}
