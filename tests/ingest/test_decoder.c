#include "tests/ingest/schema_text.h"

#include "ingest/decoder.h"

#define SUBJECTS "subjects: [user]\n"
#define TIME     "time: {field: ts, format: unix_ms}\n"

static const char click[] =
    "schema: click\nversion: 1\nmatch: {topic: clicks}\n" TIME SUBJECTS "signals: {gpc: opt_out}\n"
    "fields:\n"
    "  ts: time.event\n"
    "  user: account.user_id\n"
    "  device.model: device.model\n"
    "  device.os.name: device.os\n"
    "  'tags[]': text.free\n"
    "  'crumbs[].message': text.free\n"
    "  'crumbs[].data.url': web.url\n"
    "  '\"a.b\"': text.free\n";

#define TYPED(name, topic)                                                                         \
    "schema: " name "\nversion: 1\nmatch: {" topic "field: type, equals: " name                    \
    "}\n" TIME SUBJECTS "fields:\n  ts: time.event\n  user: account.user_id\n  " name              \
    ".model: device.model\n"

static const struct decoder_limits limits = {.record = 4096, .depth = 8, .values = 40};

struct fixture {
    struct test_schemas all;
    struct decoder *decoder;
};

static void open_fixture(struct fixture *fixture, size_t count, const char *const *texts)
{
    test_schemas_init(&fixture->all);
    for (size_t i = 0; i < count; i++)
        test_schemas_add(&fixture->all, texts[i]);
    assert_int_equal(decoder_new(fixture->all.schemas, count, limits, &fixture->decoder), RC_OK);
}

static void close_fixture(struct fixture *fixture)
{
    decoder_free(fixture->decoder);
    test_schemas_release(&fixture->all);
}

/* Every entry but the root, as `path=type flags text`, containers with what they hold in braces. */
static void render(struct buffer *out, const struct raw_record *record, uint32_t from, uint32_t to)
{
    static const char types[] = "?0ftnsao";
    for (uint32_t i = from; i < to;) {
        const struct raw_value *value = &record->values[i];
        assert_true(value->end > i && value->end <= to);
        if (i > from)
            buffer_append_byte(out, ' ');
        buffer_append(out, record->schema->fields[value->field].path);
        buffer_append_byte(out, '=');
        buffer_append_byte(out, types[value->type]);
        if (value->flags & RAW_ESCAPED)
            buffer_append_byte(out, 'E');
        if (value->flags & RAW_LONE_SURROGATE)
            buffer_append_byte(out, 'L');
        if (value->flags & RAW_REFUSED_TYPE)
            buffer_append_byte(out, 'R');
        buffer_append(out, value->text);
        if (value->type >= JSON_ARRAY && !(value->flags & RAW_REFUSED_TYPE)) {
            buffer_append_byte(out, '{');
            render(out, record, i + 1, value->end);
            buffer_append_byte(out, '}');
        } else {
            assert_int_equal(value->end, i + 1);
        }
        i = value->end;
    }
}

struct outcome {
    enum quarantine_reason reason;
    unsigned number;
    size_t offset;
    struct raw_record record;
    struct buffer tape;
};

static void decode(struct fixture *fixture, const char *topic, struct slice text,
                   struct outcome *out)
{
    /* Memory of exactly that size, so that a sanitizer sees a byte read beyond it. */
    char *copy = malloc(text.length ? text.length : 1);
    if (text.length > 0)
        memcpy(copy, text.data, text.length);
    out->reason =
        decoder_decode(fixture->decoder, slice_from_string(topic), slice_of(copy, text.length), 77,
                       &out->record, &out->number, &out->offset);
    buffer_init(&out->tape, 1 << 20);
    if (out->record.schema) {
        assert_ptr_equal(out->record.schema, fixture->all.schemas[out->number]);
        assert_true(out->record.count > 0);
        assert_int_equal(out->record.values[0].field, FIELD_ROOT);
        assert_int_equal(out->record.values[0].end, out->record.count);
        render(&out->tape, &out->record, 1, out->record.count);
    }
    buffer_append_byte(&out->tape, '\0');
    assert_int_equal(out->record.message_time, 77);
    free(copy);
}

