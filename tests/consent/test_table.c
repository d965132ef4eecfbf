/* The consent table: seq, conflicts, tombstones, what blocks, and what is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "consent/buckets.h"
#include "consent/table.h"

enum { OPERATION = 1, RESEARCH = 2, SPARE = 1024, KEYS = 1024 };

static const unsigned char KEY[16] = "a key for tests";

static struct policy policy;
static struct consent_reader *reader;
static struct consent_table *table;

static int set_up(void **state)
{
    (void)state;
    policy.purpose_count = 3;
    policy.purposes[OPERATION].name = SLICE("operation");
    policy.purposes[RESEARCH].name = SLICE("research");
    return consent_reader_new(&policy, &reader) == RC_OK &&
                   consent_table_new(100, KEY, &table) == RC_OK
               ? 0
               : 1;
}

static int tear_down(void **state)
{
    (void)state;
    consent_reader_free(reader);
    consent_table_free(table);
    return 0;
}

static void send(const char *key, const char *value)
{
    consent_table_message(table, reader, slice_from_string(key), slice_from_string(value));
}

static struct consent_counts counts(void)
{
    struct consent_counts out;
    consent_table_counts(table, &out);
    return out;
}

static struct subject_consent find(const char *id)
{
    struct subject_consent out;
    memset(&out, 0xAA, sizeof out);
    bool found = consent_table_find(table, CATEGORY_ACCOUNT_USER_ID, slice_from_string(id), &out);
    assert_int_equal(found, out.known);
    return out;
}

#define VALUE(seq, state)                                                                          \
    "{\"seq\":" seq ",\"purposes\":{\"operation\":{\"state\":\"" state                             \
    "\",\"since\":\"2026-01-02T03:04:05Z\",\"policy_version\":3}}}"

static void the_highest_seq_wins(void **state)
{
    (void)state;
    assert_false(find("7").known);
    send("account.user_id:7", VALUE("5", "granted"));
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_GRANTED);
    assert_int_equal(find("7").seq, 5);
    send("account.user_id:7", VALUE("4", "denied"));
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_GRANTED);
    send("account.user_id:7", VALUE("5", "granted"));
    send("account.user_id:7", VALUE("6", "withdrawn"));
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_WITHDRAWN);
    send("account.user_id:7", VALUE("6", "granted"));
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_WITHDRAWN);
    send("account.user_id:7", VALUE("1099511627776", "granted"));
    assert_int_equal(find("7").seq, UINT64_C(1) << 40);
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_GRANTED);
    struct consent_counts c = counts();
    assert_int_equal(c.messages, 6);
    assert_int_equal(c.applied, 3);
    assert_int_equal(c.old_seq, 1);
    assert_int_equal(c.same, 1);
    assert_int_equal(c.conflicts, 1);
    assert_int_equal(c.subjects, 1);
}

static void a_tombstone_forgets(void **state)
{
    (void)state;
    send("account.user_id:7", VALUE("500", "denied"));
    send("account.user_id:7", "null");
    assert_false(find("7").known);
    assert_int_equal(counts().subjects, 0);
    send("account.user_id:7", VALUE("1", "granted"));
    assert_int_equal(find("7").seq, 1);
    consent_table_message(table, reader, SLICE("account.user_id:7"), (struct slice){0});
    consent_table_message(table, reader, SLICE("account.user_id:7"), (struct slice){0});
    assert_false(find("7").known);
    assert_int_equal(counts().tombstones, 3);
    assert_int_equal(counts().same, 1);
}

static void an_unreadable_value_denies_until_healed(void **state)
{
    (void)state;
    send("account.user_id:7", VALUE("5", "granted"));
    send("account.user_id:7", "{\"seq\":9,\"purposes\":7}");
    assert_true(find("7").unreadable);
    assert_int_equal(find("7").seq, 9);
    send("account.user_id:7", VALUE("8", "granted"));
    send("account.user_id:7", VALUE("9", "granted"));
    assert_true(find("7").unreadable);
    send("account.user_id:7", VALUE("10", "granted"));
    assert_false(find("7").unreadable);

    /* Without a seq it may be newer than anything; the age of a broken text is a child's. */
    send("account.user_id:7", "{\"seq\":");
    assert_true(find("7").unreadable && find("7").age_stated && find("7").age == 0);
    assert_int_equal(find("7").seq, 10);
    send("account.user_id:7", VALUE("10", "granted"));
    assert_true(find("7").unreadable);
    send("account.user_id:7", VALUE("11", "granted"));
    assert_false(find("7").unreadable || find("7").age_stated);
    send("account.user_id:8", "nonsense");
    assert_true(find("8").unreadable);
    send("account.user_id:8", VALUE("0", "granted"));
    assert_true(find("8").unreadable);
    send("account.user_id:8", VALUE("1", "granted"));
    assert_false(find("8").unreadable);
    assert_int_equal(counts().unreadable_values, 3);
}

