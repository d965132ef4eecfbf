/* The scanner's calls one by one, its set of names, and decoding and writing of strings. Whole
 * texts are in test_json_cases.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/json_block.h"
#include "core/json_scan.h"

static struct json_names names;

/* In the place of the library's, so that the set of names can run out of memory. */
static bool memory_is_out;

void *reallocarray(void *memory, size_t count, size_t size)
{
    return memory_is_out ? NULL : realloc(memory, count * size);
}

static struct json_scanner scan(struct slice text)
{
    struct json_scanner scanner;
    json_scanner_init(&scanner, text, 8, &names);
    return scanner;
}

static struct json_string scan_one_string(struct slice text)
{
    struct json_scanner scanner = scan(text);
    struct json_string string;
    assert_true(json_scan_string(&scanner, &string));
    assert_true(json_finish(&scanner));
    return string;
}

static void assert_slice(struct slice actual, struct slice expected)
{
    assert_int_equal(actual.length, expected.length);
    assert_true(slice_equal(actual, expected));
}

static const char *plain_run_by_definition(const char *at, const char *end)
{
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20 &&
           (unsigned char)*at < 0x80)
        at++;
    return at;
}

static void check_block(const char *at, const char *end)
{
    const char *expected = plain_run_by_definition(at, end);
    assert_ptr_equal(json_plain_run_portable(at, end), expected);
#ifdef __SSE2__
    assert_ptr_equal(json_plain_run_sse2(at, end), expected);
#endif
    assert_ptr_equal(json_plain_run(at, end), expected);
}

/* Every byte value at every position of blocks of every length up to 40, in memory of that length.
 */
static void test_blocks(void **state)
{
    (void)state;
    for (size_t length = 0; length <= 40; length++) {
        char *text = malloc(length + (length == 0));
        assert_non_null(text);
        memset(text, 'a', length);
        check_block(text, text + length);
        for (size_t at = 0; at < length; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                text[at] = (char)byte;
                check_block(text, text + length);
            }
            text[at] = 'a';
        }
        free(text);
    }
}

static void test_blocks_of_random_bytes(void **state)
{
    (void)state;
    /* Neighbours of the special bytes are the hard cases of arithmetic on whole words. */
    static const unsigned char likely[] = {0x00, 0x01, 0x1F, 0x20, 0x21, '"',  '#', '[',
                                           '\\', ']',  0x7E, 0x7F, 0x80, 0x81, 0xFF};
    uint64_t random = 88172645463325252u;
    char text[64];
    for (int round = 0; round < 200000; round++) {
        size_t length = (size_t)(random >> 33) % (sizeof text + 1);
        for (size_t i = 0; i < length; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            text[i] = (random & 0x700) ? (char)(0x23 + random % 0x30)
                                       : (char)likely[(random >> 16) % sizeof likely];
        }
        check_block(text, text + length);
    }
}

static void test_peek(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum json_type type;
    } cases[] = {
        {" {}", JSON_OBJECT}, {"[", JSON_ARRAY},  {"\t\"", JSON_STRING}, {"-", JSON_NUMBER},
        {"0", JSON_NUMBER},   {"9", JSON_NUMBER}, {"true", JSON_TRUE},   {"f", JSON_FALSE},
        {"\r\nn", JSON_NULL}, {"", JSON_ABSENT},  {"  ", JSON_ABSENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_scanner scanner = scan(slice_from_string(cases[i].text));
        assert_int_equal(json_peek(&scanner), cases[i].type);
        assert_int_equal(json_peek(&scanner), cases[i].type);
        assert_int_equal(scanner.fault, JSON_FAULT_NONE);
    }
    struct json_scanner scanner = scan(SLICE(" ]"));
    assert_int_equal(json_peek(&scanner), JSON_ABSENT);
    assert_int_equal(scanner.fault, JSON_FAULT_SYNTAX);
}