/* Decodes three times: as it comes, predicted, and without prediction. */
static void expect(struct fixture *fixture, const char *topic, struct slice text,
                   enum quarantine_reason reason, int number, const char *tape)
{
    for (int round = 0; round < 3; round++) {
        struct outcome outcome;
        decoder_set_prediction(fixture->decoder, round < 2);
        decode(fixture, topic, text, &outcome);
        bool known = outcome.record.schema != NULL;
        if (outcome.reason != reason || known != (number >= 0) ||
            (known && outcome.number != (unsigned)number) || strcmp(outcome.tape.data, tape) != 0)
            fail_msg("%.*s\nround %d: reason %d schema %d tape %s\nexpected %d %d %s",
                     SLICE_FORMAT(text), round, (int)outcome.reason,
                     known ? (int)outcome.number : -1, outcome.tape.data, (int)reason, number,
                     tape);
        buffer_release(&outcome.tape);
    }
    decoder_set_prediction(fixture->decoder, true);
}

#define EXPECT(fixture, topic, text, reason, number, tape)                                         \
    expect(fixture, topic, SLICE(text), reason, number, tape)

struct tape_case {
    const char *text;
    const char *tape;
    uint32_t unlisted;
};

static void tapes(void **state)
{
    (void)state;
    static const struct tape_case cases[] = {
        {"{}", "", 0},
        {" { } ", "", 0},
        {"{\"user\":\"u\",\"ts\":12}", "user=su ts=n12", 0},
        {"{\"user\":null}", "user=0", 0},
        {"{\"user\":true,\"ts\":false}", "user=t ts=f", 0},
        {"{\"user\":\"\"}", "user=s", 0},
        {"{\"user\":\"a\\u0041\"}", "user=sEa\\u0041", 0},
        {"{\"user\":\"a\\ud83d\"}", "user=sELa\\ud83d", 0},
        {"{\"ts\":1.50E+3}", "ts=n1.50E+3", 0},
        {"{\"ts\":1e5,\"user\":-1}", "ts=n1e5 user=n-1", 0},
        {"{\"ts\":1E5,\"user\":0}", "ts=n1E5 user=n0", 0},
        {"{\"\\u0075ser\":\"u\"}", "user=su", 0},
        {"{\"a.b\":\"x\",\"a\":{\"b\":1}}", "\"a.b\"=sx", 1},
        {"{\"other\":{\"user\":1,\"x\":[{}]},\"user\":\"u\",\"more\":1}", "user=su", 2},
        {"{\"device\":{\"model\":\"m\",\"imei\":\"1\",\"os\":{\"name\":\"n\",\"x\":1}}}",
         "device=o{device.model=sm device.os=o{device.os.name=sn}}", 2},
        {"{\"device\":{}}", "device=o{}", 0},
        /* A container where a leaf is listed, and the other way about. */
        {"{\"user\":{\"id\":\"secret\"}}", "user=oR", 0},
        {"{\"user\":[\"secret\"]}", "user=aR", 0},
        {"{\"device\":\"secret\"}", "device=sR", 0},
        {"{\"device\":12,\"user\":\"u\"}", "device=nR user=su", 0},
        {"{\"device\":null}", "device=0R", 0},
        {"{\"device\":[{\"model\":\"m\"}]}", "device=aR", 0},
        {"{\"tags\":\"secret\"}", "tags=sR", 0},
        {"{\"tags\":{\"0\":\"secret\"}}", "tags=oR", 0},
        {"{\"tags\":[]}", "tags=a{}", 0},
        {"{\"tags\":[\"a\",1,null,[2],{\"x\":3}]}",
         "tags=a{tags[]=sa tags[]=n1 tags[]=0 tags[]=aR tags[]=oR}", 0},
        {"{\"crumbs\":[{\"message\":\"m\",\"data\":{\"url\":\"u\",\"x\":0}},{\"x\":1},{},7]}",
         "crumbs=a{crumbs[]=o{crumbs[].message=sm crumbs[].data=o{crumbs[].data.url=su}} "
         "crumbs[]=o{} crumbs[]=o{} crumbs[]=nR}",
         2},
        /* A signal that stands under no category is a leaf as well. */
        {"{\"gpc\":true}", "gpc=t", 0},
        /* Names that only look like listed ones. */
        {"{\"User\":1,\"user\\u0000\":2,\"use\":3,\"userr\":4,\"\":5}", "", 5},
    };
    const char *const schemas[] = {click};
    struct fixture fixture;
    open_fixture(&fixture, 1, schemas);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice text = slice_from_string(cases[i].text);
        expect(&fixture, "clicks", text, QUARANTINE_NONE, 0, cases[i].tape);
        struct outcome outcome;
        decode(&fixture, "clicks", text, &outcome);
        if (outcome.record.unlisted != cases[i].unlisted)
            fail_msg("%s: %u unlisted", cases[i].text, outcome.record.unlisted);
        buffer_release(&outcome.tape);
    }
    close_fixture(&fixture);
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum quarantine_reason reason;
        const char *tape; /* what was read before */
        bool known;
    } cases[] = {
        {"", QUARANTINE_MALFORMED, "", false},
        {" ", QUARANTINE_MALFORMED, "", false},
        {"x", QUARANTINE_MALFORMED, "", false},
        {"[]", QUARANTINE_FRAMING, "", false},
        {"[{\"user\":\"u\"}]", QUARANTINE_FRAMING, "", false},
        {"[1", QUARANTINE_MALFORMED, "", false},
        {"12", QUARANTINE_FRAMING, "", false},
        {"\"a\"", QUARANTINE_FRAMING, "", false},
        {"null", QUARANTINE_FRAMING, "", false},
        {"nul", QUARANTINE_MALFORMED, "", false},
        {"\xEF\xBB\xBF{}", QUARANTINE_MALFORMED, "", false},
        {"{\"user\":\"u\"", QUARANTINE_MALFORMED, "user=su", true},
        {"{\"user\":\"u\",}", QUARANTINE_MALFORMED, "user=su", true},
        {"{\"user\":\"u\"}{}", QUARANTINE_MALFORMED, "user=su", true},
        {"{\"user\":\"u\"},", QUARANTINE_MALFORMED, "user=su", true},
        {"{\"user\":\"u\" \"ts\":1}", QUARANTINE_MALFORMED, "user=su", true},
        {"{,\"user\":\"u\"}", QUARANTINE_MALFORMED, "", true},
        {"{\"user\":}", QUARANTINE_MALFORMED, "", true},
        {"{\"user\"}", QUARANTINE_MALFORMED, "", true},
        {"{\"user\":\"u\",\"ts\":01}", QUARANTINE_MALFORMED, "user=su", true},
        {"{\"user\":\"u\",\"x\":tru}", QUARANTINE_MALFORMED, "user=su", true},
        {"{\"user\":\"u\",\"x\":\"\n\"}", QUARANTINE_MALFORMED, "user=su", true},
        {"{\"user\":\"u\",\"\\ud800\":1}", QUARANTINE_MALFORMED, "user=su", true},
        {"{\"user\":\"\xC0\x80\"}", QUARANTINE_UTF8, "", true},
        {"{\"user\":\"u\",\"x\":[\"\xED\xA0\x80\"]}", QUARANTINE_UTF8, "user=su", true},
        {"{\"user\":\"u\",\"\xFF\":1}", QUARANTINE_UTF8, "user=su", true},
        {"{\"user\":\"u\",\"user\":\"v\"}", QUARANTINE_DUPLICATE, "user=su", true},
        {"{\"user\":\"u\",\"us\\u0065r\":\"v\"}", QUARANTINE_DUPLICATE, "user=su", true},
        {"{\"us\\u0065r\":\"u\",\"user\":\"v\"}", QUARANTINE_DUPLICATE, "user=su", true},
        {"{\"user\":{},\"user\":{}}", QUARANTINE_DUPLICATE, "user=oR", true},
        {"{\"x\":1,\"user\":\"u\",\"x\":1}", QUARANTINE_DUPLICATE, "user=su", true},
        {"{\"x\":1,\"user\":\"u\",\"\\u0078\":1}", QUARANTINE_DUPLICATE, "user=su", true},
        {"{\"x\":{\"y\":1,\"y\":2}}", QUARANTINE_DUPLICATE, "", true},
        {"{\"x\":[[{\"y\":1,\"y\":2}]]}", QUARANTINE_DUPLICATE, "", true},
        {"{\"user\":{\"y\":1,\"y\":2}}", QUARANTINE_DUPLICATE, "", true},
        {"{\"device\":{\"model\":\"a\"},\"device\":{\"model\":\"b\"}}", QUARANTINE_DUPLICATE,
         "device=o{device.model=sa}", true},
        {"{\"crumbs\":[{\"message\":\"a\"},{\"message\":\"b\",\"message\":\"c\"}]}",
         QUARANTINE_DUPLICATE,
         "crumbs=a{crumbs[]=o{crumbs[].message=sa} crumbs[]=o{crumbs[].message=sb}}", true},
        {"{\"x\":[[[[[[[1]]]]]]]}", QUARANTINE_NONE, "", true},
        {"{\"x\":[[[[[[[[1]]]]]]]]}", QUARANTINE_DEPTH, "", true},
        {"{\"tags\":[[[[[[[[1]]]]]]]]}", QUARANTINE_DEPTH, "tags=a{}", true},
    };
    const char *const schemas[] = {click};
    struct fixture fixture;
    open_fixture(&fixture, 1, schemas);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(&fixture, "clicks", slice_from_string(cases[i].text), cases[i].reason,
               cases[i].known ? 0 : -1, cases[i].tape);
    EXPECT(&fixture, "clicks", "{\"user\":\"a\0b\"}", QUARANTINE_MALFORMED, 0, "");
    EXPECT(&fixture, "clicks", "{\"user\":\"u\"}\0", QUARANTINE_MALFORMED, 0, "user=su");
    close_fixture(&fixture);
}

