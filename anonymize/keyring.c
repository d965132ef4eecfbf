#include <sodium.h>
#include <stdlib.h>

#include "anonymize/key_directory.h"
#include "anonymize/key_schedule.h"
#include "anonymize/secret_memory.h"

struct keyring {
    struct epoch_key *keys; /* by time */
    unsigned char *secrets; /* guarded, read-only once they are there; KEY_BYTES a key */
    size_t count;
    bool locked;
};

static struct keyring *keyring_new(size_t count)
{
    struct keyring *keyring = calloc(1, sizeof *keyring);
    if (!keyring)
        return NULL;
    keyring->keys = calloc(count + 1, sizeof *keyring->keys);
    keyring->secrets = secret_memory_new(count, KEY_BYTES, &keyring->locked);
    if (keyring->keys && keyring->secrets)
        return keyring;
    keyring_release(keyring);
    return NULL;
}

void keyring_release(struct keyring *keyring)
{
    if (!keyring)
        return;
    secret_memory_free(keyring->secrets);
    free(keyring->keys);
    free(keyring);
}

/* Keeps the keys in the order of their times; there are few, and this is not done at speed. */
static void insert_key(struct keyring *keyring, struct epoch_key key, const unsigned char *secret)
{
    size_t at = keyring->count;
    while (at > 0 && keyring->keys[at - 1].begins > key.begins)
        at--;
    size_t behind = keyring->count - at;
    memmove(&keyring->keys[at + 1], &keyring->keys[at], behind * sizeof *keyring->keys);
    unsigned char *place = keyring->secrets + at * KEY_BYTES;
    memmove(place + KEY_BYTES, place, behind * KEY_BYTES);
    keyring->keys[at] = key;
    memcpy(place, secret, KEY_BYTES);
    keyring->count++;
}

static void take_keys(struct keyring *keyring, const struct key_directory *directory,
                      struct key_schedule schedule, int64_t now)
{
    for (size_t i = 0; i < directory->count; i++) {
        const struct key_record *file = &directory->keys[i];
        struct epoch_key key = {.number = file->number,
                                .begins = file->begins,
                                .ends = file->ends,
                                .destroyed = TIME_NONE};
        key.state = key_state_at(schedule, key.begins, key.ends, now);
        if (key_record_living(file) && key.state != KEY_DUE)
            insert_key(keyring, key, key_directory_secret(directory, i));
    }
}

enum rc keyring_open(const char *directory, struct key_schedule schedule, int64_t now,
                     struct keyring **out, struct buffer *reason)
{
    *out = NULL;
    enum rc rc = key_schedule_check(schedule, now, reason);
    struct key_directory files;
    if (rc == RC_OK)
        rc = key_directory_open(directory, KEY_DIRECTORY_READ, &files, reason);
    if (rc != RC_OK)
        return rc;
    struct keyring *keyring = keyring_new(files.living);
    if (keyring) {
        take_keys(keyring, &files, schedule, now);
        sodium_mprotect_readonly(keyring->secrets);
        *out = keyring;
    } else {
        rc = secret_refuse(reason, directory, rc_sentence(RC_NO_MEMORY), RC_NO_MEMORY);
    }
    key_directory_close(&files);
    return rc;
}

static void throw_away_secret(const uint64_t *seed, uint32_t number, unsigned char *out)
{
    if (!seed) {
        randombytes_buf(out, KEY_BYTES);
        return;
    }
    unsigned char key[crypto_generichash_KEYBYTES] = {0};
    unsigned char message[24] = "lethe/throw-away/1";
    for (unsigned i = 0; i < 8; i++)
        key[i] = (unsigned char)(*seed >> (8 * i));
    for (unsigned i = 0; i < 4; i++)
        message[20 + i] = (unsigned char)(number >> (8 * i));
    crypto_generichash(out, KEY_BYTES, message, sizeof message, key, sizeof key);
}

enum rc keyring_throw_away(struct key_schedule schedule, int64_t now, const uint64_t *seed,
                           struct keyring **out)
{
    *out = NULL;
    enum rc rc = key_schedule_check(schedule, now, NULL);
    if (rc != RC_OK)
        return rc;
    int64_t origin = time_floor(0, schedule.epoch);
    int64_t earliest = now - schedule.keep - schedule.epoch;
    int64_t first = ((earliest > 0 ? earliest : 0) - origin) / schedule.epoch;
    int64_t last = (now + schedule.epoch - origin) / schedule.epoch;
    if (last - first + 1 > KEY_LIMIT || last >= UINT32_MAX)
        return RC_LIMIT;
    struct keyring *keyring = keyring_new((size_t)(last - first + 1));
    if (!keyring)
        return RC_NO_MEMORY;
    for (int64_t i = first; i <= last; i++) {
        struct epoch_key *key = &keyring->keys[keyring->count];
        key->number = (uint32_t)(i + 1);
        key->begins = origin + i * schedule.epoch;
        key->ends = key->begins + schedule.epoch;
        key->destroyed = TIME_NONE;
        key->state = key_state_at(schedule, key->begins, key->ends, now);
        throw_away_secret(seed, key->number, keyring->secrets + keyring->count * KEY_BYTES);
        keyring->count++;
    }
    sodium_mprotect_readonly(keyring->secrets);
    *out = keyring;
    return RC_OK;
}

/* The last key that begins at or before that time, if the time is in it. */
static const struct epoch_key *find_key(const struct keyring *keyring, int64_t time)
{
    size_t low = 0;
    size_t high = keyring->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (keyring->keys[middle].begins <= time)
            low = middle + 1;
        else
            high = middle;
    }
    const struct epoch_key *key = low > 0 ? &keyring->keys[low - 1] : NULL;
    return key && time < key->ends ? key : NULL;
}

uint32_t keyring_epoch(const struct keyring *keyring, int64_t event_time)
{
    const struct epoch_key *key = find_key(keyring, event_time);
    return key ? key->number : 0;
}

int64_t keyring_ahead(const struct keyring *keyring, int64_t now)
{
    const struct epoch_key *key = find_key(keyring, now);
    if (!key)
        return 0;
    const struct epoch_key *last = keyring->keys + keyring->count - 1;
    while (key < last && key[1].begins == key->ends)
        key++;
    return key->ends - now;
}

size_t keyring_count(const struct keyring *keyring)
{
    return keyring->count;
}

const struct epoch_key *keyring_at(const struct keyring *keyring, size_t index)
{
    return index < keyring->count ? &keyring->keys[index] : NULL;
}

bool keyring_is_locked(const struct keyring *keyring)
{
    return keyring->locked;
}

const unsigned char *keyring_secret(const struct keyring *keyring, uint32_t epoch)
{
    for (size_t i = 0; i < keyring->count; i++)
        if (keyring->keys[i].number == epoch)
            return keyring->secrets + i * KEY_BYTES;
    return NULL;
}
