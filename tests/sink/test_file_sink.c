#include "sink/file_sink.h"

#include <fcntl.h>

#include "sink/manifest.h"
#include "sink/quarantine_file.h"
#include "tests/sink/fixture.h"

static struct fixture fixture;

static int set_up(void **state)
{
    (void)state;
    umask(022);
    fixture_init(&fixture);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_release(&fixture);
    return 0;
}

static int parts_of(const char *recipient)
{
    char below[FIXTURE_PATH], first[FIXTURE_PATH];
    snprintf(below, sizeof below, LAYOUT_RECIPIENTS "/%s", recipient);
    int parts = fixture_count(&fixture, below, FILE_PART, first);
    assert_int_equal(fixture_count(&fixture, below, FILE_MANIFEST, first), parts);
    return parts;
}

struct numbers {
    long values[4096];
    size_t count;
};

static bool take_number(void *context, uint64_t number, struct slice row)
{
    struct numbers *numbers = context;
    long value = -1;
    (void)number;
    assert_int_equal(sscanf(row.data, "{\"n\":%ld,", &value), 1);
    assert_true(numbers->count < 4096);
    numbers->values[numbers->count++] = value;
    return true;
}

/* The numbers of all rows of a recipient, part by part. */
static void read_numbers(const char *recipient, struct numbers *numbers)
{
    char path[FIXTURE_PATH], stem[FILE_STEM_SIZE];
    numbers->count = 0;
    snprintf(path, sizeof path, "%s/" LAYOUT_RECIPIENTS "/%s", fixture.root, recipient);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        struct part_contents contents;
        if (layout_kind(entry->d_name, stem, NULL) != FILE_PART)
            continue;
        assert_int_equal(
            part_read(dirfd(directory), entry->d_name, take_number, numbers, &contents), RC_OK);
    }
    closedir(directory);
}

static int compare_longs(const void *a, const void *b)
{
    long first = *(const long *)a, second = *(const long *)b;
    return first < second ? -1 : first > second;
}

static void assert_all_numbers(const char *recipient, long count)
{
    static struct numbers numbers;
    read_numbers(recipient, &numbers);
    assert_int_equal(numbers.count, count);
    qsort(numbers.values, numbers.count, sizeof *numbers.values, compare_longs);
    for (long i = 0; i < count; i++)
        assert_int_equal(numbers.values[i], i + 1);
}

static void assert_clean(void)
{
    struct verify_report report;
    assert_string_equal(fixture_verify(fixture.root, NULL, &report), "");
    assert_int_equal(report.findings, 0);
    assert_int_equal(report.audit, RC_OK);
}

static void test_everything_arrives_whole(void **state)
{
    (void)state;
    fixture_open(&fixture);
    for (int i = 0; i < 5; i++) {
        fixture_fill(&fixture, 100);
        assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
        assert_int_equal(parts_of("analytics"), 0); /* nothing to see before its time */
        assert_true(fixture_temporary_files(&fixture) > 0);
    }
    fixture_finish(&fixture);
    assert_int_equal(fixture_temporary_files(&fixture), 0);
    assert_int_equal(parts_of("analytics"), 2); /* one for each schema */
    assert_int_equal(parts_of("research"), 2);
    assert_all_numbers("analytics", 500);
    assert_all_numbers("research", 500);
    assert_clean();
}

static void test_order(void **state)
{
    (void)state;
    static struct numbers numbers;
    fixture.recipients[0].selected = true;
    fixture_open(&fixture);
    for (int i = 0; i < 300; i++) {
        char json[64];
        snprintf(json, sizeof json, "{\"n\":%d,\"x\":0}", i + 1);
        add_row(&fixture.batch, 0, 0, 1, json);
        add_row(&fixture.batch, 1, 0, 1, json);
    }
    assert_int_equal(batch_cover(&fixture.batch, 0, 0, 1, 1, fixture_now), RC_OK);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    fixture_finish(&fixture);
    read_numbers("research", &numbers); /* keeps its order */
    for (size_t i = 1; i < numbers.count; i++)
        assert_true(numbers.values[i - 1] < numbers.values[i]);
    read_numbers("analytics", &numbers);
    int rising = 0;
    for (size_t i = 1; i < numbers.count; i++)
        rising += numbers.values[i - 1] < numbers.values[i];
    assert_in_range(rising, 100, 200); /* half of 299, give or take nine sigma */
}

