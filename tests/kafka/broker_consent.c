/* The consent topic on a real broker: what is read, what the barrier sees, what breaks. */
#include <signal.h>

#include "tests/kafka/consent_world.h"
#include "tests/running_clock.h"

static void an_empty_topic_is_current(void **state)
{
    (void)state;
    make_topic("empty", 3, "");
    struct consent_following *following = start();
    await_state(following, CONSENT_FRESH);
    assert_int_equal(state_of(following, 1), CONSENT_UNKNOWN);
    assert_int_equal(counts_of(following).partition_count, 3);
    consent_following_stop(following);
}

static void what_is_there_is_read(void **state)
{
    (void)state;
    make_topic("there", 2, "");
    for (unsigned i = 0; i < 100; i++)
        send_state((int)(i % 2), i, 1, i % 3 ? "granted" : "denied");
    struct consent_following *following = start();
    struct consent_hold hold;
    assert_true(consent_following_begin(following, WAIT_MS, &hold));
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(state_in(&hold, i), i % 3 ? CONSENT_GRANTED : CONSENT_DENIED);
    assert_int_equal(hold.position.messages, 100);
    assert_int_equal(hold.position.partition_count, 2);
    assert_int_equal(hold.position.offsets[0], 50);
    assert_int_equal(hold.position.offsets[1], 50);
    assert_true(consent_following_holds(following, &hold));
    consent_following_end(following, &hold);
    struct consent_partition partitions[4];
    assert_int_equal(consent_following_partitions(following, partitions, 4), 2);
    assert_int_equal(partitions[0].position, 50);
    assert_int_equal(partitions[0].end, 50);
    consent_following_stop(following);
}

