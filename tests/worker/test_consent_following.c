/*
 * The barrier and its states, over a topic that the test plays: the functions of compacted_topic.h
 * stand below, in place of those that read from Kafka. One partition.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/clock.h"
#include "tests/await.h"
#include "worker/consent_following.h"

/* BARRIER and STALL are for the tests that wait for their end; the others have PATIENCE for both,
 * as a machine may stand still. WAIT: then it is given up. */
enum {
    OPERATION = 1,
    LOG_LIMIT = 200000,
    BARRIER = 150,
    STALL = 300,
    PATIENCE = 60000,
    WAIT = 60000,
};

/* The played log: every message is about the subject `u1`, whose seq is its offset and one, unless
 * `keys` says otherwise. */
static const char *keys[LOG_LIMIT];
static _Atomic int64_t log_end, readable; /* what is acknowledged, and what can be read */
static atomic_bool brokers_silent, reader_asleep, no_examinations;
static atomic_bool no_new_topic; /* whoever makes one waits */
static atomic_uint fault_now, live_topics, made_topics, looks;

struct compacted_topic {
    struct compacted_topic_options options;
    _Atomic int64_t position;
    _Atomic uint64_t wanted, examined;
    _Atomic unsigned fault;
};

static void sleep_ms(int64_t milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

enum rc compacted_topic_new(const struct compacted_topic_options *options,
                            struct compacted_topic **out, struct buffer *reason)
{
    *out = NULL;
    while (atomic_load(&no_new_topic))
        sleep_ms(1);
    if (atomic_load(&brokers_silent)) {
        buffer_append_string(reason, "no broker says anything");
        return RC_IO;
    }
    *out = calloc(1, sizeof **out);
    (*out)->options = *options;
    atomic_fetch_add(&live_topics, 1);
    atomic_fetch_add(&made_topics, 1);
    return RC_OK;
}

void compacted_topic_free(struct compacted_topic *topic)
{
    if (topic)
        atomic_fetch_sub(&live_topics, 1);
    free(topic);
}

static void apply(struct compacted_topic *topic, int64_t offset)
{
    char value[256];
    snprintf(value, sizeof value,
             "{\"seq\":%lld,\"purposes\":{\"operation\":{\"state\":\"granted\",\"since\":"
             "\"2026-01-02T03:04:05Z\"}}}",
             (long long)offset + 1);
    struct slice key = slice_from_string(keys[offset] ? keys[offset] : "account.user_id:u1");
    topic->options.message(topic->options.context, 0, offset, key, slice_from_string(value));
    atomic_store(&topic->position, offset + 1);
}

enum topic_state compacted_topic_poll(struct compacted_topic *topic, int64_t wait)
{
    (void)wait;
    unsigned fault = atomic_exchange(&fault_now, 0);
    if (fault)
        atomic_store(&topic->fault, fault);
    if (atomic_load(&topic->fault))
        return TOPIC_BROKEN;
    uint64_t wanted = atomic_load(&topic->wanted);
    bool moved = !atomic_load(&no_examinations) && wanted != atomic_load(&topic->examined);
    if (moved)
        atomic_store(&topic->examined, wanted);
    int64_t until = atomic_load(&reader_asleep) ? 0 : atomic_load(&readable);
    for (unsigned i = 0; i < 100 && atomic_load(&topic->position) < until; i++) {
        apply(topic, atomic_load(&topic->position));
        moved = true;
    }
    if (!moved)
        sleep_ms(1);
    return moved ? TOPIC_OK : TOPIC_IDLE;
}

int32_t compacted_topic_partition_count(const struct compacted_topic *topic)
{
    (void)topic;
    return 1;
}

int64_t compacted_topic_position(const struct compacted_topic *topic, int32_t partition)
{
    (void)partition;
    return atomic_load(&topic->position);
}

enum rc compacted_topic_targets(struct compacted_topic *topic, int64_t *targets, int64_t timeout)
{
    if (atomic_load(&topic->fault))
        return RC_CORRUPT;
    if (atomic_load(&brokers_silent)) {
        sleep_ms(timeout < 20 ? timeout : 20);
        return RC_IO;
    }
    targets[0] = atomic_load(&log_end);
    return RC_OK;
}

enum rc compacted_topic_stable_ends(struct compacted_topic *topic, int64_t *ends, int64_t timeout)
{
    (void)topic;
    (void)timeout;
    atomic_fetch_add(&looks, 1);
    ends[0] = atomic_load(&readable);
    return atomic_load(&brokers_silent) ? RC_IO : RC_OK;
}

bool compacted_topic_reached(const struct compacted_topic *topic, const int64_t *targets)
{
    return atomic_load(&topic->position) >= targets[0] && !atomic_load(&topic->fault);
}

uint64_t compacted_topic_suspect(struct compacted_topic *topic)
{
    return atomic_fetch_add(&topic->wanted, 1) + 1;
}

bool compacted_topic_examined(const struct compacted_topic *topic, uint64_t number)
{
    return atomic_load(&topic->examined) >= number;
}

enum topic_fault compacted_topic_fault(const struct compacted_topic *topic)
{
    return (enum topic_fault)atomic_load(&topic->fault);
}

const char *topic_fault_name(enum topic_fault fault)
{
    return fault == TOPIC_FAULT_OTHER ? "other" : "fault";
}

const char *topic_fault_sentence(enum topic_fault fault)
{
    return fault == TOPIC_FAULT_OTHER ? "other records" : "a fault";
}

static struct policy policy;
static struct consent_following *following;

static void write_log(int64_t count, const char *key)
{
    int64_t end = atomic_load(&log_end);
    for (int64_t i = 0; i < count; i++)
        keys[end + i] = key;
    atomic_store(&readable, end + count);
    atomic_store(&log_end, end + count);
}

static int begin_to_follow(int64_t barrier, int64_t stall)
{
    struct buffer reason;
    const struct consent_following_options options = {.topic = "consent",
                                                      .policy = &policy,
                                                      .subject_limit = 100,
                                                      .barrier = barrier,
                                                      .stall = stall};
    policy.purpose_count = 2;
    policy.purposes[OPERATION].name = SLICE("operation");
    atomic_store(&log_end, 0);
    atomic_store(&readable, 0);
    atomic_store(&brokers_silent, false);
    atomic_store(&reader_asleep, false);
    atomic_store(&no_examinations, false);
    atomic_store(&no_new_topic, false);
    atomic_store(&fault_now, 0);
    atomic_store(&made_topics, 0);
    atomic_store(&looks, 0);
    buffer_init(&reason, 256);
    write_log(10, NULL);
    return consent_following_start(&options, &following, &reason) == RC_OK ? 0 : 1;
}

static int set_up(void **state)
{
    (void)state;
    return begin_to_follow(PATIENCE, PATIENCE);
}

static int set_up_impatient(void **state)
{
    (void)state;
    return begin_to_follow(BARRIER, STALL);
}

static int tear_down(void **state)
{
    (void)state;
    atomic_store(&no_new_topic, false);
    consent_following_stop(following);
    assert_int_equal(atomic_load(&live_topics), 0);
    return 0;
}

/* Until it is so for a moment: what is fresh is so again and again where barriers are short. */
static void await_state(enum consent_following_state state)
{
    int64_t until = clock_monotonic_ms() + WAIT;
    while (consent_following_state(following) != state) {
        if (clock_monotonic_ms() > until)
            fail_msg("waited for %s in vain", consent_following_state_name(state));
        sleep_ms(1);
    }
}

/* Until the sentence has the words. */
static void await_words(const char *words)
{
    int64_t until = clock_monotonic_ms() + WAIT;
    for (bool found = false; !found; sleep_ms(1)) {
        struct buffer out;
        buffer_init(&out, 1024);
        consent_following_sentence(following, &out);
        buffer_append_byte(&out, '\0');
        found = strstr(out.data, words) != NULL;
        if (!found && clock_monotonic_ms() > until)
            fail_msg("not \"%s\", but: %s", words, out.data);
        buffer_release(&out);
    }
}

static uint64_t seq_of(const struct consent_table *table)
{
    struct subject_consent found;
    consent_table_find(table, CATEGORY_ACCOUNT_USER_ID, SLICE("u1"), &found);
    return found.seq;
}

static struct consent_following_counts counts(void)
{
    struct consent_following_counts out;
    consent_following_counts(following, &out);
    return out;
}

static void the_barrier_sees_what_was_written(void **state)
{
    (void)state;
    struct consent_hold hold;
    for (unsigned i = 0; i < 200; i++) {
        write_log(1 + i % 3, NULL);
        assert_true(consent_following_begin(following, WAIT, &hold));
        assert_int_equal(seq_of(hold.table), atomic_load(&log_end));
        assert_int_equal(hold.position.offsets[0], atomic_load(&log_end));
        assert_int_equal(hold.position.partition_count, 1);
        assert_int_equal(hold.position.messages, atomic_load(&log_end));
        assert_true(consent_following_holds(following, &hold));
        consent_following_end(following, &hold);
        assert_null(hold.table);
    }
    assert_int_equal(consent_following_state(following), CONSENT_FRESH);
    assert_int_equal(counts().barriers, 200);
    assert_int_equal(counts().barriers_failed, 0);
    assert_true(counts().loaded_after >= 0);
    consent_following_end(following, &hold); /* again: nothing */
}

static void an_open_transaction_is_stale_and_no_stall(void **state)
{
    (void)state;
    struct consent_hold hold;
    await_state(CONSENT_FRESH);
    atomic_store(&log_end, 12); /* acknowledged, and not readable */
    assert_false(consent_following_begin(following, 50, &hold));
    assert_null(hold.of);
    await_state(CONSENT_STALE);
    await_words("is at 10 of 12");
    await_words("transaction");
    unsigned before = atomic_load(&looks);
    AWAIT(atomic_load(&looks) >= before + 3); /* each later than the other by a stall */
    assert_int_equal(counts().rebuilds, 0);
    write_log(0, NULL);
    await_state(CONSENT_FRESH);
}

static void a_reader_that_sleeps_is_given_up(void **state)
{
    (void)state;
    await_state(CONSENT_FRESH);
    atomic_store(&no_new_topic, true); /* the next one would be given up as well */
    atomic_store(&reader_asleep, true);
    write_log(5, NULL);
    await_state(CONSENT_STALE);
    AWAIT(counts().stalls >= 1);
    assert_int_equal(counts().stalls, 1);
    await_words("read again");
    assert_int_equal(consent_following_state(following), CONSENT_REBUILDING);
    atomic_store(&reader_asleep, false);
    atomic_store(&no_new_topic, false);
    await_state(CONSENT_FRESH);
    assert_int_equal(atomic_load(&made_topics), 2);
}

static void silent_brokers_are_said(void **state)
{
    (void)state;
    struct consent_hold hold;
    await_state(CONSENT_FRESH);
    atomic_store(&brokers_silent, true);
    assert_false(consent_following_begin(following, 2 * BARRIER, &hold));
    await_state(CONSENT_UNREACHABLE);
    await_words("no broker answers");
    sleep_ms(1500 + STALL); /* nothing comes of it, however long */
    assert_int_equal(counts().rebuilds, 0);
    atomic_store(&fault_now, TOPIC_FAULT_RANGE); /* and it cannot be opened either */
    AWAIT(counts().rebuilds >= 1);
    await_words("no broker says anything");
    await_state(CONSENT_UNREACHABLE);
    atomic_store(&brokers_silent, false);
    await_state(CONSENT_FRESH);
}

static void a_broken_topic_makes_another_table(void **state)
{
    (void)state;
    struct consent_hold old;
    struct consent_hold hold;
    assert_true(consent_following_begin(following, WAIT, &old));
    atomic_store(&reader_asleep, true);
    atomic_store(&fault_now, TOPIC_FAULT_OTHER);
    await_state(CONSENT_REBUILDING);
    await_words("other records");
    assert_false(consent_following_holds(following, &old));
    assert_false(consent_following_begin(following, 30, &hold));
    assert_int_equal(seq_of(old.table), 10); /* still there to be read */
    atomic_store(&reader_asleep, false);
    assert_true(consent_following_begin(following, WAIT, &hold));
    assert_int_equal(hold.generation, old.generation + 1);
    assert_true(hold.table != old.table);
    assert_false(consent_following_holds(following, &old));
    assert_int_equal(seq_of(old.table), 10);
    assert_int_equal(atomic_load(&live_topics), 2);
    consent_following_end(following, &old);
    AWAIT(atomic_load(&live_topics) == 1);
    assert_true(consent_following_holds(following, &hold));
    consent_following_end(following, &hold);
    assert_int_equal(counts().faults[TOPIC_FAULT_OTHER], 1);
}

static void a_block_ends_nothing_but_the_release(void **state)
{
    (void)state;
    struct consent_hold hold;
    struct consent_hold other;
    assert_true(consent_following_begin(following, WAIT, &hold));
    write_log(1, "nobody:1");
    await_state(CONSENT_BLOCKED);
    await_words("offset 10"); /* the table blocks first; where, is noted right after */
    assert_false(consent_following_holds(following, &hold));
    assert_false(consent_following_begin(following, 30, &other));
    assert_int_equal(counts().blocks, 1);
    assert_int_equal(counts().block, CONSENT_BLOCK_KEY);
    assert_int_equal(counts().rebuilds, 0);
    consent_following_end(following, &hold);
}

static void a_commit_waits_for_its_examination(void **state)
{
    (void)state;
    struct consent_hold hold;
    await_state(CONSENT_FRESH);
    atomic_store(&no_examinations, true);
    assert_true(consent_following_begin(following, WAIT, &hold));
    int64_t began = clock_monotonic_ns();
    assert_false(consent_following_holds(following, &hold));
    assert_true(clock_monotonic_ns() - began >= BARRIER * INT64_C(900000));
    atomic_store(&no_examinations, false);
    AWAIT(consent_following_holds(following, &hold)); /* the thread that examines may be slow */
    consent_following_end(following, &hold);
}

/* Lanes pass barriers while messages come and the topic breaks again and again: what was written
 * before a barrier is in the table that it gives, always. */
enum { LANES = 4, ROUNDS = 3000 };

struct lane_result {
    pthread_t thread;
    atomic_uint passed, held, missed;
};

static atomic_bool finished;

static void *run_lane(void *argument)
{
    struct lane_result *result = argument;
    struct consent_hold hold;
    while (!atomic_load(&finished)) {
        int64_t end = atomic_load(&log_end);
        if (!consent_following_begin(following, 20, &hold))
            continue;
        result->passed++;
        result->missed += seq_of(hold.table) < (uint64_t)end;
        result->missed += hold.position.offsets[0] < end;
        result->held += consent_following_holds(following, &hold);
        result->missed += seq_of(hold.table) < (uint64_t)end;
        consent_following_end(following, &hold);
    }
    return NULL;
}

static struct lane_result lanes[LANES];

static unsigned lanes_that_got_through(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < LANES; i++)
        count += atomic_load(&lanes[i].passed) > 0 && atomic_load(&lanes[i].held) > 0;
    return count;
}

