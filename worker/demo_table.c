#include "worker/demo_table.h"

#include "core/utf8.h"
#include "schemas/canonical.h"
#include "worker/processing.h"

enum {
    NAME_WIDTH = 30,
    COLUMN_WIDTH = 24,

    CELL_LIMIT = 8192,
    SUBJECTS = 1000
};

enum column { COLUMN_GRANTED, COLUMN_DENIED, COLUMN_UNKNOWN, COLUMN_COUNT };

static const enum consent_state column_state[COLUMN_COUNT] = {CONSENT_GRANTED, CONSENT_DENIED,
                                                              CONSENT_UNKNOWN};

/* One way that consent could stand for the record. */
struct demo_column {
    struct consent_table *consent;
    struct engine *engine;
    struct verdict verdict;
    const struct plan *plan; /* NULL: withheld */
};

struct demo_table {
    const struct configuration *configuration;
    size_t recipient;
    int64_t now;
    struct keyring *keyring;
    struct decoder *decoder;
    struct processed read;
    struct demo_column columns[COLUMN_COUNT];
    struct buffer *out;
};

/* Enters one id of the record into a table, in the column's state for every purpose. */
static enum rc enter_id(const struct demo_table *table, struct demo_column *column,
                        enum consent_state state, uint32_t index)
{
    const struct raw_value *value = &table->read.record.values[index];
    struct consent_message message = {0};
    struct consent_key key = {.category = table->read.record.schema->fields[value->field].category};
    char decoded[CELL_LIMIT];
    if (state == CONSENT_UNKNOWN || value->text.length > sizeof decoded)
        return RC_OK;
    struct slice text =
        value->flags & RAW_ESCAPED ? json_decode_into(value->text, decoded, NULL) : value->text;
    if (canonical_id(key.category, (enum json_type)value->type, text, key.memory, &key.id) !=
        CANONICAL_OK)
        return RC_OK;
    subject_consent_init(&message.subject);
    message.subject.known = true;
    message.subject.seq = 1;
    for (size_t i = 0; i < PURPOSE_LIMIT; i++)
        message.subject.purposes[i] = (struct purpose_consent){state, 0, TIME_NONE, UINT8_MAX};
    enum consent_apply_result result = consent_table_apply(column->consent, &key, &message);
    return result == CONSENT_FULL ? RC_LIMIT : RC_OK;
}

static enum rc open_column(struct demo_table *table, enum column number)
{
    const struct configuration *configuration = table->configuration;
    struct demo_column *column = &table->columns[number];
    enum rc rc = consent_table_new(SUBJECTS, NULL, &column->consent);
    for (uint32_t i = 0; i < table->read.record.count && rc == RC_OK; i++) {
        const struct field *field =
            &table->read.record.schema->fields[table->read.record.values[i].field];
        if (field->roles & (ROLE_SUBJECT | ROLE_VETO))
            rc = enter_id(table, column, column_state[number], i);
    }
    if (rc == RC_OK)
        rc = processing_engine_new(configuration, table->keyring, column->consent, &column->engine);
    if (rc != RC_OK)
        return rc;
    struct record_facts facts;
    engine_facts(column->engine, &table->read.record, &table->read.time, table->now, &facts);
    column->verdict = engine_decide(column->engine, &facts, table->recipient);
    if (column->verdict.decision != DECISION_WITHHELD)
        column->plan = engine_plan(column->engine, table->read.schema, table->recipient,
                                   column->verdict.decision);
    return RC_OK;
}

/* Text cut or padded to a number of terminal columns, and two spaces. */
static void write_cell(struct buffer *out, struct slice text, unsigned width)
{
    unsigned used = 0;
    size_t at = 0;
    while (at < text.length) {
        int step = utf8_step(text.data + at, text.data + text.length);
        if (step <= 0)
            break;
        uint32_t code_point = utf8_decode(text.data + at, step);
        unsigned columns = utf8_columns(code_point);
        bool last = at + (size_t)step == text.length;
        if (used + columns > width - (last ? 0 : 1)) {
            buffer_append_string(out, "…");
            used++;
            break;
        }
        if (utf8_is_harmful(code_point))
            buffer_append_byte(out, '?');
        else
            buffer_append(out, slice_of(text.data + at, (size_t)step));
        used += columns;
        at += (size_t)step;
    }
    for (; used < width + 2; used++)
        buffer_append_byte(out, ' ');
}

/* No blanks before the end of a line: they would only wrap. */
static void end_row(struct buffer *out)
{
    while (out->length > 0 && out->data[out->length - 1] == ' ')
        out->length--;
    buffer_append_byte(out, '\n');
}

