/* Times, durations, sizes and counts as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <time.h>

#include "core/time_text.h"

static struct slice written(int64_t time, enum time_format format)
{
    static char memory[64];
    struct buffer buffer = {.data = memory, .capacity = sizeof memory, .limit = sizeof memory};
    time_append(&buffer, time, format);
    assert_false(buffer.failed);
    return buffer_slice(&buffer);
}

static void assert_written(int64_t time, enum time_format format, const char *expected)
{
    struct slice text = written(time, format);
    if (!slice_equal(text, slice_from_string(expected)))
        fail_msg("%.*s, expected %s", SLICE_FORMAT(text), expected);
}

static void round_trip(int64_t time)
{
    for (unsigned i = 0; i < TIME_FORMAT_COUNT; i++) {
        enum time_format format = (enum time_format)i;
        enum time_format used;
        int64_t read;
        if (!time_parse(written(time, format), format, &read, &used) || read != time)
            fail_msg("%lld as %s", (long long)time, time_format_name(format));
        assert_int_equal(used, format == TIME_FORMAT_AUTO ? TIME_FORMAT_RFC3339 : format);
    }
}

static const int64_t LAST = INT64_C(253402300799999);

/* Every day of the years 1970 to 9999, against the C library's calendar; the last milliseconds of
 * some through every format. */
static void test_every_day(void **state)
{
    (void)state;
    for (int64_t day = 0; day <= LAST / TIME_DAY; day++) {
        time_t seconds = (time_t)(day * TIME_DAY / TIME_SECOND);
        struct tm parts;
        assert_non_null(gmtime_r(&seconds, &parts));
        char expected[32];
        assert_true(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0);
        assert_written(day * TIME_DAY, TIME_FORMAT_RFC3339, expected);
        int64_t read;
        assert_true(time_parse(slice_from_string(expected), TIME_FORMAT_RFC3339, &read, NULL));
        assert_int_equal(read, day * TIME_DAY);
        if (day % 29 == 0)
            round_trip(day * TIME_DAY + TIME_DAY - 1);
    }
}

static void test_random_times(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 100000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        round_trip((int64_t)(random % ((uint64_t)LAST + 1)));
        round_trip((int64_t)(random % ((uint64_t)2 * 365 * TIME_DAY)));
    }
}

/* Where the number of digits tells the unit, for times of our age. */
static void test_numbers_are_recognised(void **state)
{
    (void)state;
    static const enum time_format formats[] = {TIME_FORMAT_UNIX_S, TIME_FORMAT_UNIX_MS,
                                               TIME_FORMAT_UNIX_US, TIME_FORMAT_UNIX_NS};
    for (int64_t time = INT64_C(1000000000000); time < INT64_C(4102444800000);
         time += 86399 * INT64_C(1234567)) {
        for (size_t i = 0; i < 4; i++) {
            enum time_format used;
            int64_t read;
            assert_true(time_parse(written(time, formats[i]), TIME_FORMAT_AUTO, &read, &used));
            assert_int_equal(used, formats[i]);
            assert_true(read == time);
        }
    }
}

