/*
 * Random documents, decoded with prediction, without, and by a slow way of its own: the document as
 * a tree (json_parse), walked beside the schema's paths. All three must say the same.
 */
#include "tests/ingest/schema_text.h"

#include "core/json_document.h"
#include "ingest/decoder.h"

enum { DOCUMENTS = 30000, DEPTH = 7 };

static const char schema_text[] = "schema: any\nversion: 1\nmatch: {field: kind, equals: a}\n"
                                  "time: {field: ts, format: auto}\nsubjects: [user]\n"
                                  "fields:\n"
                                  "  ts: time.event\n"
                                  "  user: account.user_id\n"
                                  "  a.user: account.user_id\n"
                                  "  a.b.c: text.free\n"
                                  "  'b[]': text.free\n"
                                  "  'c[].a': text.free\n"
                                  "  'c[].b[].c': text.free\n"
                                  "  'd[][].a': text.free\n"
                                  "  \"\\u00E9\\u4E2D\": text.free\n";

static const char *const names[] = {
    "ts", "user", "a", "b", "c", "d", "kind", "\xC3\xA9\xE4\xB8\xAD", "x", "", "us"};

struct generator {
    uint64_t state;
    struct buffer text;
    bool spaces;  /* white space between tokens */
    bool escapes; /* names and strings with escapes */
    bool ordered; /* members in the order of `names`, as real records have them */
    bool unique;  /* no name twice in an object */
};

static uint32_t next(struct generator *generator, uint32_t below)
{
    generator->state = generator->state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)((generator->state >> 33) % below);
}

static void put(struct generator *generator, const char *text)
{
    buffer_append_string(&generator->text, text);
}

static void put_space(struct generator *generator)
{
    static const char *const spaces[] = {"", "", " ", "\n", "\t ", "  "};
    if (generator->spaces)
        put(generator, spaces[next(generator, 6)]);
}

/* Some characters of ASCII become \u escapes. */
static void put_text(struct generator *generator, const char *text)
{
    put(generator, "\"");
    for (; *text; text++) {
        if (generator->escapes && (unsigned char)*text < 0x80 && next(generator, 4) == 0)
            buffer_append_format(&generator->text, next(generator, 2) ? "\\u%04x" : "\\u%04X",
                                 (unsigned)*text);
        else
            buffer_append_byte(&generator->text, *text);
    }
    put(generator, "\"");
}

static void put_scalar(struct generator *generator)
{
    static const char *const scalars[] = {"null", "true", "false", "0",   "-1.5e+30",
                                          "17",   "8e5",  "2E-5",  "3.5", "12345678901234567890"};
    static const char *const strings[] = {"", "a", "text", "\xF0\x9F\x98\x80", "12"};
    static const char *const odd[] = {"\"\\ud800\"", "\"\\n\\\"\\\\\"", "\"\\ud83d\\ude00\""};
    uint32_t choice = next(generator, 16);
    if (choice < 10)
        put(generator, scalars[choice]);
    else if (choice < 15 || !generator->escapes)
        put_text(generator, strings[next(generator, 5)]);
    else
        put(generator, odd[next(generator, 3)]);
}

static void put_value(struct generator *generator, unsigned depth);

static void put_object(struct generator *generator, unsigned depth)
{
    enum { NAMES = sizeof names / sizeof *names };
    unsigned used = 0;
    unsigned at = 0;
    bool first = true;
    uint32_t count = next(generator, NAMES);
    put(generator, "{");
    for (uint32_t i = 0; i < count; i++) {
        unsigned name = next(generator, NAMES);
        if (generator->ordered)
            name = at++;
        if (generator->unique && used >> name & 1)
            continue;
        if (generator->ordered && next(generator, 8) == 0)
            continue;
        used |= 1U << name;
        put(generator, first ? "" : ",");
        first = false;
        put_space(generator);
        put_text(generator, names[name]);
        put_space(generator);
        put(generator, ":");
        put_space(generator);
        if (strcmp(names[name], "kind") == 0 && next(generator, 3) > 0)
            put_text(generator, "a");
        else
            put_value(generator, depth + 1);
        put_space(generator);
    }
    put_space(generator);
    put(generator, "}");
}

