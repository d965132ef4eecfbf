#include "anonymize/percent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/slice.h"

static void one_round(void **state)
{
    (void)state;
    static const struct {
        struct slice in, out;
    } cases[] = {
        {SLICE(""), SLICE("")},
        {SLICE("plain"), SLICE("plain")},
        {SLICE("a%40b"), SLICE("a@b")},
        {SLICE("%2f%2F"), SLICE("//")},
        {SLICE("%2541"), SLICE("%41")}, /* twice encoded: the next round's */
        {SLICE("%"), SLICE("%")},
        {SLICE("%4"), SLICE("%4")},
        {SLICE("%4g%g4"), SLICE("%4g%g4")},
        {SLICE("%%41"), SLICE("%A")},
        {SLICE("x%00y"), SLICE("x\0y")},
        {SLICE("%FF"), SLICE("\xFF")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        /* exactly as long as the text, so that a sanitizer sees a read behind it */
        char *text = malloc(cases[i].in.length + (cases[i].in.length == 0));
        assert_non_null(text);
        memcpy(text, cases[i].in.data, cases[i].in.length);
        size_t length = percent_decode_round(text, cases[i].in.length);
        assert_true(slice_equal(slice_of(text, length), cases[i].out));
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_round)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
