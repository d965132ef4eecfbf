#include "anonymize/detector.h"
#include "anonymize/detector_kept.h"
#include "anonymize/engine_state.h"
#include "anonymize/file_path.h"
#include "anonymize/generalise.h"
#include "anonymize/ip_address.h"
#include "anonymize/mask.h"
#include "anonymize/scrub.h"
#include "anonymize/stack_trace.h"
#include "anonymize/url.h"
#include "schemas/canonical.h"

/* Times further from the event than this are no times of it; see engine.h. */
#define TIME_BEFORE_EVENT (25 * (365 * TIME_DAY + TIME_DAY / 4))
#define TIME_AFTER_EVENT  TIME_DAY

bool value_text(struct engine *engine, const struct raw_value *value, struct slice *out)
{
    *out = value->text;
    if (!(value->flags & RAW_ESCAPED))
        return true;
    if (value->text.length > engine->options.record_limit)
        return false;
    *out = json_decode_into(value->text, engine->decoded, NULL);
    return true;
}

static bool drop(int *reason, int why)
{
    *reason = why;
    return false;
}

static void write_text(struct buffer *out, enum json_type type, struct slice text)
{
    if (type == JSON_NUMBER)
        buffer_append(out, text);
    else
        json_write_string(out, text);
}

/* May this text be released as it is? */
static bool may_keep(const struct value_rule *rule, enum json_type type, struct slice text,
                     int *reason)
{
    if (!(type == JSON_STRING ? rule->string : rule->number))
        return drop(reason, DROP_TYPE);
    if (!value_rule_allows(rule, type, text))
        return drop(reason, DROP_VALUE);
    if (!detector_kept_value_clean(rule, text))
        return drop(reason, DROP_DETECTOR);
    return true;
}

static bool write_boolean(const struct value_task *task, const struct value_rule *rule,
                          struct buffer *out, int *reason)
{
    if (task->planned->action.action != ACTION_KEEP || !rule->boolean)
        return drop(reason, DROP_TYPE);
    buffer_append(out, task->value->type == JSON_TRUE ? SLICE("true") : SLICE("false"));
    return true;
}

static bool write_pseudonym(struct engine *engine, const struct value_task *task,
                            enum category category, struct slice text, struct buffer *out,
                            uint32_t *epoch, int *reason)
{
    char memory[CANONICAL_LIMIT];
    struct slice id;
    switch (id_memo_canonical(&task->ids[task->value->field], category,
                              (enum json_type)task->value->type, text, memory, &id)) {
    case CANONICAL_OK:
        break;
    case CANONICAL_PLACEHOLDER:
    case CANONICAL_OPTED_OUT:
        return drop(reason, DROP_PLACEHOLDER);
    default:
        return drop(reason, DROP_FORM);
    }
    uint32_t used;
    if (!pseudonym_append(engine->pseudonymiser, task->recipient, category, task->event_time, id,
                          out, &used))
        return drop(reason, out->failed ? DROP_SIZE : DROP_NO_KEY);
    *epoch = used;
    return true;
}

/* Cuts a time into engine->result. */
static bool cut_time(struct engine *engine, const struct value_task *task, struct slice text,
                     int *reason)
{
    enum time_format format = task->value->field == task->schema->time_field
                                  ? task->schema->time_format
                                  : TIME_FORMAT_AUTO;
    const struct value_rule *rule =
        &category_info(task->schema->fields[task->value->field].category)->value;
    enum time_format used;
    int64_t time;
    if (!value_rule_allows(rule, (enum json_type)task->value->type, text))
        return drop(reason, DROP_VALUE);
    if (task->planned->time_step <= 0 || !time_parse(text, format, &time, &used))
        return drop(reason, DROP_FORM);
    if (task->event_time == TIME_NONE || time > task->event_time + TIME_AFTER_EVENT ||
        time < task->event_time - TIME_BEFORE_EVENT)
        return drop(reason, DROP_VALUE);
    time_append(&engine->result, time_floor(time, task->planned->time_step), used);
    return !engine->result.failed || drop(reason, DROP_FORM);
}

/* Which JSON types an action can do anything with. */
static bool takes_number(enum action action, const struct value_rule *rule,
                         enum generalisation generalisation)
{
    if (action == ACTION_MASK)
        return rule->number;
    return action == ACTION_GENERALISE && generalisation != GENERALISE_VERSION;
}

/* The action's result into engine->result; false: the action has refused. */
static bool apply(struct engine *engine, const struct action_rule *action, struct slice text)
{
    struct buffer *result = &engine->result;
    switch (action->action) {
    case ACTION_MASK:
        return mask_text(text, action->mask_first, action->mask_last, result);
    case ACTION_TRUNCATE:
        return ip_address_truncate(text, result);
    case ACTION_GENERALISE:
        return generalise(action, text, result);
    case ACTION_URL:
        return url_reduce(text, action->url_detail, result);
    case ACTION_PATH:
        return file_path_reduce(text, result);
    case ACTION_STACK:
        return stack_trace_rewrite(text, result);
    case ACTION_SCRUB:
        return scrub_text(text, NULL, result);
    default:
        return false;
    }
}