static void categories_are_apart(void **state)
{
    (void)state;
    struct subject_consent out;
    send("account.user_id:77", VALUE("1", "granted"));
    assert_false(consent_table_find(table, CATEGORY_ACCOUNT_LOGIN, SLICE("77"), &out));
    assert_false(consent_table_find(table, CATEGORY_NONE, SLICE("77"), &out));
    assert_false(consent_table_find(table, CATEGORY_COUNT, SLICE("77"), &out));
    assert_false(consent_table_find(table, CATEGORY_ACCOUNT_USER_ID, (struct slice){0}, &out));
    assert_true(consent_table_find(table, CATEGORY_ACCOUNT_USER_ID, SLICE("77"), &out));
}

static void ids_without_form_are_counted(void **state)
{
    (void)state;
    send("device.android_id:none", VALUE("1", "denied"));
    send("device.android_id:9774d56d682e549c", VALUE("1", "granted"));
    assert_int_equal(counts().no_form, 1);
    assert_int_equal(counts().placeholders, 1);
    assert_int_equal(counts().subjects, 0);
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_NONE);
}

static void unreadable_keys_block(void **state)
{
    (void)state;
    send("nobody:1", "null");
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_NONE);
    send("nobody:1", VALUE("1", "granted"));
    send("nobody:2", VALUE("1", "granted"));
    send("nobody:2", VALUE("2", "granted"));
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_KEY);
    send("nobody:2", "null");
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_KEY);
    send("nobody:3", "null");
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_KEY);
    send("nobody:1", "null");
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_NONE);
    assert_int_equal(counts().unreadable_keys, 3);
    consent_table_message(table, reader, (struct slice){0}, SLICE("{}"));
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_KEY);
    send("", "null");
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_NONE);
}

static void too_many_unreadable_keys_block_for_good(void **state)
{
    (void)state;
    char key[32];
    for (unsigned i = 0; i <= KEYS; i++) {
        snprintf(key, sizeof key, "nobody:%u", i);
        send(key, "{}");
    }
    for (unsigned i = 0; i <= KEYS; i++) {
        snprintf(key, sizeof key, "nobody:%u", i);
        send(key, "null");
    }
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_KEY);
}

static void send_from(unsigned partition, const char *key, const char *value)
{
    consent_table_message_from(table, reader, partition, slice_from_string(key),
                               slice_from_string(value));
}

static void one_subject_in_two_partitions_can_only_lose(void **state)
{
    (void)state;
    send_from(3, "account.user_id:7", VALUE("5", "granted"));
    send_from(3, "account.user_id:7", VALUE("6", "granted"));
    assert_false(find("7").split);
    assert_int_equal(find("7").partition, 3);
    /* An older seq from elsewhere denies all the same. */
    send_from(2, "account.user_id:7", VALUE("1", "withdrawn"));
    assert_true(find("7").split);
    assert_int_equal(find("7").partition, 3);
    assert_int_equal(find("7").seq, 6);
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_WITHDRAWN);
    send_from(3, "account.user_id:7", VALUE("9", "granted"));
    send_from(2, "account.user_id:7", VALUE("10", "granted"));
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_WITHDRAWN);
    assert_int_equal(find("7").seq, 10);
    send_from(2, "account.user_id:7", VALUE("10", "granted"));
    struct consent_counts c = counts();
    assert_int_equal(c.split, 3);
    assert_int_equal(c.split_subjects, 1);
    assert_int_equal(c.same, 1);
    assert_int_equal(c.applied, 2);
}

