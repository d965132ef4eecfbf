/* What is printed about files that people write, to the letter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/diagnostics.h"
#include "core/utf8.h"

static struct diagnostics diagnostics;
static struct buffer out;

static void assert_printed(const char *expected)
{
    buffer_reset(&out);
    diagnostics_write(&diagnostics, &out);
    assert_false(out.failed);
    if (!slice_equal(buffer_slice(&out), slice_from_string(expected)))
        fail_msg("printed:\n%.*s\nexpected:\n%s", SLICE_FORMAT(buffer_slice(&out)), expected);
}

static int set_up(void **state)
{
    (void)state;
    diagnostics_init(&diagnostics);
    buffer_init(&out, 1 << 22);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    diagnostics_release(&diagnostics);
    buffer_release(&out);
    return 0;
}

static const char policy[] = "policy: default\n"
                             "version: 7\n"
                             "rules:\n"
                             "  device.imie: pseudonym\n"
                             "  device.model: keep\r\n"
                             "\n"
                             "last";

static struct place at(unsigned line, unsigned column, unsigned width)
{
    return (struct place){"p.yaml", slice_from_string(policy), line, column, width};
}

static struct place in_text(const char *text, unsigned column, unsigned width)
{
    return (struct place){"f", slice_from_string(text), 1, column, width};
}

static void test_as_the_header_shows(void **state)
{
    (void)state;
    diagnose(&diagnostics, SEVERITY_ERROR, at(4, 3, 11), "unknown category `%s`", "device.imie");
    diagnose_suggestion(&diagnostics, SLICE("device.imei"));
    assert_printed("p.yaml:4:3: error: unknown category `device.imie`\n"
                   "    4 |   device.imie: pseudonym\n"
                   "      |   ^~~~~~~~~~~\n"
                   "did you mean `device.imei`?\n");
    assert_int_equal(diagnostics.errors, 1);
    assert_int_equal(diagnostics.warnings, 0);
}

static void test_order_and_notes(void **state)
{
    (void)state;
    struct place other = at(1, 1, 0);
    other.file = "a.yaml";
    diagnose(&diagnostics, SEVERITY_WARNING, at(4, 16, 0), "third");
    diagnose(&diagnostics, SEVERITY_NOTE, at(1, 1, 0), "of the third");
    diagnose(&diagnostics, SEVERITY_ERROR, at(4, 3, 0), "second");
    diagnose(&diagnostics, SEVERITY_ERROR, at(4, 3, 0), "second again");
    diagnose(&diagnostics, SEVERITY_ERROR, other, "first");
    diagnose_suggestion(&diagnostics, (struct slice){0});
    assert_printed("a.yaml:1:1: error: first\n"
                   "    1 | policy: default\n"
                   "      | ^\n"
                   "p.yaml:4:3: error: second\n"
                   "    4 |   device.imie: pseudonym\n"
                   "      |   ^\n"
                   "p.yaml:4:3: error: second again\n"
                   "    4 |   device.imie: pseudonym\n"
                   "      |   ^\n"
                   "p.yaml:4:16: warning: third\n"
                   "    4 |   device.imie: pseudonym\n"
                   "      |                ^\n"
                   "p.yaml:1:1: note: of the third\n"
                   "    1 | policy: default\n"
                   "      | ^\n");
    assert_int_equal(diagnostics.errors, 3);
    assert_int_equal(diagnostics.warnings, 1);
}

static void test_places_at_the_edge(void **state)
{
    (void)state;
    struct place nowhere = {0};
    diagnose(&diagnostics, SEVERITY_NOTE, nowhere, "no file");
    diagnose(&diagnostics, SEVERITY_ERROR, at(0, 0, 0), "the file whole");
    diagnose(&diagnostics, SEVERITY_ERROR, at(3, 0, 0), "the line whole");
    diagnose(&diagnostics, SEVERITY_ERROR, at(5, 17, 900), "to the end");
    diagnose(&diagnostics, SEVERITY_ERROR, at(5, 900, 5), "beyond the end");
    diagnose(&diagnostics, SEVERITY_ERROR, at(6, 1, 1), "an empty line");
    diagnose(&diagnostics, SEVERITY_ERROR, at(7, 5, 1), "behind the last");
    diagnose(&diagnostics, SEVERITY_ERROR, at(99, 1, 1), "no such line");
    assert_printed("note: no file\n"
                   "p.yaml: error: the file whole\n"
                   "p.yaml:3: error: the line whole\n"
                   "    3 | rules:\n"
                   "p.yaml:5:17: error: to the end\n"
                   "    5 |   device.model: keep\n"
                   "      |                 ^~~~\n"
                   "p.yaml:5:900: error: beyond the end\n"
                   "    5 |   device.model: keep\n"
                   "      |                     ^\n"
                   "p.yaml:6:1: error: an empty line\n"
                   "p.yaml:7:5: error: behind the last\n"
                   "    7 | last\n"
                   "      |     ^\n"
                   "p.yaml:99:1: error: no such line\n");
}

static void test_tabs_and_wide_characters(void **state)
{
    (void)state;
    diagnose(&diagnostics, SEVERITY_ERROR, in_text("\ta\tb: x", 4, 1), "m");
    assert_printed("f:1:4: error: m\n"
                   "    1 |     a   b: x\n"
                   "      |         ^\n");
    diagnostics_release(&diagnostics);
    diagnose(&diagnostics, SEVERITY_ERROR, in_text("键: 值值 x", 6, 6), "m");
    assert_printed("f:1:6: error: m\n"
                   "    1 | 键: 值值 x\n"
                   "      |     ^~~~\n");
    diagnostics_release(&diagnostics);
    diagnose(&diagnostics, SEVERITY_ERROR, in_text("é e\xCC\x81 x: y", 8, 1), "m");
    assert_printed("f:1:8: error: m\n"
                   "    1 | é e\xCC\x81 x: y\n"
                   "      |     ^\n");
    diagnostics_release(&diagnostics);
    diagnose(&diagnostics, SEVERITY_ERROR, in_text("😀😀x", 9, 1), "m");
    assert_printed("f:1:9: error: m\n"
                   "    1 | 😀😀x\n"
                   "      |     ^\n");
}

static void test_nothing_harms_the_terminal(void **state)
{
    (void)state;
    struct place place = in_text("a\x1B[2Jb\xFF\xE2\x80\xAE\x7F", 7, 1);
    place.file = "f\x1B\n";
    diagnose(&diagnostics, SEVERITY_ERROR, place, "key `%s`", "x\x1B]0;\n\ty");
    diagnose_suggestion(&diagnostics, SLICE("\x07z"));
    assert_printed("f??:1:7: error: key `x?]0;? y`\n"
                   "    1 | a?[2Jb???\n"
                   "      |       ^\n"
                   "did you mean `?z`?\n");
}

/* Lines of up to 3000 characters, and the caret at every place of them: what stands above the caret
 * is what is meant, and the line is never longer than a screen. */
