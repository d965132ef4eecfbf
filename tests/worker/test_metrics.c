/*
 * The metrics page: its text, held to a golden file; that it is what a Prometheus server can read;
 * and that counters go on over a restart and a reload. LETHE_UPDATE=1 writes golden text and the
 * reference page anew.
 */
#include "tests/worker/run_fixture.h"

#include "core/file.h"
#include "sink/kafka_sink.h"
#include "worker/metrics.h"

#define GOLDEN LETHE_SOURCE_DIR "/tests/worker/expected/metrics.txt"
#define PAGE   LETHE_SOURCE_DIR "/docs/reference/metrics.md"

static void render(struct run_status *status, struct buffer *out)
{
    struct run_snapshot snapshot;
    assert_int_equal(run_snapshot_take(status, &snapshot), RC_OK);
    /* What differs from run to run. */
    snapshot.resident_bytes = 1048576;
    snapshot.cpu_ns = 2500000000;
    buffer_init(out, METRICS_LIMIT);
    metrics_write(&snapshot, out);
    assert_int_equal(buffer_status(out), RC_OK);
    run_snapshot_release(&snapshot);
}

static void check_file(const char *path, const struct buffer *text)
{
    struct arena arena;
    struct slice expected;
    arena_init(&arena, METRICS_LIMIT + 4096);
    if (getenv("LETHE_UPDATE"))
        assert_int_equal(file_write_atomically(path, buffer_slice(text), 0644, true), RC_OK);
    assert_int_equal(file_read(path, METRICS_LIMIT, &arena, &expected), RC_OK);
    assert_int_equal(expected.length, text->length);
    assert_memory_equal(expected.data, text->data, expected.length);
    arena_release(&arena);
}

static bool has_line(const struct buffer *text, const char *line)
{
    struct slice rest = buffer_slice(text);
    while (rest.length > 0) {
        if (slice_equal(slice_cut(&rest, '\n'), slice_from_string(line)))
            return true;
    }
    return false;
}

static void text_is_golden(void **state)
{
    (void)state;
    struct run_fixture fixture;
    struct buffer text;
    fixture_open(&fixture);
    fixture_fill(&fixture);
    render(fixture.status, &text);
    check_file(GOLDEN, &text);
    buffer_release(&text);
    fixture_close(&fixture);
}

static void page_is_current(void **state)
{
    (void)state;
    struct buffer page;
    buffer_init(&page, METRICS_LIMIT);
    metrics_write_reference(&page);
    assert_int_equal(buffer_status(&page), RC_OK);
    check_file(PAGE, &page);
    buffer_release(&page);
}

/* A reader of the exposition format that knows no more than its manual: every line is a comment of
 * two kinds or a sample of the metric last named; nothing twice. */
static void expect_readable(const struct buffer *text)
{
    struct slice rest = buffer_slice(text);
    struct slice metric = {0};
    while (rest.length > 0) {
        struct slice line = slice_cut(&rest, '\n');
        if (slice_starts_with(line, SLICE("# HELP "))) {
            metric = slice_tail(line, 7);
            metric = slice_head(metric, slice_find_byte(metric, ' '));
            continue;
        }
        if (slice_starts_with(line, SLICE("# TYPE "))) {
            assert_true(slice_starts_with(slice_tail(line, 7), metric));
            continue;
        }
        assert_true(metric.length > 0 && slice_starts_with(line, metric));
        bool quoted = false;
        size_t space = 0;
        for (size_t i = 0; i < line.length; i++) {
            unsigned char c = (unsigned char)line.data[i];
            assert_true(c >= ' ' && c != 0x7f);
            if (c == '\\') {
                assert_true(quoted);
                i++;
                assert_non_null(strchr("\\\"n", line.data[i]));
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ' ' && !quoted) {
                assert_int_equal(space, 0);
                space = i;
            }
        }
        assert_false(quoted);
        struct slice value = slice_tail(line, space + 1);
        assert_true(value.length > 0);
        for (size_t i = 0; i < value.length; i++)
            assert_non_null(strchr("0123456789.", value.data[i]));
        /* No second sample of the same name and labels. */
        struct slice series = slice_head(line, space + 1);
        for (struct slice after = rest; after.length > 0;)
            assert_false(slice_starts_with(slice_cut(&after, '\n'), series));
    }
}

