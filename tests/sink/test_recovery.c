#include "sink/quarantine_prune.h"
#include "sink/recovery.h"

#include <fcntl.h>

#include "tests/sink/fixture.h"

static struct fixture fixture;
static uint64_t seed = 77;

#define ANALYTICS LAYOUT_RECIPIENTS "/analytics"
#define RESEARCH  LAYOUT_RECIPIENTS "/research"

static const char *const directories[] = {LAYOUT_QUARANTINE, ANALYTICS, RESEARCH};

enum { FILES_LIMIT = 64 };

/* What the last publication made visible, in the order of its renames. */
struct renames {
    char directories[FILES_LIMIT][FIXTURE_PATH];
    char names[FILES_LIMIT][FILE_NAME_SIZE];
    int count;
};

static void list_names(const char *below, struct renames *out)
{
    char path[FIXTURE_PATH];
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/%s", fixture.root, below);
    int count = scandir(path, &entries, NULL, alphasort); /* m before n: manifest, then part */
    assert_true(count >= 0);
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            assert_true(out->count < FILES_LIMIT);
            snprintf(out->directories[out->count], FIXTURE_PATH, "%s", path);
            snprintf(out->names[out->count++], FILE_NAME_SIZE, "%.60s", entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
}

static bool holds(const struct renames *renames, const char *name)
{
    for (int i = 0; i < renames->count; i++)
        if (strcmp(renames->names[i], name) == 0)
            return true;
    return false;
}

/* Two publications; *last is what the second made visible. */
static void write_two(struct renames *last)
{
    struct renames first = {.count = 0}, both = {.count = 0};
    fixture_init(&fixture);
    fixture.options.seed = &seed;
    fixture_open(&fixture);
    for (int i = 0; i < 2; i++) {
        fixture_sealed(&fixture, "utf8", "sealed");
        fixture_fill(&fixture, 12);
        assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
        assert_int_equal(
            sink_finish(fixture.sink, &(struct commit_context){.now = fixture_now}, NULL), RC_OK);
        for (int j = 0; i == 0 && j < 3; j++)
            list_names(directories[j], &first);
    }
    fixture_finish(&fixture);
    last->count = 0;
    for (int j = 0; j < 3; j++)
        list_names(directories[j], &both);
    for (int i = 0; i < both.count; i++)
        if (!holds(&first, both.names[i])) {
            memcpy(last->names[last->count], both.names[i], FILE_NAME_SIZE);
            memcpy(last->directories[last->count++], both.directories[i], FIXTURE_PATH);
        }
    assert_int_equal(last->count, 9); /* quarantine, and 2 x 2 parts with their manifests */
}

static void take_back(const struct renames *renames, int from)
{
    for (int i = from; i < renames->count; i++) {
        char visible[2 * FIXTURE_PATH], hidden[2 * FIXTURE_PATH], temporary[FILE_NAME_SIZE];
        layout_temporary_name(renames->names[i], NULL, temporary);
        snprintf(visible, sizeof visible, "%s/%s", renames->directories[i], renames->names[i]);
        snprintf(hidden, sizeof hidden, "%s/%s", renames->directories[i], temporary);
        assert_int_equal(rename(visible, hidden), 0);
    }
}

/* Leaves the first `entries` lines of the audit and `bytes` of the next. */
static void cut_audit(int entries, size_t bytes)
{
    struct arena arena;
    struct slice text;
    arena_init(&arena, 1 << 20);
    assert_int_equal(file_read(fixture.audit_path, 1 << 19, &arena, &text), RC_OK);
    size_t length = 0;
    for (int i = 0; i < entries; i++)
        length += slice_find_byte(slice_tail(text, length), '\n') + 1;
    assert_int_equal(truncate(fixture.audit_path, (off_t)(length + bytes)), 0);
    arena_release(&arena);
}

static void assert_recovered(uint64_t parts)
{
    struct verify_report report;
    const char *findings = fixture_verify(fixture.root, NULL, &report);
    if (report.audit == RC_TRUNCATED)
        assert_string_equal(findings, "audit: its end is missing\n");
    else
        assert_string_equal(findings, "");
    assert_int_equal(report.parts, parts);
    assert_int_equal(fixture_temporary_files(&fixture), 0);
}

/* A crash after the commit, between any two renames: the rest is done. */
static void test_between_the_renames(void **state)
{
    (void)state;
    for (int step = 0; step <= 9; step++) {
        struct renames last;
        struct recovery_report report, again;
        write_two(&last);
        take_back(&last, step);
        cut_audit(2, 0); /* the end was not written */
        assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_OK);
        /* The quarantine's file is the first; a part with its manifest visible counts once. */
        assert_int_equal(report.published, step == 0 ? 5 : (9 - step + 1) / 2);
        assert_int_equal(report.removed + report.missing + report.damaged + report.unnamed, 0);
        assert_recovered(8);
        assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &again), RC_OK);
        assert_int_equal(again.published + again.removed + again.missing, 0);
        fixture_release(&fixture);
    }
}

/* A crash before the commit: none of the second publication was ever there. */
static void test_before_the_commit(void **state)
{
    (void)state;
    for (size_t torn = 0; torn < 400; torn += 57) {
        struct renames last;
        struct recovery_report report;
        write_two(&last);
        take_back(&last, 0);
        cut_audit(1, torn); /* nothing of its entry, or a piece of it */
        assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_OK);
        assert_int_equal(report.removed, 9);
        assert_int_equal(report.published + report.missing + report.damaged + report.unnamed, 0);
        assert_recovered(4);
        fixture_release(&fixture);
    }
}