static void test_modes_and_times(void **state)
{
    (void)state;
    char path[FIXTURE_PATH];
    struct stat status;
    fixture_open(&fixture);
    fixture_fill(&fixture, 10);
    fixture_sealed(&fixture, "utf8", "sealed");
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    fixture_finish(&fixture);
    static const struct {
        const char *below;
        enum file_kind kind;
        unsigned mode;
    } files[] = {{LAYOUT_RECIPIENTS "/analytics", FILE_PART, 0644},
                 {LAYOUT_RECIPIENTS "/analytics", FILE_MANIFEST, 0644},
                 {LAYOUT_QUARANTINE, FILE_QUARANTINE, 0600}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_true(fixture_count(&fixture, files[i].below, files[i].kind, path) > 0);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, files[i].mode);
        assert_int_equal(status.st_mtim.tv_sec, 1795507200);
        assert_int_equal(status.st_mtim.tv_nsec, 0);
    }
    snprintf(path, sizeof path, "%s/" LAYOUT_PRIVATE, fixture.root);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0700);
}

static void test_manifest_says_it_and_no_more(void **state)
{
    (void)state;
    char path[FIXTURE_PATH];
    struct arena arena;
    struct slice text;
    struct manifest manifest;
    fixture_open(&fixture);
    add_row(&fixture.batch, 0, 1, 43, "{\"a\":1}");
    add_row(&fixture.batch, 0, 1, 41, "{\"a\":2}");
    add_row(&fixture.batch, 0, 1, EPOCH_NONE, "{\"a\":3}");
    add_row(&fixture.batch, 0, 1, 43, "{\"a\":4}");
    assert_int_equal(batch_cover(&fixture.batch, 1, 0, 777777, 777777, fixture_now), RC_OK);
    assert_int_equal(
        sink_commit(fixture.sink, &fixture.batch,
                    &(struct commit_context){.consent = {.messages = 888888}, .now = fixture_now},
                    NULL),
        RC_OK);
    batch_reset(&fixture.batch);
    fixture_finish(&fixture);
    assert_int_equal(fixture_count(&fixture, LAYOUT_RECIPIENTS "/analytics", FILE_MANIFEST, path),
                     1);
    arena_init(&arena, 1 << 20);
    assert_int_equal(file_read(path, 1 << 16, &arena, &text), RC_OK);
    assert_int_equal(manifest_read(text, &arena, &manifest), RC_OK);
    assert_true(slice_equal(manifest.recipient, SLICE("analytics")));
    assert_true(slice_equal(manifest.schema, SLICE("crash")));
    assert_true(slice_equal(manifest.policy, SLICE("default")));
    assert_int_equal(manifest.schema_version, 4);
    assert_int_equal(manifest.policy_version, 7);
    assert_int_equal(manifest.label, LABEL_PSEUDONYMISED);
    assert_int_equal(manifest.rows, 4);
    assert_int_equal(manifest.bytes, 32);
    assert_int_equal(manifest.epoch_count, 2);
    assert_int_equal(manifest.epochs[0], 41);
    assert_int_equal(manifest.epochs[1], 43);
    assert_false(manifest.keep_order);
    assert_int_equal(manifest.finest_time, TIME_HOUR);
    assert_int_equal(manifest.published, 1795507200000);
    static const char *const secrets[] = {"777777", "888888", "night", "day.ndjson", ":17"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_null(memmem(text.data, text.length, secrets[i], strlen(secrets[i])));
    assert_int_equal(text.data[text.length - 1], '\n');

    assert_int_equal(file_read(fixture.audit_path, 1 << 16, &arena, &text), RC_OK);
    static const char *const kept[] = {"\"ranges\":[[777777,777777]]",
                                       "\"consent\":[888888,888888]", "night \\\"1\\\".ndjson",
                                       "\"key_epochs\":[41,43]"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        assert_non_null(memmem(text.data, text.length, kept[i], strlen(kept[i])));
    arena_release(&arena);
}

static void test_published_by_bytes(void **state)
{
    (void)state;
    fixture.recipients[1].part_bytes = 1;
    fixture_open(&fixture);
    fixture_fill(&fixture, 20);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    assert_int_equal(parts_of("research"), 2);
    assert_int_equal(parts_of("analytics"), 2); /* all together */
    fixture_fill(&fixture, 20);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    assert_int_equal(parts_of("analytics"), 4);
    fixture_finish(&fixture);
    assert_int_equal(parts_of("analytics"), 4); /* nothing was open: no empty part */
    assert_all_numbers("analytics", 40);
    assert_clean();
}

static void test_published_by_age(void **state)
{
    (void)state;
    fixture_open(&fixture);
    fixture_fill(&fixture, 20);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    fixture_fill(&fixture, 20);
    assert_int_equal(fixture_commit(&fixture, fixture_now + TIME_MINUTE - 1), RC_OK);
    assert_int_equal(parts_of("analytics"), 0);
    assert_int_equal(fixture_commit(&fixture, fixture_now - TIME_DAY),
                     RC_OK); /* a clock set back */
    assert_int_equal(parts_of("analytics"), 0);
    assert_int_equal(fixture_commit(&fixture, fixture_now + TIME_MINUTE), RC_OK); /* empty batch */
    assert_int_equal(parts_of("analytics"), 2);
    assert_int_equal(parts_of("research"), 2);
    fixture_finish(&fixture);
    assert_clean();
}

/* Where everything was withheld, the audit still says what was read. */
static void test_nothing_released(void **state)
{
    (void)state;
    struct arena arena;
    struct slice text;
    fixture_open(&fixture);
    for (int i = 1; i <= 50; i++)
        assert_int_equal(batch_cover(&fixture.batch, 0, 0, i, i, fixture_now), RC_OK);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    for (int i = 51; i <= 60; i++)
        assert_int_equal(batch_cover(&fixture.batch, 0, 0, i, i, fixture_now), RC_OK);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    fixture_finish(&fixture);
    assert_int_equal(parts_of("analytics"), 0);
    arena_init(&arena, 1 << 20);
    assert_int_equal(file_read(fixture.audit_path, 1 << 16, &arena, &text), RC_OK);
    static const char entry[] =
        "\"parts\":[],\"quarantine\":null,\"input\":[{\"origin\":0,\"source\":"
        "\"day.ndjson\",\"partition\":0,\"ranges\":[[1,60]]}]";
    assert_non_null(memmem(text.data, text.length, entry, strlen(entry)));
    arena_release(&arena);
    assert_clean();
}

static void test_recipient_not_selected(void **state)
{
    (void)state;
    fixture.recipients[1].selected = false;
    fixture_open(&fixture);
    fixture_fill(&fixture, 20);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    fixture_finish(&fixture);
    assert_int_equal(parts_of("analytics"), 2);
    assert_int_equal(parts_of("research"), 0);
}

static bool see_sealed(void *context, uint64_t line, const struct sealed_record *sealed)
{
    (void)context;
    assert_true(slice_equal(sealed->sealed, line == 1 ? SLICE("first") : SLICE("second")));
    assert_string_equal(sealed->reason, line == 1 ? "malformed" : "utf8");
    return true;
}

static void test_quarantine(void **state)
{
    (void)state;
    char path[FIXTURE_PATH];
    struct arena arena;
    struct slice text;
    fixture_open(&fixture);
    fixture_sealed(&fixture, "malformed", "first");
    assert_int_equal(batch_cover(&fixture.batch, 0, 0, 1, 1, fixture_now), RC_OK);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    fixture_sealed(&fixture, "utf8", "second");
    assert_int_equal(batch_cover(&fixture.batch, 0, 0, 2, 2, fixture_now), RC_OK);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    fixture_finish(&fixture);
    assert_int_equal(fixture_count(&fixture, LAYOUT_QUARANTINE, FILE_QUARANTINE, path), 1);
    assert_int_equal(quarantine_read(path, see_sealed, NULL, NULL), RC_OK);
    arena_init(&arena, 1 << 20);
    assert_int_equal(file_read(fixture.audit_path, 1 << 16, &arena, &text), RC_OK);
    static const char reasons[] = "\"reasons\":{\"malformed\":1,\"utf8\":1}";
    assert_non_null(memmem(text.data, text.length, reasons, strlen(reasons)));
    arena_release(&arena);
    assert_clean();
}

static void test_counts(void **state)
{
    (void)state;
    struct part_counts counts;
    fixture_open(&fixture);
    fixture_fill(&fixture, 2); /* below analytics' minimum of 3 */
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    fixture_fill(&fixture, 40);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    file_sink_counts(fixture.sink, 0, &counts);
    assert_int_equal(counts.rows, 0);
    assert_int_equal(sink_finish(fixture.sink, &(struct commit_context){.now = fixture_now}, NULL),
                     RC_OK);
    file_sink_counts(fixture.sink, 0, &counts);
    assert_int_equal(counts.rows, 42);
    assert_int_equal(counts.parts, 2);
    assert_int_equal(counts.below_minimum, 1);
    file_sink_counts(fixture.sink, 1, &counts);
    assert_int_equal(counts.rows, 42);
    assert_int_equal(counts.below_minimum, 0); /* it has no minimum */
}

static void test_closed_without_finish(void **state)
{
    (void)state;
    fixture_open(&fixture);
    fixture_fill(&fixture, 20);
    fixture_sealed(&fixture, "utf8", "sealed");
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    sink_close(fixture.sink);
    fixture.sink = NULL;
    assert_int_equal(fixture_temporary_files(&fixture), 0);
    assert_int_equal(parts_of("analytics"), 0);
}

static void test_wrong_batches_are_refused(void **state)
{
    (void)state;
    fixture_open(&fixture);
    assert_int_equal(batch_cover(&fixture.batch, 2, 0, 1, 1, fixture_now), RC_OK);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_INTERNAL);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_INTERNAL); /* and ever after */
    assert_int_equal(sink_finish(fixture.sink, &(struct commit_context){.now = fixture_now}, NULL),
                     RC_INTERNAL);
    sink_close(fixture.sink);
    fixture_open(&fixture);
    fixture_fill(&fixture, 5);
    fixture_sealed(&fixture, "no such reason", "sealed");
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_INTERNAL);
    assert_int_equal(fixture_temporary_files(&fixture), 0);
}

