#include "anonymize/generalise.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct example {
    const char *text;
    const char *result; /* NULL: refused */
};

static void check(const struct example *example, bool released, struct buffer *out)
{
    if (released != (example->result != NULL))
        fail_msg("\"%s\": %s", example->text, released ? "released" : "refused");
    if (released && !slice_equal(buffer_slice(out), slice_from_string(example->result)))
        fail_msg("\"%s\": got \"%.*s\"", example->text, SLICE_FORMAT(buffer_slice(out)));
    if (!released)
        assert_int_equal(out->length, 0);
    buffer_release(out);
}

static void test_time(void **state)
{
    (void)state;
    static const struct example hours[] = {
        {"1767323045", "1767322800"},
        {"1767323045.678", "1767322800"},
        {"1767323045123", "1767322800000"},
        {"1767323045123456", "1767322800000000"},
        {"1767323045123456789", "1767322800000000000"},
        {"2026-01-02T03:04:05Z", "2026-01-02T03:00:00Z"},
        {"2026-01-02T03:04:05.678+08:00", "2026-01-01T19:00:00Z"},
        {"0", "0"},
        {"", NULL},
        {"-1", NULL},
        {"1e12", NULL},
        {"yesterday", NULL},
        {"2026-13-02T03:04:05Z", NULL},
        {"2026-01-02T03:04:05", NULL},
    };
    for (size_t i = 0; i < sizeof hours / sizeof *hours; i++) {
        struct buffer out;
        buffer_init(&out, 64);
        check(&hours[i],
              generalise_time(slice_from_string(hours[i].text), TIME_FORMAT_AUTO, TIME_HOUR, &out),
              &out);
    }
    struct buffer out;
    buffer_init(&out, 64);
    assert_false(generalise_time(SLICE("1767323045"), TIME_FORMAT_AUTO, 0, &out));
    assert_false(generalise_time(SLICE("1767323045"), TIME_FORMAT_AUTO, -1, &out));
    assert_true(generalise_time(SLICE("1767323045"), TIME_FORMAT_AUTO, TIME_WEEK, &out));
    assert_true(slice_equal(buffer_slice(&out), SLICE("1766966400"))); /* Monday, 2025-12-29 */
    buffer_release(&out);
}

static void test_number(void **state)
{
    (void)state;
    static const int64_t buckets[] = {0, 1000000, 2000000, 4000000};
    static const struct example numbers[] = {
        {"0", "[0,1000000)"},
        {"-0", "[0,1000000)"},
        {"-0.0", "[0,1000000)"},
        {"-0.0000000000000000000000001", "<0"},
        {"-1", "<0"},
        {"999999.999999999999999999999999999", "[0,1000000)"},
        {"1000000", "[1000000,2000000)"},
        {"1e6", "[1000000,2000000)"},
        {"1E+6", "[1000000,2000000)"},
        {"0.001e9", "[1000000,2000000)"},
        {"9999999e-1", "[0,1000000)"},
        {"39999999e-1", "[2000000,4000000)"},
        {"4000000", ">=4000000"},
        {"123456789012345678901234567890", ">=4000000"},
        {"-123456789012345678901234567890", "<0"},
        {"9223372036854775807", ">=4000000"},
        {"1e400", ">=4000000"},
        {"-1e999999999999999999", "<0"},
        {"1e-999999999999999999", "[0,1000000)"},
        {"0e999999999999", "[0,1000000)"},
        {"", NULL},
        {"-", NULL},
        {"1.", NULL},
        {".5", NULL},
        {"+1", NULL},
        {"1e", NULL},
        {"0x10", NULL},
        {"1 ", NULL},
        {"NaN", NULL},
        {"Infinity", NULL},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct buffer out;
        buffer_init(&out, 64);
        check(&numbers[i], generalise_number(slice_from_string(numbers[i].text), buckets, 4, &out),
              &out);
    }
    struct buffer out;
    buffer_init(&out, 64);
    assert_false(generalise_number(SLICE("1"), buckets, 0, &out));
    assert_false(generalise_number(SLICE("1"), NULL, 0, &out));
    static const int64_t edges[] = {INT64_MIN, INT64_MAX};
    assert_true(generalise_number(SLICE("9223372036854775806"), edges, 2, &out));
    assert_true(
        slice_equal(buffer_slice(&out), SLICE("[-9223372036854775808,9223372036854775807)")));
    buffer_release(&out);
}

/* Integers against the machine's own comparison, written with random points and exponents. */
static void test_number_exact(void **state)
{
    (void)state;
    srand(3);
    for (int round = 0; round < 100000; round++) {
        int64_t value = (int64_t)rand() % 100000 - 50000;
        int64_t bound = rand() % 3 == 0 ? value : (int64_t)rand() % 100000 - 50000;
        int64_t size = value < 0 ? -value : value;
        int zeros = rand() % 5;
        char text[64], expected[64];
        struct buffer out;
        if (rand() % 2)
            snprintf(text, sizeof text, "%" PRId64 "%.*se-%d", value, zeros, "00000", zeros);
        else
            snprintf(text, sizeof text, "%s%" PRId64 ".%03" PRId64 "e3", value < 0 ? "-" : "",
                     size / 1000, size % 1000);
        snprintf(expected, sizeof expected, "%s%" PRId64, value < bound ? "<" : ">=", bound);
        buffer_init(&out, 64);
        struct example example = {text, expected};
        check(&example, generalise_number(slice_from_string(text), &bound, 1, &out), &out);
    }
}

