/*
 * The `rules` of a policy: reading them, holding them to the floors, and which rule a category gets
 * in each branch. For the loader alone (policy.c).
 */
#ifndef LETHE_SCHEMAS_POLICY_RULES_H
#define LETHE_SCHEMAS_POLICY_RULES_H

#include "schemas/policy.h"
#include "schemas/yaml.h"

/* Fills policy->rules, granted[] and otherwise[]; everything wrong goes to diagnostics. */
void policy_rules_read(struct policy *policy, struct yaml_node *rules, struct arena *arena,
                       struct diagnostics *diagnostics);

#endif
