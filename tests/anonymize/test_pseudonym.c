#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#include "anonymize/pseudonym.h"

static const struct key_schedule WEEKLY = {.epoch = TIME_WEEK, .keep = 8 * TIME_WEEK};
static const int64_t NOW = INT64_C(1795392000000);

/* RFC 4231, test cases 1 to 7 (5 is a truncated output: its first 128 bits). */
static void test_rfc_4231(void **state)
{
    (void)state;
    unsigned char key_aa[131], key_0b[20], key_0c[20], key_count[25];
    char data_dd[50], data_cd[50];
    memset(key_aa, 0xaa, sizeof key_aa);
    memset(key_0b, 0x0b, sizeof key_0b);
    memset(key_0c, 0x0c, sizeof key_0c);
    memset(data_dd, 0xdd, sizeof data_dd);
    memset(data_cd, 0xcd, sizeof data_cd);
    for (unsigned i = 0; i < sizeof key_count; i++)
        key_count[i] = (unsigned char)(i + 1);
    const struct {
        const unsigned char *key;
        size_t key_length;
        struct slice data;
        const char *hash;
    } cases[] = {
        {key_0b, 20, SLICE("Hi There"),
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {(const unsigned char *)"Jefe", 4, SLICE("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {key_aa, 20, slice_of(data_dd, 50),
         "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {key_count, 25, slice_of(data_cd, 50),
         "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {key_0c, 20, SLICE("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"},
        {key_aa, 131, SLICE("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {key_aa, 131,
         SLICE("This is a test using a larger than block-size key and a larger than block-size "
               "data. The key needs to be hashed before being used by the HMAC algorithm."),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char hash[32];
        char hex[65];
        hmac_sha256(cases[i].key, cases[i].key_length, cases[i].data, hash);
        sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
        assert_memory_equal(hex, cases[i].hash, strlen(cases[i].hash));
    }
}

/* RFC 2104 by hand on SHA-256 alone: shares no code with what is tested. */
static void hmac_by_hand(const unsigned char key[32], const void *message, size_t length,
                         unsigned char out[32])
{
    unsigned char inner[64 + 1024], outer[64 + 32];
    memset(inner, 0x36, 64);
    memset(outer, 0x5c, 64);
    for (size_t i = 0; i < 32; i++) {
        inner[i] ^= key[i];
        outer[i] ^= key[i];
    }
    assert_true(length <= 1024);
    memcpy(inner + 64, message, length);
    crypto_hash_sha256(outer + 64, inner, 64 + length);
    crypto_hash_sha256(out, outer, sizeof outer);
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
    char memory[PSEUDONYM_LIMIT];
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
    char again[PSEUDONYM_LIMIT];
    assert_int_equal(pseudonym(p, 1, CATEGORY_DEVICE_IMEI, NOW, id, again, &epoch), length);
    assert_memory_equal(again, memory, length);
    pseudonymiser_free(p);
    assert_int_equal(pseudonymiser_new(ring, domains, 2, &p), RC_OK);
    assert_int_equal(pseudonym(p, 1, CATEGORY_DEVICE_IMEI, NOW, id, again, &epoch), length);
    assert_memory_equal(again, memory, length);
    pseudonymiser_free(p);
    keyring_release(ring);
}

static void test_refusals(void **state)
{
    (void)state;
    struct keyring *ring;
    assert_int_equal(keyring_throw_away(WEEKLY, NOW, NULL, &ring), RC_OK);
    const struct slice domains[] = {SLICE("a")};
    struct pseudonymiser *p;
    assert_int_equal(pseudonymiser_new(ring, domains, 1, &p), RC_OK);
    char memory[PSEUDONYM_LIMIT];
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
    /* Let go of: the kept state must not outlive the key, told or not. */
    int64_t oldest = NOW - 8 * TIME_WEEK;
    assert_true(pseudonym(p, 0, CATEGORY_ACCOUNT_USER_ID, oldest, id, memory, &epoch) > 0);
    assert_true(keyring_refresh(ring, NOW + 2 * TIME_WEEK) > 0);
    assert_int_equal(pseudonym(p, 0, CATEGORY_ACCOUNT_USER_ID, oldest, id, memory, &epoch), 0);
    pseudonymiser_forget(p);
    assert_int_equal(pseudonym(p, 0, CATEGORY_ACCOUNT_USER_ID, oldest, id, memory, &epoch), 0);
    assert_true(pseudonym(p, 0, CATEGORY_ACCOUNT_USER_ID, NOW, id, memory, &epoch) > 0);
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
                    char id[16], memory[PSEUDONYM_LIMIT];
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_4231),
        cmocka_unit_test(test_formula),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_separation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
