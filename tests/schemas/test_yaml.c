#include "schemas/yaml.h"

#include "core/time_text.h"

#include "tests/schemas/expect_diagnostics.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { ARENA_LIMIT = 256 * 1024 * 1024 };

struct fixture {
    struct arena arena;
    struct diagnostics diagnostics;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    arena_init(&fixture->arena, ARENA_LIMIT);
    diagnostics_init(&fixture->diagnostics);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    diagnostics_release(&fixture->diagnostics);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static struct yaml_node *parse(struct fixture *fixture, const char *text)
{
    return yaml_parse(EXPECT_FILE, slice_from_string(text), &fixture->arena, &fixture->diagnostics);
}

static void test_tree(void **state)
{
    struct fixture *fixture = *state;
    struct yaml_node *root = parse(fixture, "# comment\n"
                                            "name: 'it''s'\n"
                                            "\xc3\xa9: [a, \"b\\tc\", 3, ~]\n"
                                            "deep:\n"
                                            "  tags[]: {x: 1}\n"
                                            "  none:\n"
                                            "block: |\n"
                                            "  one\n"
                                            "  two\n");
    expect_digest(&fixture->diagnostics, "tree", "");
    assert_int_equal(root->type, YAML_MAPPING);
    assert_int_equal(root->count, 4);
    struct yaml_node *name = yaml_get(root, "name");
    assert_true(slice_equal(name->text, SLICE("it's")));
    assert_true(name->quoted);
    assert_int_equal(name->place.line, 2);
    assert_int_equal(name->place.column, 7);
    assert_int_equal(name->place.width, 7);
    assert_int_equal(name->key_place.column, 1);
    struct yaml_node *list = yaml_get(root, "\xc3\xa9");
    assert_int_equal(list->type, YAML_SEQUENCE);
    assert_int_equal(list->count, 4);
    assert_int_equal(list->place.column, 5); /* in bytes: the letter takes two */
    struct yaml_node *item = list->first->next;
    assert_true(slice_equal(item->text, SLICE("b\tc")));
    assert_int_equal(item->place.column, 9);
    assert_int_equal(item->next->next->type, YAML_NULL);
    struct yaml_node *deep = yaml_get(root, "deep");
    assert_true(slice_equal(deep->first->key, SLICE("tags[]")));
    assert_int_equal(deep->first->key_place.line, 5);
    assert_int_equal(deep->first->key_place.column, 3);
    struct yaml_node *none = yaml_get(deep, "none");
    assert_int_equal(none->type, YAML_NULL);
    assert_int_equal(none->place.line, 6);
    assert_int_equal(none->place.column, 3); /* its key's: nothing stands there */
    assert_true(slice_equal(yaml_get(root, "block")->text, SLICE("one\ntwo\n")));
    assert_null(yaml_get(root, "absent"));
    assert_null(yaml_get(NULL, "absent"));
    assert_null(yaml_get(list, "a"));
}

static void test_empty_texts(void **state)
{
    static const char *const texts[] = {"", "\n", "# only a comment\n", "---\n", "\xef\xbb\xbf"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct yaml_node *root = parse(fixture, texts[i]);
        assert_non_null(root);
        assert_int_equal(root->type, YAML_NULL);
    }
    expect_digest(&fixture->diagnostics, "empty", "");
}

static void test_byte_order_mark_moves_no_column(void **state)
{
    struct fixture *fixture = *state;
    struct yaml_node *root = parse(fixture, "\xef\xbb\xbfkey: value\r\nother: 1\r\n");
    assert_int_equal(root->first->key_place.column, 1);
    assert_true(slice_equal(root->first->text, SLICE("value")));
    assert_int_equal(root->first->next->key_place.line, 2);
}

struct fault {
    const char *text;
    size_t length; /* 0: up to the NUL */
    const char *expected;
    bool has_tree;
};

static const struct fault faults[] = {
    {"a: [1, 2\n", 0,
     "2:1: error: not well-formed YAML: flow sequence without a closing bracket\n"
     "1:4: note: it is inside what begins here",
     false},
    {"a: [1, 2\nb: 3\n", 0,
     "3:1: error: not well-formed YAML: flow sequence without a closing bracket\n"
     "1:4: note: it is inside what begins here",
     false},
    {"a:\n\tb: 1\n", 0,
     "2:1: error: not well-formed YAML: tab character may not be used as indentation\n"
     "1:1: note: it is inside what begins here",
     false},
    {"a: b: c\n", 0,
     "1:5: error: not well-formed YAML: invalid nested block mapping on the same line\n"
     "1:1: note: it is inside what begins here",
     false},
    {"\xc3\xa9\xc3\xa9: 'open\n", 0,
     "1:8: error: not well-formed YAML: single-quoted scalar without closing quote\n"
     "1:1: note: it is inside what begins here",
     false},
    {"@a: 1\n", 0, "1:1: error: not well-formed YAML: plain scalar cannot start with '@'", false},
    {"a: 1\na: 2\nb: 1\n'a': 3\n", 0,
     "2:1: error: `a` is listed twice: first in line 1\n"
     "4:1: error: `a` is listed twice: first in line 1",
     true},
    {"x: {k: 1, k: 2}\n", 0, "1:11: error: `k` is listed twice: first in line 1", true},
    {"a: *b\n", 0, "1:4: error: aliases are not allowed here: write out what is meant", false},
    {"a: &b c\n", 0, "1:4: error: anchors are not allowed here", true},
    {"a: &b {c: 1}\n", 0, "1:4: error: anchors are not allowed here", true},
    {"a: !!str 5\n", 0, "1:10: error: tags are not allowed here", true},
    {"<<: {a: 1}\n", 0, "1:1: error: merge keys are not allowed here: write out what is meant",
     false},
    {"a: 1\n---\nb: 2\n", 0, "2:1: error: a second document in one file", false},
    {"a: 1\n...\njunk\n", 0, "3:1: error: a second document in one file", false},
    {"? [a, b]\n: c\n", 0,
     "1:3: error: a key must be a text; one that holds brackets may need quotes", false},
    {"{[x]: y}\n", 0, "1:2: error: a key must be a text; one that holds brackets may need quotes",
     false},
    {": x\n", 0, "1:1: error: a key is missing here", false},
    {"'': x\n", 0, "1:1: error: a key is missing here", false},
    {"\"a\\nb\": x\n", 0, "1:1: error: a key of more than one line", false},
    {"a: \"\\0\"\n", 0, "1:4: error: a control character in a text", false},
    {"a: \"\\e[2J\"\n", 0, "1:4: error: a control character in a text", false},
    {"a: b\0c\n", 7, "1:5: error: a control character", false},
    {"a: 1\nb: \x1b[2J\n", 0, "2:4: error: a control character", false},
    {"a: 1\rb: 2\n", 0, "1:5: error: a carriage return without a line feed", false},
    {"a: \xff\n", 0, "1:4: error: bytes that are not UTF-8", false},
    {"ok: 1\na: \xc0\xaf\n", 0, "2:4: error: bytes that are not UTF-8", false},
    {"a: \xed\xa0\x80\n", 0, "1:4: error: bytes that are not UTF-8", false},
    {"a: \xe2\x82", 0, "1:4: error: bytes that are not UTF-8", false},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct fixture fixture = {0};
        arena_init(&fixture.arena, ARENA_LIMIT);
        diagnostics_init(&fixture.diagnostics);
        size_t length = faults[i].length ? faults[i].length : strlen(faults[i].text);
        struct yaml_node *root = yaml_parse(EXPECT_FILE, slice_of(faults[i].text, length),
                                            &fixture.arena, &fixture.diagnostics);
        expect_digest(&fixture.diagnostics, faults[i].text, faults[i].expected);
        assert_true(faults[i].has_tree == (root != NULL));
        diagnostics_release(&fixture.diagnostics);
        arena_release(&fixture.arena);
    }
}

