#include "schemas/policy.h"

#include "schemas/policy_rules.h"
#include "schemas/yaml.h"

enum { AGE_MOST = 150 };

struct loader {
    struct policy *policy;
    struct signal_names *signals;
    struct diagnostics *diagnostics;
};

int policy_purpose(const struct policy *policy, struct slice name)
{
    for (size_t i = 0; i < policy->purpose_count; i++) {
        if (slice_equal(policy->purposes[i].name, name))
            return (int)i;
    }
    return -1;
}

static struct slice purpose_name(const void *context, size_t index)
{
    return ((const struct policy *)context)->purposes[index].name;
}

struct slice policy_purpose_nearest(const struct policy *policy, struct slice name)
{
    return nearest_word(name, policy->purpose_count, purpose_name, policy);
}

struct action_rule policy_action(const struct policy *policy, enum category category, bool granted)
{
    if (category <= CATEGORY_NONE || category >= CATEGORY_COUNT)
        return (struct action_rule){0};
    const struct rule *rule = granted ? policy->granted[category] : policy->otherwise[category];
    if (!rule)
        return (struct action_rule){0};
    return granted ? rule->granted : rule->otherwise;
}

/* Can anything of the category leave without consent? */
static bool leaves_without_consent(enum category category)
{
    for (int action = 0; action < ACTION_COUNT; action++) {
        if (action != ACTION_DROP && action_permission(category_info(category)->kind,
                                                       (enum action)action) == PERMITTED_ALWAYS)
            return true;
    }
    return false;
}

static void read_exempt(struct loader *loader, struct yaml_node *node, struct category_set *only)
{
    struct slice name;
    if (!yaml_text(node, "only", loader->diagnostics, &name))
        return;
    if (!category_prefix_exists(name)) {
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->place, "unknown category `%.*s`",
                 SLICE_FORMAT(yaml_shown(name)));
        diagnose_suggestion(loader->diagnostics, category_nearest(name));
        return;
    }
    bool any = false;
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        enum category category = (enum category)i;
        any |= category_has_prefix(category, name) && leaves_without_consent(category);
    }
    if (!any)
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
                 "nothing of `%.*s` may leave without consent, so it cannot be exempt",
                 SLICE_FORMAT(yaml_shown(name)));
    else
        category_set_admit(only, name);
}

static void read_only(struct loader *loader, struct yaml_node *only, struct purpose *purpose)
{
    if (!yaml_is_sequence(only, "only", loader->diagnostics))
        return;
    if (only->count == 0)
        diagnose(loader->diagnostics, SEVERITY_ERROR, only->place, "`only` lists nothing");
    for (struct yaml_node *node = only->first; node; node = node->next)
        read_exempt(loader, node, &purpose->only);
}

static void read_heeded(struct loader *loader, struct yaml_node *signals, struct purpose *purpose)
{
    purpose->signals = ~(uint32_t)0;
    if (!yaml_is_sequence(signals, "signals", loader->diagnostics))
        return;
    purpose->signals = 0;
    for (struct yaml_node *node = signals->first; node; node = node->next) {
        struct slice name;
        if (!yaml_name(node, "signals", loader->diagnostics, &name))
            continue;
        int number = signal_number(loader->signals, name);
        if (number < 0) {
            diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
                     "more than %d signals in schemas and policy", SIGNAL_LIMIT);
            return;
        }
        purpose->signals |= (uint32_t)1 << number;
    }
}

static void read_consent(struct loader *loader, struct yaml_node *node, struct purpose *purpose)
{
    static const char *const words[] = {
        [WITHOUT_CONSENT_WITHHOLD] = "withhold", [WITHOUT_CONSENT_REDUCE] = "reduce", NULL};
    struct diagnostics *diagnostics = loader->diagnostics;
    struct yaml_node *only = yaml_get(node, "only");
    uint64_t version;
    if (yaml_u64(yaml_get(node, "consent_version"), "consent_version", diagnostics, 0, UINT32_MAX,
                 &version))
        purpose->consent_version = (uint32_t)version;
    int word = yaml_word(yaml_get(node, "without_consent"), "without_consent", words, diagnostics);
    purpose->without_consent = word < 0 ? WITHOUT_CONSENT_WITHHOLD : (enum without_consent)word;
    if (only)
        diagnose(diagnostics, SEVERITY_ERROR, only->key_place,
                 "`only` is for purposes of necessity, and this one is of consent");
}