static void two_partitions_that_agree_stay_granted(void **state)
{
    (void)state;
    send_from(0, "account.user_id:7", VALUE("5", "granted"));
    send_from(1023, "account.user_id:7", VALUE("5", "granted"));
    assert_true(find("7").split);
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_GRANTED);
    assert_true(find("7").purposes[OPERATION].since != TIME_NONE);
    /* Other subjects are none the worse. */
    send_from(1023, "account.user_id:8", VALUE("5", "granted"));
    assert_false(find("8").split);
}

static void a_tombstone_forgets_no_split_subject(void **state)
{
    (void)state;
    send_from(1, "account.user_id:7", VALUE("5", "denied"));
    send_from(0, "account.user_id:7", "null");
    assert_true(find("7").split);
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_DENIED);
    send_from(1, "account.user_id:7", "null");
    assert_int_equal(find("7").purposes[OPERATION].state, CONSENT_DENIED);
    send_from(1, "account.user_id:8", VALUE("5", "granted"));
    send_from(0, "account.user_id:8", "null");
    assert_int_equal(find("8").purposes[OPERATION].since, TIME_NONE); /* which is no grant */
    send_from(1, "account.user_id:8", VALUE("6", "granted"));
    assert_int_equal(find("8").purposes[OPERATION].since, TIME_NONE);
    /* A partition's own tombstone, with nothing from elsewhere, forgets. */
    send_from(4, "account.user_id:9", VALUE("5", "granted"));
    send_from(4, "account.user_id:9", "null");
    assert_false(find("9").known);
    assert_int_equal(counts().subjects, 2);
    assert_int_equal(counts().split_subjects, 2);
}

static void only_its_own_partition_frees_a_key(void **state)
{
    (void)state;
    send_from(1, "nobody:1", VALUE("1", "granted"));
    send_from(0, "nobody:1", "null");
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_KEY);
    send_from(1, "nobody:1", "null");
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_NONE);
}

static void send_numbered(const char *value, unsigned number)
{
    char key[48];
    snprintf(key, sizeof key, "account.user_id:u%u", number);
    send(key, value);
}

static void a_full_table_blocks_until_there_is_room(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        send_numbered(VALUE("1", "granted"), i);
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_NONE);
    send_numbered(VALUE("1", "withdrawn"), 100);
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_FULL);
    send_numbered(VALUE("2", "denied"), 50);
    assert_int_equal(find("u50").purposes[OPERATION].state, CONSENT_DENIED);
    assert_int_equal(counts().full, 1);
    send_numbered("null", 3);
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_NONE);
    /* What came while it was full is known. */
    assert_int_equal(find("u100").purposes[OPERATION].state, CONSENT_WITHDRAWN);
    assert_int_equal(counts().subjects, 100);
}

static void beyond_its_spare_room_it_blocks_for_good(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100 + SPARE; i++)
        send_numbered(VALUE("1", "granted"), i);
    for (unsigned i = 0; i < SPARE; i++)
        send_numbered("null", i);
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_NONE);
    for (unsigned i = 0; i < 101 + SPARE; i++)
        send_numbered(VALUE("1", "granted"), i);
    for (unsigned i = 0; i < 101 + SPARE; i++)
        send_numbered("null", i);
    assert_int_equal(counts().subjects, 0);
    assert_int_equal(consent_table_block(table), CONSENT_BLOCK_FULL);
}

static void a_block_has_a_sentence(void **state)
{
    (void)state;
    for (unsigned i = CONSENT_BLOCK_NONE; i <= CONSENT_BLOCK_FULL; i++)
        assert_true(strlen(consent_block_sentence((enum consent_block)i)) > 10);
}

