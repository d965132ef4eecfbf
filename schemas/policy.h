/*
 * A policy: what is *done*. One page, maintained by the privacy officer.
 *
 *     policy: default
 *     version: 7
 *     purposes:
 *       operation: {basis: consent, consent_version: 3, without_consent: reduce}
 *       research:  {basis: consent, consent_version: 3, signals: [gpc]}
 *       security:  {basis: necessity, only: [crash, device.model]}
 *     rules:
 *       account.user_id: pseudonym                    # = {granted: pseudonym, otherwise: drop}
 *       device.model:    {granted: keep, otherwise: keep}
 *       network.ip:      truncate
 *       time.event:      {granted: keep, otherwise: {generalise: hour}}
 *       device.resource: {granted: {generalise: {buckets: [0, 1000000, 4000000]}}, otherwise: drop}
 *       place.position:  {granted: {generalise: {grid: 0.1}}, otherwise: drop}
 *       web.url:         {granted: {url: path}, otherwise: {url: host}}
 *       app.channel:     {granted: {mask: {first: 2, last: 0}}, otherwise: drop}
 *     minors: {below: 14, then: withhold, age_unknown: adult}
 *
 * The action of a category is that of the longest prefix rule that reaches it; without one it is
 * drop. A bare action is `{granted: ACTION, otherwise: drop}`; policy_action.h has the forms of an
 * action. A rule that names a category and asks for more than its floor is an error; a prefix rule
 * does not reach such a category. `otherwise` never releases more than `granted`: what cannot be
 * shown to be stricter is an error. What a purpose of necessity exempts must be able to leave
 * without consent. `purposes`, `rules` and all of `minors` are required.
 */
#ifndef LETHE_SCHEMAS_POLICY_H
#define LETHE_SCHEMAS_POLICY_H

#include "core/arena.h"
#include "core/diagnostics.h"
#include "schemas/category.h"
#include "schemas/schema.h"

enum {
    PURPOSE_LIMIT = 8,        /* purposes of consent messages, cross_border included */
    PURPOSE_CROSS_BORDER = 0, /* its number; policies' purposes follow */
};

enum basis { BASIS_CONSENT = 0, BASIS_NECESSITY };
enum without_consent { WITHOUT_CONSENT_WITHHOLD = 0, WITHOUT_CONSENT_REDUCE };

struct purpose {
    struct slice name;
    enum basis basis;
    uint32_t consent_version; /* the least policy version that a grant must be for; 0: any */
    enum without_consent without_consent;
    uint32_t signals;         /* mask of signals it heeds; ~0 where the policy names none */
    struct category_set only; /* of necessity: what it exempts */
    struct place place;
};

enum age_unknown { AGE_UNKNOWN_IS_MINOR = 0, AGE_UNKNOWN_IS_ADULT };

/* `then: withhold` is the only thing that is done with a minor's record in this version. */
struct minor_rule {
    uint32_t below; /* years */
    enum age_unknown age_unknown;
};

struct rule {
    struct slice prefix;
    struct action_rule granted, otherwise;
    struct place place;
};

struct policy {
    struct slice name;
    uint32_t version;
    struct purpose purposes[PURPOSE_LIMIT]; /* [PURPOSE_CROSS_BORDER] is built in */
    size_t purpose_count;
    struct minor_rule minors;
    struct rule *rules;
    size_t rule_count;
    /* For every category, the rule that reaches it in each branch, or NULL: drop. */
    const struct rule *granted[CATEGORY_COUNT];
    const struct rule *otherwise[CATEGORY_COUNT];
    const char *file;
};

/* The purpose's number, or -1. `cross_border` is one. */
int policy_purpose(const struct policy *policy, struct slice name);

/* The purpose nearest to a misspelt name, for "did you mean"; or the empty slice. */
struct slice policy_purpose_nearest(const struct policy *policy, struct slice name);

/* What the policy does with a category: granted is only asked for under DECISION_GRANTED. */
struct action_rule policy_action(const struct policy *policy, enum category category, bool granted);

/*
 * As schema_load. Errors: unknown keys, categories, actions and purposes, parameters out of range,
 * a wrong pair of action and kind, a rule beyond a floor, a rule twice, a rule that reaches
 * nothing, a rule that longer rules leave nothing to, `minors` missing. NULL where there was an
 * error.
 */
struct policy *policy_load(const char *path, struct arena *arena, struct signal_names *signals,
                           struct diagnostics *diagnostics);
struct policy *policy_parse(const char *file, struct slice text, struct arena *arena,
                            struct signal_names *signals, struct diagnostics *diagnostics);

/* Warnings over policy and schemas together: a rule that reaches no field of any schema (unless all
 * it does is drop), a purpose whose signals no schema lists. */
void policy_check_against_schemas(const struct policy *policy, struct schema *const *schemas,
                                  size_t count, struct diagnostics *diagnostics);

#endif
