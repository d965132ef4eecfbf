/*
 * The consent rule a second time, for tests: written from the text of DESIGN section 7 as
 * conditions that are all evaluated, and a table of which the first true line wins. It shares no
 * code and no flow of control with consent/rule.c.
 *
 * Besides the oracle: rules that are wrong in one thing, to show that the checkers would notice.
 */
#ifndef LETHE_TESTS_CONSENT_RULE_ORACLE_H
#define LETHE_TESTS_CONSENT_RULE_ORACLE_H

#include "consent/rule.h"

struct question {
    struct record_facts facts;
    struct purpose purpose;
    unsigned number;
    struct minor_rule minors;
    bool crosses_border;
};

typedef struct verdict decide_function(const struct question *question);

static inline struct verdict right_rule(const struct question *q)
{
    return consent_decide(&q->facts, &q->purpose, q->number, &q->minors, q->crosses_border);
}

/* "`until` is held against the later of clock and event time" */
static inline bool oracle_ended(const struct purpose_consent *c, int64_t event, int64_t now)
{
    bool before_clock = c->until <= now;
    bool before_event = event != TIME_NONE && c->until <= event;
    return c->until != TIME_NONE && (before_clock || before_event);
}

static inline bool oracle_grants(const struct subject_fact *s, unsigned number, uint32_t version,
                                 int64_t event, int64_t now)
{
    const struct purpose_consent *c = &s->consent.purposes[number];
    bool readable = s->consent.known && !s->consent.unreadable && !s->unusable;
    bool covered = c->since != TIME_NONE && event != TIME_NONE && event >= c->since;
    bool recent = c->policy_version >= version;
    return readable && c->state == CONSENT_GRANTED && covered && recent &&
           !oracle_ended(c, event, now);
}

static inline bool oracle_refuses(const struct subject_fact *s, unsigned number, int64_t event,
                                  int64_t now)
{
    const struct purpose_consent *c = &s->consent.purposes[number];
    bool said_no =
        c->state == CONSENT_DENIED || c->state == CONSENT_WITHDRAWN || c->state == CONSENT_EXPIRED;
    bool ran_out = c->state == CONSENT_GRANTED && oracle_ended(c, event, now);
    bool unreadable = s->unusable || s->consent.unreadable;
    return unreadable || (s->consent.known && (said_no || ran_out));
}

/* Every subject grants, there is one, and no veto refuses. */
static inline bool oracle_consented(const struct record_facts *f, unsigned number, uint32_t version)
{
    unsigned subjects = 0, grants = 0, refusals = 0;
    for (size_t i = 0; i < f->subject_count; i++) {
        const struct subject_fact *s = &f->subjects[i];
        subjects += s->role == SUBJECT_SUBJECT;
        grants +=
            s->role == SUBJECT_SUBJECT && oracle_grants(s, number, version, f->event_time, f->now);
        refusals += s->role == SUBJECT_VETO && oracle_refuses(s, number, f->event_time, f->now);
    }
    return subjects > 0 && grants == subjects && refusals == 0;
}

static inline enum decision oracle_decision(const struct question *q)
{
    const struct record_facts *f = &q->facts;
    unsigned erased = 0, ages = 0, lowest = 1000;
    for (size_t i = 0; i < f->subject_count; i++) {
        const struct subject_consent *c = &f->subjects[i].consent;
        erased += c->known && c->erase_at != TIME_NONE && c->erase_at <= f->now;
        bool stated = c->known && c->age_stated;
        ages += stated;
        lowest = stated && c->age < lowest ? c->age : lowest;
    }
    bool minor =
        ages > 0 ? lowest < q->minors.below : q->minors.age_unknown == AGE_UNKNOWN_IS_MINOR;
    bool stuck = q->crosses_border && !oracle_consented(f, PURPOSE_CROSS_BORDER, 0);
    bool necessary = q->purpose.basis == BASIS_NECESSITY;
    bool signalled = f->advertising_opt_out || (f->signals & q->purpose.signals);
    bool consented = oracle_consented(f, q->number, q->purpose.consent_version);
    bool reduces = q->purpose.without_consent == WITHOUT_CONSENT_REDUCE;
    enum decision denied = reduces ? DECISION_REDUCED : DECISION_WITHHELD;
    const struct {
        bool condition;
        enum decision decision;
    } table[] = {
        {erased > 0, DECISION_WITHHELD}, {minor, DECISION_WITHHELD}, {stuck, DECISION_WITHHELD},
        {necessary, DECISION_REDUCED},   {signalled, denied},        {!consented, denied},
        {true, DECISION_GRANTED},
    };
    size_t line = 0;
    while (!table[line].condition)
        line++;
    return table[line].decision;
}

