#include "consent/rule.h"

static const char *const state_names[CONSENT_STATE_COUNT] = {
    [CONSENT_UNKNOWN] = "unknown",     [CONSENT_DENIED] = "denied",   [CONSENT_GRANTED] = "granted",
    [CONSENT_WITHDRAWN] = "withdrawn", [CONSENT_EXPIRED] = "expired",
};

static const char *const decision_names[DECISION_COUNT] = {
    [DECISION_WITHHELD] = "withheld",
    [DECISION_REDUCED] = "reduced",
    [DECISION_GRANTED] = "granted",
};

const char *consent_state_name(enum consent_state state)
{
    return (unsigned)state < CONSENT_STATE_COUNT ? state_names[state] : "unknown";
}

bool consent_state_from_name(struct slice name, enum consent_state *out)
{
    for (unsigned i = 0; i < CONSENT_STATE_COUNT; i++) {
        if (name.length > 0 && name.data[0] == state_names[i][0] &&
            slice_equal(name, slice_from_string(state_names[i]))) {
            *out = (enum consent_state)i;
            return true;
        }
    }
    return false;
}

const char *decision_name(enum decision decision)
{
    return (unsigned)decision < DECISION_COUNT ? decision_names[decision] : "withheld";
}

void subject_consent_init(struct subject_consent *subject)
{
    *subject = (struct subject_consent){.erase_at = TIME_NONE};
    for (unsigned i = 0; i < PURPOSE_LIMIT; i++) {
        subject->purposes[i].since = TIME_NONE;
        subject->purposes[i].until = TIME_NONE;
    }
}

static enum decided judge_grant(const struct purpose_consent *grant, uint32_t consent_version,
                                int64_t event_time, int64_t now)
{
    /* TIME_NONE is before every time, so the later one is the clock where the event has none. */
    int64_t later = event_time > now ? event_time : now;
    if (grant->until != TIME_NONE && grant->until <= later)
        return DECIDED_EXPIRED;
    if (grant->since == TIME_NONE)
        return DECIDED_UNKNOWN;
    if (event_time == TIME_NONE || event_time < grant->since)
        return DECIDED_TOO_EARLY;
    if (grant->policy_version < consent_version)
        return DECIDED_OLD_VERSION;
    return DECIDED_GRANTED;
}

/* What is known of the id, whatever the record's own spelling of it was like. */
static enum decided judge(const struct subject_consent *consent, unsigned purpose_number,
                          uint32_t consent_version, int64_t event_time, int64_t now)
{
    if (consent->unreadable)
        return DECIDED_UNREADABLE;
    if (!consent->known || purpose_number >= PURPOSE_LIMIT)
        return DECIDED_UNKNOWN;
    const struct purpose_consent *purpose = &consent->purposes[purpose_number];
    switch (purpose->state) {
    case CONSENT_DENIED:
        return DECIDED_DENIED;
    case CONSENT_WITHDRAWN:
        return DECIDED_WITHDRAWN;
    case CONSENT_EXPIRED:
        return DECIDED_EXPIRED;
    case CONSENT_GRANTED:
        return judge_grant(purpose, consent_version, event_time, now);
    case CONSENT_UNKNOWN:
    case CONSENT_STATE_COUNT:
        break;
    }
    return DECIDED_UNKNOWN;
}

enum decided consent_of_subject(const struct subject_fact *subject, unsigned purpose_number,
                                uint32_t consent_version, int64_t event_time, int64_t now)
{
    if (!subject || subject->unusable)
        return DECIDED_UNUSABLE;
    return judge(&subject->consent, purpose_number, consent_version, event_time, now);
}

/* A refusal, as opposed to the mere lack of a grant. */
static bool refuses(enum decided decided)
{
    return decided == DECIDED_DENIED || decided == DECIDED_WITHDRAWN ||
           decided == DECIDED_EXPIRED || decided == DECIDED_UNREADABLE;
}

static struct verdict verdict(enum decision decision, enum decided why, uint16_t field)
{
    return (struct verdict){decision, why, field};
}

static bool is_erased(const struct subject_fact *subject, int64_t now)
{
    const struct subject_consent *consent = &subject->consent;
    return consent->known && consent->erase_at != TIME_NONE && consent->erase_at <= now;
}

static const struct subject_fact *erased_subject(const struct record_facts *facts)
{
    for (size_t i = 0; i < facts->subject_count; i++) {
        if (is_erased(&facts->subjects[i], facts->now))
            return &facts->subjects[i];
    }
    return NULL;
}

/* The id present that states the lowest age, or NULL where none states one. */
static const struct subject_fact *youngest_subject(const struct record_facts *facts)
{
    const struct subject_fact *youngest = NULL;
    for (size_t i = 0; i < facts->subject_count; i++) {
        const struct subject_consent *consent = &facts->subjects[i].consent;
        if (consent->known && consent->age_stated && consent->age != AGE_UNKNOWN &&
            (!youngest || consent->age < youngest->consent.age))
            youngest = &facts->subjects[i];
    }
    return youngest;
}