/* The same names in different objects are no duplicates, whatever was predicted before. */
static void names_belong_to_their_object(void **state)
{
    (void)state;
    const char *const schemas[] = {click};
    struct fixture fixture;
    open_fixture(&fixture, 1, schemas);
    EXPECT(
        &fixture, "clicks",
        "{\"crumbs\":[{\"message\":\"a\"},{\"message\":\"b\"}],\"message\":1,\"x\":{\"x\":{\"x\":"
        "1}}}",
        QUARANTINE_NONE, 0,
        "crumbs=a{crumbs[]=o{crumbs[].message=sa} crumbs[]=o{crumbs[].message=sb}}");
    close_fixture(&fixture);
}

static void offsets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t offset;
    } cases[] = {
        {"{\"user\":\"u\",\"user\":1}", 12},
        {"{\"user\":\"u\"]", 11},
        {"{\"user\":\"\x80\"}", 9},
        {"[1 2]", 3},
        {"{\"user\":\"u\"", 11},
        {"{\"a\":1,\"a\":1}", 7},
    };
    const char *const schemas[] = {click};
    struct fixture fixture;
    open_fixture(&fixture, 1, schemas);
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct outcome outcome;
        decode(&fixture, "clicks", slice_from_string(cases[i / 2].text), &outcome);
        if (outcome.offset != cases[i / 2].offset)
            fail_msg("%s: %zu", cases[i / 2].text, outcome.offset);
        buffer_release(&outcome.tape);
    }
    struct raw_record record;
    unsigned number;
    assert_int_equal(
        decoder_decode(fixture.decoder, SLICE("clicks"), SLICE("{"), 0, &record, &number, NULL),
        QUARANTINE_MALFORMED);
    close_fixture(&fixture);
}