/* ---- rules that are wrong in one thing: the right one, asked a question with one thing changed */

#define FOR_EVERY_GRANT(q, grant)                                                                  \
    for (size_t i_ = 0; i_ < (q)->facts.subject_count; i_++)                                       \
        for (struct purpose_consent *grant = (q)->facts.subjects[i_].consent.purposes;             \
             grant < (q)->facts.subjects[i_].consent.purposes + PURPOSE_LIMIT; grant++)

static inline struct verdict wrong_since_ignored(const struct question *question)
{
    struct question q = *question;
    FOR_EVERY_GRANT(&q, grant)
    {
        if (grant->since != TIME_NONE)
            grant->since = 0;
    }
    return right_rule(&q);
}

static inline struct verdict wrong_no_since_is_always(const struct question *question)
{
    struct question q = *question;
    FOR_EVERY_GRANT(&q, grant)
    {
        if (grant->since == TIME_NONE)
            grant->since = 0;
    }
    return right_rule(&q);
}

static inline struct verdict wrong_until_by_event_only(const struct question *question)
{
    struct question q = *question;
    FOR_EVERY_GRANT(&q, grant)
    {
        if (grant->until != TIME_NONE && q.facts.event_time < grant->until)
            grant->until = TIME_NONE;
    }
    return right_rule(&q);
}

static inline struct verdict wrong_end_is_inside(const struct question *question)
{
    struct question q = *question;
    FOR_EVERY_GRANT(&q, grant)
    grant->until += grant->until != TIME_NONE;
    return right_rule(&q);
}

static inline struct verdict wrong_denial_begins(const struct question *question)
{
    struct question q = *question;
    FOR_EVERY_GRANT(&q, grant)
    {
        if (grant->state == CONSENT_WITHDRAWN && grant->since != TIME_NONE &&
            grant->since > q.facts.event_time)
            *grant = (struct purpose_consent){CONSENT_GRANTED, 0, TIME_NONE, UINT32_MAX};
    }
    return right_rule(&q);
}

static inline struct verdict wrong_version_must_equal(const struct question *question)
{
    struct question q = *question;
    FOR_EVERY_GRANT(&q, grant)
    {
        if (grant->policy_version > q.purpose.consent_version)
            grant->policy_version = 0;
    }
    return right_rule(&q);
}

static inline struct verdict wrong_version_ignored(const struct question *question)
{
    struct question q = *question;
    q.purpose.consent_version = 0;
    return right_rule(&q);
}

static inline struct verdict wrong_substituted_time_counts(const struct question *question)
{
    struct question q = *question;
    if (q.facts.event_time == TIME_NONE)
        q.facts.event_time = q.facts.now;
    return right_rule(&q);
}

static inline struct verdict wrong_unknown_veto_denies(const struct question *question)
{
    struct question q = *question;
    for (size_t i = 0; i < q.facts.subject_count; i++) {
        struct subject_fact *s = &q.facts.subjects[i];
        if (s->role == SUBJECT_VETO && s->consent.purposes[q.number].state == CONSENT_UNKNOWN) {
            s->consent.known = true;
            s->consent.purposes[q.number].state = CONSENT_DENIED;
        }
    }
    return right_rule(&q);
}

static inline struct verdict wrong_unusable_veto_is_gone(const struct question *question)
{
    struct question q = *question;
    for (size_t i = 0; i < q.facts.subject_count; i++) {
        struct subject_fact *s = &q.facts.subjects[i];
        if (s->role == SUBJECT_VETO && s->unusable)
            subject_consent_init(&s->consent);
    }
    return right_rule(&q);
}

