/*
 * The floor, as DESIGN section 6 states it in words, written down a second time and held against
 * the table, every kind with every action.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schemas/action.h"
#include "schemas/clean_record.h"

/* Columns: drop redact keep pseudonym mask truncate generalise url path stack scrub.
 * A: always, G: under granted consent, -: never. */
static const struct {
    enum kind kind;
    const char *permitted;
} floors[] = {
    {KIND_FORBIDDEN, "A----------"}, {KIND_IDENTIFIER, "AG-G-------"},
    {KIND_IP, "AA---A-----"},        {KIND_URL, "AA-----A---"},
    {KIND_PATH, "AA------A--"},      {KIND_POSITION, "AA----A----"},
    {KIND_TEXT, "AG--------G"},      {KIND_STACK, "AA-------A-"},
    {KIND_TIME, "AAA---A----"},      {KIND_NUMBER, "AAA---A----"},
    {KIND_VERSION, "AAA-A-A----"},   {KIND_TOKEN, "AAA-A------"},
    {KIND_BOOLEAN, "AAA--------"},
};

static const enum action columns[] = {
    ACTION_DROP,       ACTION_REDACT, ACTION_KEEP, ACTION_PSEUDONYM, ACTION_MASK,  ACTION_TRUNCATE,
    ACTION_GENERALISE, ACTION_URL,    ACTION_PATH, ACTION_STACK,     ACTION_SCRUB,
};

enum {
    FLOORS = sizeof(floors) / sizeof(floors[0]),
    COLUMNS = sizeof(columns) / sizeof(columns[0])
};

static void the_table_is_the_floor(void **state)
{
    (void)state;
    assert_int_equal(FLOORS, KIND_COUNT);
    assert_int_equal(COLUMNS, ACTION_COUNT);
    for (size_t i = 0; i < FLOORS; i++) {
        assert_int_equal(strlen(floors[i].permitted), COLUMNS);
        for (size_t j = 0; j < COLUMNS; j++) {
            char expected = floors[i].permitted[j];
            enum permission permission = action_permission(floors[i].kind, columns[j]);
            char found = permission == PERMITTED_ALWAYS    ? 'A'
                         : permission == PERMITTED_GRANTED ? 'G'
                                                           : '-';
            if (found != expected)
                fail_msg("%s, %s: %c instead of %c", kind_name(floors[i].kind),
                         action_name(columns[j]), found, expected);
        }
    }
}

static void what_is_out_of_range_is_never_permitted(void **state)
{
    (void)state;
    assert_int_equal(action_permission(KIND_COUNT, ACTION_KEEP), PERMITTED_NEVER);
    assert_int_equal(action_permission((enum kind)0xffffff, ACTION_KEEP), PERMITTED_NEVER);
    assert_int_equal(action_permission(KIND_TOKEN, ACTION_COUNT), PERMITTED_NEVER);
    assert_int_equal(action_permission(KIND_TOKEN, (enum action)0xffffff), PERMITTED_NEVER);
    assert_int_equal(action_permission(KIND_COUNT, ACTION_DROP), PERMITTED_ALWAYS);
    assert_string_equal(action_name(ACTION_COUNT), "");
    assert_string_equal(kind_name(KIND_COUNT), "");
    assert_string_equal(kind_floor(KIND_COUNT), "");
    assert_string_equal(action_description(ACTION_COUNT), "");
}

static void names_are_read_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ACTION_COUNT; i++) {
        enum action action = ACTION_COUNT;
        assert_true(action_from_name(slice_from_string(action_name((enum action)i)), &action));
        assert_int_equal(action, i);
        assert_true(strlen(action_description((enum action)i)) > 0);
    }
    enum action action = ACTION_MASK;
    static const char *const wrong[] = {"", "Drop", "drop ", "kee", "keeps", "generalize"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(action_from_name(slice_from_string(wrong[i]), &action));
    assert_false(action_from_name(slice_of("keep\0", 5), &action));
    assert_int_equal(action, ACTION_MASK);
    for (unsigned i = 0; i < KIND_COUNT; i++) {
        assert_true(strlen(kind_name((enum kind)i)) > 0);
        assert_true(strlen(kind_floor((enum kind)i)) > 0);
    }
}

static void nothing_is_drop(void **state)
{
    (void)state;
    struct action_rule rule = {0};
    assert_int_equal(rule.action, ACTION_DROP);
    assert_int_equal(rule.generalisation, GENERALISE_NONE);
    assert_int_equal(rule.url_detail, URL_HOST);
}

static void labels_have_names(void **state)
{
    (void)state;
    assert_string_equal(label_name(LABEL_NOT_FOR_RELEASE), "not-for-release");
    assert_string_equal(label_name(LABEL_PSEUDONYMISED), "pseudonymised");
    assert_string_equal(label_name(LABEL_KEY_DESTROYED), "key-destroyed");
    assert_string_equal(label_name(LABEL_AGGREGATE), "aggregate");
    assert_string_equal(label_name(LABEL_AGGREGATE_DP), "aggregate-dp");
    assert_string_equal(label_name(LABEL_COUNT), "not-for-release");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_floor),
        cmocka_unit_test(what_is_out_of_range_is_never_permitted),
        cmocka_unit_test(names_are_read_back),
        cmocka_unit_test(nothing_is_drop),
        cmocka_unit_test(labels_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