/* `head`, then `unit` as often as fits, then `tail`. */
static struct slice repeated(const char *head, const char *unit, const char *tail, size_t size)
{
    struct buffer buffer;
    buffer_init(&buffer, size + 1000);
    buffer_append_string(&buffer, head);
    while (buffer.length + strlen(unit) + strlen(tail) <= size)
        buffer_append_string(&buffer, unit);
    buffer_append_string(&buffer, tail);
    assert_false(buffer.failed);
    return buffer_slice(&buffer); /* the caller frees its data */
}

struct flood {
    const char *head, *unit, *tail;
    const char *words; /* that the first error holds; NULL: no error */
};

static const struct flood floods[] = {
    {"", "[", "", "nested deeper than 32 levels"},
    {"", "{a: ", "", "nested deeper than 32 levels"},
    {"", "- ", "", "nested deeper than 32 levels"},
    {"a: ", "[", "", "nested deeper than 32 levels"},
    {"", "? ", "", "a key must be a text"},
    {"- ", "- x\n- ", "x", "more than 200000 values"},
    {"[", "a,", "a]", "more than 200000 values"},
    {"[", "a: b,", "a]", "more than 200000 values"},
    {"", "a:\n", "", "more than 200000 values"},
    {"x: ", "a ", "\n", NULL},
    {"x:\n  ", "a\n  ", "\n", NULL},
    {"x: '", "''", "'\n", "eight single quotes in a row"},
    {"x: '", "a", "'\n", NULL},
    {"x: \"", "\\u00e9", "\"\n", NULL},
    {"x: |\n", "  line\n", "", NULL},
    {"", "# comment\n", "", NULL},
    {"", "\n", "", NULL},
    {"", "'a", "", "not well-formed YAML"},
    {"", "&a ", "", "not well-formed YAML"},
    {"", "*a ", "", "aliases are not allowed here"},
    {"", "!!a ", "", "not well-formed YAML"},
    {"", "---\n", "", "a second document"},
    {"", "%YAML 1.2\n", "", "not well-formed YAML"},
    {"", "\t", "", "not well-formed YAML"},
    {"", "a", "", NULL},
    {"", "}", "", "not well-formed YAML"},
    {"", "a: ", "", "not well-formed YAML"},
};

