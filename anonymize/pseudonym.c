#include "anonymize/pseudonym.h"

#include <sodium.h>
#include <stdlib.h>

#include "anonymize/secret_memory.h"

/*
 * Keys are derived once for each (epoch, domain, category) and kept as the state of the HMAC after
 * its key, so that a pseudonym costs two compressions of SHA-256 and no look-up by name: the state
 * lies at a computed place. Epochs share a few slots; the one used longest ago makes room.
 */
enum { EPOCH_SLOTS = 4 };

static const char CONTEXT[] = "lethe/pseudonym/1"; /* its NUL is the first separator */

struct epoch_slot {
    uint32_t epoch; /* 0: empty */
    uint64_t used;
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
    crypto_auth_hmacsha256_state *states; /* guarded */
    bool *derived;                        /* which of them hold something */
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

void pseudonymiser_forget(struct pseudonymiser *pseudonymiser)
{
    for (size_t i = 0; i < EPOCH_SLOTS; i++) {
        uint32_t epoch = pseudonymiser->slots[i].epoch;
        if (epoch != 0 && !keyring_secret(pseudonymiser->keyring, epoch))
            empty_slot(pseudonymiser, i);
    }
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
                   enum category category, crypto_auth_hmacsha256_state *out)
{
    const unsigned char *secret = keyring_secret(pseudonymiser->keyring, epoch);
    if (!secret)
        return false;
    struct slice name = pseudonymiser->domains[domain];
    const char *category_name = category_info(category)->name;
    unsigned char key[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_init(out, secret, KEY_BYTES);
    crypto_auth_hmacsha256_update(out, (const unsigned char *)CONTEXT, sizeof CONTEXT);
    crypto_auth_hmacsha256_update(out, (const unsigned char *)name.data, name.length);
    crypto_auth_hmacsha256_update(out, (const unsigned char *)"", 1);
    crypto_auth_hmacsha256_update(out, (const unsigned char *)category_name, strlen(category_name));
    crypto_auth_hmacsha256_final(out, key);
    crypto_auth_hmacsha256_init(out, key, sizeof key);
    sodium_memzero(key, sizeof key);
    return true;
}

static const crypto_auth_hmacsha256_state *
state_of(struct pseudonymiser *pseudonymiser, uint32_t epoch, size_t domain, enum category category)
{
    size_t index = slot_of(pseudonymiser, epoch) * pseudonymiser->slot_size +
                   domain * pseudonymiser->identifier_count +
                   (size_t)(pseudonymiser->identifiers[category] - 1);
    crypto_auth_hmacsha256_state *state = &pseudonymiser->states[index];
    if (!pseudonymiser->derived[index]) {
        if (!derive(pseudonymiser, epoch, domain, category, state))
            return NULL;
        pseudonymiser->derived[index] = true;
    }
    return state;
}

static size_t write_pseudonym(uint32_t epoch, const unsigned char *hash, char *out)
{
    static const char digits[] = "0123456789abcdef";
    char number[10];
    size_t at = sizeof number;
    do {
        number[--at] = (char)('0' + epoch % 10);
        epoch /= 10;
    } while (epoch > 0);
    size_t length = 0;
    out[length++] = 'e';
    memcpy(out + length, number + at, sizeof number - at);
    length += sizeof number - at;
    out[length++] = '-';
    for (size_t i = 0; i < 16; i++) {
        out[length++] = digits[hash[i] >> 4];
        out[length++] = digits[hash[i] & 15];
    }
    return length;
}

size_t pseudonym(struct pseudonymiser *pseudonymiser, size_t domain, enum category category,
                 int64_t event_time, struct slice canonical, char memory[static PSEUDONYM_LIMIT],
                 uint32_t *epoch)
{
    *epoch = 0;
    if (domain >= pseudonymiser->domain_count || (unsigned)category >= CATEGORY_COUNT ||
        pseudonymiser->identifiers[category] == 0 || canonical.length == 0)
        return 0;
    uint32_t number =
        pseudonymiser->keyring ? keyring_epoch(pseudonymiser->keyring, event_time) : 0;
    if (number == 0)
        return 0;
    const crypto_auth_hmacsha256_state *keyed = state_of(pseudonymiser, number, domain, category);
    if (!keyed)
        return 0;
    unsigned char hash[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state = *keyed;
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)canonical.data, canonical.length);
    crypto_auth_hmacsha256_final(&state, hash); /* wipes the copy */
    *epoch = number;
    return write_pseudonym(number, hash, memory);
}

void hmac_sha256(const unsigned char *key, size_t key_length, struct slice message,
                 unsigned char out[static 32])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, key_length);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)message.data, message.length);
    crypto_auth_hmacsha256_final(&state, out);
}
