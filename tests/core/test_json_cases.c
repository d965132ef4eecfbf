/*
 * The labelled texts of json_cases/, each through json_check and json_parse: what is accepted with
 * its tree written again, what is refused with its fault and place. Then one text that uses all of
 * JSON, cut after every byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/json_document.h"

enum { DEPTH = 16, TEXT_LIMIT = 4096 };

struct fixture {
    struct arena arena;
    struct json_names names;
};

static struct fixture fixture;

static int hex_digit(char c)
{
    const char *digits = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Into memory that is exactly as long as the text, so that a read beyond its end is found. */
static struct slice raw_text(struct slice notation)
{
    static char memory[TEXT_LIMIT];
    static char *exact;
    size_t length = 0;
    for (size_t i = 0; i < notation.length; i++) {
        const char *at = notation.data + i;
        bool raw = notation.length - i >= 4 && at[0] == '\\' && at[1] == 'x' &&
                   hex_digit(at[2]) >= 0 && hex_digit(at[3]) >= 0;
        memory[length++] = (char)(raw ? hex_digit(at[2]) << 4 | hex_digit(at[3]) : *at);
        i += raw ? 3 : 0;
    }
    free(exact);
    exact = malloc(length + (length == 0));
    assert_non_null(exact);
    memcpy(exact, memory, length);
    return slice_of(exact, length);
}

static enum json_fault fault_of_name(struct slice name)
{
    for (unsigned i = 1; i < JSON_FAULT_COUNT; i++) {
        if (slice_equal(name, slice_from_string(json_fault_name((enum json_fault)i))))
            return (enum json_fault)i;
    }
    fail_msg("no such fault: %.*s", SLICE_FORMAT(name));
    return JSON_FAULT_NONE;
}

static struct slice read_cases(const char *name)
{
    char *path =
        arena_format(&fixture.arena, "%s/tests/core/json_cases/%s", LETHE_SOURCE_DIR, name);
    struct slice text;
    assert_int_equal(file_read(path, 1 << 20, &fixture.arena, &text), RC_OK);
    return text;
}

/* The next line that is a case. */
static bool next_case(struct slice *rest, struct slice *line)
{
    while (rest->length > 0) {
        *line = slice_cut(rest, '\n');
        if (line->length > 0 && line->data[0] != '#')
            return true;
    }
    return false;
}

static const struct json_value *parse(struct slice text, struct json_error *error)
{
    static struct arena arena;
    arena_release(&arena);
    arena_init(&arena, 1 << 20);
    return json_parse(&arena, text, DEPTH, error);
}

static bool check_accepted(struct slice line)
{
    static const struct slice arrow = {" => ", 4};
    size_t at = slice_find(line, arrow);
    struct slice expected_notation = at < line.length ? slice_tail(line, at + 4) : line;
    struct buffer expected;
    buffer_init(&expected, TEXT_LIMIT);
    buffer_append(&expected, raw_text(expected_notation));

    struct slice text = raw_text(slice_head(line, at));
    size_t offset;
    enum json_fault fault = json_check(text, DEPTH, &fixture.names, &offset);
    struct json_error error;
    const struct json_value *value = parse(text, &error);
    struct buffer written;
    buffer_init(&written, TEXT_LIMIT);
    if (value)
        json_write_value(&written, value, 0);
    bool good = fault == JSON_FAULT_NONE && offset == text.length && value &&
                error.fault == JSON_FAULT_NONE &&
                slice_equal(buffer_slice(&written), buffer_slice(&expected));
    if (!good)
        print_error("accept: %.*s: %s at %zu; written: %.*s\n", SLICE_FORMAT(line),
                    json_fault_name(fault), offset, SLICE_FORMAT(buffer_slice(&written)));
    buffer_release(&expected);
    buffer_release(&written);
    return good;
}

