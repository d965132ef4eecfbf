/* Every byte, against what the C locale says of it. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/ascii.h"

static void every_byte(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char c = (char)byte;
        char text[] = {c, '\0'};
        assert_int_equal(ascii_is_digit(c), isdigit(byte) != 0);
        assert_int_equal(ascii_is_letter(c), isalpha(byte) != 0);
        assert_int_equal(ascii_is_alphanumeric(c), isalnum(byte) != 0);
        assert_int_equal(ascii_is_hex(c), isxdigit(byte) != 0);
        assert_int_equal(ascii_hex_value(c), isxdigit(byte) ? strtol(text, NULL, 16) : -1);
        assert_int_equal(ascii_lower(c), (char)tolower(byte));
    }
}

static void test_written_as_hex(void **state)
{
    (void)state;
    char out[] = "..........";
    ascii_write_hex((const unsigned char *)"\x00\x9F\xFF", 3, out + 1);
    assert_string_equal(out, ".009fff...");
    ascii_write_hex(NULL, 0, out);
    assert_string_equal(out, ".009fff...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_written_as_hex),
                                       cmocka_unit_test(every_byte)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
