/*
 * RFC 2104 by hand on SHA-256 alone: shares no code with what is tested.
 */
#ifndef LETHE_TESTS_ANONYMIZE_HMAC_BY_HAND_H
#define LETHE_TESTS_ANONYMIZE_HMAC_BY_HAND_H

#include <sodium.h>
#include <string.h>

static inline void hmac_by_hand(const unsigned char key[32], const void *message, size_t length,
                                unsigned char out[32])
{
    unsigned char inner[64 + 1024], outer[64 + 32];
    memset(inner, 0x36, 64);
    memset(outer, 0x5c, 64);
    for (size_t i = 0; i < 32; i++) {
        inner[i] ^= key[i];
        outer[i] ^= key[i];
    }
    assert_true(length <= 1024);
    memcpy(inner + 64, message, length);
    crypto_hash_sha256(outer + 64, inner, 64 + length);
    crypto_hash_sha256(out, outer, sizeof outer);
}

#endif
