#include "anonymize/sha256_instructions.h"

#ifdef __x86_64__

#include <cpuid.h>
#include <immintrin.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1")))
#define SHA_INLINE static inline __attribute__((target("sha,sse4.1"), always_inline))

enum { STEPS = 16 /* of four rounds */ };

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[STEPS * 4] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* One message on its way: the state as the instructions want it, and the last sixteen words of the
 * schedule. */
struct stream {
    __m128i abef, cdgh;
    __m128i words[4];
};

static bool has_wide_registers;

/* Not every compiler's __builtin_cpu_supports knows this one. */
static bool has_sha(void)
{
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

bool sha256_instructions_present(void)
{
    __builtin_cpu_init();
    has_wide_registers = __builtin_cpu_supports("avx");
    return has_sha() && __builtin_cpu_supports("sse4.1");
}

/* What used the upper halves of the registers before would halve the speed of what follows. */
static inline void leave_upper_halves(void)
{
    if (has_wide_registers)
        __asm__ volatile("vzeroupper" ::
                             : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                               "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                               "xmm15");
}

SHA_INLINE __m128i load(const void *from)
{
    return _mm_loadu_si128((const __m128i *)from);
}

SHA_INLINE void load_state(struct stream *stream, const uint32_t *state)
{
    __m128i badc = _mm_shuffle_epi32(load(state), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(load(state + 4), 0x1B);
    stream->abef = _mm_alignr_epi8(badc, hgfe, 8);
    stream->cdgh = _mm_blend_epi16(hgfe, badc, 0xF0);
}

/* Adds what the rounds made to what the state was. */
SHA_INLINE void add_to_state(const struct stream *stream, uint32_t *state)
{
    __m128i abef = _mm_shuffle_epi32(stream->abef, 0x1B);
    __m128i ghcd = _mm_shuffle_epi32(stream->cdgh, 0xB1);
    __m128i abcd = _mm_blend_epi16(abef, ghcd, 0xF0);
    __m128i efgh = _mm_alignr_epi8(ghcd, abef, 8);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_add_epi32(load(state), abcd));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_add_epi32(load(state + 4), efgh));
}

/* Words of a message are big-endian. */
SHA_INLINE void load_block(struct stream *stream, const unsigned char *block)
{
    const __m128i turn = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    for (int i = 0; i < 4; i++)
        stream->words[i] = _mm_shuffle_epi8(load(block + 16 * i), turn);
}

/* The next four words of the schedule, from the last sixteen, in the place of the oldest. */
SHA_INLINE void extend(struct stream *stream, int step)
{
    __m128i *oldest = &stream->words[step & 3];
    __m128i newest = stream->words[(step + 3) & 3];
    __m128i sum = _mm_sha256msg1_epu32(*oldest, stream->words[(step + 1) & 3]);
    sum = _mm_add_epi32(sum, _mm_alignr_epi8(newest, stream->words[(step + 2) & 3], 4));
    *oldest = _mm_sha256msg2_epu32(sum, newest);
}

SHA_INLINE void four_rounds(struct stream *stream, int step)
{
    __m128i words = _mm_add_epi32(stream->words[step & 3], load(&round_constants[4 * step]));
    stream->cdgh = _mm_sha256rnds2_epu32(stream->cdgh, stream->abef, words);
    stream->abef =
        _mm_sha256rnds2_epu32(stream->abef, stream->cdgh, _mm_shuffle_epi32(words, 0x0E));
}

SHA_INLINE void all_rounds(struct stream *streams, int count)
{
#pragma GCC unroll 16
    for (int step = 0; step < STEPS; step++) {
#pragma GCC unroll 2
        for (int i = 0; i < count; i++) {
            if (step >= 4)
                extend(&streams[i], step);
            four_rounds(&streams[i], step);
        }
    }
}

SHA_TARGET void sha256_compress(uint32_t state[static SHA256_WORDS],
                                const unsigned char block[static SHA256_BLOCK])
{
    struct stream stream;
    leave_upper_halves();
    load_state(&stream, state);
    load_block(&stream, block);
    all_rounds(&stream, 1);
    add_to_state(&stream, state);
}

SHA_TARGET void sha256_compress_pair(uint32_t first[static SHA256_WORDS],
                                     const unsigned char first_block[static SHA256_BLOCK],
                                     uint32_t second[static SHA256_WORDS],
                                     const unsigned char second_block[static SHA256_BLOCK])
{
    struct stream streams[2];
    leave_upper_halves();
    load_state(&streams[0], first);
    load_state(&streams[1], second);
    load_block(&streams[0], first_block);
    load_block(&streams[1], second_block);
    all_rounds(streams, 2);
    add_to_state(&streams[0], first);
    add_to_state(&streams[1], second);
}

#else

#include <stdlib.h>

bool sha256_instructions_present(void)
{
    return false;
}

void sha256_compress(uint32_t state[static SHA256_WORDS],
                     const unsigned char block[static SHA256_BLOCK])
{
    (void)state;
    (void)block;
    abort();
}

void sha256_compress_pair(uint32_t first[static SHA256_WORDS],
                          const unsigned char first_block[static SHA256_BLOCK],
                          uint32_t second[static SHA256_WORDS],
                          const unsigned char second_block[static SHA256_BLOCK])
{
    (void)first;
    (void)first_block;
    (void)second;
    (void)second_block;
    abort();
}

#endif
