#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#include "anonymize/hmac.h"
#include "anonymize/pseudonym.h"
#include "schemas/canonical.h"
#include "tests/anonymize/hmac_by_hand.h"

static const struct key_schedule WEEKLY = {.epoch = TIME_WEEK, .keep = 8 * TIME_WEEK};
static const int64_t NOW = INT64_C(1795392000000);

/* A pseudonym by itself, without its quotes; its length, or 0. */
static size_t pseudonym(struct pseudonymiser *p, size_t domain, enum category category,
                        int64_t time, struct slice id, char memory[static 64], uint32_t *epoch)
{
    struct buffer out;
    buffer_init(&out, 64);
    size_t length = 0;
    if (pseudonym_append(p, domain, category, time, id, &out, epoch)) {
        pseudonym_finish(p, &out);
        assert_true(out.data[0] == '"' && out.data[out.length - 1] == '"');
        length = out.length - 2;
        memcpy(memory, out.data + 1, length);
    }
    assert_true(length > 0 || out.length == 0);
    buffer_release(&out);
    return length;
}

static void test_formula(void **state)
{
    (void)state;
    uint64_t seed = 7;
    struct keyring *ring;
    assert_int_equal(keyring_throw_away(WEEKLY, NOW, &seed, &ring), RC_OK);
    const struct slice domains[] = {SLICE("analytics"), SLICE("push")};
    struct pseudonymiser *p;
    assert_int_equal(pseudonymiser_new(ring, domains, 2, &p), RC_OK);
    uint32_t epoch;
    char memory[64];
    struct slice id = SLICE("35693803564380");
    size_t length = pseudonym(p, 1, CATEGORY_DEVICE_IMEI, NOW, id, memory, &epoch);
    assert_int_equal(epoch, keyring_epoch(ring, NOW));

    unsigned char key[32], hash[32];
    static const char context[] = "lethe/pseudonym/1\0push\0device.imei";
    hmac_by_hand(keyring_secret(ring, epoch), context, sizeof context - 1, key);
    hmac_by_hand(key, id.data, id.length, hash);
    char hex[33], expected[64];
    sodium_bin2hex(hex, sizeof hex, hash, 16);
    int expected_length = snprintf(expected, sizeof expected, "e%u-%s", (unsigned)epoch, hex);
    assert_int_equal(length, expected_length);
    assert_memory_equal(memory, expected, length);
    /* Again from the kept state, and from another pseudonymiser. */
    char again[64];
    assert_int_equal(pseudonym(p, 1, CATEGORY_DEVICE_IMEI, NOW, id, again, &epoch), length);
    assert_memory_equal(again, memory, length);
    pseudonymiser_free(p);
    assert_int_equal(pseudonymiser_new(ring, domains, 2, &p), RC_OK);
    assert_int_equal(pseudonym(p, 1, CATEGORY_DEVICE_IMEI, NOW, id, again, &epoch), length);
    assert_memory_equal(again, memory, length);
    pseudonymiser_free(p);
    keyring_release(ring);
}

/* Random keys, and one recipient's domain. */
static struct pseudonymiser *start(struct keyring **ring)
{
    static const struct slice domains[] = {SLICE("a")};
    struct pseudonymiser *made;
    assert_int_equal(keyring_throw_away(WEEKLY, NOW, NULL, ring), RC_OK);
    assert_int_equal(pseudonymiser_new(*ring, domains, 1, &made), RC_OK);
    return made;
}

