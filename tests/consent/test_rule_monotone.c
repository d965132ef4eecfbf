/*
 * Whatever single input of the consent rule is made stricter, the decision never grows: over random
 * questions, most of which are near to being granted. Every way of being stricter must be seen to
 * matter, and rules that are wrong where monotonicity can see it must be found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/consent/rule_oracle.h"

enum { NOW = 1000000, ADULT = 14, CASES = 1200000, CASES_OF_WRONG_RULES = 200000 };

/* xorshift64*: the same cases in every run. */
static uint64_t random_state;

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

static int64_t draw_time(void)
{
    return NOW - 10 + (int64_t)draw(21);
}

static void draw_purpose(struct purpose_consent *out)
{
    out->state = one_in(6) ? (enum consent_state)draw(CONSENT_STATE_COUNT) : CONSENT_GRANTED;
    out->since = one_in(20) ? TIME_NONE : one_in(3) ? draw_time() : 0;
    out->until = one_in(3) ? draw_time() : TIME_NONE;
    out->policy_version = (uint32_t)(one_in(4) ? draw(5) : 3);
}

static void draw_id(struct subject_fact *out)
{
    *out = (struct subject_fact){.role = one_in(3) ? SUBJECT_VETO : SUBJECT_SUBJECT,
                                 .unusable = one_in(20)};
    subject_consent_init(&out->consent);
    out->consent.known = !one_in(12);
    out->consent.unreadable = one_in(30);
    out->consent.age_stated = !one_in(4);
    out->consent.age = (uint8_t)(one_in(6) ? draw(20) : 30);
    if (one_in(6))
        out->consent.erase_at = draw_time();
    for (unsigned i = 0; i < PURPOSE_LIMIT; i++)
        draw_purpose(&out->consent.purposes[i]);
}

static void draw_question(struct question *q)
{
    *q = (struct question){0};
    q->facts.subject_count = one_in(12) ? 0 : 1 + draw(3);
    for (size_t i = 0; i < q->facts.subject_count; i++)
        draw_id(&q->facts.subjects[i]);
    q->facts.signals = (uint32_t)(one_in(4) ? draw(4) : 0);
    q->facts.advertising_opt_out = one_in(20);
    q->facts.event_time = one_in(12) ? TIME_NONE : draw_time();
    q->facts.now = NOW;
    q->purpose.basis = one_in(4) ? BASIS_NECESSITY : BASIS_CONSENT;
    q->purpose.consent_version = (uint32_t)draw(4);
    q->purpose.without_consent = one_in(2) ? WITHOUT_CONSENT_REDUCE : WITHOUT_CONSENT_WITHHOLD;
    q->purpose.signals = (uint32_t)draw(4);
    q->number = (unsigned)(1 + draw(PURPOSE_LIMIT - 1));
    q->minors.below = one_in(8) ? (uint32_t)draw(40) : ADULT;
    q->minors.age_unknown = one_in(2) ? AGE_UNKNOWN_IS_ADULT : AGE_UNKNOWN_IS_MINOR;
    q->crosses_border = one_in(3);
}

/* ---- ways of being stricter; each changes one thing, and says false where it cannot */

static struct subject_fact *any_id(struct question *q)
{
    return q->facts.subject_count ? &q->facts.subjects[draw(q->facts.subject_count)] : NULL;
}

/* Of the purpose asked for, or of cross_border. */
static struct purpose_consent *any_purpose(struct question *q, struct subject_fact **id)
{
    *id = any_id(q);
    if (!*id)
        return NULL;
    return &(*id)->consent.purposes[one_in(3) ? PURPOSE_CROSS_BORDER : q->number];
}

static unsigned state_rank(enum subject_role role, enum consent_state state)
{
    bool refusal = state != CONSENT_UNKNOWN && state != CONSENT_GRANTED;
    if (role == SUBJECT_SUBJECT)
        return state != CONSENT_GRANTED;
    return refusal ? 2 : state == CONSENT_GRANTED;
}

static bool stricter_state(struct question *q)
{
    struct subject_fact *id;
    struct purpose_consent *purpose = any_purpose(q, &id);
    enum consent_state state = (enum consent_state)draw(CONSENT_STATE_COUNT);
    if (!purpose || state_rank(id->role, state) < state_rank(id->role, purpose->state))
        return false;
    purpose->state = state;
    return true;
}

static bool later_since(struct question *q)
{
    struct subject_fact *id;
    struct purpose_consent *purpose = any_purpose(q, &id);
    if (!purpose || purpose->since == TIME_NONE)
        return false;
    purpose->since = one_in(4) ? TIME_NONE : purpose->since + (int64_t)draw(NOW + 20);
    return true;
}

static bool earlier_until(struct question *q)
{
    struct subject_fact *id;
    struct purpose_consent *purpose = any_purpose(q, &id);
    if (!purpose)
        return false;
    purpose->until = purpose->until == TIME_NONE ? draw_time() : purpose->until - (int64_t)draw(20);
    return true;
}

static bool lower_version(struct question *q)
{
    struct subject_fact *id;
    struct purpose_consent *purpose = any_purpose(q, &id);
    if (!purpose || purpose->policy_version == 0)
        return false;
    purpose->policy_version -= 1;
    return true;
}

static bool lower_age(struct question *q)
{
    struct subject_fact *id = any_id(q);
    if (!id || !id->consent.age_stated || id->consent.age == 0)
        return false;
    id->consent.age = (uint8_t)draw(id->consent.age);
    return true;
}