/* The usage that the header shows. */
static void test_walk(void **state)
{
    (void)state;
    struct json_scanner scanner =
        scan(SLICE(" { \"a\" : [ 1 , \"x\\n\" ] , \"\\u0062\" : null } "));
    struct json_container object;
    struct json_container array;
    struct json_string string;
    struct slice number;
    assert_int_equal(json_peek(&scanner), JSON_OBJECT);
    assert_true(json_enter(&scanner, JSON_OBJECT, &object));
    assert_true(json_next_member(&scanner, &object, &string));
    assert_slice(string.raw, SLICE("a"));
    assert_false(string.escaped);
    assert_int_equal(json_peek(&scanner), JSON_ARRAY);
    assert_true(json_enter(&scanner, JSON_ARRAY, &array));
    assert_int_equal(scanner.depth, 2);
    assert_true(json_next_element(&scanner, &array));
    assert_int_equal(json_peek(&scanner), JSON_NUMBER);
    assert_true(json_scan_number(&scanner, &number));
    assert_slice(number, SLICE("1"));
    assert_true(json_next_element(&scanner, &array));
    assert_int_equal(json_peek(&scanner), JSON_STRING);
    assert_true(json_scan_string(&scanner, &string));
    assert_slice(string.raw, SLICE("x\\n"));
    assert_true(string.escaped);
    assert_false(json_next_element(&scanner, &array));
    assert_true(json_next_member(&scanner, &object, &string));
    assert_slice(string.raw, SLICE("\\u0062"));
    assert_true(json_string_equals(string, SLICE("b")));
    assert_int_equal(json_peek(&scanner), JSON_NULL);
    assert_true(json_scan_literal(&scanner, JSON_NULL));
    assert_false(json_next_member(&scanner, &object, &string));
    assert_int_equal(scanner.fault, JSON_FAULT_NONE);
    assert_int_equal(scanner.depth, 0);
    assert_true(json_finish(&scanner));
}

/* A caller that forgets to read a value does not go on in silence. */
static void test_value_not_read(void **state)
{
    (void)state;
    struct json_scanner scanner = scan(SLICE("{\"a\":1,\"b\":2}"));
    struct json_container object;
    struct json_string name;
    assert_true(json_enter(&scanner, JSON_OBJECT, &object));
    assert_true(json_next_member(&scanner, &object, &name));
    assert_false(json_next_member(&scanner, &object, &name));
    assert_int_equal(scanner.fault, JSON_FAULT_SYNTAX);

    scanner = scan(SLICE("[1"));
    assert_true(json_enter(&scanner, JSON_ARRAY, &object));
    assert_false(json_finish(&scanner));
    assert_int_equal(scanner.fault, JSON_FAULT_TRUNCATED);
}

static void test_first_fault_stays(void **state)
{
    (void)state;
    struct json_scanner scanner = scan(SLICE("[x,\"a\"]"));
    struct json_container container;
    struct json_string string;
    struct slice number;
    assert_false(json_skip(&scanner));
    assert_int_equal(scanner.fault, JSON_FAULT_SYNTAX);
    const char *at = scanner.at;
    assert_int_equal(json_peek(&scanner), JSON_ABSENT);
    assert_false(json_skip(&scanner));
    assert_false(json_scan_string(&scanner, &string));
    assert_false(json_scan_number(&scanner, &number));
    assert_false(json_scan_literal(&scanner, JSON_TRUE));
    assert_false(json_enter(&scanner, JSON_ARRAY, &container));
    assert_false(json_next_member(&scanner, &container, &string));
    assert_false(json_next_element(&scanner, &container));
    assert_false(json_finish(&scanner));
    assert_int_equal(scanner.fault, JSON_FAULT_SYNTAX);
    assert_ptr_equal(scanner.at, at);
}

