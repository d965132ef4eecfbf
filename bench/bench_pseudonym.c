/*
 * What a pseudonym costs: one hash after the other by libsodium, by the processor's SHA
 * instructions, and by these two at a time, as the engine asks for those of a record; and the whole
 * of it, with its place in the text. Ratios are to libsodium in the same run.
 */
#include "anonymize/hmac.h"
#include "anonymize/pseudonym.h"
#include "anonymize/start.h"
#include "bench/thread_time.h"

#include <stdio.h>
#include <stdlib.h>

enum { IDS = 4096, ROUNDS = 60, LENGTH = 36 /* a UUID's */ };

static char ids[IDS][LENGTH + 1];

static void fail(const char *what)
{
    fprintf(stderr, "bench_pseudonym: %s\n", what);
    exit(3);
}

static struct slice id(unsigned i)
{
    return slice_of(ids[i % IDS], LENGTH);
}

/* Keeps what was computed from being left out. */
static void use(unsigned char *sum, const unsigned char *hash)
{
    for (int i = 0; i < HMAC_BYTES; i++)
        sum[i] ^= hash[i];
}

static double hash_singly(const struct hmac_key *key, unsigned char *sum)
{
    unsigned char hash[HMAC_BYTES];
    int64_t begin = thread_ns();
    for (unsigned i = 0; i < IDS * ROUNDS; i++) {
        hmac(key, id(i), hash);
        use(sum, hash);
    }
    return (double)(thread_ns() - begin) / (IDS * ROUNDS);
}

static double hash_in_pairs(const struct hmac_key *key, unsigned char *sum)
{
    const struct hmac_key *const keys[2] = {key, key};
    unsigned char hashes[2][HMAC_BYTES];
    int64_t begin = thread_ns();
    for (unsigned i = 0; i < IDS * ROUNDS; i += 2) {
        const struct slice messages[2] = {id(i), id(i + 1)};
        hmac_pair(keys, messages, hashes);
        use(sum, hashes[0]);
        use(sum, hashes[1]);
    }
    return (double)(thread_ns() - begin) / (IDS * ROUNDS);
}

/* `each` of a record's before they have to be there. */
static double whole(unsigned each)
{
    const struct key_schedule schedule = {.epoch = TIME_WEEK, .keep = 8 * TIME_WEEK};
    const int64_t now = INT64_C(1795392000000);
    const struct slice domain = SLICE("bench");
    struct keyring *ring;
    struct pseudonymiser *pseudonymiser;
    struct buffer out;
    if (keyring_throw_away(schedule, now, NULL, &ring) != RC_OK ||
        pseudonymiser_new(ring, &domain, 1, &pseudonymiser) != RC_OK)
        fail("no keys");
    buffer_init(&out, 1 << 20);
    int64_t begin = thread_ns();
    for (unsigned i = 0; i < IDS * ROUNDS; i++) {
        uint32_t epoch;
        if (!pseudonym_append(pseudonymiser, 0, CATEGORY_DEVICE_OAID, now, id(i), &out, &epoch))
            fail("no pseudonym");
        if (i % each != each - 1)
            continue;
        pseudonym_finish(pseudonymiser, &out);
        buffer_reset(&out);
    }
    double spent = (double)(thread_ns() - begin) / (IDS * ROUNDS);
    pseudonym_discard(pseudonymiser);
    buffer_release(&out);
    pseudonymiser_free(pseudonymiser);
    keyring_release(ring);
    return spent;
}

static void report(const char *what, double time, double yardstick)
{
    printf("%-44s %8.1f ns  ratio %.2f\n", what, time, time / yardstick);
}

int main(void)
{
    struct hmac_key key;
    unsigned char slow[HMAC_BYTES] = {0}, fast[HMAC_BYTES] = {0}, paired[HMAC_BYTES] = {0};
    if (anonymize_start() != RC_OK)
        fail("no random numbers");
    if (!hmac_start())
        printf("this processor has no SHA instructions: every row is libsodium's\n");
    for (unsigned i = 0; i < IDS; i++)
        snprintf(ids[i], sizeof ids[i], "24c12312-6ffd-4722-9230-%012x", i);
    hmac_key_init(&key, (const unsigned char *)ids, 32);
    hmac_use_instructions(false);
    double yardstick = hash_singly(&key, slow);
    double whole_slow = whole(3);
    hmac_use_instructions(true);
    report("hash, libsodium", yardstick, yardstick);
    report("hash, instructions", hash_singly(&key, fast), yardstick);
    report("hash, instructions, two at a time", hash_in_pairs(&key, paired), yardstick);
    report("pseudonym of three in a record, libsodium", whole_slow, yardstick);
    report("pseudonym of one in a record", whole(1), yardstick);
    report("pseudonym of two in a record", whole(2), yardstick);
    report("pseudonym of three in a record", whole(3), yardstick);
    if (memcmp(slow, fast, sizeof slow) != 0 || memcmp(slow, paired, sizeof slow) != 0)
        fail("the ways do not agree");
    return 0;
}