static void limits_hold(void **state)
{
    (void)state;
    const char *const schemas[] = {click};
    struct fixture fixture;
    open_fixture(&fixture, 1, schemas);
    struct buffer text;
    buffer_init(&text, 1 << 16);
    for (unsigned count = 30; count < 60; count++) {
        buffer_reset(&text);
        buffer_append_string(&text, "{\"tags\":[1");
        for (unsigned i = 1; i < count; i++)
            buffer_append_string(&text, ",1");
        buffer_append_string(&text, "],\"user\":\"u\"}");
        struct outcome outcome;
        decode(&fixture, "clicks", buffer_slice(&text), &outcome);
        /* The root, the array, its elements and the user. */
        bool fits = count + 3 <= limits.values;
        assert_int_equal(outcome.reason, fits ? QUARANTINE_NONE : QUARANTINE_FIELDS);
        assert_int_equal(outcome.record.count, fits ? count + 3 : limits.values);
        buffer_release(&outcome.tape);
        /* What is malformed is that first. */
        buffer_append_string(&text, "x");
        decode(&fixture, "clicks", buffer_slice(&text), &outcome);
        assert_int_equal(outcome.reason, QUARANTINE_MALFORMED);
        buffer_release(&outcome.tape);
    }
    buffer_reset(&text);
    buffer_append_string(&text, "{\"x\":\"");
    while (text.length < limits.record - 2)
        buffer_append_byte(&text, 'a');
    buffer_append_string(&text, "\"}");
    expect(&fixture, "clicks", buffer_slice(&text), QUARANTINE_NONE, 0, "");
    buffer_append_string(&text, " ");
    expect(&fixture, "clicks", buffer_slice(&text), QUARANTINE_SIZE, -1, "");
    buffer_release(&text);
    close_fixture(&fixture);
}

