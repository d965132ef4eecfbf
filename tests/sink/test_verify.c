#include "sink/verify.h"

#include <fcntl.h>
#include <zstd.h>

#include "tests/sink/fixture.h"

static struct fixture fixture;

#define ANALYTICS LAYOUT_RECIPIENTS "/analytics"

/* Two publications with parts for both recipients and a quarantine file each. */
static int set_up(void **state)
{
    (void)state;
    fixture_init(&fixture);
    fixture.recipients[0].part_bytes = 1;
    fixture_open(&fixture);
    for (int i = 0; i < 2; i++) {
        fixture_sealed(&fixture, "malformed", "sealed bytes");
        fixture_fill(&fixture, 30);
        assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
    }
    fixture_finish(&fixture);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_release(&fixture);
    return 0;
}

/* The first file of that kind. */
static const char *path_of(const char *below, enum file_kind kind)
{
    static char paths[4][FIXTURE_PATH];
    static int next;
    char *path = paths[next++ % 4];
    assert_true(fixture_count(&fixture, below, kind, path) > 0);
    return path;
}

static struct slice read_text(const char *path, struct arena *arena)
{
    struct slice text;
    assert_int_equal(file_read(path, 1 << 20, arena, &text), RC_OK);
    return text;
}

static void write_text(const char *path, struct slice text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.length, file), text.length);
    assert_int_equal(fclose(file), 0);
}

static void replace(const char *path, const char *from, const char *to)
{
    struct arena arena;
    struct buffer out;
    arena_init(&arena, 4 << 20);
    buffer_init(&out, 4 << 20);
    struct slice text = read_text(path, &arena);
    size_t at = slice_find(text, slice_from_string(from));
    assert_true(at < text.length);
    buffer_append(&out, slice_head(text, at));
    buffer_append_string(&out, to);
    buffer_append(&out, slice_tail(text, at + strlen(from)));
    write_text(path, buffer_slice(&out));
    buffer_release(&out);
    arena_release(&arena);
}

/* Each does one kind of damage. */

static void remove_part(void)
{
    assert_int_equal(unlink(path_of(ANALYTICS, FILE_PART)), 0);
}

static void remove_manifest(void)
{
    assert_int_equal(unlink(path_of(ANALYTICS, FILE_MANIFEST)), 0);
}

static void change_byte(const char *path, long place)
{
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, place, place < 0 ? SEEK_END : SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, -1, SEEK_CUR), 0);
    assert_true(fputc(byte ^ 1, file) != EOF);
    assert_int_equal(fclose(file), 0);
}

static void change_part(void)
{
    change_byte(path_of(ANALYTICS, FILE_PART), 40);
}

static void change_end_of_part(void)
{
    change_byte(path_of(ANALYTICS, FILE_PART), -1);
}

static void cut_part(void)
{
    const char *path = path_of(ANALYTICS, FILE_PART);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(truncate(path, status.st_size - 1), 0);
}

static void empty_part(void)
{
    assert_int_equal(truncate(path_of(ANALYTICS, FILE_PART), 0), 0);
}

static void write_part(struct slice rows)
{
    char compressed[4096];
    size_t length = ZSTD_compress(compressed, sizeof compressed, rows.data, rows.length, 1);
    assert_false(ZSTD_isError(length));
    write_text(path_of(ANALYTICS, FILE_PART), slice_of(compressed, length));
}

static void part_with_a_bad_row(void)
{
    write_part(SLICE("{\"n\":1}\n{\"n\":}\n"));
}

static void part_with_an_array(void)
{
    write_part(SLICE("{\"n\":1}\n[1]\n"));
}

static void part_with_half_a_row(void)
{
    write_part(SLICE("{\"n\":1}\n{\"n\":2}"));
}

static void change_rows_of_manifest(void)
{
    replace(path_of(ANALYTICS, FILE_MANIFEST), "\"rows\": ", "\"rows\": 1");
}

