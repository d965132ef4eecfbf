/*
 * Properties of the table over random messages: packing and unpacking loses nothing, the table
 * holds what a plain list of the same messages says it should, whatever the order in which they
 * come, and what two conflicting messages leave grants nothing that one of them would not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "consent/merge.h"
#include "consent/slot.h"
#include "consent/table.h"

enum { IDS = 16, MESSAGES = 24, ROUNDS = 20000, CASES = 300000 };

static uint64_t random_state = UINT64_C(0x9E3779B97F4A7C15);

static uint64_t draw(uint64_t below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * UINT64_C(2685821657736338717) >> 33) % below;
}

static bool one_in(uint64_t count)
{
    return draw(count) == 0;
}

/* Now and then what does not fit into a slot, or is no time at all. */
static int64_t draw_time(void)
{
    static const int64_t odd[] = {TIME_NEVER,
                                  TIME_NONE + 1,
                                  -1,
                                  0,
                                  1,
                                  INT64_C(4294967294000),
                                  INT64_C(4294967295000),
                                  INT64_C(253402300799999),
                                  INT64_C(253402300800001)};
    if (one_in(6))
        return odd[draw(sizeof odd / sizeof odd[0])];
    return (int64_t)draw(20) * TIME_SECOND + (int64_t)(one_in(3) ? draw(1000) : 0);
}

static void draw_subject(struct subject_consent *out)
{
    subject_consent_init(out);
    out->known = true;
    out->unreadable = one_in(12);
    out->age_stated = one_in(3);
    out->age = (uint8_t)draw(256);
    out->partition = (uint16_t)draw(CONSENT_PARTITION_LIMIT);
    out->split = one_in(8);
    out->seq = one_in(20) ? UINT64_MAX - draw(2) : one_in(20) ? (uint64_t)1 << 32 : 1 + draw(4);
    if (one_in(6))
        out->erase_at = draw_time();
    unsigned purposes = one_in(3) ? PURPOSE_LIMIT : 4;
    for (unsigned i = 0; i < purposes; i++) {
        struct purpose_consent *purpose = &out->purposes[i];
        purpose->state = (enum consent_state)draw(CONSENT_STATE_COUNT);
        purpose->since = one_in(8) ? TIME_NONE : draw_time();
        purpose->until = one_in(4) ? draw_time() : TIME_NONE;
        purpose->policy_version = (uint32_t)(one_in(10) ? UINT32_MAX - draw(300) : draw(4));
    }
}

static bool same_content(const struct subject_consent *a, const struct subject_consent *b)
{
    return subject_consent_equal(a, b);
}

static void packing_loses_nothing(void **state)
{
    (void)state;
    unsigned by_records[RECORD_LIMIT + 1] = {0};
    for (unsigned i = 0; i < CASES; i++) {
        struct subject_consent subject;
        struct subject_consent back;
        struct slot_image image;
        draw_subject(&subject);
        subject_consent_settle(&subject);
        slot_encode(&subject, &image);
        assert_true(slot_is_used(image.words));
        assert_int_equal(slot_record_count(image.words), image.record_count);
        for (unsigned j = 0; j < image.record_count; j++)
            slot_set_record(&image, j, UINT32_MAX - 7 * j);
        for (unsigned j = 0; j < image.record_count; j++)
            assert_int_equal(slot_record(image.words, j), UINT32_MAX - 7 * j);
        assert_int_equal(slot_record_count(image.words), image.record_count);
        slot_decode(&image, &back);
        assert_true(same_content(&subject, &back));
        assert_int_equal(back.partition, subject.partition);
        assert_int_equal(back.split, subject.split);
        by_records[image.record_count]++;
    }
    for (unsigned i = 0; i <= RECORD_LIMIT; i++)
        assert_true(by_records[i] > 100);
}

/* What is common fits into the slot alone. */
static void three_purposes_fit(void **state)
{
    (void)state;
    struct subject_consent subject;
    struct slot_image image;
    subject_consent_init(&subject);
    subject.known = true;
    subject.seq = UINT32_MAX;
    subject.partition = CONSENT_PARTITION_LIMIT - 1;
    subject.split = true;
    subject.age_stated = true;
    subject.age = 254;
    for (unsigned i = 5; i < 8; i++)
        subject.purposes[i] =
            (struct purpose_consent){CONSENT_GRANTED, INT64_C(4294967294000), TIME_NONE, UINT8_MAX};
    subject_consent_settle(&subject);
    slot_encode(&subject, &image);
    assert_int_equal(image.record_count, 0);
    subject.purposes[0].state = CONSENT_DENIED;
    slot_encode(&subject, &image);
    assert_int_equal(image.record_count, 2);
}

