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
    uint16_t key_field;        /* FIELD_NONE: rows of this recipient have no key */
    size_t key_at, key_length; /* of its value in the output; 0: not written yet */
    struct field_counts counts;
};

/* The comma and the name before a value (inside an array the comma alone), and room for its text.
 * Returns where that goes, or NULL. */
static char *begin_value(struct rewriting *rewriting, const struct raw_value *value, size_t text)
{
    struct buffer *out = rewriting->out;
    const struct field_way *way = &rewriting->plan->ways[value->field];
    size_t comma = rewriting->depth > 0 && rewriting->engine->open[rewriting->depth - 1].any;
    char *to = buffer_reserve(out, comma + way->name_length + text);
    if (!to)
        return NULL;
    if (comma)
        *to++ = ',';
    if (way->name_length > 0)
        memcpy(to, way->name, way->name_length);
    out->length += comma + way->name_length;
    return to + way->name_length;
}

/* A value that leaves with the text that it has in the record. */
static void write_as_it_stands(struct rewriting *rewriting, const struct raw_value *value)
{
    struct slice text = value->text;
    size_t quote = value->type == JSON_STRING;
    char *to = begin_value(rewriting, value, text.length + 2 * quote);
    if (!to)
        return;
    if (quote)
        to[0] = to[text.length + 1] = '"';
    memcpy(to + quote, text.data, text.length);
    rewriting->out->length += text.length + 2 * quote;
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
    char *to = begin_value(rewriting, value, 1);
    if (to) {
        *to = object ? '{' : '[';
        rewriting->out->length++;
    }
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

/* The value that was just written from `at` on is the row's key; the first, where it is in an
 * array. */
static void note_key(struct rewriting *rewriting, size_t at)
{
    const struct buffer *out = rewriting->out;
    size_t length = out->failed ? 0 : out->length - at;
    if (rewriting->key_length > 0 || length == 0)
        return;
    bool quoted = length >= 2 && out->data[at] == '"';
    rewriting->key_at = at + quoted;
    rewriting->key_length = length - 2 * (size_t)quoted;
}

/* `length`: of its text, at the end of the output. */
static void note_written(struct rewriting *rewriting, const struct raw_value *value,
                         enum action action, size_t length)
{
    rewriting->counts.by_action[action]++;
    rewriting->engine->open[rewriting->depth - 1].any = true;
    if (value->field == rewriting->key_field)
        note_key(rewriting, rewriting->out->length - length);
}

static void count_dropped(struct rewriting *rewriting, const struct raw_value *value, int reason)
{
    /* What is no datum (a discriminator, a signal) is not counted as one that was dropped, but for
     * a value that stands where the schema has members. */
    bool datum = (value->flags & RAW_REFUSED_TYPE) || rewriting->plan->ways[value->field].is_datum;
    if (reason != DROP_NULL && datum)
        rewriting->counts.dropped[reason]++;
}

/* One that has to be looked at. */
static void rewrite_leaf(struct rewriting *rewriting, const struct raw_value *value,
                         enum action action)
{
    size_t before = rewriting->out->length;
    int reason = DROP_NULL;
    rewriting->task.planned = &rewriting->plan->fields[value->field];
    (void)begin_value(rewriting, value, 0);
    size_t at = rewriting->out->length;
    if (value_write(rewriting->engine, &rewriting->task, rewriting->out, &rewriting->epoch,
                    &reason)) {
        note_written(rewriting, value, action, rewriting->out->length - at);
        return;
    }
    buffer_truncate(rewriting->out, before);
    count_dropped(rewriting, value, reason);
}

static void write_leaf(struct rewriting *rewriting, const struct raw_value *value)
{
    const struct field_way *way = &rewriting->plan->ways[value->field];
    int reason;
    if (value_is_left_out(value, (enum action)way->action, (enum drop_reason)way->reason,
                          &reason)) {
        count_dropped(rewriting, value, reason);
        return;
    }
    rewriting->task.value = value;
    if (way->action == ACTION_KEEP && value_is_remembered(&rewriting->task)) {
        write_as_it_stands(rewriting, value);
        note_written(rewriting, value, ACTION_KEEP,
                     value->text.length + 2 * (value->type == JSON_STRING));
        return;
    }
    rewrite_leaf(rewriting, value, (enum action)way->action);
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
                                           .ids = engine->schemas[schema_number].ids,
                                           .recipient = recipient,
                                           .event_time = time->time},
                                  .out = out,
                                  .key_field = engine->schemas[schema_number].keys[recipient],
                                  .start = out->length};
    if (!write_record(&rewriting)) {
        enum rewrite_result result = what_lacked(&rewriting);
        pseudonym_discard(engine->pseudonymiser);
        buffer_truncate(out, rewriting.start);
        out->failed = false;
        return result;
    }
    pseudonym_finish(engine->pseudonymiser, out);
    if (out->length == rewriting.start)
        return REWRITE_EMPTY;
    *clean = (struct clean_record){
        .json = slice_of(out->data + rewriting.start, out->length - rewriting.start),
        .schema = schema_number,
        .recipient = (unsigned)recipient,
        .epoch = rewriting.epoch};
    if (rewriting.key_length > 0)
        clean->key = slice_of(out->data + rewriting.key_at, rewriting.key_length);
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
                              .ids = known->ids,
                              .planned = &plan->fields[record->values[value].field],
                              .schema = record->schema,
                              .recipient = recipient,
                              .event_time = time->time};
    size_t before = out->length;
    uint32_t epoch;
    int why = DROP_NULL;
    if (!value_is_left_out(task.value, task.planned->action.action, task.planned->reason, &why) &&
        value_write(engine, &task, out, &epoch, &why) && !out->failed) {
        pseudonym_finish(engine->pseudonymiser, out);
        return true;
    }
    if (out->failed)
        why = DROP_SIZE;
    pseudonym_discard(engine->pseudonymiser);
    buffer_truncate(out, before);
    if (why != DROP_NULL)
        *reason = (enum drop_reason)why;
    return false;
}
