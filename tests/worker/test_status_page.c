/*
 * The page for people: held to a golden file, and whatever a name holds, nothing but text comes of
 * it. LETHE_UPDATE=1 writes the golden file anew.
 */
#include "tests/worker/run_fixture.h"

#include "core/file.h"
#include "worker/page_text.h"
#include "worker/status_page.h"

#define GOLDEN LETHE_SOURCE_DIR "/tests/worker/expected/status_page.html"

static void render(struct run_status *status, struct buffer *out)
{
    struct run_snapshot snapshot;
    assert_int_equal(run_snapshot_take(status, &snapshot), RC_OK);
    snapshot.resident_bytes = 5 * 1024 * 1024;
    buffer_init(out, STATUS_PAGE_LIMIT);
    status_page_write(&snapshot, out);
    assert_int_equal(buffer_status(out), RC_OK);
    run_snapshot_release(&snapshot);
}

static bool contains(const struct buffer *page, const char *text)
{
    return slice_find(buffer_slice(page), slice_from_string(text)) < page->length;
}

static void page_is_golden(void **state)
{
    (void)state;
    struct run_fixture fixture;
    struct buffer page;
    struct arena arena;
    struct slice expected;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    render(fixture.status, &page);
    arena_init(&arena, 2 * STATUS_PAGE_LIMIT);
    if (getenv("LETHE_UPDATE"))
        assert_int_equal(file_write_atomically(GOLDEN, buffer_slice(&page), 0644, true), RC_OK);
    assert_int_equal(file_read(GOLDEN, STATUS_PAGE_LIMIT, &arena, &expected), RC_OK);
    assert_int_equal(expected.length, page.length);
    assert_memory_equal(expected.data, page.data, page.length);
    arena_release(&arena);
    buffer_release(&page);
    fixture_close(&fixture);
}

