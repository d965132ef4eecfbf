#include "sink/audit_export.h"

#include <fcntl.h>

#include "sink/covered.h"
#include "sink/publication.h"
#include "tests/sink/fixture.h"

static struct fixture fixture;
static struct audit_chain chains[2];
static FILE *export;
static char path[FIXTURE_PATH];
static struct buffer line;

static int set_up(void **state)
{
    (void)state;
    fixture_init(&fixture);
    audit_chain_begin(&chains[0], SLICE("lane.0"));
    audit_chain_begin(&chains[1], SLICE("lane.1"));
    snprintf(path, sizeof path, "%s/export", fixture.root);
    export = fopen(path, "w");
    buffer_init(&line, AUDIT_LINE_LIMIT);
    return export ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    if (export)
        fclose(export);
    buffer_release(&line);
    fixture_release(&fixture);
    return 0;
}

static void compose(unsigned chain, const char *event, struct slice members)
{
    char hash[AUDIT_HASH_SIZE];
    assert_int_equal(audit_line_compose(&chains[chain], event, members, fixture_now, &line, hash),
                     RC_OK);
    audit_chain_advance(&chains[chain], hash);
}

static void write_line(void)
{
    fprintf(export, "%.*s\n", SLICE_FORMAT(buffer_slice(&line)));
}

/* As kafka_sink writes it; offsets of partition 0. */
static void publish(unsigned chain, const char *group, int64_t first, int64_t last)
{
    struct buffer members;
    struct input_range range = {.first = first, .last = last};
    struct epoch_set epochs = {0};
    const uint64_t consent[2] = {1, 2};
    const int64_t offsets[2] = {1, 2};
    struct publication_topic topic = {.recipient = SLICE("analytics"),
                                      .schema = SLICE("click"),
                                      .topic = "clean",
                                      .rows = 1,
                                      .epochs = &epochs};
    struct publication_quarantine sealed = {.topic = "quarantine", .records = 1};
    struct publication_context context = {.group = slice_from_string(group),
                                          .policy = SLICE("default"),
                                          .consent_offsets = {offsets, offsets},
                                          .consent_partitions = {2, 2}};
    sealed.by_reason[QUARANTINE_NONE + 1] = 1;
    buffer_init(&members, 1 << 16);
    publication_begin(&members, chain);
    publication_add_quarantine(&members, chain ? &sealed : NULL);
    publication_end(&members, &range, 1, fixture.origins, consent);
    publication_begin_topics(&members);
    publication_add_topic(&members, &topic);
    publication_add_topic(&members, &topic);
    publication_end_topics(&members, &context);
    assert_int_equal(buffer_status(&members), RC_OK);
    compose(chain, PUBLICATION_EVENT, buffer_slice(&members));
    buffer_release(&members);
}

static const char *verify(struct verify_report *report)
{
    char directory[FIXTURE_PATH];
    fclose(export);
    export = NULL;
    snprintf(directory, sizeof directory, "%s/" LAYOUT_RECIPIENTS "/research", fixture.root);
    return fixture_verify(directory, path, report);
}

static void test_chains_among_each_other(void **state)
{
    (void)state;
    struct verify_report report;
    for (unsigned i = 0; i < 2; i++) {
        compose(i, "chain_begins", SLICE("\"group\":\"g\""));
        write_line();
    }
    for (int64_t at = 0; at < 100; at += 10) {
        publish((unsigned)(at / 10 % 3 == 0), "g", at, at + 9);
        write_line();
    }
    publish(0, "other", 5, 7); /* another group reads the same */
    write_line();
    assert_string_equal(verify(&report), "");
    assert_int_equal(report.audit, RC_OK);
    assert_int_equal(report.audit_entries, 13);
}

static void test_retention_has_cut_the_front(void **state)
{
    (void)state;
    struct verify_report report;
    publish(0, "g", 0, 9); /* not in the export */
    for (int64_t at = 10; at < 50; at += 10) {
        publish(0, "g", at, at + 9);
        write_line();
    }
    assert_string_equal(verify(&report), "");
}