/* What is hostile ends at a limit, with a sentence, in a time that grows with the text alone. */
static void test_floods(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
        const struct flood *flood = &floods[i];
        struct fixture fixture = {0};
        arena_init(&fixture.arena, ARENA_LIMIT);
        diagnostics_init(&fixture.diagnostics);
        struct slice text = repeated(flood->head, flood->unit, flood->tail, YAML_SIZE_LIMIT);
        clock_t begin = clock();
        yaml_parse(EXPECT_FILE, text, &fixture.arena, &fixture.diagnostics);
        double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
        struct buffer out = digest(&fixture.diagnostics);
        if (getenv("LETHE_TEST_VERBOSE"))
            print_message("%.2f s: %s%s\n", seconds, flood->head, flood->unit);
        if ((flood->words == NULL) != (fixture.diagnostics.errors == 0) ||
            (flood->words && !strstr(out.data, flood->words)) || seconds > 60)
            fail_msg("%s%s: %.1f s: %s", flood->head, flood->unit, seconds, out.data);
        buffer_release(&out);
        free((void *)text.data);
        diagnostics_release(&fixture.diagnostics);
        arena_release(&fixture.arena);
    }
}

static void test_size(void **state)
{
    struct fixture *fixture = *state;
    struct slice text = repeated("", "#", "\n", 5 * 1024 * 1024);
    assert_null(yaml_parse(EXPECT_FILE, text, &fixture->arena, &fixture->diagnostics));
    expect_digest(&fixture->diagnostics, "5 MiB", " error: longer than 4 MiB");
    free((void *)text.data);
}

static void test_many_keys(void **state)
{
    struct fixture *fixture = *state;
    struct buffer buffer;
    buffer_init(&buffer, YAML_SIZE_LIMIT);
    for (unsigned i = 0; i < 100000; i++)
        buffer_append_format(&buffer, "k%u: v\n", i);
    buffer_append_string(&buffer, "k7: v\n");
    struct yaml_node *root =
        yaml_parse(EXPECT_FILE, buffer_slice(&buffer), &fixture->arena, &fixture->diagnostics);
    assert_non_null(root);
    expect_digest(&fixture->diagnostics, "many keys",
                  "100001:1: error: `k7` is listed twice: first in line 8");
    buffer_release(&buffer);
}

static void test_full_arena(void **state)
{
    struct fixture *fixture = *state;
    for (size_t limit = 0; limit < 3000; limit += 17) {
        struct arena arena;
        arena_init(&arena, limit);
        unsigned errors = fixture->diagnostics.errors;
        struct yaml_node *root =
            yaml_parse(EXPECT_FILE, SLICE("a: [b, c]\nd: {e: f}\n"), &arena, &fixture->diagnostics);
        assert_true((root == NULL) == (fixture->diagnostics.errors > errors));
        arena_release(&arena);
    }
    diagnostics_release(&fixture->diagnostics); /* they refer to arenas that are gone */
}