static void put_array(struct generator *generator, unsigned depth)
{
    uint32_t count = next(generator, 4);
    put(generator, "[");
    for (uint32_t i = 0; i < count; i++) {
        put(generator, i > 0 ? "," : "");
        put_space(generator);
        put_value(generator, depth + 1);
        put_space(generator);
    }
    put_space(generator);
    put(generator, "]");
}

static void put_value(struct generator *generator, unsigned depth)
{
    uint32_t choice = next(generator, 10);
    if (choice < 4 || depth > DEPTH)
        put_scalar(generator);
    else if (choice < 7)
        put_array(generator, depth);
    else
        put_object(generator, depth);
}

/* Sometimes a byte of a document is another, missing or doubled. */
static void damage(struct generator *generator)
{
    struct buffer *text = &generator->text;
    size_t at = next(generator, (uint32_t)text->length);
    static const char bytes[] = "{}[],:\"\\0ea \n\xFF\xC3";
    if (next(generator, 3) == 0)
        buffer_truncate(text, at);
    else
        text->data[at] = bytes[next(generator, sizeof bytes - 1)];
}

static void make_document(struct generator *generator, uint64_t seed)
{
    generator->state = seed * 2654435761u + 12345;
    next(generator, 2);
    uint32_t style = next(generator, 16);
    generator->spaces = style & 1;
    generator->escapes = style & 2;
    generator->ordered = (style & 12) != 0;
    generator->unique = next(generator, 12) > 0;
    buffer_reset(&generator->text);
    put_object(generator, 1);
    if (next(generator, 6) == 0)
        damage(generator);
}

static void write_entry(struct buffer *out, const struct schema *schema, uint16_t field,
                        enum json_type type, bool refused, bool lone, struct slice text)
{
    buffer_append(out, schema->fields[field].path);
    buffer_append_format(out, " %d%s%s ", (int)type, refused ? " refused" : "",
                         lone ? " lone" : "");
    json_write_string(out, text);
    buffer_append_byte(out, '\n');
}

/* The slow way: what the tape must hold. */
static void write_tree(struct buffer *out, const struct schema *schema, uint16_t field,
                       const struct json_value *value)
{
    const struct field *node = &schema->fields[field];
    bool leaf = node->first_child == FIELD_NONE && node->element == FIELD_NONE;
    bool descends = (value->type == JSON_OBJECT && node->first_child != FIELD_NONE) ||
                    (value->type == JSON_ARRAY && node->element != FIELD_NONE);
    bool scalar = value->type != JSON_OBJECT && value->type != JSON_ARRAY;
    bool refused = scalar ? !leaf : !descends;
    write_entry(out, schema, field, value->type, refused, !refused && value->lone_surrogate,
                refused ? (struct slice){0} : value->text);
    if (!descends)
        return;
    for (const struct json_value *child = value->first; child; child = child->next) {
        uint16_t listed = node->element;
        if (value->type == JSON_OBJECT) {
            listed = node->first_child;
            while (listed != FIELD_NONE && !slice_equal(schema->fields[listed].name, child->name))
                listed = schema->fields[listed].next_sibling;
        }
        if (listed != FIELD_NONE)
            write_tree(out, schema, listed, child);
    }
    buffer_append_string(out, "end\n");
}

static void write_tape(struct buffer *out, const struct raw_record *record, uint32_t from,
                       uint32_t to)
{
    char decoded[4096];
    for (uint32_t i = from; i < to; i = record->values[i].end) {
        const struct raw_value *value = &record->values[i];
        assert_true(value->end > i && value->end <= to);
        struct slice text = value->text;
        bool whole = true;
        if (value->flags & RAW_ESCAPED)
            text = json_decode_into(text, decoded, &whole);
        bool refused = value->flags & RAW_REFUSED_TYPE;
        assert_int_equal(whole, !(value->flags & RAW_LONE_SURROGATE));
        write_entry(out, record->schema, value->field, (enum json_type)value->type, refused, !whole,
                    text);
        if (value->type >= JSON_ARRAY && !refused) {
            write_tape(out, record, i + 1, value->end);
            buffer_append_string(out, "end\n");
        }
    }
}

