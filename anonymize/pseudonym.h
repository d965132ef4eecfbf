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
#include "core/buffer.h"
#include "schemas/category.h"

struct pseudonymiser;

/* `domains` are the recipients' domains, by recipient number; borrowed. */
LETHE_CHECKED enum rc pseudonymiser_new(const struct keyring *keyring, const struct slice *domains,
                                        size_t domain_count, struct pseudonymiser **out);
void pseudonymiser_free(struct pseudonymiser *pseudonymiser);

/*
 * Appends the pseudonym of a canonical id, in quotes, to a buffer. False where the event's time has
 * no key: nothing was appended. *epoch is the epoch used, 0 for none.
 *
 * Two hashes cost little more than one (hmac.h), so the hex digits may be written later: they are
 * zeros until pseudonym_finish, which is called with the same buffer before anyone reads it. The
 * buffer may grow meanwhile, but not be cut back to before them without pseudonym_discard.
 */
bool pseudonym_append(struct pseudonymiser *pseudonymiser, size_t domain, enum category category,
                      int64_t event_time, struct slice canonical, struct buffer *out,
                      uint32_t *epoch);
void pseudonym_finish(struct pseudonymiser *pseudonymiser, struct buffer *out);

/* What is pending is not written. */
void pseudonym_discard(struct pseudonymiser *pseudonymiser);

#endif