static void test_get_need_unknown(void **state)
{
    static const char *const known[] = {"format", "field", "skew", NULL};
    static const char *const later[] = {"budget", "statistics", NULL};
    struct fixture *fixture = *state;
    struct yaml_node *root = parse(fixture, "time:\n  feild: x\n  skew: 5m\n  budget: 1\n  q: 1\n");
    struct yaml_node *time = yaml_get(root, "time");
    assert_null(yaml_need(time, "field", "time", &fixture->diagnostics));
    assert_non_null(yaml_need(time, "skew", "time", &fixture->diagnostics));
    assert_null(yaml_need(NULL, "field", "time", &fixture->diagnostics));
    yaml_refuse_keys(time, "time", later, &fixture->diagnostics);
    yaml_unknown_keys(time, "time", known, &fixture->diagnostics);
    yaml_unknown_keys(NULL, "time", known, &fixture->diagnostics);
    yaml_unknown_keys(time->first, "scalar", NULL, &fixture->diagnostics);
    expect_digest(&fixture->diagnostics, "keys",
                  "2:3: error: `time` needs `field`\n"
                  "2:3: error: unknown key `feild` in `time` [field]\n"
                  "4:3: error: `budget` of `time` is not in this version\n"
                  "5:3: error: unknown key `q` in `time`");
}

enum typed { AS_MAPPING, AS_SEQUENCE, AS_TEXT, AS_NAME, AS_U64, AS_BOOLEAN, AS_DURATION, AS_SIZE };

static const char *const typed_words[] = {"hour", "day", "week", NULL};

static bool read_typed(struct yaml_node *node, enum typed as, struct diagnostics *diagnostics,
                       int64_t *number)
{
    struct slice text = {0};
    uint64_t u64 = 0;
    bool boolean = false;
    bool read = false;
    switch (as) {
    case AS_MAPPING:
        return yaml_is_mapping(node, "x", diagnostics);
    case AS_SEQUENCE:
        return yaml_is_sequence(node, "x", diagnostics);
    case AS_TEXT:
        read = yaml_text(node, "x", diagnostics, &text);
        *number = (int64_t)text.length;
        return read;
    case AS_NAME:
        read = yaml_name(node, "x", diagnostics, &text);
        *number = (int64_t)text.length;
        return read;
    case AS_U64:
        read = yaml_u64(node, "x", diagnostics, 2, 300, &u64);
        *number = (int64_t)u64;
        return read;
    case AS_BOOLEAN:
        read = yaml_boolean(node, "x", diagnostics, &boolean);
        *number = boolean;
        return read;
    case AS_DURATION:
        return yaml_duration(node, "x", diagnostics, number);
    case AS_SIZE:
        read = yaml_size(node, "x", diagnostics, &u64);
        *number = (int64_t)u64;
        return read;
    }
    return false;
}

struct typed_case {
    enum typed as;
    const char *text; /* of the value */
    bool good;
    int64_t number;
};

static const struct typed_case typed_cases[] = {
    {AS_MAPPING, "{a: b}", true, 0},
    {AS_MAPPING, "[a]", false, 0},
    {AS_MAPPING, "a", false, 0},
    {AS_MAPPING, "~", false, 0},
    {AS_SEQUENCE, "[a]", true, 0},
    {AS_SEQUENCE, "[]", true, 0},
    {AS_SEQUENCE, "a", false, 0},
    {AS_SEQUENCE, "{a: b}", false, 0},
    {AS_TEXT, "abc", true, 3},
    {AS_TEXT, "'null'", true, 4},
    {AS_TEXT, "null", false, 0},
    {AS_TEXT, "''", false, 0},
    {AS_TEXT, "[a]", false, 0},
    {AS_NAME, "a-b_c.9", true, 7},
    {AS_NAME, "-a", false, 0},
    {AS_NAME, "a b", false, 0},
    {AS_NAME, "a/b", false, 0},
    {AS_NAME, "\xc3\xa9", false, 0},
    {AS_NAME, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true, 64},
    {AS_NAME, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false, 0},
    {AS_U64, "2", true, 2},
    {AS_U64, "300", true, 300},
    {AS_U64, "1", false, 0},
    {AS_U64, "301", false, 0},
    {AS_U64, "'7'", false, 0},
    {AS_U64, "-7", false, 0},
    {AS_U64, "7.0", false, 0},
    {AS_U64, "0x7", false, 0},
    {AS_U64, "99999999999999999999", false, 0},
    {AS_BOOLEAN, "true", true, 1},
    {AS_BOOLEAN, "false", true, 0},
    {AS_BOOLEAN, "yes", false, 0},
    {AS_BOOLEAN, "'true'", false, 0},
    {AS_BOOLEAN, "[true]", false, 0},
    {AS_DURATION, "7d", true, 7 * TIME_DAY},
    {AS_DURATION, "60s", true, 60000},
    {AS_DURATION, "60", false, 0},
    {AS_DURATION, "-1s", false, 0},
    {AS_DURATION, "1 d", false, 0},
    {AS_SIZE, "512KiB", true, 512 * 1024},
    {AS_SIZE, "1MB", true, 1000000},
    {AS_SIZE, "1 MB", false, 0},
    {AS_SIZE, "many", false, 0},
};

