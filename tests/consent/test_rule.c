/* The rule's answers by name: what settled a verdict and which field, what a zeroed question gets,
 * what may be sealed into quarantine. The table of all answers is in test_rule_table.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "consent/rule.h"

enum { NOW = 100000, OPERATION = 1, RESEARCH = 2, SECURITY = 3 };

static const struct minor_rule ADULTS = {.below = 14, .age_unknown = AGE_UNKNOWN_IS_ADULT};
static const struct purpose ASKS = {.consent_version = 3, .signals = ~0u};

static struct subject_fact id_of(enum subject_role role, uint16_t field, enum consent_state state)
{
    struct subject_fact id = {.role = role, .field = field};
    subject_consent_init(&id.consent);
    id.consent.known = true;
    for (unsigned i = 0; i < PURPOSE_LIMIT; i++)
        id.consent.purposes[i] = (struct purpose_consent){state, 0, TIME_NONE, 3};
    return id;
}

static struct record_facts facts_of(struct subject_fact first, struct subject_fact second)
{
    return (struct record_facts){
        .subjects = {first, second}, .subject_count = 2, .event_time = NOW - 1, .now = NOW};
}

static void assert_verdict(struct verdict verdict, enum decision decision, enum decided why,
                           uint16_t field)
{
    assert_string_equal(decision_name(verdict.decision), decision_name(decision));
    assert_string_equal(decided_name(verdict.why), decided_name(why));
    assert_int_equal(verdict.field, field);
}

static void zero_is_withheld(void **state)
{
    (void)state;
    const struct record_facts nothing = {0};
    const struct purpose purpose = {0};
    const struct minor_rule minors = {0};
    struct record_facts too_many = {.subject_count = SUBJECT_LIMIT + 1};
    assert_int_equal((struct verdict){0}.decision, DECISION_WITHHELD);
    assert_int_equal(consent_decide(&nothing, &purpose, 0, &minors, false).decision,
                     DECISION_WITHHELD);
    struct verdict missing[] = {
        consent_decide(NULL, &ASKS, OPERATION, &ADULTS, false),
        consent_decide(&nothing, NULL, OPERATION, &ADULTS, false),
        consent_decide(&nothing, &ASKS, OPERATION, NULL, false),
        consent_decide(&nothing, &ASKS, PURPOSE_LIMIT, &ADULTS, false),
        consent_decide(&too_many, &ASKS, OPERATION, &ADULTS, false),
    };
    for (size_t i = 0; i < sizeof missing / sizeof missing[0]; i++)
        assert_verdict(missing[i], DECISION_WITHHELD, DECIDED_NOTHING, FIELD_NONE);
    assert_int_equal(consent_of_subject(NULL, 0, 0, 0, 0), DECIDED_UNUSABLE);
    const struct subject_fact zero = {0};
    assert_int_equal(consent_of_subject(&zero, OPERATION, 0, NOW, NOW), DECIDED_UNKNOWN);
    struct subject_fact granted = id_of(SUBJECT_SUBJECT, 1, CONSENT_GRANTED);
    assert_int_equal(consent_of_subject(&granted, PURPOSE_LIMIT, 0, NOW, NOW), DECIDED_UNKNOWN);
}

static void a_verdict_names_what_settled_it(void **state)
{
    (void)state;
    struct subject_fact granted = id_of(SUBJECT_SUBJECT, 4, CONSENT_GRANTED);
    struct subject_fact other = id_of(SUBJECT_SUBJECT, 5, CONSENT_GRANTED);
    struct record_facts facts = facts_of(granted, other);
    struct purpose necessity = {.basis = BASIS_NECESSITY};
    assert_verdict(consent_decide(&facts, &ASKS, OPERATION, &ADULTS, true), DECISION_GRANTED,
                   DECIDED_GRANTED, FIELD_NONE);
    assert_verdict(consent_decide(&facts, &necessity, SECURITY, &ADULTS, true), DECISION_REDUCED,
                   DECIDED_NECESSITY, FIELD_NONE);

    facts.subjects[1].consent.purposes[OPERATION].state = CONSENT_WITHDRAWN;
    assert_verdict(consent_decide(&facts, &ASKS, OPERATION, &ADULTS, false), DECISION_WITHHELD,
                   DECIDED_WITHDRAWN, 5);
    facts.subjects[1].role = SUBJECT_VETO;
    assert_verdict(consent_decide(&facts, &ASKS, OPERATION, &ADULTS, false), DECISION_WITHHELD,
                   DECIDED_VETO, 5);
    struct purpose reduces = ASKS;
    reduces.without_consent = WITHOUT_CONSENT_REDUCE;
    assert_verdict(consent_decide(&facts, &reduces, OPERATION, &ADULTS, false), DECISION_REDUCED,
                   DECIDED_VETO, 5);
    facts.signals = 1;
    assert_verdict(consent_decide(&facts, &ASKS, OPERATION, &ADULTS, false), DECISION_WITHHELD,
                   DECIDED_SIGNAL, FIELD_NONE);
    facts.subjects[1].consent.purposes[PURPOSE_CROSS_BORDER].state = CONSENT_DENIED;
    assert_verdict(consent_decide(&facts, &necessity, SECURITY, &ADULTS, true), DECISION_WITHHELD,
                   DECIDED_CROSS_BORDER, 5);
    facts.subjects[1].consent.age_stated = true;
    facts.subjects[1].consent.age = 13;
    assert_verdict(consent_decide(&facts, &necessity, SECURITY, &ADULTS, true), DECISION_WITHHELD,
                   DECIDED_MINOR, 5);
    facts.subjects[0].consent.erase_at = NOW;
    assert_verdict(consent_decide(&facts, &necessity, SECURITY, &ADULTS, true), DECISION_WITHHELD,
                   DECIDED_ERASED, 4);
}

static void a_record_without_subject_is_denied(void **state)
{
    (void)state;
    struct record_facts facts = {.event_time = NOW, .now = NOW};
    assert_verdict(consent_decide(&facts, &ASKS, OPERATION, &ADULTS, false), DECISION_WITHHELD,
                   DECIDED_NO_SUBJECT, FIELD_NONE);
    facts.subjects[0] = id_of(SUBJECT_VETO, 1, CONSENT_GRANTED);
    facts.subject_count = 1;
    assert_verdict(consent_decide(&facts, &ASKS, OPERATION, &ADULTS, false), DECISION_WITHHELD,
                   DECIDED_NO_SUBJECT, FIELD_NONE);
    struct minor_rule strict = {.below = 14, .age_unknown = AGE_UNKNOWN_IS_MINOR};
    assert_verdict(consent_decide(&facts, &ASKS, OPERATION, &strict, false), DECISION_WITHHELD,
                   DECIDED_MINOR, FIELD_NONE);
}

static void a_later_consent_does_not_legalise(void **state)
{
    (void)state;
    struct subject_fact id = id_of(SUBJECT_SUBJECT, 1, CONSENT_GRANTED);
    struct purpose_consent *grant = &id.consent.purposes[OPERATION];
    grant->since = NOW;
    assert_int_equal(consent_of_subject(&id, OPERATION, 3, NOW - 1, NOW), DECIDED_TOO_EARLY);
    assert_int_equal(consent_of_subject(&id, OPERATION, 3, NOW, NOW), DECIDED_GRANTED);
    assert_int_equal(consent_of_subject(&id, OPERATION, 3, TIME_NONE, NOW), DECIDED_TOO_EARLY);
    assert_int_equal(consent_of_subject(&id, OPERATION, 4, NOW, NOW), DECIDED_OLD_VERSION);
    grant->until = NOW + 1;
    assert_int_equal(consent_of_subject(&id, OPERATION, 3, NOW, NOW), DECIDED_GRANTED);
    assert_int_equal(consent_of_subject(&id, OPERATION, 3, NOW, NOW + 1), DECIDED_EXPIRED);
    assert_int_equal(consent_of_subject(&id, OPERATION, 3, NOW + 1, NOW), DECIDED_EXPIRED);
    grant->state = CONSENT_WITHDRAWN; /* since NOW: it holds for what came before, too */
    assert_int_equal(consent_of_subject(&id, OPERATION, 3, NOW - 1, NOW), DECIDED_WITHDRAWN);
}

