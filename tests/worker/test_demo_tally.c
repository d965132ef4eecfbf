/* The demonstration's judgement of itself: what is right passes, and every single fault is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "worker/demo_tally.h"

#define PSEUDONYM "e1-9f86d081884c7d659a2feaa0c55ad015"

enum { EVENTS = 2 /* of each person, in each batch */, WITHDRAWAL = 7 /* offset */ };

struct world {
    struct demo_tally *tally;
    uint64_t put[DEMO_PEOPLE], number;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    if (!world || demo_tally_new(&world->tally) != RC_OK)
        return -1;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    demo_tally_free(world->tally);
    free(world);
    return 0;
}

static void row(struct world *world, enum demo_recipient recipient, const char *text)
{
    assert_int_equal(demo_tally_row(world->tally, recipient, slice_from_string(text)), RC_OK);
}

static void row_of(struct world *world, enum demo_recipient recipient, size_t person,
                   bool pseudonym)
{
    char text[512];
    snprintf(text, sizeof text, "{\"event\":\"click\",%s\"device\":{\"model\":\"%s\"}}",
             pseudonym ? "\"user_id\":\"" PSEUDONYM "\"," : "", demo_people[person].model);
    row(world, recipient, text);
}

static void entry(struct world *world, uint64_t events, uint64_t analytics, uint64_t research,
                  int64_t consent)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"chain\":\"c\",\"n\":%llu,\"event\":\"publication\",\"input\":[{\"origin\":0,"
             "\"partition\":0,\"ranges\":[[0,%llu]]}],\"topics\":[{\"recipient\":\"analytics\","
             "\"rows\":%llu},{\"recipient\":\"research\",\"rows\":%llu}],"
             "\"consent_offsets\":[[%lld],[%lld]]}",
             (unsigned long long)++world->number, (unsigned long long)events - 1,
             (unsigned long long)analytics, (unsigned long long)research, (long long)consent,
             (long long)consent + 100);
    assert_int_equal(demo_tally_entry(world->tally, slice_from_string(text)), RC_OK);
}

/* Rows of EVENTS events of everybody, as the policy gives them. */
static void rows(struct world *world, bool withdrawn, uint64_t *research)
{
    *research = 0;
    for (size_t person = 0; person < DEMO_PEOPLE; person++)
        for (int i = 0; i < EVENTS; i++) {
            bool out = withdrawn && person == DEMO_WITHDRAWS;
            row_of(world, DEMO_ANALYTICS, person, demo_people[person].operation && !out);
            if (demo_people[person].research && !out) {
                row_of(world, DEMO_RESEARCH, person, false);
                ++*research;
            }
            world->put[person]++;
        }
}

static void batch(struct world *world, bool withdrawn, int64_t consent)
{
    uint64_t research;
    rows(world, withdrawn, &research);
    entry(world, EVENTS * DEMO_PEOPLE, EVENTS * DEMO_PEOPLE, research, consent);
}

static struct demo_verdict judge(struct world *world)
{
    struct demo_verdict verdict;
    demo_tally_judge(world->tally, world->put, &verdict);
    return verdict;
}

static void two_batches(struct world *world)
{
    batch(world, false, WITHDRAWAL);
    demo_tally_withdrawn(world->tally, WITHDRAWAL);
    batch(world, true, WITHDRAWAL + 1);
}

static void test_what_is_right(void **state)
{
    struct world *world = *state;
    two_batches(world);
    struct demo_verdict verdict = judge(world);
    assert_true(demo_verdict_is_good(&verdict));
    assert_int_equal(demo_tally_batches(world->tally), 2);
    const struct demo_batch *first = demo_tally_batch(world->tally, 0);
    const struct demo_batch *second = demo_tally_batch(world->tally, 1);
    assert_false(demo_tally_is_after(world->tally, first));
    assert_true(demo_tally_is_after(world->tally, second));
    assert_int_equal(first->events, EVENTS * DEMO_PEOPLE);
    assert_int_equal(first->rows.of[DEMO_WITHDRAWS][DEMO_PSEUDONYM], EVENTS);
    assert_int_equal(first->rows.of[DEMO_WITHDRAWS][DEMO_RESEARCHED], EVENTS);
    assert_int_equal(second->rows.of[DEMO_WITHDRAWS][DEMO_PSEUDONYM], 0);
    assert_int_equal(second->rows.of[DEMO_WITHDRAWS][DEMO_REDUCED], EVENTS);
    assert_true(demo_tally_example(world->tally, DEMO_REDUCED).length > 0);
}

