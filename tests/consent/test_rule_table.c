/*
 * The truth table of the consent rule: every combination of what matters, against the oracle. The
 * same table is then put to rules that are wrong in one thing, and must find every one of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/consent/rule_oracle.h"

enum {
    NOW = 1000000,
    EARLIER = NOW - 5000,
    LATER = NOW + 5000,
    VERSION = 3,
    NUMBER = 2,
    ADULT = 14
};

/* ---- what one id may be like */

enum { ABSENT = CONSENT_STATE_COUNT, UNREADABLE, KIND_OF_STATE_COUNT };

static const int64_t sinces[] = {TIME_NONE, EARLIER - 1, EARLIER, LATER + 1};
static const int64_t untils[] = {TIME_NONE, NOW, NOW + 1, LATER + 1};
static const uint32_t versions[] = {VERSION - 1, VERSION, VERSION + 1};
static const int ages[] = {-1, ADULT - 1, ADULT};
static const int64_t erasures[] = {TIME_NONE, NOW - 1, NOW, NOW + 1};

enum {
    SINCES = sizeof sinces / sizeof sinces[0],
    UNTILS = sizeof untils / sizeof untils[0],
    VERSIONS = sizeof versions / sizeof versions[0],
    AGES = sizeof ages / sizeof ages[0],
    ERASURES = sizeof erasures / sizeof erasures[0],
    IDS = KIND_OF_STATE_COUNT * SINCES * UNTILS * VERSIONS * AGES * ERASURES * 2 * 2,
    CONTEXTS = 3 * 4 * 3 * 4 * 2,
};

/* Takes one choice of `count` off a row's number. */
static unsigned choose(unsigned *row, unsigned count)
{
    unsigned choice = *row % count;
    *row /= count;
    return choice;
}

static void make_id(unsigned row, struct subject_fact *out)
{
    *out = (struct subject_fact){0};
    subject_consent_init(&out->consent);
    struct purpose_consent *purpose = &out->consent.purposes[NUMBER];
    unsigned state = choose(&row, KIND_OF_STATE_COUNT);
    out->consent.known = state != ABSENT;
    out->consent.unreadable = state == UNREADABLE;
    purpose->state = state < CONSENT_STATE_COUNT ? (enum consent_state)state : CONSENT_UNKNOWN;
    purpose->since = sinces[choose(&row, SINCES)];
    purpose->until = untils[choose(&row, UNTILS)];
    purpose->policy_version = versions[choose(&row, VERSIONS)];
    int age = ages[choose(&row, AGES)];
    out->consent.age_stated = age >= 0;
    out->consent.age = age >= 0 ? (uint8_t)age : 0;
    out->consent.erase_at = erasures[choose(&row, ERASURES)];
    out->role = choose(&row, 2) ? SUBJECT_VETO : SUBJECT_SUBJECT;
    out->unusable = choose(&row, 2);
    out->field = 7;
}

/* Everything but the ids; the last of them also says what the ids say of cross_border. */
static void make_context(unsigned row, struct question *q)
{
    static const int64_t event_times[] = {TIME_NONE, EARLIER, LATER};
    q->facts.now = NOW;
    q->facts.event_time = event_times[choose(&row, 3)];
    unsigned signal = choose(&row, 4);
    q->facts.signals = signal == 1 ? 1 : signal == 2 ? 3 : 0;
    q->facts.advertising_opt_out = signal == 3;
    unsigned basis = choose(&row, 3);
    q->purpose = (struct purpose){.consent_version = VERSION, .signals = 2};
    q->purpose.basis = basis == 2 ? BASIS_NECESSITY : BASIS_CONSENT;
    q->purpose.without_consent = basis == 1 ? WITHOUT_CONSENT_REDUCE : WITHOUT_CONSENT_WITHHOLD;
    q->number = NUMBER;
    unsigned border = choose(&row, 4);
    q->crosses_border = border > 0;
    for (size_t i = 0; i < q->facts.subject_count; i++) {
        struct subject_consent *consent = &q->facts.subjects[i].consent;
        struct purpose_consent *crossing = &consent->purposes[PURPOSE_CROSS_BORDER];
        *crossing = (struct purpose_consent){CONSENT_UNKNOWN, TIME_NONE, TIME_NONE, 0};
        if (border >= 2)
            *crossing = (struct purpose_consent){CONSENT_GRANTED, 0, TIME_NONE, 0};
        if (border == 3 && i + 1 == q->facts.subject_count)
            crossing->state = CONSENT_WITHDRAWN;
    }
    q->minors.below = ADULT;
    q->minors.age_unknown = choose(&row, 2) ? AGE_UNKNOWN_IS_ADULT : AGE_UNKNOWN_IS_MINOR;
}

/* ---- the checker */

struct tally {
    uint64_t rows, wrong;
    uint64_t by_decision[DECISION_COUNT];
};

static void check_contexts(decide_function *decide, struct question *q, struct tally *tally)
{
    for (unsigned context = 0; context < CONTEXTS; context++) {
        make_context(context, q);
        enum decision expected = oracle_decision(q);
        tally->rows++;
        tally->by_decision[expected]++;
        tally->wrong += decide(q).decision != expected;
    }
}

/* An id is a number in this mixed radix, in the order in which make_id takes it apart. */
enum { DIGITS = 8 };