static void test_wrong_call_for_the_value(void **state)
{
    (void)state;
    struct json_container container;
    struct json_string string;
    struct slice number;
    struct json_scanner scanner = scan(SLICE("1"));
    assert_false(json_scan_string(&scanner, &string));
    assert_int_equal(scanner.fault, JSON_FAULT_SYNTAX);
    scanner = scan(SLICE("\"1\""));
    assert_false(json_scan_number(&scanner, &number));
    assert_int_equal(scanner.fault, JSON_FAULT_NUMBER);
    scanner = scan(SLICE("true"));
    assert_false(json_scan_literal(&scanner, JSON_FALSE));
    assert_int_equal(scanner.fault, JSON_FAULT_SYNTAX);
    scanner = scan(SLICE("true"));
    assert_false(json_scan_literal(&scanner, JSON_STRING));
    assert_int_equal(scanner.fault, JSON_FAULT_SYNTAX);
    scanner = scan(SLICE("[]"));
    assert_false(json_enter(&scanner, JSON_OBJECT, &container));
    assert_int_equal(scanner.fault, JSON_FAULT_SYNTAX);
    scanner = scan(SLICE("1"));
    assert_false(json_enter(&scanner, JSON_NUMBER, &container));
    assert_int_equal(scanner.fault, JSON_FAULT_SYNTAX);
    struct slice nothing = {0};
    scanner = scan(nothing);
    assert_false(json_scan_string(&scanner, &string));
    assert_int_equal(scanner.fault, JSON_FAULT_EMPTY);
    scanner = scan(nothing);
    assert_false(json_scan_number(&scanner, &number));
    assert_int_equal(scanner.fault, JSON_FAULT_EMPTY);
    scanner = scan(nothing);
    assert_false(json_scan_literal(&scanner, JSON_TRUE));
    assert_int_equal(scanner.fault, JSON_FAULT_EMPTY);
    scanner = scan(nothing);
    assert_false(json_enter(&scanner, JSON_ARRAY, &container));
    assert_int_equal(scanner.fault, JSON_FAULT_EMPTY);
}

static void test_names_in_steps(void **state)
{
    (void)state;
    struct json_scanner scanner = scan(SLICE("{\"a\":1,\"b\":2,\"b\":3}"));
    struct json_container object;
    struct json_string name;
    assert_true(json_enter(&scanner, JSON_OBJECT, &object));
    assert_true(json_next_name(&scanner, &object, &name));
    assert_true(json_read_colon(&scanner) && json_skip(&scanner));
    assert_true(json_next_name(&scanner, &object, &name));
    assert_true(json_note_name(&scanner, &object, &name));
    assert_true(json_read_colon(&scanner) && json_skip(&scanner));
    assert_true(json_next_name(&scanner, &object, &name));
    assert_false(json_note_name(&scanner, &object, &name));
    assert_int_equal(scanner.fault, JSON_FAULT_DUPLICATE_NAME);
    assert_int_equal(scanner.at - scanner.begin, 13);
    assert_false(json_note_name(&scanner, &object, &name));
    assert_false(json_read_colon(&scanner));
    assert_false(json_next_name(&scanner, &object, &name));
}

static void test_fault_texts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < JSON_FAULT_COUNT; i++) {
        assert_true(strlen(json_fault_name((enum json_fault)i)) > 0);
        assert_true(strlen(json_fault_sentence((enum json_fault)i)) > 0);
    }
    assert_string_equal(json_fault_name(JSON_FAULT_COUNT), "unknown");
    assert_string_equal(json_fault_sentence(JSON_FAULT_COUNT), "unknown fault");
}

/* An object of `count` members n0, n1, ...; with `again` >= 0 that member's name comes once more.
 */
static struct slice object_of(struct buffer *buffer, unsigned count, int again)
{
    buffer_reset(buffer);
    buffer_append_byte(buffer, '{');
    for (unsigned i = 0; i < count; i++)
        buffer_append_format(buffer, "%s\"n%u\":%u", i ? "," : "", i, i);
    if (again >= 0)
        buffer_append_format(buffer, ",\"\\u006e%d\":0", again);
    buffer_append_byte(buffer, '}');
    assert_false(buffer->failed);
    return buffer_slice(buffer);
}

static void test_many_names(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 22);
    struct json_names many;
    json_names_init(&many, 7, 1 << 20);
    for (unsigned count = 1; count <= 20000; count = count * 3 / 2 + 1) {
        assert_int_equal(json_check(object_of(&buffer, count, -1), 8, &many, NULL),
                         JSON_FAULT_NONE);
        int again[] = {0, (int)count / 2, (int)count - 1};
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(json_check(object_of(&buffer, count, again[i]), 8, &many, NULL),
                             JSON_FAULT_DUPLICATE_NAME);
    }
    /* After a text with many names a small one is back in the smallest table. */
    assert_int_equal(json_check(SLICE("{\"a\":1}"), 8, &many, NULL), JSON_FAULT_NONE);
    assert_int_equal(many.slot_count, 256);
    assert_int_equal(many.used, 1);
    json_names_release(&many);
    buffer_release(&buffer);
}