static void test_gaps_and_overlaps(void **state)
{
    (void)state;
    struct verify_report report;
    publish(0, "g", 0, 9);
    write_line();
    publish(1, "g", 12, 19);
    write_line();
    publish(0, "g", 18, 30);
    write_line();
    assert_string_equal(
        verify(&report),
        "audit: group g topic day.ndjson partition 0: offsets 10 to 11 are in no publication\n"
        "audit: group g topic day.ndjson partition 0: offsets 18 to 19 are in two publications\n");
}

static void test_an_entry_is_missing(void **state)
{
    (void)state;
    struct verify_report report;
    publish(0, "g", 0, 9);
    write_line();
    publish(0, "g", 10, 19);
    publish(0, "g", 20, 29);
    write_line();
    assert_non_null(strstr(verify(&report), "audit: entry 2 was changed, removed or added\n"));
    assert_int_equal(report.audit, RC_CORRUPT);
}

static void test_a_second_beginning(void **state)
{
    (void)state;
    struct verify_report report;
    publish(0, "g", 0, 9);
    write_line();
    audit_chain_begin(&chains[0], SLICE("lane.0"));
    compose(0, "chain_begins", SLICE("\"group\":\"g\""));
    write_line();
    assert_non_null(strstr(verify(&report), "audit: entry 2 was changed, removed or added\n"));
}

static void test_half_a_line(void **state)
{
    (void)state;
    struct verify_report report;
    publish(0, "g", 0, 9);
    write_line();
    publish(0, "g", 10, 19);
    fprintf(export, "%.*s", 100, line.data);
    assert_string_equal(verify(&report), "audit: its end is missing\n");
}

static void test_a_file_is_no_export(void **state)
{
    (void)state;
    struct verify_report report;
    audit_chain_begin(&chains[0], (struct slice){0});
    compose(0, "start", (struct slice){0});
    write_line();
    assert_string_equal(verify(&report), "audit: its end is missing\n");
    assert_false(audit_is_export(path));
}

/* A part that the audit names is there, and one that it does not name is found. */
static void test_parts(void **state)
{
    (void)state;
    struct verify_report report;
    struct part_set set;
    struct part_set_options options = {.description = &fixture.description};
    struct buffer members;
    const uint64_t consent[2] = {0, 0};
    struct publication_context context = {.group = SLICE("g"), .policy = SLICE("default")};
    int directory;
    assert_int_equal(part_set_init(&set, &options), RC_OK);
    assert_int_equal(layout_open(fixture.root, LAYOUT_RECIPIENTS "/research", &directory), RC_OK);
    part_set_direct(&set, 1, directory);
    buffer_init(&members, 1 << 16);
    for (int named = 1; named >= 0; named--) {
        fixture_fill(&fixture, 2);
        assert_int_equal(part_set_take(&set, &fixture.batch), RC_OK);
        assert_int_equal(part_set_prepare(&set, fixture_now), RC_OK);
        buffer_reset(&members);
        publication_begin(&members, 0);
        part_set_describe(&set, &members);
        publication_add_quarantine(&members, NULL);
        publication_end(&members, fixture.batch.ranges, fixture.batch.range_count, fixture.origins,
                        consent);
        publication_begin_topics(&members);
        publication_end_topics(&members, &context);
        if (named) {
            compose(0, PUBLICATION_EVENT, buffer_slice(&members));
            write_line();
        }
        assert_int_equal(part_set_publish(&set), RC_OK);
        batch_reset(&fixture.batch);
    }
    buffer_release(&members);
    part_set_release(&set);
    const char *findings = verify(&report);
    assert_non_null(strstr(findings, "the audit does not name it"));
    assert_int_equal(report.findings, 2); /* clicks 4, crash 3: two parts more */
    assert_int_equal(report.audit, RC_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_chains_among_each_other), TEST(test_retention_has_cut_the_front),
        TEST(test_gaps_and_overlaps),       TEST(test_an_entry_is_missing),
        TEST(test_a_second_beginning),      TEST(test_half_a_line),
        TEST(test_a_file_is_no_export),     TEST(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