static void test_long_lines(void **state)
{
    (void)state;
    static char text[3001];
    for (size_t i = 0; i < 3000; i++)
        text[i] = (char)('a' + i % 26);
    for (unsigned column = 1; column <= 3000; column += 7) {
        diagnostics_release(&diagnostics);
        diagnose(&diagnostics, SEVERITY_ERROR, in_text(text, column, 500), "m");
        buffer_reset(&out);
        diagnostics_write(&diagnostics, &out);
        struct slice rest = buffer_slice(&out);
        slice_cut(&rest, '\n');
        struct slice line = slice_cut(&rest, '\n');
        struct slice caret = slice_cut(&rest, '\n');
        assert_true(line.length <= 8 + 100 + 6);
        assert_true(caret.length <= 8 + 100 + 3);
        size_t shown = slice_find_byte(caret, '^');
        assert_true(shown < line.length);
        assert_int_equal(line.data[shown], text[column - 1]);
        assert_int_equal(rest.length, 0);
    }
    diagnostics_release(&diagnostics);
    diagnose(&diagnostics, SEVERITY_ERROR, in_text(text, 1000, 3), "m");
    assert_printed(
        "f:1:1000: error: m\n"
        "    1 | "
        "...xyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
        "abcdefghijklmnopqrs...\n"
        "      |                                            ^~~\n");
}

static void test_long_lines_of_wide_characters(void **state)
{
    (void)state;
    static char text[3 * 1000 + 2];
    for (size_t shift = 0; shift < 2; shift++) { /* so that a character straddles the cut */
        char *to = text;
        if (shift)
            *to++ = 'x';
        for (size_t i = 0; i < 1000; i++, to += 3)
            memcpy(to, i == 500 ? "\xE5\xA5\xBD" : "\xE4\xBD\xA0", 3);
        *to = '\0';
        diagnostics_release(&diagnostics);
        diagnose(&diagnostics, SEVERITY_ERROR, in_text(text, (unsigned)(1501 + shift), 3), "m");
        buffer_reset(&out);
        diagnostics_write(&diagnostics, &out);
        struct slice rest = buffer_slice(&out);
        slice_cut(&rest, '\n');
        struct slice line = slice_tail(slice_cut(&rest, '\n'), 8 + 3);
        struct slice caret = slice_tail(slice_cut(&rest, '\n'), 8 + 3);
        size_t before = slice_find(line, SLICE("好")) / 3;
        assert_true(slice_find(line, SLICE("好")) < line.length);
        assert_int_equal(slice_find_byte(caret, '^'), before * 2);
        assert_int_equal(caret.length, before * 2 + 2);
        assert_true(utf8_valid(line));
    }
}