static void read_necessity(struct loader *loader, struct yaml_node *node, struct purpose *purpose)
{
    static const char *const consent_keys[] = {"without_consent", "consent_version"};
    for (size_t i = 0; i < sizeof consent_keys / sizeof *consent_keys; i++) {
        struct yaml_node *found = yaml_get(node, consent_keys[i]);
        if (found)
            diagnose(loader->diagnostics, SEVERITY_ERROR, found->key_place,
                     "`%s` is for purposes of consent, and this one is of necessity",
                     consent_keys[i]);
    }
    struct yaml_node *only = yaml_get(node, "only");
    if (!only)
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->key_place,
                 "`%.*s` is a purpose of necessity: it needs `only`, the categories it exempts",
                 SLICE_FORMAT(yaml_shown(node->key)));
    read_only(loader, only, purpose);
}

static void read_purpose(struct loader *loader, struct yaml_node *node, struct purpose *purpose)
{
    static const char *const keys[] = {
        "basis", "consent_version", "without_consent", "signals", "only", NULL};
    static const char *const bases[] = {
        [BASIS_CONSENT] = "consent", [BASIS_NECESSITY] = "necessity", NULL};
    struct diagnostics *diagnostics = loader->diagnostics;
    *purpose = (struct purpose){.name = node->key, .place = node->key_place};
    if (!yaml_is_mapping(node, "purpose", diagnostics))
        return;
    struct yaml_node *basis_node = yaml_need(node, "basis", "purpose", diagnostics);
    int basis = yaml_word(basis_node, "basis", bases, diagnostics);
    if (basis == BASIS_CONSENT)
        read_consent(loader, node, purpose);
    else if (basis == BASIS_NECESSITY)
        read_necessity(loader, node, purpose);
    purpose->basis = basis == BASIS_NECESSITY ? BASIS_NECESSITY : BASIS_CONSENT;
    read_heeded(loader, yaml_get(node, "signals"), purpose);
    yaml_unknown_keys(node, "purpose", keys, diagnostics);
}

static bool may_name_purpose(struct loader *loader, struct yaml_node *node)
{
    if (!yaml_is_name(node->key)) {
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->key_place,
                 "`%.*s` is no name for a purpose: at most %d letters, digits, `_`, `-`, `.`",
                 SLICE_FORMAT(yaml_shown(node->key)), YAML_NAME_LIMIT);
        return false;
    }
    if (slice_equal(node->key, loader->policy->purposes[PURPOSE_CROSS_BORDER].name)) {
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->key_place,
                 "`cross_border` is reserved: it is there in every policy, and of consent");
        return false;
    }
    return true;
}

static void read_purposes(struct loader *loader, struct yaml_node *purposes)
{
    struct policy *policy = loader->policy;
    policy->purposes[PURPOSE_CROSS_BORDER] =
        (struct purpose){.name = SLICE("cross_border"), .signals = ~(uint32_t)0};
    policy->purpose_count = 1;
    if (!yaml_is_mapping(purposes, "purposes", loader->diagnostics))
        return;
    if (purposes->count == 0)
        diagnose(loader->diagnostics, SEVERITY_ERROR, purposes->place, "`purposes` lists nothing");
    for (struct yaml_node *node = purposes->first; node; node = node->next) {
        if (policy->purpose_count == PURPOSE_LIMIT) {
            diagnose(loader->diagnostics, SEVERITY_ERROR, node->key_place, "more than %d purposes",
                     PURPOSE_LIMIT - 1);
            return;
        }
        struct purpose discarded;
        bool named = may_name_purpose(loader, node);
        read_purpose(loader, node, named ? &policy->purposes[policy->purpose_count] : &discarded);
        policy->purpose_count += named;
    }
}

static void read_minors(struct loader *loader, struct yaml_node *minors)
{
    static const char *const keys[] = {"below", "then", "age_unknown", NULL};
    static const char *const ages[] = {
        [AGE_UNKNOWN_IS_MINOR] = "minor", [AGE_UNKNOWN_IS_ADULT] = "adult", NULL};
    struct diagnostics *diagnostics = loader->diagnostics;
    if (!yaml_is_mapping(minors, "minors", diagnostics))
        return;
    uint64_t below;
    if (yaml_u64(yaml_need(minors, "below", "minors", diagnostics), "below", diagnostics, 0,
                 AGE_MOST, &below))
        loader->policy->minors.below = (uint32_t)below;
    struct yaml_node *then = yaml_need(minors, "then", "minors", diagnostics);
    struct slice word;
    if (yaml_text(then, "then", diagnostics, &word) && !slice_equal(word, SLICE("withhold")))
        diagnose(diagnostics, SEVERITY_ERROR, then->place,
                 "`then: %.*s` is not in this version: records of minors are withheld, `then: "
                 "withhold`",
                 SLICE_FORMAT(yaml_shown(word)));
    int age = yaml_word(yaml_need(minors, "age_unknown", "minors", diagnostics), "age_unknown",
                        ages, diagnostics);
    loader->policy->minors.age_unknown =
        age == AGE_UNKNOWN_IS_ADULT ? AGE_UNKNOWN_IS_ADULT : AGE_UNKNOWN_IS_MINOR;
    yaml_unknown_keys(minors, "minors", keys, diagnostics);
}

