/*
 * From a message to tapes: framing and the decoder of ingest. The first character chooses framing,
 * topic, limits and schemas; the rest is messages, parted by FUZZ_SEPARATOR and read twice over, so
 * that the decoder has something to predict from.
 *
 *   records lie within their message, one after the other
 *   with prediction, without, and by a decoder that has seen nothing else, the outcome is the same
 *   a record is refused for what json_check finds, there; well-formed ones for no such thing
 *   the schema and the tape are those of a slow oracle that walks the record as a tree
 *   every slice lies within the record, `end` indexes nest, fields stand where the schema has them
 *   a time is one of the years 1970 to 9999, or none
 */
#include "core/json_document.h"
#include "ingest/decoder.h"
#include "ingest/framing.h"
#include "ingest/json_text.h"
#include "tests/fuzz/fuzz.h"

enum {
    RECORD_LIMIT = 4096,
    DEPTH = 7,
    VALUES_MANY = 512,
    VALUES_FEW = 12,
    MESSAGES = 8, /* of one input */
    INLINE_COUNT = 4,
    SHIPPED_COUNT = 3,
    SCHEMA_COUNT = INLINE_COUNT + SHIPPED_COUNT,
    ARENA = 16 * 1024 * 1024,
};

static const int64_t message_time = INT64_C(1767323045000);

static const char click[] = "schema: click\n"
                            "version: 1\n"
                            "match: {topic: clicks}\n"
                            "time: {field: ts, format: unix_ms, fallback: message}\n"
                            "subjects: [user_id, device.oaid]\n"
                            "vetoes: [device.android_id]\n"
                            "signals: {gpc: opt_out, consent.ads: {name: ads, means: opt_in}}\n"
                            "fields:\n"
                            "  ts: time.event\n"
                            "  user_id: account.user_id\n"
                            "  device.oaid: device.oaid\n"
                            "  device.android_id: device.android_id\n"
                            "  device.model: device.model\n"
                            "  device.os.name: device.os\n"
                            "  'tags[]': text.free\n"
                            "  'a.b': text.free\n"
                            "  'a[].b': text.free\n"
                            "  'a[].a[].b': text.free\n"
                            "  'grid[][]': text.free\n"
                            "  'crumbs[].message': text.free\n"
                            "  'crumbs[].data.url': web.url\n"
                            "  '\"a.b\"': text.free\n"
                            "  '\"\\\"\".c': text.free\n"
                            "  \"\\u00E9\\u4E2D\": text.free\n";

#define TYPED(name, topic)                                                                         \
    "schema: " name "\nversion: 1\nmatch: {" topic "field: meta.type, equals: '" name              \
    "'}\ntime: {field: ts, format: auto}\nsubjects: [user_id]\nfields:\n"                          \
    "  ts: time.event\n  user_id: account.user_id\n  meta.id: account.user_id\n"                   \
    "  " name ".model: device.model\n  'list[]." name "': text.free\n"

static const char crash[] = TYPED("crash", "");
static const char device[] = TYPED("device", "topic: devices, ");
static const char other[] = "schema: other\nversion: 1\nmatch: {field: kind, equals: '7'}\n"
                            "time: {field: t.t, format: rfc3339}\nsubjects: ['ids[]']\n"
                            "fields:\n  t.t: time.event\n  'ids[]': account.user_id\n";

static struct schema *all_schemas[SCHEMA_COUNT]; /* the inline ones first */

static struct schema *load_schema(size_t number, struct arena *arena, struct signal_names *signals,
                                  struct diagnostics *diagnostics)
{
    static const char *const texts[INLINE_COUNT] = {click, crash, device, other};
    static const char *const files[SHIPPED_COUNT] = {LETHE_SOURCE_DIR "/schemas/shipped/click.yaml",
                                                     LETHE_SOURCE_DIR "/schemas/shipped/crash.yaml",
                                                     LETHE_SOURCE_DIR
                                                     "/schemas/shipped/device.yaml"};
    if (number >= INLINE_COUNT)
        return schema_load(files[number - INLINE_COUNT], arena, signals, diagnostics);
    return schema_parse("inline.yaml", slice_from_string(texts[number]), arena, signals,
                        diagnostics);
}

static void load_schemas(void)
{
    static struct arena arena;
    static struct signal_names signals;
    arena_init(&arena, ARENA);
    for (size_t i = 0; i < SCHEMA_COUNT; i++) {
        struct diagnostics diagnostics;
        diagnostics_init(&diagnostics);
        all_schemas[i] = load_schema(i, &arena, &signals, &diagnostics);
        FUZZ_CHECK(all_schemas[i]);
        diagnostics_release(&diagnostics);
    }
}

