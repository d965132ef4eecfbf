#include "anonymize/engine_state.h"

/* One record on its way to one recipient. */
struct rewriting {
    struct engine *engine;
    const struct raw_record *record;
    const struct plan *plan;
    struct value_task task; /* its value and plan change from value to value */
    struct buffer *out;
    size_t start; /* length of the output before the record */
    size_t depth; /* containers that are open */
    uint32_t epoch;
    struct field_counts counts;
};

/* The comma and the name, or the comma alone inside an array. */
static void write_beginning(struct rewriting *rewriting, const struct raw_value *value)
{
    if (rewriting->depth == 0)
        return;
    if (rewriting->engine->open[rewriting->depth - 1].any)
        buffer_append_byte(rewriting->out, ',');
    const struct field *field = &rewriting->record->schema->fields[value->field];
    if (!field->is_element)
        buffer_append(rewriting->out, field->quoted);
}

/* Its bracket is written now and taken back if nothing follows. False: deeper than the schema is,
 * which no tape can be. */
static bool open_container(struct rewriting *rewriting, const struct raw_value *value)
{
    if (rewriting->depth == rewriting->engine->open_limit)
        return false;
    bool object = value->type == JSON_OBJECT;
    struct open_container opened = {
        .end = value->end, .close = object ? '}' : ']', .before = rewriting->out->length};
    write_beginning(rewriting, value);
    buffer_append_byte(rewriting->out, object ? '{' : '[');
    rewriting->engine->open[rewriting->depth++] = opened;
    return true;
}

static void close_container(struct rewriting *rewriting)
{
    const struct open_container *closed = &rewriting->engine->open[--rewriting->depth];
    if (!closed->any) {
        buffer_truncate(rewriting->out, closed->before);
        return;
    }
    buffer_append_byte(rewriting->out, closed->close);
    if (rewriting->depth > 0)
        rewriting->engine->open[rewriting->depth - 1].any = true;
}

static void write_leaf(struct rewriting *rewriting, const struct raw_value *value)
{
    const struct planned_field *planned = &rewriting->plan->fields[value->field];
    size_t before = rewriting->out->length;
    int reason = DROP_NULL;
    rewriting->task.value = value;
    rewriting->task.planned = planned;
    if (planned->action.action != ACTION_DROP && value->type != JSON_NULL)
        write_beginning(rewriting, value);
    if (value_write(rewriting->engine, &rewriting->task, rewriting->out, &rewriting->epoch,
                    &reason)) {
        rewriting->counts.by_action[planned->action.action]++;
        rewriting->engine->open[rewriting->depth - 1].any = true;
        return;
    }
    buffer_truncate(rewriting->out, before);
    /* What is no datum (a discriminator, a signal) is not counted as one that was dropped, but for
     * a value that stands where the schema has members. */
    bool datum = (value->flags & RAW_REFUSED_TYPE) ||
                 rewriting->record->schema->fields[value->field].category != CATEGORY_NONE;
    if (reason != DROP_NULL && datum)
        rewriting->counts.dropped[reason]++;
}

static bool has_room(const struct rewriting *rewriting)
{
    return !rewriting->out->failed &&
           rewriting->out->length - rewriting->start <= rewriting->engine->options.record_limit;
}

static bool is_container(const struct raw_value *value)
{
    return (value->type == JSON_OBJECT || value->type == JSON_ARRAY) &&
           !(value->flags & RAW_REFUSED_TYPE);
}

/* False: it does not fit. */
static bool write_record(struct rewriting *rewriting)
{
    const struct raw_record *record = rewriting->record;
    for (uint32_t i = 0; i < record->count;) {
        const struct raw_value *value = &record->values[i];
        while (rewriting->depth > 0 && i >= rewriting->engine->open[rewriting->depth - 1].end)
            close_container(rewriting);
        if (!has_room(rewriting))
            return false;
        if (rewriting->depth == 0 && i > 0)
            return true; /* behind the root there is nothing */
        bool container = is_container(value);
        if (container && !open_container(rewriting, value)) {
            i = value->end > i ? value->end : i + 1;
            continue;
        }
        if (!container && rewriting->depth > 0)
            write_leaf(rewriting, value);
        i++;
    }
    while (rewriting->depth > 0)
        close_container(rewriting);
    return has_room(rewriting);
}

/* Was it the batch that was full, or is the record too long for any? */
static enum rewrite_result what_lacked(const struct rewriting *rewriting)
{
    const struct buffer *out = rewriting->out;
    size_t limit = rewriting->engine->options.record_limit;
    if (!out->failed)
        return REWRITE_SIZE;
    bool out_of_memory = buffer_status(out) == RC_NO_MEMORY;
    bool room_for_any = out->limit - rewriting->start >= limit;
    return !out_of_memory && (room_for_any || rewriting->start == 0) ? REWRITE_SIZE : REWRITE_FULL;
}

static void add_counts(struct field_counts *to, const struct field_counts *from)
{
    for (size_t i = 0; i < ACTION_COUNT; i++)
        to->by_action[i] += from->by_action[i];
    for (size_t i = 0; i < DROP_REASON_COUNT; i++)
        to->dropped[i] += from->dropped[i];
}

enum rewrite_result engine_rewrite(struct engine *engine, const struct raw_record *record,
                                   unsigned schema_number, size_t recipient, enum decision decision,
                                   const struct event_time *time, struct buffer *out,
                                   struct clean_record *clean, struct field_counts *counts)
{
    *clean = (struct clean_record){0};
    const struct plan *plan = engine_plan(engine, schema_number, recipient, decision);
    if (!plan || plan->schema != record->schema || plan->released == 0)
        return REWRITE_EMPTY;
    if (out->failed)
        return REWRITE_FULL;
    struct rewriting rewriting = {.engine = engine,
                                  .record = record,
                                  .plan = plan,
                                  .task = {.schema = record->schema,
                                           .kept = engine->schemas[schema_number].kept,
                                           .recipient = recipient,
                                           .event_time = time->time},
                                  .out = out,
                                  .start = out->length};
    if (!write_record(&rewriting)) {
        enum rewrite_result result = what_lacked(&rewriting);
        buffer_truncate(out, rewriting.start);
        out->failed = false;
        return result;
    }
    if (out->length == rewriting.start)
        return REWRITE_EMPTY;
    *clean = (struct clean_record){
        .json = slice_of(out->data + rewriting.start, out->length - rewriting.start),
        .schema = schema_number,
        .recipient = (unsigned)recipient,
        .epoch = rewriting.epoch};
    add_counts(counts, &rewriting.counts);
    return REWRITE_DONE;
}

bool engine_rewrite_value(struct engine *engine, const struct raw_record *record, uint32_t value,
                          const struct plan *plan, size_t recipient, const struct event_time *time,
                          struct buffer *out, enum drop_reason *reason)
{
    *reason = DROP_TYPE;
    if (!plan || plan->schema != record->schema || value >= record->count ||
        is_container(&record->values[value]))
        return false;
    const struct engine_schema *known = engine_schema_of(engine, record->schema);
    if (!known)
        return false;
    struct value_task task = {.value = &record->values[value],
                              .kept = known->kept,
                              .planned = &plan->fields[record->values[value].field],
                              .schema = record->schema,
                              .recipient = recipient,
                              .event_time = time->time};
    size_t before = out->length;
    uint32_t epoch;
    int why = DROP_NULL;
    if (value_write(engine, &task, out, &epoch, &why) && !out->failed)
        return true;
    if (out->failed)
        why = DROP_SIZE;
    buffer_truncate(out, before);
    if (why != DROP_NULL)
        *reason = (enum drop_reason)why;
    return false;
}
