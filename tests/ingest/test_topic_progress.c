/* Positions of a topic, and how a log that was made anew is told from the one that was read. The
 * logs are simulated, with compaction; no broker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "ingest/topic_progress.h"

enum { SEED = 7, LOG_LIMIT = 400 };

static struct topic_mark mark(int64_t offset, int64_t time, const char *key, const char *value)
{
    return topic_mark_of(SEED, offset, time, slice_from_string(key),
                         value ? slice_from_string(value) : (struct slice){0});
}

static bool same(struct topic_mark a, struct topic_mark b)
{
    return a.hash[0] == b.hash[0] && a.hash[1] == b.hash[1];
}

static void a_mark_tells_records_apart(void **state)
{
    (void)state;
    struct topic_mark one = mark(1, 2, "key", "value");
    assert_true(same(one, mark(1, 2, "key", "value")));
    assert_false(same(one, mark(1, 2, "key", "valuf")));
    assert_false(same(one, mark(1, 2, "kez", "value")));
    assert_false(same(one, mark(1, 2, "keyv", "alue")));
    assert_false(same(mark(1, 2, "key", ""), mark(1, 2, "key", NULL)));
    assert_false(same(mark(1, 2, "", "key"), mark(1, 2, "key", "")));
    assert_false(same(one, topic_mark_of(SEED + 1, 1, 2, SLICE("key"), SLICE("value"))));
}

static void positions_count_what_nobody_sees(void **state)
{
    (void)state;
    const int64_t starts[] = {0, 50};
    const int64_t targets[] = {12, 50};
    struct topic_progress progress;
    struct topic_mark record = mark(3, 1, "k", "v");
    assert_int_equal(topic_progress_init(&progress, 2, starts, SEED), RC_OK);
    assert_int_equal(topic_progress_position(&progress, 1), 50);
    assert_false(topic_progress_reached(&progress, targets));
    assert_false(topic_progress_heard(&progress));
    assert_int_equal(topic_progress_record(&progress, 0, &record), TOPIC_FAULT_NONE);
    assert_int_equal(topic_progress_position(&progress, 0), 4); /* 0 to 2 were compacted away */
    assert_int_equal(topic_progress_end(&progress, 0, 11), TOPIC_FAULT_NONE);
    assert_false(topic_progress_reached(&progress, targets));
    assert_int_equal(topic_progress_end(&progress, 0, 12), TOPIC_FAULT_NONE); /* a marker */
    assert_true(topic_progress_reached(&progress, targets));
    assert_false(topic_progress_heard(&progress));
    assert_int_equal(topic_progress_end(&progress, 1, 50), TOPIC_FAULT_NONE);
    assert_true(topic_progress_heard(&progress));
    /* Back is a fault and moves nothing. */
    assert_int_equal(topic_progress_end(&progress, 0, 11), TOPIC_FAULT_TRUNCATED);
    assert_int_equal(topic_progress_record(&progress, 0, &record), TOPIC_FAULT_TRUNCATED);
    assert_int_equal(topic_progress_position(&progress, 0), 12);
    topic_progress_release(&progress);
}

static void ends_and_starts_are_judged(void **state)
{
    (void)state;
    const int64_t starts[] = {0, 50};
    const int64_t moved[] = {0, 51};
    const int64_t positions[] = {5, 60};
    const int64_t ends[] = {5, 61};
    const int64_t shorter[] = {5, 59};
    struct topic_progress progress;
    assert_int_equal(topic_progress_init(&progress, 2, starts, SEED), RC_OK);
    assert_int_equal(topic_judge_starts(&progress, starts), TOPIC_FAULT_NONE);
    assert_int_equal(topic_judge_starts(&progress, moved), TOPIC_FAULT_START);
    assert_int_equal(topic_judge_ends(positions, ends, 2), TOPIC_FAULT_NONE);
    assert_int_equal(topic_judge_ends(positions, shorter, 2), TOPIC_FAULT_TRUNCATED);
    topic_progress_release(&progress);
}

static void every_fault_has_words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TOPIC_FAULT_COUNT; i++) {
        assert_true(strlen(topic_fault_name((enum topic_fault)i)) > 2);
        assert_true(strlen(topic_fault_sentence((enum topic_fault)i)) > 10);
    }
}

/* A log of one partition. An offset without a record is a marker's, an aborted record's, or one
 * that compaction took. */
struct record {
    bool there;
    unsigned key;
    int64_t time;
};

struct log {
    struct record records[LOG_LIMIT];
    int64_t end;
};

static uint64_t random_state = UINT64_C(0x9E3779B97F4A7C15);

static uint64_t draw(uint64_t below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * UINT64_C(2685821657736338717) >> 33) % below;
}

static int64_t clock_of_logs; /* no two records have the same time */

static void grow(struct log *log, uint64_t count)
{
    for (uint64_t i = 0; i < count && log->end < LOG_LIMIT; i++)
        log->records[log->end++] =
            (struct record){draw(4) > 0, (unsigned)draw(30), ++clock_of_logs};
}

