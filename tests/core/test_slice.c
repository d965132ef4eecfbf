/* Slices, and the numbers read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/slice.h"

static void assert_slice(struct slice actual, const char *expected)
{
    assert_int_equal(actual.length, strlen(expected));
    assert_true(slice_equal(actual, slice_from_string(expected)));
}

static const struct slice none = {0};

static void test_equal_and_compare(void **state)
{
    (void)state;
    assert_true(slice_equal(none, SLICE("")));
    assert_true(slice_equal(SLICE("a\0b"), SLICE("a\0b")));
    assert_false(slice_equal(SLICE("a\0b"), SLICE("a\0c")));
    assert_false(slice_equal(SLICE("a"), SLICE("ab")));
    static const char *const ordered[] = {"",   "A",  "AB",   "B",    "a",
                                          "a ", "aa", "\x7F", "\x80", "\xFF"};
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < 10; j++) {
            int order = slice_compare(slice_from_string(ordered[i]), slice_from_string(ordered[j]));
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
    assert_int_equal(slice_compare(none, none), 0);
    assert_true(slice_equal_ignoring_case(SLICE("aZ09"), SLICE("Az09")));
    assert_true(slice_equal_ignoring_case(none, SLICE("")));
    assert_false(slice_equal_ignoring_case(SLICE("a"), SLICE("ab")));
    assert_false(slice_equal_ignoring_case(SLICE("["), SLICE("{")));
    assert_false(slice_equal_ignoring_case(SLICE("@"), SLICE("`")));
    assert_false(slice_equal_ignoring_case(SLICE("\xC3\xA9"), SLICE("\xC3\x89")));
}

static void test_ends(void **state)
{
    (void)state;
    assert_true(slice_starts_with(SLICE("abc"), SLICE("ab")));
    assert_true(slice_starts_with(SLICE("abc"), SLICE("abc")));
    assert_true(slice_starts_with(none, none));
    assert_false(slice_starts_with(SLICE("abc"), SLICE("abcd")));
    assert_false(slice_starts_with(SLICE("abc"), SLICE("b")));
    assert_true(slice_ends_with(SLICE("abc"), SLICE("bc")));
    assert_true(slice_ends_with(none, none));
    assert_true(slice_ends_with(SLICE("abc"), none));
    assert_false(slice_ends_with(SLICE("c"), SLICE("bc")));
    assert_false(slice_ends_with(SLICE("abc"), SLICE("ab")));
}

static void test_parts(void **state)
{
    (void)state;
    assert_slice(slice_head(SLICE("abc"), 2), "ab");
    assert_slice(slice_head(SLICE("abc"), SIZE_MAX), "abc");
    assert_slice(slice_head(none, 2), "");
    assert_slice(slice_tail(SLICE("abc"), 2), "c");
    assert_slice(slice_tail(SLICE("abc"), 3), "");
    assert_slice(slice_tail(SLICE("abc"), SIZE_MAX), "");
    assert_slice(slice_between(SLICE("abcd"), 1, 3), "bc");
    assert_slice(slice_between(SLICE("abcd"), 1, SIZE_MAX), "bcd");
    assert_slice(slice_between(SLICE("abcd"), 3, 1), "");
    assert_slice(slice_from_string(NULL), "");
    assert_slice(slice_trim(SLICE(" \t\r\n a b \n")), "a b");
    assert_slice(slice_trim(SLICE(" \n")), "");
    assert_slice(slice_trim(none), "");
    assert_slice(slice_trim(SLICE("\va\f")), "\va\f");
}

static void test_find(void **state)
{
    (void)state;
    assert_int_equal(slice_find_byte(SLICE("abcb"), 'b'), 1);
    assert_int_equal(slice_find_byte(SLICE("abc"), 'x'), 3);
    assert_int_equal(slice_find_byte(SLICE("a\0b"), '\0'), 1);
    assert_int_equal(slice_find_byte(none, 'x'), 0);
    assert_int_equal(slice_find(SLICE("abcbc"), SLICE("bc")), 1);
    assert_int_equal(slice_find(SLICE("abc"), SLICE("abcd")), 3);
    assert_int_equal(slice_find(SLICE("abc"), none), 0);
    assert_int_equal(slice_find(none, SLICE("a")), 0);
    assert_int_equal(slice_find(SLICE("a\0bc"), SLICE("\0b")), 1);
}

static void test_cut(void **state)
{
    (void)state;
    struct slice rest = SLICE("a,,b");
    assert_slice(slice_cut(&rest, ','), "a");
    assert_slice(slice_cut(&rest, ','), "");
    assert_non_null(rest.data);
    assert_slice(slice_cut(&rest, ','), "b");
    assert_null(rest.data);
    assert_slice(slice_cut(&rest, ','), "");
    rest = SLICE("a,");
    assert_slice(slice_cut(&rest, ','), "a");
    assert_non_null(rest.data);
    assert_slice(rest, "");
}

static void test_numbers(void **state)
{
    (void)state;
    uint64_t u64 = 7;
    int64_t i64 = 7;
    assert_true(slice_to_u64(SLICE("0"), &u64) && u64 == 0);
    assert_true(slice_to_u64(SLICE("007"), &u64) && u64 == 7);
    assert_true(slice_to_u64(SLICE("18446744073709551615"), &u64) && u64 == UINT64_MAX);
    assert_true(slice_to_i64(SLICE("-9223372036854775808"), &i64) && i64 == INT64_MIN);
    assert_true(slice_to_i64(SLICE("9223372036854775807"), &i64) && i64 == INT64_MAX);
    assert_true(slice_to_i64(SLICE("-0"), &i64) && i64 == 0);
    u64 = 7;
    i64 = 7;
    static const char *const refused[] = {"",
                                          "-",
                                          "+1",
                                          " 1",
                                          "1 ",
                                          "1a",
                                          "0x1",
                                          "1.0",
                                          "--1",
                                          "- 1",
                                          "18446744073709551616",
                                          "18446744073709551620",
                                          "99999999999999999999999"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(slice_to_u64(slice_from_string(refused[i]), &u64));
        assert_false(slice_to_i64(slice_from_string(refused[i]), &i64));
    }
    assert_false(slice_to_u64(SLICE("-1"), &u64));
    assert_false(slice_to_u64(SLICE("1\0"), &u64));
    assert_false(slice_to_i64(SLICE("9223372036854775808"), &i64));
    assert_false(slice_to_i64(SLICE("-9223372036854775809"), &i64));
    assert_int_equal(u64, 7);
    assert_int_equal(i64, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_and_compare),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