static void test_fresh_roots_only(void **state)
{
    (void)state;
    const struct slice names[] = {SLICE("analytics"), SLICE("other")};
    static const char *const bad[] = {"", ".", "..", ".x", "a/b", "a b", "a\n", "\xc3\xa9"};
    char other[FIXTURE_PATH];
    assert_int_equal(layout_create(fixture.root, names, 2), RC_EXISTS);
    snprintf(other, sizeof other, "%s/other", fixture.root);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct slice name = slice_from_string(bad[i]);
        assert_int_equal(layout_create(other, &name, 1), RC_REFUSED);
    }
    assert_int_equal(access(other, F_OK), -1); /* nothing was made */
    assert_int_equal(layout_create(other, names, 2), RC_OK);
    assert_int_equal(layout_create(other, names, 2), RC_EXISTS);
    fixture.options.root = "/tmp/lethe-no-such-root";
    assert_int_equal(file_sink_new(&fixture.options, &fixture.sink), RC_NOT_FOUND);
    assert_null(fixture.sink);
}

static void test_link_in_place_of_a_directory(void **state)
{
    (void)state;
    char path[FIXTURE_PATH];
    snprintf(path, sizeof path, "%s/" LAYOUT_RECIPIENTS "/research", fixture.root);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(symlink("analytics", path), 0);
    assert_int_equal(file_sink_new(&fixture.options, &fixture.sink), RC_REFUSED);
}