/* One input's choices and memory. */
struct setting {
    enum framing framing;
    struct slice topic;
    struct schema *const *schemas;
    size_t schema_count;
    struct decoder_limits limits;
    struct decoder *predicting, *plain;
    struct json_names names;
};

static void choose(struct setting *setting, unsigned choice)
{
    static const struct slice topics[] = {
        {"", 0}, {"clicks", 6}, {"devices", 7}, {"events.crash", 12}};
    static const struct {
        size_t first, count;
    } sets[] = {{0, INLINE_COUNT}, {0, 1}, {INLINE_COUNT, SHIPPED_COUNT}};
    setting->framing = (enum framing)(choice % FRAMING_COUNT);
    choice /= FRAMING_COUNT;
    setting->topic = topics[choice % 4];
    choice /= 4;
    setting->limits = (struct decoder_limits){
        .record = RECORD_LIMIT, .depth = DEPTH, .values = choice % 2 ? VALUES_FEW : VALUES_MANY};
    choice /= 2;
    setting->schemas = all_schemas + sets[choice % 3].first;
    setting->schema_count = sets[choice % 3].count;
}

static void setting_init(struct setting *setting, unsigned choice)
{
    choose(setting, choice);
    FUZZ_CHECK(decoder_new(setting->schemas, setting->schema_count, setting->limits,
                           &setting->predicting) == RC_OK);
    FUZZ_CHECK(decoder_new(setting->schemas, setting->schema_count, setting->limits,
                           &setting->plain) == RC_OK);
    decoder_set_prediction(setting->plain, false);
    json_names_init(&setting->names, 1, SIZE_MAX / 128);
}

static void setting_release(struct setting *setting)
{
    decoder_free(setting->predicting);
    decoder_free(setting->plain);
    json_names_release(&setting->names);
}

struct outcome {
    enum quarantine_reason reason;
    unsigned number;
    size_t offset;
    struct raw_record record;
};

static void decode(const struct setting *setting, struct decoder *decoder, struct slice record,
                   struct outcome *out)
{
    out->offset = 0;
    out->reason = decoder_decode(decoder, setting->topic, record, message_time, &out->record,
                                 &out->number, &out->offset);
}

static void check_same(const struct outcome *a, const struct outcome *b)
{
    FUZZ_CHECK(a->reason == b->reason && a->offset == b->offset);
    FUZZ_CHECK(a->record.schema == b->record.schema && a->number == b->number);
    FUZZ_CHECK(a->record.count == b->record.count);
    FUZZ_CHECK(!a->record.schema || a->record.unlisted == b->record.unlisted);
    for (uint32_t i = 0; a->record.schema && i < a->record.count; i++) {
        const struct raw_value *one = &a->record.values[i];
        const struct raw_value *two = &b->record.values[i];
        FUZZ_CHECK(one->field == two->field && one->type == two->type && one->flags == two->flags &&
                   one->end == two->end && one->text.data == two->text.data &&
                   one->text.length == two->text.length);
    }
}

/* One entry by itself, and that it is a child of the entry `parent`. */
static void check_value(const struct raw_record *record, uint32_t index, uint32_t parent)
{
    const struct raw_value *value = &record->values[index];
    const struct schema *schema = record->schema;
    FUZZ_CHECK(value->field < schema->field_count);
    FUZZ_CHECK(index == 0 ? value->field == FIELD_ROOT
                          : schema->fields[value->field].parent == record->values[parent].field);
    FUZZ_CHECK(value->type > JSON_ABSENT && value->type <= JSON_OBJECT);
    bool has_text = value->type == JSON_STRING || value->type == JSON_NUMBER;
    FUZZ_CHECK(value->text.length == 0 || has_text);
    FUZZ_CHECK(value->text.length == 0 ||
               (value->text.data >= record->text.data &&
                value->text.data + value->text.length <= record->text.data + record->text.length));
    if (value->flags & RAW_REFUSED_TYPE)
        FUZZ_CHECK(value->end == index + 1 && value->text.length == 0);
}

/* The entries from `index` to `end` are below `parent`; `end` of containers that a fault cut short
 * is only then looked at when the record is whole. */
static void check_nesting(const struct raw_record *record, uint32_t index, uint32_t end,
                          uint32_t parent)
{
    while (index < end) {
        const struct raw_value *value = &record->values[index];
        check_value(record, index, parent);
        FUZZ_CHECK(value->end > index && value->end <= end);
        if (value->type < JSON_ARRAY)
            FUZZ_CHECK(value->end == index + 1);
        check_nesting(record, index + 1, value->end, index);
        index = value->end;
    }
}

