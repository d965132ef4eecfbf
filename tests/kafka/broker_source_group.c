/* Sources of one group on a real broker: partitions that come and go, and who may commit. */
#include "tests/kafka/source_world.h"
#include "tests/running_clock.h"

enum { PARTITIONS = 4, MESSAGES = 200 /* of each partition */ };

/* Half a lane: reads into a batch and commits it in a transaction of its own. */
struct member {
    struct source *source;
    rd_kafka_t *producer;
    int64_t next[PARTITIONS]; /* read up to; -1: not held */
    bool held, open;
    unsigned revoked, lost;
};

static void member_open(struct member *member, struct world *world, const char *name)
{
    *member = (struct member){.source = world_source(world)};
    char id[128];
    snprintf(id, sizeof id, "%s-%s", world->group, name);
    member->producer = world_producer("transactional.id", id, NULL);
    must(rd_kafka_init_transactions(member->producer, WORLD_PATIENCE));
}

/* NULL, or what the transaction failed with. */
static rd_kafka_error_t *member_commit(struct member *member, const struct world *world)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        if (member->next[p] > 0)
            rd_kafka_topic_partition_list_add(list, world->topic, p)->offset = member->next[p];
    }
    must(rd_kafka_begin_transaction(member->producer));
    rd_kafka_error_t *error = rd_kafka_send_offsets_to_transaction(
        member->producer, list, group_membership_metadata(source_membership(member->source)),
        WORLD_PATIENCE);
    rd_kafka_topic_partition_list_destroy(list);
    if (!error)
        error = rd_kafka_commit_transaction(member->producer, -1);
    else
        must(rd_kafka_abort_transaction(member->producer, -1));
    if (!error) {
        for (int32_t p = 0; p < PARTITIONS; p++) {
            if (member->next[p] > 0)
                source_settle(member->source, 0, p, member->next[p]);
        }
    }
    member->open = false;
    return error;
}

/* One turn of the loop. `seen` counts how often each value of a partition was part of a commit; a
 * batch is one message here, committed at the next turn, if the partitions are still there. */
static void member_turn(struct member *member, const struct world *world,
                        unsigned seen[PARTITIONS][MESSAGES], int64_t wait)
{
    struct message message;
    int bad;
    switch (source_poll(member->source, wait, &message, &bad)) {
    case POLL_ASSIGNED:
        member->held = true;
        memset(member->next, 0, sizeof member->next);
        break;
    case POLL_REVOKED:
        member->revoked++;
        if (member->open)
            must(member_commit(member, world));
        assert_int_equal(source_release(member->source), RC_OK);
        member->held = false;
        break;
    case POLL_LOST:
        member->lost++;
        assert_int_equal(source_release(member->source), RC_OK);
        member->held = member->open = false;
        break;
    case POLL_MESSAGE:
        assert_true(member->held);
        member->next[message.partition] = message.offset + 1;
        member->open = true;
        assert_in_range(message.offset, 0, MESSAGES - 1);
        seen[message.partition][message.offset]++;
        if (message.offset % 10 == 9)
            must(member_commit(member, world));
        break;
    case POLL_IDLE:
        break;
    default:
        fail_msg("the source has failed");
    }
}

static void member_close(struct member *member)
{
    source_close(member->source);
    rd_kafka_destroy(member->producer);
}

static bool all_seen(unsigned seen[PARTITIONS][MESSAGES])
{
    for (int p = 0; p < PARTITIONS; p++) {
        for (int i = 0; i < MESSAGES; i++) {
            if (seen[p][i] == 0)
                return false;
        }
    }
    return true;
}

