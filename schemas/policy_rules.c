#include "schemas/policy_rules.h"

#include "schemas/policy_action.h"

#include <stdio.h>

enum { TEXT_LIMIT = 600 };

enum branch { BRANCH_GRANTED, BRANCH_OTHERWISE, BRANCH_COUNT };

static const char *const branch_names[] = {"granted", "otherwise"};

/* A rule, and where the file has its two actions. */
struct draft {
    struct rule *rule;
    struct place places[BRANCH_COUNT];
    bool names_category; /* and no prefix */
};

struct rules_reader {
    struct policy *policy;
    struct draft *drafts; /* of policy->rules, by the same index */
    struct arena *arena;
    struct diagnostics *diagnostics;
};

static const struct action_rule *branch_action(const struct rule *rule, enum branch branch)
{
    return branch == BRANCH_GRANTED ? &rule->granted : &rule->otherwise;
}

static bool permits(enum kind kind, const struct action_rule *action, enum branch branch)
{
    enum permission permission = action_rule_permission(kind, action);
    return permission == PERMITTED_ALWAYS ||
           (permission == PERMITTED_GRANTED && branch == BRANCH_GRANTED);
}

/* The rule's action as text, for a message. */
static void action_text(const struct action_rule *action, char text[static TEXT_LIMIT])
{
    struct buffer buffer;
    buffer_init(&buffer, TEXT_LIMIT - 1);
    action_rule_append(&buffer, action);
    snprintf(text, TEXT_LIMIT, "%.*s", SLICE_FORMAT(buffer_slice(&buffer)));
    buffer_release(&buffer);
}

/* "drop, keep, mask": what may follow the kind in that branch. */
static void permitted_list(enum kind kind, enum branch branch, char text[static TEXT_LIMIT])
{
    size_t length = 0;
    text[0] = '\0';
    for (int i = 0; i < ACTION_COUNT; i++) {
        enum permission permission = action_permission(kind, (enum action)i);
        if (permission == PERMITTED_NEVER ||
            (permission == PERMITTED_GRANTED && branch == BRANCH_OTHERWISE))
            continue;
        int added = snprintf(text + length, TEXT_LIMIT - length, "%s%s", length ? ", " : "",
                             action_name((enum action)i));
        length += added > 0 ? (size_t)added : 0;
        if (length >= TEXT_LIMIT)
            return;
    }
}

/* Actions that mean something for a datum of any kind: where one of these is refused, it is for
 * what it would release. The others are made for certain kinds. */
static bool is_general(enum action action)
{
    return action == ACTION_KEEP || action == ACTION_REDACT || action == ACTION_MASK;
}

static void hold_to_floor(struct rules_reader *reader, const struct draft *draft,
                          enum branch branch, const struct category_info *info)
{
    const struct action_rule *action = branch_action(draft->rule, branch);
    if (permits(info->kind, action, branch))
        return;
    char text[TEXT_LIMIT];
    action_text(action, text);
    bool beyond_floor = info->kind == KIND_FORBIDDEN || is_general(action->action) ||
                        action_rule_permission(info->kind, action) != PERMITTED_NEVER;
    if (beyond_floor) {
        diagnose(reader->diagnostics, SEVERITY_ERROR, draft->places[branch],
                 "`%s: %s` is beyond the floor of `%s` (%s): the most that may leave is %s",
                 branch_names[branch], text, info->name, kind_name(info->kind),
                 kind_floor(info->kind));
        return;
    }
    char list[TEXT_LIMIT];
    permitted_list(info->kind, branch, list);
    diagnose(reader->diagnostics, SEVERITY_ERROR, draft->places[branch],
             "`%s` does not fit `%s` (%s); what fits is %s", text, info->name,
             kind_name(info->kind), list);
}