/* A crash while the parts were being prepared: some of them, not whole. */
static void test_while_preparing(void **state)
{
    (void)state;
    struct renames last;
    struct recovery_report report;
    write_two(&last);
    take_back(&last, 0);
    cut_audit(1, 0);
    for (int i = 0; i < last.count; i += 2) {
        char hidden[2 * FIXTURE_PATH], temporary[FILE_NAME_SIZE];
        layout_temporary_name(last.names[i], NULL, temporary);
        snprintf(hidden, sizeof hidden, "%s/%s", last.directories[i], temporary);
        assert_int_equal(i % 4 ? unlink(hidden) : truncate(hidden, 3), 0);
    }
    assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_OK);
    assert_int_equal(report.removed, 7);
    assert_recovered(4);
    fixture_release(&fixture);
}

/* File systems without RENAME_NOREPLACE: both names may be there. */
static void test_between_link_and_unlink(void **state)
{
    (void)state;
    struct renames last;
    struct recovery_report report;
    char visible[2 * FIXTURE_PATH], hidden[2 * FIXTURE_PATH], temporary[FILE_NAME_SIZE];
    write_two(&last);
    for (int i = 0; i < last.count; i++) {
        layout_temporary_name(last.names[i], NULL, temporary);
        snprintf(visible, sizeof visible, "%s/%s", last.directories[i], last.names[i]);
        snprintf(hidden, sizeof hidden, "%s/%s", last.directories[i], temporary);
        assert_int_equal(link(visible, hidden), 0);
    }
    assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_OK);
    assert_recovered(8);
    fixture_release(&fixture);
}

static void test_damaged_is_not_published(void **state)
{
    (void)state;
    struct renames last;
    struct recovery_report report;
    char hidden[2 * FIXTURE_PATH], temporary[FILE_NAME_SIZE];
    write_two(&last);
    take_back(&last, 0);
    /* The first part loses a byte, the second its manifest, the third itself. */
    layout_temporary_name(last.names[2], NULL, temporary);
    snprintf(hidden, sizeof hidden, "%s/%s", last.directories[2], temporary);
    assert_int_equal(truncate(hidden, 20), 0);
    layout_temporary_name(last.names[3], NULL, temporary);
    snprintf(hidden, sizeof hidden, "%s/%s", last.directories[3], temporary);
    assert_int_equal(unlink(hidden), 0);
    layout_temporary_name(last.names[6], NULL, temporary);
    snprintf(hidden, sizeof hidden, "%s/%s", last.directories[6], temporary);
    assert_int_equal(unlink(hidden), 0);
    assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_OK);
    assert_int_equal(report.published, 2);
    assert_int_equal(report.damaged, 2);
    assert_int_equal(report.missing, 1);
    assert_int_equal(report.removed, 0); /* what the audit names is not thrown away */
    fixture_release(&fixture);
}

/* A quarantine file past its retention has left its name: it is not missed. */
static void test_what_ended_is_not_missing(void **state)
{
    (void)state;
    struct renames last;
    struct recovery_report report;
    struct quarantine_pruned pruned = {0};
    write_two(&last);
    assert_int_equal(quarantine_prune(fixture.root, 0, INT64_MAX / 2, &pruned), RC_OK);
    assert_true(pruned.files > 0);
    assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_OK);
    assert_int_equal(report.missing + report.unnamed, 0);
    fixture_release(&fixture);
}

/* Never by a wrong audit: it would throw away what another one names. */
static void test_nothing_is_touched(void **state)
{
    (void)state;
    struct renames last;
    struct recovery_report report;
    write_two(&last);
    take_back(&last, 0);
    int before = fixture_temporary_files(&fixture);
    assert_int_equal(file_sink_recover(fixture.root, "/tmp/lethe-no-such-audit", &report),
                     RC_NOT_FOUND);
    assert_int_equal(file_sink_recover("/tmp/lethe-no-such-root", fixture.audit_path, &report),
                     RC_NOT_FOUND);
    FILE *file = fopen(fixture.audit_path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 100, SEEK_SET), 0);
    assert_true(fputc('#', file) != EOF);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_CORRUPT);
    assert_int_equal(fixture_temporary_files(&fixture), before);
    fixture_release(&fixture);
}

static void test_not_while_somebody_writes(void **state)
{
    (void)state;
    struct recovery_report report;
    fixture_init(&fixture);
    fixture_open(&fixture);
    fixture_fill(&fixture, 5);
    assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_REFUSED);
    assert_true(fixture_temporary_files(&fixture) > 0);
    fixture_finish(&fixture);
    assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_OK);
    assert_recovered(4);
    fixture_release(&fixture);
}

static void test_unnamed_is_kept(void **state)
{
    (void)state;
    struct renames last;
    struct recovery_report report;
    write_two(&last);
    cut_audit(1, 0);
    assert_int_equal(file_sink_recover(fixture.root, fixture.audit_path, &report), RC_OK);
    assert_int_equal(report.unnamed, 9);
    assert_int_equal(report.removed, 0);
    fixture_release(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_between_the_renames),
        cmocka_unit_test(test_before_the_commit),
        cmocka_unit_test(test_while_preparing),
        cmocka_unit_test(test_between_link_and_unlink),
        cmocka_unit_test(test_damaged_is_not_published),
        cmocka_unit_test(test_what_ended_is_not_missing),
        cmocka_unit_test(test_nothing_is_touched),
        cmocka_unit_test(test_not_while_somebody_writes),
        cmocka_unit_test(test_unnamed_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
