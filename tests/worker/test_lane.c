/*
 * The lane loop, whatever happens to it: every record that the source has is committed once.
 */
#include "tests/worker/lane_world.h"

static struct world W;
static struct world_sink S;
static struct lane_counts C;

/* None of them twice. */
static uint64_t committed_rows(void)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < WORLD_MESSAGES * WORLD_PARTITIONS; i++) {
        assert_true(S.committed[i] <= 1);
        rows += S.committed[i];
    }
    return rows;
}

/* What the source skipped as a gap was never handed out. */
static void assert_each_once(uint64_t rows)
{
    assert_int_equal(committed_rows(), rows);
}

static void run_and_check(void)
{
    enum lane_end end = LANE_FAILED;
    assert_int_equal(world_run(&W, &S, &C, &end), RC_OK);
    assert_int_equal(end, LANE_ENDED);
    assert_true(world_is_settled(&W));
    assert_each_once(C.recipients[0].rows);
    /* A gap now and then: one offset in twenty or so. */
    assert_in_range(C.records, 3 * W.count[0] * 9 / 10, 3 * W.count[0]);
    assert_int_equal(C.records, C.messages);
}

static void start(unsigned minimum, int64_t messages)
{
    world_open(&W, minimum, messages);
    world_sink_open(&S, &W);
}

static void stop(void)
{
    free(S.committed);
    world_release(&W);
}

static void test_nothing_happens(void **state)
{
    (void)state;
    start(1, 1000);
    run_and_check();
    assert_int_equal(W.rewinds, 0);
    assert_in_range(C.batches, 27, 60);
    stop();
}

static void test_sink_undoes(void **state)
{
    (void)state;
    for (unsigned every = 2; every < 6; every++) {
        start(1, 500);
        S.undo_every = every;
        run_and_check();
        assert_true(W.rewinds > 0);
        stop();
    }
}

static void test_publications_of_several_batches(void **state)
{
    (void)state;
    for (unsigned each = 2; each < 5; each++) {
        start(1, 1000);
        S.batches_each = each;
        S.undo_every = 3;
        run_and_check();
        stop();
    }
}

static enum poll_result revoke_often(struct world *world)
{
    return world->polls % 137 == 0 ? POLL_REVOKED : POLL_IDLE;
}

/* Not for ever: what is left at the end waits for its delay. */
static enum poll_result lose_often(struct world *world)
{
    return world->polls < 5000 && world->polls % 251 == 0 ? POLL_LOST : POLL_IDLE;
}

static enum poll_result anything(struct world *world)
{
    int chance = world->polls < 20000 ? world_random(world, 400) : 2;
    return chance == 0 ? POLL_REVOKED : chance == 1 ? POLL_LOST : POLL_IDLE;
}

static void test_rebalances(void **state)
{
    (void)state;
    start(1, 1000);
    W.script = revoke_often;
    run_and_check();
    assert_true(W.releases > 5);
    stop();
    start(1, 1000);
    W.script = lose_often;
    run_and_check();
    assert_true(W.releases > 5);
    stop();
    for (unsigned each = 1; each < 4; each++) {
        start(1, 2000);
        W.script = anything;
        W.seed = each;
        S.batches_each = each;
        S.undo_every = 7;
        run_and_check();
        stop();
    }
}

static enum poll_result revoke_once_then_stop(struct world *world)
{
    if (world->polls == 200)
        return POLL_REVOKED;
    if (world->polls == 400)
        atomic_store(&world->stop, true);
    return POLL_IDLE;
}

/* Below its minimum a batch leaves neither on revocation nor at the end: it is read again. */
static void test_minimum(void **state)
{
    (void)state;
    enum lane_end end;
    start(1000, 20);
    W.script = revoke_once_then_stop;
    assert_int_equal(world_run(&W, &S, &C, &end), RC_OK);
    assert_int_equal(end, LANE_ENDED);
    assert_in_range(W.handed_out, 100, 120); /* all of it, twice */
    assert_int_equal(W.releases, 1);
    assert_int_equal(S.commits, 0);
    assert_each_once(0);
    assert_int_equal(C.records, 0);
    stop();
}

static enum poll_result stop_in_the_middle(struct world *world)
{
    if (world->handed_out == 776)
        atomic_store(&world->stop, true);
    return POLL_IDLE;
}

/* Stopped in good order: what was handed out and may leave is committed, and another begins there.
 */
static void test_stopped_and_started(void **state)
{
    (void)state;
    enum lane_end end;
    start(1, 1000);
    W.script = stop_in_the_middle;
    assert_int_equal(world_run(&W, &S, &C, &end), RC_OK);
    assert_int_equal(end, LANE_ENDED);
    assert_int_equal(C.messages, 777);
    assert_each_once(777);
    for (int i = 0; i < WORLD_PARTITIONS; i++)
        assert_int_equal(W.settled[i], W.next[i]);
    uint64_t before = C.messages;
    atomic_store(&W.stop, false);
    W.script = NULL;
    W.assigned = false;
    assert_int_equal(world_run(&W, &S, &C, &end), RC_OK);
    assert_each_once(before + C.messages);
    stop();
}