static bool read_branches(struct rules_reader *reader, struct yaml_node *node, struct draft *draft)
{
    static const char *const keys[] = {"granted", "otherwise", NULL};
    struct rule *rule = draft->rule;
    struct yaml_node *granted = yaml_get(node, "granted");
    struct yaml_node *otherwise = yaml_get(node, "otherwise");
    draft->places[BRANCH_GRANTED] = draft->places[BRANCH_OTHERWISE] = node->place;
    if (node->type != YAML_MAPPING || (!granted && !otherwise))
        return action_rule_read(node, reader->arena, reader->diagnostics, &rule->granted);
    yaml_need(node, "granted", "rule", reader->diagnostics);
    yaml_unknown_keys(node, "rule", keys, reader->diagnostics);
    bool usable = action_rule_read(granted, reader->arena, reader->diagnostics, &rule->granted);
    if (granted)
        draft->places[BRANCH_GRANTED] = granted->place;
    if (otherwise) {
        usable &= action_rule_read(otherwise, reader->arena, reader->diagnostics, &rule->otherwise);
        draft->places[BRANCH_OTHERWISE] = otherwise->place;
    }
    return usable;
}

static bool is_known_prefix(struct rules_reader *reader, struct yaml_node *node)
{
    if (category_prefix_exists(node->key))
        return true;
    diagnose(reader->diagnostics, SEVERITY_ERROR, node->key_place, "unknown category `%.*s`",
             SLICE_FORMAT(yaml_shown(node->key)));
    diagnose_suggestion(reader->diagnostics, category_nearest(node->key));
    return false;
}

static bool read_rule(struct rules_reader *reader, struct yaml_node *node, struct draft *draft)
{
    *draft->rule = (struct rule){.prefix = node->key, .place = node->key_place};
    bool known = is_known_prefix(reader, node);
    bool usable = read_branches(reader, node, draft);
    if (!known || !usable)
        return false;
    enum category category = category_from_name(node->key);
    draft->names_category = category != CATEGORY_NONE;
    if (draft->names_category) {
        for (int branch = 0; branch < BRANCH_COUNT; branch++)
            hold_to_floor(reader, draft, (enum branch)branch, category_info(category));
    }
    if (!action_rule_covers(&draft->rule->granted, &draft->rule->otherwise))
        diagnose(reader->diagnostics, SEVERITY_ERROR, draft->places[BRANCH_OTHERWISE],
                 "`otherwise` may release more than `granted`: less consent must never release "
                 "more");
    return true;
}

/* Does the rule say what is done with this category in that branch, as far as it is concerned? */
static bool reaches(const struct draft *draft, enum category category, enum branch branch)
{
    if (!category_has_prefix(category, draft->rule->prefix))
        return false;
    return draft->names_category ||
           permits(category_info(category)->kind, branch_action(draft->rule, branch), branch);
}

static const struct rule **chosen(struct policy *policy, enum category category, enum branch branch)
{
    return branch == BRANCH_GRANTED ? &policy->granted[category] : &policy->otherwise[category];
}

/* The longest prefix wins; of two that are equal (an error already) the first. */
static void choose(struct rules_reader *reader, const struct draft *draft, enum branch branch)
{
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct rule **choice = chosen(reader->policy, (enum category)i, branch);
        if (reaches(draft, (enum category)i, branch) &&
            (!*choice || draft->rule->prefix.length > (*choice)->prefix.length))
            *choice = draft->rule;
    }
}

/* What a rule does beside dropping is what it is there for; a rule that only drops is there for
 * that. */
static bool counts(const struct rule *rule, enum branch branch)
{
    bool only_drops = rule->granted.action == ACTION_DROP && rule->otherwise.action == ACTION_DROP;
    return only_drops || branch_action(rule, branch)->action != ACTION_DROP;
}

struct use {
    size_t reached, used;
};

static struct use use_of(struct rules_reader *reader, const struct draft *draft, enum branch branch)
{
    struct use use = {0};
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        if (!reaches(draft, (enum category)i, branch))
            continue;
        const struct rule *choice = *chosen(reader->policy, (enum category)i, branch);
        use.reached++;
        use.used += choice && slice_equal(choice->prefix, draft->rule->prefix);
    }
    return use;
}

