#include "anonymize/plan.h"

#include "anonymize/generalise.h"
#include "anonymize/mask.h"
#include "core/time_text.h"

/* A generalisation is of one kind of datum, with the parameters that make it one. */
static bool generalises(enum kind kind, const struct action_rule *action)
{
    switch (action->generalisation) {
    case GENERALISE_TIME:
        return kind == KIND_TIME && action->time_step > 0;
    case GENERALISE_NUMBER:
        return kind == KIND_NUMBER && action->buckets && action->bucket_count > 0 &&
               action->bucket_count <= BUCKET_LIMIT;
    case GENERALISE_VERSION:
        return kind == KIND_VERSION;
    case GENERALISE_PLACE:
        return kind == KIND_POSITION && action->grid >= PLACE_GRID_LEAST;
    case GENERALISE_NONE:
        break;
    }
    return false;
}

/* Is this action no more than the floor of the category allows under this decision? */
static bool within_floor(enum category category, const struct action_rule *action, bool granted)
{
    const struct category_info *info = category_info(category);
    if ((unsigned)action->action >= ACTION_COUNT)
        return false;
    enum permission permission = action_permission(info->kind, action->action);
    if (permission != PERMITTED_ALWAYS && !(permission == PERMITTED_GRANTED && granted))
        return false;
    switch (action->action) {
    case ACTION_GENERALISE:
        return generalises(info->kind, action);
    case ACTION_MASK:
        return action->mask_first <= MASK_READABLE_LIMIT &&
               action->mask_last <= MASK_READABLE_LIMIT;
    case ACTION_URL:
        return action->url_detail == URL_HOST || action->url_detail == URL_PATH;
    case ACTION_PSEUDONYM:
        return info->form != FORM_NONE;
    default:
        return true;
    }
}

/* A recipient whose linkage was never set gets the default and not the finest. */
static int64_t time_step_of(const struct action_rule *action, const struct linkage *linkage)
{
    int64_t step = linkage->time_step > 0 ? linkage->time_step : TIME_HOUR;
    return action->action == ACTION_GENERALISE && action->time_step > step ? action->time_step
                                                                           : step;
}

static void plan_field(const struct plan *plan, const struct policy *policy, bool granted,
                       enum category category, struct planned_field *out)
{
    *out = (struct planned_field){.reason = DROP_BY_RULE};
    if (category <= CATEGORY_NONE || category >= CATEGORY_COUNT)
        return;
    const struct purpose *purpose = &policy->purposes[plan->recipient->purpose];
    out->rule = granted ? policy->granted[category] : policy->otherwise[category];
    if (!out->rule)
        return;
    struct action_rule action = granted ? out->rule->granted : out->rule->otherwise;
    if (action.action == ACTION_DROP || !within_floor(category, &action, granted))
        return;
    if (!category_set_has(&plan->recipient->ceiling, category)) {
        out->reason = DROP_CEILING;
        return;
    }
    if (purpose->basis == BASIS_NECESSITY && !category_set_has(&purpose->only, category)) {
        out->reason = DROP_NOT_EXEMPT;
        return;
    }
    out->action = action;
    if (category_info(category)->kind == KIND_TIME)
        out->time_step = time_step_of(&action, &plan->recipient->linkage);
}

static void plan_way(const struct field *field, const struct planned_field *planned,
                     struct field_way *out)
{
    _Static_assert(ACTION_COUNT <= UINT8_MAX && DROP_REASON_COUNT <= UINT8_MAX, "bytes");
    out->name = field->quoted.data;
    out->name_length = (uint16_t)field->quoted.length; /* a few hundred at most: schema_path.h */
    out->action = (uint8_t)planned->action.action;
    out->reason = (uint8_t)planned->reason;
    out->is_datum = field->category != CATEGORY_NONE;
}

enum rc plan_compile(const struct schema *schema, const struct policy *policy,
                     const struct recipient *recipient, enum decision decision, struct arena *arena,
                     struct plan *out)
{
    struct planned_field *fields = ARENA_ARRAY(arena, schema->field_count, struct planned_field);
    struct field_way *ways = ARENA_ARRAY(arena, schema->field_count, struct field_way);
    if (!fields || !ways)
        return RC_NO_MEMORY;
    *out = (struct plan){.schema = schema,
                         .recipient = recipient,
                         .decision = decision,
                         .fields = fields,
                         .ways = ways};
    /* A decision or a purpose that does not exist releases nothing: the zeroed plan. */
    if ((decision != DECISION_REDUCED && decision != DECISION_GRANTED) ||
        recipient->purpose == PURPOSE_CROSS_BORDER || recipient->purpose >= policy->purpose_count ||
        recipient->purpose >= PURPOSE_LIMIT)
        return RC_OK;
    /* Consent that was given for something else is none for a purpose of necessity. */
    bool granted =
        decision == DECISION_GRANTED && policy->purposes[recipient->purpose].basis == BASIS_CONSENT;
    for (size_t i = 0; i < schema->field_count; i++) {
        plan_field(out, policy, granted, schema->fields[i].category, &fields[i]);
        plan_way(&schema->fields[i], &fields[i], &ways[i]);
        out->released += fields[i].action.action != ACTION_DROP;
        out->uses_pseudonyms |= fields[i].action.action == ACTION_PSEUDONYM;
    }
    return RC_OK;
}