static void every_name_is_escaped(void **state)
{
    (void)state;
    struct run_fixture fixture = {0};
    struct buffer text;
    static const struct slice topics[] = {{"a\"b", 3}, {"c\\d", 3}};
    fixture_configuration(&fixture);
    fixture.policy.name = SLICE("x\"} 1\nlethe_ready 1\n");
    fixture.configuration.recipients[0].name = SLICE("\xE2\x80\xAEterces");
    fixture.configuration.recipients[1].name = SLICE("\xff\x00\x1b[2J");
    fixture.click.name = SLICE("\\");
    struct run_status_options options = {
        &fixture.configuration, topics, 2, {0}, {0}, SLICE("\"\n"), "0.1.0", 2,
        {true, NOON * 1000LL}};
    assert_int_equal(run_status_new(&options, &fixture.status), RC_OK);
    fixture_fill(&fixture);
    render(fixture.status, &text);
    expect_readable(&text);
    assert_true(has_line(&text, "lethe_policy_info{policy=\"x\\\"} 1\\\\u000alethe_ready "
                                "1\\\\u000a\",version=\"7\"} 1"));
    assert_true(has_line(&text, "lethe_rows_total{recipient=\"\\\\u202eterces\"} 60"));
    assert_true(has_line(&text, "lethe_schema_records_total{schema=\"\\\\\"} 90"));
    buffer_release(&text);
    fixture_close(&fixture);
}

static void a_fresh_worker_is_readable_and_not_ready(void **state)
{
    (void)state;
    struct run_fixture fixture;
    struct buffer text;
    fixture_open(&fixture);
    render(fixture.status, &text);
    expect_readable(&text);
    assert_true(has_line(&text, "lethe_ready 0"));
    assert_true(has_line(&text, "lethe_consent_state{state=\"loading\"} 1"));
    assert_true(has_line(&text, "lethe_lane_state{lane=\"1\",state=\"starting\"} 1"));
    assert_true(has_line(&text, "lethe_transactions_aborted_total{class=\"fatal\"} 0"));
    buffer_release(&text);
    fixture_close(&fixture);
}

static void expect_ready(struct run_status *status, const char *why)
{
    struct buffer text;
    buffer_init(&text, 1024);
    assert_true(run_status_is_ready(status, &text) == (why == NULL));
    buffer_append_byte(&text, '\0');
    assert_string_equal(text.data, why ? why : "");
    buffer_release(&text);
}

static void readiness_asks_process_consent_and_lanes(void **state)
{
    (void)state;
    struct run_fixture fixture;
    fixture_open(&fixture);
    struct run_status *status = fixture.status;
    expect_ready(status, "the worker is starting");
    run_status_ready(status, NULL);
    expect_ready(status, run_consent_state_sentence(RUN_CONSENT_LOADING));
    struct run_consent consent = {.state = RUN_CONSENT_STALE, .sentence = "stale for a reason"};
    run_status_consent(status, &consent, NULL, 0);
    expect_ready(status, "stale for a reason");
    consent.state = RUN_CONSENT_FRESH;
    run_status_consent(status, &consent, NULL, 0);
    run_status_lane_state(status, 0, RUN_LANE_RUNNING, NULL);
    run_status_lane_state(status, 1, RUN_LANE_HALTED, "the tripwire found something");
    expect_ready(status, "lane 1: the tripwire found something");
    run_status_lane_state(status, 1, RUN_LANE_RUNNING, NULL);
    expect_ready(status, NULL);
    for (int other = 0; other < RUN_LANE_STATE_COUNT; other++) {
        char why[256];
        snprintf(why, sizeof why, "lane 0: %s",
                 run_lane_state_sentence((enum run_lane_state)other));
        run_status_lane_state(status, 0, (enum run_lane_state)other, NULL);
        expect_ready(status, other == RUN_LANE_RUNNING ? NULL : why);
    }
    fixture_close(&fixture);
}

static void a_block_is_counted_where_it_begins(void **state)
{
    (void)state;
    struct run_fixture fixture;
    struct buffer text;
    struct run_consent consent = {.state = RUN_CONSENT_BLOCKED};
    fixture_open(&fixture);
    run_status_consent(fixture.status, &consent, NULL, 0);
    run_status_consent(fixture.status, &consent, NULL, 0);
    render(fixture.status, &text);
    assert_true(has_line(&text, "lethe_consent_blocks_total 1"));
    assert_true(has_line(&text, "lethe_consent_blocked{cause=\"key\"} 1"));
    buffer_release(&text);
    consent.state = RUN_CONSENT_FRESH;
    run_status_consent(fixture.status, &consent, NULL, 0);
    consent.state = RUN_CONSENT_BLOCKED;
    consent.counts.full = 1;
    run_status_consent(fixture.status, &consent, NULL, 0);
    render(fixture.status, &text);
    assert_true(has_line(&text, "lethe_consent_blocks_total 2"));
    assert_true(has_line(&text, "lethe_consent_blocked{cause=\"key\"} 0"));
    assert_true(has_line(&text, "lethe_consent_blocked{cause=\"full\"} 1"));
    buffer_release(&text);
    fixture_close(&fixture);
}

