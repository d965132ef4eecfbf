#include "sink/audit_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const int64_t now = 1795507200000;

struct lines {
    struct audit_chain chain;
    struct buffer line;
    struct arena arena;
};

static void begin(struct lines *lines, struct slice id)
{
    audit_chain_begin(&lines->chain, id);
    buffer_init(&lines->line, AUDIT_LINE_LIMIT);
    arena_init(&lines->arena, AUDIT_TREE_LIMIT);
}

static void end(struct lines *lines)
{
    buffer_release(&lines->line);
    arena_release(&lines->arena);
}

static void append(struct lines *lines, const char *event, const char *members)
{
    char hash[AUDIT_HASH_SIZE];
    assert_int_equal(audit_line_compose(&lines->chain, event, slice_from_string(members), now,
                                        &lines->line, hash),
                     RC_OK);
    audit_chain_advance(&lines->chain, hash);
}

static void test_the_form(void **state)
{
    (void)state;
    struct lines lines;
    char expected[512], zeros[AUDIT_HASH_SIZE] = "";
    memset(zeros, '0', AUDIT_HASH_SIZE - 1);
    begin(&lines, SLICE("lethe.\"g\".host.0"));
    append(&lines, "chain_begins", "\"group\":\"g\"");
    snprintf(expected, sizeof expected,
             "{\"chain\":\"lethe.\\\"g\\\".host.0\",\"n\":1,\"previous\":\"%s\","
             "\"time\":\"2026-11-24T08:00:00Z\",\"event\":\"chain_begins\",\"group\":\"g\","
             "\"hash\":\"%s\"}",
             zeros, lines.chain.previous);
    assert_true(slice_equal(buffer_slice(&lines.line), slice_from_string(expected)));
    end(&lines);
    begin(&lines, (struct slice){0}); /* a file's: no chain is named */
    append(&lines, "start", "");
    assert_true(slice_starts_with(buffer_slice(&lines.line), SLICE("{\"n\":1,\"previous\":")));
    end(&lines);
}

static void test_what_is_composed_is_read(void **state)
{
    (void)state;
    struct lines lines;
    struct audit_entry entry;
    struct audit_chain other;
    begin(&lines, SLICE("a"));
    append(&lines, "x", "");
    struct audit_chain before = lines.chain;
    append(&lines, "publication", "\"rows\":3");
    assert_int_equal(audit_line_read(buffer_slice(&lines.line), &lines.arena, &entry), RC_OK);
    assert_true(slice_equal(entry.chain, SLICE("a")));
    assert_int_equal(entry.number, 2);
    assert_true(slice_equal(entry.event, SLICE("publication")));
    assert_int_equal(entry.time, now);
    assert_string_equal(entry.hash, lines.chain.previous);
    assert_true(audit_entry_follows(&entry, &before));
    assert_false(audit_entry_follows(&entry, &lines.chain)); /* not a second time */
    other = before;
    other.id = SLICE("b");
    assert_false(audit_entry_follows(&entry, &other));
    other = before;
    other.previous[63] = other.previous[63] == '0' ? '1' : '0';
    assert_false(audit_entry_follows(&entry, &other));
    end(&lines);
}

static void test_every_changed_byte_is_found(void **state)
{
    (void)state;
    struct lines lines;
    struct audit_entry entry;
    begin(&lines, SLICE("a"));
    append(&lines, "publication", "\"rows\":3");
    for (size_t i = 0; i < lines.line.length; i++) {
        lines.line.data[i] ^= 1;
        arena_reset(&lines.arena);
        assert_int_equal(audit_line_read(buffer_slice(&lines.line), &lines.arena, &entry),
                         RC_CORRUPT);
        lines.line.data[i] ^= 1;
        arena_reset(&lines.arena);
        assert_int_equal(
            audit_line_read(slice_head(buffer_slice(&lines.line), i), &lines.arena, &entry),
            RC_CORRUPT);
    }
    end(&lines);
}

/* The hash is right; what is under it is not of the form. */
static void test_what_is_no_entry(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "{\"n\":0,\"previous\":\"%s\",\"time\":\"2026-11-24T08:00:00Z\",\"event\":\"x\"",
        "{\"n\":1,\"previous\":\"0\",\"time\":\"2026-11-24T08:00:00Z\",\"event\":\"x\"",
        "{\"n\":1,\"previous\":\"%s\",\"time\":\"yesterday\",\"event\":\"x\"",
        "{\"n\":1,\"previous\":\"%s\",\"time\":\"2026-11-24T08:00:00Z\",\"event\":\"\"",
        "{\"n\":\"1\",\"previous\":\"%s\",\"time\":\"2026-11-24T08:00:00Z\",\"event\":\"x\"",
        "{\"n\":1,\"previous\":\"%s\",\"time\":\"2026-11-24T08:00:00Z\",\"event\":\"x\",,",
    };
    char zeros[AUDIT_HASH_SIZE] = "", hash[AUDIT_HASH_SIZE], head[512], line[1024];
    struct audit_entry entry;
    struct arena arena;
    arena_init(&arena, AUDIT_TREE_LIMIT);
    memset(zeros, '0', AUDIT_HASH_SIZE - 1);
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        const char *at = strstr(heads[i], "%s");
        int before = (int)(at ? at - heads[i] : (int)strlen(heads[i]));
        snprintf(head, sizeof head, "%.*s%s%s", before, heads[i], at ? zeros : "",
                 at ? at + 2 : "");
        audit_hash(slice_from_string(head), hash);
        snprintf(line, sizeof line, "%s,\"hash\":\"%s\"}", head, hash);
        assert_int_equal(audit_line_read(slice_from_string(line), &arena, &entry), RC_CORRUPT);
    }
    arena_release(&arena);
}

static void test_what_cannot_be_composed(void **state)
{
    (void)state;
    static const char *const members[] = {"\"a\":", "\"a\":1,\"a\":2", "\"a\":1}", "\"n\":2",
                                          "\"a\":1,\n\"b\":2"};
    struct lines lines;
    char hash[AUDIT_HASH_SIZE];
    begin(&lines, SLICE("a"));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_int_equal(audit_line_compose(&lines.chain, "x", slice_from_string(members[i]), now,
                                            &lines.line, hash),
                         RC_INTERNAL);
    lines.line.limit = 100;
    buffer_release(&lines.line);
    buffer_init(&lines.line, 100);
    assert_int_equal(
        audit_line_compose(&lines.chain, "x", (struct slice){0}, now, &lines.line, hash), RC_LIMIT);
    assert_int_equal(lines.chain.entries, 0);
    end(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_form),
        cmocka_unit_test(test_what_is_composed_is_read),
        cmocka_unit_test(test_every_changed_byte_is_found),
        cmocka_unit_test(test_what_is_no_entry),
        cmocka_unit_test(test_what_cannot_be_composed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
