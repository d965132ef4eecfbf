/*
 * With what is remembered and without it an id has one canonical form.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "anonymize/id_memo.h"

/* Neighbours that a sloppy comparison would take for each other: of one length, of one beginning,
 * as text and as number, and about the memo's own size. */
static const char *const texts[] = {
    "",
    "0",
    "00",
    "1",
    "10001",
    "10002",
    "100010",
    "-1",
    "3.5e14",
    "356938035643809",
    "356938035643808",
    "35-693803-564380-9",
    "000000000000000",
    "00000000-0000-0000-0000-000000000000",
    "24c12312-6ffd-4722-9230-04ef8df510e6",
    "24C12312-6FFD-4722-9230-04EF8DF510E6",
    "24c12312-6ffd-4722-9230-04ef8df510e7",
    "24c123126ffd4722923004ef8df510e6",
    "080b617a9097a6af",
    "9774d56d682e549c",
    "02:00:00:00:00:00",
    "d4:6e:0e:12:34:56",
    "D46E0E123456",
    "unknown",
    "null",
    " 10001 ",
    "a234567890123456789012345678901234567890123456789012345678901234",
    "a2345678901234567890123456789012345678901234567890123456789012345",
    "a2345678901234567890123456789012345678901234567890123456789012346",
};

enum { TEXT_COUNT = sizeof texts / sizeof texts[0], STEPS = 20000 };

static void check_category(enum category category, unsigned seed)
{
    struct id_memo memo = {0};
    for (int i = 0; i < STEPS; i++) {
        /* Now and then the same again. */
        static int text, type = JSON_STRING;
        if (rand_r(&seed) % 3) {
            text = rand_r(&seed) % TEXT_COUNT;
            type = rand_r(&seed) % 2 ? JSON_STRING : JSON_NUMBER;
        }
        char memory[CANONICAL_LIMIT], alone[CANONICAL_LIMIT];
        struct slice id = {0}, expected = {0}, value = slice_from_string(texts[text]);
        enum canonical_result result =
            id_memo_canonical(&memo, category, (enum json_type)type, value, memory, &id);
        assert_int_equal(result,
                         canonical_id(category, (enum json_type)type, value, alone, &expected));
        if (result == CANONICAL_OK)
            assert_true(slice_equal(id, expected));
    }
}

static void test_with_and_without(void **state)
{
    (void)state;
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++)
        if (category_info((enum category)i)->kind == KIND_IDENTIFIER)
            check_category((enum category)i, (unsigned)i);
}

/* It does remember: a second question of the same text is answered from it. */
static void test_it_remembers(void **state)
{
    (void)state;
    struct id_memo memo = {0};
    char memory[CANONICAL_LIMIT];
    struct slice id;
    assert_int_equal(id_memo_canonical(&memo, CATEGORY_DEVICE_ANDROID_ID, JSON_STRING,
                                       SLICE("080B617A9097A6AF"), memory, &id),
                     CANONICAL_OK);
    memset(memory, 'x', sizeof memory);
    assert_int_equal(id_memo_canonical(&memo, CATEGORY_DEVICE_ANDROID_ID, JSON_STRING,
                                       SLICE("080B617A9097A6AF"), memory, &id),
                     CANONICAL_OK);
    assert_true(slice_equal(id, SLICE("080b617a9097a6af")));
    assert_int_equal(memory[0], 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_with_and_without),
        cmocka_unit_test(test_it_remembers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