/* More names than one record may hold, all of one object: refused, and in linear time. */
static void unlisted_names_are_bounded(void **state)
{
    (void)state;
    const char *const schemas[] = {click};
    struct fixture fixture;
    open_fixture(&fixture, 1, schemas);
    struct buffer text;
    buffer_init(&text, 1 << 16);
    for (unsigned count = limits.values; count <= limits.values + 1; count++) {
        buffer_reset(&text);
        for (unsigned i = 0; i < count; i++)
            buffer_append_format(&text, "%c\"n%u\":1", i == 0 ? '{' : ',', i);
        buffer_append_string(&text, "}");
        expect(&fixture, "clicks", buffer_slice(&text),
               count <= limits.values ? QUARANTINE_NONE : QUARANTINE_SIZE, 0, "");
    }
    buffer_release(&text);
    close_fixture(&fixture);
}

static void topics(void **state)
{
    (void)state;
    static const char other[] = "schema: other\nversion: 1\nmatch: {topic: others}\n" TIME SUBJECTS
                                "fields: {ts: time.event, user: account.user_id}\n";
    const char *const schemas[] = {click, other};
    struct fixture fixture;
    open_fixture(&fixture, 1, schemas);
    EXPECT(&fixture, "clicks", "{\"user\":1}", QUARANTINE_NONE, 0, "user=n1");
    EXPECT(&fixture, "", "{\"user\":1}", QUARANTINE_NONE, 0, "user=n1"); /* the only schema */
    EXPECT(&fixture, "click", "{\"user\":1}", QUARANTINE_NO_SCHEMA, -1, "");
    EXPECT(&fixture, "others", "{\"user\":1", QUARANTINE_MALFORMED, -1, "");
    close_fixture(&fixture);
    open_fixture(&fixture, 2, schemas);
    EXPECT(&fixture, "clicks", "{\"user\":1}", QUARANTINE_NONE, 0, "user=n1");
    EXPECT(&fixture, "others", "{\"user\":1}", QUARANTINE_NONE, 1, "user=n1");
    EXPECT(&fixture, "others", "{\"user\":1,\"user\":1}", QUARANTINE_DUPLICATE, 1, "user=n1");
    EXPECT(&fixture, "", "{\"user\":1}", QUARANTINE_NO_SCHEMA, -1, "");
    EXPECT(&fixture, "", "{\"user\":1,\"user\":1}", QUARANTINE_DUPLICATE, -1, "");
    close_fixture(&fixture);
    open_fixture(&fixture, 0, NULL);
    EXPECT(&fixture, "clicks", "{}", QUARANTINE_NO_SCHEMA, -1, "");
    EXPECT(&fixture, "", "{", QUARANTINE_MALFORMED, -1, "");
    close_fixture(&fixture);
}