static void test_join_and_leave(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "join", "4", NULL);
    world_set(&world, "heartbeat.interval.ms", "200");
    for (int32_t p = 0; p < PARTITIONS; p++)
        quickly(world.topic, p, 0, MESSAGES / 2);
    static unsigned seen[PARTITIONS][MESSAGES];
    memset(seen, 0, sizeof seen);
    struct member first, second;
    member_open(&first, &world, "first");
    while (!first.held)
        member_turn(&first, &world, seen, POLL_TIME);
    for (int i = 0; i < 55; i++) /* an open batch */
        member_turn(&first, &world, seen, POLL_TIME);
    member_open(&second, &world, "second");
    int64_t end = clock_monotonic_ns() + (int64_t)WORLD_PATIENCE * 1000000;
    while (!(first.held && second.held) && clock_monotonic_ns() < end) {
        member_turn(&first, &world, seen, 5);
        member_turn(&second, &world, seen, 5);
    }
    assert_true(first.held && second.held);
    assert_int_equal(first.revoked, 1);
    assert_int_equal(first.lost, 0);
    for (int i = 0; i < 40; i++) {
        member_turn(&first, &world, seen, 5);
        member_turn(&second, &world, seen, 5);
    }
    if (first.open)
        must(member_commit(&first, &world));
    member_close(&first); /* in the middle of things; the second gets it all */
    for (int32_t p = 0; p < PARTITIONS; p++)
        quickly(world.topic, p, MESSAGES / 2, MESSAGES / 2);
    while (!all_seen(seen) && clock_monotonic_ns() < end)
        member_turn(&second, &world, seen, 5);
    for (int p = 0; p < PARTITIONS; p++) {
        for (int i = 0; i < MESSAGES; i++) {
            if (seen[p][i] != 1)
                fail_msg("partition %d, offset %d: %u times", p, i, seen[p][i]);
        }
    }
    member_close(&second);
}

/* One that was thought dead: it never gets a commit through, and hears that it lost everything. */
static void test_zombie(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "zombie", "4", NULL);
    world_set(&world, "heartbeat.interval.ms", "200");
    for (int32_t p = 0; p < PARTITIONS; p++)
        quickly(world.topic, p, 0, MESSAGES);
    static unsigned seen[PARTITIONS][MESSAGES], seen_by_heir[PARTITIONS][MESSAGES];
    memset(seen, 0, sizeof seen);
    memset(seen_by_heir, 0, sizeof seen_by_heir);
    struct world mortal = world;
    mortal.settings.properties = mortal.properties;
    mortal.options.settings = &mortal.settings;
    mortal.topics[0] = mortal.topic;
    mortal.options.topics = mortal.topics;
    mortal.properties[1].value = "1500"; /* session.timeout.ms */
    world_set(&mortal, "max.poll.interval.ms", "1500");
    struct member zombie, heir;
    member_open(&zombie, &mortal, "zombie");
    while (!zombie.open)
        member_turn(&zombie, &mortal, seen, POLL_TIME);
    member_open(&heir, &world, "heir");
    int64_t end = clock_monotonic_ns() + (int64_t)WORLD_PATIENCE * 1000000;
    while (!all_seen(seen_by_heir) && clock_monotonic_ns() < end) /* the zombie is not polled */
        member_turn(&heir, &world, seen_by_heir, POLL_TIME);
    assert_true(all_seen(seen_by_heir));
    if (heir.open)
        must(member_commit(&heir, &world));
    assert_non_null(source_membership(zombie.source));
    rd_kafka_error_t *error = member_commit(&zombie, &mortal);
    assert_non_null(error);
    assert_true(rd_kafka_error_txn_requires_abort(error));
    rd_kafka_error_destroy(error);
    for (int32_t p = 0; p < PARTITIONS; p++)
        assert_int_equal(committed(&world, p), MESSAGES);
    /* Back among the living: messages that it still has are of a batch that is dropped. */
    while (zombie.held && clock_monotonic_ns() < end) {
        struct message message;
        int bad;
        enum poll_result result = source_poll(zombie.source, POLL_TIME, &message, &bad);
        assert_int_not_equal(result, POLL_FAILED);
        assert_int_not_equal(result, POLL_REVOKED);
        if (result == POLL_LOST) {
            assert_int_equal(source_poll(zombie.source, 0, &message, &bad), POLL_LOST);
            assert_int_equal(source_rewind(zombie.source), RC_OK); /* means nothing here */
            assert_int_equal(source_release(zombie.source), RC_OK);
            assert_null(source_membership(zombie.source));
            zombie.held = false;
        }
    }
    assert_false(zombie.held);
    member_close(&heir);
    while (!zombie.held && clock_monotonic_ns() < end)
        member_turn(&zombie, &mortal, seen, POLL_TIME);
    assert_true(zombie.held); /* and it is a member again */
    member_close(&zombie);
}