/* The same names in a great many objects: all in one table, none of them a duplicate. */
static void test_many_objects(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 22);
    buffer_append_byte(&buffer, '[');
    for (int i = 0; i < 20000; i++)
        buffer_append_string(&buffer,
                             i ? ",{\"a\":1,\"b\":{\"a\":1}}" : "{\"a\":1,\"b\":{\"a\":1}}");
    buffer_append_byte(&buffer, ']');
    struct json_names many;
    json_names_init(&many, 7, 1 << 20);
    assert_int_equal(json_check(buffer_slice(&buffer), 8, &many, NULL), JSON_FAULT_NONE);
    assert_int_equal(many.used, 60000);
    json_names_release(&many);
    buffer_release(&buffer);
}

static void test_limit_of_names(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    for (unsigned limit = 0; limit < 700; limit += 99) {
        struct json_names few;
        json_names_init(&few, 7, limit);
        assert_int_equal(json_check(object_of(&buffer, limit, -1), 8, &few, NULL), JSON_FAULT_NONE);
        assert_int_equal(json_check(object_of(&buffer, limit + 1, -1), 8, &few, NULL),
                         JSON_FAULT_SIZE);
        assert_true(few.allocated <= 256 + 8 * limit);
        json_names_release(&few);
    }
    buffer_release(&buffer);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 20);
    struct json_names poor;
    json_names_init(&poor, 7, 10000);
    memory_is_out = true;
    size_t offset;
    assert_int_equal(json_check(SLICE("[{},{\"a\":1}]"), 8, &poor, &offset), JSON_FAULT_NO_MEMORY);
    assert_int_equal(offset, 5);
    memory_is_out = false;
    assert_int_equal(json_check(SLICE("{\"a\":1}"), 8, &poor, NULL), JSON_FAULT_NONE);
    memory_is_out = true;
    assert_int_equal(json_check(object_of(&buffer, 192, -1), 8, &poor, NULL), JSON_FAULT_NONE);
    assert_int_equal(json_check(object_of(&buffer, 193, -1), 8, &poor, NULL), JSON_FAULT_NO_MEMORY);
    assert_int_equal(json_check(object_of(&buffer, 100, 50), 8, &poor, NULL),
                     JSON_FAULT_DUPLICATE_NAME);
    memory_is_out = false;
    assert_int_equal(json_check(object_of(&buffer, 193, -1), 8, &poor, NULL), JSON_FAULT_NONE);
    json_names_release(&poor);
    buffer_release(&buffer);
}

/* Numbers of objects start again when they run out, and nothing of before is taken for new. */
static void test_numbers_run_out(void **state)
{
    (void)state;
    struct json_names old;
    json_names_init(&old, 7, 1000);
    struct slice text = SLICE("{\"a\":{\"a\":{\"a\":1}},\"b\":1}");
    assert_int_equal(json_check(text, 8, &old, NULL), JSON_FAULT_NONE);
    assert_int_equal(old.object, 3);
    old.object = UINT32_MAX - (uint32_t)text.length - 2;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(json_check(text, 8, &old, NULL), JSON_FAULT_NONE);
        assert_int_equal(json_check(SLICE("{\"a\":1,\"a\":1}"), 8, &old, NULL),
                         JSON_FAULT_DUPLICATE_NAME);
    }
    assert_true(old.object < 100);
    json_names_release(&old);
}