static void test_accepted(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum time_format format;
        int64_t time;
    } cases[] = {
        {"0", TIME_FORMAT_UNIX_S, 0},
        {"0", TIME_FORMAT_AUTO, 0},
        {"0.0", TIME_FORMAT_UNIX_S, 0},
        {"0.5", TIME_FORMAT_UNIX_S, 500},
        {"1.0009", TIME_FORMAT_UNIX_S, 1000},
        {"1.9999999999999999999999", TIME_FORMAT_UNIX_S, 1999},
        {"1.01", TIME_FORMAT_UNIX_S, 1010},
        {"1767225600", TIME_FORMAT_AUTO, INT64_C(1767225600000)},
        {"1767225600.25", TIME_FORMAT_AUTO, INT64_C(1767225600250)},
        {"1767225600123", TIME_FORMAT_AUTO, INT64_C(1767225600123)},
        {"1767225600123.9", TIME_FORMAT_AUTO, INT64_C(1767225600123)},
        {"1767225600123999", TIME_FORMAT_AUTO, INT64_C(1767225600123)},
        {"1767225600123999999", TIME_FORMAT_AUTO, INT64_C(1767225600123)},
        {"99999999999", TIME_FORMAT_AUTO, INT64_C(99999999999000)},
        {"100000000000", TIME_FORMAT_AUTO, INT64_C(100000000000)},
        {"99999999999999", TIME_FORMAT_AUTO, INT64_C(99999999999999)},
        {"100000000000000", TIME_FORMAT_AUTO, INT64_C(100000000000)},
        {"99999999999999999", TIME_FORMAT_AUTO, INT64_C(99999999999999)},
        {"100000000000000000", TIME_FORMAT_AUTO, INT64_C(100000000000)},
        {"253402300799", TIME_FORMAT_UNIX_S, INT64_C(253402300799000)},
        {"253402300799999", TIME_FORMAT_UNIX_MS, INT64_C(253402300799999)},
        {"253402300799999999", TIME_FORMAT_UNIX_US, INT64_C(253402300799999)},
        {"253402300799999999999", TIME_FORMAT_UNIX_NS, INT64_C(253402300799999)},
        {"999", TIME_FORMAT_UNIX_US, 0},
        {"999999", TIME_FORMAT_UNIX_NS, 0},
        {"1000000", TIME_FORMAT_UNIX_NS, 1},
        {"1970-01-01T00:00:00Z", TIME_FORMAT_AUTO, 0},
        {"1970-01-01T00:00:00Z", TIME_FORMAT_RFC3339, 0},
        {"2026-01-02T03:04:05.678+08:00", TIME_FORMAT_RFC3339, INT64_C(1767294245678)},
        {"2026-01-02T03:04:05.678+0800", TIME_FORMAT_RFC3339, INT64_C(1767294245678)},
        {"2026-01-01T19:04:05.678Z", TIME_FORMAT_RFC3339, INT64_C(1767294245678)},
        {"2026-01-01T11:34:05.678-07:30", TIME_FORMAT_RFC3339, INT64_C(1767294245678)},
        {"2026-01-01t19:04:05.678z", TIME_FORMAT_RFC3339, INT64_C(1767294245678)},
        {"2026-01-01 19:04:05.678-00:00", TIME_FORMAT_RFC3339, INT64_C(1767294245678)},
        {"2026-01-01T19:04:05.6789999999999999999999Z", TIME_FORMAT_AUTO, INT64_C(1767294245678)},
        {"2026-01-01T19:04:05.6Z", TIME_FORMAT_AUTO, INT64_C(1767294245600)},
        {"2000-02-29T00:00:00Z", TIME_FORMAT_RFC3339, INT64_C(951782400000)},
        {"2024-02-29T23:59:59Z", TIME_FORMAT_RFC3339, INT64_C(1709251199000)},
        {"2016-12-31T23:59:60Z", TIME_FORMAT_RFC3339, INT64_C(1483228800000)},
        {"2016-12-31T23:59:60.999Z", TIME_FORMAT_RFC3339, INT64_C(1483228800000)},
        {"1969-12-31T23:00:00-02:00", TIME_FORMAT_RFC3339, 3600000},
        {"1970-01-01T23:59:00+23:59", TIME_FORMAT_RFC3339, 0},
        {"9999-12-31T23:59:59.999Z", TIME_FORMAT_RFC3339, INT64_C(253402300799999)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t time = -1;
        if (!time_parse(slice_from_string(cases[i].text), cases[i].format, &time, NULL) ||
            time != cases[i].time)
            fail_msg("%s: %lld", cases[i].text, (long long)time);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        /* no number */
        "",
        " ",
        "-",
        "-1",
        "+1",
        "-0",
        "1e9",
        "1E9",
        "1.5e3",
        ".5",
        "1.",
        "1..5",
        "1.5.5",
        "00",
        "01",
        "007",
        " 1",
        "1 ",
        "0x10",
        "1,5",
        "1_000",
        "NaN",
        "Infinity",
        "null",
        "true",
        "１",
        "1.x",
        "99999999999999999999999999999999999999",
        "253402300800000000000",
        /* no date, or half of one */
        "2026",
        "2026-",
        "2026-01",
        "2026-01-02",
        "2026-01-02T",
        "2026-01-02T03:04",
        "2026-01-02T03:04Z",
        "2026-01-02T03:04:05",
        "2026-01-02T03:04:05.",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05,678Z",
        "2026-01-02T03:04:05+",
        "2026-01-02T03:04:05+8",
        "2026-01-02T03:04:05+08",
        "2026-01-02T03:04:05+08:",
        "2026-01-02T03:04:05+08:0",
        "2026-01-02T03:04:05+08:000",
        "2026-01-02T03:04:05+24:00",
        "2026-01-02T03:04:05+08:60",
        "2026-01-02T03:04:05Zx",
        "2026-01-02T03:04:05ZZ",
        "2026-01-02T03:04:05 Z",
        "2026-01-02T03:04:05Z ",
        " 2026-01-02T03:04:05Z",
        "2026-01-02  03:04:05Z",
        "2026-01-02_03:04:05Z",
        "20260102T030405Z",
        "26-01-02T03:04:05Z",
        "2026/01/02T03:04:05Z",
        "2026-1-02T03:04:05Z",
        "2026-01-2T03:04:05Z",
        "2026-01-02T3:04:05Z",
        "+2026-01-02T03:04:05Z",
        "-026-01-02T03:04:05Z",
        "2026-01-02T03-04-05Z",
        "2026-01-02T03:04:5Z",
        "2026-01-02T03:04:05.6x8Z",
        "2026-01-02T03:04:05.+08:00",
        "2026-01-+2T03:04:05Z",
        /* no such day or hour */
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z",
        /* before 1970, after 9999 */
        "1969-12-31T23:59:59Z",
        "1969-12-31T23:59:59.999Z",
        "0000-01-01T00:00:00Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:60Z",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t time = 42;
        if (time_parse(slice_from_string(texts[i]), TIME_FORMAT_AUTO, &time, NULL) ||
            time_parse(slice_from_string(texts[i]), TIME_FORMAT_RFC3339, &time, NULL))
            if (texts[i][0] != '2' || strlen(texts[i]) != 4) /* "2026" is a number of seconds */
                fail_msg("%s: %lld", texts[i], (long long)time);
        if (strlen(texts[i]) != 4)
            assert_int_equal(time, 42);
    }
    int64_t time = 42;
    assert_false(time_parse(SLICE("1\0"), TIME_FORMAT_AUTO, &time, NULL));
    assert_false(time_parse(SLICE("2026-01-02T03:04:05Z\0"), TIME_FORMAT_AUTO, &time, NULL));
    assert_false(time_parse((struct slice){0}, TIME_FORMAT_AUTO, &time, NULL));
    /* Each format takes its own form only. */
    assert_false(time_parse(SLICE("2026-01-02T03:04:05Z"), TIME_FORMAT_UNIX_MS, &time, NULL));
    assert_false(time_parse(SLICE("1767225600"), TIME_FORMAT_RFC3339, &time, NULL));
    assert_false(time_parse(SLICE("253402300800"), TIME_FORMAT_UNIX_S, &time, NULL));
    assert_false(time_parse(SLICE("253402300800000"), TIME_FORMAT_UNIX_MS, &time, NULL));
    assert_false(time_parse(SLICE("253402300800000000"), TIME_FORMAT_UNIX_US, &time, NULL));
    assert_false(time_parse(SLICE("18446744073709551616"), TIME_FORMAT_UNIX_S, &time, NULL));
    assert_int_equal(time, 42);
}

