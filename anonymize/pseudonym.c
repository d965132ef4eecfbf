#include "anonymize/pseudonym.h"

#include <sodium.h>
#include <stdlib.h>

#include "anonymize/hmac.h"
#include "anonymize/secret_memory.h"
#include "core/ascii.h"
#include "schemas/canonical.h"

/*
 * Keys are derived once for each (epoch, domain, category) and kept as the state of the HMAC after
 * its key, so that a pseudonym costs two compressions of SHA-256 and no look-up by name: the state
 * lies at a computed place. Epochs share a few slots; the one used longest ago makes room.
 */
enum {
    EPOCH_SLOTS = 4,
    HASH_SHOWN = 16, /* bytes */
    DIGITS = 2 * HASH_SHOWN,
    FRAME = 4, /* bytes: the quotes, the e and the hyphen */
};

static const char CONTEXT[] = "lethe/pseudonym/1"; /* its NUL is the first separator */

struct epoch_slot {
    uint32_t epoch; /* 0: empty */
    uint64_t used;
};

/* One whose digits are not written yet. */
struct pending {
    const struct hmac_key *key; /* NULL: none */
    uint32_t epoch;             /* of the key: which stays while this waits */
    size_t at;                  /* the digits' place in the output */
    size_t length;
    char id[CANONICAL_LIMIT];
};

struct pseudonymiser {
    const struct keyring *keyring;
    const struct slice *domains;
    size_t domain_count;
    struct epoch_slot slots[EPOCH_SLOTS];
    uint64_t clock;
    size_t slot_size;                     /* states of one slot: domains x identifiers */
    size_t identifier_count;              /* categories that have pseudonyms */
    uint16_t identifiers[CATEGORY_COUNT]; /* from 1; 0: the category is no identifier */
    struct hmac_key *states;              /* guarded */
    bool *derived;                        /* which of them hold something */
    struct pending pending;
};

static void number_identifiers(struct pseudonymiser *pseudonymiser)
{
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++)
        if (category_info((enum category)i)->kind == KIND_IDENTIFIER)
            pseudonymiser->identifiers[i] = (uint16_t)++pseudonymiser->identifier_count;
}

enum rc pseudonymiser_new(const struct keyring *keyring, const struct slice *domains,
                          size_t domain_count, struct pseudonymiser **out)
{
    *out = NULL;
    struct pseudonymiser *made = calloc(1, sizeof *made);
    if (!made)
        return RC_NO_MEMORY;
    made->keyring = keyring;
    made->domains = domains;
    made->domain_count = domain_count;
    number_identifiers(made);
    made->slot_size = domain_count * made->identifier_count;
    size_t count = EPOCH_SLOTS * made->slot_size;
    bool locked; /* keyring_is_locked speaks for both: they are under the same limit */
    made->states = secret_memory_new(count, sizeof *made->states, &locked);
    made->derived = calloc(count + 1, sizeof *made->derived);
    if (!made->states || !made->derived) {
        pseudonymiser_free(made);
        return RC_NO_MEMORY;
    }
    *out = made;
    return RC_OK;
}

void pseudonymiser_free(struct pseudonymiser *pseudonymiser)
{
    if (!pseudonymiser)
        return;
    pseudonym_discard(pseudonymiser);
    secret_memory_free(pseudonymiser->states);
    free(pseudonymiser->derived);
    free(pseudonymiser);
}

static void empty_slot(struct pseudonymiser *pseudonymiser, size_t slot)
{
    size_t first = slot * pseudonymiser->slot_size;
    sodium_memzero(pseudonymiser->states + first,
                   pseudonymiser->slot_size * sizeof *pseudonymiser->states);
    memset(pseudonymiser->derived + first, 0, pseudonymiser->slot_size);
    pseudonymiser->slots[slot] = (struct epoch_slot){0};
}

static size_t slot_of(struct pseudonymiser *pseudonymiser, uint32_t epoch)
{
    size_t oldest = 0;
    for (size_t i = 0; i < EPOCH_SLOTS; i++) {
        struct epoch_slot *slot = &pseudonymiser->slots[i];
        if (slot->epoch == epoch) {
            slot->used = ++pseudonymiser->clock;
            return i;
        }
        if (slot->used < pseudonymiser->slots[oldest].used)
            oldest = i;
    }
    empty_slot(pseudonymiser, oldest);
    pseudonymiser->slots[oldest] =
        (struct epoch_slot){.epoch = epoch, .used = ++pseudonymiser->clock};
    return oldest;
}