static void test_more_than_is_kept(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 1000; i++) {
        diagnose(&diagnostics, SEVERITY_WARNING, at(1, 1, 0), "w");
        diagnose_suggestion(&diagnostics, SLICE("s"));
        diagnose(&diagnostics, SEVERITY_NOTE, at(1, 1, 0), "n");
    }
    for (unsigned i = 1; i <= 300; i++)
        diagnose(&diagnostics, SEVERITY_ERROR, at(0, 0, 0), "e%u", i);
    assert_int_equal(diagnostics.errors, 300);
    assert_int_equal(diagnostics.warnings, 1000);
    assert_int_equal(diagnostics.kept, 3 * DIAGNOSTICS_LIMIT);
    diagnostics_write(&diagnostics, &out);
    struct slice printed = buffer_slice(&out);
    assert_true(slice_starts_with(printed, SLICE("p.yaml: error: e1\np.yaml: error: e2\n")));
    assert_true(slice_find(printed, SLICE("error: e200\n")) < printed.length);
    assert_int_equal(slice_find(printed, SLICE("error: e201\n")), printed.length);
    assert_true(slice_ends_with(printed, SLICE("(900 more not shown)\n")));
}

static void test_long_messages(void **state)
{
    (void)state;
    static char text[100001];
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 600; i++) {
        diagnose(&diagnostics, SEVERITY_ERROR, at(0, 0, 0), "%s", text);
        diagnose_suggestion(&diagnostics, slice_from_string(text));
    }
    assert_int_equal(diagnostics.kept, DIAGNOSTICS_LIMIT);
    diagnostics_write(&diagnostics, &out);
    assert_true(out.length < 200 * 2100);
    assert_false(out.failed);
}

static struct slice word_of(const void *context, size_t index)
{
    return slice_from_string(((const char *const *)context)[index]);
}

static void test_nearest_word(void **state)
{
    (void)state;
    static const char *const words[] = {"device.imei", "device.imsi", "device.model", "purpose",
                                        "keep",        "key",         "ab",           ""};
    static const struct {
        const char *word;
        const char *nearest;
    } cases[] = {
        {"device.imie", "device.imei"},  /* swapped */
        {"device.imi", "device.imei"},   /* one left out: the first of two as near */
        {"device.imeii", "device.imei"}, /* one too many */
        {"device.mdoel", "device.model"},
        {"Device.model", "device.model"},
        {"porpuse", "purpose"},
        {"kep", "keep"},
        {"kee", "keep"},
        {"keep", "keep"},
        {"xyz", ""},
        {"a", ""}, /* a third of two letters is none */
        {"ba", ""},
        {"network", ""},
        {"device", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice found = nearest_word(slice_from_string(cases[i].word), 8, word_of, words);
        if (!slice_equal(found, slice_from_string(cases[i].nearest)))
            fail_msg("%s: %.*s", cases[i].word, SLICE_FORMAT(found));
    }
    char text[200];
    memset(text, 'a', sizeof text);
    assert_int_equal(nearest_word(slice_of(text, 64), 8, word_of, words).length, 0);
    assert_int_equal(nearest_word(slice_of(text, 65), 8, word_of, words).length, 0);
    assert_int_equal(nearest_word(slice_of(text, 200), 8, word_of, words).length, 0);
    assert_int_equal(nearest_word(SLICE("keep"), 0, word_of, words).length, 0);
    const char *const itself[] = {
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"};
    assert_int_equal(nearest_word(slice_of(text, 64), 1, word_of, itself).length, 64);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_as_the_header_shows),
        CASE(test_order_and_notes),
        CASE(test_places_at_the_edge),
        CASE(test_tabs_and_wide_characters),
        CASE(test_nothing_harms_the_terminal),
        CASE(test_long_lines),
        CASE(test_long_lines_of_wide_characters),
        CASE(test_more_than_is_kept),
        CASE(test_long_messages),
        CASE(test_nearest_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