static void discriminators(void **state)
{
    (void)state;
    static const char crash[] = TYPED("crash", "");
    static const char log[] = TYPED("log", "topic: logs, ");
    static const char kind[] =
        "schema: kind\nversion: 1\nmatch: {field: meta.kind, equals: 7}\n" TIME SUBJECTS
        "fields: {ts: time.event, user: account.user_id}\n";
    const char *const schemas[] = {crash, log, kind};
    struct fixture fixture;
    open_fixture(&fixture, 3, schemas);
    for (int i = 0; i < 2; i++) { /* once more: what came before changes nothing */
        EXPECT(&fixture, "", "{\"type\":\"crash\",\"user\":1}", QUARANTINE_NONE, 0,
               "type=scrash user=n1");
        EXPECT(&fixture, "", "{\"user\":1,\"type\":\"log\",\"log\":{\"model\":2}}", QUARANTINE_NONE,
               1, "user=n1 type=slog log=o{log.model=n2}");
        EXPECT(&fixture, "", "{\"user\":1,\"meta\":{\"kind\":7}}", QUARANTINE_NONE, 2,
               "user=n1 meta=o{meta.kind=n7}");
        EXPECT(&fixture, "", "{\"type\":\"cr\\u0061sh\"}", QUARANTINE_NONE, 0,
               "type=sEcr\\u0061sh");
        /* Of another topic, it is not `log`. */
        EXPECT(&fixture, "other", "{\"type\":\"log\"}", QUARANTINE_NO_SCHEMA, -1, "");
        EXPECT(&fixture, "logs", "{\"type\":\"log\"}", QUARANTINE_NONE, 1, "type=slog");
        EXPECT(&fixture, "logs", "{\"type\":\"crash\"}", QUARANTINE_NONE, 0, "type=scrash");
        EXPECT(&fixture, "", "{\"user\":1}", QUARANTINE_NO_SCHEMA, -1, "");
        EXPECT(&fixture, "", "{\"type\":\"else\"}", QUARANTINE_NO_SCHEMA, -1, "");
        EXPECT(&fixture, "", "{\"type\":null}", QUARANTINE_NO_SCHEMA, -1, "");
        EXPECT(&fixture, "", "{\"type\":[\"crash\"]}", QUARANTINE_NO_SCHEMA, -1, "");
        EXPECT(&fixture, "", "{\"type\":\"crash\\ud800\"}", QUARANTINE_NO_SCHEMA, -1, "");
        EXPECT(&fixture, "", "{\"meta\":{\"kind\":7.0}}", QUARANTINE_NO_SCHEMA, -1, "");
        EXPECT(&fixture, "", "{\"meta\":7}", QUARANTINE_NO_SCHEMA, -1, "");
        /* What is malformed is that first, whatever it says it is. */
        EXPECT(&fixture, "", "{\"type\":\"else\",\"x\":}", QUARANTINE_MALFORMED, -1, "");
        EXPECT(&fixture, "", "{\"type\":\"else\",\"type\":1}", QUARANTINE_DUPLICATE, -1, "");
        EXPECT(&fixture, "", "{\"user\":1,\"user\":2}", QUARANTINE_DUPLICATE, -1, "");
        EXPECT(&fixture, "", "{\"type\":\"log\",\"user\":1,\"user\":2}", QUARANTINE_DUPLICATE, 1,
               "type=slog user=n1");
        EXPECT(&fixture, "", "{\"type\":\"crash\",\"user\":1,\"type\":\"log\"}",
               QUARANTINE_DUPLICATE, 0, "type=scrash user=n1");
        EXPECT(&fixture, "", "{\"meta\":{\"kind\":7},\"user\":1,\"x\":\"\xFF\"}", QUARANTINE_UTF8,
               2, "meta=o{meta.kind=n7} user=n1");
    }
    close_fixture(&fixture);
    open_fixture(&fixture, 1, schemas);
    EXPECT(&fixture, "", "{\"type\":\"crash\"}", QUARANTINE_NONE, 0, "type=scrash");
    EXPECT(&fixture, "", "{\"type\":\"log\"}", QUARANTINE_NO_SCHEMA, -1, "");
    EXPECT(&fixture, "", "{}", QUARANTINE_NO_SCHEMA, -1, "");
    EXPECT(&fixture, "", "{\"user\":1,", QUARANTINE_MALFORMED, 0, "user=n1");
    close_fixture(&fixture);
}

