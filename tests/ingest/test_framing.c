#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buffer.h"
#include "ingest/framing.h"

static const struct framing_limits limits = {.record = 24, .depth = 3};

/* All records of a message as `index:reason:text|`. */
static void expect(enum framing framing, struct slice message, const char *expected)
{
    struct json_names names;
    json_names_init(&names, 7, 1000);
    char *copy = malloc(message.length ? message.length : 1);
    if (message.length > 0)
        memcpy(copy, message.data, message.length);
    struct framing_cursor cursor;
    framing_start(&cursor, framing, slice_of(copy, message.length), limits, &names);
    struct buffer got;
    buffer_init(&got, 1 << 16);
    struct slice record;
    enum quarantine_reason reason;
    while (framing_next(&cursor, &record, &reason)) {
        buffer_append_format(&got, "%u:%d:", cursor.index, (int)reason);
        buffer_append(&got, record);
        buffer_append_byte(&got, '|');
    }
    assert_false(framing_next(&cursor, &record, &reason));
    buffer_append_byte(&got, '\0');
    char wanted[512];
    snprintf(wanted, sizeof wanted, "%s", expected);
    if (strcmp(got.data, wanted) != 0)
        fail_msg("got %s, expected %s", got.data, wanted);
    buffer_release(&got);
    free(copy);
    json_names_release(&names);
}

#define EXPECT(framing, message, expected) expect(framing, SLICE(message), expected)

static void names(void **state)
{
    (void)state;
    for (int i = 0; i < FRAMING_COUNT; i++) {
        enum framing framing = FRAMING_COUNT;
        assert_true(framing_from_name(slice_from_string(framing_name((enum framing)i)), &framing));
        assert_int_equal(framing, i);
    }
    enum framing framing = FRAMING_LINES;
    assert_false(framing_from_name(SLICE("records"), &framing));
    assert_false(framing_from_name((struct slice){0}, &framing));
    assert_int_equal(framing, FRAMING_LINES);
}

static void whole_messages(void **state)
{
    (void)state;
    EXPECT(FRAMING_RECORD, "{\"a\":1}", "0:0:{\"a\":1}|");
    EXPECT(FRAMING_RECORD, "not json", "0:0:not json|"); /* the decoder says what is wrong */
    EXPECT(FRAMING_RECORD, "", "0:0:|");
    EXPECT(FRAMING_RECORD, "{\"a\":\"12345678901234567\"}", "0:5:{\"a\":\"12345678901234567\"}|");
    EXPECT(FRAMING_RECORD, "{\"a\":\"1234567890123456\"}", "0:0:{\"a\":\"1234567890123456\"}|");
}

static void lines(void **state)
{
    (void)state;
    EXPECT(FRAMING_LINES, "", "");
    EXPECT(FRAMING_LINES, "\n\r\n \t \n", "");
    EXPECT(FRAMING_LINES, "{}\n[]\nx", "0:0:{}|1:0:[]|2:0:x|");
    EXPECT(FRAMING_LINES, "\r\n {\"a\":1} \r\n\r\n{}\r\n", "0:0:{\"a\":1}|1:0:{}|");
    EXPECT(FRAMING_LINES, "{\"a\":\"12345678901234567\"}\n{}",
           "0:5:{\"a\":\"12345678901234567\"}|1:0:{}|");
}

static void arrays(void **state)
{
    (void)state;
    EXPECT(FRAMING_ARRAY, "[]", "");
    EXPECT(FRAMING_ARRAY, " [ ] ", "");
    EXPECT(FRAMING_ARRAY, "[{}]", "0:0:{}|");
    EXPECT(FRAMING_ARRAY, " [ {\"a\":[1]} ,{\"b\":\"],[\"} , {} ] \n",
           "0:0:{\"a\":[1]}|1:0:{\"b\":\"],[\"}|2:0:{}|");
    /* What is no object costs itself, and so does what is too long. */
    EXPECT(FRAMING_ARRAY, "[1,{},[],\"a\",null]", "0:6:1|1:0:{}|2:6:[]|3:6:\"a\"|4:6:null|");
    EXPECT(FRAMING_ARRAY, "[{\"a\":\"12345678901234567\"},{}]",
           "0:5:{\"a\":\"12345678901234567\"}|1:0:{}|");
    /* As deep as the limit is fine: the array around it does not count. */
    EXPECT(FRAMING_ARRAY, "[{\"a\":[[1]]}]", "0:0:{\"a\":[[1]]}|");
}