/* Every beginning of a time with every byte behind it: only what is a time is taken. */
static void test_one_byte_changed(void **state)
{
    (void)state;
    static const char whole[] = "2026-01-02T03:04:05.678+08:00";
    unsigned accepted = 0;
    for (size_t at = 0; at < sizeof whole - 1; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[sizeof whole];
            memcpy(text, whole, sizeof whole);
            text[at] = (char)byte;
            int64_t time;
            bool read = time_parse(slice_of(text, sizeof whole - 1), TIME_FORMAT_AUTO, &time, NULL);
            bool digit = byte >= '0' && byte <= '9';
            bool same = text[at] == whole[at];
            bool other = (at == 10 && (byte == 't' || byte == ' ')) || (at == 23 && byte == '-');
            assert_true(!read || digit || same || other);
            assert_true(read || !same);
            accepted += read;
        }
    }
    /* By hand: 38 years, 11 months, 12 days, 13 hours, 16 minutes, 16 seconds, 30 fractions, 28
     * offsets, and the signs between them, of which T and + have three and two. */
    assert_int_equal(accepted, 38 + 11 + 12 + 13 + 16 + 16 + 30 + 28 + 2 + 3 + 2 + 1 + 2 + 1);
}

static void test_written(void **state)
{
    (void)state;
    assert_written(0, TIME_FORMAT_AUTO, "1970-01-01T00:00:00Z");
    assert_written(1, TIME_FORMAT_RFC3339, "1970-01-01T00:00:00.001Z");
    assert_written(-1, TIME_FORMAT_RFC3339, "1969-12-31T23:59:59.999Z");
    assert_written(TIME_NEVER, TIME_FORMAT_RFC3339, "9999-12-31T23:59:59.999Z");
    assert_written(TIME_NONE, TIME_FORMAT_RFC3339, "0000-01-01T00:00:00Z");
    assert_written(1500, TIME_FORMAT_UNIX_S, "1.500");
    assert_written(2000, TIME_FORMAT_UNIX_S, "2");
    assert_written(-1, TIME_FORMAT_UNIX_S, "-0.001");
    assert_written(-1500, TIME_FORMAT_UNIX_S, "-1.500");
    assert_written(1500, TIME_FORMAT_UNIX_MS, "1500");
    assert_written(-3, TIME_FORMAT_UNIX_US, "-3000");
    assert_written(0, TIME_FORMAT_UNIX_US, "0");
    assert_written(0, TIME_FORMAT_UNIX_NS, "0");
    assert_written(TIME_NEVER, TIME_FORMAT_UNIX_NS, "253402300799999000000");
}

