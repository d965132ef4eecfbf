/* Every reason has a name fit for a metric and a sentence, and no two of a table share a name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/reason.h"

static const char *drop_name(unsigned i)
{
    return drop_reason_name((enum drop_reason)i);
}

static const char *drop_sentence(unsigned i)
{
    return drop_reason_sentence((enum drop_reason)i);
}

static const char *decision_name(unsigned i)
{
    return decided_name((enum decided)i);
}

static const char *decision_sentence(unsigned i)
{
    return decided_sentence((enum decided)i);
}

static const char *fault_name(unsigned i)
{
    return quarantine_reason_name((enum quarantine_reason)i);
}

static const char *fault_sentence(unsigned i)
{
    return quarantine_reason_sentence((enum quarantine_reason)i);
}

static void check_table(unsigned count, const char *(*name)(unsigned),
                        const char *(*sentence)(unsigned))
{
    for (unsigned i = 0; i < count; i++) {
        assert_true(strlen(name(i)) > 0);
        assert_true(strlen(sentence(i)) > 0);
        for (const char *at = name(i); *at; at++)
            assert_true((*at >= 'a' && *at <= 'z') || *at == '_' || (*at >= '0' && *at <= '9'));
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(name(i), name(j));
    }
    assert_string_equal(name(count), "");
    assert_string_equal(sentence(count), "");
    assert_string_equal(name(0xffffffu), "");
}

static void tables_are_complete(void **state)
{
    (void)state;
    check_table(DROP_REASON_COUNT, drop_name, drop_sentence);
    check_table(DECIDED_COUNT, decision_name, decision_sentence);
    check_table(QUARANTINE_REASON_COUNT, fault_name, fault_sentence);
}

static void zero_is_private(void **state)
{
    (void)state;
    assert_int_equal(DECIDED_NOTHING, 0);
    assert_int_equal(DROP_BY_RULE, 0);
    assert_int_equal(DECIDED_GRANTED, DECIDED_COUNT - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_complete),
        cmocka_unit_test(zero_is_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
