/* The Kafka sink on a real broker: what a commit makes visible, and what nothing else does. */
#include <signal.h>

#include "tests/kafka/sink_fixture.h"

static struct sink_fixture fixture;

static int set_up(void **state)
{
    (void)state;
    sink_fixture_init(&fixture);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sink_fixture_release(&fixture);
    return 0;
}

static void add_sealed(const char *bytes, size_t length)
{
    struct buffer *all = &fixture.batch.sealed_bytes;
    size_t before = all->length;
    buffer_append(all, slice_of(bytes, length));
    struct sealed_record sealed = {.sealed = slice_of(all->data + before, length),
                                   .reason = "malformed",
                                   .source = slice_from_string(fixture.events),
                                   .offset = fixture.next,
                                   .time = time_floor(fixture.now, TIME_HOUR),
                                   .key = SLICE("0123456789abcdef")};
    assert_int_equal(batch_add_sealed(&fixture.batch, &sealed), RC_OK);
}

static void test_a_batch_is_a_transaction(void **state)
{
    (void)state;
    struct commit_outcome outcome;
    struct kafka_sink_counts counts;
    struct kafka_sink_recipient_counts recipients[2];
    open_sink(&fixture);
    fill(&fixture, 100);
    add_sealed("sealed", 6);
    assert_int_equal(commit_batch(&fixture, &outcome), RC_OK);
    assert_true(outcome.committed);
    assert_int_equal(outcome.range_count, 1);
    assert_int_equal(outcome.ranges[0].last, 99);
    assert_numbers(fixture.clean, 100);
    assert_numbers(fixture.lines, 100);
    assert_int_equal(committed_offset(&fixture), 100);
    kafka_sink_counts(fixture.sink, &counts, recipients, 2);
    assert_int_equal(counts.transactions, 1);
    assert_int_equal(counts.quarantined, 1);
    assert_int_equal(counts.chain_entries, 2);
    assert_int_equal(recipients[0].rows, 100);
    assert_int_equal(recipients[0].messages, 100);
    assert_int_equal(recipients[1].rows, 100);
    assert_int_equal(recipients[1].messages, 2); /* one for each schema */
    char *text = consume(fixture.quarantine, "%s\\n");
    assert_non_null(strstr(text, "{\"reason\":\"malformed\",\"source\":\""));
    assert_int_equal(count_of(text, "\n"), 1);
}

/* Nothing of the input's key, offset, and time; times are full hours; order is no one's. */
static void test_what_a_message_carries(void **state)
{
    (void)state;
    open_sink(&fixture);
    fill(&fixture, 60);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    char *text = consume(fixture.clean, "%K|%T|%h|%p|%s\\n");
    unsigned partitions[3] = {0};
    bool in_order = true;
    long before = -1;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        long long time;
        int key, partition;
        long number;
        char headers[256];
        assert_int_equal(sscanf(line, "%d|%lld|%255[^|]|%d|{\"n\":%ld}", &key, &time, headers,
                                &partition, &number),
                         5);
        assert_int_equal(key, -1);
        assert_int_equal(time, time_floor(fixture.now, TIME_HOUR));
        char expected[256];
        snprintf(expected, sizeof expected,
                 "lethe.policy=default/7,lethe.schema=%s,lethe.epochs=%ld,"
                 "lethe.label=pseudonymised",
                 number % 3 == 2 ? "crash/4" : "click/3", 42 + number % 2);
        assert_string_equal(headers, expected);
        partitions[partition]++;
        in_order &= number > before;
        before = number;
    }
    assert_false(in_order);
    for (int i = 0; i < 3; i++)
        assert_in_range(partitions[i], 3, 50); /* one in 10^9 fails by chance */
    text = consume(fixture.audit, "%k|%T|%s\\n");
    char *entry = strstr(text, "\"event\":\"publication\"");
    assert_non_null(entry);
    assert_non_null(strstr(entry, "\"ranges\":[[0,59]]"));
    assert_non_null(strstr(entry, "\"consent\":[21,21]"));
    assert_non_null(strstr(entry, "\"consent_offsets\":[[17,4],[17,4]]"));
    assert_non_null(strstr(entry, "\"policy\":\"default\",\"policy_version\":7"));
    assert_non_null(strstr(entry, "\"rows\":40,\"bytes\":313,\"messages\":40,\"key_epochs\":"));
}