static void a_table_needs_a_limit(void **state)
{
    (void)state;
    struct consent_table *none;
    assert_int_equal(consent_table_new(0, NULL, &none), RC_LIMIT);
    assert_null(none);
    assert_int_equal(consent_table_new((uint64_t)1 << 31, NULL, &none), RC_LIMIT);
    assert_int_equal(consent_table_new(UINT64_MAX, NULL, &none), RC_LIMIT);
    consent_table_free(NULL);
}

/* Numbers to keys as a hash spreads them (the finaliser of splitmix64). */
static uint64_t mix(uint64_t number)
{
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

static struct subject_key key_of(uint64_t number)
{
    return (struct subject_key){{mix(2 * number + 1), mix(2 * number + 2)}};
}

/* Mean buckets a look-up of the keys of `count` numbers. */
static double mean_probes(const struct buckets *buckets, uint64_t from, unsigned count)
{
    uint64_t probes = 0;
    for (unsigned i = 0; i < count; i++)
        probes += buckets_probes(buckets, key_of(from + i));
    return (double)probes / count;
}

/* A million subjects come and go through a full table: nothing grows, no look-up becomes longer,
 * and an empty table is as it was at first. */
static void churn_leaves_no_trace(void **state)
{
    (void)state;
    enum { LIVE = 20000, ROUNDS = 1000000 };
    struct buckets buckets;
    struct slot_image image;
    struct subject_consent subject;
    assert_int_equal(buckets_init(&buckets, LIVE), RC_OK);
    subject_consent_init(&subject);
    subject.known = true;
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < LIVE + ROUNDS; i++) {
        if (i >= LIVE)
            assert_true(buckets_remove(&buckets, key_of(i - LIVE)));
        subject.seq = i % 3 ? i : UINT64_MAX - i; /* one in three has a record beside it */
        slot_encode(&subject, &image);
        assert_true(buckets_put(&buckets, key_of(i), &image));
        if (i == LIVE)
            bytes = buckets_bytes(&buckets);
    }
    assert_int_equal(buckets.used, LIVE);
    assert_in_range(buckets_bytes(&buckets), bytes, bytes + 4096);
    slot_encode(&subject, &image);
    assert_false(buckets_put(&buckets, key_of(UINT32_MAX), &image)); /* full is full */
    double known = mean_probes(&buckets, ROUNDS, LIVE);
    double unknown = mean_probes(&buckets, 2 * ROUNDS, LIVE);
    print_message("buckets a look-up: %.2f known, %.2f unknown\n", known, unknown);
    assert_true(known < 1.5 && unknown < 1.4);
    for (unsigned i = 0; i < LIVE; i++) {
        assert_true(buckets_find(&buckets, key_of(ROUNDS + i), &image));
        assert_true(buckets_remove(&buckets, key_of(ROUNDS + i)));
        assert_false(buckets_remove(&buckets, key_of(ROUNDS + i)));
    }
    assert_true(mean_probes(&buckets, ROUNDS, LIVE) == 1.0);
    buckets_release(&buckets);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_highest_seq_wins),
        TEST(a_tombstone_forgets),
        TEST(an_unreadable_value_denies_until_healed),
        TEST(categories_are_apart),
        TEST(ids_without_form_are_counted),
        TEST(unreadable_keys_block),
        TEST(too_many_unreadable_keys_block_for_good),
        TEST(one_subject_in_two_partitions_can_only_lose),
        TEST(two_partitions_that_agree_stay_granted),
        TEST(a_tombstone_forgets_no_split_subject),
        TEST(only_its_own_partition_frees_a_key),
        TEST(a_full_table_blocks_until_there_is_room),
        TEST(beyond_its_spare_room_it_blocks_for_good),
        cmocka_unit_test(a_block_has_a_sentence),
        cmocka_unit_test(a_table_needs_a_limit),
        cmocka_unit_test(churn_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
