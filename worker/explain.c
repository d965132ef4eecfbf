#include "worker/explain.h"

enum { VALUE_SHOWN = 4096 };

void explain_action(struct buffer *out, const struct action_rule *action)
{
    buffer_append_string(out, action_name(action->action));
    switch (action->generalisation) {
    case GENERALISE_NONE:
        break;
    case GENERALISE_TIME:
        buffer_append_string(out, ": ");
        duration_append(out, action->time_step);
        break;
    case GENERALISE_NUMBER:
        buffer_append_format(out, ": %u buckets", action->bucket_count);
        break;
    case GENERALISE_VERSION:
        buffer_append_string(out, ": version");
        break;
    case GENERALISE_PLACE:
        buffer_append_format(out, ": grid of %u.%03u degrees", action->grid / 1000,
                             action->grid % 1000);
        break;
    }
    if (action->action == ACTION_URL)
        buffer_append_string(out, action->url_detail == URL_PATH ? ": path" : ": host");
    if (action->action == ACTION_MASK)
        buffer_append_format(out, ": first %u, last %u", action->mask_first, action->mask_last);
}

static void append_outcome(struct buffer *out, const struct planned_field *field)
{
    if (field->action.action == ACTION_DROP) {
        buffer_append_format(out, "drop (%s)", drop_reason_name(field->reason));
        return;
    }
    explain_action(out, &field->action);
    if (field->time_step > 0) {
        buffer_append_string(out, ", to ");
        duration_append(out, field->time_step);
    }
}

static void append_rule(struct buffer *out, const struct rule *rule)
{
    if (!rule) {
        buffer_append_string(out, "no rule reaches it");
        return;
    }
    buffer_append_format(out, "%s:%u `%.*s`", rule->place.file ? rule->place.file : "policy",
                         rule->place.line, SLICE_FORMAT(rule->prefix));
}