static void write_row(struct demo_table *table, uint32_t index)
{
    const struct raw_value *value = &table->read.record.values[index];
    const struct field *field = &table->read.record.schema->fields[value->field];
    static const char *const words[] = {
        [JSON_NULL] = "null",  [JSON_FALSE] = "false", [JSON_TRUE] = "true", [JSON_ARRAY] = "[…]",
        [JSON_OBJECT] = "{…}", [JSON_NUMBER] = NULL,   [JSON_STRING] = NULL};
    struct slice in = words[value->type] ? slice_from_string(words[value->type]) : value->text;
    buffer_append_string(table->out, "  ");
    write_cell(table->out, field->path, NAME_WIDTH);
    write_cell(table->out, in, COLUMN_WIDTH);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        struct demo_column *column = &table->columns[i];
        enum drop_reason reason;
        struct buffer cell;
        buffer_init(&cell, CELL_LIMIT);
        bool released = column->plan && engine_rewrite_value(column->engine, &table->read.record,
                                                             index, column->plan, table->recipient,
                                                             &table->read.time, &cell, &reason);
        struct slice text = released ? buffer_slice(&cell) : SLICE("-");
        if (text.length >= 2 && text.data[0] == '"')
            text = slice_between(text, 1, text.length - 1);
        write_cell(table->out, text, COLUMN_WIDTH);
        buffer_release(&cell);
    }
    end_row(table->out);
}

static void write_table(struct demo_table *table)
{
    const struct configuration *configuration = table->configuration;
    const struct schema *schema = configuration->schemas[table->read.schema];
    buffer_append_format(table->out, "\n%.*s: one record in, and what `%.*s` gets of it\n\n  ",
                         SLICE_FORMAT(schema->name),
                         SLICE_FORMAT(configuration->recipients[table->recipient].name));
    write_cell(table->out, SLICE("field"), NAME_WIDTH);
    write_cell(table->out, SLICE("in"), COLUMN_WIDTH);
    write_cell(table->out, SLICE("consent granted"), COLUMN_WIDTH);
    write_cell(table->out, SLICE("denied"), COLUMN_WIDTH);
    write_cell(table->out, SLICE("unknown"), COLUMN_WIDTH);
    end_row(table->out);
    buffer_append_string(table->out, "  ");
    write_cell(table->out, (struct slice){0}, NAME_WIDTH + COLUMN_WIDTH + 2);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        write_cell(table->out, slice_from_string(decision_name(table->columns[i].verdict.decision)),
                   COLUMN_WIDTH);
    end_row(table->out);
    for (uint32_t i = 0; i < table->read.record.count; i++) {
        const struct raw_value *value = &table->read.record.values[i];
        const struct field *field = &schema->fields[value->field];
        if (field->category != CATEGORY_NONE || (value->flags & RAW_REFUSED_TYPE))
            write_row(table, i);
    }
    buffer_append_format(table->out, "  (%u member%s that no schema lists: never copied)\n",
                         table->read.record.unlisted, table->read.record.unlisted == 1 ? "" : "s");
}

/* The first message of the capture that decodes: its bytes are the source's until it is polled
 * again. */
static enum rc first_record(struct demo_table *table, struct source *source)
{
    for (;;) {
        struct message message;
        int bad = QUARANTINE_NONE;
        enum poll_result polled = source_poll(source, 0, &message, &bad);
        if (polled == POLL_END)
            return RC_NOT_FOUND;
        if (polled == POLL_FAILED)
            return source->failure;
        if (polled == POLL_MESSAGE &&
            processing_decode(table->decoder, message.topic, message.value, message.time,
                              table->now, &table->read) == QUARANTINE_NONE)
            return RC_OK;
    }
}

static enum rc open_table(struct demo_table *table)
{
    const struct configuration *configuration = table->configuration;
    struct key_schedule schedule = {configuration->keys_epoch, configuration->keys_keep};
    enum rc rc = keyring_throw_away(schedule, table->now, NULL, &table->keyring);
    if (rc == RC_OK)
        rc = processing_decoder_new(configuration, &table->decoder);
    return rc;
}

static void close_table(struct demo_table *table)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        engine_free(table->columns[i].engine);
        consent_table_free(table->columns[i].consent);
    }
    decoder_free(table->decoder);
    keyring_release(table->keyring);
}

enum rc demo_table_write(struct buffer *out, const struct configuration *configuration,
                         const char *capture, size_t recipient, int64_t now)
{
    struct demo_table table = {
        .configuration = configuration, .recipient = recipient, .now = now, .out = out};
    struct capture_options options = processing_capture(configuration, &capture, 1);
    struct capture_feed *feed = NULL;
    struct source *source = NULL;
    size_t failed;
    enum rc rc = open_table(&table);
    if (rc == RC_OK)
        rc = capture_feed_new(&options, &feed, &failed);
    if (rc == RC_OK)
        rc = capture_source_new(feed, 0, &source);
    if (rc == RC_OK)
        rc = first_record(&table, source);
    for (size_t i = 0; i < COLUMN_COUNT && rc == RC_OK; i++)
        rc = open_column(&table, (enum column)i);
    if (rc == RC_OK)
        write_table(&table);
    close_table(&table);
    source_close(source);
    capture_feed_free(feed);
    return rc == RC_OK ? buffer_status(out) : rc;
}