static void many_lanes_and_a_topic_that_breaks(void **state)
{
    (void)state;
    memset(lanes, 0, sizeof lanes);
    atomic_store(&finished, false);
    for (unsigned i = 0; i < LANES; i++)
        assert_int_equal(pthread_create(&lanes[i].thread, NULL, run_lane, &lanes[i]), 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        write_log(1 + i % 7, NULL);
        if (i % 300 == 299)
            atomic_store(&fault_now, TOPIC_FAULT_OTHER);
        nanosleep(&(struct timespec){0, 200000}, NULL);
    }
    for (unsigned i = 0; i < 3; i++) { /* where all of them fell into one turn of the reader */
        if (counts().rebuilds <= i)
            atomic_store(&fault_now, TOPIC_FAULT_OTHER);
        AWAIT(counts().rebuilds > i);
    }
    await_state(CONSENT_FRESH);
    AWAIT(lanes_that_got_through() == LANES); /* who had no turn until now has one */
    atomic_store(&finished, true);
    for (unsigned i = 0; i < LANES; i++) {
        assert_int_equal(pthread_join(lanes[i].thread, NULL), 0);
        assert_int_equal(lanes[i].missed, 0);
    }
}

static void a_file_is_always_fresh(void **state)
{
    (void)state;
    char path[] = "/tmp/lethe-consent-XXXXXX";
    struct buffer reason;
    struct consent_hold hold;
    FILE *file = fdopen(mkstemp(path), "w");
    fprintf(file, "{\"key\":\"account.user_id:u1\",\"value\":{\"seq\":5,\"purposes\":{}}}\n");
    fclose(file);
    struct consent_following *of_file;
    struct consent_following_options options = {
        .file = path, .policy = &policy, .subject_limit = 10};
    buffer_init(&reason, 256);
    assert_int_equal(consent_following_start(&options, &of_file, &reason), RC_OK);
    assert_int_equal(consent_following_state(of_file), CONSENT_FRESH);
    assert_true(consent_following_begin(of_file, 0, &hold));
    assert_int_equal(seq_of(hold.table), 5);
    assert_null(hold.position.offsets);
    assert_int_equal(hold.position.messages, 1);
    assert_true(consent_following_holds(of_file, &hold));
    consent_following_end(of_file, &hold);
    consent_following_stop(of_file);
    remove(path);
    assert_int_equal(consent_following_start(&options, &of_file, &reason), RC_NOT_FOUND);
    assert_true(reason.length > 0);
    buffer_release(&reason);
    options.file = NULL; /* nothing at all: nobody is known */
    assert_int_equal(consent_following_start(&options, &of_file, &reason), RC_OK);
    assert_true(consent_following_begin(of_file, 0, &hold));
    assert_int_equal(seq_of(hold.table), 0);
    consent_following_end(of_file, &hold);
    consent_following_stop(of_file);
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define IMPATIENT(name) cmocka_unit_test_setup_teardown(name, set_up_impatient, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_barrier_sees_what_was_written),
        IMPATIENT(an_open_transaction_is_stale_and_no_stall),
        IMPATIENT(a_reader_that_sleeps_is_given_up),
        IMPATIENT(silent_brokers_are_said),
        TEST(a_broken_topic_makes_another_table),
        TEST(a_block_ends_nothing_but_the_release),
        IMPATIENT(a_commit_waits_for_its_examination),
        IMPATIENT(many_lanes_and_a_topic_that_breaks),
        cmocka_unit_test(a_file_is_always_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