static void change_label(void)
{
    replace(path_of(ANALYTICS, FILE_MANIFEST), "pseudonymised", "anonymous");
}

static void change_recipient(void)
{
    replace(path_of(ANALYTICS, FILE_MANIFEST), "analytics", "research");
}

static void add_member(void)
{
    replace(path_of(ANALYTICS, FILE_MANIFEST), "\"rows\"", "\"consent\": 9,\n  \"rows\"");
}

static void break_manifest(void)
{
    write_text(path_of(ANALYTICS, FILE_MANIFEST), SLICE("{\n"));
}

static void link_in_place_of_part(void)
{
    const char *path = path_of(ANALYTICS, FILE_PART);
    char moved[FIXTURE_PATH];
    snprintf(moved, sizeof moved, "%s.moved", fixture.root);
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(symlink(moved, path), 0);
}

static void add_file(const char *below, const char *name)
{
    char path[FIXTURE_PATH];
    snprintf(path, sizeof path, "%s/%s/%s", fixture.root, below, name);
    write_text(path, SLICE("x"));
}

static void add_stray(void)
{
    add_file(ANALYTICS, "notes\x1b[31m.txt");
}

static void add_stray_in_root(void)
{
    add_file(".", "notes.txt");
}

static void add_stray_in_private(void)
{
    add_file(LAYOUT_AUDIT, "audit.ndjson.old");
}

static void add_temporary(void)
{
    add_file(ANALYTICS, ".00112233445566778899aabbccddeeff.ndjson.zst.partial");
}

static void add_temporary_quarantine(void)
{
    add_file(LAYOUT_QUARANTINE, ".00112233445566778899aabbccddeeff.sealed.ndjson.partial");
}

/* A part that is whole and has its manifest, but came from elsewhere. */
static void add_unnamed_part(void)
{
    struct arena arena;
    char to[FIXTURE_PATH];
    arena_init(&arena, 4 << 20);
    static const enum file_kind kinds[] = {FILE_PART, FILE_MANIFEST};
    char path[FIXTURE_PATH], stem[FILE_STEM_SIZE], name[FILE_NAME_SIZE];
    snprintf(path, sizeof path, "%s", path_of(ANALYTICS, FILE_PART));
    layout_kind(strrchr(path, '/') + 1, stem, NULL);
    for (int i = 0; i < 2; i++) {
        layout_name(kinds[i], stem, name);
        snprintf(path, sizeof path, "%s/" ANALYTICS "/%s", fixture.root, name);
        layout_name(kinds[i], "00112233445566778899aabbccddeeff", name);
        snprintf(to, sizeof to, "%s/" ANALYTICS "/%s", fixture.root, name);
        write_text(to, read_text(path, &arena));
    }
    arena_release(&arena);
}

static void move_part_to_another(void)
{
    static const enum file_kind kinds[] = {FILE_PART, FILE_MANIFEST};
    char from[FIXTURE_PATH], to[FIXTURE_PATH], stem[FILE_STEM_SIZE], name[FILE_NAME_SIZE];
    layout_kind(strrchr(path_of(ANALYTICS, FILE_PART), '/') + 1, stem, NULL);
    for (int i = 0; i < 2; i++) {
        layout_name(kinds[i], stem, name);
        snprintf(from, sizeof from, "%s/" ANALYTICS "/%s", fixture.root, name);
        snprintf(to, sizeof to, "%s/" LAYOUT_RECIPIENTS "/research/%s", fixture.root, name);
        assert_int_equal(rename(from, to), 0);
    }
}

static void remove_quarantine(void)
{
    assert_int_equal(unlink(path_of(LAYOUT_QUARANTINE, FILE_QUARANTINE)), 0);
}

static void change_quarantine(void)
{
    replace(path_of(LAYOUT_QUARANTINE, FILE_QUARANTINE), "\"offset\":", "\"offset\":1");
}

static void break_quarantine(void)
{
    replace(path_of(LAYOUT_QUARANTINE, FILE_QUARANTINE), "\"key\"", "\"kee\"");
}

