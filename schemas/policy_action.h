/*
 * One action with its parameters, as a policy's rule states it: reading, writing, and what follows
 * from the parameters.
 *
 *     drop  redact  keep  pseudonym  truncate  path  stack  scrub      without parameters
 *     url                  {url: host}  {url: path}                    bare: path
 *     mask                 {mask: {first: 2, last: 4}}                 bare: 0 and 0; at most 4
 * each {generalise: hour}   day, week                                   a time {generalise:
 * version}                                            to major.minor {generalise: {buckets: [0,
 * 1000, 4000]}}                         a number: ascending bounds {generalise: {grid: 0.1}} a
 * place: 0.1 to 10 degrees
 */
#ifndef LETHE_SCHEMAS_POLICY_ACTION_H
#define LETHE_SCHEMAS_POLICY_ACTION_H

#include "schemas/action.h"
#include "schemas/yaml.h"

enum {
    GRID_LEAST = 100, /* thousandths of a degree: the floor of a position */
    GRID_MOST = 10000,
    MASK_MOST = 4,
};

/* Reads it; false after an error. Buckets come from the arena. */
bool action_rule_read(struct yaml_node *node, struct arena *arena, struct diagnostics *diagnostics,
                      struct action_rule *out);

/* Writes it as above, for `explain` and messages. */
void action_rule_append(struct buffer *out, const struct action_rule *action);

/* action_permission(), and whether what is generalised is of that kind. */
enum permission action_rule_permission(enum kind kind, const struct action_rule *action);

/*
 * Does `looser` release at least what `stricter` does? Holds a rule to the promise that less
 * consent never releases more: `granted` must cover `otherwise`. Where two actions cannot be
 * compared (mask and generalise) it does not.
 */
bool action_rule_covers(const struct action_rule *looser, const struct action_rule *stricter);

#endif