/* The caller's memory is not looked at again, and a long sentence is cut between characters. */
static void sentences_are_copied(void **state)
{
    (void)state;
    struct run_fixture fixture;
    char text[RUN_SENTENCE_LIMIT + 100];
    char expected[RUN_SENTENCE_LIMIT];
    fixture_open(&fixture);
    memset(text, 'a', sizeof text);
    memcpy(text + RUN_SENTENCE_LIMIT - 2, "\xE2\x80\xA6", 3);
    text[sizeof text - 1] = '\0';
    memset(expected, 'a', sizeof expected);
    expected[RUN_SENTENCE_LIMIT - 2] = '\0';
    run_status_ready(fixture.status, text);
    memset(text, 'b', sizeof text - 1);
    expect_ready(fixture.status, expected);
    fixture_close(&fixture);
}

/* After a reload source and sink go on counting, unless they did not. */
static void source_and_sink_go_on(void **state)
{
    (void)state;
    struct run_fixture fixture;
    struct buffer text;
    struct run_transactions transactions = {0};
    struct run_client client = {.rewinds = 5, .producers_replaced = 4};
    struct run_delivery delivered[2] = {{10, 1000, 1, 0, 0, 0}, {20, 2000, 2, 0, 0, 0}};
    fixture_open(&fixture);
    struct run_status *status = fixture.status;
    transactions.by_outcome[RUN_COMMITTED] = 7;
    transactions.by_outcome[RUN_ABORTED_FILES] = 2;
    assert_int_equal(run_status_lane_began(status, 0, &fixture.configuration), RC_OK);
    run_status_lane_transactions(status, 0, &transactions, &client);
    run_status_lane_delivered(status, 0, delivered, 2);
    run_status_transaction(status, 0, 5, RUN_ABORTED_TRIPWIRE);
    assert_int_equal(run_status_lane_changed(status, 0, &fixture.configuration), RC_OK);
    transactions.by_outcome[RUN_COMMITTED] = 9;
    client.rewinds = 1; /* began anew all the same */
    delivered[0].rows = 13;
    delivered[1].rows = 4;
    run_status_lane_transactions(status, 0, &transactions, &client);
    run_status_lane_transactions(status, 0, &transactions, &client);
    run_status_lane_delivered(status, 0, delivered, 2);
    render(status, &text);
    assert_true(has_line(&text, "lethe_transactions_committed_total 9"));
    assert_true(has_line(&text, "lethe_transactions_aborted_total{class=\"files\"} 2"));
    assert_true(has_line(&text, "lethe_transactions_aborted_total{class=\"tripwire\"} 1"));
    assert_true(has_line(&text, "lethe_rewinds_total 6"));
    assert_true(has_line(&text, "lethe_producers_replaced_total 4"));
    assert_true(has_line(&text, "lethe_delivered_rows_total{recipient=\"analytics\"} 13"));
    assert_true(has_line(&text, "lethe_delivered_rows_total{recipient=\"archive\"} 24"));
    buffer_release(&text);
    fixture_close(&fixture);
}

