#include "sink/randomness.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint64_t seed = 42;

static void seeded(struct randomness *randomness, uint64_t number)
{
    randomness_init(randomness, &number, 0, RANDOMNESS_SHUFFLE, 0);
}

static void test_same_seed_same_bytes(void **state)
{
    (void)state;
    struct randomness a, b;
    unsigned char one[3000], other[3000];
    randomness_init(&a, &seed, 3, RANDOMNESS_NAMES, 1);
    randomness_init(&b, &seed, 3, RANDOMNESS_NAMES, 1);
    randomness_bytes(&a, one, sizeof one);
    for (size_t i = 0; i < sizeof other; i += 7) /* in other pieces */
        randomness_bytes(&b, other + i, sizeof other - i < 7 ? sizeof other - i : 7);
    assert_memory_equal(one, other, sizeof one);
    for (size_t i = 0; i + 16 < sizeof one; i++) /* a block is not repeated */
        assert_null(memmem(one + i + 1, sizeof one - i - 1, one + i, 16));
}

static void test_streams_differ(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed;
        unsigned lane;
        enum randomness_use use;
        unsigned recipient;
    } streams[] = {
        {1, 0, RANDOMNESS_SHUFFLE, 0}, {2, 0, RANDOMNESS_SHUFFLE, 0},
        {1, 1, RANDOMNESS_SHUFFLE, 0}, {1, 0, RANDOMNESS_NAMES, 0},
        {1, 0, RANDOMNESS_SHUFFLE, 1}, {1, 0, RANDOMNESS_QUARANTINE_NAMES, 0},
        {0, 1, RANDOMNESS_SHUFFLE, 0}, {1, 1, RANDOMNESS_SHUFFLE, 1},
    };
    enum { COUNT = sizeof streams / sizeof *streams };
    unsigned char bytes[COUNT][32];
    for (size_t i = 0; i < COUNT; i++) {
        struct randomness randomness;
        randomness_init(&randomness, &streams[i].seed, streams[i].lane, streams[i].use,
                        streams[i].recipient);
        randomness_bytes(&randomness, bytes[i], sizeof bytes[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(bytes[i], bytes[j], 32);
    }
}

static void test_without_seed_nothing_repeats(void **state)
{
    (void)state;
    struct randomness a, b;
    unsigned char one[32], other[32];
    randomness_init(&a, NULL, 0, RANDOMNESS_SHUFFLE, 0);
    randomness_init(&b, NULL, 0, RANDOMNESS_SHUFFLE, 0);
    randomness_bytes(&a, one, sizeof one);
    randomness_bytes(&b, other, sizeof other);
    assert_memory_not_equal(one, other, sizeof one);
}

static void test_below_stays_below(void **state)
{
    (void)state;
    struct randomness randomness;
    seeded(&randomness, seed);
    static const uint32_t bounds[] = {1, 2, 3, 7, 1000, 0x80000000u, 0x80000001u, UINT32_MAX};
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        for (int round = 0; round < 2000; round++)
            assert_true(randomness_below(&randomness, bounds[i]) < bounds[i]);
}

/* With 3 * 2^30 and no rejection, a third of the range would come twice as often as the rest. */
static void test_below_has_no_bias(void **state)
{
    (void)state;
    struct randomness randomness;
    seeded(&randomness, seed);
    enum { ROUNDS = 60000 };
    unsigned counts[3] = {0};
    for (int i = 0; i < ROUNDS; i++)
        counts[randomness_below(&randomness, 3u << 30) >> 30]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(counts[i], ROUNDS / 3 - 700, ROUNDS / 3 + 700); /* six sigma */
    unsigned low_bits[3] = {0};
    for (int i = 0; i < ROUNDS; i++)
        low_bits[randomness_below(&randomness, 3u << 30) % 3]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(low_bits[i], ROUNDS / 3 - 700, ROUNDS / 3 + 700);
}

enum { ROWS = 8, TRIALS = 80000 };

typedef void shuffle(struct row *rows, uint32_t count, struct randomness *randomness);

/* The negative control: every row changes places with any row, which favours some orders. */
static void biased_shuffle(struct row *rows, uint32_t count, struct randomness *randomness)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t chosen = randomness_below(randomness, count);
        struct row row = rows[i];
        rows[i] = rows[chosen];
        rows[chosen] = row;
    }
}