static void check_use(struct rules_reader *reader, const struct draft *draft)
{
    struct use all = {0};
    for (int i = 0; i < BRANCH_COUNT; i++) {
        enum branch branch = (enum branch)i;
        if (!counts(draft->rule, branch))
            continue;
        struct use use = use_of(reader, draft, branch);
        all.reached += use.reached;
        all.used += use.used;
        if (use.reached > 0)
            continue;
        char text[TEXT_LIMIT];
        action_text(branch_action(draft->rule, branch), text);
        diagnose(reader->diagnostics, SEVERITY_ERROR, draft->places[branch],
                 "`%s: %s` reaches nothing: it may follow no category of `%.*s`",
                 branch_names[branch], text, SLICE_FORMAT(draft->rule->prefix));
    }
    if (all.reached > 0 && all.used == 0)
        diagnose(reader->diagnostics, SEVERITY_ERROR, draft->rule->place,
                 "`%.*s` can never apply: longer rules take every category that it reaches",
                 SLICE_FORMAT(draft->rule->prefix));
}

/* A rule can take a category in the one branch and leave it to another rule, or to none, in the
 * other: together they are held to the same. */
static void check_branches_together(struct rules_reader *reader, const struct draft *draft)
{
    const struct policy *policy = reader->policy;
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        if (policy->otherwise[i] != draft->rule || policy->granted[i] == draft->rule)
            continue;
        struct action_rule granted = policy_action(policy, (enum category)i, true);
        if (action_rule_covers(&granted, &draft->rule->otherwise))
            continue;
        diagnose(reader->diagnostics, SEVERITY_ERROR, draft->places[BRANCH_OTHERWISE],
                 "`otherwise` may release more of `%s` than what is done when granted, which is "
                 "%s",
                 category_info((enum category)i)->name, action_name(granted.action));
        return;
    }
}

/* Cells of two grids overlap in strips that are narrower than either: where a device sends one
 * position in two fields, or to two recipients, that would be its position to a hair. */
static void check_grids(struct rules_reader *reader, const struct draft *draft)
{
    for (size_t i = 0; i < 2 * reader->policy->rule_count; i++) {
        const struct action_rule *other =
            branch_action(&reader->policy->rules[i / 2], (enum branch)(i % 2));
        for (int branch = 0; branch < BRANCH_COUNT; branch++) {
            const struct action_rule *action = branch_action(draft->rule, (enum branch)branch);
            if (other->grid == 0 || action->grid % other->grid == 0 ||
                (action->grid > 0 && other->grid % action->grid == 0))
                continue;
            diagnose(reader->diagnostics, SEVERITY_ERROR, draft->places[branch],
                     "of every two `grid`s one must be a multiple of the other: together they "
                     "would tell more than the floor of a position");
            return;
        }
    }
}

static void read_all(struct rules_reader *reader, struct yaml_node *rules)
{
    struct policy *policy = reader->policy;
    for (struct yaml_node *node = rules->first; node; node = node->next) {
        struct draft *draft = &reader->drafts[policy->rule_count];
        draft->rule = &policy->rules[policy->rule_count];
        if (read_rule(reader, node, draft))
            policy->rule_count++;
    }
    for (size_t i = 0; i < policy->rule_count; i++) {
        choose(reader, &reader->drafts[i], BRANCH_GRANTED);
        choose(reader, &reader->drafts[i], BRANCH_OTHERWISE);
    }
    for (size_t i = 0; i < policy->rule_count; i++) {
        check_use(reader, &reader->drafts[i]);
        check_branches_together(reader, &reader->drafts[i]);
        check_grids(reader, &reader->drafts[i]);
    }
}

void policy_rules_read(struct policy *policy, struct yaml_node *rules, struct arena *arena,
                       struct diagnostics *diagnostics)
{
    struct rules_reader reader = {.policy = policy, .arena = arena, .diagnostics = diagnostics};
    if (!yaml_is_mapping(rules, "rules", diagnostics))
        return;
    if (rules->count == 0)
        diagnose(diagnostics, SEVERITY_WARNING, rules->key_place,
                 "`rules` lists nothing: nothing can be released");
    policy->rules = ARENA_ARRAY(arena, rules->count, struct rule);
    reader.drafts = ARENA_ARRAY(arena, rules->count, struct draft);
    if (!policy->rules || !reader.drafts) {
        diagnose(diagnostics, SEVERITY_ERROR, rules->place,
                 "no memory for the rest of this policy");
        return;
    }
    read_all(&reader, rules);
}