static void arrays_are_checked_whole(void **state)
{
    (void)state;
    EXPECT(FRAMING_ARRAY, "", "0:1:|");
    EXPECT(FRAMING_ARRAY, "{\"a\":1}", "0:6:{\"a\":1}|");
    EXPECT(FRAMING_ARRAY, "\"[{}]\"", "0:6:\"[{}]\"|");
    EXPECT(FRAMING_ARRAY, "[{},{]", "0:1:[{},{]|");
    EXPECT(FRAMING_ARRAY, "[{},{}", "0:1:[{},{}|");
    EXPECT(FRAMING_ARRAY, "[{},{},]", "0:1:[{},{},]|");
    EXPECT(FRAMING_ARRAY, "[{}{}]", "0:1:[{}{}]|");
    EXPECT(FRAMING_ARRAY, "[{}] {}", "0:1:[{}] {}|");
    EXPECT(FRAMING_ARRAY, "[{},{\"a\":\"\xFF\"}]", "0:2:[{},{\"a\":\"\xFF\"}]|");
    EXPECT(FRAMING_ARRAY, "[{},{\"a\":1,\"a\":2}]", "0:3:[{},{\"a\":1,\"a\":2}]|");
    EXPECT(FRAMING_ARRAY, "[{},{\"a\":1,\"\\u0061\":2}]", "0:3:[{},{\"a\":1,\"\\u0061\":2}]|");
    EXPECT(FRAMING_ARRAY, "[{\"a\":[[[1]]]}]", "0:4:[{\"a\":[[[1]]]}]|");
    EXPECT(FRAMING_ARRAY, "\xEF\xBB\xBF[]", "0:1:\xEF\xBB\xBF[]|");
}

/* Random arrays come apart into the records that they were made of. */
static void arrays_come_apart(void **state)
{
    (void)state;
    static const char *const records[] = {"{}", "{\"a\":\"\\\\\"}", "{\"a\":[{}]}", "{\"[\":\"}\"}",
                                          "{\"a\":\"\\\"\"}"};
    static const char *const gaps[] = {"", " ", "\n", "\t \r\n"};
    unsigned seed = 1;
    for (int round = 0; round < 2000; round++) {
        struct buffer message;
        struct buffer expected;
        buffer_init(&message, 4096);
        buffer_init(&expected, 4096);
        buffer_append_string(&message, "[");
        unsigned count = (unsigned)rand_r(&seed) % 6;
        for (unsigned i = 0; i < count; i++) {
            const char *record = records[(unsigned)rand_r(&seed) % 5];
            buffer_append_string(&message, i > 0 ? "," : "");
            buffer_append_string(&message, gaps[(unsigned)rand_r(&seed) % 4]);
            buffer_append_string(&message, record);
            buffer_append_string(&message, gaps[(unsigned)rand_r(&seed) % 4]);
            buffer_append_format(&expected, "%u:0:%s|", i, record);
        }
        buffer_append_string(&message, "]");
        buffer_append_byte(&expected, '\0');
        expect(FRAMING_ARRAY, buffer_slice(&message), expected.data);
        buffer_release(&message);
        buffer_release(&expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(whole_messages),
        cmocka_unit_test(lines),
        cmocka_unit_test(arrays),
        cmocka_unit_test(arrays_are_checked_whole),
        cmocka_unit_test(arrays_come_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
