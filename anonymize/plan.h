/*
 * A plan: schema x policy x recipient x decision, compiled once into what happens to each field.
 *
 * A field is released only if all of these let it: the policy's rule of that branch, the floor of
 * its kind (checked again here, though the policy loader did), the recipient's ceiling, and, for a
 * purpose of necessity, the purpose's exempt list. Otherwise the plan says which of them did not.
 * Times are bound to the recipient's linkage here; one that was never set (a step of 0) is an hour.
 * Withheld has no plan: compiled all the same, it releases nothing. Under a purpose of necessity
 * granted is no more than reduced.
 */
#ifndef LETHE_ANONYMIZE_PLAN_H
#define LETHE_ANONYMIZE_PLAN_H

#include "consent/rule.h"
#include "schemas/recipient.h"
#include "schemas/schema.h"

struct planned_field {
    struct action_rule action; /* ACTION_DROP: left out, for `reason` */
    enum drop_reason reason;
    const struct rule *rule; /* the rule that decided, or NULL: none reaches the category */
    int64_t time_step;       /* of a time that is released: the coarser of rule and linkage */
};

/* The same for every record that is walked over, small enough to stay in the nearest cache: what is
 * said of most values needs no more. */
struct field_way {
    const char *name;     /* `"name":`, as it is written out; of a root and an element nothing */
    uint16_t name_length; /* bytes */
    uint8_t action;       /* enum action */
    uint8_t reason;       /* enum drop_reason, of ACTION_DROP */
    bool is_datum;        /* one that is left out counts as dropped; a discriminator does not */
};

struct plan {
    const struct schema *schema;
    const struct recipient *recipient;
    enum decision decision;
    const struct planned_field *fields; /* by field number */
    const struct field_way *ways;       /* likewise */
    size_t released;                    /* how many fields it can release at all */
    bool uses_pseudonyms;
};

/* RC_NO_MEMORY only. Under DECISION_REDUCED the rules' `otherwise` branch counts. */
LETHE_CHECKED enum rc plan_compile(const struct schema *schema, const struct policy *policy,
                                   const struct recipient *recipient, enum decision decision,
                                   struct arena *arena, struct plan *out);

#endif