static bool earlier_erasure(struct question *q)
{
    struct subject_fact *id = any_id(q);
    if (!id)
        return false;
    bool none = id->consent.erase_at == TIME_NONE;
    id->consent.erase_at = none ? draw_time() : id->consent.erase_at - (int64_t)draw(20);
    return true;
}

static bool set_unusable(struct question *q)
{
    struct subject_fact *id = any_id(q);
    if (id)
        id->unusable = true;
    return id;
}

static bool set_unreadable(struct question *q)
{
    struct subject_fact *id = any_id(q);
    if (id)
        id->consent.unreadable = true;
    return id;
}

static bool states_an_age(const struct question *q)
{
    for (size_t i = 0; i < q->facts.subject_count; i++) {
        const struct subject_consent *consent = &q->facts.subjects[i].consent;
        if (consent->known && consent->age_stated)
            return true;
    }
    return false;
}

/* Beside a subject. Where nobody states an age the new one does not either: to learn that somebody
 * is an adult is no stricter. */
static bool one_more_id(struct question *q)
{
    bool any = false;
    for (size_t i = 0; i < q->facts.subject_count; i++)
        any = any || q->facts.subjects[i].role == SUBJECT_SUBJECT;
    if (!any || q->facts.subject_count == SUBJECT_LIMIT)
        return false;
    struct subject_fact *id = &q->facts.subjects[q->facts.subject_count];
    draw_id(id);
    id->consent.age_stated = id->consent.age_stated && states_an_age(q);
    q->facts.subject_count++;
    return true;
}

static bool one_more_signal(struct question *q)
{
    q->facts.signals |= 1u << draw(2);
    return true;
}

static bool heed_one_more_signal(struct question *q)
{
    q->purpose.signals |= 1u << draw(2);
    return true;
}

static bool opt_out(struct question *q)
{
    q->facts.advertising_opt_out = true;
    return true;
}

static bool substitute_time(struct question *q)
{
    q->facts.event_time = TIME_NONE;
    return true;
}

static bool raise_consent_version(struct question *q)
{
    q->purpose.consent_version++;
    return true;
}

static bool cross_border(struct question *q)
{
    q->crosses_border = true;
    return true;
}

static bool withhold_instead(struct question *q)
{
    q->purpose.without_consent = WITHOUT_CONSENT_WITHHOLD;
    return true;
}

static bool older_minors(struct question *q)
{
    q->minors.below += 1 + (uint32_t)draw(30);
    return true;
}

static bool unknown_age_is_minor(struct question *q)
{
    q->minors.age_unknown = AGE_UNKNOWN_IS_MINOR;
    return true;
}

static bool later_clock(struct question *q)
{
    q->facts.now += (int64_t)draw(20);
    return true;
}

static const struct way {
    const char *name;
    bool (*make_stricter)(struct question *);
} ways[] = {
    {"state", stricter_state},
    {"later since", later_since},
    {"earlier until", earlier_until},
    {"lower version", lower_version},
    {"lower age", lower_age},
    {"earlier erasure", earlier_erasure},
    {"unusable", set_unusable},
    {"unreadable", set_unreadable},
    {"one more id", one_more_id},
    {"one more signal", one_more_signal},
    {"heeds one more signal", heed_one_more_signal},
    {"advertising opt-out", opt_out},
    {"substituted time", substitute_time},
    {"higher consent version", raise_consent_version},
    {"crosses the border", cross_border},
    {"withheld instead of reduced", withhold_instead},
    {"minors below a higher age", older_minors},
    {"unknown age is a minor's", unknown_age_is_minor},
    {"later clock", later_clock},
};

enum { WAYS = sizeof ways / sizeof ways[0] };

struct tally {
    uint64_t compared;
    uint64_t grew;
    uint64_t shrank[WAYS];
};

static struct tally check_rule(decide_function *decide, unsigned cases)
{
    struct tally tally = {0};
    struct question question;
    random_state = UINT64_C(0x9E3779B97F4A7C15);
    for (unsigned i = 0; tally.compared < cases; i++) {
        unsigned way = i % WAYS;
        draw_question(&question);
        struct question stricter = question;
        if (!ways[way].make_stricter(&stricter))
            continue;
        enum decision before = decide(&question).decision;
        enum decision after = decide(&stricter).decision;
        tally.compared++;
        tally.grew += after > before;
        tally.shrank[way] += after < before;
    }
    return tally;
}

static void stricter_input_never_adds_output(void **state)
{
    (void)state;
    struct tally tally = check_rule(right_rule, CASES);
    assert_true(tally.compared >= 1000000);
    assert_int_equal(tally.grew, 0);
    for (unsigned i = 0; i < WAYS; i++) {
        if (tally.shrank[i] < 100)
            fail_msg("hardly ever matters: %s (%llu)", ways[i].name,
                     (unsigned long long)tally.shrank[i]);
    }
}

static void wrong_rules_that_grow_are_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WRONG_RULES; i++) {
        struct tally tally = check_rule(wrong_rules[i].decide, CASES_OF_WRONG_RULES);
        if ((tally.grew == 0) != wrong_rules[i].monotone)
            fail_msg("%s: grew %llu times", wrong_rules[i].name, (unsigned long long)tally.grew);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stricter_input_never_adds_output),
        cmocka_unit_test(wrong_rules_that_grow_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