static void test_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TIME_FORMAT_COUNT; i++) {
        enum time_format format;
        const char *name = time_format_name((enum time_format)i);
        assert_true(time_format_from_name(slice_from_string(name), &format));
        assert_int_equal(format, i);
    }
    enum time_format format;
    assert_false(time_format_from_name(SLICE("unix"), &format));
    assert_false(time_format_from_name(SLICE(""), &format));
    assert_string_equal(time_format_name(TIME_FORMAT_COUNT), "unknown");
}

static void test_floor(void **state)
{
    (void)state;
    int64_t time = INT64_C(1767294245678); /* Thursday, 2026-01-01T19:04:05.678Z */
    assert_written(time_floor(time, TIME_SECOND), TIME_FORMAT_AUTO, "2026-01-01T19:04:05Z");
    assert_written(time_floor(time, TIME_MINUTE), TIME_FORMAT_AUTO, "2026-01-01T19:04:00Z");
    assert_written(time_floor(time, TIME_HOUR), TIME_FORMAT_AUTO, "2026-01-01T19:00:00Z");
    assert_written(time_floor(time, TIME_DAY), TIME_FORMAT_AUTO, "2026-01-01T00:00:00Z");
    assert_written(time_floor(time, TIME_WEEK), TIME_FORMAT_AUTO, "2025-12-29T00:00:00Z");
    assert_int_equal(time_floor(4 * TIME_DAY, TIME_WEEK), 4 * TIME_DAY);
    assert_int_equal(time_floor(4 * TIME_DAY - 1, TIME_WEEK), -3 * TIME_DAY);
    assert_int_equal(time_floor(0, TIME_WEEK), -3 * TIME_DAY);
    assert_int_equal(time_floor(-1, TIME_DAY), -TIME_DAY);
    assert_int_equal(time_floor(-TIME_DAY, TIME_DAY), -TIME_DAY);
    assert_int_equal(time_floor(123, 0), 123);
    assert_int_equal(time_floor(123, -5), 123);
    assert_true(time_floor(TIME_NEVER, TIME_DAY) == TIME_NEVER);
    assert_true(time_floor(TIME_NONE, TIME_DAY) == TIME_NONE);
    assert_true(time_floor(TIME_NONE + 1, TIME_DAY) == TIME_NONE);
    assert_int_equal(time_floor(5, INT64_MAX), 0);
    static const int64_t steps[] = {1, 7, 1000, TIME_HOUR, 3 * TIME_DAY, TIME_WEEK, 2 * TIME_WEEK};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        for (int64_t at = -9 * TIME_DAY; at < 9 * TIME_DAY; at += 997 * TIME_SECOND + 1) {
            int64_t floor = time_floor(at, steps[i]);
            assert_true(floor <= at && at - floor < steps[i]);
            assert_true(time_floor(floor, steps[i]) == floor);
        }
    }
}

