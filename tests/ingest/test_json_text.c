#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ingest/json_text.h"

static void every_fault_has_a_reason(void **state)
{
    (void)state;
    assert_int_equal(json_fault_reason(JSON_FAULT_NONE), QUARANTINE_NONE);
    for (int fault = JSON_FAULT_NONE + 1; fault < JSON_FAULT_COUNT; fault++)
        assert_int_not_equal(json_fault_reason((enum json_fault)fault), QUARANTINE_NONE);
    assert_int_equal(json_fault_reason(JSON_FAULT_UTF8), QUARANTINE_UTF8);
    assert_int_equal(json_fault_reason(JSON_FAULT_DUPLICATE_NAME), QUARANTINE_DUPLICATE);
    assert_int_equal(json_fault_reason(JSON_FAULT_DEPTH), QUARANTINE_DEPTH);
    assert_int_equal(json_fault_reason(JSON_FAULT_SIZE), QUARANTINE_SIZE);
    assert_int_equal(json_fault_reason(JSON_FAULT_NO_MEMORY), QUARANTINE_SIZE);
    assert_int_equal(json_fault_reason(JSON_FAULT_TRAILING), QUARANTINE_MALFORMED);
}

/* Copies to memory of exactly that size, so that a sanitizer sees a byte read beyond it. */
static size_t span_of(const char *text)
{
    size_t length = strlen(text);
    char *copy = malloc(length ? length : 1);
    memcpy(copy, text, length);
    size_t span = json_value_span(slice_of(copy, length));
    free(copy);
    return span;
}

static void spans(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t span;
    } cases[] = {
        {"{}", 2},
        {"{},1", 2},
        {"[1,2] ", 5},
        {"12,3", 2},
        {"12]", 2},
        {"true}", 4},
        {"null", 4},
        {"\"a\",", 3},
        {"\"a\\\"b\",", 6},
        {"\"a\\\\\",\"", 5},
        {"\"\\\\\\\"\"]", 6},
        {"{\"a\":\"}\"}]", 9},
        {"{\"a\":[{\"b\":\"]\\\"\"}],\"c\":{}},", 26},
        {"", 0},
        {"{", 0},
        {"[1", 0},
        {"{\"a", 0},
        {"\"", 0},
        {"\"\\", 0},
        {"\"\\\"", 0},
        {"}", 0},
        {"]", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (span_of(cases[i].text) != cases[i].span)
            fail_msg("%s: %zu", cases[i].text, span_of(cases[i].text));
    }
    assert_int_equal(json_value_span((struct slice){0}), 0);
}

/* Quotes and backslashes without end must not be looked at again and again. */
static void spans_in_linear_time(void **state)
{
    (void)state;
    size_t length = 8 << 20;
    char *text = malloc(length);
    memset(text, '\\', length);
    text[0] = '"';
    assert_int_equal(json_value_span(slice_of(text, length)), 0);
    for (size_t i = 1; i + 1 < length; i += 2)
        text[i + 1] = '"';
    assert_int_equal(json_value_span(slice_of(text, length)), 0);
    memset(text, '[', length);
    assert_int_equal(json_value_span(slice_of(text, length)), 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_a_reason),
        cmocka_unit_test(spans),
        cmocka_unit_test(spans_in_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