static void test_nothing_of_an_open_transaction(void **state)
{
    (void)state;
    struct commit_outcome outcome;
    fixture.recipients[1].topic = NULL;
    fixture.recipients[1].directory = fixture.directory; /* so that batches are collected */
    open_sink(&fixture);
    fill(&fixture, 10);
    assert_int_equal(commit_batch(&fixture, &outcome), RC_OK);
    assert_false(outcome.committed);
    assert_int_equal(count_of(consume_at_once(fixture.clean, "%s\\n", "read_uncommitted"), "{"),
                     10);
    assert_string_equal(consume_at_once(fixture.clean, "%s\\n", "read_committed"), "");
    assert_int_equal(offset_beside_open(&fixture), -1);
    fill(&fixture, 10);
    fixture.now += 2 * TIME_MINUTE;
    assert_int_equal(commit_batch(&fixture, &outcome), RC_OK);
    assert_true(outcome.committed);
    assert_numbers(fixture.clean, 20);
    assert_int_equal(committed_offset(&fixture), 20);
}

static void test_aborts_are_invisible(void **state)
{
    (void)state;
    struct kafka_sink_counts counts;
    fixture.recipients[1].topic = NULL;
    fixture.recipients[1].directory = fixture.directory;
    open_sink(&fixture);
    for (int i = 0; i < 199; i++) { /* never fatal, however soon after the commit before */
        fill(&fixture, 5);
        assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
        assert_int_equal(sink_discard(fixture.sink), RC_OK);
        fixture.next -= 5;
        if (i % 20 == 0) {
            fill(&fixture, 1);
            assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
            assert_int_equal(finish_sink(&fixture), RC_OK);
        }
    }
    kafka_sink_counts(fixture.sink, &counts, NULL, 0);
    assert_int_equal(counts.aborts[KAFKA_SINK_ABORT_ASKED], 199);
    assert_int_equal(counts.transactions, 10);
    assert_numbers(fixture.clean, 10);
    assert_int_equal(committed_offset(&fixture), 10);
}

/* The members have changed: what was read belongs to somebody else now. */
static void test_a_member_that_was_left_behind(void **state)
{
    (void)state;
    struct kafka_sink_counts counts;
    struct group_membership *before = fixture.membership;
    fixture.membership = NULL;
    open_sink(&fixture);
    leave_group(&fixture);
    join_group(&fixture);
    struct group_membership *now = fixture.membership;
    fixture.membership = before;
    fill(&fixture, 10);
    assert_int_equal(commit_batch(&fixture, NULL), RC_AGAIN);
    group_membership_free(before);
    fixture.membership = now;
    kafka_sink_counts(fixture.sink, &counts, NULL, 0);
    assert_int_equal(counts.aborts[KAFKA_SINK_ABORT_FENCED], 1);
    assert_string_equal(consume(fixture.clean, "%s\\n"), "");
    fixture.next = 0;
    fill(&fixture, 10);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    assert_numbers(fixture.clean, 10);
}

static void test_a_second_producer_ends_the_first(void **state)
{
    (void)state;
    struct sink *second;
    open_sink(&fixture);
    fill(&fixture, 3);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    assert_int_equal(try_open_sink(&fixture, &second), RC_OK);
    fill(&fixture, 3);
    assert_int_equal(commit_batch(&fixture, NULL), RC_IO);
    assert_int_equal(commit_batch(&fixture, NULL), RC_IO); /* and stays so */
    close_sink(&fixture);
    fixture.sink = second;
    fixture.next = 3;
    fill(&fixture, 3);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    assert_numbers(fixture.clean, 6);
    assert_int_equal(committed_offset(&fixture), 6);
}

struct chain_check {
    struct audit_chain chain;
    uint64_t begun, publications;
};