static enum poll_result give_up(struct world *world)
{
    if (world->handed_out < 150)
        return POLL_IDLE;
    world->source.failure = RC_CORRUPT;
    return POLL_FAILED;
}

static void test_source_gives_up(void **state)
{
    (void)state;
    enum lane_end end;
    start(1, 1000);
    W.script = give_up;
    assert_int_equal(world_run(&W, &S, &C, &end), RC_CORRUPT);
    assert_int_equal(end, LANE_HALTED_SOURCE);
    assert_each_once(150); /* what is good before the poison leaves */
    stop();
}

static void test_sink_fails(void **state)
{
    (void)state;
    enum lane_end end;
    start(1, 1000);
    S.fail_with = RC_IO;
    assert_int_equal(world_run(&W, &S, &C, &end), RC_IO);
    assert_int_equal(end, LANE_FAILED);
    assert_each_once(0);
    assert_int_equal(C.records, 0);
    stop();
}

/* One in ten is bad: sealed up to the quota, then discarded and counted, and the good ones go on.
 */
static void test_quota(void **state)
{
    (void)state;
    enum lane_end end;
    start(1, 1000);
    W.bad_value = "{\"n\":";
    assert_int_equal(world_run(&W, &S, &C, &end), RC_OK);
    assert_int_equal(end, LANE_ENDED);
    uint64_t quarantined = 0, over = 0;
    for (size_t i = 0; i < QUARANTINE_REASON_COUNT; i++) {
        quarantined += C.quarantined[i];
        over += C.over_quota[i];
    }
    assert_int_equal(quarantined, 100);
    assert_true(over > 100);
    assert_int_equal(C.recipients[0].rows + quarantined + over, C.records);
    assert_each_once(C.recipients[0].rows);
    stop();
}

/* Every one is bad: the schema is wrong, and the lane halts before anything is lost. */
static void test_share(void **state)
{
    (void)state;
    enum lane_end end;
    start(1, 1000);
    for (int i = 0; i < WORLD_PARTITIONS; i++)
        W.count[i] = 1000;
    W.script = NULL;
    W.bad_value = NULL;
    struct schema *schema = W.configuration->schemas[0];
    schema->match_topic = SLICE("another");
    assert_int_equal(world_run(&W, &S, &C, &end), RC_REFUSED);
    assert_int_equal(end, LANE_HALTED_SHARE);
    int64_t settled = 0;
    for (int i = 0; i < WORLD_PARTITIONS; i++)
        settled += W.settled[i];
    uint64_t over = 0, quarantined = 0;
    for (size_t i = 0; i < QUARANTINE_REASON_COUNT; i++) {
        over += C.over_quota[i];
        quarantined += C.quarantined[i];
    }
    assert_int_equal(over, 0);
    assert_true(quarantined <= 100);
    assert_true(settled <= 110); /* nothing beyond the quota was let go of */
    stop();
}

/* A message that may hide a withdrawal comes when parts are open. */
static enum poll_result block_consent(struct world *world)
{
    struct consent_hold hold;
    struct consent_reader *reader;
    if (world->handed_out < 200 || world->blocked) {
        if (world->blocked && S.discards > 0)
            atomic_store(&world->stop, true);
        return POLL_IDLE;
    }
    assert_true(consent_following_begin(world->following, 1000, &hold));
    assert_int_equal(consent_reader_new(world->configuration->policy, &reader), RC_OK);
    struct consent_table *table = (struct consent_table *)(uintptr_t)hold.table;
    consent_table_message(table, reader, SLICE("no.such:1"), SLICE("{}"));
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_KEY);
    consent_reader_free(reader);
    consent_following_end(world->following, &hold);
    world->blocked = true;
    for (int i = 0; i < WORLD_PARTITIONS; i++) /* nothing comes: what is open falls due by age */
        world->count[i] = world->next[i];
    return POLL_IDLE;
}

static void test_consent_blocked_over_open_parts(void **state)
{
    (void)state;
    enum lane_end end;
    struct consent_following_options options = {.subject_limit = 100};
    struct buffer reason;
    buffer_init(&reason, 1024);
    start(1, 1000);
    options.policy = W.configuration->policy;
    assert_int_equal(consent_following_start(&options, &W.following, &reason), RC_OK);
    S.batches_each = 10;
    W.script = block_consent;
    assert_int_equal(world_run(&W, &S, &C, &end), RC_OK);
    assert_true(W.blocked);
    assert_int_equal(S.commits, 0);
    assert_true(S.discards > 0);
    assert_each_once(0);
    consent_following_stop(W.following);
    buffer_release(&reason);
    stop();
}