static void change_audit(void)
{
    replace(fixture.audit_path, "\"lane\":0", "\"lane\":1");
}

static void remove_audit_entry(void)
{
    struct arena arena;
    arena_init(&arena, 4 << 20);
    struct slice text = read_text(fixture.audit_path, &arena);
    slice_cut(&text, '\n');
    write_text(fixture.audit_path, text);
    arena_release(&arena);
}

static void cut_audit(void)
{
    struct stat status;
    assert_int_equal(stat(fixture.audit_path, &status), 0);
    assert_int_equal(truncate(fixture.audit_path, status.st_size - 10), 0);
}

static void open_private(void)
{
    char path[FIXTURE_PATH];
    snprintf(path, sizeof path, "%s/" LAYOUT_PRIVATE, fixture.root);
    assert_int_equal(chmod(path, 0750), 0);
}

static void nothing(void)
{
}

static void test_damage_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        void (*damage)(void);
        const char *findings[3]; /* all of them are there */
    } cases[] = {
        {"nothing", nothing, {NULL}},
        {"remove_part", remove_part, {"a manifest without its part", "which is not there"}},
        {"remove_manifest", remove_manifest, {"manifest cannot be read"}},
        {"change_part",
         change_part,
         {"cannot be read as rows", "checksum is not its manifest's",
          "checksum is not the audit's"}},
        {"change_end_of_part",
         change_end_of_part,
         {"cannot be read as rows", "checksum is not its manifest's"}},
        {"cut_part", cut_part, {"last frame or row is not whole", "stored bytes, but"}},
        {"empty_part", empty_part, {"last frame or row is not whole", "0 rows, but"}},
        {"bad row", part_with_a_bad_row, {"row 2 is not a JSON object", "2 rows, but"}},
        {"array", part_with_an_array, {"row 2 is not a JSON object"}},
        {"half a row", part_with_half_a_row, {"last frame or row is not whole"}},
        {"change_rows_of_manifest", change_rows_of_manifest, {"rows, but its manifest says"}},
        {"change_label", change_label, {"no manifest, or was changed"}},
        {"change_recipient", change_recipient, {"names another recipient"}},
        {"add_member", add_member, {"no manifest, or was changed"}},
        {"break_manifest", break_manifest, {"no manifest, or was changed"}},
        {"link", link_in_place_of_part, {"cannot be read: not permitted"}},
        {"add_stray", add_stray, {"analytics/notes?[31m.txt: this does not belong here"}},
        {"add_stray_in_root", add_stray_in_root, {"notes.txt: this does not belong here"}},
        {"add_stray_in_private", add_stray_in_private, {"audit.ndjson.old: this does not belong"}},
        {"add_temporary", add_temporary, {"a temporary file was left over"}},
        {"quarantine", add_temporary_quarantine, {"a temporary file was left over"}},
        {"add_unnamed_part", add_unnamed_part, {"the audit does not name it"}},
        {"move_part_to_another",
         move_part_to_another,
         {"its manifest names another recipient", "names it for another recipient"}},
        {"remove_quarantine", remove_quarantine, {"which is not there"}},
        {"change_quarantine", change_quarantine, {"its checksum is not the audit's"}},
        {"break_quarantine", break_quarantine, {"line 1 is no sealed record"}},
        {"change_audit", change_audit, {"entry 1 was changed, removed or added"}},
        {"remove_audit_entry", remove_audit_entry, {"entry 1 was changed", "does not name it"}},
        {"cut_audit", cut_audit, {"its end is missing"}},
        {"open_private", open_private, {"others than its owner can open it (mode 750)"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verify_report report;
        fixture_release(&fixture);
        set_up(NULL);
        cases[i].damage();
        const char *findings = fixture_verify(fixture.root, NULL, &report);
        assert_int_equal(report.findings > 0, cases[i].findings[0] != NULL);
        for (int j = 0; j < 3 && cases[i].findings[j]; j++)
            if (!strstr(findings, cases[i].findings[j]))
                fail_msg("%s: expected \"%s\" in\n%s", cases[i].name, cases[i].findings[j],
                         findings);
        char moved[FIXTURE_PATH];
        snprintf(moved, sizeof moved, "%s.moved", fixture.root);
        unlink(moved);
    }
}

static void test_clean_tree(void **state)
{
    (void)state;
    struct verify_report report;
    char path[FIXTURE_PATH];
    assert_string_equal(fixture_verify(fixture.root, NULL, &report), "");
    assert_int_equal(report.parts, 8);
    assert_int_equal(report.rows, 120);
    assert_int_equal(report.quarantined, 2);
    assert_int_equal(report.audit_entries, 3);
    assert_int_equal(report.findings, 0);
    assert_int_equal(report.audit, RC_OK);
    /* One recipient's directory, by itself and held against the audit. */
    snprintf(path, sizeof path, "%s/" ANALYTICS, fixture.root);
    assert_string_equal(fixture_verify(path, NULL, &report), "");
    assert_int_equal(report.parts, 4);
    assert_int_equal(report.audit, RC_NOT_FOUND);
    assert_string_equal(fixture_verify(path, fixture.audit_path, &report), "");
    assert_int_equal(report.audit, RC_OK);
    assert_int_equal(unlink(path_of(ANALYTICS, FILE_PART)), 0);
    assert_non_null(strstr(fixture_verify(path, fixture.audit_path, &report), "not there"));
    assert_non_null(
        strstr(fixture_verify(path, "/tmp/lethe-no-such-audit", &report), "audit: cannot be read"));
}

/* What is no audit is said once, not held against every part. */
static void test_audit_that_cannot_be_read(void **state)
{
    (void)state;
    struct verify_report report;
    const char *findings = fixture_verify(fixture.root, fixture.root, &report);
    assert_int_equal(report.findings, 1);
    assert_non_null(strstr(findings, "audit: cannot be read"));
}

/* A recipient's files elsewhere, under another name. */
static void test_moved_directory(void **state)
{
    (void)state;
    struct verify_report report;
    char from[FIXTURE_PATH], to[FIXTURE_PATH];
    snprintf(from, sizeof from, "%s/" ANALYTICS, fixture.root);
    snprintf(to, sizeof to, "%s/moved", fixture.root);
    assert_int_equal(rename(from, to), 0);
    assert_string_equal(fixture_verify(to, NULL, &report), "");
    assert_int_equal(report.parts, 4);
    assert_string_equal(fixture_verify(to, fixture.audit_path, &report), "");
}

static void test_no_room_for_findings(void **state)
{
    (void)state;
    struct verify_report report;
    struct buffer out;
    remove_part();
    add_stray();
    for (size_t limit = 0; limit < 300; limit++) {
        buffer_init(&out, limit);
        assert_int_equal(verify_directory(fixture.root, NULL, &report, &out), RC_OK);
        assert_true(report.findings >= 2);
        assert_true(out.length == 0 || out.data[out.length - 1] == '\n');
        buffer_release(&out);
    }
    assert_int_equal(verify_directory("/tmp/lethe-no-such-root", NULL, &report, &out),
                     RC_NOT_FOUND);
}

/* Writes publications that cover these ranges of lines, and gives the findings. */
static const char *findings_of_ranges(const int64_t (*ranges)[2], size_t count)
{
    static struct verify_report report;
    fixture_release(&fixture);
    fixture_init(&fixture);
    fixture_open(&fixture);
    for (size_t i = 0; i < count; i++) {
        for (int64_t line = ranges[i][0]; line <= ranges[i][1]; line++)
            assert_int_equal(batch_cover(&fixture.batch, 0, 3, line, line, fixture_now), RC_OK);
        assert_int_equal(batch_cover(&fixture.batch, 1, 3, (int64_t)i, (int64_t)i, fixture_now),
                         RC_OK);
        assert_int_equal(fixture_commit(&fixture, fixture_now), RC_OK);
        assert_int_equal(
            sink_finish(fixture.sink, &(struct commit_context){.now = fixture_now}, NULL), RC_OK);
    }
    fixture_finish(&fixture);
    return fixture_verify(fixture.root, NULL, &report);
}

static void test_ranges_tile(void **state)
{
    (void)state;
    static const struct {
        int64_t ranges[3][2];
        const char *findings;
    } cases[] = {
        {{{1, 10}, {11, 20}, {21, 30}}, ""},
        {{{21, 30}, {1, 10}, {11, 20}}, ""}, /* lanes do not go in order */
        {{{1, 10}, {12, 20}, {21, 30}},
         "audit: input 0 partition 3: records 11 to 11 are in no publication\n"},
        {{{1, 10}, {11, 20}, {24, 30}},
         "audit: input 0 partition 3: records 21 to 23 are in no publication\n"},
        {{{1, 10}, {10, 20}, {21, 30}},
         "audit: input 0 partition 3: records 10 to 10 are in two publications\n"},
        {{{1, 30}, {5, 6}, {31, 40}},
         "audit: input 0 partition 3: records 5 to 6 are in two publications\n"},
        {{{1, 10}, {1, 10}, {11, 30}},
         "audit: input 0 partition 3: records 1 to 10 are in two publications\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(findings_of_ranges(cases[i].ranges, 3), cases[i].findings);
}

/* An entry that names a file by a path must not lead verify out of DIR. */
static void test_hostile_entries(void **state)
{
    (void)state;
    static const char *const entries[] = {
        ("\"parts\":[{\"recipient\":\"..\",\"schema\":\"x\",\"file\":"
         "\"00112233445566778899aabbccddeeff"
         ".ndjson.zst\",\"checksum\":\"xxh3-128:00112233445566778899aabbccddeeff\",\"rows\":1,"
         "\"bytes\":1,\"stored_bytes\":1,\"key_epochs\":[]}],\"quarantine\":null,\"input\":[]"),
        ("\"parts\":[{\"recipient\":\"a\",\"schema\":\"x\",\"file\":\"../../etc/"
         "passwd\",\"checksum\":"
         "\"xxh3-128:00112233445566778899aabbccddeeff\",\"rows\":1,\"bytes\":1,\"stored_bytes\":1}]"
         ","
         "\"quarantine\":null,\"input\":[]"),
        "\"parts\":{},\"quarantine\":null,\"input\":[]",
        "\"parts\":[],\"input\":[]",
        "\"parts\":[],\"quarantine\":{\"file\":\"x\"},\"input\":[]",
        "\"parts\":[],\"quarantine\":null,\"input\":[{}]",
        ("\"parts\":[],\"quarantine\":null,"
         "\"input\":[{\"origin\":0,\"partition\":0,\"ranges\":[[2,1]]}]"),
        ("\"parts\":[],\"quarantine\":null,"
         "\"input\":[{\"origin\":0,\"partition\":0,\"ranges\":[[2]]}]"),
        "\"parts\":[],\"quarantine\":null",
        "\"parts\":[1,null,\"x\"],\"quarantine\":null,\"input\":[]",
    };
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        struct verify_report report;
        fixture_release(&fixture);
        fixture_init(&fixture);
        fixture_open(&fixture);
        assert_int_equal(
            audit_append(fixture.audit, "publication", slice_from_string(entries[i]), fixture_now),
            RC_OK);
        fixture_finish(&fixture);
        assert_string_equal(fixture_verify(fixture.root, NULL, &report),
                            "audit: entry 1 is no publication\n");
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_clean_tree),           TEST(test_damage_is_found),
        TEST(test_moved_directory),      TEST(test_audit_that_cannot_be_read),
        TEST(test_no_room_for_findings), TEST(test_ranges_tile),
        TEST(test_hostile_entries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