/* Names longer than the piece in which escaped ones are hashed, and than XXH3's own long form. */
static void test_long_escaped_names(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 16);
    for (unsigned length = 230; length < 800; length += 3) {
        for (unsigned escaped = 0; escaped < 2; escaped++) {
            buffer_reset(&buffer);
            for (unsigned copy = 0; copy < 2; copy++) {
                buffer_append_string(&buffer, copy ? "\":1,\"" : "{\"");
                for (unsigned i = 0; i < length; i++) {
                    bool spell = copy == escaped && i % 5 == 0;
                    buffer_append_string(&buffer, spell ? "\\u4f60" : i % 5 == 0 ? "你" : "x");
                }
            }
            buffer_append_string(&buffer, "\":1}");
            assert_int_equal(json_check(buffer_slice(&buffer), 8, &names, NULL),
                             JSON_FAULT_DUPLICATE_NAME);
        }
    }
    buffer_release(&buffer);
}

static void test_depth_has_an_end(void **state)
{
    (void)state;
    size_t depth = JSON_DEPTH_MOST + 1;
    char *text = malloc(depth * 2);
    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    size_t offset;
    assert_int_equal(json_check(slice_of(text, depth * 2), UINT32_MAX, &names, &offset),
                     JSON_FAULT_DEPTH);
    assert_int_equal(offset, JSON_DEPTH_MOST);
    assert_int_equal(json_check(slice_of(text + 1, depth * 2 - 2), UINT32_MAX, &names, NULL),
                     JSON_FAULT_NONE);
    free(text);
    assert_int_equal(json_check(SLICE("[]"), 0, &names, NULL), JSON_FAULT_DEPTH);
    assert_int_equal(json_check(SLICE("1"), 0, &names, NULL), JSON_FAULT_NONE);
}

static void test_text_too_long(void **state)
{
    (void)state;
    struct json_scanner scanner = scan(slice_of("[]", UINT32_MAX));
    assert_int_equal(scanner.fault, JSON_FAULT_SIZE);
    assert_false(json_skip(&scanner));
}

static void test_decode(void **state)
{
    (void)state;
    static const struct {
        struct slice json;
        struct slice text;
        bool whole;
    } cases[] = {
        {{"\"\"", 2}, {"", 0}, true},
        {{"\"abc\"", 5}, {"abc", 3}, true},
        {{"\"\\u0000\"", 8}, {"\0", 1}, true},
        {{"\"a\\u0000b\"", 10}, {"a\0b", 3}, true},
        {{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", 18}, {"\"\\/\b\f\n\r\t", 8}, true},
        {{"\"\\ud83d\\ude00\"", 14}, {"😀", 4}, true},
        {{"\"x\\ud83dy\"", 10}, {"xy", 2}, false},
        {{"\"\\ude00\"", 8}, {"", 0}, false},
        {{"\"\\ud83d\\ud83d\\ude00\"", 20}, {"😀", 4}, false},
        {{"\"\\\\ud83d\"", 9}, {"\\ud83d", 6}, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_string string = scan_one_string(cases[i].json);
        assert_int_equal(string.lone_surrogate, !cases[i].whole);
        /* Exactly as much memory as is promised to be enough. */
        char *memory = malloc(string.raw.length + (string.raw.length == 0));
        assert_non_null(memory);
        bool whole;
        assert_slice(json_decode_into(string.raw, memory, &whole), cases[i].text);
        assert_int_equal(whole, cases[i].whole);
        assert_slice(json_decode_into(string.raw, memory, NULL), cases[i].text);
        free(memory);
        struct buffer buffer;
        buffer_init(&buffer, 100);
        buffer_append_byte(&buffer, '<');
        assert_int_equal(json_decode_string(string.raw, &buffer), cases[i].whole);
        assert_slice(slice_tail(buffer_slice(&buffer), 1), cases[i].text);
        buffer_release(&buffer);
        assert_int_equal(json_string_equals(string, cases[i].text), cases[i].whole);
    }
}

static void test_decode_into_a_full_buffer(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 3);
    assert_true(json_decode_string(SLICE("abc"), &buffer));
    assert_true(json_decode_string(SLICE(""), &buffer));
    assert_false(json_decode_string(SLICE("d"), &buffer));
    assert_true(buffer.failed);
    assert_false(json_decode_string(SLICE(""), &buffer));
    assert_slice(buffer_slice(&buffer), SLICE("abc"));
    buffer_release(&buffer);
}