static bool check_chain(void *context, int32_t partition, int64_t offset,
                        const struct audit_entry *entry)
{
    struct chain_check *check = context;
    (void)partition;
    (void)offset;
    assert_true(audit_entry_follows(entry, &check->chain));
    audit_chain_advance(&check->chain, entry->hash);
    check->begun += slice_equal(entry->event, SLICE("chain_begins"));
    check->publications += slice_equal(entry->event, SLICE("publication"));
    return true;
}

static void read_chain(struct chain_check *check)
{
    struct audit_history history = {&fixture.settings, fixture.audit, fixture.group, NULL};
    struct buffer reason;
    buffer_init(&reason, 1024);
    *check = (struct chain_check){0};
    audit_chain_begin(&check->chain, slice_from_string(fixture.id));
    assert_int_equal(audit_history_read(&history, TIME_NONE, check_chain, check, NULL, &reason),
                     RC_OK);
    buffer_release(&reason);
}

static void test_the_chain_goes_on(void **state)
{
    (void)state;
    struct chain_check check;
    for (int i = 0; i < 3; i++) {
        open_sink(&fixture);
        for (int batch = 0; batch < 3; batch++) {
            fill(&fixture, 2);
            assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
        }
        close_sink(&fixture);
    }
    read_chain(&check);
    assert_int_equal(check.begun, 1);
    assert_int_equal(check.publications, 9);
}

/* The end lies behind many entries of another lane that shares the partition. */
static void test_the_end_of_a_chain_is_found_far_back(void **state)
{
    (void)state;
    struct audit_history history = {&fixture.settings, fixture.audit, fixture.group, NULL};
    struct audit_chain chain;
    struct buffer reason;
    buffer_init(&reason, 1024);
    open_sink(&fixture);
    fill(&fixture, 1);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    close_sink(&fixture);
    char own[NAME_SIZE];
    snprintf(own, sizeof own, "%s", fixture.id);
    int32_t partition = audit_chain_partition(slice_from_string(own), 2);
    for (int i = 1; audit_chain_partition(slice_from_string(fixture.id), 2) != partition || i == 1;
         i++)
        snprintf(fixture.id, sizeof fixture.id, "%s.lane.%d", fixture.prefix, i);
    open_sink(&fixture);
    for (int i = 0; i < 150; i++) {
        fill(&fixture, 1);
        assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    }
    assert_int_equal(
        audit_chain_find(&history, slice_from_string(own), &chain, NULL, NULL, &reason), RC_OK);
    assert_int_equal(chain.entries, 2);
    assert_int_equal(audit_chain_find(&history, SLICE("nobody's"), &chain, NULL, NULL, &reason),
                     RC_NOT_FOUND);
    buffer_release(&reason);
}

static void test_what_the_audit_names(void **state)
{
    (void)state;
    struct audit_history history = {&fixture.settings, fixture.audit, fixture.group, NULL};
    struct audit_coverage *coverage, *other;
    struct buffer reason;
    bool named;
    buffer_init(&reason, 1024);
    assert_int_equal(audit_coverage_new(&history, fixture.group, &coverage), RC_OK);
    assert_int_equal(audit_coverage_new(&history, "another", &other), RC_OK);
    open_sink(&fixture);
    assert_int_equal(audit_names_partition(coverage, fixture.events, 0, &named, &reason), RC_OK);
    assert_false(named);
    fill(&fixture, 4);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    assert_int_equal(audit_names_partition(coverage, fixture.events, 0, &named, &reason), RC_OK);
    assert_true(named);
    assert_int_equal(audit_names_partition(coverage, fixture.events, 1, &named, &reason), RC_OK);
    assert_false(named);
    assert_int_equal(audit_names_partition(other, fixture.events, 0, &named, &reason), RC_OK);
    assert_false(named);
    /* A message that is no entry may hide one. */
    char command[512];
    snprintf(command, sizeof command, "echo rubbish | kcat -q -b %s -P -t %s -p 0",
             getenv("LETHE_BROKER"), fixture.audit);
    assert_int_equal(system(command), 0);
    assert_int_equal(audit_names_partition(other, fixture.events, 0, &named, &reason), RC_CORRUPT);
    assert_true(named);
    audit_coverage_free(coverage);
    audit_coverage_free(other);
    buffer_release(&reason);
}