static void append_roles(struct buffer *out, uint8_t roles)
{
    static const struct {
        uint8_t role;
        const char *name;
    } names[] = {{ROLE_TIME, "time"},
                 {ROLE_SUBJECT, "subject"},
                 {ROLE_VETO, "veto"},
                 {ROLE_SIGNAL, "signal"},
                 {ROLE_DISCRIMINATOR, "discriminator"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (roles & names[i].role)
            buffer_append_format(out, " [%s]", names[i].name);
    }
}

static void explain_field(struct buffer *out, const struct configuration *configuration,
                          const struct engine *engine, size_t schema, size_t field)
{
    const struct field *what = &configuration->schemas[schema]->fields[field];
    const struct policy *policy = configuration->policy;
    buffer_append_format(out, "  %.*s", SLICE_FORMAT(what->path));
    if (what->category == CATEGORY_NONE) {
        append_roles(out, what->roles);
        buffer_append_string(out, "\n      never released\n");
        return;
    }
    const struct category_info *category = category_info(what->category);
    buffer_append_format(out, "  %s", category->name);
    append_roles(out, what->roles);
    buffer_append_format(out, "\n      most that may leave: %s\n      granted by ",
                         kind_floor(category->kind));
    append_rule(out, policy->granted[what->category]);
    buffer_append_string(out, "; otherwise by ");
    append_rule(out, policy->otherwise[what->category]);
    buffer_append_byte(out, '\n');
    for (size_t i = 0; i < configuration->recipient_count; i++) {
        const struct plan *granted = engine_plan(engine, schema, i, DECISION_GRANTED);
        const struct plan *reduced = engine_plan(engine, schema, i, DECISION_REDUCED);
        const struct recipient *recipient = &configuration->recipients[i];
        const struct purpose *purpose = &policy->purposes[recipient->purpose];
        buffer_append_format(out, "      %.*s: ", SLICE_FORMAT(recipient->name));
        if (purpose->basis == BASIS_NECESSITY) {
            buffer_append_string(out, "by necessity ");
            append_outcome(out, &reduced->fields[field]);
        } else {
            buffer_append_string(out, "granted ");
            append_outcome(out, &granted->fields[field]);
            buffer_append_string(out, "; denied or unknown ");
            if (purpose->without_consent == WITHOUT_CONSENT_REDUCE)
                append_outcome(out, &reduced->fields[field]);
            else
                buffer_append_string(out, "withheld");
        }
        buffer_append_byte(out, '\n');
    }
}

void explain_schema(struct buffer *out, const struct configuration *configuration,
                    const struct engine *engine, size_t schema)
{
    const struct schema *what = configuration->schemas[schema];
    buffer_append_format(out, "schema %.*s version %u\n", SLICE_FORMAT(what->name), what->version);
    for (size_t i = 1; i < what->field_count; i++) {
        const struct field *field = &what->fields[i];
        if (field->category != CATEGORY_NONE || field->roles != 0)
            explain_field(out, configuration, engine, schema, i);
    }
}

static void explain_value(struct buffer *out, const struct policy *policy, struct engine *engine,
                          const struct explain_record *what, uint32_t index,
                          const struct plan *plan, size_t recipient)
{
    const struct raw_value *value = &what->record->values[index];
    const struct field *field = &what->record->schema->fields[value->field];
    const struct planned_field *planned = &plan->fields[value->field];
    struct buffer written;
    enum drop_reason reason = DROP_BY_RULE;
    buffer_init(&written, VALUE_SHOWN);
    bool released = engine_rewrite_value(engine, what->record, index, plan, recipient, what->time,
                                         &written, &reason);
    buffer_append_format(out, "    %-40.*s %-22s ", SLICE_FORMAT(field->path),
                         field->category ? category_info(field->category)->name : "-");
    if (!released) {
        buffer_append_format(out, "dropped: %s", drop_reason_sentence(reason));
    } else {
        explain_action(out, &planned->action);
        if (what->show_values)
            buffer_append_format(out, "  -> %.*s", SLICE_FORMAT(buffer_slice(&written)));
    }
    if (field->category != CATEGORY_NONE) {
        buffer_append_string(out, "  by ");
        append_rule(out, plan->decision == DECISION_GRANTED ? policy->granted[field->category]
                                                            : policy->otherwise[field->category]);
    }
    buffer_append_byte(out, '\n');
    buffer_release(&written);
}

static bool is_leaf(const struct raw_record *record, uint32_t index)
{
    const struct raw_value *value = &record->values[index];
    const struct field *field = &record->schema->fields[value->field];
    return field->category != CATEGORY_NONE || (value->flags & RAW_REFUSED_TYPE);
}

void explain_record(struct buffer *out, const struct configuration *configuration,
                    struct engine *engine, const struct explain_record *what)
{
    const struct raw_record *record = what->record;
    buffer_append_format(out, "  schema %.*s, event time ", SLICE_FORMAT(record->schema->name));
    /* The time itself is a value. */
    time_append(out, what->show_values ? what->time->time : time_floor(what->time->time, TIME_HOUR),
                TIME_FORMAT_RFC3339);
    buffer_append_format(out, "%s, %u member%s that no schema lists\n",
                         what->time->substituted ? " (substituted)" : "", record->unlisted,
                         record->unlisted == 1 ? "" : "s");
    for (size_t i = 0; i < configuration->recipient_count; i++) {
        struct verdict verdict = engine_decide(engine, what->facts, i);
        buffer_append_format(out, "  %.*s: %s (%s)",
                             SLICE_FORMAT(configuration->recipients[i].name),
                             decision_name(verdict.decision), decided_sentence(verdict.why));
        if (verdict.field != FIELD_NONE)
            buffer_append_format(out, ", settled by %.*s",
                                 SLICE_FORMAT(record->schema->fields[verdict.field].path));
        buffer_append_byte(out, '\n');
        if (verdict.decision == DECISION_WITHHELD)
            continue;
        const struct plan *plan = engine_plan(engine, what->schema, i, verdict.decision);
        for (uint32_t v = 0; v < record->count; v++) {
            if (is_leaf(record, v))
                explain_value(out, configuration->policy, engine, what, v, plan, i);
        }
    }
}