static const unsigned radix[DIGITS] = {
    KIND_OF_STATE_COUNT, SINCES, UNTILS, VERSIONS, AGES, ERASURES, 2, 2};

/* Granted to an adult in every respect. */
static const unsigned granted_digits[DIGITS] = {CONSENT_GRANTED, 2, 3, 1, 2, 0, 0, 0};

static unsigned compose(const unsigned digits[static DIGITS])
{
    unsigned row = 0;
    for (unsigned i = DIGITS; i > 0; i--)
        row = row * radix[i - 1] + digits[i - 1];
    return row;
}

enum { NEAR_LIMIT = 64 };

/* The ids, of either role, that differ from a granted one in at most one thing: only beside those
 * can the other of two ids be seen to matter. */
static unsigned list_near(unsigned rows[static NEAR_LIMIT])
{
    unsigned count = 0;
    for (unsigned role = 0; role < 2; role++) {
        unsigned digits[DIGITS];
        memcpy(digits, granted_digits, sizeof digits);
        digits[6] = role;
        for (unsigned i = 0; i < DIGITS; i++) {
            unsigned kept = digits[i];
            for (digits[i] = 0; i != 6 && digits[i] < radix[i]; digits[i]++)
                rows[count++] = compose(digits);
            digits[i] = kept;
        }
    }
    return count;
}

static struct tally check_rule(decide_function *decide, unsigned step)
{
    struct tally tally = {0};
    struct question q = {0};
    unsigned near[NEAR_LIMIT];
    unsigned near_count = list_near(near);
    check_contexts(decide, &q, &tally);
    q.facts.subject_count = 1;
    for (unsigned i = 0; i < IDS; i += step) {
        make_id(i, &q.facts.subjects[0]);
        check_contexts(decide, &q, &tally);
    }
    q.facts.subject_count = 2;
    for (unsigned i = 0; i < near_count; i++) {
        for (unsigned j = 0; j < near_count; j++) {
            make_id(near[i], &q.facts.subjects[0]);
            make_id(near[j], &q.facts.subjects[1]);
            check_contexts(decide, &q, &tally);
        }
    }
    return tally;
}

static void every_combination_agrees_with_the_oracle(void **state)
{
    (void)state;
    struct tally tally = check_rule(right_rule, 1);
    print_message("%llu rows: %llu withheld, %llu reduced, %llu granted\n",
                  (unsigned long long)tally.rows,
                  (unsigned long long)tally.by_decision[DECISION_WITHHELD],
                  (unsigned long long)tally.by_decision[DECISION_REDUCED],
                  (unsigned long long)tally.by_decision[DECISION_GRANTED]);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.rows >= 200000);
    for (unsigned i = 0; i < DECISION_COUNT; i++)
        assert_true(tally.by_decision[i] > 1000);
}

static void every_wrong_rule_is_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WRONG_RULES; i++) {
        struct tally tally = check_rule(wrong_rules[i].decide, 5);
        if (tally.wrong == 0)
            fail_msg("the table does not find: %s", wrong_rules[i].name);
    }
}

/* What each id alone is said to be, against what could be said of it. */
static bool reason_is_true(const struct subject_fact *s, enum decided why, int64_t event)
{
    const struct purpose_consent *c = &s->consent.purposes[NUMBER];
    bool granted = s->consent.known && !s->consent.unreadable && c->state == CONSENT_GRANTED;
    switch (why) {
    case DECIDED_GRANTED:
        return oracle_grants(s, NUMBER, VERSION, event, NOW);
    case DECIDED_UNUSABLE:
        return s->unusable;
    case DECIDED_UNREADABLE:
        return s->consent.unreadable;
    case DECIDED_DENIED:
        return c->state == CONSENT_DENIED;
    case DECIDED_WITHDRAWN:
        return c->state == CONSENT_WITHDRAWN;
    case DECIDED_EXPIRED:
        return c->state == CONSENT_EXPIRED || (granted && oracle_ended(c, event, NOW));
    case DECIDED_UNKNOWN:
        return !s->consent.known || c->state == CONSENT_UNKNOWN ||
               (granted && c->since == TIME_NONE);
    case DECIDED_TOO_EARLY:
        return granted && (event == TIME_NONE || event < c->since);
    case DECIDED_OLD_VERSION:
        return granted && c->policy_version < VERSION;
    default:
        return false;
    }
}

static void every_reason_is_true(void **state)
{
    (void)state;
    static const int64_t events[] = {TIME_NONE, EARLIER, LATER};
    unsigned seen[DECIDED_COUNT] = {0};
    struct subject_fact id;
    for (unsigned i = 0; i < IDS; i++) {
        make_id(i, &id);
        for (unsigned e = 0; e < 3; e++) {
            enum decided why = consent_of_subject(&id, NUMBER, VERSION, events[e], NOW);
            assert_true(reason_is_true(&id, why, events[e]));
            assert_int_equal(why == DECIDED_GRANTED,
                             oracle_grants(&id, NUMBER, VERSION, events[e], NOW));
            seen[why]++;
        }
    }
    for (unsigned why = DECIDED_UNUSABLE; why <= DECIDED_OLD_VERSION; why++)
        assert_true(seen[why] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination_agrees_with_the_oracle),
        cmocka_unit_test(every_wrong_rule_is_found),
        cmocka_unit_test(every_reason_is_true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