/* The tape as the oracle expects it, compared as it is walked. */
struct oracle {
    const struct raw_record *record;
    uint32_t count;    /* entries that there must be */
    uint32_t unlisted; /* members that no schema lists */
    bool compare;
};

static void check_text(const struct raw_value *value, const struct json_value *tree)
{
    char decoded[RECORD_LIMIT];
    bool whole = true;
    struct slice text = value->text;
    FUZZ_CHECK(((value->flags & RAW_LONE_SURROGATE) != 0) == tree->lone_surrogate);
    if (value->flags & RAW_ESCAPED)
        text = json_decode_into(text, decoded, &whole);
    FUZZ_CHECK(slice_equal(text, tree->text) && whole == !tree->lone_surrogate);
}

static void expect(struct oracle *oracle, const struct json_value *tree, uint16_t field);

static void expect_children(struct oracle *oracle, const struct json_value *tree, uint16_t field)
{
    const struct schema *schema = oracle->record->schema;
    for (const struct json_value *child = tree->first; child; child = child->next) {
        uint16_t below = tree->type == JSON_ARRAY ? schema->fields[field].element
                                                  : schema_child(schema, field, child->name);
        if (below != FIELD_NONE)
            expect(oracle, child, below);
        else
            oracle->unlisted++;
    }
}

static void expect(struct oracle *oracle, const struct json_value *tree, uint16_t field)
{
    const struct field *node = &oracle->record->schema->fields[field];
    uint32_t index = oracle->count++;
    const struct raw_value *value = oracle->compare ? &oracle->record->values[index] : NULL;
    bool container = tree->type == JSON_OBJECT || tree->type == JSON_ARRAY;
    bool leaf = node->first_child == FIELD_NONE && node->element == FIELD_NONE;
    bool refused = container ? (tree->type == JSON_OBJECT ? node->first_child == FIELD_NONE
                                                          : node->element == FIELD_NONE)
                             : !leaf;
    if (value) {
        FUZZ_CHECK(index < oracle->record->count);
        FUZZ_CHECK(value->field == field && value->type == tree->type);
        FUZZ_CHECK(((value->flags & RAW_REFUSED_TYPE) != 0) == refused);
        if (!refused && !container)
            check_text(value, tree);
    }
    if (container && !refused)
        expect_children(oracle, tree, field);
    if (value)
        FUZZ_CHECK(value->end == oracle->count);
}

static bool is_candidate(const struct setting *setting, const struct schema *schema)
{
    if (setting->topic.length > 0)
        return schema->match_topic.length == 0 || slice_equal(schema->match_topic, setting->topic);
    return schema->match_field != FIELD_NONE || setting->schema_count == 1;
}

/* What the record has at a schema's discriminator. */
static const struct json_value *discriminator(const struct schema *schema,
                                              const struct json_value *tree, uint16_t field)
{
    if (field == FIELD_ROOT)
        return tree;
    const struct json_value *parent = discriminator(schema, tree, schema->fields[field].parent);
    return json_member(parent, schema->fields[field].name);
}

static bool says(const struct json_value *value, struct slice equals)
{
    static const struct slice words[] = {
        [JSON_NULL] = {"null", 4}, [JSON_FALSE] = {"false", 5}, [JSON_TRUE] = {"true", 4}};
    if (!value || value->type > JSON_STRING || value->lone_surrogate)
        return false;
    return slice_equal(value->type >= JSON_NUMBER ? value->text : words[value->type], equals);
}

/* The schema by the rule of decoder.h. The schemas here are never in doubt: those with a topic and
 * no discriminator come first, and what they match is theirs. */
static const struct schema *expected_schema(const struct setting *setting,
                                            const struct json_value *tree)
{
    for (size_t i = 0; i < setting->schema_count; i++) {
        const struct schema *schema = setting->schemas[i];
        if (is_candidate(setting, schema) &&
            (schema->match_field == FIELD_NONE ||
             says(discriminator(schema, tree, schema->match_field), schema->match_equals)))
            return schema;
    }
    return NULL;
}

static size_t count_names(const struct json_value *tree)
{
    size_t count = tree->type == JSON_OBJECT ? tree->count : 0;
    for (const struct json_value *child = tree->first; child; child = child->next)
        count += count_names(child);
    return count;
}

