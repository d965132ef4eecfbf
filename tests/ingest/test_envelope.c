#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ingest/envelope.h"

enum { LINE_LIMIT = 4096, DEPTH_LIMIT = 4 };

static enum envelope_kind read_line(struct envelope_reader *reader, struct slice line, char *copy,
                                    struct envelope *out)
{
    if (line.length > 0)
        memcpy(copy, line.data, line.length);
    return envelope_read(reader, slice_of(copy, line.length), out);
}

struct envelope_case {
    const char *line;
    enum envelope_kind kind;
    const char *topic;
    const char *value;
    int64_t time;
};

static const struct envelope_case cases[] = {
    /* Whole envelopes. */
    {"{\"topic\":\"t\",\"partition\":0,\"offset\":17,\"timestamp\":1767323045123,\"key\":null,"
     "\"value\":{\"a\":1}}",
     ENVELOPE_READ, "t", "{\"a\":1}", INT64_C(1767323045123)},
    {"{\"value\":[1,{\"x\":\"}\"}],\"topic\":\"t\"}", ENVELOPE_READ, "t", "[1,{\"x\":\"}\"}]",
     TIME_NONE},
    {" { \"topic\" : \"t\" , \"value\" : {\"a\" : 1} } ", ENVELOPE_READ, "t", "{\"a\" : 1}",
     TIME_NONE},
    {"{\"topic\":\"t\",\"value\":null}", ENVELOPE_READ, "t", "null", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":12}", ENVELOPE_READ, "t", "12", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":12 ,\"key\":\"k\"}", ENVELOPE_READ, "t", "12", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{},\"headers\":{\"a\":[1]},\"key\":{\"b\":1}}", ENVELOPE_READ, "t",
     "{}", TIME_NONE},
    {"{\"t\\u006fpic\":\"\\u0074/\\u00e9\",\"v\\u0061lue\":{}}", ENVELOPE_READ, "t/\xC3\xA9", "{}",
     TIME_NONE},
    {"{\"topic\":\"t\",\"timestamp\":-1,\"value\":{}}", ENVELOPE_READ, "t", "{}", TIME_NONE},
    {"{\"topic\":\"t\",\"timestamp\":null,\"partition\":null,\"offset\":null,\"value\":{}}",
     ENVELOPE_READ, "t", "{}", TIME_NONE},
    /* The message's text in a string. */
    {"{\"topic\":\"t\",\"value\":\"{}\"}", ENVELOPE_READ, "t", "{}", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":\"{\\\"a\\\":1}\\n{}\"}", ENVELOPE_READ, "t", "{\"a\":1}\n{}",
     TIME_NONE},
    {"{\"topic\":\"t\",\"value\":\"not json\"}", ENVELOPE_READ, "t", "not json", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":\"\"}", ENVELOPE_READ, "t", "", TIME_NONE},
    /* The value is for the decoder to check; what is wrong with it stays wrong. */
    {"{\"topic\":\"t\",\"value\":{\"a\":1,\"a\":2}}", ENVELOPE_READ, "t", "{\"a\":1,\"a\":2}",
     TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{\"a\":1]}", ENVELOPE_READ, "t", "{\"a\":1]", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{\"a\":[1}", ENVELOPE_READ, "t", "{\"a\":[1}", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{\"a", ENVELOPE_READ, "t", "{\"a", TIME_NONE},
    /* Plain lines. */
    {"{\"type\":\"a\"}", ENVELOPE_NONE, "", "", TIME_NONE},
    {"{\"topic\":\"t\"}", ENVELOPE_NONE, "", "", TIME_NONE},
    {"{\"value\":{}}", ENVELOPE_NONE, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{},\"user\":1}", ENVELOPE_NONE, "", "", TIME_NONE},
    {"{\"topic\":1,\"value\":{},\"user\":1}", ENVELOPE_NONE, "", "", TIME_NONE},
    {"{}", ENVELOPE_NONE, "", "", TIME_NONE},
    {"[]", ENVELOPE_NONE, "", "", TIME_NONE},
    {"12", ENVELOPE_NONE, "", "", TIME_NONE},
    {"x", ENVELOPE_NONE, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"key\":{\"a\":1,\"a\":2},\"value\":{}}", ENVELOPE_NONE, "", "", TIME_NONE},
    {"{\"topic\":\"t\",", ENVELOPE_NONE, "", "", TIME_NONE},
    /* Envelopes that cannot be read. */
    {"{\"topic\":1,\"value\":{}}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"\",\"value\":{}}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"\\ud800\",\"value\":{}}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":{\"a\":1},\"value\":{}}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"timestamp\":\"1\",\"value\":{}}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"timestamp\":1.5,\"value\":{}}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"timestamp\":99999999999999999999,\"value\":{}}", ENVELOPE_BAD, "", "",
     TIME_NONE},
    {"{\"topic\":\"t\",\"offset\":true,\"value\":{}}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":\"\\ud800\"}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{},\"value\":{}}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{},\"top\\u0069c\":\"u\"}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":12", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{}}}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\"}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{},}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{} \"key\":1}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{},\"key\":\"\xFF\"}", ENVELOPE_BAD, "", "", TIME_NONE},
    {"{\"topic\":\"t\",\"value\":{},\"headers\":[[[[[[1]]]]]]}", ENVELOPE_BAD, "", "", TIME_NONE},
};

static void table(void **state)
{
    (void)state;
    struct envelope_reader reader;
    assert_int_equal(envelope_reader_init(&reader, LINE_LIMIT, DEPTH_LIMIT), RC_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct envelope_case *one = &cases[i];
        struct slice line = slice_from_string(one->line);
        char *copy = malloc(line.length + 1);
        struct envelope got;
        enum envelope_kind kind = read_line(&reader, line, copy, &got);
        if (kind != one->kind)
            fail_msg("%s: kind %d", one->line, (int)kind);
        if (kind == ENVELOPE_READ &&
            (!slice_equal(got.topic, slice_from_string(one->topic)) ||
             !slice_equal(got.value, slice_from_string(one->value)) || got.time != one->time))
            fail_msg("%s: topic %.*s value %.*s time %lld", one->line, SLICE_FORMAT(got.topic),
                     SLICE_FORMAT(got.value), (long long)got.time);
        free(copy);
    }
    envelope_reader_release(&reader);
}

/*
 * No cut of an envelope passes: it is bad, or a plain line that is no JSON, or its value is the
 * line's rest, which is no JSON either.
 */
static void cut_envelopes(void **state)
{
    (void)state;
    struct envelope_reader reader;
    struct json_names names;
    json_names_init(&names, 3, 1000);
    assert_int_equal(envelope_reader_init(&reader, LINE_LIMIT, DEPTH_LIMIT), RC_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice whole = slice_trim(slice_from_string(cases[i].line));
        for (size_t length = 0; cases[i].kind == ENVELOPE_READ && length < whole.length; length++) {
            char *copy = malloc(length + 1);
            struct envelope got;
            enum envelope_kind kind = read_line(&reader, slice_head(whole, length), copy, &got);
            struct slice checked = kind == ENVELOPE_READ ? got.value : slice_of(copy, length);
            if (kind != ENVELOPE_BAD)
                assert_int_not_equal(json_check(checked, 64, &names, NULL), JSON_FAULT_NONE);
            free(copy);
        }
    }
    envelope_reader_release(&reader);
    json_names_release(&names);
}

static void long_topics(void **state)
{
    (void)state;
    struct envelope_reader reader;
    assert_int_equal(envelope_reader_init(&reader, LINE_LIMIT, DEPTH_LIMIT), RC_OK);
    for (size_t length = TOPIC_MOST - 1; length <= TOPIC_MOST + 1; length++) {
        char line[1024];
        char topic[512];
        memset(topic, 't', length);
        topic[length] = '\0';
        snprintf(line, sizeof line, "{\"topic\":\"%s\",\"value\":1}", topic);
        struct envelope got;
        assert_int_equal(envelope_read(&reader, slice_from_string(line), &got),
                         length <= TOPIC_MOST ? ENVELOPE_READ : ENVELOPE_BAD);
    }
    envelope_reader_release(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(cut_envelopes),
        cmocka_unit_test(long_topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