/* Actions that make less of a value that could be kept: they begin with one. A version is the
 * longest part of what reads as one, and the rest may show that it is none ("31.23,121.47"). */
static bool is_of_kept_value(const struct action_rule *action)
{
    return action->action == ACTION_MASK ||
           (action->action == ACTION_GENERALISE && action->generalisation == GENERALISE_VERSION);
}

/* What an action made of a value is held against the category once more, where that has a say. */
static bool check_result(const struct value_rule *rule, const struct action_rule *action,
                         struct slice result, int *reason)
{
    if (action->action == ACTION_GENERALISE && action->generalisation == GENERALISE_VERSION)
        return may_keep(rule, JSON_STRING, result, reason);
    if (action->action == ACTION_MASK && !detector_kept_value_clean(rule, result))
        return drop(reason, DROP_DETECTOR);
    /* A path without a host may be a file's: "/home/alice/notes". */
    if (action->action == ACTION_URL && slice_starts_with(result, SLICE("/")) &&
        !slice_starts_with(result, SLICE("//")) &&
        detector_finds(result, (struct detector_options){0}, STRENGTH_STRUCT))
        return drop(reason, DROP_DETECTOR);
    return true;
}

static bool write_rewritten(struct engine *engine, const struct value_task *task,
                            const struct value_rule *rule, struct slice text, struct buffer *out,
                            int *reason)
{
    const struct action_rule *action = &task->planned->action;
    enum json_type type = (enum json_type)task->value->type;
    if (type == JSON_NUMBER && !takes_number(action->action, rule, action->generalisation))
        return drop(reason, DROP_TYPE);
    if (is_of_kept_value(action) && !may_keep(rule, type, text, reason))
        return false;
    if (type == JSON_STRING && action->action == ACTION_GENERALISE &&
        action->generalisation == GENERALISE_NUMBER && !rule->string)
        return drop(reason, DROP_TYPE);
    if (!apply(engine, action, text))
        return drop(reason, engine->result.failed ? DROP_SIZE : DROP_FORM);
    struct slice result = buffer_slice(&engine->result);
    if (!check_result(rule, action, result, reason))
        return false;
    bool stays_number = type == JSON_NUMBER && action->action == ACTION_GENERALISE &&
                        action->generalisation == GENERALISE_PLACE;
    write_text(out, stays_number ? JSON_NUMBER : JSON_STRING, result);
    return true;
}

bool value_is_remembered(const struct value_task *task)
{
    const struct raw_value *value = task->value;
    enum json_type type = (enum json_type)value->type;
    return value->flags == 0 && (type == JSON_STRING || type == JSON_NUMBER) &&
           kept_memo_has(kept_memo_place(&task->kept[value->field], value->text), type,
                         value->text);
}

/* Strings and numbers. */
static bool write_scalar(struct engine *engine, const struct value_task *task,
                         const struct category_info *info, enum category category,
                         struct buffer *out, uint32_t *epoch, int *reason)
{
    enum json_type type = (enum json_type)task->value->type;
    enum action action = task->planned->action.action;
    struct slice text;
    if (!value_text(engine, task->value, &text))
        return drop(reason, DROP_SIZE);
    buffer_reset(&engine->result);
    if (info->kind == KIND_TIME && (action == ACTION_KEEP || action == ACTION_GENERALISE)) {
        if (!cut_time(engine, task, text, reason))
            return false;
        write_text(out, type, buffer_slice(&engine->result));
        return true;
    }
    if (action == ACTION_PSEUDONYM)
        return write_pseudonym(engine, task, category, text, out, epoch, reason);
    if (action != ACTION_KEEP)
        return write_rewritten(engine, task, &info->value, text, out, reason);
    struct kept_memo_entry *known = kept_memo_place(&task->kept[task->value->field], text);
    if (!kept_memo_has(known, type, text)) {
        if (!may_keep(&info->value, type, text, reason))
            return false;
        kept_memo_set(known, type, text);
    }
    write_text(out, type, text);
    return true;
}

bool value_write(struct engine *engine, const struct value_task *task, struct buffer *out,
                 uint32_t *epoch, int *reason)
{
    const struct raw_value *value = task->value;
    enum action action = task->planned->action.action;
    if (value->flags & RAW_LONE_SURROGATE)
        return drop(reason, DROP_SURROGATE);
    enum category category = task->schema->fields[value->field].category;
    const struct category_info *info = category_info(category);
    if (action == ACTION_REDACT) {
        buffer_append(out, SLICE("\"[redacted]\""));
        return true;
    }
    switch (value->type) {
    case JSON_FALSE:
    case JSON_TRUE:
        return write_boolean(task, &info->value, out, reason);
    case JSON_NUMBER:
    case JSON_STRING:
        return write_scalar(engine, task, info, category, out, epoch, reason);
    default:
        return drop(reason, DROP_TYPE);
    }
}