/* The lane begins anew, and a reload turns the recipients and schemas around. */
static void counters_go_on(void **state)
{
    (void)state;
    struct run_fixture fixture, turned = {0};
    struct buffer text;
    struct lane_counts *counts = fixture_counts();
    fixture_open(&fixture);
    fixture_fill(&fixture);
    struct run_status *status = fixture.status;
    run_status_lane_state(status, 0, RUN_LANE_RESTARTING, NULL);
    run_status_lane_state(status, 0, RUN_LANE_RESTARTING, NULL);
    assert_int_equal(run_status_lane_began(status, 0, &fixture.configuration), RC_OK);
    run_status_lane_committed(status, 0, counts);
    fixture_configuration(&turned);
    struct recipient first = turned.configuration.recipients[0];
    turned.configuration.recipients[0] = turned.configuration.recipients[1];
    turned.configuration.recipients[1] = first;
    turned.configuration.schemas[0] = &turned.crash;
    turned.configuration.schemas[1] = &turned.click;
    turned.policy.version = 8;
    assert_int_equal(run_status_generation(status, &turned.configuration, 2), RC_OK);
    render(status, &text);
    expect_readable(&text);
    assert_true(has_line(&text, "lethe_input_records_total 200"));
    assert_true(has_line(&text, "lethe_rows_total{recipient=\"analytics\"} 120"));
    assert_true(has_line(&text, "lethe_rows_total{recipient=\"archive\"} 196"));
    assert_true(has_line(&text, "lethe_schema_records_total{schema=\"click\"} 180"));
    assert_true(has_line(&text, "lethe_denials_total{schema=\"click\",field=\"user_id\","
                                "role=\"subject\",reason=\"withdrawn\"} 60"));
    assert_true(has_line(&text, "lethe_delivered_bytes_total{recipient=\"archive\"} 23456"));
    assert_true(has_line(&text, "lethe_lane_restarts_total{lane=\"0\"} 1"));
    assert_true(has_line(&text, "lethe_lane_records_total{lane=\"0\"} 200"));
    assert_true(has_line(&text, "lethe_policy_info{policy=\"default\",version=\"8\"} 1"));
    buffer_release(&text);

    /* The lane has changed over: its numbers are now those of the turned configuration. */
    assert_int_equal(run_status_lane_began(status, 0, &turned.configuration), RC_OK);
    struct lane_counts *after = calloc(1, sizeof *after);
    assert_non_null(after);
    after->recipients[0].rows = 1000; /* archive */
    run_status_lane_committed(status, 0, after);
    render(status, &text);
    assert_true(has_line(&text, "lethe_rows_total{recipient=\"archive\"} 1196"));
    assert_true(has_line(&text, "lethe_rows_total{recipient=\"analytics\"} 120"));
    buffer_release(&text);
    free(after);
    free(counts);
    fixture_close(&fixture);
}

static void poison_stays_in_the_totals(void **state)
{
    (void)state;
    struct run_fixture fixture;
    struct buffer text;
    struct run_partition at = {1, 3, 7, 9, 2, 5};
    fixture_open(&fixture);
    run_status_partitions(fixture.status, 0, &at, 1);
    at.poison = 3;
    at.poison_offset = -1;
    run_status_partitions(fixture.status, 0, &at, 1);
    run_status_partitions(fixture.status, 0, &at, 1);
    run_status_partitions(fixture.status, 0, NULL, 0);
    at.poison = 1; /* the other lane counts from its own beginning */
    at.poison_offset = 8;
    run_status_partitions(fixture.status, 1, &at, 1);
    render(fixture.status, &text);
    assert_true(has_line(&text, "lethe_poison_total{topic=\"events.crash\",partition=\"3\"} 4"));
    assert_true(has_line(&text, "lethe_poison_offset{topic=\"events.crash\",partition=\"3\"} 8"));
    buffer_release(&text);
    fixture_close(&fixture);
}

static void too_many_partitions_are_counted(void **state)
{
    (void)state;
    enum { MANY = RUN_PARTITION_LIMIT + 10 };
    struct run_fixture fixture;
    struct buffer text;
    struct run_partition *many = calloc(MANY, sizeof *many);
    assert_non_null(many);
    for (int32_t i = 0; i < MANY; i++)
        many[i] = (struct run_partition){0, i, 1, 2, 1, 1};
    fixture_open(&fixture);
    run_status_partitions(fixture.status, 0, many, MANY);
    run_status_partitions(fixture.status, 1, many, 5);
    render(fixture.status, &text);
    assert_true(has_line(&text, "lethe_partitions_unlisted 15"));
    buffer_release(&text);
    free(many);
    fixture_close(&fixture);
}

/* The sink's histogram is taken over as it is. */
static void buckets_are_the_sinks(void **state)
{
    (void)state;
    assert_int_equal(KAFKA_SINK_BUCKETS, RUN_LATENCY_COUNT + 1);
    for (size_t i = 0; i < RUN_LATENCY_COUNT; i++)
        assert_int_equal(run_latency_bounds[i], kafka_sink_bucket_ms[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_golden),
        cmocka_unit_test(page_is_current),
        cmocka_unit_test(every_name_is_escaped),
        cmocka_unit_test(a_fresh_worker_is_readable_and_not_ready),
        cmocka_unit_test(readiness_asks_process_consent_and_lanes),
        cmocka_unit_test(sentences_are_copied),
        cmocka_unit_test(a_block_is_counted_where_it_begins),
        cmocka_unit_test(source_and_sink_go_on),
        cmocka_unit_test(counters_go_on),
        cmocka_unit_test(poison_stays_in_the_totals),
        cmocka_unit_test(too_many_partitions_are_counted),
        cmocka_unit_test(buckets_are_the_sinks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