static void test_entries_before_their_rows(void **state)
{
    struct world *world = *state;
    uint64_t research;
    entry(world, EVENTS * DEMO_PEOPLE, EVENTS * DEMO_PEOPLE, 2 * EVENTS, 0);
    assert_int_equal(demo_tally_batches(world->tally), 0);
    rows(world, false, &research);
    assert_int_equal(demo_tally_batches(world->tally), 1);
    struct demo_verdict verdict = judge(world);
    assert_true(demo_verdict_is_good(&verdict));
}

/* One that had begun before may hold what it held; one that began after may not. */
static void test_rows_after_the_withdrawal(void **state)
{
    struct world *world = *state;
    batch(world, false, WITHDRAWAL);
    demo_tally_withdrawn(world->tally, WITHDRAWAL);
    batch(world, false, WITHDRAWAL);
    struct demo_verdict verdict = judge(world);
    assert_true(demo_verdict_is_good(&verdict));
    batch(world, false, WITHDRAWAL + 1);
    verdict = judge(world);
    assert_int_equal(verdict.forbidden, 2 * EVENTS);
    assert_false(demo_verdict_is_good(&verdict));
}

static void one_row(struct world *world, enum demo_recipient recipient, size_t person,
                    bool pseudonym)
{
    row_of(world, recipient, person, pseudonym);
    entry(world, 1, recipient == DEMO_ANALYTICS, recipient == DEMO_RESEARCH, 0);
    world->put[person] += recipient == DEMO_ANALYTICS;
}

static void test_rows_without_consent(void **state)
{
    struct world *world = *state;
    uint64_t wrong = 0;
    for (size_t person = 0; person < DEMO_PEOPLE; person++) {
        one_row(world, DEMO_ANALYTICS, person, true);
        one_row(world, DEMO_RESEARCH, person, false);
        wrong += !demo_people[person].operation;
        wrong += !demo_people[person].research;
        assert_int_equal(judge(world).forbidden, wrong);
    }
    assert_int_equal(wrong, 5);
}

static void test_identifiers_in_clear(void **state)
{
    struct world *world = *state;
    for (size_t person = 0; person < DEMO_PEOPLE; person++)
        for (size_t i = 0; i < DEMO_SECRETS; i++) {
            char text[512];
            snprintf(text, sizeof text, "{\"x\":\"a%sb\",\"device\":{\"model\":\"%s\"}}",
                     demo_people[person].secrets[i], demo_people[person].model);
            row(world, DEMO_ANALYTICS, text);
            assert_int_equal(judge(world).secrets, person * DEMO_SECRETS + i + 1);
        }
}

static void test_what_does_not_add_up(void **state)
{
    struct world *world = *state;
    two_batches(world);
    world->put[1]++; /* an event without its row */
    assert_int_equal(judge(world).missing, 1);
    world->put[1] -= 2; /* one with two */
    assert_int_equal(judge(world).missing, 1);
    world->put[1]++;
    row_of(world, DEMO_ANALYTICS, 1, true); /* that no entry stands for */
    assert_int_equal(judge(world).unaccounted, 1);
    entry(world, 5, 5, 5, WITHDRAWAL + 1); /* whose rows are not there */
    assert_int_equal(judge(world).unaccounted, 2);
}

static void test_rows_of_nobody(void **state)
{
    struct world *world = *state;
    row(world, DEMO_ANALYTICS, "{\"device\":{\"model\":\"another\"}}");
    row(world, DEMO_ANALYTICS, "no JSON");
    row(world, DEMO_RESEARCH, "{}");
    assert_int_equal(judge(world).strange, 3);
    assert_int_equal(demo_tally_entry(world->tally, SLICE("no JSON")), RC_CORRUPT);
    assert_int_equal(demo_tally_entry(world->tally, SLICE("{\"event\":\"chain_begins\"}")), RC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_right, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_entries_before_their_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rows_after_the_withdrawal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rows_without_consent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_identifiers_in_clear, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_does_not_add_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rows_of_nobody, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
