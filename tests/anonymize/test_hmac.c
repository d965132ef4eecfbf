/*
 * HMAC-SHA-256 both ways, the processor's and libsodium's, against the RFC's vectors and against
 * RFC 2104 by hand. Where the processor has no SHA instructions only one way is there to be tested.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "anonymize/hmac.h"
#include "tests/anonymize/hmac_by_hand.h"

enum { LONGEST = 300 };

static void hmac_of(const unsigned char *bytes, size_t length, struct slice message,
                    unsigned char *out)
{
    struct hmac_key key;
    hmac_key_init(&key, bytes, length);
    hmac(&key, message, out);
}

/* RFC 4231, test cases 1 to 7 (5 is a truncated output: its first 128 bits). */
static void check_rfc_4231(void)
{
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
        hmac_of(cases[i].key, cases[i].key_length, cases[i].data, hash);
        sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
        assert_memory_equal(hex, cases[i].hash, strlen(cases[i].hash));
    }
}

static void test_rfc_4231(void **state)
{
    (void)state;
    hmac_use_instructions(false);
    check_rfc_4231();
    hmac_use_instructions(true);
    check_rfc_4231();
}

static void fill(unsigned *seed, unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (unsigned char)(rand_r(seed) >> 7);
}

static void test_every_length(void **state)
{
    (void)state;
    unsigned seed = 5;
    for (size_t length = 0; length <= LONGEST; length++)
        for (int way = 0; way < 2; way++) {
            unsigned char key[32], message[LONGEST + 1], got[32], expected[32];
            fill(&seed, key, sizeof key);
            fill(&seed, message, sizeof message);
            hmac_use_instructions(way == 1);
            hmac_of(key, sizeof key, slice_of((const char *)message, length), got);
            hmac_by_hand(key, message, length, expected);
            assert_memory_equal(got, expected, sizeof got);
        }
}

/* Every pair of lengths about a block's end, of two keys: neither has anything of the other. */
static void test_pairs(void **state)
{
    (void)state;
    unsigned seed = 6;
    for (size_t first = 0; first <= 66; first++)
        for (size_t second = 0; second <= 66; second++) {
            unsigned char bytes[2][32], message[2][66], got[2][HMAC_BYTES], expected[HMAC_BYTES];
            struct hmac_key keys[2];
            fill(&seed, bytes[0], sizeof bytes);
            fill(&seed, message[0], sizeof message);
            hmac_key_init(&keys[0], bytes[0], 32);
            hmac_key_init(&keys[1], bytes[1], 32);
            hmac_use_instructions(true);
            hmac_pair((const struct hmac_key *const[]){&keys[0], &keys[1]},
                      (const struct slice[]){slice_of((const char *)message[0], first),
                                             slice_of((const char *)message[1], second)},
                      got);
            hmac_by_hand(bytes[0], message[0], first, expected);
            assert_memory_equal(got[0], expected, HMAC_BYTES);
            hmac_by_hand(bytes[1], message[1], second, expected);
            assert_memory_equal(got[1], expected, HMAC_BYTES);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_4231),
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_pairs),
    };
    if (sodium_init() < 0)
        return 1;
    if (!hmac_start())
        fprintf(stderr, "this processor has no SHA instructions: only libsodium is tested\n");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