static void test_version(void **state)
{
    (void)state;
    static const struct example versions[] = {
        {"17.4.1-beta+23", "17.4"},
        {"17.4", "17.4"},
        {"13", "13"},
        {"v2.0.1", "2.0"},
        {"V2", "2"},
        {"5.10.43-android12-9-00001-gabcdef", "5.10"},
        {"120.0.6099.109", "120.0"},
        {"1.2.3.4.5", "1.2"},
        {"10.", "10"},
        {"10.x", "10"},
        {"10 (build 3)", "10"},
        {"10.1.2.3", NULL},
        {"v10.1.2.3", NULL},
        {"10.1.2.3-rc1", NULL},
        {"", NULL},
        {"v", NULL},
        {"vv1", NULL},
        {"Android 13", NULL},
        {"-1", NULL},
        {".1", NULL},
        {"1234567", NULL},
        {"1.1234567", NULL},
        {"13812345678", NULL},
    };
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        struct buffer out;
        buffer_init(&out, 64);
        check(&versions[i], generalise_version(slice_from_string(versions[i].text), &out), &out);
    }
}

static void test_place(void **state)
{
    (void)state;
    static const struct example places[] = {
        {"31.2304", "31.2"},
        {"31.2", "31.2"},
        {"31.29999999999999999999", "31.2"},
        {"31.3", "31.3"},
        {"0", "0"},
        {"-0", "0"},
        {"-0.0", "0"},
        {"-0.05", "-0.1"},
        {"-0.0000000000000000001", "-0.1"},
        {"-0.1", "-0.1"},
        {"-0.1000000000000001", "-0.2"},
        {"121.4737", "121.4"},
        {"180", "180"},
        {"180.000", "180"},
        {"-180", "-180"},
        {"31.2304,121.4737", "31.2,121.4"},
        {"31.2304, 121.4737", "31.2,121.4"},
        {"121.4737,31.2304", "121.4,31.2"},
        {"-33.8688,-151.2093", "-33.9,-151.3"},
        {"180.0001", NULL},
        {"-180.0000000001", NULL},
        {"181", NULL},
        {"121.4737,121.4737", NULL},
        {"1e1", NULL},
        {"3.12304e1", NULL},
        {"", NULL},
        {"-", NULL},
        {"31.", NULL},
        {".5", NULL},
        {"+31.2", NULL},
        {"31,", NULL},
        {"31,  121", NULL},
        {"31.2N", NULL},
        {"31.2304,121.4737,12", NULL},
        {"0031.2", NULL},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct buffer out;
        buffer_init(&out, 64);
        check(&places[i], generalise_place(slice_from_string(places[i].text), 100, &out), &out);
    }
    struct buffer out;
    buffer_init(&out, 64);
    assert_false(generalise_place(SLICE("31.2304"), 0, &out));
    assert_false(generalise_place(SLICE("31.2304"), 99, &out));
    assert_true(generalise_place(SLICE("-179.99"), 700, &out));
    assert_true(slice_equal(buffer_slice(&out), SLICE("-180")));
    buffer_reset(&out);
    assert_true(generalise_place(SLICE("31.2304"), 5000, &out));
    assert_true(slice_equal(buffer_slice(&out), SLICE("30")));
    buffer_reset(&out);
    assert_true(generalise_place(SLICE("31.2304"), 125, &out));
    assert_true(slice_equal(buffer_slice(&out), SLICE("31.125")));
    buffer_release(&out);
}

/* What leaves says nothing below the grid: every value of a cell gives the same text. */
static void test_place_cells(void **state)
{
    (void)state;
    for (int cell = -1800; cell < 1800; cell += 7) {
        char first[64] = "";
        for (int part = 0; part < 100; part += 9) {
            int value = cell * 100 + part;
            char text[32];
            struct buffer out;
            buffer_init(&out, 64);
            snprintf(text, sizeof text, "%s%d.%03d", value < 0 ? "-" : "", abs(value) / 1000,
                     abs(value) % 1000);
            assert_true(generalise_place(slice_from_string(text), 100, &out));
            buffer_append_byte(&out, 0);
            if (part == 0)
                snprintf(first, sizeof first, "%s", out.data);
            assert_string_equal(out.data, first);
            buffer_release(&out);
        }
    }
}

static void test_rule(void **state)
{
    (void)state;
    struct action_rule rule = {0};
    struct buffer out;
    buffer_init(&out, 64);
    assert_false(generalise(&rule, SLICE("1767323045"), &out));
    rule.generalisation = GENERALISE_TIME;
    assert_false(generalise(&rule, SLICE("1767323045"), &out));
    rule.time_step = TIME_DAY;
    assert_true(generalise(&rule, SLICE("1767323045"), &out));
    assert_true(slice_equal(buffer_slice(&out), SLICE("1767312000")));
    buffer_release(&out);
    buffer_init(&out, 3);
    rule.generalisation = GENERALISE_VERSION;
    assert_false(generalise(&rule, SLICE("17.4.1"), &out));
    assert_int_equal(out.length, 0);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time),         cmocka_unit_test(test_number),
        cmocka_unit_test(test_number_exact), cmocka_unit_test(test_version),
        cmocka_unit_test(test_place),        cmocka_unit_test(test_place_cells),
        cmocka_unit_test(test_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