static void quarantine_is_forbidden_for_some(void **state)
{
    (void)state;
    struct policy policy = {.purpose_count = 4, .minors = ADULTS};
    policy.purposes[SECURITY].basis = BASIS_NECESSITY;
    struct subject_fact one = id_of(SUBJECT_SUBJECT, 1, CONSENT_UNKNOWN);
    struct subject_fact two = id_of(SUBJECT_VETO, 2, CONSENT_UNKNOWN);
    struct record_facts facts = facts_of(one, two);
    assert_false(consent_forbids_quarantine(&facts, &policy));
    facts.subjects[0].consent.purposes[OPERATION].state = CONSENT_DENIED;
    assert_false(consent_forbids_quarantine(&facts, &policy));
    facts.subjects[1].consent.purposes[RESEARCH].state = CONSENT_WITHDRAWN;
    assert_true(consent_forbids_quarantine(&facts, &policy));
    facts.subject_count = 1;
    assert_false(consent_forbids_quarantine(&facts, &policy));
    facts.subjects[0].consent.unreadable = true;
    assert_true(consent_forbids_quarantine(&facts, &policy));
    facts.subjects[0] = one;
    facts.subjects[0].consent.age_stated = true;
    facts.subjects[0].consent.age = 13;
    assert_true(consent_forbids_quarantine(&facts, &policy));
    facts.subjects[0].consent.age = 14;
    assert_false(consent_forbids_quarantine(&facts, &policy));
    facts.subjects[0].consent.erase_at = NOW;
    assert_true(consent_forbids_quarantine(&facts, &policy));
    facts.subjects[0] = id_of(SUBJECT_SUBJECT, 1, CONSENT_DENIED);
    policy.purpose_count = 1; /* no purpose of consent: nothing was denied */
    assert_false(consent_forbids_quarantine(&facts, &policy));
    assert_true(consent_forbids_quarantine(NULL, &policy));
    assert_true(consent_forbids_quarantine(&facts, NULL));
}

static void names_go_both_ways(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CONSENT_STATE_COUNT; i++) {
        enum consent_state found = CONSENT_STATE_COUNT;
        const char *name = consent_state_name((enum consent_state)i);
        assert_true(consent_state_from_name(slice_from_string(name), &found));
        assert_int_equal(found, i);
    }
    enum consent_state found;
    assert_false(consent_state_from_name(SLICE("Granted"), &found));
    assert_false(consent_state_from_name(SLICE(""), &found));
    assert_string_equal(consent_state_name(CONSENT_STATE_COUNT), "unknown");
    assert_string_equal(decision_name(DECISION_COUNT), "withheld");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zero_is_withheld),
        cmocka_unit_test(a_verdict_names_what_settled_it),
        cmocka_unit_test(a_record_without_subject_is_denied),
        cmocka_unit_test(a_later_consent_does_not_legalise),
        cmocka_unit_test(quarantine_is_forbidden_for_some),
        cmocka_unit_test(names_go_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
