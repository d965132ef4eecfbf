/*
 * Random numbers of the generator: fast, seeded, the same on every machine. Nothing that is kept
 * secret or released may come from here.
 *
 * xoshiro256** by Blackman and Vigna ("Scrambled linear pseudorandom number generators", 2021),
 * seeded through splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
 * 2014), whose finaliser also serves as the hash that ties a subject's facts to its number.
 */
#ifndef LETHE_BENCH_GENERATE_RANDOM_H
#define LETHE_BENCH_GENERATE_RANDOM_H

#include <stdint.h>

struct generate_random {
    uint64_t state[4];
};

/* One to one: different inputs give different outputs. */
static inline uint64_t generate_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static inline void generate_random_init(struct generate_random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++)
        random->state[i] = generate_mix(seed + (uint64_t)i * UINT64_C(0x9e3779b97f4a7c15));
}

static inline uint64_t generate_rotate(uint64_t x, int count)
{
    return (x << count) | (x >> (64 - count));
}

static inline uint64_t generate_next(struct generate_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = generate_rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = generate_rotate(s[3], 45);
    return result;
}

/* A random word scaled to [0, bound), as good as even for the bounds of a generator. */
static inline uint64_t generate_scale(uint64_t word, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)word * bound) >> 64);
}

static inline uint64_t generate_below(struct generate_random *random, uint64_t bound)
{
    return generate_scale(generate_next(random), bound);
}

/*
 * A rank in [0, bound) in the manner of Zipf's law with exponent 1, from two random words: each
 * doubling of the rank is as likely as the one before, even within. Integers only, so that a seed
 * means the same bytes everywhere.
 */
static inline uint64_t generate_rank(uint64_t level, uint64_t within, uint64_t bound)
{
    if (bound < 2)
        return 0;
    unsigned levels = 64 - (unsigned)__builtin_clzll(bound);
    uint64_t first = UINT64_C(1) << generate_scale(level, levels);
    uint64_t width = bound - (first - 1) < first ? bound - (first - 1) : first;
    return first - 1 + generate_scale(within, width);
}

#endif
