/* JSON texts as trees. Which texts are accepted is tested in test_json_cases.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/json_document.h"

static void assert_slice(struct slice actual, struct slice expected)
{
    assert_int_equal(actual.length, expected.length);
    assert_true(slice_equal(actual, expected));
}

static const char text[] =
    "{\"seq\":12,\"big\":18446744073709551615,\"bigger\":18446744073709551616,\"minus\":-5,"
    "\"least\":-9223372036854775808,\"real\":1.0,\"power\":1e3,\"word\":\"12\",\"half\":"
    "\"a\\ud800b\","
    "\"na\\u006de\":\"x\\ty\",\"empty\":\"\",\"list\":[1,[],{\"k\":null}],\"yes\":true,\"no\":"
    "false}";

static void test_tree(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    /* The tree must not refer to the text: it is gone before the tree is looked at. */
    char *copy = strdup(text);
    const struct json_value *root = json_parse(&arena, slice_from_string(copy), 8, NULL);
    memset(copy, '#', strlen(copy));
    free(copy);
    assert_non_null(root);
    assert_int_equal(root->type, JSON_OBJECT);
    assert_int_equal(root->count, 14);
    assert_slice(root->first->name, SLICE("seq"));
    assert_slice(json_member_text(root, SLICE("name")), SLICE("x\ty"));
    assert_slice(json_member_text(root, SLICE("word")), SLICE("12"));
    assert_slice(json_member_text(root, SLICE("seq")), SLICE(""));
    assert_slice(json_member_text(root, SLICE("none")), SLICE(""));
    assert_non_null(json_member_text(root, SLICE("empty")).data);
    const struct json_value *half = json_member(root, SLICE("half"));
    assert_true(half->lone_surrogate);
    assert_slice(half->text, SLICE("ab"));
    const struct json_value *list = json_member(root, SLICE("list"));
    assert_int_equal(list->type, JSON_ARRAY);
    assert_int_equal(list->count, 3);
    assert_slice(list->first->text, SLICE("1"));
    assert_int_equal(list->first->next->type, JSON_ARRAY);
    assert_null(list->first->next->first);
    assert_int_equal(json_member(list->first->next->next, SLICE("k"))->type, JSON_NULL);
    assert_null(json_member(list, SLICE("k")));
    assert_null(json_member(NULL, SLICE("k")));
    assert_int_equal(json_member(root, SLICE("yes"))->type, JSON_TRUE);
    assert_int_equal(json_member(root, SLICE("no"))->type, JSON_FALSE);
    arena_release(&arena);
}

static void test_numbers(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    const struct json_value *root = json_parse(&arena, slice_from_string(text), 8, NULL);
    uint64_t u64 = 1;
    int64_t i64 = 1;
    assert_true(json_member_u64(root, SLICE("seq"), &u64));
    assert_int_equal(u64, 12);
    assert_true(json_member_u64(root, SLICE("big"), &u64));
    assert_true(u64 == UINT64_MAX);
    assert_false(json_member_i64(root, SLICE("big"), &i64));
    assert_false(json_member_u64(root, SLICE("bigger"), &u64));
    assert_false(json_member_u64(root, SLICE("minus"), &u64));
    assert_true(json_member_i64(root, SLICE("minus"), &i64));
    assert_int_equal(i64, -5);
    assert_true(json_member_i64(root, SLICE("least"), &i64));
    assert_true(i64 == INT64_MIN);
    static const char *const not_integers[] = {"real", "power", "word", "none", "list", "yes"};
    for (size_t i = 0; i < sizeof not_integers / sizeof *not_integers; i++) {
        assert_false(json_member_u64(root, slice_from_string(not_integers[i]), &u64));
        assert_false(json_member_i64(root, slice_from_string(not_integers[i]), &i64));
    }
    assert_true(u64 == UINT64_MAX && i64 == INT64_MIN); /* left alone */
    arena_release(&arena);
}

static void test_writing(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer out;
    arena_init(&arena, 1 << 16);
    buffer_init(&out, 1 << 16);
    struct slice compact =
        SLICE("{\"a\":[1,-2.50e+3,\"x\\ny\"],\"\":{},\"b\":[],\"c\":{\"d\":null}}");
    const struct json_value *root = json_parse(&arena, compact, 8, NULL);
    json_write_value(&out, root, 0);
    assert_slice(buffer_slice(&out), compact);
    buffer_reset(&out);
    json_write_value(&out, root, 2);
    assert_slice(buffer_slice(&out), SLICE("{\n"
                                           "  \"a\": [\n"
                                           "    1,\n"
                                           "    -2.50e+3,\n"
                                           "    \"x\\ny\"\n"
                                           "  ],\n"
                                           "  \"\": {},\n"
                                           "  \"b\": [],\n"
                                           "  \"c\": {\n"
                                           "    \"d\": null\n"
                                           "  }\n"
                                           "}"));
    const struct json_value *again = json_parse(&arena, buffer_slice(&out), 8, NULL);
    buffer_reset(&out);
    json_write_value(&out, again, 0);
    assert_slice(buffer_slice(&out), compact);
    buffer_release(&out);
    arena_release(&arena);
}

static void test_fault(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct json_error error;
    assert_null(json_parse(&arena, SLICE("{\"a\":[1,}"), 8, &error));
    assert_int_equal(error.fault, JSON_FAULT_SYNTAX);
    assert_int_equal(error.offset, 8);
    assert_null(json_parse(&arena, SLICE("{\"a\":[1,}"), 8, NULL));
    assert_null(json_parse(&arena, (struct slice){0}, 8, &error));
    assert_int_equal(error.fault, JSON_FAULT_EMPTY);
    assert_non_null(json_parse(&arena, SLICE("1"), 8, &error));
    assert_int_equal(error.fault, JSON_FAULT_NONE);
    arena_release(&arena);
}

/* With every possible limit of memory: either the whole tree, or no_memory and nothing else. */
static void test_memory(void **state)
{
    (void)state;
    size_t limit = 0;
    const struct json_value *root = NULL;
    for (; !root; limit += 16) {
        struct arena arena;
        struct json_error error;
        arena_init(&arena, limit);
        root = json_parse(&arena, slice_from_string(text), 8, &error);
        assert_int_equal(error.fault, root ? JSON_FAULT_NONE : JSON_FAULT_NO_MEMORY);
        arena_release(&arena);
        assert_true(limit < 1 << 16);
    }
    assert_true(limit > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),    cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_writing), cmocka_unit_test(test_fault),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