/* Everything that a seeded run writes, name after name. */
static void read_tree(struct buffer *out)
{
    static const char *const recipients[] = {"analytics", "research"};
    for (int i = 0; i < 2; i++) {
        char path[FIXTURE_PATH];
        struct dirent **entries;
        snprintf(path, sizeof path, "%s/" LAYOUT_RECIPIENTS "/%s", fixture.root, recipients[i]);
        int count = scandir(path, &entries, NULL, alphasort);
        assert_true(count >= 2);
        for (int j = 0; j < count; j++) {
            char file[2 * FIXTURE_PATH];
            struct arena arena;
            struct slice text;
            snprintf(file, sizeof file, "%s/%.200s", path, entries[j]->d_name);
            arena_init(&arena, 1 << 20);
            if (entries[j]->d_name[0] != '.') {
                assert_int_equal(file_read(file, 1 << 19, &arena, &text), RC_OK);
                buffer_append_string(out, entries[j]->d_name);
                buffer_append(out, text);
            }
            arena_release(&arena);
            free(entries[j]);
        }
        free(entries);
    }
    assert_int_equal(buffer_status(out), RC_OK);
}

static void run_seeded(uint64_t seed, unsigned lane, struct buffer *out)
{
    fixture_release(&fixture);
    fixture_init(&fixture);
    fixture.options.seed = &seed;
    fixture.options.lane = lane;
    fixture_open(&fixture);
    for (int i = 0; i < 3; i++) {
        fixture_fill(&fixture, 50);
        assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    }
    fixture_finish(&fixture);
    buffer_init(out, 1 << 20);
    read_tree(out);
}