/* K of the header's formula, as the state of the HMAC that it keys. */
static bool derive(const struct pseudonymiser *pseudonymiser, uint32_t epoch, size_t domain,
                   enum category category, struct hmac_key *out)
{
    const unsigned char *secret = keyring_secret(pseudonymiser->keyring, epoch);
    if (!secret)
        return false;
    struct slice name = pseudonymiser->domains[domain];
    const char *category_name = category_info(category)->name;
    crypto_auth_hmacsha256_state *state = &out->state;
    unsigned char key[HMAC_BYTES];
    crypto_auth_hmacsha256_init(state, secret, KEY_BYTES);
    crypto_auth_hmacsha256_update(state, (const unsigned char *)CONTEXT, sizeof CONTEXT);
    crypto_auth_hmacsha256_update(state, (const unsigned char *)name.data, name.length);
    crypto_auth_hmacsha256_update(state, (const unsigned char *)"", 1);
    crypto_auth_hmacsha256_update(state, (const unsigned char *)category_name,
                                  strlen(category_name));
    crypto_auth_hmacsha256_final(state, key);
    hmac_key_init(out, key, sizeof key);
    sodium_memzero(key, sizeof key);
    return true;
}

static const struct hmac_key *state_of(struct pseudonymiser *pseudonymiser, uint32_t epoch,
                                       size_t domain, enum category category)
{
    size_t index = slot_of(pseudonymiser, epoch) * pseudonymiser->slot_size +
                   domain * pseudonymiser->identifier_count +
                   (size_t)(pseudonymiser->identifiers[category] - 1);
    struct hmac_key *state = &pseudonymiser->states[index];
    if (!pseudonymiser->derived[index]) {
        if (!derive(pseudonymiser, epoch, domain, category, state))
            return NULL;
        pseudonymiser->derived[index] = true;
    }
    return state;
}

/* Everything but the digits, for which there are zeros. False: no room. */
static bool append_frame(uint32_t epoch, struct buffer *out, size_t *digits_at)
{
    char number[10];
    size_t at = sizeof number;
    do {
        number[--at] = (char)('0' + epoch % 10);
        epoch /= 10;
    } while (epoch > 0);
    size_t number_length = sizeof number - at;
    char *to = buffer_reserve(out, FRAME + number_length + DIGITS);
    if (!to)
        return false;
    *to++ = '"';
    *to++ = 'e';
    memcpy(to, number + at, number_length);
    to += number_length;
    *to++ = '-';
    *digits_at = (size_t)(to - out->data);
    memset(to, '0', DIGITS);
    to[DIGITS] = '"';
    out->length += FRAME + number_length + DIGITS;
    return true;
}

void pseudonym_discard(struct pseudonymiser *pseudonymiser)
{
    struct pending *pending = &pseudonymiser->pending;
    if (!pending->key)
        return;
    sodium_memzero(pending->id, pending->length);
    pending->key = NULL;
}

void pseudonym_finish(struct pseudonymiser *pseudonymiser, struct buffer *out)
{
    const struct pending *pending = &pseudonymiser->pending;
    unsigned char hash[HMAC_BYTES];
    if (!pending->key)
        return;
    hmac(pending->key, slice_of(pending->id, pending->length), hash);
    ascii_write_hex(hash, HASH_SHOWN, out->data + pending->at);
    pseudonym_discard(pseudonymiser);
}

static void finish_with(struct pseudonymiser *pseudonymiser, const struct hmac_key *key,
                        struct slice canonical, struct buffer *out, size_t at)
{
    const struct pending *pending = &pseudonymiser->pending;
    const struct hmac_key *const keys[2] = {pending->key, key};
    const struct slice messages[2] = {slice_of(pending->id, pending->length), canonical};
    unsigned char hashes[2][HMAC_BYTES];
    hmac_pair(keys, messages, hashes);
    ascii_write_hex(hashes[0], HASH_SHOWN, out->data + pending->at);
    ascii_write_hex(hashes[1], HASH_SHOWN, out->data + at);
    pseudonym_discard(pseudonymiser);
}

static void keep(struct pending *pending, const struct hmac_key *key, uint32_t epoch,
                 struct slice canonical, size_t at)
{
    pending->key = key;
    pending->epoch = epoch;
    pending->at = at;
    pending->length = canonical.length;
    memcpy(pending->id, canonical.data, canonical.length);
}

bool pseudonym_append(struct pseudonymiser *pseudonymiser, size_t domain, enum category category,
                      int64_t event_time, struct slice canonical, struct buffer *out,
                      uint32_t *epoch)
{
    struct pending *pending = &pseudonymiser->pending;
    *epoch = 0;
    if (domain >= pseudonymiser->domain_count || (unsigned)category >= CATEGORY_COUNT ||
        pseudonymiser->identifiers[category] == 0 || canonical.length == 0 ||
        canonical.length > CANONICAL_LIMIT)
        return false;
    uint32_t number =
        pseudonymiser->keyring ? keyring_epoch(pseudonymiser->keyring, event_time) : 0;
    if (number == 0)
        return false;
    if (pending->key && pending->epoch != number) /* its key may have to make room */
        pseudonym_finish(pseudonymiser, out);
    const struct hmac_key *key = state_of(pseudonymiser, number, domain, category);
    size_t at;
    if (!key || !append_frame(number, out, &at))
        return false;
    if (pending->key)
        finish_with(pseudonymiser, key, canonical, out, at);
    else
        keep(pending, key, number, canonical, at);
    *epoch = number;
    return true;
}
