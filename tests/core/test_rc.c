/* Result codes: every one has its own name and a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/rc.h"

static void test_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RC_COUNT; i++) {
        assert_true(strlen(rc_name((enum rc)i)) > 0);
        assert_true(strlen(rc_sentence((enum rc)i)) > 0);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(rc_name((enum rc)i), rc_name((enum rc)j));
    }
    assert_string_equal(rc_name(RC_OK), "ok");
    assert_string_equal(rc_name(RC_COUNT), "unknown");
    assert_string_equal(rc_sentence((enum rc) - 1), "unknown result");
}

static void test_errno(void **state)
{
    (void)state;
    static const struct {
        int number;
        enum rc rc;
    } cases[] = {
        {0, RC_OK},
        {ENOMEM, RC_NO_MEMORY},
        {ENOSPC, RC_NO_SPACE},
        {EDQUOT, RC_NO_SPACE},
        {ENOENT, RC_NOT_FOUND},
        {EEXIST, RC_EXISTS},
        {EACCES, RC_REFUSED},
        {EPERM, RC_REFUSED},
        {ELOOP, RC_REFUSED},
        {EISDIR, RC_REFUSED},
        {ENOTDIR, RC_REFUSED},
        {EIO, RC_IO},
        {EINTR, RC_IO},
        {-1, RC_IO},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(rc_from_errno(cases[i].number), cases[i].rc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_errno)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