static void test_same_seed_same_bytes(void **state)
{
    (void)state;
    struct buffer first, again, other_seed, other_lane;
    run_seeded(5, 0, &first);
    run_seeded(5, 0, &again);
    run_seeded(6, 0, &other_seed);
    run_seeded(5, 1, &other_lane);
    assert_true(first.length > 1000);
    assert_true(slice_equal(buffer_slice(&first), buffer_slice(&again)));
    assert_false(slice_equal(buffer_slice(&first), buffer_slice(&other_seed)));
    assert_false(slice_equal(buffer_slice(&first), buffer_slice(&other_lane)));
    buffer_release(&first);
    buffer_release(&again);
    buffer_release(&other_seed);
    buffer_release(&other_lane);
}

static void test_rows_of_every_length(void **state)
{
    (void)state;
    static char json[700000];
    uint64_t bytes = 0;
    struct verify_report report;
    fixture_open(&fixture);
    static const size_t lengths[] = {2,      100,    131061, 131062, 131063, 131064,
                                     131070, 131071, 131072, 131073, 262144, 600000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t length = lengths[i];
        memset(json, ' ', length);
        json[0] = '{';
        json[length - 1] = '}';
        json[length] = '\0';
        add_row(&fixture.batch, 0, 0, 1, json);
        bytes += length + 1;
    }
    assert_int_equal(batch_cover(&fixture.batch, 0, 0, 1, 1, fixture_now), RC_OK);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    struct part_counts counts;
    assert_int_equal(sink_finish(fixture.sink, &(struct commit_context){.now = fixture_now}, NULL),
                     RC_OK);
    file_sink_counts(fixture.sink, 0, &counts);
    assert_int_equal(counts.bytes, bytes);
    fixture_finish(&fixture);
    assert_string_equal(fixture_verify(fixture.root, NULL, &report), "");
    assert_int_equal(report.rows, sizeof lengths / sizeof *lengths);
}

static void test_two_lanes(void **state)
{
    (void)state;
    struct sink *other;
    fixture_open(&fixture);
    fixture.options.lane = 1;
    assert_int_equal(file_sink_new(&fixture.options, &other), RC_OK);
    for (int i = 0; i < 6; i++) {
        fixture_fill(&fixture, 30);
        assert_int_equal(
            sink_commit(i % 2 ? other : fixture.sink, &fixture.batch,
                        &(struct commit_context){.consent = {.messages = 1}, .now = fixture_now},
                        NULL),
            RC_OK);
        batch_reset(&fixture.batch);
    }
    assert_int_equal(sink_finish(other, &(struct commit_context){.now = fixture_now}, NULL), RC_OK);
    sink_close(other);
    fixture_finish(&fixture);
    assert_int_equal(parts_of("analytics"), 4);
    assert_all_numbers("analytics", 180);
    assert_clean();
}

/* Ranges that never join: they are published before they outgrow what is kept. */
static void test_scattered_input(void **state)
{
    (void)state;
    fixture_open(&fixture);
    for (int64_t i = 0; i < 5; i++) {
        for (int64_t j = 0; j < INPUT_RANGE_LIMIT; j++) {
            int64_t line = (i + 1) * INPUT_RANGE_LIMIT - j; /* backwards */
            assert_int_equal(batch_cover(&fixture.batch, 0, 0, line, line, fixture_now), RC_OK);
        }
        assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    }
    fixture_finish(&fixture);
    struct verify_report report;
    fixture_verify(fixture.root, NULL, &report);
    assert_int_equal(report.audit, RC_OK);
    assert_true(report.audit_entries > 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_everything_arrives_whole),
        TEST(test_order),
        TEST(test_modes_and_times),
        TEST(test_manifest_says_it_and_no_more),
        TEST(test_published_by_bytes),
        TEST(test_published_by_age),
        TEST(test_nothing_released),
        TEST(test_recipient_not_selected),
        TEST(test_quarantine),
        TEST(test_counts),
        TEST(test_closed_without_finish),
        TEST(test_wrong_batches_are_refused),
        TEST(test_fresh_roots_only),
        TEST(test_link_in_place_of_a_directory),
        TEST(test_same_seed_same_bytes),
        TEST(test_rows_of_every_length),
        TEST(test_two_lanes),
        TEST(test_scattered_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
