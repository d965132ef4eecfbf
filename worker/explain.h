/*
 * What becomes of each field and why: the text of `lethe explain`.
 */
#ifndef LETHE_WORKER_EXPLAIN_H
#define LETHE_WORKER_EXPLAIN_H

#include "anonymize/engine.h"
#include "core/buffer.h"
#include "worker/configuration.h"

/* One action as a person writes it: "generalise: hour", "url: path". */
void explain_action(struct buffer *out, const struct action_rule *action);

/* Every field of a schema: category, rule and its place, and the outcome per recipient under
 * granted and under reduced consent. */
void explain_schema(struct buffer *out, const struct configuration *configuration,
                    const struct engine *engine, size_t schema);

struct explain_record {
    const struct raw_record *record;
    size_t schema;
    const struct event_time *time;
    const struct record_facts *facts;
    bool show_values; /* what would be written, in its place */
};

/* One real record: the decision per recipient and what settled it, then each value: category, what
 * becomes of it, and by which rule. */
void explain_record(struct buffer *out, const struct configuration *configuration,
                    struct engine *engine, const struct explain_record *what);

#endif
