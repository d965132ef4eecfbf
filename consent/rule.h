/*
 * The consent rule: one total function, tested as a table against an independent oracle.
 *
 * Everything it needs comes in as values; it reads no clock, no table and no record. It never
 * fails: whatever it is given, it answers, and a zeroed question is withheld. In order (DESIGN
 * section 7):
 *
 *   1 an erasure in force of any id present          withheld
 *   2 a minor (lowest age that any id present states) withheld
 *   3 the recipient is across the border and cross_border is not granted by 6 and 7   withheld
 *   4 the purpose is of necessity                     reduced, to its exempt categories
 *   5 an opt-out signal that the purpose heeds        denied
 *   6 any subject present unusable, denied, withdrawn, expired, unknown, granted too late or for
 *     an older version; no subject at all             denied
 *   7 a veto denied, withdrawn, expired, unreadable or unusable   denied
 *   8 otherwise                                       granted
 *
 * Denied is withheld, or reduced where the purpose says `without_consent: reduce`.
 * An erasure is in force once `erase_at` is not after the clock. An age that nobody states counts
 * as the policy's `age_unknown` says, with no subject at all too. `until` is held against the later
 * of clock and event time, before `since` is looked at; a grant without `since` is none. Denied,
 * withdrawn and expired have no beginning. Steps 5 to 7 do not touch necessity.
 *
 * Making any input stricter never adds output: granted > reduced > withheld is monotone in every
 * input. Stricter is, for a subject, any state but granted; for a veto, in this order: unknown,
 * granted (it has an end), any refusal; a later `since`, an earlier `until`, a lower version or
 * age, an earlier or new erasure; one more id beside a subject (which states no age where none
 * did). An unusable id, subject or veto, takes nothing back of what is known of it.
 */
#ifndef LETHE_CONSENT_RULE_H
#define LETHE_CONSENT_RULE_H

#include "core/time_text.h"
#include "schemas/policy.h"
#include "schemas/reason.h"

enum consent_state {
    CONSENT_UNKNOWN = 0,
    CONSENT_DENIED,
    CONSENT_GRANTED,
    CONSENT_WITHDRAWN,
    CONSENT_EXPIRED,
    CONSENT_STATE_COUNT
};

const char *consent_state_name(enum consent_state state);
bool consent_state_from_name(struct slice name, enum consent_state *out);

/* {0} is unknown. Times in milliseconds, held to the second: `since` rounded up, `until` down. */
struct purpose_consent {
    enum consent_state state;
    int64_t since;           /* TIME_NONE: not stated, which is no grant */
    int64_t until;           /* TIME_NONE: no end */
    uint32_t policy_version; /* under which it was given; 0: not stated */
};

enum {
    AGE_UNKNOWN = 255,
    CONSENT_PARTITION_LIMIT = 1024, /* of a consent topic */
};

/* All that is known of one subject. {0} means nothing is known: unknown everywhere. */
struct subject_consent {
    bool known;      /* there is a message for this id */
    bool unreadable; /* its value could not be read: denied for every purpose */
    bool age_stated;
    uint8_t age;        /* years; an age that could not be read is 0 */
    bool split;         /* messages came from more than one partition (table.h) */
    uint16_t partition; /* that the first of them came from, below CONSENT_PARTITION_LIMIT */
    int64_t erase_at;   /* TIME_NONE: no erasure asked for (see subject_consent_init) */
    uint64_t seq;
    struct purpose_consent purposes[PURPOSE_LIMIT];
};

/* {0} with the times that mean "none". */
void subject_consent_init(struct subject_consent *subject);

enum subject_role { SUBJECT_SUBJECT = 0, SUBJECT_VETO };

/* One id that the record carries. Placeholders are absent: they are not in the list. */
struct subject_fact {
    enum subject_role role;
    bool unusable;  /* wrong type, empty, no canonical form */
    uint16_t field; /* the schema's field, for counting */
    struct subject_consent consent;
};

/* Everything about one record that the rule asks for; the same for all purposes and recipients. */
struct record_facts {
    struct subject_fact subjects[SUBJECT_LIMIT];
    size_t subject_count;
    uint32_t signals;         /* mask of opt-outs in the record */
    bool advertising_opt_out; /* an advertising id of zeros: every purpose of consent heeds it */
    int64_t event_time;       /* TIME_NONE where it was substituted: older than every grant */
    int64_t now;
};

/* Ordered: a greater one releases more. */
enum decision { DECISION_WITHHELD = 0, DECISION_REDUCED, DECISION_GRANTED, DECISION_COUNT };

const char *decision_name(enum decision decision);

struct verdict {
    enum decision decision;
    enum decided why; /* the first thing in the order above that settled it */
    uint16_t field;   /* the subject's field that settled it, or FIELD_NONE */
};

struct verdict consent_decide(const struct record_facts *facts, const struct purpose *purpose,
                              unsigned purpose_number, const struct minor_rule *minors,
                              bool crosses_border);

/* Why one subject alone grants a purpose or not: DECIDED_GRANTED, or what denies (steps 6 and 7).
 * For the table of denials per subject field and for `lethe consent`. */
enum decided consent_of_subject(const struct subject_fact *subject, unsigned purpose_number,
                                uint32_t consent_version, int64_t event_time, int64_t now);

/* Is an id present known to be erased or a minor, or is every purpose of consent of the policy
 * (cross_border aside) refused by an id present: denied, withdrawn, expired or unreadable? Then a
 * record that cannot be processed is discarded, not sealed into quarantine. */
bool consent_forbids_quarantine(const struct record_facts *facts, const struct policy *policy);

#endif