/* What the slow way says of a document: reason and tape. */
static enum quarantine_reason read_slowly(struct arena *arena, const struct schema *schema,
                                          struct slice text, struct buffer *out)
{
    struct json_error error;
    arena_reset(arena);
    const struct json_value *tree = json_parse(arena, text, 64, &error);
    switch (error.fault) {
    case JSON_FAULT_NONE:
        break;
    case JSON_FAULT_UTF8:
        return QUARANTINE_UTF8;
    case JSON_FAULT_DUPLICATE_NAME:
        return QUARANTINE_DUPLICATE;
    default:
        return QUARANTINE_MALFORMED;
    }
    if (tree->type != JSON_OBJECT)
        return QUARANTINE_FRAMING;
    const struct json_value *kind = json_member(tree, SLICE("kind"));
    if (!kind || kind->type != JSON_STRING || !slice_equal(kind->text, SLICE("a")))
        return QUARANTINE_NO_SCHEMA;
    write_tree(out, schema, FIELD_ROOT, tree);
    return QUARANTINE_NONE;
}

static void three_ways_agree(void **state)
{
    (void)state;
    struct test_schemas all;
    struct decoder *decoders[2];
    struct arena arena;
    struct generator generator = {0};
    struct buffer slow, fast;
    test_schemas_init(&all);
    struct schema *schema = test_schemas_add(&all, schema_text);
    arena_init(&arena, 64 << 20);
    buffer_init(&generator.text, 1 << 20);
    buffer_init(&slow, 1 << 22);
    buffer_init(&fast, 1 << 22);
    const struct decoder_limits limits = {.record = 1 << 20, .depth = 64};
    for (int i = 0; i < 2; i++)
        assert_int_equal(decoder_new(all.schemas, 1, limits, &decoders[i]), RC_OK);
    decoder_set_prediction(decoders[1], false);
    unsigned reasons[QUARANTINE_REASON_COUNT] = {0};
    for (uint64_t seed = 0; seed < DOCUMENTS; seed++) {
        make_document(&generator, seed);
        struct slice text = buffer_slice(&generator.text);
        buffer_reset(&slow);
        enum quarantine_reason expected = read_slowly(&arena, schema, text, &slow);
        reasons[expected]++;
        struct raw_record records[2];
        size_t offsets[2];
        for (int i = 0; i < 2; i++) {
            unsigned number;
            enum quarantine_reason reason = decoder_decode(decoders[i], (struct slice){0}, text, 0,
                                                           &records[i], &number, &offsets[i]);
            buffer_reset(&fast);
            if (!reason)
                write_tape(&fast, &records[i], 0, records[i].count);
            if (reason != expected || !slice_equal(buffer_slice(&slow), buffer_slice(&fast)))
                fail_msg("seed %llu: %.*s\nreason %d, expected %d\n%.*s\nexpected\n%.*s",
                         (unsigned long long)seed, SLICE_FORMAT(text), (int)reason, (int)expected,
                         SLICE_FORMAT(buffer_slice(&fast)), SLICE_FORMAT(buffer_slice(&slow)));
        }
        /* Also of what is refused: the same place, and the same values before it. */
        assert_int_equal(offsets[0], offsets[1]);
        assert_int_equal(records[0].count, records[1].count);
        assert_int_equal(records[0].unlisted, records[1].unlisted);
        for (uint32_t i = 0; i < records[0].count; i++)
            assert_memory_equal(&records[0].values[i], &records[1].values[i],
                                sizeof *records[0].values);
    }
    /* The generator reaches what it is for. */
    assert_true(reasons[QUARANTINE_NONE] > DOCUMENTS / 8);
    assert_true(reasons[QUARANTINE_MALFORMED] > DOCUMENTS / 50);
    assert_true(reasons[QUARANTINE_DUPLICATE] > DOCUMENTS / 200);
    assert_true(reasons[QUARANTINE_UTF8] > DOCUMENTS / 2000);
    assert_true(reasons[QUARANTINE_NO_SCHEMA] > DOCUMENTS / 50);
    buffer_release(&slow);
    buffer_release(&fast);
    buffer_release(&generator.text);
    arena_release(&arena);
    for (int i = 0; i < 2; i++)
        decoder_free(decoders[i]);
    test_schemas_release(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(three_ways_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