static void read_head(struct loader *loader, struct yaml_node *root)
{
    struct diagnostics *diagnostics = loader->diagnostics;
    uint64_t version;
    yaml_name(yaml_need(root, "policy", "policy file", diagnostics), "policy", diagnostics,
              &loader->policy->name);
    if (yaml_u64(yaml_need(root, "version", "policy file", diagnostics), "version", diagnostics, 1,
                 UINT32_MAX, &version))
        loader->policy->version = (uint32_t)version;
}

static struct policy *load(struct yaml_node *root, unsigned errors_before, struct arena *arena,
                           struct signal_names *signals, struct diagnostics *diagnostics)
{
    static const char *const keys[] = {"policy", "version", "purposes", "rules", "minors", NULL};
    static const char *const later[] = {"statistics", "budget", "erasure", "overrides", NULL};
    if (!yaml_is_mapping(root, "policy file", diagnostics))
        return NULL;
    struct policy *policy = ARENA_NEW(arena, struct policy);
    if (!policy) {
        diagnose(diagnostics, SEVERITY_ERROR, root->place, "no memory for this policy");
        return NULL;
    }
    struct loader loader = {.policy = policy, .signals = signals, .diagnostics = diagnostics};
    policy->file = root->place.file;
    read_head(&loader, root);
    read_purposes(&loader, yaml_need(root, "purposes", "policy file", diagnostics));
    policy_rules_read(policy, yaml_need(root, "rules", "policy file", diagnostics), arena,
                      diagnostics);
    read_minors(&loader, yaml_need(root, "minors", "policy file", diagnostics));
    yaml_refuse_keys(root, "policy file", later, diagnostics);
    yaml_unknown_keys(root, "policy file", keys, diagnostics);
    return diagnostics->errors == errors_before ? policy : NULL;
}

struct policy *policy_load(const char *path, struct arena *arena, struct signal_names *signals,
                           struct diagnostics *diagnostics)
{
    unsigned errors = diagnostics->errors;
    return load(yaml_load(path, arena, diagnostics), errors, arena, signals, diagnostics);
}

struct policy *policy_parse(const char *file, struct slice text, struct arena *arena,
                            struct signal_names *signals, struct diagnostics *diagnostics)
{
    unsigned errors = diagnostics->errors;
    return load(yaml_parse(file, text, arena, diagnostics), errors, arena, signals, diagnostics);
}

static bool only_drops(const struct rule *rule)
{
    return rule->granted.action == ACTION_DROP && rule->otherwise.action == ACTION_DROP;
}

/* Does the rule do anything but drop with a category of the set? */
static bool rule_releases_any(const struct policy *policy, const struct rule *rule,
                              const struct category_set *listed)
{
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        bool granted = policy->granted[i] == rule && rule->granted.action != ACTION_DROP;
        bool otherwise = policy->otherwise[i] == rule && rule->otherwise.action != ACTION_DROP;
        if (category_set_has(listed, (enum category)i) && (granted || otherwise))
            return true;
    }
    return false;
}

void policy_check_against_schemas(const struct policy *policy, struct schema *const *schemas,
                                  size_t count, struct diagnostics *diagnostics)
{
    struct category_set listed = {0};
    uint32_t signals = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < schemas[i]->field_count; j++)
            category_set_add(&listed, schemas[i]->fields[j].category);
        for (size_t j = 0; j < schemas[i]->signal_count; j++)
            signals |= (uint32_t)1 << schemas[i]->signals[j].signal;
    }
    for (size_t i = 0; i < policy->rule_count; i++) {
        const struct rule *rule = &policy->rules[i];
        if (!only_drops(rule) && !rule_releases_any(policy, rule, &listed))
            diagnose(diagnostics, SEVERITY_WARNING, rule->place,
                     "no schema lists a field that the rule `%.*s` reaches",
                     SLICE_FORMAT(rule->prefix));
    }
    for (size_t i = 0; i < policy->purpose_count; i++) {
        const struct purpose *purpose = &policy->purposes[i];
        if (purpose->signals != ~(uint32_t)0 && (purpose->signals & ~signals))
            diagnose(diagnostics, SEVERITY_WARNING, purpose->place,
                     "the purpose `%.*s` heeds a signal that no schema lists",
                     SLICE_FORMAT(purpose->name));
    }
}