static const char *const typed_expectations[] = {
    [AS_MAPPING] = "1:4: error: `x` must be a mapping of keys to values",
    [AS_SEQUENCE] = "1:4: error: `x` must be a list, such as [a, b]",
    [AS_TEXT] = "1:4: error: `x` must be a text",
    [AS_NAME] = "1:4: error: `x` must be a name of at most 64 letters, digits, `_`, `-` and `.`",
    [AS_U64] = "1:4: error: `x` must be a whole number from 2 to 300",
    [AS_BOOLEAN] = "1:4: error: `x` must be true or false",
    [AS_DURATION] = "1:4: error: `x` must be a duration: a whole number and one of ms, s, m, h, "
                    "d, w, such as 60s",
    [AS_SIZE] = "1:4: error: `x` must be a size: a whole number and one of KiB, MiB, GiB, kB, MB, "
                "GB, such as 512KiB",
};

static void test_typed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof typed_cases / sizeof *typed_cases; i++) {
        const struct typed_case *each = &typed_cases[i];
        struct fixture fixture = {0};
        arena_init(&fixture.arena, ARENA_LIMIT);
        diagnostics_init(&fixture.diagnostics);
        char *text = arena_format(&fixture.arena, "x: %s\n", each->text);
        struct yaml_node *root = parse(&fixture, text);
        int64_t number = 0;
        bool good = read_typed(yaml_get(root, "x"), each->as, &fixture.diagnostics, &number);
        expect_digest(&fixture.diagnostics, each->text,
                      each->good ? "" : typed_expectations[each->as]);
        assert_true(good == each->good);
        assert_int_equal(number, each->number);
        assert_false(read_typed(NULL, each->as, &fixture.diagnostics, &number));
        assert_int_equal(fixture.diagnostics.errors, !each->good);
        diagnostics_release(&fixture.diagnostics);
        arena_release(&fixture.arena);
    }
}

static void test_words(void **state)
{
    static const char *const one[] = {"message", NULL};
    struct fixture *fixture = *state;
    struct yaml_node *root = parse(fixture, "a: day\nb: weak\nc: [day]\nd: other\n");
    struct diagnostics *diagnostics = &fixture->diagnostics;
    assert_int_equal(yaml_word(yaml_get(root, "a"), "a", typed_words, diagnostics), 1);
    assert_int_equal(yaml_word(yaml_get(root, "b"), "b", typed_words, diagnostics), -1);
    assert_int_equal(yaml_word(yaml_get(root, "c"), "c", typed_words, diagnostics), -1);
    assert_int_equal(yaml_word(yaml_get(root, "d"), "d", one, diagnostics), -1);
    assert_int_equal(yaml_word(NULL, "e", one, diagnostics), -1);
    expect_digest(diagnostics, "words",
                  "2:4: error: `b` must be one of `hour`, `day`, `week` [week]\n"
                  "3:4: error: `c` must be one of `hour`, `day`, `week`\n"
                  "4:4: error: `d` must be `message`");
}

static void test_load(void **state)
{
    struct fixture *fixture = *state;
    char path[] = "/tmp/lethe-yaml-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, "a: 1\n", 5), 5);
    close(descriptor);
    struct yaml_node *root = yaml_load(path, &fixture->arena, &fixture->diagnostics);
    assert_non_null(root);
    assert_string_equal(root->place.file, path);
    unlink(path);
    assert_null(yaml_load(EXPECT_FILE, &fixture->arena, &fixture->diagnostics));
    expect_digest(&fixture->diagnostics, "absent",
                  " error: cannot be read: there is no such thing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_tree, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_byte_order_mark_moves_no_column, set_up, tear_down),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_floods),
        cmocka_unit_test_setup_teardown(test_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_full_arena, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_get_need_unknown, set_up, tear_down),
        cmocka_unit_test(test_typed),
        cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_load, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
