/* Consent from a file: what a line may look like, and that a line that cannot be read blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "consent/file.h"
#include "core/buffer.h"

static struct policy policy;
static struct consent_reader *reader;
static struct consent_table *table;
static struct consent_file_report report;
static struct buffer text;

static int set_up(void **state)
{
    (void)state;
    policy.purpose_count = 2;
    policy.purposes[1].name = SLICE("operation");
    buffer_init(&text, (size_t)64 << 20);
    return consent_reader_new(&policy, &reader) == RC_OK &&
                   consent_table_new(100000, NULL, &table) == RC_OK
               ? 0
               : 1;
}

static int tear_down(void **state)
{
    (void)state;
    consent_reader_free(reader);
    consent_table_free(table);
    buffer_release(&text);
    return 0;
}

/* Writes `text` to a file and loads it. */
static enum rc load(void)
{
    char path[] = "/tmp/lethe-test-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text.data, text.length), (ssize_t)text.length);
    close(descriptor);
    enum rc rc = consent_file_load(path, table, reader, &report);
    unlink(path);
    return rc;
}

static enum rc load_text(const char *lines)
{
    buffer_reset(&text);
    buffer_append_string(&text, lines);
    return load();
}

static struct consent_counts counts(void)
{
    struct consent_counts out;
    consent_table_counts(table, &out);
    return out;
}

static struct subject_consent find(const char *id)
{
    struct subject_consent out;
    consent_table_find(table, CATEGORY_ACCOUNT_USER_ID, slice_from_string(id), &out);
    return out;
}

#define KEY(id) "\"key\":\"account.user_id:" id "\""
#define DENIED  "\"value\":{\"seq\":1,\"purposes\":{\"operation\":{\"state\":\"denied\"}}}"

static void lines_of_all_kinds(void **state)
{
    (void)state;
    assert_int_equal(
        load_text("{" KEY(
            "u1") "," DENIED "}\n"
                  "\n"
                  " \t\r\n"
                  "{" DENIED " , " KEY(
                      "u2") "}\r\n"
                            "{\"topic\":\"consent\",\"partition\":3,\"headers\":[[]]," KEY(
                                "u3") "," DENIED "}\n"
                                      "{\"k\\u0065y\":\"account.user_id\\u003au4\"," DENIED "}\n"
                                      "{" KEY(
                                          "u5") "," DENIED "}\n"
                                                "{" KEY(
                                                    "u5") ",\"value\":null}\n"
                                                          "{" KEY(
                                                              "u6") ",\"value\":7}\n"
                                                                    "{" KEY(
                                                                        "u7") ",\"value\":{\"seq\":"
                                                                              "1,\"x\":\"\\ud800\"}"
                                                                              "}\n"
                                                                              "{" KEY(
                                                                                  "u8") ",\"value\""
                                                                                        ":"
                                                                                        "[[[[[[[[[["
                                                                                        "[[[[[[[[[["
                                                                                        "]]]]]]]]]]"
                                                                                        "]]]]]]]]]]"
                                                                                        "}\n"
                                                                                        "{\"key\":"
                                                                                        "\"device."
                                                                                        "android_"
                                                                                        "id:"
                                                                                        "no\""
                                                                                        "," DENIED
                                                                                        "}\n"
                                                                                        "{\"key\":"
                                                                                        "\"nobody:"
                                                                                        "1\","
                                                                                        "\"value\":"
                                                                                        "null}\n"
                                                                                        "{" KEY(
                                                                                            "u9") "," DENIED
                                                                                                  "}"),
        RC_OK);
    assert_int_equal(report.lines, 14);
    assert_int_equal(report.bad_line, 0);
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_NONE);
    static const char *const denied[] = {"u1", "u2", "u3", "u4", "u9"};
    for (size_t i = 0; i < sizeof denied / sizeof denied[0]; i++)
        assert_int_equal(find(denied[i]).purposes[1].state, CONSENT_DENIED);
    assert_false(find("u5").known);
    assert_true(find("u6").unreadable && find("u7").unreadable && find("u8").unreadable);
    assert_int_equal(counts().no_form, 1);
    assert_int_equal(counts().tombstones, 2);
}