static bool check_refused(struct slice line)
{
    struct slice rest = line;
    enum json_fault expected = fault_of_name(slice_cut(&rest, ' '));
    uint64_t place;
    assert_true(slice_to_u64(slice_cut(&rest, ' '), &place));
    struct slice text = raw_text(rest);
    size_t offset;
    enum json_fault fault = json_check(text, DEPTH, &fixture.names, &offset);
    struct json_error error;
    const struct json_value *value = parse(text, &error);
    bool good = fault == expected && offset == place && !value && error.fault == expected &&
                error.offset == place;
    if (!good)
        print_error("refuse: %.*s: %s at %zu, parsed: %s at %zu\n", SLICE_FORMAT(line),
                    json_fault_name(fault), offset, json_fault_name(error.fault), error.offset);
    return good;
}

static unsigned run_cases(const char *name, bool (*check)(struct slice line))
{
    struct slice rest = read_cases(name);
    struct slice line;
    unsigned count = 0;
    unsigned bad = 0;
    while (next_case(&rest, &line)) {
        count++;
        bad += !check(line);
    }
    print_message("%s: %u texts\n", name, count);
    assert_int_equal(bad, 0);
    return count;
}

static void test_accepted(void **state)
{
    (void)state;
    assert_true(run_cases("accept.txt", check_accepted) >= 150);
}

static void test_refused(void **state)
{
    (void)state;
    assert_true(run_cases("refuse.txt", check_refused) >= 250);
}

static void test_cut_after_every_byte(void **state)
{
    (void)state;
    struct slice rest = read_cases("complete.txt");
    struct slice line;
    assert_true(next_case(&rest, &line));
    struct slice whole = arena_copy(&fixture.arena, raw_text(line));
    assert_int_equal(json_check(whole, DEPTH, &fixture.names, NULL), JSON_FAULT_NONE);
    for (size_t length = 0; length < whole.length; length++) {
        char *exact = malloc(length + (length == 0));
        assert_non_null(exact);
        memcpy(exact, whole.data, length);
        size_t offset;
        enum json_fault fault = json_check(slice_of(exact, length), DEPTH, &fixture.names, &offset);
        struct json_error error;
        assert_null(parse(slice_of(exact, length), &error));
        assert_int_equal(fault, length == 0 ? JSON_FAULT_EMPTY : JSON_FAULT_TRUNCATED);
        assert_int_equal(error.fault, fault);
        assert_int_equal(offset, length);
        free(exact);
    }
    print_message("complete.txt: cut at %zu places\n", whole.length);
}

/* No byte of a valid text can be changed so that the scanner and the tree disagree. */
static void test_every_byte_changed(void **state)
{
    (void)state;
    struct slice rest = read_cases("complete.txt");
    struct slice line;
    assert_true(next_case(&rest, &line));
    struct slice whole = arena_copy(&fixture.arena, raw_text(line));
    char *copy = malloc(whole.length);
    assert_non_null(copy);
    unsigned accepted = 0;
    for (size_t at = 0; at < whole.length; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(copy, whole.data, whole.length);
            copy[at] = (char)byte;
            struct slice text = slice_of(copy, whole.length);
            size_t offset;
            enum json_fault fault = json_check(text, DEPTH, &fixture.names, &offset);
            struct json_error error;
            const struct json_value *value = parse(text, &error);
            assert_int_equal(error.fault, fault);
            assert_int_equal(error.offset, offset);
            assert_int_equal(value != NULL, fault == JSON_FAULT_NONE);
            assert_true(fault == JSON_FAULT_NONE || fault != JSON_FAULT_EMPTY);
            accepted += fault == JSON_FAULT_NONE;
        }
    }
    free(copy);
    print_message("complete.txt: %zu texts with one byte changed, %u of them JSON\n",
                  whole.length * 256, accepted);
    assert_true(accepted >= whole.length);
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&fixture.arena, 1 << 22);
    json_names_init(&fixture.names, 0x1234567890abcdef, 1000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&fixture.arena);
    json_names_release(&fixture.names);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut_after_every_byte),
        cmocka_unit_test(test_every_byte_changed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