static void test_what_does_not_fit_is_left_out(void **state)
{
    (void)state;
    struct kafka_sink_counts counts;
    struct kafka_sink_recipient_counts recipients[2];
    static char large[70000];
    memset(large, 'x', sizeof large);
    fixture.options.message_limit = 64 * 1024;
    open_sink(&fixture);
    fill(&fixture, 3);
    memcpy(large, "{\"n\":\"", 6);
    memcpy(large + sizeof large - 3, "\"}", 3);
    add_row(&fixture.batch, 0, 0, EPOCH_NONE, large);
    add_row(&fixture.batch, 1, 0, EPOCH_NONE, large);
    large[60000] = '\0'; /* not so large */
    memcpy(large + 59998, "\"}", 2);
    add_row(&fixture.batch, 1, 0, EPOCH_NONE, large);
    add_sealed(large, 60000);
    add_sealed(large, 100);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    kafka_sink_counts(fixture.sink, &counts, recipients, 2);
    assert_int_equal(recipients[0].too_large, 1);
    assert_int_equal(recipients[1].too_large, 1);
    assert_int_equal(recipients[0].rows, 3);
    assert_int_equal(recipients[1].rows, 4);
    assert_int_equal(counts.quarantined, 1);
    assert_int_equal(counts.quarantine_too_large, 1);
    char *sizes = consume(fixture.lines, "%S\\n");
    assert_int_equal(count_of(sizes, "\n"), 2); /* clicks, the large one with them, and crashes */
}

static void test_lines_are_packed(void **state)
{
    (void)state;
    open_sink(&fixture);
    fill(&fixture, 20000);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    assert_int_equal(committed_offset(&fixture), 20000);
    char *sizes = consume(fixture.lines, "%S\\n");
    unsigned messages = 0, small = 0;
    for (char *line = strtok(sizes, "\n"); line; line = strtok(NULL, "\n")) {
        assert_in_range(atol(line), 10, 64 * 1024);
        messages++;
        small += atol(line) < 60 * 1024;
    }
    assert_in_range(messages, 4, 6);
    assert_in_range(small, 0, 2); /* the last of each schema */
    char *text = consume(fixture.lines, "%s\\n");
    assert_int_equal(count_of(text, "\n"), 20000);
}

/* More than the sink keeps in messages of lines at a time; rows of every length, and one that is
 * longer than what a message aims at. */
static void test_more_lines_than_at_a_time(void **state)
{
    enum { ROWS = 12000, LONG = 900000 };
    static char json[LONG + 64];
    (void)state;
    open_sink(&fixture);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < ROWS; i++) {
            int number = round * ROWS + i;
            int padding = i == ROWS / 2 ? LONG : 200 + number * 7919 % 1600;
            snprintf(json, sizeof json, "{\"n\":%05d,\"p\":\"%0*d\"}", number, padding, 0);
            add_row(&fixture.batch, 1, i % 2, EPOCH_NONE, json);
            assert_int_equal(batch_cover(&fixture.batch, 0, 0, number, number, fixture.now), RC_OK);
        }
        assert_true(fixture.batch.rows.length > 12 << 20);
        assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    }
    wait_until_stable(fixture.lines);
    const char *rows = "kcat -q -b %s -C -t %s -e -o beginning -X isolation.level=read_committed "
                       "-X fetch.message.max.bytes=4000000 -f '%%s\\n' | %s";
    assert_int_equal(atol(output_of(rows, getenv("LETHE_BROKER"), fixture.lines, "wc -l")),
                     2 * ROWS);
    assert_int_equal(atol(output_of(rows, getenv("LETHE_BROKER"), fixture.lines,
                                    "grep -xE '.\"n\":[0-9]{5},\"p\":\"0+\".' | cut -c1-10 | "
                                    "sort -u | wc -l")),
                     2 * ROWS);
    /* Each with its own padding: nothing was written over before it had arrived. */
    assert_int_equal(
        atol(output_of(rows, getenv("LETHE_BROKER"), fixture.lines,
                       "awk -F'[:,]' '{ n = $2 + 0; want = n % 12000 == 6000 ? 900000 : "
                       "200 + n * 7919 % 1600; if (length($0) != want + 18) bad++ } "
                       "END { print bad + 0 }'")),
        0);
}

