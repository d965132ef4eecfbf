/* Buffers: growth, the limit that is never passed, errors that stick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buffer.h"

/* AddressSanitizer ends the program where malloc would say NULL, unless it is told not to. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void assert_buffer(const struct buffer *buffer, struct slice expected)
{
    assert_true(slice_equal(buffer_slice(buffer), expected));
}

static void test_appending(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    buffer_append(&buffer, SLICE("a\0b"));
    buffer_append(&buffer, (struct slice){0});
    buffer_append_byte(&buffer, '|');
    buffer_append_string(&buffer, "text");
    buffer_append_string(&buffer, NULL);
    buffer_append_byte(&buffer, '|');
    buffer_append_u64(&buffer, 0);
    buffer_append_byte(&buffer, '|');
    buffer_append_u64(&buffer, UINT64_MAX);
    buffer_append_byte(&buffer, '|');
    buffer_append_i64(&buffer, INT64_MIN);
    buffer_append_byte(&buffer, '|');
    buffer_append_i64(&buffer, 12);
    buffer_append_byte(&buffer, '|');
    buffer_append_format(&buffer, "|%s%d|", "x", 7);
    buffer_append_format(&buffer, "%s", "");
    assert_buffer(&buffer, SLICE("a\0b|text|0|18446744073709551615|-9223372036854775808|12||x7|"));
    assert_int_equal(buffer_status(&buffer), RC_OK);
    buffer_release(&buffer);
    assert_null(buffer.data);
}

static void test_growth_keeps_what_was_there(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    for (unsigned i = 0; i < 100000; i++)
        buffer_append_byte(&buffer, (char)(i * 7));
    assert_int_equal(buffer_status(&buffer), RC_OK);
    assert_int_equal(buffer.length, 100000);
    assert_true(buffer.capacity <= buffer.limit);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal(buffer.data[i], (char)(i * 7));
    buffer_append_byte(&buffer, 'x');
    assert_int_equal(buffer_status(&buffer), RC_LIMIT);
    assert_int_equal(buffer.length, 100000);
    buffer_release(&buffer);
}

static void test_errors_stick(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10);
    buffer_append_string(&buffer, "12345678");
    buffer_append_string(&buffer, "123"); /* does not fit: nothing of it is written */
    buffer_append_byte(&buffer, 'x');     /* would fit */
    buffer_append_u64(&buffer, 1);
    buffer_append_format(&buffer, "%d", 1);
    assert_null(buffer_reserve(&buffer, 0));
    assert_buffer(&buffer, SLICE("12345678"));
    assert_int_equal(buffer_status(&buffer), RC_LIMIT);
    buffer_truncate(&buffer, 2);
    assert_true(buffer.failed);
    buffer_reset(&buffer);
    assert_int_equal(buffer_status(&buffer), RC_OK);
    buffer_append_format(&buffer, "%s", "1234567890"); /* fits to the byte */
    assert_int_equal(buffer_status(&buffer), RC_OK);
    assert_buffer(&buffer, SLICE("1234567890"));
    buffer_release(&buffer);
}

/* Far below the limit and yet the limit is the reason. */
static void test_why_it_failed(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    buffer_append_byte(&buffer, 'x');
    assert_null(buffer_reserve(&buffer, 1000));
    assert_int_equal(buffer_status(&buffer), RC_LIMIT);
    buffer_release(&buffer);
    buffer_init(&buffer, SIZE_MAX);
    buffer_append_byte(&buffer, 'x');
    assert_null(buffer_reserve(&buffer, SIZE_MAX - 1)); /* no machine has that */
    assert_int_equal(buffer_status(&buffer), RC_NO_MEMORY);
    assert_buffer(&buffer, SLICE("x"));
    buffer_reset(&buffer);
    assert_null(buffer_reserve(&buffer, SIZE_MAX / 2 + 2));
    assert_int_equal(buffer_status(&buffer), RC_NO_MEMORY);
    buffer_release(&buffer);
    struct buffer zeroed = {0};
    buffer_append_byte(&zeroed, 'x');
    assert_int_equal(buffer_status(&zeroed), RC_LIMIT);
    buffer_release(&zeroed);
}

static void test_reserve(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 64);
    char *to = buffer_reserve(&buffer, 64);
    assert_non_null(to);
    memset(to, 'y', 64);
    buffer.length += 30;
    assert_int_equal(buffer.length, 30);
    assert_ptr_equal(buffer_reserve(&buffer, 34), buffer.data + 30);
    assert_null(buffer_reserve(&buffer, 35));
    buffer_release(&buffer);
}

/* Borrowed memory may be larger than the limit, which may move: a writer keeps room for its end. */
static void test_limit_below_capacity(void **state)
{
    (void)state;
    char memory[16];
    struct buffer buffer = {.data = memory, .capacity = sizeof memory, .limit = 10};
    buffer_append(&buffer, SLICE("12345678"));
    assert_null(buffer_reserve(&buffer, 3));
    assert_int_equal(buffer_status(&buffer), RC_LIMIT);
    buffer.failed = false;
    buffer_append(&buffer, SLICE("9a"));
    assert_int_equal(buffer_status(&buffer), RC_OK);
    buffer_append_byte(&buffer, 'b');
    assert_int_equal(buffer_status(&buffer), RC_LIMIT);
    assert_buffer(&buffer, SLICE("123456789a"));
    buffer.failed = false;
    buffer.limit = sizeof memory;
    buffer_append(&buffer, SLICE("bcdefg"));
    assert_int_equal(buffer_status(&buffer), RC_OK);
    buffer_append_byte(&buffer, 'h');
    assert_int_equal(buffer_status(&buffer), RC_LIMIT);
    assert_buffer(&buffer, SLICE("123456789abcdefg"));
    assert_ptr_equal(buffer.data, memory);
}

static void test_truncate(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 64);
    buffer_append_string(&buffer, "keep secret");
    buffer_truncate(&buffer, 100);
    assert_int_equal(buffer.length, 11);
    buffer_truncate(&buffer, 5);
    assert_buffer(&buffer, SLICE("keep "));
    assert_memory_equal(buffer.data + 5, "\0\0\0\0\0\0", 6);
    buffer_release(&buffer);
}

static void test_long_format(void **state)
{
    (void)state;
    char text[301];
    memset(text, 'x', 300);
    text[300] = '\0';
    for (int length = 250; length <= 300; length++) {
        struct buffer buffer;
        buffer_init(&buffer, 301);
        buffer_append_format(&buffer, "%.*s", length, text);
        assert_int_equal(buffer.length, length);
        assert_memory_equal(buffer.data, text, (size_t)length);
        assert_int_equal(buffer_status(&buffer), RC_OK);
        buffer_release(&buffer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appending),    cmocka_unit_test(test_growth_keeps_what_was_there),
        cmocka_unit_test(test_errors_stick), cmocka_unit_test(test_why_it_failed),
        cmocka_unit_test(test_reserve),      cmocka_unit_test(test_truncate),
        cmocka_unit_test(test_long_format),  cmocka_unit_test(test_limit_below_capacity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