/* Settling never makes anything looser. */
static void settling_is_strict(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CASES; i++) {
        struct subject_consent subject;
        draw_subject(&subject);
        struct subject_consent settled = subject;
        subject_consent_settle(&settled);
        assert_true(settled.erase_at == subject.erase_at || settled.erase_at == 0 ||
                    (subject.erase_at != TIME_NONE && settled.erase_at < subject.erase_at));
        for (unsigned j = 0; j < PURPOSE_LIMIT && !settled.unreadable; j++) {
            const struct purpose_consent *a = &subject.purposes[j];
            const struct purpose_consent *b = &settled.purposes[j];
            assert_int_equal(a->state, b->state);
            if (a->state == CONSENT_UNKNOWN)
                continue;
            assert_true(b->since == TIME_NONE || (a->since != TIME_NONE && b->since >= a->since));
            assert_true(b->until == TIME_NONE ? a->until == TIME_NONE
                                              : b->until <= a->until || b->until == 0);
        }
        struct subject_consent twice = settled;
        subject_consent_settle(&twice);
        assert_true(same_content(&settled, &twice));
    }
}

static struct subject_consent join(struct subject_consent a, const struct subject_consent *b)
{
    subject_consent_join(&a, b);
    return a;
}

static enum decision decide(const struct subject_consent *subject, enum subject_role role,
                            int64_t event, int64_t now, enum age_unknown age_unknown)
{
    struct record_facts facts = {.subject_count = 2, .event_time = event, .now = now};
    const struct purpose purpose = {.consent_version = 2};
    const struct minor_rule minors = {.below = 14, .age_unknown = age_unknown};
    subject_consent_init(&facts.subjects[0].consent);
    facts.subjects[0].consent.known = true;
    facts.subjects[0].consent.purposes[1] =
        (struct purpose_consent){CONSENT_GRANTED, 0, TIME_NONE, UINT32_MAX};
    facts.subjects[1].consent = *subject;
    facts.subjects[1].role = role;
    return consent_decide(&facts, &purpose, 1, &minors, false).decision;
}

static void a_join_is_the_stricter_of_both(void **state)
{
    (void)state;
    unsigned granted = 0;
    for (unsigned i = 0; i < CASES; i++) {
        struct subject_consent s[3];
        for (unsigned j = 0; j < 3; j++) {
            draw_subject(&s[j]);
            s[j].seq = 1;
            subject_consent_settle(&s[j]);
        }
        struct subject_consent joined = join(s[0], &s[1]);
        struct subject_consent other = join(s[1], &s[0]);
        assert_true(same_content(&joined, &other));
        other = join(s[0], &s[0]);
        assert_true(same_content(&s[0], &other));
        struct subject_consent left = join(joined, &s[2]);
        struct subject_consent right = join(s[1], &s[2]);
        right = join(s[0], &right);
        assert_true(same_content(&left, &right));

        enum subject_role role = one_in(2) ? SUBJECT_VETO : SUBJECT_SUBJECT;
        enum age_unknown unknown = one_in(2) ? AGE_UNKNOWN_IS_ADULT : AGE_UNKNOWN_IS_MINOR;
        int64_t event = (int64_t)draw(25) * TIME_SECOND;
        int64_t now = (int64_t)draw(25) * TIME_SECOND;
        enum decision both = decide(&joined, role, event, now, unknown);
        assert_true(both <= decide(&s[0], role, event, now, unknown));
        assert_true(both <= decide(&s[1], role, event, now, unknown));
        granted += both == DECISION_GRANTED;
    }
    assert_true(granted > 1000);
}

/* What a list of messages about one subject comes to: the join of those with the highest seq. */
static struct subject_consent expect(const struct consent_message *messages, unsigned count)
{
    struct subject_consent result;
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        struct subject_consent subject = messages[i].subject;
        subject_consent_settle(&subject);
        if (any && subject.seq == result.seq)
            subject_consent_join(&result, &subject);
        else if (!any || subject.seq > result.seq)
            result = subject;
        any = true;
    }
    return result;
}

