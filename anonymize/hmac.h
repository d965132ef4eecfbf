/*
 * HMAC-SHA-256 (RFC 2104, FIPS 180-4) under keys whose own blocks are hashed once.
 *
 * libsodium's implementation is the reference, and what is used where the processor has no SHA
 * instructions. With them the two compressions of a short message are the processor's, and those of
 * two messages interleaved: a round waits for the one before it, and two chains of rounds fill the
 * time. Which it is changes no bit of any result.
 */
#ifndef LETHE_ANONYMIZE_HMAC_H
#define LETHE_ANONYMIZE_HMAC_H

#include <sodium.h>
#include <stdbool.h>

#include "core/slice.h"

enum { HMAC_BYTES = crypto_auth_hmacsha256_BYTES };

/* A secret as good as the key itself: kept in guarded memory, and no copy outlives a call. */
struct hmac_key {
    crypto_auth_hmacsha256_state state; /* after the key's blocks */
};

/* Takes the processor's instructions where it has them; until then it is libsodium. Any number of
 * times, from any thread. Returns whether it has them. */
bool hmac_start(void);

/* What hmac_start found is used, or not: for tests of both ways, which have one thread. */
void hmac_use_instructions(bool on);

void hmac_key_init(struct hmac_key *key, const unsigned char *bytes, size_t length);

void hmac(const struct hmac_key *key, struct slice message, unsigned char out[static HMAC_BYTES]);

/* Two at once, of the same key or not. */
void hmac_pair(const struct hmac_key *const keys[static 2], const struct slice messages[static 2],
               unsigned char out[static 2][HMAC_BYTES]);

#endif
