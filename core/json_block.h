/*
 * The inner loop of reading a JSON string: how far are the bytes plain? Plain is what a string may
 * hold as it is and what is ASCII: not a quote, not a backslash, not below 0x20, not above 0x7F.
 *
 * Both ways are always compiled, so that a test can hold them against each other; the scanner takes
 * the one for the processor it is built for. Neither reads a byte at or after `end`. Internal to
 * core and to ingest.
 */
#ifndef LETHE_CORE_JSON_BLOCK_H
#define LETHE_CORE_JSON_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline bool json_byte_is_plain(char byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\' && (unsigned char)byte < 0x80;
}

/* The first byte from `at` that is not plain, or `end`. */
static inline const char *json_plain_run_portable(const char *at, const char *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = UINT64_C(0x8080808080808080);
    uint64_t word;
    while (end - at >= (ptrdiff_t)sizeof word) {
        memcpy(&word, at, sizeof word);
        uint64_t quote = word ^ ones * '"';
        uint64_t backslash = word ^ ones * '\\';
        /* The top bit of a byte is set where it is zero (quote, backslash), below 0x20 or above
         * 0x7F. Borrows can set it in a byte above such a one, never in a word without one. */
        uint64_t found = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                         ((word - ones * 0x20) & ~word) | word;
        if (found & tops)
            break;
        at += sizeof word;
    }
    while (at < end && json_byte_is_plain(*at))
        at++;
    return at;
}

#ifdef __SSE2__
static inline const char *json_plain_run_sse2(const char *at, const char *end)
{
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i space = _mm_set1_epi8(0x20);
    while (end - at >= 16) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)at);
        /* Signed: bytes above 0x7F count as negative, so one comparison finds them too. */
        __m128i found = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash)),
            _mm_cmplt_epi8(block, space));
        unsigned mask = (unsigned)_mm_movemask_epi8(found);
        if (mask)
            return at + __builtin_ctz(mask);
        at += 16;
    }
    return json_plain_run_portable(at, end);
}
#endif

#if defined(__SSE2__) && !defined(LETHE_PORTABLE)
#define json_plain_run json_plain_run_sse2
#else
#define json_plain_run json_plain_run_portable
#endif

#endif
