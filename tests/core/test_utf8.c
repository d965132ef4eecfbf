/* UTF-8 against an oracle that is written the other way round: every code point, encoded, and every
 * sequence of up to three bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/utf8.h"

/* Decodes by arithmetic and then asks whether the shortest form of the result is what was read. */
static int step_by_oracle(const unsigned char *byte, size_t length)
{
    size_t wanted = byte[0] < 0x80 ? 1 : byte[0] >= 0xF0 ? 4 : byte[0] >= 0xE0 ? 3 : 2;
    if (byte[0] >= 0x80 && (byte[0] < 0xC0 || byte[0] > 0xF7))
        return UTF8_INVALID;
    /* Of a text that ends early: is there any continuation that makes it whole? */
    for (unsigned last = 0x80; last <= 0xBF; last++) {
        unsigned char full[4];
        size_t have = length < wanted ? length : wanted;
        memcpy(full, byte, have);
        for (size_t i = have; i < 4; i++)
            full[i] = (unsigned char)last;
        uint32_t code_point = utf8_decode((const char *)full, (int)wanted);
        char again[4];
        bool good = code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF) &&
                    utf8_encode(code_point, again) == wanted && memcmp(again, full, wanted) == 0;
        if (good)
            return length < wanted ? UTF8_CUT : (int)wanted;
    }
    return UTF8_INVALID;
}

static void check(const unsigned char *bytes, size_t length)
{
    const char *at = (const char *)bytes;
    int expected = step_by_oracle(bytes, length);
    if (utf8_step(at, at + length) != expected)
        fail_msg("%02x %02x %02x %02x (%zu): %d, expected %d", bytes[0], bytes[1], bytes[2],
                 bytes[3], length, utf8_step(at, at + length), expected);
}

static void test_every_short_sequence(void **state)
{
    (void)state;
    unsigned char bytes[4] = {0};
    for (unsigned first = 0; first < 256; first++) {
        bytes[0] = (unsigned char)first;
        check(bytes, 1);
        for (unsigned second = 0; second < 256; second++) {
            bytes[1] = (unsigned char)second;
            check(bytes, 2);
            for (unsigned third = 0; third < 256; third += first < 0xE0 ? 51 : 3) {
                bytes[2] = (unsigned char)third;
                check(bytes, 3);
                for (unsigned fourth = 0x7E; fourth < 0xC2 && first >= 0xF0; fourth += 33) {
                    bytes[3] = (unsigned char)fourth;
                    check(bytes, 4);
                }
                bytes[3] = 0;
            }
            bytes[2] = 0;
        }
        bytes[1] = 0;
    }
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10FFFF; code_point++) {
        char text[4];
        if (code_point >= 0xD800 && code_point <= 0xDFFF)
            continue;
        size_t length = utf8_encode(code_point, text);
        assert_int_equal(utf8_step(text, text + length), length);
        assert_int_equal(utf8_decode(text, (int)length), code_point);
        assert_true(utf8_valid(slice_of(text, length)));
        for (size_t cut = 1; cut < length; cut++) {
            assert_int_equal(utf8_step(text, text + cut), UTF8_CUT);
            assert_false(utf8_valid(slice_of(text, cut)));
        }
    }
}

static void test_valid(void **state)
{
    (void)state;
    assert_true(utf8_valid((struct slice){0}));
    assert_true(utf8_valid(SLICE("")));
    assert_true(utf8_valid(SLICE("a\0b")));
    assert_true(utf8_valid(SLICE("0123456789abcdef0123456789abcdef")));
    /* A bad byte at every place of texts of every length around a word's. */
    for (size_t length = 1; length <= 40; length++) {
        char *text = malloc(length);
        assert_non_null(text);
        memset(text, 'a', length);
        assert_true(utf8_valid(slice_of(text, length)));
        for (size_t at = 0; at < length; at++) {
            static const unsigned char bad[] = {0x80, 0xBF, 0xC0, 0xC3, 0xE2,
                                                0xED, 0xF0, 0xF5, 0xFF};
            for (size_t i = 0; i < sizeof bad; i++) {
                text[at] = (char)bad[i];
                assert_false(utf8_valid(slice_of(text, length)));
            }
            text[at] = 'a';
            if (at + 1 < length) {
                memcpy(text + at, "\xC3\xA9", 2);
                assert_true(utf8_valid(slice_of(text, length)));
                memcpy(text + at, "aa", 2);
            }
        }
        free(text);
    }
}

static void test_skip_wide(void **state)
{
    (void)state;
    struct slice text = SLICE("\xC3\xA9\xE4\xBD\xA0z\xFF");
    const char *end = text.data + text.length;
    int step;
    assert_ptr_equal(utf8_skip_wide(text.data, end, &step), text.data + 5);
    assert_true(step > 0);
    assert_ptr_equal(utf8_skip_wide(text.data + 6, end, &step), text.data + 6);
    assert_int_equal(step, UTF8_INVALID);
    assert_ptr_equal(utf8_skip_wide(text.data, text.data + 4, &step), text.data + 2);
    assert_int_equal(step, UTF8_CUT);
    assert_ptr_equal(utf8_skip_wide(end, end, &step), end);
    assert_true(step > 0);
}

static void test_for_people(void **state)
{
    (void)state;
    static const uint32_t harmful[] = {0,      '\n',   0x1B,   0x7F,   0x85,   0x9B,  0x200B,
                                       0x200F, 0x2028, 0x2029, 0x202E, 0x2066, 0xFEFF};
    for (size_t i = 0; i < sizeof harmful / sizeof *harmful; i++)
        assert_true(utf8_is_harmful(harmful[i]));
    static const uint32_t harmless[] = {' ', 'a', '~', 0xA0, 0xE9, 0x2014, 0x4F60, 0x1F600};
    for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
        assert_false(utf8_is_harmful(harmless[i]));
    assert_int_equal(utf8_columns('a'), 1);
    assert_int_equal(utf8_columns(0xE9), 1);
    assert_int_equal(utf8_columns(0x301), 0);
    assert_int_equal(utf8_columns(0x4F60), 2);
    assert_int_equal(utf8_columns(0xFF0C), 2);
    assert_int_equal(utf8_columns(0xAC00), 2);
    assert_int_equal(utf8_columns(0x1F600), 2);
    assert_int_equal(utf8_columns(0x10FFFF), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_short_sequence),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_valid),
        cmocka_unit_test(test_skip_wide),
        cmocka_unit_test(test_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
