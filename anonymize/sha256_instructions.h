/*
 * The compression function of SHA-256 (FIPS 180-4, 6.2.2) on the processor's own instructions.
 *
 * Internal to anonymize/hmac.c, which knows how to do without. Nothing here may be called on a
 * processor that lacks them.
 */
#ifndef LETHE_ANONYMIZE_SHA256_INSTRUCTIONS_H
#define LETHE_ANONYMIZE_SHA256_INSTRUCTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { SHA256_BLOCK = 64, SHA256_WORDS = 8 };

/* Has this processor got them, and was this built for such? */
bool sha256_instructions_present(void);

/* Goes on from *state with one block. */
void sha256_compress(uint32_t state[static SHA256_WORDS],
                     const unsigned char block[static SHA256_BLOCK]);

/* Two at a time, of which neither waits for the other: little dearer than one. */
void sha256_compress_pair(uint32_t first[static SHA256_WORDS],
                          const unsigned char first_block[static SHA256_BLOCK],
                          uint32_t second[static SHA256_WORDS],
                          const unsigned char second_block[static SHA256_BLOCK]);

#endif