/* Steps 1 and 2: what withholds the record from every purpose. DECIDED_NOTHING: nothing does. */
static struct verdict forbid_record(const struct record_facts *facts,
                                    const struct minor_rule *minors)
{
    const struct subject_fact *erased = erased_subject(facts);
    if (erased)
        return verdict(DECISION_WITHHELD, DECIDED_ERASED, erased->field);
    const struct subject_fact *youngest = youngest_subject(facts);
    if (youngest && youngest->consent.age < minors->below)
        return verdict(DECISION_WITHHELD, DECIDED_MINOR, youngest->field);
    if (!youngest && minors->age_unknown != AGE_UNKNOWN_IS_ADULT)
        return verdict(DECISION_WITHHELD, DECIDED_MINOR, FIELD_NONE);
    return verdict(DECISION_WITHHELD, DECIDED_NOTHING, FIELD_NONE);
}

/* Steps 6 and 7: does everyone present let this purpose be? */
static struct verdict ask_everyone(const struct record_facts *facts, unsigned purpose_number,
                                   uint32_t consent_version)
{
    bool any_subject = false;
    for (size_t i = 0; i < facts->subject_count; i++) {
        const struct subject_fact *subject = &facts->subjects[i];
        if (subject->role == SUBJECT_VETO)
            continue;
        any_subject = true;
        enum decided own = consent_of_subject(subject, purpose_number, consent_version,
                                              facts->event_time, facts->now);
        if (own != DECIDED_GRANTED)
            return verdict(DECISION_WITHHELD, own, subject->field);
    }
    if (!any_subject)
        return verdict(DECISION_WITHHELD, DECIDED_NO_SUBJECT, FIELD_NONE);
    for (size_t i = 0; i < facts->subject_count; i++) {
        const struct subject_fact *veto = &facts->subjects[i];
        if (veto->role == SUBJECT_VETO &&
            (veto->unusable ||
             refuses(judge(&veto->consent, purpose_number, 0, facts->event_time, facts->now))))
            return verdict(DECISION_WITHHELD, DECIDED_VETO, veto->field);
    }
    return verdict(DECISION_GRANTED, DECIDED_GRANTED, FIELD_NONE);
}

struct verdict consent_decide(const struct record_facts *facts, const struct purpose *purpose,
                              unsigned purpose_number, const struct minor_rule *minors,
                              bool crosses_border)
{
    if (!facts || !purpose || !minors || purpose_number >= PURPOSE_LIMIT ||
        facts->subject_count > SUBJECT_LIMIT)
        return verdict(DECISION_WITHHELD, DECIDED_NOTHING, FIELD_NONE);
    struct verdict forbidden = forbid_record(facts, minors);
    if (forbidden.why != DECIDED_NOTHING)
        return forbidden;
    if (crosses_border) {
        struct verdict crossing = ask_everyone(facts, PURPOSE_CROSS_BORDER, 0);
        if (crossing.decision != DECISION_GRANTED)
            return verdict(DECISION_WITHHELD, DECIDED_CROSS_BORDER, crossing.field);
    }
    if (purpose->basis == BASIS_NECESSITY)
        return verdict(DECISION_REDUCED, DECIDED_NECESSITY, FIELD_NONE);
    enum decision denied =
        purpose->without_consent == WITHOUT_CONSENT_REDUCE ? DECISION_REDUCED : DECISION_WITHHELD;
    if (facts->advertising_opt_out || (facts->signals & purpose->signals) != 0)
        return verdict(denied, DECIDED_SIGNAL, FIELD_NONE);
    struct verdict answer = ask_everyone(facts, purpose_number, purpose->consent_version);
    if (answer.decision != DECISION_GRANTED)
        answer.decision = denied;
    return answer;
}

/* Does some id present refuse this purpose? */
static bool anyone_refuses(const struct record_facts *facts, unsigned purpose_number)
{
    for (size_t i = 0; i < facts->subject_count; i++) {
        if (refuses(judge(&facts->subjects[i].consent, purpose_number, 0, facts->event_time,
                          facts->now)))
            return true;
    }
    return false;
}

bool consent_forbids_quarantine(const struct record_facts *facts, const struct policy *policy)
{
    if (!facts || !policy || facts->subject_count > SUBJECT_LIMIT ||
        policy->purpose_count > PURPOSE_LIMIT)
        return true;
    if (erased_subject(facts))
        return true;
    const struct subject_fact *youngest = youngest_subject(facts);
    if (youngest && youngest->consent.age < policy->minors.below)
        return true;
    for (size_t i = 0; i < facts->subject_count; i++) {
        if (facts->subjects[i].consent.unreadable)
            return true;
    }
    bool any_purpose = false;
    for (unsigned i = PURPOSE_CROSS_BORDER + 1; i < policy->purpose_count; i++) {
        if (policy->purposes[i].basis == BASIS_NECESSITY)
            continue;
        any_purpose = true;
        if (!anyone_refuses(facts, i))
            return false;
    }
    return any_purpose;
}