static void test_equals(void **state)
{
    (void)state;
    struct json_string plain = scan_one_string(SLICE("\"abc\""));
    assert_true(json_string_equals(plain, SLICE("abc")));
    assert_false(json_string_equals(plain, SLICE("ab")));
    assert_false(json_string_equals(plain, SLICE("abcd")));
    struct json_string escaped = scan_one_string(SLICE("\"\\u0061b\\u0063\""));
    assert_true(json_string_equals(escaped, SLICE("abc")));
    assert_false(json_string_equals(escaped, SLICE("ab")));
    assert_false(json_string_equals(escaped, SLICE("abcd")));
    assert_false(json_string_equals(escaped, SLICE("abd")));
    assert_false(json_string_equals(escaped, SLICE("")));
    assert_false(json_string_equals(escaped, escaped.raw));
    struct json_string half = scan_one_string(SLICE("\"a\\ud800\""));
    assert_false(json_string_equals(half, SLICE("a")));
}

static void test_write(void **state)
{
    (void)state;
    static const struct {
        struct slice text;
        const char *json;
    } cases[] = {
        {{NULL, 0}, "\"\""},
        {{"abc", 3}, "\"abc\""},
        {{"a\"b\\c/", 6}, "\"a\\\"b\\\\c/\""},
        {{"\b\f\n\r\t", 5}, "\"\\b\\f\\n\\r\\t\""},
        {{"\0\x01\x1f\x7f", 4}, "\"\\u0000\\u0001\\u001f\x7f\""},
        {{"caf\xC3\xA9 \xE4\xBD\xA0\n", 10}, "\"caf\xC3\xA9 \xE4\xBD\xA0\\n\""},
        {{"0123456789abcdef0123456789abcdef\"", 33}, "\"0123456789abcdef0123456789abcdef\\\"\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer buffer;
        buffer_init(&buffer, 200);
        json_write_string(&buffer, cases[i].text);
        assert_slice(buffer_slice(&buffer), slice_from_string(cases[i].json));
        buffer_release(&buffer);
    }
}

/* Every code point, written as itself and as an escape, is read back as itself. */
static void test_every_code_point(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 200);
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        if (code_point >= 0xD800 && code_point <= 0xDFFF)
            continue;
        char text[4];
        struct slice expected = slice_of(text, utf8_encode(code_point, text));
        buffer_reset(&buffer);
        json_write_string(&buffer, expected);
        struct json_string written = scan_one_string(buffer_slice(&buffer));
        assert_true(json_string_equals(written, expected));
        char escape[16];
        struct buffer escaped = {.data = escape, .capacity = sizeof escape, .limit = sizeof escape};
        uint32_t above = code_point - 0x10000;
        if (code_point < 0x10000)
            buffer_append_format(&escaped, "\"\\u%04x\"", code_point);
        else
            buffer_append_format(&escaped, "\"\\u%04x\\u%04X\"", 0xD800 + (above >> 10),
                                 0xDC00 + (above & 0x3FF));
        struct json_string spelt = scan_one_string(buffer_slice(&escaped));
        assert_true(json_string_equals(spelt, expected));
        char memory[16];
        assert_true(slice_equal(json_decode_into(spelt.raw, memory, NULL), expected));
    }
    buffer_release(&buffer);
}

static int set_up(void **state)
{
    (void)state;
    json_names_init(&names, 0x9876543210fedcba, 10000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    json_names_release(&names);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_blocks_of_random_bytes),
        cmocka_unit_test(test_peek),
        cmocka_unit_test(test_walk),
        cmocka_unit_test(test_value_not_read),
        cmocka_unit_test(test_first_fault_stays),
        cmocka_unit_test(test_wrong_call_for_the_value),
        cmocka_unit_test(test_names_in_steps),
        cmocka_unit_test(test_fault_texts),
        cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_many_objects),
        cmocka_unit_test(test_limit_of_names),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_numbers_run_out),
        cmocka_unit_test(test_long_escaped_names),
        cmocka_unit_test(test_depth_has_an_end),
        cmocka_unit_test(test_text_too_long),
        cmocka_unit_test(test_decode),
        cmocka_unit_test(test_decode_into_a_full_buffer),
        cmocka_unit_test(test_equals),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_every_code_point),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