static void test_durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t duration;
        const char *written;
    } cases[] = {
        {"0s", 0, "0s"},
        {"0d", 0, "0s"},
        {"1ms", 1, "1ms"},
        {"1500ms", 1500, "1500ms"},
        {"60s", 60000, "1m"},
        {"90s", 90000, "90s"},
        {"5m", 300000, "5m"},
        {"24h", 86400000, "1d"},
        {"7d", 604800000, "7d"},
        {"1w", 604800000, "7d"},
        {"30d", INT64_C(2592000000), "30d"},
        {"007s", 7000, "7s"},
        {"9223372036854775807ms", INT64_MAX, "9223372036854775807ms"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t duration;
        assert_true(duration_parse(slice_from_string(cases[i].text), &duration));
        assert_true(duration == cases[i].duration);
        struct buffer buffer;
        buffer_init(&buffer, 64);
        duration_append(&buffer, duration);
        assert_true(slice_equal(buffer_slice(&buffer), slice_from_string(cases[i].written)));
        buffer_release(&buffer);
    }
    struct buffer buffer;
    buffer_init(&buffer, 64);
    duration_append(&buffer, -TIME_HOUR);
    duration_append(&buffer, INT64_MIN);
    assert_true(slice_equal(buffer_slice(&buffer), SLICE("-1h-9223372036854775808ms")));
    buffer_release(&buffer);
    static const char *const refused[] = {
        "",
        "s",
        "7",
        "-1s",
        "+1s",
        "1.5h",
        "7 d",
        " 7d",
        "7d ",
        "7D",
        "7days",
        "1h30m",
        "7y",
        "1mo",
        "ms",
        "1e3s",
        "9223372036854775808ms",
        "9223372036854775807s",
        "18446744073709551616ms",
        "99999999999999999999d",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int64_t duration = 42;
        if (duration_parse(slice_from_string(refused[i]), &duration) || duration != 42)
            fail_msg("%s", refused[i]);
    }
}

static void test_sizes_and_counts(void **state)
{
    (void)state;
    uint64_t number;
    assert_true(size_parse(SLICE("0"), &number) && number == 0);
    assert_true(size_parse(SLICE("4096"), &number) && number == 4096);
    assert_true(size_parse(SLICE("512KiB"), &number) && number == 524288);
    assert_true(size_parse(SLICE("12MiB"), &number) && number == 12582912);
    assert_true(size_parse(SLICE("2GiB"), &number) && number == UINT64_C(2147483648));
    assert_true(size_parse(SLICE("5kB"), &number) && number == 5000);
    assert_true(size_parse(SLICE("5MB"), &number) && number == 5000000);
    assert_true(size_parse(SLICE("5GB"), &number) && number == UINT64_C(5000000000));
    assert_true(size_parse(SLICE("18446744073709551615"), &number) && number == UINT64_MAX);
    assert_true(count_parse(SLICE("17"), &number) && number == 17);
    assert_true(count_parse(SLICE("10M"), &number) && number == 10000000);
    assert_true(count_parse(SLICE("3k"), &number) && number == 3000);
    assert_true(count_parse(SLICE("1G"), &number) && number == 1000000000);
    number = 42;
    static const char *const no_sizes[] = {"",
                                           "KiB",
                                           "-1",
                                           "1.5MiB",
                                           "1 MiB",
                                           "1mib",
                                           "1KB",
                                           "1k",
                                           "1M",
                                           "1MiBs",
                                           "1B",
                                           "0x10",
                                           "1TiB",
                                           "18446744073709551616",
                                           "17179869184GiB"};
    for (size_t i = 0; i < sizeof no_sizes / sizeof *no_sizes; i++)
        assert_false(size_parse(slice_from_string(no_sizes[i]), &number));
    static const char *const no_counts[] = {"",   "k",    "-1",  "1K",   "1m",
                                            "1g", "1KiB", "1 k", "1.5k", "18446744073709551615k"};
    for (size_t i = 0; i < sizeof no_counts / sizeof *no_counts; i++)
        assert_false(count_parse(slice_from_string(no_counts[i]), &number));
    assert_int_equal(number, 42);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_day),
        cmocka_unit_test(test_random_times),
        cmocka_unit_test(test_numbers_are_recognised),
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_one_byte_changed),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_floor),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_sizes_and_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