/* Rebalances in a row, at every moment of the other's start: librdkafka would abort the process if
 * partitions were given back before they had stopped. */
static void test_churn(void **state)
{
    (void)state;
    enum { ROUNDS = 8 };
    struct world world;
    world_open(&world, "churn", "4", NULL);
    world_set(&world, "heartbeat.interval.ms", "100");
    for (int32_t p = 0; p < PARTITIONS; p++)
        quickly(world.topic, p, 0, MESSAGES);
    static unsigned seen[PARTITIONS][MESSAGES];
    struct member first, other;
    member_open(&first, &world, "first");
    int64_t end = clock_monotonic_ns() + (int64_t)WORLD_PATIENCE * 1000000;
    while (!first.held && clock_monotonic_ns() < end)
        member_turn(&first, &world, seen, POLL_TIME);
    for (int round = 0; round < ROUNDS; round++) {
        member_open(&other, &world, "other");
        for (int i = 0; i < round * 20; i++) {
            member_turn(&first, &world, seen, 5);
            member_turn(&other, &world, seen, 5);
            if (first.held && !first.open && i % 3 == 0)
                assert_int_equal(source_rewind(first.source), RC_OK);
        }
        member_close(&other);
    }
    do {
        member_turn(&first, &world, seen, POLL_TIME);
    } while (!(first.held && all_seen(seen)) && clock_monotonic_ns() < end);
    assert_true(first.held && all_seen(seen));
    assert_int_equal(first.lost, 0);
    member_close(&first);
}

/* Two processes with one group.instance.id: the first to have it halts, and says so. */
static void test_fenced(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "fenced", "1", NULL);
    world_set(&world, "heartbeat.interval.ms", "200");
    world.options.member = "the-only-one";
    struct source *first = world_source(&world);
    await(first, POLL_ASSIGNED);
    struct source *second = world_source(&world);
    struct message message;
    int bad;
    int64_t end = clock_monotonic_ns() + (int64_t)WORLD_PATIENCE * 1000000;
    enum poll_result result = POLL_IDLE;
    while (result != POLL_FAILED && clock_monotonic_ns() < end) {
        source_poll(second, 5, &message, &bad);
        result = source_poll(first, 5, &message, &bad);
        if (result == POLL_REVOKED || result == POLL_LOST) {
            enum rc rc = source_release(first);
            (void)rc; /* a client that has given up may say so here */
        }
    }
    assert_int_equal(result, POLL_FAILED);
    struct kafka_source_halt halt;
    assert_true(kafka_source_halted(first, &halt));
    assert_int_equal(halt.kind, KAFKA_HALT_FENCED);
    assert_null(halt.topic);
    source_close(first);
    source_close(second);
}

/* More members than partitions: one without any is content, and closes in time. */
static void test_nothing_to_hold(void **state)
{
    (void)state;
    struct world world;
    world_open(&world, "empty", "1", NULL);
    world_set(&world, "heartbeat.interval.ms", "200");
    struct source *first = world_source(&world);
    await(first, POLL_ASSIGNED);
    struct source *second = world_source(&world);
    unsigned assigned = 0;
    int64_t end = clock_monotonic_ns() + (int64_t)WORLD_PATIENCE * 1000000;
    while (assigned != 3 && clock_monotonic_ns() < end) {
        struct source *sources[] = {first, second};
        for (unsigned i = 0; i < 2; i++) {
            struct message message;
            int bad;
            enum poll_result result = source_poll(sources[i], 5, &message, &bad);
            if (result == POLL_REVOKED)
                assert_int_equal(source_release(sources[i]), RC_OK);
            if (result == POLL_ASSIGNED)
                assigned |= 1U << i;
        }
    }
    assert_int_equal(assigned, 3);
    assert_int_equal(source_rewind(first), RC_OK);
    assert_int_equal(source_rewind(second), RC_OK);
    int64_t begun = running_clock_ms();
    source_close(first);
    source_close(second);
    assert_in_range(running_clock_ms() - begun, 0, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join_and_leave),  cmocka_unit_test(test_zombie),
        cmocka_unit_test(test_churn),           cmocka_unit_test(test_fenced),
        cmocka_unit_test(test_nothing_to_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