static void send_in_transaction(rd_kafka_t *producer, unsigned number, const char *value)
{
    char key[64];
    snprintf(key, sizeof key, "account.user_id:u%u", number);
    assert_null(rd_kafka_begin_transaction(producer));
    queue_message(producer, 0, key, value, NULL);
    assert_int_equal(rd_kafka_flush(producer, WAIT_MS), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* The last offsets are those of markers; no record is there. */
static void tails_of_markers_and_aborted_records(void **state)
{
    (void)state;
    make_topic("tails", 1, "");
    rd_kafka_t *producer = make_producer(topic);
    send_in_transaction(producer, 1, VALUE("1", "granted"));
    assert_null(rd_kafka_commit_transaction(producer, WAIT_MS));
    struct consent_following *following = start();
    assert_int_equal(state_of(following, 1), CONSENT_GRANTED);
    consent_following_stop(following);

    send_in_transaction(producer, 1, VALUE("2", "denied"));
    assert_null(rd_kafka_abort_transaction(producer, WAIT_MS));
    following = start();
    assert_int_equal(state_of(following, 1), CONSENT_GRANTED);
    /* And while it follows. */
    for (unsigned i = 0; i < 20; i++) {
        send_in_transaction(producer, 2, VALUE("3", "granted"));
        if (i % 2)
            assert_null(rd_kafka_commit_transaction(producer, WAIT_MS));
        else
            assert_null(rd_kafka_abort_transaction(producer, WAIT_MS));
        assert_int_equal(state_of(following, 2), i > 0 ? CONSENT_GRANTED : CONSENT_UNKNOWN);
    }
    assert_int_equal(counts_of(following).rebuilds, 0);
    consent_following_stop(following);
    rd_kafka_destroy(producer);
}

/* What was acknowledged behind an open transaction cannot be read, so nothing goes on. */
static void an_open_transaction_is_waited_for(void **state)
{
    (void)state;
    struct consent_hold hold;
    make_topic("open", 1, "");
    rd_kafka_t *producer = make_producer(topic);
    send_state(0, 1, 1, "granted");
    send_in_transaction(producer, 2, VALUE("1", "granted"));
    send_state(0, 1, 2, "withdrawn");
    struct consent_following *following = start_with(500, 1000);
    assert_false(consent_following_begin(following, 2500, &hold));
    assert_int_equal(consent_following_state(following), CONSENT_LOADING);
    await_words(following, "transaction");
    await_words(following, "is at 1 of 3");
    assert_null(rd_kafka_commit_transaction(producer, WAIT_MS));
    assert_int_equal(state_of(following, 1), CONSENT_WITHDRAWN);
    assert_int_equal(state_of(following, 2), CONSENT_GRANTED);

    send_in_transaction(producer, 2, VALUE("2", "granted"));
    await_state(following, CONSENT_STALE);
    assert_false(consent_following_begin(following, 0, &hold));
    assert_null(rd_kafka_abort_transaction(producer, WAIT_MS));
    await_state(following, CONSENT_FRESH);
    assert_int_equal(counts_of(following).rebuilds, 0);
    consent_following_stop(following);
    rd_kafka_destroy(producer);
}

/* Acknowledged is in the table, a thousand times of a thousand. */
static void the_barrier_sees_what_was_acknowledged(void **state)
{
    (void)state;
    make_topic("barrier", 4, "");
    struct consent_following *following = start();
    unsigned missed = 0;
    for (unsigned i = 0; i < 1000; i++) {
        send_state((int)(i % 4), i, 1, "granted");
        if (i % 7 == 0)
            missed += state_of(following, i) != CONSENT_GRANTED;
        send_state((int)(i % 4), i, 2, "withdrawn");
        struct consent_hold hold;
        assert_true(consent_following_begin(following, WAIT_MS, &hold));
        missed += state_in(&hold, i) != CONSENT_WITHDRAWN;
        consent_following_end(following, &hold);
    }
    assert_int_equal(missed, 0);
    assert_int_equal(counts_of(following).rebuilds, 0);
    consent_following_stop(following);
}

static void make_anew(unsigned records, const char *consent)
{
    admin("delete-topic %s", topic);
    admin("create-topic %s 1 cleanup.policy=compact", topic);
    for (unsigned i = 0; i < records; i++)
        send_state(0, 1000 + i, 1, consent);
}

/* Deleted from the front: it may have been a denial, so nothing more is released until the topic is
 * made anew. */
static void deleted_records_stop_the_release(void **state)
{
    (void)state;
    make_topic("deleted", 1, "");
    admin("set-config %s cleanup.policy=compact,delete", topic);
    send_state(0, 1, 1, "granted");
    send_state(0, 2, 1, "granted");
    struct consent_following *following = start();
    assert_int_equal(state_of(following, 1), CONSENT_GRANTED);
    admin("delete-records %s 0 1", topic);
    struct consent_hold hold;
    while (counts_of(following).rebuilds == 0)
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    assert_false(consent_following_begin(following, 2000, &hold));
    assert_int_equal(counts_of(following).faults[TOPIC_FAULT_START], 1);
    await_words(following, "were deleted");
    make_anew(2, "granted");
    assert_int_equal(state_of(following, 1), CONSENT_UNKNOWN);
    assert_int_equal(state_of(following, 1001), CONSENT_GRANTED);
    consent_following_stop(following);
}

static void a_topic_made_anew_is_read_anew(void **state)
{
    (void)state;
    make_topic("anew", 1, "");
    for (unsigned i = 0; i < 5; i++)
        send_state(0, i, 1, "granted");
    struct consent_following *following = start();
    assert_int_equal(state_of(following, 3), CONSENT_GRANTED);
    make_anew(2, "granted"); /* smaller */
    await_rebuild(following, 0);
    assert_int_equal(state_of(following, 3), CONSENT_UNKNOWN);
    assert_int_equal(state_of(following, 1001), CONSENT_GRANTED);
    make_anew(50, "denied"); /* larger */
    await_rebuild(following, 1);
    assert_int_equal(state_of(following, 3), CONSENT_UNKNOWN);
    assert_int_equal(state_of(following, 1001), CONSENT_DENIED);
    consent_following_stop(following);
}

/* Batches around the moment in which a topic was made anew, and has outgrown what was read: the new
 * log says that somebody has withdrawn, and nothing is committed by the word of the old one. */
static void a_batch_does_not_hold_on_an_old_log(void **state)
{
    (void)state;
    enum { ROUNDS = 6 };
    unsigned passed = 0;
    make_topic("old", 1, "");
    send_state(0, 1000, 1, "granted");
    send_state(0, 1, 1, "granted");
    struct consent_following *following = start();
    assert_int_equal(state_of(following, 1000), CONSENT_GRANTED);
    for (unsigned round = 0; round < ROUNDS; round++) {
        const char *consent = round % 2 ? "granted" : "withdrawn";
        struct consent_hold before;
        struct consent_hold hold;
        assert_true(consent_following_begin(following, WAIT_MS, &before));
        make_anew(20 + round, consent);
        for (unsigned tries = 0; tries < 50; tries++) {
            if (!consent_following_begin(following, 20, &hold))
                continue;
            bool right = state_in(&hold, 1000) == (round % 2 ? CONSENT_GRANTED : CONSENT_WITHDRAWN);
            passed += right;
            if (consent_following_holds(following, &hold))
                assert_true(right);
            consent_following_end(following, &hold);
        }
        assert_false(consent_following_holds(following, &before));
        consent_following_end(following, &before);
        assert_int_equal(state_of(following, 1000),
                         round % 2 ? CONSENT_GRANTED : CONSENT_WITHDRAWN);
    }
    assert_true(passed > 0);
    assert_true(counts_of(following).rebuilds >= ROUNDS);
    consent_following_stop(following);
}

static void check_compacted(struct consent_following *following)
{
    assert_int_equal(state_of(following, 1), CONSENT_WITHDRAWN);
    assert_int_equal(state_of(following, 2), CONSENT_UNKNOWN);
    assert_int_equal(state_of(following, 3), CONSENT_UNKNOWN);
    assert_int_equal(state_of(following, 4), CONSENT_GRANTED);
}

/* The same before and after, for who reads it anew and for who has followed. */
static void compaction_changes_nothing(void **state)
{
    (void)state;
    uint64_t written = 9;
    uint64_t read = written;
    make_topic("compacted", 1,
               "segment.ms=1000 min.cleanable.dirty.ratio=0.01 delete.retention.ms=1000");
    send_state(0, 1, 1, "granted");
    send_state(0, 1, 2, "withdrawn");
    send_state(0, 2, 1, "granted");
    send_message(0, "account.user_id:u2", NULL);
    send_state(0, 3, 1, "granted");
    send_message(0, "account.user_id:u3", "{\"seq\":2,");
    send_message(0, "nobody:1", "{}");
    send_message(0, "nobody:1", NULL);
    send_state(0, 4, 1, "granted");
    struct consent_following *following = start();
    check_compacted(following);
    int64_t until = now_ms() + WAIT_MS;
    while (read >= 9 && now_ms() < until) {
        sleep_ms(1100);
        send_state(0, 99, ++written, "granted"); /* closes a segment */
        struct consent_following *again = start();
        check_compacted(again);
        read = counts_of(again).table.messages;
        consent_following_stop(again);
    }
    print_message("%d records written, %d left after compaction, %d rebuilds\n", (int)written,
                  (int)read, (int)counts_of(following).rebuilds);
    assert_true(read < 9);
    check_compacted(following);
    /* A key that nobody can read still blocks after compaction, until its tombstone comes. */
    send_message(0, "nobody:2", "{}");
    for (unsigned i = 0; i < 3; i++) {
        sleep_ms(1100);
        send_state(0, 99, ++written, "granted");
    }
    await_state(following, CONSENT_BLOCKED);
    struct consent_following *again = start();
    await_state(again, CONSENT_BLOCKED);
    send_message(0, "nobody:2", NULL);
    check_compacted(again);
    check_compacted(following);
    consent_following_stop(again);
    consent_following_stop(following);
}

/* Rubbish in values denies its subject. In keys it stops everything until its tombstone comes. */
static void rubbish(void **state)
{
    (void)state;
    struct consent_hold hold;
    char long_key[3000] = "account.user_id:";
    make_topic("rubbish", 2, "");
    send_state(0, 1, 1, "granted");
    send_message(0, "account.user_id:u1", "\xff\xfe{");
    send_message(0, "account.user_id:u2", "");
    send_message(1, "account.user_id:u3", "[1,2");
    struct consent_following *following = start();
    assert_int_equal(state_of(following, 1), CONSENT_UNKNOWN);
    assert_int_equal(counts_of(following).table.unreadable_values, 3);
    memset(long_key + 16, 'x', sizeof long_key - 17);
    send_message(1, long_key, VALUE("1", "granted"));
    assert_int_equal(state_of(following, 2), CONSENT_UNKNOWN); /* no id: ignored */

    send_message(1, "nobody:SECRET", VALUE("1", "granted"));
    await_state(following, CONSENT_BLOCKED);
    assert_false(consent_following_begin(following, 100, &hold));
    await_words(following, "partition 1");
    await_words(following, "offset 2");
    assert_null(strstr(sentence(following), "SECRET"));
    send_message(0, "nobody:SECRET", NULL); /* in the wrong partition it deletes nothing */
    assert_false(consent_following_begin(following, 300, &hold));
    send_message(1, "nobody:SECRET", NULL);
    await_state(following, CONSENT_FRESH);
    assert_int_equal(state_of(following, 1), CONSENT_UNKNOWN);
    consent_following_stop(following);
    following = start(); /* and whoever reads it now is not blocked either */
    await_state(following, CONSENT_FRESH);
    consent_following_stop(following);
}

/* A hold from before the block is refused. */
static void a_block_refuses_what_is_held(void **state)
{
    (void)state;
    struct consent_hold hold;
    make_topic("held", 1, "");
    struct consent_following *following = start();
    assert_true(consent_following_begin(following, WAIT_MS, &hold));
    assert_true(consent_following_holds(following, &hold));
    send_message(0, "nobody:1", VALUE("1", "granted"));
    await_state(following, CONSENT_BLOCKED);
    assert_false(consent_following_holds(following, &hold));
    consent_following_end(following, &hold);
    consent_following_stop(following);
}

static void a_full_table_blocks_until_there_is_room(void **state)
{
    (void)state;
    make_topic("full", 1, "");
    for (unsigned i = 0; i < 11; i++)
        send_state(0, i, 1, "granted");
    struct consent_following *following = start_with(WAIT_MS, 10);
    await_state(following, CONSENT_BLOCKED);
    await_words(following, "full");
    send_message(0, "account.user_id:u3", NULL);
    await_state(following, CONSENT_FRESH);
    assert_int_equal(state_of(following, 10), CONSENT_GRANTED);
    assert_int_equal(state_of(following, 3), CONSENT_UNKNOWN);
    consent_following_stop(following);
}

static void two_partitions_that_disagree_deny(void **state)
{
    (void)state;
    make_topic("split", 3, "");
    send_state(0, 1, 1, "withdrawn");
    send_state(2, 1, 9, "granted");
    send_state(1, 2, 9, "granted");
    struct consent_following *following = start();
    assert_int_equal(state_of(following, 1), CONSENT_WITHDRAWN);
    assert_int_equal(state_of(following, 2), CONSENT_GRANTED);
    send_state(2, 1, 10, "granted");
    assert_int_equal(state_of(following, 1), CONSENT_WITHDRAWN);
    assert_int_equal(counts_of(following).table.split_subjects, 1);
    consent_following_stop(following);
}

static void partitions_that_were_added_are_read(void **state)
{
    (void)state;
    make_topic("grown", 1, "");
    send_state(0, 1, 1, "granted");
    struct consent_following *following = start();
    struct consent_hold hold;
    assert_int_equal(state_of(following, 1), CONSENT_GRANTED);
    admin("add-partitions %s 2", topic);
    send_state(1, 1, 2, "withdrawn");
    /* A batch that begins now may not see it, but then it does not hold. */
    if (consent_following_begin(following, WAIT_MS, &hold)) {
        if (state_in(&hold, 1) == CONSENT_GRANTED)
            assert_false(consent_following_holds(following, &hold));
        consent_following_end(following, &hold);
    }
    await_rebuild(following, 0);
    assert_int_equal(state_of(following, 1), CONSENT_WITHDRAWN);
    assert_int_equal(counts_of(following).faults[TOPIC_FAULT_PARTITIONS], 1);
    consent_following_stop(following);
}

static void a_topic_that_is_not_there(void **state)
{
    (void)state;
    snprintf(topic, sizeof topic, "consent.none.%d", (int)getpid());
    struct consent_following *following = start();
    await_state(following, CONSENT_UNREACHABLE);
    await_words(following, "there is no topic");
    admin("create-topic %s 1 cleanup.policy=compact", topic);
    await_state(following, CONSENT_FRESH);
    consent_following_stop(following);
}

static void freeze(bool frozen)
{
    assert_int_equal(kill((pid_t)atoi(getenv("LETHE_BROKER_PID")), frozen ? SIGSTOP : SIGCONT), 0);
}

/* Only with a broker of its own. */
static void a_broker_that_does_not_answer(void **state)
{
    (void)state;
    enum { BARRIER = 500 };
    struct consent_hold hold;
    struct consent_hold other;
    make_topic("frozen", 2, "");
    send_state(1, 1, 1, "granted");
    struct consent_following *following = start_with(BARRIER, 1000);
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(state_of(following, 1), CONSENT_GRANTED);
        assert_true(consent_following_begin(following, WAIT_MS, &hold));
        freeze(true);
        sleep_ms(50); /* its threads stop one by one */
        int64_t frozen_at = running_clock_ms();
        assert_false(consent_following_begin(following, BARRIER, &other));
        while (consent_following_state(following) == CONSENT_FRESH)
            sleep_ms(1);
        int64_t noticed = running_clock_ms() - frozen_at;
        print_message("no longer fresh %d ms after the broker froze\n", (int)noticed);
        assert_in_range(noticed, 0, BARRIER + 300);
        await_state(following, CONSENT_UNREACHABLE);
        sleep_ms(round * 1500);
        assert_false(consent_following_begin(following, 100, &other));
        freeze(false);
        await_state(following, CONSENT_FRESH);
        consent_following_end(following, &hold);
    }
    send_state(1, 1, 2, "withdrawn");
    assert_int_equal(state_of(following, 1), CONSENT_WITHDRAWN);
    assert_int_equal(counts_of(following).rebuilds, 0);
    consent_following_stop(following);
}

int main(void)
{
    const struct CMUnitTest own[] = {cmocka_unit_test(a_broker_that_does_not_answer)};
    if (getenv("LETHE_BROKER_PID"))
        return cmocka_run_group_tests(own, open_world, close_world);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_topic_is_current),
        cmocka_unit_test(what_is_there_is_read),
        cmocka_unit_test(tails_of_markers_and_aborted_records),
        cmocka_unit_test(an_open_transaction_is_waited_for),
        cmocka_unit_test(the_barrier_sees_what_was_acknowledged),
        cmocka_unit_test(deleted_records_stop_the_release),
        cmocka_unit_test(a_topic_made_anew_is_read_anew),
        cmocka_unit_test(a_batch_does_not_hold_on_an_old_log),
        cmocka_unit_test(compaction_changes_nothing),
        cmocka_unit_test(rubbish),
        cmocka_unit_test(a_block_refuses_what_is_held),
        cmocka_unit_test(a_full_table_blocks_until_there_is_room),
        cmocka_unit_test(two_partitions_that_disagree_deny),
        cmocka_unit_test(partitions_that_were_added_are_read),
        cmocka_unit_test(a_topic_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
