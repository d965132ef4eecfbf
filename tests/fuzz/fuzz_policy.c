/*
 * The loader of policies. The input is a policy's file.
 *
 *   refused exactly where there are errors, with places that are in the text (fuzz_diagnostics.h)
 *   of what is loaded, for every category: no branch releases more than the floor of its kind, and
 *   `otherwise` no more than `granted`; the rule is one whose prefix covers it, and none that is
 *   longer could have been used; the parameters of its action are in range
 *   purposes are named once, exempt categories only where they are of necessity, and heed only
 *   signals that there are
 *   an action that is written out and read again is the same action
 */
#include "schemas/policy.h"
#include "schemas/policy_action.h"
#include "tests/fuzz/fuzz_diagnostics.h"

enum { ARENA = 128 * 1024 * 1024, AGE_MOST = 150 };

static void check_parameters(const struct action_rule *rule)
{
    FUZZ_CHECK(rule->action < ACTION_COUNT);
    FUZZ_CHECK((rule->generalisation != GENERALISE_NONE) == (rule->action == ACTION_GENERALISE));
    FUZZ_CHECK(rule->mask_first <= MASK_MOST && rule->mask_last <= MASK_MOST);
    FUZZ_CHECK(rule->url_detail == URL_HOST || rule->url_detail == URL_PATH);
    if (rule->generalisation == GENERALISE_TIME)
        FUZZ_CHECK(rule->time_step >= TIME_HOUR);
    if (rule->generalisation == GENERALISE_PLACE)
        FUZZ_CHECK(rule->grid >= GRID_LEAST && rule->grid <= GRID_MOST);
    if (rule->generalisation == GENERALISE_NUMBER) {
        FUZZ_CHECK(rule->bucket_count > 0 && rule->bucket_count <= BUCKET_LIMIT);
        for (uint32_t i = 1; i < rule->bucket_count; i++)
            FUZZ_CHECK(rule->buckets[i - 1] < rule->buckets[i]);
    }
}

static bool actions_equal(const struct action_rule *a, const struct action_rule *b)
{
    return action_rule_covers(a, b) && action_rule_covers(b, a);
}

/* What `explain` shows of an action is how one would write it. */
static void check_written(const struct action_rule *rule)
{
    struct buffer text;
    struct arena arena;
    struct diagnostics diagnostics;
    struct action_rule again = {0};
    buffer_init(&text, 4096);
    arena_init(&arena, 1 << 20);
    diagnostics_init(&diagnostics);
    action_rule_append(&text, rule);
    FUZZ_CHECK(buffer_status(&text) == RC_OK);
    struct yaml_node *node = yaml_parse("action", buffer_slice(&text), &arena, &diagnostics);
    FUZZ_CHECK(node && action_rule_read(node, &arena, &diagnostics, &again));
    FUZZ_CHECK(again.action == rule->action && again.generalisation == rule->generalisation);
    FUZZ_CHECK(again.bucket_count == rule->bucket_count && again.grid == rule->grid);
    FUZZ_CHECK(actions_equal(rule, &again));
    diagnostics_release(&diagnostics);
    arena_release(&arena);
    buffer_release(&text);
}

static enum permission least_permission(bool granted)
{
    return granted ? PERMITTED_GRANTED : PERMITTED_ALWAYS;
}

/* Could the rule act on the category in this branch? Then no shorter one may have been chosen. */
static bool could_reach(const struct rule *rule, enum category category, bool granted)
{
    const struct action_rule *action = granted ? &rule->granted : &rule->otherwise;
    return category_has_prefix(category, rule->prefix) &&
           action_rule_permission(category_info(category)->kind, action) >=
               least_permission(granted);
}

static void check_choice(const struct policy *policy, enum category category, bool granted)
{
    const struct rule *rule = granted ? policy->granted[category] : policy->otherwise[category];
    struct action_rule action = policy_action(policy, category, granted);
    if (!rule) {
        FUZZ_CHECK(action.action == ACTION_DROP);
        return;
    }
    FUZZ_CHECK(rule >= policy->rules && rule < policy->rules + policy->rule_count);
    FUZZ_CHECK(category_has_prefix(category, rule->prefix));
    enum kind kind = category_info(category)->kind;
    FUZZ_CHECK(action.action == ACTION_DROP ||
               (action_permission(kind, action.action) >= least_permission(granted) &&
                action_rule_permission(kind, &action) >= least_permission(granted)));
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *longer = &policy->rules[i];
        if (longer->prefix.length > rule->prefix.length)
            FUZZ_CHECK(!could_reach(longer, category, granted));
    }
}

static void check_category(const struct policy *policy, enum category category)
{
    check_choice(policy, category, true);
    check_choice(policy, category, false);
    struct action_rule granted = policy_action(policy, category, true);
    struct action_rule otherwise = policy_action(policy, category, false);
    FUZZ_CHECK(otherwise.action == ACTION_DROP || action_rule_covers(&granted, &otherwise));
    if (category_info(category)->kind == KIND_FORBIDDEN)
        FUZZ_CHECK(granted.action == ACTION_DROP && otherwise.action == ACTION_DROP);
}

static void check_purpose(const struct policy *policy, size_t number,
                          const struct signal_names *signals)
{
    const struct purpose *purpose = &policy->purposes[number];
    FUZZ_CHECK(policy_purpose(policy, purpose->name) == (int)number);
    FUZZ_CHECK(purpose->signals == ~(uint32_t)0 || purpose->signals >> signals->count == 0);
    for (unsigned i = 0; i < CATEGORY_COUNT; i++) {
        if (!category_set_has(&purpose->only, (enum category)i))
            continue;
        FUZZ_CHECK(purpose->basis == BASIS_NECESSITY && i != CATEGORY_NONE);
    }
}

static void check_policy(const struct policy *policy, const struct signal_names *signals)
{
    FUZZ_CHECK(policy->version > 0 && policy->name.length > 0);
    FUZZ_CHECK(policy->purpose_count > 1 && policy->purpose_count <= PURPOSE_LIMIT);
    FUZZ_CHECK(slice_equal(policy->purposes[PURPOSE_CROSS_BORDER].name, SLICE("cross_border")));
    for (size_t i = 0; i < policy->purpose_count; i++)
        check_purpose(policy, i, signals);
    FUZZ_CHECK(policy->minors.below <= AGE_MOST);
    for (size_t i = 0; i < policy->rule_count; i++) {
        check_parameters(&policy->rules[i].granted);
        check_parameters(&policy->rules[i].otherwise);
        check_written(&policy->rules[i].granted);
        check_written(&policy->rules[i].otherwise);
    }
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++)
        check_category(policy, (enum category)i);
    FUZZ_CHECK(!policy->granted[CATEGORY_NONE] && !policy->otherwise[CATEGORY_NONE]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct arena arena;
    struct signal_names signals = {0};
    struct diagnostics diagnostics;
    arena_init(&arena, ARENA);
    diagnostics_init(&diagnostics);
    struct policy *policy = policy_parse(FUZZ_FILE, text, &arena, &signals, &diagnostics);
    fuzz_check_diagnostics(&diagnostics, text, policy != NULL);
    if (policy)
        check_policy(policy, &signals);
    diagnostics_release(&diagnostics);
    arena_release(&arena);
    return 0;
}
