/*
 * The secret half of a quarantine's key, as seal_key.c reads it and seal.c uses it. Internal to
 * sealing.
 */
#ifndef LETHE_ANONYMIZE_SEAL_SECRET_H
#define LETHE_ANONYMIZE_SEAL_SECRET_H

#include "anonymize/seal.h"

/* In guarded memory as a whole. Its size is a multiple of 16, as secret_memory_new asks for. */
struct seal_secret {
    unsigned char secret_key[SEAL_KEY_BYTES];
    struct seal_key key;
    char padding[15];
};

_Static_assert(sizeof(struct seal_secret) % 16 == 0, "aligned in guarded memory");

/* Sets the id by the public key. */
void seal_key_name(struct seal_key *key);

#endif