static void check_whole(const struct setting *setting, const struct outcome *outcome,
                        const struct json_value *tree)
{
    struct arena arena;
    arena_init(&arena, ARENA);
    const struct schema *schema = expected_schema(setting, tree);
    if (outcome->reason == QUARANTINE_SIZE) {
        FUZZ_CHECK(count_names(tree) > setting->limits.values);
    } else if (tree->type != JSON_OBJECT) {
        FUZZ_CHECK(outcome->reason == QUARANTINE_FRAMING && !outcome->record.schema);
    } else if (!schema) {
        FUZZ_CHECK(outcome->reason == QUARANTINE_NO_SCHEMA && !outcome->record.schema);
    } else {
        FUZZ_CHECK(outcome->record.schema == schema && setting->schemas[outcome->number] == schema);
        struct oracle count = {.record = &outcome->record};
        expect(&count, tree, FIELD_ROOT);
        bool full = count.count > setting->limits.values;
        FUZZ_CHECK(outcome->reason == (full ? QUARANTINE_FIELDS : QUARANTINE_NONE));
        FUZZ_CHECK(outcome->record.count == (full ? setting->limits.values : count.count));
        FUZZ_CHECK(outcome->record.unlisted == count.unlisted);
        struct oracle compare = {.record = &outcome->record, .compare = true};
        if (!full)
            expect(&compare, tree, FIELD_ROOT);
    }
    arena_release(&arena);
}

static void check_time(const struct outcome *outcome)
{
    static const int64_t latest = INT64_C(253402300800000); /* the year 10000 */
    struct event_time event = decoder_event_time(&outcome->record, message_time);
    FUZZ_CHECK(event.time == TIME_NONE || (event.time >= 0 && event.time < latest));
    FUZZ_CHECK(event.time == TIME_NONE || event.time <= message_time + 10 * TIME_MINUTE);
}

static void check_outcome(struct setting *setting, struct slice record,
                          const struct outcome *outcome)
{
    size_t offset = 0;
    FUZZ_CHECK(outcome->offset <= record.length);
    if (outcome->record.schema) {
        FUZZ_CHECK(outcome->record.count <= setting->limits.values);
        check_nesting(&outcome->record, 0, outcome->record.count, 0);
        check_time(outcome);
    }
    if (record.length > RECORD_LIMIT) {
        FUZZ_CHECK(outcome->reason == QUARANTINE_SIZE);
        return;
    }
    enum json_fault fault = json_check(record, DEPTH, &setting->names, &offset);
    if (fault) {
        /* More names than the decoder keeps, before the fault. */
        bool names = outcome->reason == QUARANTINE_SIZE && setting->limits.values == VALUES_FEW;
        FUZZ_CHECK(names ||
                   (outcome->reason == json_fault_reason(fault) && outcome->offset == offset));
        return;
    }
    struct arena arena;
    arena_init(&arena, ARENA);
    const struct json_value *tree = json_parse(&arena, record, DEPTH, NULL);
    FUZZ_CHECK(tree);
    check_whole(setting, outcome, tree);
    arena_release(&arena);
}

static void check_record(struct setting *setting, struct slice record)
{
    struct outcome predicted, plain;
    decode(setting, setting->predicting, record, &predicted);
    decode(setting, setting->plain, record, &plain);
    check_same(&predicted, &plain);
    check_outcome(setting, record, &predicted);
}

static void check_message(struct setting *setting, struct slice message)
{
    struct framing_cursor cursor;
    struct json_names names;
    struct slice record;
    enum quarantine_reason reason;
    const char *at = message.data;
    uint32_t count = 0;
    json_names_init(&names, 2, message.length / 4 + 1);
    framing_start(&cursor, setting->framing, message, (struct framing_limits){RECORD_LIMIT, DEPTH},
                  &names);
    while (framing_next(&cursor, &record, &reason)) {
        FUZZ_CHECK(record.length == 0 || (record.data >= at && record.data + record.length <=
                                                                   message.data + message.length));
        FUZZ_CHECK(cursor.index == count++);
        at = record.data + record.length;
        if (setting->framing == FRAMING_ARRAY && !reason)
            FUZZ_CHECK(json_check(record, DEPTH, &setting->names, NULL) == JSON_FAULT_NONE);
        if (reason)
            continue;
        struct slice copy = fuzz_copy(record);
        check_record(setting, copy);
        free((char *)copy.data);
    }
    json_names_release(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct setting setting;
    if (!all_schemas[0])
        load_schemas();
    setting_init(&setting, fuzz_take_choice(&text));
    for (int round = 0; round < 2; round++) {
        struct slice rest = text;
        for (int i = 0; i < MESSAGES && rest.data; i++)
            check_message(&setting, slice_cut(&rest, FUZZ_SEPARATOR));
    }
    setting_release(&setting);
    return 0;
}