/* Takes records that a later one of the same key replaces; never the last of a key. */
static void compact(struct log *log)
{
    for (int64_t i = 0; i < log->end; i++) {
        for (int64_t j = i + 1; j < log->end && log->records[i].there; j++) {
            if (log->records[j].there && log->records[j].key == log->records[i].key && draw(2) == 0)
                log->records[i].there = false;
        }
    }
}

static struct topic_mark mark_in(const struct log *log, int64_t offset)
{
    char key[16];
    snprintf(key, sizeof key, "%u", log->records[offset].key);
    return mark(offset, log->records[offset].time, key, "v");
}

/* As the reader does: from its position, up to `most` offsets. */
static enum topic_fault read_on(struct topic_progress *progress, const struct log *log,
                                uint64_t most)
{
    int64_t at = topic_progress_position(progress, 0);
    if (at > log->end)
        return TOPIC_FAULT_RANGE;
    for (uint64_t i = 0; i < most && at < log->end; i++, at++) {
        struct topic_mark found = mark_in(log, at);
        enum topic_fault fault = log->records[at].there ? topic_progress_record(progress, 0, &found)
                                                        : topic_progress_end(progress, 0, at + 1);
        if (fault != TOPIC_FAULT_NONE)
            return fault;
    }
    return TOPIC_FAULT_NONE;
}

/* As the witness does. */
static enum topic_fault examine(struct topic_progress *progress, const struct log *log)
{
    struct topic_question question;
    topic_question_ask(progress, 0, &question);
    enum topic_fault fault = TOPIC_FAULT_NONE;
    int64_t at = question.begin;
    if (log->end < question.position)
        return TOPIC_FAULT_TRUNCATED;
    if (at >= 0) {
        while (at < log->end && !log->records[at].there)
            at++;
        if (at < log->end) {
            struct topic_mark found = mark_in(log, at);
            fault = topic_question_record(&question, &found);
        } else {
            fault = topic_question_end(&question, log->end);
        }
    }
    if (fault == TOPIC_FAULT_NONE)
        topic_question_settle(progress, 0, &question);
    return fault;
}

/* The same log, whatever is appended: never a fault. With compaction: hardly ever. */
static void the_same_log_is_recognised(void **state)
{
    (void)state;
    const int64_t start = 0;
    unsigned faults = 0;
    unsigned examinations = 0;
    for (unsigned round = 0; round < 3000; round++) {
        struct topic_progress progress;
        struct log log = {.end = 0};
        bool compacts = round % 2;
        assert_int_equal(topic_progress_init(&progress, 1, &start, SEED), RC_OK);
        for (unsigned step = 0; step < 20; step++) {
            grow(&log, draw(20));
            assert_int_equal(read_on(&progress, &log, draw(25)), TOPIC_FAULT_NONE);
            if (compacts && draw(4) == 0)
                compact(&log);
            enum topic_fault fault = examine(&progress, &log);
            examinations += compacts;
            faults += fault != TOPIC_FAULT_NONE;
            if (fault != TOPIC_FAULT_NONE) {
                assert_true(compacts);
                break;
            }
        }
        topic_progress_release(&progress);
    }
    print_message("%u of %u examinations under heavy compaction were in vain\n", faults,
                  examinations);
    assert_true(faults * 10 < examinations);
}

/*
 * Another log, at whatever moment it takes the place of the first, and however far the reader has
 * gone on in it before somebody looks: found, unless nothing had been read that the new one lacks.
 */
static void another_log_is_never_taken_for_it(void **state)
{
    (void)state;
    const int64_t start = 0;
    unsigned found = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct topic_progress progress;
        struct log log = {.end = 0};
        struct log other = {.end = 0};
        assert_int_equal(topic_progress_init(&progress, 1, &start, SEED), RC_OK);
        unsigned steps = (unsigned)draw(4);
        for (unsigned step = 0; step < steps; step++) {
            grow(&log, draw(12));
            assert_int_equal(read_on(&progress, &log, draw(15)), TOPIC_FAULT_NONE);
            if (draw(2) == 0)
                assert_int_equal(examine(&progress, &log), TOPIC_FAULT_NONE);
        }
        bool read_some = false;
        for (int64_t i = 0; i < topic_progress_position(&progress, 0); i++)
            read_some = read_some || log.records[i].there;
        int64_t position = topic_progress_position(&progress, 0);
        grow(&other, draw(60));
        bool misses = false; /* records of the new log that will never be read */
        for (int64_t i = 0; i < position && i < other.end; i++)
            misses = misses || other.records[i].there;
        enum topic_fault fault = read_on(&progress, &other, draw(60));
        if (fault == TOPIC_FAULT_NONE)
            fault = examine(&progress, &other);
        if (read_some || misses)
            assert_int_not_equal(fault, TOPIC_FAULT_NONE);
        found += fault != TOPIC_FAULT_NONE;
        topic_progress_release(&progress);
    }
    assert_true(found > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_tells_records_apart),
        cmocka_unit_test(positions_count_what_nobody_sees),
        cmocka_unit_test(ends_and_starts_are_judged),
        cmocka_unit_test(every_fault_has_words),
        cmocka_unit_test(the_same_log_is_recognised),
        cmocka_unit_test(another_log_is_never_taken_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
