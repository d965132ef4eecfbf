#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ingest/decoder.h"

enum { FIELD_TIME = 2 };

static const int64_t now = INT64_C(1767323045123);

struct time_case {
    const char *what;
    enum json_type type; /* JSON_ABSENT: no entry on the tape */
    uint8_t flags;
    const char *text;
    enum time_format format;
    bool fallback;
    int64_t message_time;
    int64_t expected;
    bool substituted;
};

static struct event_time time_of(const struct time_case *one)
{
    const struct schema schema = {
        .time_field = FIELD_TIME,
        .time_format = one->format,
        .time_fallback_message = one->fallback,
        .time_skew = 5 * TIME_MINUTE,
    };
    const struct raw_value values[] = {
        {.field = FIELD_ROOT, .type = JSON_OBJECT, .end = 3},
        {.field = 1, .type = JSON_STRING, .end = 2, .text = SLICE("1")},
        {
            .field = FIELD_TIME,
            .type = (uint8_t)one->type,
            .flags = one->flags,
            .end = 3,
            .text = slice_from_string(one->text),
        },
    };
    const struct raw_record record = {
        .schema = &schema,
        .values = values,
        .count = one->type == JSON_ABSENT ? 2 : 3,
        .message_time = one->message_time,
    };
    return decoder_event_time(&record, now);
}

static const int64_t earlier = INT64_C(1767323000000);

static void table(void **state)
{
    (void)state;
    const int64_t none = TIME_NONE;
    const struct time_case cases[] = {
        {"number", JSON_NUMBER, 0, "1767323040000", TIME_FORMAT_UNIX_MS, true, earlier,
         INT64_C(1767323040000), false},
        {"digits in a string", JSON_STRING, 0, "1767323040", TIME_FORMAT_UNIX_S, true, earlier,
         INT64_C(1767323040000), false},
        {"text", JSON_STRING, 0, "2026-01-02T03:04:00Z", TIME_FORMAT_RFC3339, false, none,
         INT64_C(1767323040000), false},
        {"escaped", JSON_STRING, RAW_ESCAPED, "2026-01-02T03:04:00\\u005a", TIME_FORMAT_RFC3339,
         false, none, INT64_C(1767323040000), false},
        {"escaped and long", JSON_STRING, RAW_ESCAPED,
         "\\u0032\\u0030\\u0032\\u0036\\u002d\\u0030\\u0031\\u002d\\u0030\\u0032\\u0054\\u0030\\u00"
         "3"
         "3\\u003a\\u0030\\u0034\\u003a\\u0030\\u0030\\u005a",
         TIME_FORMAT_AUTO, false, none, INT64_C(1767323040000), false},
        {"within the skew", JSON_NUMBER, 0, "1767323345123", TIME_FORMAT_UNIX_MS, true, earlier,
         INT64_C(1767323345123), false},
        {"beyond it", JSON_NUMBER, 0, "1767323345124", TIME_FORMAT_UNIX_MS, false, earlier, earlier,
         true},
        {"beyond it, no message time", JSON_NUMBER, 0, "1767323345124", TIME_FORMAT_UNIX_MS, false,
         none, now, true},
        {"beyond it, and so is the message", JSON_NUMBER, 0, "1767323345124", TIME_FORMAT_UNIX_MS,
         false, now + TIME_DAY, now, true},
        {"missing", JSON_ABSENT, 0, NULL, TIME_FORMAT_UNIX_MS, false, earlier, none, false},
        {"missing, fallback", JSON_ABSENT, 0, NULL, TIME_FORMAT_UNIX_MS, true, earlier, earlier,
         true},
        {"missing, fallback to nothing", JSON_ABSENT, 0, NULL, TIME_FORMAT_UNIX_MS, true, none,
         none, false},
        {"missing, fallback to the future", JSON_ABSENT, 0, NULL, TIME_FORMAT_UNIX_MS, true,
         now + TIME_DAY, now, true},
        {"null", JSON_NULL, 0, NULL, TIME_FORMAT_UNIX_MS, false, earlier, none, false},
        {"null, fallback", JSON_NULL, 0, NULL, TIME_FORMAT_UNIX_MS, true, earlier, earlier, true},
        {"true", JSON_TRUE, 0, NULL, TIME_FORMAT_AUTO, false, earlier, none, false},
        {"object", JSON_OBJECT, RAW_REFUSED_TYPE, NULL, TIME_FORMAT_AUTO, false, earlier, none,
         false},
        {"array", JSON_ARRAY, RAW_REFUSED_TYPE, NULL, TIME_FORMAT_AUTO, true, earlier, earlier,
         true},
        {"half a pair", JSON_STRING, RAW_ESCAPED | RAW_LONE_SURROGATE, "1767323040000\\ud800",
         TIME_FORMAT_AUTO, false, earlier, none, false},
        {"exponent", JSON_NUMBER, 0, "1.767e12", TIME_FORMAT_UNIX_MS, false, earlier, none, false},
        {"negative", JSON_NUMBER, 0, "-1", TIME_FORMAT_UNIX_MS, false, earlier, none, false},
        {"of another format", JSON_NUMBER, 0, "1767323040000", TIME_FORMAT_RFC3339, false, earlier,
         none, false},
        {"words", JSON_STRING, 0, "yesterday", TIME_FORMAT_AUTO, false, earlier, none, false},
        {"empty", JSON_STRING, 0, "", TIME_FORMAT_AUTO, true, earlier, earlier, true},
        {"far too long", JSON_STRING, 0,
         "11111111111111111111111111111111111111111111111111111111111111111111111111111",
         TIME_FORMAT_AUTO, false, earlier, none, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct event_time got = time_of(&cases[i]);
        if (got.time != cases[i].expected || got.substituted != cases[i].substituted)
            fail_msg("%s: %lld %d", cases[i].what, (long long)got.time, got.substituted);
    }
}

static void extreme_clocks(void **state)
{
    (void)state;
    const struct schema schema = {
        .time_field = FIELD_NONE, .time_fallback_message = true, .time_skew = TIME_NEVER};
    const struct raw_record record = {.schema = &schema, .message_time = 5};
    assert_int_equal(decoder_event_time(&record, TIME_NEVER).time, 5);
    assert_true(decoder_event_time(&record, TIME_NEVER).substituted);
    assert_int_equal(decoder_event_time(&record, 0).time, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(extreme_clocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