static void the_order_of_arrival_does_not_matter(void **state)
{
    (void)state;
    struct consent_table *table;
    struct consent_message messages[MESSAGES];
    struct subject_consent found;
    assert_int_equal(consent_table_new(IDS, NULL, &table), RC_OK);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct consent_key key = {.category = CATEGORY_ACCOUNT_USER_ID};
        char id = (char)('a' + draw(IDS));
        key.id = slice_of(&id, 1);
        unsigned count = 1 + (unsigned)draw(MESSAGES);
        for (unsigned i = 0; i < count; i++) {
            messages[i] = (struct consent_message){0};
            draw_subject(&messages[i].subject);
        }
        struct subject_consent expected = expect(messages, count);
        struct consent_message tombstone = {.tombstone = true};
        for (unsigned time = 0; time < 2; time++) {
            consent_table_apply(table, &key, &tombstone);
            for (unsigned left = count; left > 0; left--) {
                unsigned at = (unsigned)draw(left);
                struct consent_message message = messages[at];
                messages[at] = messages[left - 1];
                messages[left - 1] = message;
                consent_table_apply(table, &key, &message);
            }
            assert_true(consent_table_find(table, key.category, key.id, &found));
            assert_true(same_content(&expected, &found));
        }
    }
    struct consent_counts counts;
    consent_table_counts(table, &counts);
    assert_true(counts.subjects <= IDS);
    consent_table_free(table);
}

/* The decision for the subject, of a table that only gets the messages of some partitions. */
static enum decision decide_by(const struct consent_message *messages, unsigned count,
                               unsigned partitions, int64_t event, int64_t now)
{
    static const char id[] = "a";
    struct consent_key key = {.category = CATEGORY_ACCOUNT_USER_ID, .id = slice_of(id, 1)};
    struct consent_table *table;
    struct subject_consent found;
    assert_int_equal(consent_table_new(1, NULL, &table), RC_OK);
    for (unsigned i = 0; i < count; i++) {
        if (partitions >> messages[i].partition & 1)
            consent_table_apply(table, &key, &messages[i]);
    }
    consent_table_find(table, key.category, key.id, &found);
    consent_table_free(table);
    return decide(&found, SUBJECT_SUBJECT, event, now, AGE_UNKNOWN_IS_ADULT);
}

/* Whatever the order in which two partitions are read: nothing is granted that the messages of one
 * of them alone would not grant, also when every later message grants all. */
static void two_partitions_are_the_stricter_of_both(void **state)
{
    (void)state;
    unsigned granted = 0;
    for (unsigned round = 0; round < ROUNDS / 4; round++) {
        struct consent_message messages[8];
        unsigned count = 2 + (unsigned)draw(7);
        for (unsigned i = 0; i < count; i++) {
            messages[i] = (struct consent_message){.partition = (uint16_t)draw(2)};
            draw_subject(&messages[i].subject);
            if (one_in(2)) {
                subject_consent_init(&messages[i].subject);
                messages[i].subject.seq = 1 + draw(4);
                messages[i].subject.purposes[1] =
                    (struct purpose_consent){CONSENT_GRANTED, draw_time(), TIME_NONE, 2};
            }
        }
        int64_t event = (int64_t)draw(25) * TIME_SECOND;
        int64_t now = (int64_t)draw(25) * TIME_SECOND;
        bool both = false;
        for (unsigned i = 1; i < count; i++)
            both = both || messages[i].partition != messages[0].partition;
        if (!both)
            continue;
        enum decision decision = decide_by(messages, count, 3, event, now);
        assert_true(decision <= decide_by(messages, count, 1, event, now));
        assert_true(decision <= decide_by(messages, count, 2, event, now));
        granted += decision == DECISION_GRANTED;
    }
    assert_true(granted > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing_loses_nothing),
        cmocka_unit_test(three_purposes_fit),
        cmocka_unit_test(settling_is_strict),
        cmocka_unit_test(a_join_is_the_stricter_of_both),
        cmocka_unit_test(the_order_of_arrival_does_not_matter),
        cmocka_unit_test(two_partitions_are_the_stricter_of_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