static void bad_lines_block(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "x",
        "[]",
        "null",
        "{}",
        "{" KEY("u1") "}",
        "{" DENIED "}",
        "{\"key\":null," DENIED "}",
        "{\"key\":7," DENIED "}",
        "{\"key\":{}," DENIED "}",
        "{" KEY("u1") "," DENIED,
        "{" KEY("u1") "," DENIED "}}",
        "{" KEY("u1") "," DENIED "},",
        "{" KEY("u1") "," KEY("u1") "," DENIED "}",
        "{" KEY("u1") "," DENIED "," DENIED "}",
        "{\"key\":\"account.user_id:\\ud800\"," DENIED "}",
        "{\"key\":\"account.user_id:\xff\"," DENIED "}",
        "{\"key\":\"nobody:1\"," DENIED "}",
        "{\"key\":\"\"," DENIED "}",
        "account.user_id:u1", /* looks like a key, and is none */
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        buffer_reset(&text);
        buffer_append_string(&text, "{" KEY("u0") "," DENIED "}\n");
        buffer_append_string(&text, lines[i]);
        buffer_append_string(&text, "\n{" KEY("u2") "," DENIED "}\n");
        assert_int_equal(load(), RC_OK);
        if (report.lines != 3 || report.bad_line != 2 ||
            consent_table_block(table) != CONSENT_BLOCK_KEY || find("u1").known ||
            !find("u2").known)
            fail_msg("line %zu", i);
        tear_down(NULL);
        assert_int_equal(set_up(NULL), 0);
    }
}

static void append_line_of(size_t length, const char *id)
{
    size_t begin = text.length;
    buffer_append_format(&text, "{\"key\":\"account.user_id:%s\"," DENIED ",\"x\":\"", id);
    while (text.length - begin < length - 2)
        buffer_append_byte(&text, 'x');
    buffer_append_string(&text, "\"}");
}

static void long_lines(void **state)
{
    (void)state;
    append_line_of(CONSENT_LINE_LIMIT, "fits");
    buffer_append_byte(&text, '\n');
    append_line_of(CONSENT_LINE_LIMIT + 1, "long");
    buffer_append_byte(&text, '\n');
    append_line_of(200, "after");
    buffer_append_byte(&text, '\n');
    append_line_of(5 * CONSENT_LINE_LIMIT + 7, "longer");
    buffer_append_byte(&text, '\n');
    append_line_of(100, "last");
    buffer_append_byte(&text, '\n');
    append_line_of(9 * CONSENT_LINE_LIMIT, "end");
    assert_int_equal(load(), RC_OK);
    assert_int_equal(report.lines, 6);
    assert_int_equal(report.bad_line, 2);
    assert_true(find("fits").known && find("after").known && find("last").known);
    assert_false(find("long").known || find("longer").known || find("end").known);
    assert_int_equal(counts().unreadable_keys, 3);
}

static void many_lines(void **state)
{
    (void)state;
    enum { LINES = 50000 };
    for (unsigned i = 0; i < LINES; i++)
        buffer_append_format(&text,
                             "{\"key\":\"account.user_id:u%u\",\"value\":{\"seq\":%u,%*s"
                             "\"purposes\":{\"operation\":{\"state\":\"denied\"}}}}\n",
                             i, i + 1, (int)(i % 97), "");
    assert_int_equal(load(), RC_OK);
    assert_int_equal(report.lines, LINES);
    assert_int_equal(report.bad_line, 0);
    assert_int_equal(counts().subjects, LINES);
    char id[16];
    for (unsigned i = 0; i < LINES; i++) {
        snprintf(id, sizeof id, "u%u", i);
        assert_int_equal(find(id).seq, i + 1);
    }
}

static void files_that_are_not_there(void **state)
{
    (void)state;
    assert_int_equal(consent_file_load("/nonexistent/consent", table, reader, &report),
                     RC_NOT_FOUND);
    assert_int_equal(consent_file_load("/tmp", table, reader, &report), RC_REFUSED);
    assert_int_equal(load_text(""), RC_OK);
    assert_int_equal(report.lines, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_of_all_kinds), TEST(bad_lines_block),          TEST(long_lines),
        TEST(many_lines),         TEST(files_that_are_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