static enum poll_result reload_twice(struct world *world)
{
    struct buffer reason;
    if (world->handed_out % 300 != 299 || world->handed_out > 600)
        return POLL_IDLE;
    buffer_init(&reason, 1024);
    struct configuration *configuration = world_load(world);
    configuration->stream.quarantine_quota = 7;
    assert_int_equal(generations_replace(world->generations, configuration, WORLD_DAY, &reason),
                     RC_OK);
    buffer_release(&reason);
    return POLL_IDLE;
}

/* The sink reads its description to the end: the generation that has it is the caller's then. */
static void run_with_reloads(unsigned taken, enum rc expected, unsigned described)
{
    enum lane_end end;
    struct buffer reason;
    buffer_init(&reason, 1024);
    start(1, 1000);
    W.bad_value = "{\"n\":";
    assert_int_equal(generations_new(world_load(&W), &W.generations), RC_OK);
    assert_int_equal(generations_refresh(W.generations, WORLD_DAY, &reason), RC_OK);
    W.held = generations_take(W.generations);
    S.description = W.held->description;
    S.descriptions_taken = taken;
    W.script = reload_twice;
    assert_int_equal(world_run(&W, &S, &C, &end), expected);
    assert_int_equal(S.descriptions, described);
    assert_ptr_equal(S.description, W.held->description);
    assert_int_equal(W.held->number, 1 + taken);
    generation_let_go(W.generations, W.held);
    generations_free(W.generations);
    buffer_release(&reason);
}

static void test_reloads(void **state)
{
    (void)state;
    uint64_t quarantined = 0;
    run_with_reloads(2, RC_OK, 2);
    for (size_t i = 0; i < QUARANTINE_REASON_COUNT; i++)
        quarantined += C.quarantined[i];
    assert_int_equal(quarantined, 0); /* the minute had 30 or so already: the new quota holds */
    stop();
    run_with_reloads(1, RC_IO, 2);
    stop();
    run_with_reloads(0, RC_IO, 1);
    stop();
}

static int64_t reload_at;

/* The policy's version is 2 from here on. */
static enum poll_result reload_at_last(struct world *world)
{
    struct buffer reason;
    if (world->handed_out != reload_at)
        return POLL_IDLE;
    reload_at = -1;
    buffer_init(&reason, 1024);
    char text[sizeof small_policy];
    memcpy(text, small_policy, sizeof text);
    strstr(text, "version: 1\n")[strlen("version: ")] = '2';
    world_write(world, "p.yaml", text);
    assert_int_equal(generations_replace(world->generations, world_load(world), WORLD_DAY, &reason),
                     RC_OK);
    buffer_release(&reason);
    return POLL_IDLE;
}

static void run_with_a_reload_at(int64_t at, unsigned batches_each, bool undone)
{
    enum lane_end end;
    struct buffer reason;
    buffer_init(&reason, 1024);
    start(1, 300);
    S.batches_each = batches_each;
    S.undo_every = 2;
    S.commits = undone; /* whether it is the first or the second one that is undone */
    S.descriptions_taken = 1;
    assert_int_equal(generations_new(world_load(&W), &W.generations), RC_OK);
    assert_int_equal(generations_refresh(W.generations, WORLD_DAY, &reason), RC_OK);
    W.held = generations_take(W.generations);
    S.description = W.held->description;
    reload_at = at;
    W.script = reload_at_last;
    assert_int_equal(world_run(&W, &S, &C, &end), RC_OK);
    assert_int_equal(S.descriptions, 1);
    generation_let_go(W.generations, W.held);
    generations_free(W.generations);
    buffer_release(&reason);
}

/* The message that the source was about to give when it was published is the new one's. */
static void test_reload_while_the_source_is_asked(void **state)
{
    (void)state;
    run_with_a_reload_at(0, 1, false);
    assert_int_equal(S.taken_under[1], 0);
    assert_in_range(committed_rows(), 1, S.taken_under[2]);
    stop();
    unsigned rewinds = 0;
    for (int64_t at = 80; at <= 120;
         at++) { /* about the first batch's end: some are undone there */
        run_with_a_reload_at(at, 3, at % 2 == 0);
        rewinds += W.rewinds;
        (void)committed_rows();
        assert_true(world_is_settled(&W));
        stop();
    }
    assert_true(rewinds > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_happens),
        cmocka_unit_test(test_sink_undoes),
        cmocka_unit_test(test_publications_of_several_batches),
        cmocka_unit_test(test_rebalances),
        cmocka_unit_test(test_minimum),
        cmocka_unit_test(test_stopped_and_started),
        cmocka_unit_test(test_source_gives_up),
        cmocka_unit_test(test_sink_fails),
        cmocka_unit_test(test_quota),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_consent_blocked_over_open_parts),
        cmocka_unit_test(test_reloads),
        cmocka_unit_test(test_reload_while_the_source_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
