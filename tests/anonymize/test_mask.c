#include "anonymize/mask.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct {
    const char *text;
    unsigned first, last;
    const char *masked;
} examples[] = {
    {"", 0, 0, "****"},
    {"", 2, 2, "****"},
    {"secret", 0, 0, "****"},
    {"abcdefgh", 2, 2, "ab****gh"},
    {"abcdefg", 2, 2, "****"},
    {"abcdefghijklmnopqrstuvwxyz", 2, 2, "ab****yz"},
    {"abcd", 2, 0, "ab****"},
    {"abc", 2, 0, "****"},
    {"abcd", 0, 2, "****cd"},
    {"abcdefghijklmnop", 9, 9, "abcd****mnop"},
    {"abcdefghijklmno", 9, 9, "****"},
    {"张三李四王五赵六", 1, 1, "张****六"},
    {"张三李四", 1, 1, "张****四"},
    {"张三李", 1, 1, "****"},
    {"😀bcd", 1, 1, "😀****d"},
    {"\xff\xfe", 1, 1, NULL},
    {"ab\xc3", 1, 1, NULL},
};

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        struct buffer out;
        buffer_init(&out, 64);
        bool released = mask_text(slice_from_string(examples[i].text), examples[i].first,
                                  examples[i].last, &out);
        assert_int_equal(released, examples[i].masked != NULL);
        if (released && !slice_equal(buffer_slice(&out), slice_from_string(examples[i].masked)))
            fail_msg("example %zu: got \"%.*s\"", i, SLICE_FORMAT(buffer_slice(&out)));
        buffer_release(&out);
    }
}

static void test_length_does_not_show(void **state)
{
    (void)state;
    static char text[1024];
    memset(text, 'x', sizeof text);
    for (size_t length = 0; length <= sizeof text; length++) {
        struct buffer out;
        buffer_init(&out, 64);
        assert_true(mask_text(slice_of(text, length), 1, 1, &out));
        assert_int_equal(out.length, length < 4 ? 4 : 6);
        buffer_release(&out);
    }
}

static void test_full_buffer(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 7);
    assert_false(mask_text(SLICE("abcdefgh"), 2, 2, &out));
    assert_int_equal(out.length, 0);
    assert_false(mask_text((struct slice){0}, 0, 0, &out)); /* failures stick */
    buffer_release(&out);
    buffer_init(&out, 7);
    assert_true(mask_text((struct slice){0}, 0, 0, &out));
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_length_does_not_show),
        cmocka_unit_test(test_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
