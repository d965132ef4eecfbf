/*
 * Pseudonyms (DESIGN section 5).
 *
 *     P = "e" epoch "-" hex(first 128 bits of HMAC-SHA-256(K, canonical id))
 *     K = HMAC-SHA-256(epoch key, "lethe/pseudonym/1" 0x00 recipient domain 0x00 category name)
 *
 * A standard function (RFC 2104, FIPS 180-4), so that whoever holds an epoch key can recompute a
 * pseudonym in any language. One device has one pseudonym for each recipient domain, category and
 * epoch, and nothing links them without the key. K is derived once for each of the three and kept
 * in guarded memory; one pseudonymiser per lane, not shared.
 */
#ifndef LETHE_ANONYMIZE_PSEUDONYM_H
#define LETHE_ANONYMIZE_PSEUDONYM_H

#include "anonymize/keys.h"
#include "schemas/category.h"

enum { PSEUDONYM_LIMIT = 48 /* bytes: e4294967295-32 hex digits */ };

struct pseudonymiser;

/* `domains` are the recipients' domains, by recipient number; borrowed. */
LETHE_CHECKED enum rc pseudonymiser_new(const struct keyring *keyring, const struct slice *domains,
                                        size_t domain_count, struct pseudonymiser **out);
void pseudonymiser_free(struct pseudonymiser *pseudonymiser);

/* After keyring_refresh: derived keys of epochs that are gone are wiped. */
void pseudonymiser_forget(struct pseudonymiser *pseudonymiser);

/*
 * Writes the pseudonym of a canonical id into memory of PSEUDONYM_LIMIT bytes. Returns its length,
 * or 0 where the event's time has no key. *epoch is the epoch used.
 */
size_t pseudonym(struct pseudonymiser *pseudonymiser, size_t domain, enum category category,
                 int64_t event_time, struct slice canonical, char memory[static PSEUDONYM_LIMIT],
                 uint32_t *epoch);

/* HMAC-SHA-256 behind one function: the reference implementation is libsodium's. */
void hmac_sha256(const unsigned char *key, size_t key_length, struct slice message,
                 unsigned char out[static 32]);

#endif