/* Elements open and close in order; those of a table's row may be left open, as HTML allows. */
static void expect_well_formed(const struct buffer *page)
{
    static const char *const watched[] = {"html", "head",  "style",  "body",   "header", "section",
                                          "div",  "table", "footer", "strong", "dl",     "title"};
    enum { COUNT = sizeof watched / sizeof watched[0] };
    int open[COUNT] = {0};
    struct slice rest = buffer_slice(page);
    for (size_t at; (at = slice_find_byte(rest, '<')) < rest.length;) {
        rest = slice_tail(rest, at + 1);
        bool closes = slice_starts_with(rest, SLICE("/"));
        struct slice name = slice_tail(rest, closes);
        size_t length = 0;
        while (length < name.length && name.data[length] >= 'a' && name.data[length] <= 'z')
            length++;
        name = slice_head(name, length);
        for (size_t i = 0; i < COUNT; i++) {
            if (slice_equal(name, slice_from_string(watched[i])))
                open[i] += closes ? -1 : 1;
            assert_true(open[i] >= 0);
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(open[i], 0);
}

static void names_are_only_text(void **state)
{
    (void)state;
    static const struct slice topics[] = {{"<b>&\"'", 6}, {"</table>", 8}};
    struct run_fixture fixture = {0};
    struct buffer page;
    fixture_configuration(&fixture);
    fixture.policy.name = SLICE("</dl></section><script>alert(1)</script>");
    fixture.configuration.recipients[0].name = SLICE("<img src=x onerror=y>");
    fixture.configuration.recipients[1].name = SLICE("\xE2\x80\xAE\xff\x00\x1b");
    fixture.click.name = SLICE("&amp;");
    struct run_status_options options = {
        &fixture.configuration, topics,  2, SLICE("<i>"),         SLICE("</span>"),
        SLICE("<consent>"),     "0.1.0", 2, {true, NOON * 1000LL}};
    assert_int_equal(run_status_new(&options, &fixture.status), RC_OK);
    fixture_fill(&fixture);
    run_status_lane_state(fixture.status, 0, RUN_LANE_HALTED, "a < b & \"c\"");
    render(fixture.status, &page);
    expect_well_formed(&page);
    assert_false(contains(&page, "<script"));
    assert_false(contains(&page, "<img"));
    assert_false(contains(&page, "<i>"));
    assert_false(contains(&page, "<consent>"));
    assert_false(contains(&page, "\xE2\x80\xAE"));
    assert_false(contains(&page, "\x1b"));
    assert_true(contains(&page, "&lt;img src=x onerror=y&gt;"));
    assert_true(contains(&page, "\\u202e\xEF\xBF\xBD"));
    assert_true(contains(&page, "&amp;amp; 3"));
    assert_true(contains(&page, "lane 0: a &lt; b &amp; &quot;c&quot;"));
    buffer_release(&page);
    fixture_close(&fixture);
}

/* Nothing is fetched from anywhere, and nothing runs. */
static void page_stands_alone(void **state)
{
    (void)state;
    static const char *const never[] = {"http:", "https:",  "src=",    "<script", "<link",
                                        "url(",  "@import", "<iframe", "onerror"};
    struct run_fixture fixture;
    struct buffer page;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    render(fixture.status, &page);
    expect_well_formed(&page);
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        assert_false(contains(&page, never[i]));
    assert_true(contains(&page, "<meta http-equiv=\"refresh\" content=\"5\">"));
    buffer_release(&page);
    fixture_close(&fixture);
}

static void a_fresh_worker_has_a_page(void **state)
{
    (void)state;
    struct run_fixture fixture;
    struct buffer page;
    fixture_open(&fixture);
    render(fixture.status, &page);
    expect_well_formed(&page);
    assert_true(contains(&page, "<strong>Not ready</strong><p>the worker is starting</p>"));
    assert_true(contains(&page, "no partition is assigned to us"));
    assert_true(contains(&page, "nothing so far"));
    assert_false(contains(&page, "nan"));
    buffer_release(&page);
    fixture_close(&fixture);
}

static void many_partitions_are_cut(void **state)
{
    (void)state;
    enum { MANY = STATUS_PAGE_ROWS + 50 };
    struct run_fixture fixture;
    struct run_partition many[MANY];
    struct buffer page;
    for (int32_t i = 0; i < MANY; i++)
        many[i] = (struct run_partition){0, i, 1, 1, 0, -1};
    fixture_open(&fixture);
    run_status_partitions(fixture.status, 0, many, MANY);
    run_status_partitions(fixture.status, 1, many, 7);
    render(fixture.status, &page);
    assert_true(contains(&page, "and 57 more"));
    buffer_release(&page);
    fixture_close(&fixture);
}

static void expect_text(void (*write)(struct buffer *, int64_t), int64_t value, const char *text)
{
    struct buffer out;
    buffer_init(&out, 256);
    write(&out, value);
    buffer_append_byte(&out, '\0');
    assert_string_equal(out.data, text);
    buffer_release(&out);
}

static void write_count(struct buffer *out, int64_t value)
{
    page_count(out, (uint64_t)value);
}

static void write_bytes(struct buffer *out, int64_t value)
{
    page_bytes(out, (uint64_t)value);
}

static void numbers_are_written_for_people(void **state)
{
    (void)state;
    expect_text(write_count, 0, "0");
    expect_text(write_count, 999, "999");
    expect_text(write_count, 1000, "1&#8239;000");
    expect_text(write_count, -1, "18&#8239;446&#8239;744&#8239;073&#8239;709&#8239;551&#8239;615");
    expect_text(write_bytes, 1023, "1023 B");
    expect_text(write_bytes, 1536, "1.5 KiB");
    expect_text(write_bytes, INT64_MAX, "8.0 EiB");
    expect_text(page_span, -5, "0 ms");
    expect_text(page_span, 999, "999 ms");
    expect_text(page_span, 1999, "1 s");
    expect_text(page_span, 60000, "1 min");
    expect_text(page_span, 61000, "1 min 1 s");
    expect_text(page_span, 3600000 + 59000, "1 h");
    expect_text(page_span, 90000000, "1 d 1 h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_is_golden),          cmocka_unit_test(names_are_only_text),
        cmocka_unit_test(page_stands_alone),       cmocka_unit_test(a_fresh_worker_has_a_page),
        cmocka_unit_test(many_partitions_are_cut), cmocka_unit_test(numbers_are_written_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