static void test_refusals(void **state)
{
    (void)state;
    struct keyring *ring;
    struct pseudonymiser *p = start(&ring);
    char memory[64];
    uint32_t epoch = 5;
    struct slice id = SLICE("10001");
    assert_int_equal(pseudonym(p, 1, CATEGORY_ACCOUNT_USER_ID, NOW, id, memory, &epoch), 0);
    assert_int_equal(epoch, 0);
    assert_int_equal(pseudonym(p, 0, CATEGORY_TEXT_FREE, NOW, id, memory, &epoch), 0);
    assert_int_equal(pseudonym(p, 0, CATEGORY_NONE, NOW, id, memory, &epoch), 0);
    assert_int_equal(pseudonym(p, 0, CATEGORY_COUNT, NOW, id, memory, &epoch), 0);
    assert_int_equal(pseudonym(p, 0, (enum category) - 1, NOW, id, memory, &epoch), 0);
    struct slice none = {0};
    assert_int_equal(pseudonym(p, 0, CATEGORY_ACCOUNT_USER_ID, NOW, none, memory, &epoch), 0);
    assert_int_equal(pseudonym(p, 0, CATEGORY_ACCOUNT_USER_ID, TIME_NONE, id, memory, &epoch), 0);
    int64_t old = NOW - 20 * TIME_WEEK;
    assert_int_equal(pseudonym(p, 0, CATEGORY_ACCOUNT_USER_ID, old, id, memory, &epoch), 0);
    pseudonymiser_free(p);
    pseudonymiser_free(NULL);
    keyring_release(ring);
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/*
 * Nothing links two pseudonyms: 10^5 ids over recipients, categories and epochs (more epochs than
 * are kept derived, so that slots are reused), and all hex parts are distinct. The ids of domains
 * are chosen so that a missing separator would make them meet.
 */
static void test_separation(void **state)
{
    (void)state;
    enum { IDS = 2500, DOMAINS = 2, CATEGORIES = 3, EPOCHS = 7 };
    static const enum category categories[CATEGORIES] = {
        CATEGORY_DEVICE_IMEI, CATEGORY_ACCOUNT_USER_ID, CATEGORY_USAGE_SESSION};
    const struct slice domains[DOMAINS] = {SLICE("a"), SLICE("ad")};
    struct keyring *ring;
    assert_int_equal(keyring_throw_away(WEEKLY, NOW, NULL, &ring), RC_OK);
    struct pseudonymiser *p;
    assert_int_equal(pseudonymiser_new(ring, domains, DOMAINS, &p), RC_OK);
    size_t count = 0, limit = (size_t)IDS * DOMAINS * CATEGORIES * EPOCHS;
    assert_true(limit >= 100000);
    char(*hashes)[32] = malloc(limit * 32);
    assert_non_null(hashes);
    for (unsigned i = 0; i < IDS; i++)
        for (int64_t e = 0; e < EPOCHS; e++)
            for (size_t d = 0; d < DOMAINS; d++)
                for (size_t c = 0; c < CATEGORIES; c++) {
                    char id[16], memory[64];
                    uint32_t epoch;
                    int length = snprintf(id, sizeof id, "%u", 35693803 + i);
                    int64_t time = NOW - e * TIME_WEEK;
                    size_t written = pseudonym(p, d, categories[c], time,
                                               slice_of(id, (size_t)length), memory, &epoch);
                    assert_int_equal(epoch, keyring_epoch(ring, time));
                    assert_true(written > 33);
                    memcpy(hashes[count++], memory + written - 32, 32);
                }
    assert_int_equal(count, limit);
    qsort(hashes, count, 32, compare_hashes);
    for (size_t i = 1; i < count; i++)
        assert_true(memcmp(hashes[i], hashes[i - 1], 32) != 0);
    free(hashes);
    pseudonymiser_free(p);
    keyring_release(ring);
}

/* However many are pending, over epochs and while the buffer grows, each has its own digits. */
static void test_several_at_once(void **state)
{
    (void)state;
    enum { COUNT = 50 };
    struct keyring *ring;
    assert_int_equal(keyring_throw_away(WEEKLY, NOW, NULL, &ring), RC_OK);
    const struct slice domains[] = {SLICE("a"), SLICE("b")};
    struct pseudonymiser *p;
    assert_int_equal(pseudonymiser_new(ring, domains, 2, &p), RC_OK);
    unsigned seed = 11;
    for (int round = 0; round < 200; round++) {
        struct buffer out, expected;
        buffer_init(&out, 1 << 20);
        buffer_init(&expected, 1 << 20);
        int count = rand_r(&seed) % COUNT;
        for (int i = 0; i < count; i++) {
            char id[CANONICAL_LIMIT], alone[64];
            size_t length = 1 + (size_t)(rand_r(&seed) % (i % 7 == 6 ? CANONICAL_LIMIT : 40));
            for (size_t k = 0; k < length; k++)
                id[k] = (char)('a' + rand_r(&seed) % 26);
            size_t domain = (size_t)(rand_r(&seed) % 2);
            int64_t time = NOW - (round % 2 ? rand_r(&seed) % 7 * TIME_WEEK : 0);
            uint32_t epoch;
            struct slice text = slice_of(id, length);
            assert_true(
                pseudonym_append(p, domain, CATEGORY_ACCOUNT_USER_ID, time, text, &out, &epoch));
            buffer_append_byte(&out, ',');
            struct pseudonymiser *other; /* whose nothing waits */
            assert_int_equal(pseudonymiser_new(ring, domains, 2, &other), RC_OK);
            buffer_append_byte(&expected, '"');
            buffer_append(&expected,
                          slice_of(alone, pseudonym(other, domain, CATEGORY_ACCOUNT_USER_ID, time,
                                                    text, alone, &epoch)));
            buffer_append_string(&expected, "\",");
            pseudonymiser_free(other);
        }
        pseudonym_finish(p, &out);
        assert_true(slice_equal(buffer_slice(&out), buffer_slice(&expected)));
        buffer_release(&out);
        buffer_release(&expected);
    }
    pseudonymiser_free(p);
    keyring_release(ring);
}

/* What was discarded is never written, to whatever came in its place. */
static void test_discarded(void **state)
{
    (void)state;
    struct keyring *ring;
    struct pseudonymiser *p = start(&ring);
    struct buffer out;
    buffer_init(&out, 100);
    uint32_t epoch;
    assert_true(
        pseudonym_append(p, 0, CATEGORY_ACCOUNT_USER_ID, NOW, SLICE("10001"), &out, &epoch));
    pseudonym_discard(p);
    buffer_truncate(&out, 0);
    for (int i = 0; i < 50; i++)
        buffer_append_byte(&out, '.');
    /* No room for another: nothing of it, and nothing that waits. */
    buffer_append_string(&out, "..............................");
    assert_false(
        pseudonym_append(p, 0, CATEGORY_ACCOUNT_USER_ID, NOW, SLICE("10002"), &out, &epoch));
    assert_int_equal(epoch, 0);
    assert_true(out.failed);
    pseudonym_finish(p, &out);
    for (size_t i = 0; i < out.length; i++)
        assert_int_equal(out.data[i], '.');
    buffer_release(&out);
    pseudonymiser_free(p);
    keyring_release(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formula),    cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_separation), cmocka_unit_test(test_several_at_once),
        cmocka_unit_test(test_discarded),
    };
    (void)hmac_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