static inline struct verdict wrong_vetoes_ignored(const struct question *question)
{
    struct question q = *question;
    size_t kept = 0;
    for (size_t i = 0; i < q.facts.subject_count; i++) {
        struct subject_fact *s = &q.facts.subjects[i];
        if (s->role == SUBJECT_SUBJECT || s->consent.age_stated || s->consent.erase_at != TIME_NONE)
            q.facts.subjects[kept++] = *s;
    }
    q.facts.subject_count = kept;
    return right_rule(&q);
}

static inline struct verdict wrong_one_subject_suffices(const struct question *question)
{
    struct verdict best = right_rule(question);
    for (size_t i = 0; i < question->facts.subject_count; i++) {
        struct question q = *question;
        q.facts.subjects[0] = question->facts.subjects[i];
        q.facts.subject_count = 1;
        struct verdict alone = right_rule(&q);
        if (alone.decision > best.decision)
            best = alone;
    }
    return best;
}

static inline struct verdict wrong_highest_age(const struct question *question)
{
    struct question q = *question;
    uint8_t highest = 0;
    for (size_t i = 0; i < q.facts.subject_count; i++) {
        const struct subject_consent *c = &q.facts.subjects[i].consent;
        if (c->known && c->age_stated && c->age > highest)
            highest = c->age;
    }
    for (size_t i = 0; i < q.facts.subject_count; i++)
        q.facts.subjects[i].consent.age = highest;
    return right_rule(&q);
}

static inline struct verdict wrong_erasure_only_today(const struct question *question)
{
    struct question q = *question;
    for (size_t i = 0; i < q.facts.subject_count; i++) {
        if (q.facts.subjects[i].consent.erase_at != q.facts.now)
            q.facts.subjects[i].consent.erase_at = TIME_NONE;
    }
    return right_rule(&q);
}

static inline struct verdict wrong_necessity_needs_nothing(const struct question *question)
{
    if (question->purpose.basis == BASIS_NECESSITY)
        return (struct verdict){DECISION_REDUCED, DECIDED_NECESSITY, FIELD_NONE};
    return right_rule(question);
}

static inline struct verdict wrong_signals_must_equal(const struct question *question)
{
    struct question q = *question;
    if (q.facts.signals != q.purpose.signals)
        q.facts.signals = 0;
    return right_rule(&q);
}

static inline struct verdict wrong_border_ignored(const struct question *question)
{
    struct question q = *question;
    q.crosses_border = false;
    return right_rule(&q);
}

static inline struct verdict wrong_always_reduces(const struct question *question)
{
    struct question q = *question;
    q.purpose.without_consent = WITHOUT_CONSENT_REDUCE;
    return right_rule(&q);
}

static inline struct verdict wrong_unknown_age_is_adult(const struct question *question)
{
    struct question q = *question;
    q.minors.age_unknown = AGE_UNKNOWN_IS_ADULT;
    return right_rule(&q);
}

/* `monotone`: wrong, but not in what the property of monotonicity can see. */
static const struct wrong_rule {
    const char *name;
    decide_function *decide;
    bool monotone;
} wrong_rules[] = {
    {"since ignored", wrong_since_ignored, true},
    {"no since is always", wrong_no_since_is_always, false},
    {"until by event only", wrong_until_by_event_only, true},
    {"end is inside", wrong_end_is_inside, true},
    {"a denial begins", wrong_denial_begins, false},
    {"version must equal", wrong_version_must_equal, false},
    {"version ignored", wrong_version_ignored, true},
    {"substituted time counts", wrong_substituted_time_counts, false},
    {"unknown veto denies", wrong_unknown_veto_denies, false},
    {"unusable veto is gone", wrong_unusable_veto_is_gone, false},
    {"vetoes ignored", wrong_vetoes_ignored, true},
    {"one subject suffices", wrong_one_subject_suffices, false},
    {"highest age", wrong_highest_age, false},
    {"erasure only today", wrong_erasure_only_today, false},
    {"necessity needs nothing", wrong_necessity_needs_nothing, true},
    {"signals must equal", wrong_signals_must_equal, false},
    {"border ignored", wrong_border_ignored, true},
    {"always reduces", wrong_always_reduces, true},
    {"unknown age is adult", wrong_unknown_age_is_adult, true},
};

enum { WRONG_RULES = sizeof wrong_rules / sizeof wrong_rules[0] };

#endif