static void test_order_and_keys(void **state)
{
    (void)state;
    fixture.recipients[0].keep_order = true;
    fixture.recipients[1].keep_order = true;
    open_sink(&fixture);
    fill(&fixture, 300);
    for (unsigned schema = 0; schema < 2; schema++) { /* the key: the last digit */
        struct row_group *group = batch_group(&fixture.batch, 0, schema);
        for (uint32_t i = 0; i < group->count; i++) {
            group->rows[i].key_offset = group->rows[i].offset + group->rows[i].length - 2;
            group->rows[i].key_length = 1;
        }
    }
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    char *text = consume(fixture.clean, "%k|%p|%s\\n");
    int place[10];
    long last[10];
    for (int i = 0; i < 10; i++)
        place[i] = -1, last[i] = -1;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        int key, partition;
        long number;
        assert_int_equal(sscanf(line, "%d|%d|{\"n\":%ld}", &key, &partition, &number), 3);
        assert_int_equal(number % 10, key);
        assert_true(place[key] < 0 || place[key] == partition);
        assert_true(number > last[key]);
        place[key] = partition;
        last[key] = number;
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(last[i], 290 + i);
}

static void test_a_new_description(void **state)
{
    (void)state;
    static struct sink_description other; /* both outlive the sink */
    static struct sink_recipient only[1];
    struct kafka_sink_counts counts;
    struct kafka_sink_recipient_counts recipients[2];
    other = fixture.description;
    only[0] = fixture.recipients[1];
    open_sink(&fixture);
    fill(&fixture, 6);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    other.policy_version = 8;
    other.recipients = only;
    other.recipient_count = 1;
    assert_int_equal(sink_describe(fixture.sink, &other), RC_OK);
    batch_release(&fixture.batch);
    assert_int_equal(
        batch_init(&fixture.batch, (struct batch_limits){.records = 9, .bytes = 9999}, 1, 2),
        RC_OK);
    add_row(&fixture.batch, 0, 0, EPOCH_NONE, "{\"n\":6}");
    assert_int_equal(batch_cover(&fixture.batch, 0, 0, 6, 6, fixture.now), RC_OK);
    assert_int_equal(commit_batch(&fixture, NULL), RC_OK);
    kafka_sink_counts(fixture.sink, &counts, recipients, 2);
    assert_int_equal(counts.recipient_count, 1);
    assert_int_equal(recipients[0].rows, 7); /* that recipient's, from the beginning */
    assert_numbers(fixture.lines, 7);
    assert_numbers(fixture.clean, 6);
    only[0].topic = "lethe-no-such-topic";
    assert_int_equal(sink_describe(fixture.sink, &other), RC_NOT_FOUND);
}

static void test_what_is_not_there(void **state)
{
    (void)state;
    struct sink *sink;
    fixture.options.audit_topic = "lethe-no-such-topic";
    assert_int_equal(try_open_sink(&fixture, &sink), RC_NOT_FOUND);
    fixture.options.audit_topic = fixture.audit;
    fixture.recipients[0].directory = "/tmp/lethe-no-such-directory";
    assert_int_equal(try_open_sink(&fixture, &sink), RC_NOT_FOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_batch_is_a_transaction),
        TEST(test_what_a_message_carries),
        TEST(test_nothing_of_an_open_transaction),
        TEST(test_aborts_are_invisible),
        TEST(test_a_member_that_was_left_behind),
        TEST(test_a_second_producer_ends_the_first),
        TEST(test_the_chain_goes_on),
        TEST(test_the_end_of_a_chain_is_found_far_back),
        TEST(test_what_the_audit_names),
        TEST(test_what_does_not_fit_is_left_out),
        TEST(test_lines_are_packed),
        TEST(test_more_lines_than_at_a_time),
        TEST(test_order_and_keys),
        TEST(test_a_new_description),
        TEST(test_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