/* Another one: the last row never stays (Sattolo), which makes cycles only. */
static void cyclic_shuffle(struct row *rows, uint32_t count, struct randomness *randomness)
{
    for (uint32_t left = count; left > 1; left--) {
        uint32_t chosen = randomness_below(randomness, left - 1);
        struct row row = rows[left - 1];
        rows[left - 1] = rows[chosen];
        rows[chosen] = row;
    }
}

/* Chi-square of "row i came to place j"; with fixed margins its expectation is (n-1)^2 once scaled
 * by (n-1)/n, and its standard deviation sqrt(2) (n-1). */
static double chi_square_of_places(shuffle *shuffle_rows)
{
    static unsigned counts[ROWS][ROWS];
    memset(counts, 0, sizeof counts);
    struct randomness randomness;
    seeded(&randomness, 7);
    for (int trial = 0; trial < TRIALS; trial++) {
        struct row rows[ROWS];
        for (uint32_t i = 0; i < ROWS; i++)
            rows[i] = (struct row){.offset = i};
        shuffle_rows(rows, ROWS, &randomness);
        for (uint32_t i = 0; i < ROWS; i++)
            counts[rows[i].offset][i]++;
    }
    double sum = 0, expected = (double)TRIALS / ROWS;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < ROWS; j++)
            sum += (counts[i][j] - expected) * (counts[i][j] - expected) / expected;
    return sum * (ROWS - 1) / ROWS;
}

/* Chi-square of the 24 orders of four rows, 23 degrees of freedom. */
static double chi_square_of_orders(shuffle *shuffle_rows)
{
    unsigned counts[256] = {0};
    struct randomness randomness;
    seeded(&randomness, 8);
    for (int trial = 0; trial < TRIALS; trial++) {
        struct row rows[4];
        for (uint32_t i = 0; i < 4; i++)
            rows[i] = (struct row){.offset = i};
        shuffle_rows(rows, 4, &randomness);
        counts[rows[0].offset << 6 | rows[1].offset << 4 | rows[2].offset << 2 | rows[3].offset]++;
    }
    double sum = 0, expected = TRIALS / 24.0;
    for (unsigned order = 0; order < 256; order++) {
        unsigned seen = 0;
        for (int place = 0; place < 4; place++)
            seen |= 1u << (order >> (2 * place) & 3);
        if (seen != 15)
            assert_int_equal(counts[order], 0); /* a row twice: no order */
        else
            sum += (counts[order] - expected) * (counts[order] - expected) / expected;
    }
    return sum;
}

static void test_shuffle_is_uniform(void **state)
{
    (void)state;
    /* Chance that a good shuffle passes these: less than one in 10^8; the seed is fixed besides. */
    assert_true(chi_square_of_places(rows_shuffle) < 125.0);
    assert_true(chi_square_of_orders(rows_shuffle) < 85.0);
    assert_true(chi_square_of_places(rows_shuffle) > 10.0); /* suspiciously even is bad too */
}

static void test_biased_shuffles_are_found(void **state)
{
    (void)state;
    assert_true(chi_square_of_places(biased_shuffle) > 125.0);
    assert_true(chi_square_of_orders(biased_shuffle) > 85.0);
    assert_true(chi_square_of_places(cyclic_shuffle) > 125.0);
    assert_true(chi_square_of_orders(cyclic_shuffle) > 85.0);
}

static void test_shuffle_of_few(void **state)
{
    (void)state;
    struct randomness randomness;
    seeded(&randomness, seed);
    rows_shuffle(NULL, 0, &randomness);
    struct row row = {.offset = 9, .length = 2, .epoch = 3};
    rows_shuffle(&row, 1, &randomness);
    assert_int_equal(row.offset, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test(test_streams_differ),
        cmocka_unit_test(test_without_seed_nothing_repeats),
        cmocka_unit_test(test_below_stays_below),
        cmocka_unit_test(test_below_has_no_bias),
        cmocka_unit_test(test_shuffle_is_uniform),
        cmocka_unit_test(test_biased_shuffles_are_found),
        cmocka_unit_test(test_shuffle_of_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