/* A guess that was right about one text must not let another through. */
static void predictions_prove_nothing_else(void **state)
{
    (void)state;
    const char *const schemas[] = {click};
    struct fixture fixture;
    open_fixture(&fixture, 1, schemas);
    static const struct {
        const char *text;
        enum quarantine_reason reason;
        const char *tape;
    } cases[] = {
        {"{\"x\":1,\"user\":\"u\",\"ts\":1}", QUARANTINE_NONE, "user=su ts=n1"},
        {"{,\"user\":\"u\",\"ts\":1}", QUARANTINE_MALFORMED, ""},
        {"{\"user\":\"u\",\"ts\":1}", QUARANTINE_NONE, "user=su ts=n1"},
        {"{\"x\":1\"user\":\"u\",\"ts\":1}", QUARANTINE_MALFORMED, ""},
        {"{\"user\":\"u\",\"ts\":1,\"user\":\"v\"}", QUARANTINE_DUPLICATE, "user=su ts=n1"},
        {"{\"user\":\"u\",\"ts\":1,\"ts\":2}", QUARANTINE_DUPLICATE, "user=su ts=n1"},
        {"{\"ts\":1,\"ts\":2}", QUARANTINE_DUPLICATE, "ts=n1"},
        {"{\"ts\":1,\"user\":\"u\",\"ts\":2}", QUARANTINE_DUPLICATE, "ts=n1 user=su"},
        {"{\"user\":\"u\",\"ts\":1,\"t\\u0073\":2}", QUARANTINE_DUPLICATE, "user=su ts=n1"},
        {"{\"user\":\"u\" , \"ts\" : 1}", QUARANTINE_NONE, "user=su ts=n1"},
        {"{\"user\":\"u\" , \"ts\" :1}", QUARANTINE_NONE, "user=su ts=n1"},
        {"{\"user\":\"u\",\"ts\"", QUARANTINE_MALFORMED, "user=su"},
        {"{\"user\":\"u\",\"ts\":", QUARANTINE_MALFORMED, "user=su"},
        {"{\"user\":\"u\",\"ts", QUARANTINE_MALFORMED, "user=su"},
        {"{\"tags\":[\"user\",\"ts\"],\"user\":\"u\"}", QUARANTINE_NONE,
         "tags=a{tags[]=suser tags[]=sts} user=su"},
        {"{\"tags\":[,\"user\":\"u\"]}", QUARANTINE_MALFORMED, "tags=a{}"},
    };
    enum { COUNT = sizeof cases / sizeof *cases };
    /* Every case after every other. */
    for (size_t i = 0; i < COUNT * COUNT; i++) {
        for (int which = 0; which < 2; which++) {
            size_t at = which ? i % COUNT : i / COUNT;
            expect(&fixture, "clicks", slice_from_string(cases[at].text), cases[at].reason, 0,
                   cases[at].tape);
        }
    }
    close_fixture(&fixture);
}

/* Every cut of a record is refused, and nothing is read beyond it. */
static void cut_records(void **state)
{
    (void)state;
    static const char text[] =
        "{\"user\":\"\\u00e4\xC3\xA4\",\"x\":[null,-1.5e3,{\"y\":true}],\"device\":{\"model\":"
        "\"m\"},"
        "\"crumbs\":[{\"message\":\"a\",\"data\":{\"url\":\"u\"}}],\"ts\":17}";
    const char *const schemas[] = {click};
    struct fixture fixture;
    open_fixture(&fixture, 1, schemas);
    for (size_t length = 0; length + 1 < sizeof text; length++) {
        struct outcome outcome;
        decode(&fixture, "clicks", slice_of(text, sizeof text - 1), &outcome);
        assert_int_equal(outcome.reason, QUARANTINE_NONE);
        buffer_release(&outcome.tape);
        decode(&fixture, "clicks", slice_of(text, length), &outcome);
        assert_int_equal(outcome.reason, QUARANTINE_MALFORMED);
        assert_int_equal(outcome.offset, length);
        buffer_release(&outcome.tape);
    }
    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tapes),
        cmocka_unit_test(refusals),
        cmocka_unit_test(names_belong_to_their_object),
        cmocka_unit_test(offsets),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(unlisted_names_are_bounded),
        cmocka_unit_test(topics),
        cmocka_unit_test(discriminators),
        cmocka_unit_test(predictions_prove_nothing_else),
        cmocka_unit_test(cut_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
