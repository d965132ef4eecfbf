#include "schemas/schema.h"

#include "schemas/schema_path.h"
#include "tests/schemas/expect_diagnostics.h"
#include "tests/schemas/loader_fixture.h"

#include <stdlib.h>

static struct schema *parse(struct fixture *fixture, const char *text)
{
    return schema_parse(EXPECT_FILE, slice_from_string(text), &fixture->arena, &fixture->signals,
                        &fixture->diagnostics);
}

static const char good[] = "schema: click\n"
                           "version: 3\n"
                           "match: {topic: events.click, field: meta.type, equals: click}\n"
                           "time: {field: ts, format: unix_ms, fallback: message, skew: 10m}\n"
                           "subjects: [user_id]\n"
                           "vetoes: [device.android_id, '\"app.version\".id']\n"
                           "signals:\n"
                           "  gpc: opt_out\n"
                           "  consent.ads: {name: ads, means: opt_in}\n"
                           "fields:\n"
                           "  ts: time.event\n"
                           "  user_id: account.user_id\n"
                           "  device.android_id: device.android_id\n"
                           "  device.model: device.model\n"
                           "  '\"app.version\".id': device.installation\n"
                           "  crumbs[].message: text.free\n"
                           "  crumbs[].data.url: web.url\n"
                           "  tags[]: text.free\n"
                           "  grid[][]: usage.point\n"
                           "  '\"say \\\"hi\\\"\"': usage.flag\n"
                           "  gpc: usage.flag\n";

static uint16_t field(const struct schema *schema, const char *path)
{
    return schema_field(schema, slice_from_string(path));
}

static void test_good_schema(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct schema *schema = parse(&fixture, good);
    expect_digest(&fixture.diagnostics, "good", "");
    assert_non_null(schema);
    assert_true(slice_equal(schema->name, SLICE("click")));
    assert_int_equal(schema->version, 3);
    assert_true(slice_equal(schema->match_topic, SLICE("events.click")));
    assert_true(slice_equal(schema->match_equals, SLICE("click")));
    assert_int_equal(schema->match_field, field(schema, "meta.type"));
    assert_int_equal(schema->time_field, field(schema, "ts"));
    assert_int_equal(schema->time_format, TIME_FORMAT_UNIX_MS);
    assert_true(schema->time_fallback_message);
    assert_int_equal(schema->time_skew, 10 * TIME_MINUTE);
    assert_int_equal(schema->subject_count, 1);
    assert_int_equal(schema->subjects[0], field(schema, "user_id"));
    assert_int_equal(schema->veto_count, 2);
    assert_int_equal(schema->vetoes[0], field(schema, "device.android_id"));
    assert_int_equal(schema->vetoes[1], field(schema, "\"app.version\".id"));
    assert_string_equal(schema->file, EXPECT_FILE);
    end(&fixture);
}

static void test_signals(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    signal_number(&fixture.signals, SLICE("other"));
    struct schema *schema = parse(&fixture, good);
    assert_non_null(schema);
    assert_int_equal(schema->signal_count, 2);
    assert_int_equal(schema->signals[0].field, field(schema, "gpc"));
    assert_int_equal(schema->signals[0].signal, 1);
    assert_int_equal(schema->signals[0].meaning, SIGNAL_OPT_OUT);
    assert_int_equal(schema->signals[1].field, field(schema, "consent.ads"));
    assert_int_equal(schema->signals[1].signal, 2);
    assert_int_equal(schema->signals[1].meaning, SIGNAL_OPT_IN);
    assert_true(slice_equal(fixture.signals.names[2], SLICE("ads")));
    assert_int_equal(schema->fields[field(schema, "gpc")].category, CATEGORY_USAGE_FLAG);
    const struct field *unlisted = &schema->fields[field(schema, "consent.ads")];
    assert_int_equal(unlisted->category, CATEGORY_NONE);
    assert_int_equal(unlisted->roles, ROLE_SIGNAL);
    assert_int_equal(unlisted->place.line, 9);
    end(&fixture);
}

static void test_tree(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct schema *schema = parse(&fixture, good);
    assert_non_null(schema);
    const struct field *fields = schema->fields;
    uint16_t crumbs = schema_child(schema, FIELD_ROOT, SLICE("crumbs"));
    uint16_t element = fields[crumbs].element;
    assert_int_not_equal(element, FIELD_NONE);
    assert_true(fields[element].is_element);
    assert_int_equal(fields[element].parent, crumbs);
    assert_int_equal(fields[element].child_count, 2);
    assert_int_equal(fields[crumbs].child_count, 0);
    assert_int_equal(fields[crumbs].category, CATEGORY_NONE);
    uint16_t message = fields[element].first_child;
    assert_true(slice_equal(fields[message].name, SLICE("message")));
    assert_true(slice_equal(fields[message].quoted, SLICE("\"message\":")));
    assert_true(slice_equal(fields[message].path, SLICE("crumbs[].message")));
    assert_int_equal(fields[message].place.line, 16);
    assert_int_equal(fields[message].place.column, 3);
    uint16_t data = fields[message].next_sibling;
    assert_int_equal(data, schema_child(schema, element, SLICE("data")));
    assert_int_equal(fields[data].next_sibling, FIELD_NONE);
    assert_true(slice_equal(fields[data].path, SLICE("crumbs[].data")));
    assert_int_equal(schema_child(schema, data, SLICE("url")), field(schema, "crumbs[].data.url"));
    assert_int_equal(schema_child(schema, data, SLICE("message")), FIELD_NONE);
    assert_int_equal(schema_child(schema, FIELD_ROOT, SLICE("")), FIELD_NONE);
    uint16_t say = schema_child(schema, FIELD_ROOT, SLICE("say \"hi\""));
    assert_true(slice_equal(fields[say].quoted, SLICE("\"say \\\"hi\\\"\":")));
    uint16_t version = schema_child(schema, FIELD_ROOT, SLICE("app.version"));
    assert_int_equal(fields[version].child_count, 1);
    assert_int_equal(field(schema, "grid[][]"),
                     fields[fields[field(schema, "grid")].element].element);
    assert_int_equal(field(schema, "\"device\".\"model\""), field(schema, "device.model"));
    assert_int_equal(field(schema, "device..model"), FIELD_NONE);
    assert_int_equal(field(schema, "device.nothing"), FIELD_NONE);
    assert_int_equal(field(schema, ""), FIELD_NONE);
    char longest[400];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(schema_child(schema, FIELD_ROOT, slice_of(longest, sizeof longest)),
                     FIELD_NONE);
    for (size_t i = 1; i < schema->field_count; i++)
        assert_true(schema->fields[i].parent < i);
    end(&fixture);
}

struct path_case {
    const char *path;
    const char *wrong; /* or NULL */
};

static const struct path_case path_cases[] = {
    {"a", NULL},
    {"a.b.c", NULL},
    {"a[]", NULL},
    {"a[][].b", NULL},
    {"a b.c-d", NULL},
    {"\"a.b\"", NULL},
    {"\"a[]\"[].b", NULL},
    {"\"\\\"\\\\\"", NULL},
    {"\xe7\x94\xa8\xe6\x88\xb7.id", NULL},
    {"", "a name is missing"},
    {".a", "a name is missing"},
    {"a.", "a name is missing"},
    {"a..b", "a name is missing"},
    {"\"\"", "a name is missing"},
    {"a.[]", "a name is missing"},
    {"[]", "a path begins with a name"},
    {"[].a", "a path begins with a name"},
    {"a[]b", "names are joined by dots, and `[]` is the only bracket"},
    {"a[0]", "names are joined by dots, and `[]` is the only bracket"},
    {"a[", "names are joined by dots, and `[]` is the only bracket"},
    {"a]", "names are joined by dots, and `[]` is the only bracket"},
    {"a\"b\"", "names are joined by dots, and `[]` is the only bracket"},
    {"\"a\"b", "names are joined by dots, and `[]` is the only bracket"},
    {"a\\b", "names are joined by dots, and `[]` is the only bracket"},
    {"\"a", "a double quote is missing"},
    {"\"a\\", "only \\\" and \\\\ are escapes"},
    {"\"a\\n\"", "only \\\" and \\\\ are escapes"},
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof path_cases / sizeof *path_cases; i++) {
        const char *wrong = path_fault(slice_from_string(path_cases[i].path));
        if ((wrong == NULL) != (path_cases[i].wrong == NULL) ||
            (wrong && strcmp(wrong, path_cases[i].wrong) != 0))
            fail_msg("%s: %s", path_cases[i].path, wrong ? wrong : "good");
    }
}

/* What path_append_name writes is read as the same names. */
static void test_path_round_trip(void **state)
{
    static const char *const names[] = {"a",  "a.b", "[]",          "\"",
                                        "\\", "a b", "say \"hi\".", "\xe7\x94\xa8"};
    (void)state;
    struct buffer path;
    buffer_init(&path, 1000);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        path_append_name(&path, slice_from_string(names[i]));
    struct path_reader reader;
    struct path_step step;
    path_reader_init(&reader, buffer_slice(&path));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_true(path_next(&reader, &step));
        assert_true(slice_equal(step.name, slice_from_string(names[i])));
    }
    assert_false(path_next(&reader, &step));
    assert_null(reader.wrong);
    buffer_release(&path);
}

static void test_path_limits(void **state)
{
    (void)state;
    char name[300];
    memset(name, 'x', sizeof name);
    assert_null(path_fault(slice_of(name, PATH_NAME_LIMIT)));
    assert_string_equal(path_fault(slice_of(name, PATH_NAME_LIMIT + 1)),
                        "a name is longer than 256 bytes");
    name[0] = name[258] = '"';
    assert_string_equal(path_fault(slice_of(name, 259)), "a name is longer than 256 bytes");
    name[257] = '"';
    assert_null(path_fault(slice_of(name, 258)));
    struct buffer path;
    buffer_init(&path, 1000);
    buffer_append_byte(&path, 'a');
    for (int i = 1; i < PATH_STEP_LIMIT; i++)
        buffer_append_string(&path, "[]");
    assert_null(path_fault(buffer_slice(&path)));
    buffer_append_string(&path, "[]");
    assert_string_equal(path_fault(buffer_slice(&path)), "more than 64 steps");
    buffer_release(&path);
}

struct fault {
    const char *text;
    const char *expected;
    bool loads; /* only warnings */
};

#define HEAD     "schema: s\nversion: 1\n"
#define TIME     "time: {field: ts, format: unix_ms}\n"
#define SUBJECTS "subjects: [id]\n"
#define FIELDS   "fields:\n  ts: time.event\n  id: account.user_id\n"

static const struct fault faults[] = {
    {HEAD TIME SUBJECTS FIELDS, "", true},
    {"schema: [\n",
     "2:1: error: not well-formed YAML: flow sequence without a closing bracket\n"
     "1:9: note: it is inside what begins here",
     false},
    {"", "1:1: error: `schema file` must be a mapping of keys to values", false},
    {"- a\n", "1:1: error: `schema file` must be a mapping of keys to values", false},
    {"a: b\n",
     "1:1: error: `schema file` needs `schema`\n"
     "1:1: error: `schema file` needs `version`\n"
     "1:1: error: `schema file` needs `fields`\n"
     "1:1: error: `schema file` needs `time`\n"
     "1:1: error: `schema file` needs `subjects`\n"
     "1:1: error: unknown key `a` in `schema file`",
     false},
    {"schema: s\nversion: 1\nversion: 2\n" TIME SUBJECTS FIELDS,
     "3:1: error: `version` is listed twice: first in line 2", false},
    {"schema: a b\nversion: 0\n" TIME SUBJECTS FIELDS,
     "1:9: error: `schema` must be a name of at most 64 letters, digits, `_`, `-` and `.`\n"
     "2:10: error: `version` must be a whole number from 1 to 4294967295",
     false},
    {HEAD "mach: {topic: t}\nstatistics: 1\n" TIME SUBJECTS FIELDS,
     "3:1: error: unknown key `mach` in `schema file` [match]\n"
     "4:1: error: `statistics` of `schema file` is not in this version",
     false},
    /* categories */
    {HEAD TIME SUBJECTS FIELDS "  a: device.imie\n  b: zzz\n  c: device\n  d: [x]\n  e:\n",
     "8:6: error: unknown category `device.imie` [device.imei]\n"
     "9:6: error: unknown category `zzz`\n"
     "10:6: error: `device` is a group of categories: name one of them\n"
     "11:6: error: `category` must be a text\n"
     "12:3: error: `category` must be a text",
     false},
    {HEAD TIME SUBJECTS "fields: [ts]\n",
     "3:15: error: `time.field` names `ts`, which `fields` does not list\n"
     "4:12: error: `subjects` names `id`, which `fields` does not list\n"
     "5:9: error: `fields` must be a mapping of keys to values",
     false},
    {HEAD TIME SUBJECTS "fields: {}\n",
     "3:15: error: `time.field` names `ts`, which `fields` does not list\n"
     "4:12: error: `subjects` names `id`, which `fields` does not list\n"
     "5:9: error: `fields` lists nothing",
     false},
    /* paths */
    {HEAD TIME SUBJECTS FIELDS "  a..b: text.free\n  '[].a': text.free\n  a[0]: text.free\n"
                               "  '\"a': text.free\n",
     "8:3: error: `a..b` is not a path: a name is missing\n"
     "9:3: error: `[].a` is not a path: a path begins with a name\n"
     "10:3: error: `a[0]` is not a path: names are joined by dots, and `[]` is the only bracket\n"
     "11:3: error: `\"a` is not a path: a double quote is missing",
     false},
    {HEAD TIME SUBJECTS FIELDS "  a.b: text.free\n  a.b: text.free\n",
     "9:3: error: `a.b` is listed twice: first in line 8", false},
    {HEAD TIME SUBJECTS FIELDS "  a.b: text.free\n  '\"a\".b': text.free\n  'a.\"b\"': zzz\n",
     "9:3: error: `\"a\".b` is the same path as `a.b` in line 8\n"
     "10:3: error: `a.\"b\"` is the same path as `a.b` in line 8\n"
     "10:12: error: unknown category `zzz`",
     false},
    {HEAD TIME SUBJECTS FIELDS "  a: text.free\n  a.b: text.free\n  a[]: text.free\n"
                               "  c.d: text.free\n  c: text.free\n",
     "9:3: error: `a.b` is inside `a`, which line 8 lists as a value\n"
     "10:3: error: `a[]` is inside `a`, which line 8 lists as a value\n"
     "12:3: error: `c` is listed as a value, and paths in it are listed from line 11 on",
     false},
    /* time */
    {HEAD "time: ts\n" SUBJECTS FIELDS, "3:7: error: `time` must be a mapping of keys to values",
     false},
    {HEAD "time: {format: unix_sm, feild: ts}\n" SUBJECTS FIELDS,
     "3:7: error: `time` needs `field`\n"
     "3:16: error: `time.format` must be one of `auto`, `unix_s`, `unix_ms`, `unix_us`, "
     "`unix_ns`, `rfc3339` [unix_s]\n"
     "3:25: error: unknown key `feild` in `time` [field]",
     false},
    {HEAD "time: {field: t, format: unix_ms, fallback: clock, skew: 8d}\n" SUBJECTS FIELDS,
     "3:15: error: `time.field` names `t`, which `fields` does not list\n"
     "3:45: error: `time.fallback` must be `message`\n"
     "3:58: error: `time.skew` must be at most 7d",
     false},
    {HEAD "time: {field: id, format: rfc3339, skew: 5}\n" SUBJECTS FIELDS,
     "3:15: error: the time `id` is of category `account.user_id`, not of `time.*`\n"
     "3:42: error: `time.skew` must be a duration: a whole number and one of ms, s, m, h, d, w, "
     "such as 60s",
     false},
    {HEAD "time: {field: 'ts[].at', format: auto}\n" SUBJECTS
          "fields: {'ts[].at': time.event, id: account.user_id}\n",
     "3:15: error: the time `ts[].at` is in an array: there must be one", false},
    /* subjects and vetoes */
    {HEAD TIME "subjects: []\n" FIELDS,
     "4:1: warning: no subjects: no consent can be found for a record of this schema", true},
    {HEAD TIME "subjects: id\n" FIELDS, "4:11: error: `subjects` must be a list, such as [a, b]",
     false},
    {HEAD TIME "subjects: [device.idd, device, 'a..b', 3.x, [a]]\n" FIELDS
               "  device.id: device.idfv\n",
     "4:12: error: `subjects` names `device.idd`, which `fields` does not list [device.id]\n"
     "4:24: error: `subjects` names `device`, which `fields` does not list as a value: it is a "
     "container\n"
     "4:32: error: `a..b` is not a path: a name is missing\n"
     "4:40: error: `subjects` names `3.x`, which `fields` does not list\n"
     "4:45: error: `subjects` must be a text",
     false},
    {HEAD TIME SUBJECTS "vetoes: [model, ts, id, '\"id\"', im, im]\n" FIELDS
                        "  model: device.model\n  im: device.imei\n",
     "5:10: error: `model` in `vetoes` is of category `device.model`, which is no identifier\n"
     "5:17: error: `ts` in `vetoes` is of category `time.event`, which is no identifier\n"
     "5:21: error: `id` is a subject or a veto already\n"
     "5:25: error: `id` is a subject or a veto already\n"
     "5:37: error: `im` is a subject or a veto already",
     false},
    {HEAD TIME "subjects: [id, a, b, c, d]\nvetoes: [e, f, g, h]\n" FIELDS
               "  a: device.imei\n  b: device.imei\n  c: device.imei\n  d: device.imei\n"
               "  e: device.imei\n  f: device.imei\n  g: device.imei\n  h: device.imei\n",
     "5:19: error: more than 8 subjects and vetoes", false},
    /* signals */
    {HEAD TIME SUBJECTS "signals: [gpc]\n" FIELDS,
     "5:10: error: `signals` must be a mapping of keys to values", false},
    {HEAD TIME SUBJECTS
     "signals: {gpc: optout, b: {name: 'x y', means: opt_in}, c: {nane: d}, ts.x: opt_in}\n" FIELDS,
     "5:16: error: `means` must be one of `opt_out`, `opt_in` [opt_out]\n"
     "5:34: error: `name` must be a name of at most 64 letters, digits, `_`, `-` and `.`\n"
     "5:60: error: `signal` needs `means`\n"
     "5:61: error: unknown key `nane` in `signal` [name]\n"
     "5:71: error: `ts.x` is inside `ts`, which line 7 lists as a value",
     false},
    {HEAD TIME SUBJECTS
     "signals: {'a[].b': opt_out, '\"c\"': opt_in, 'c': opt_in, '..': opt_in}\n" FIELDS,
     "5:11: error: `a[].b` is no name for a signal: write {name: NAME, means: opt_out}\n"
     "5:29: error: `\"c\"` is no name for a signal: write {name: NAME, means: opt_in}\n"
     "5:44: error: `c` is the same path as `\"c\"` in line 5\n"
     "5:57: error: `..` is not a path: a name is missing",
     false},
    /* match */
    {HEAD TIME SUBJECTS "match: {}\n" FIELDS,
     "5:8: error: `match` needs `topic`, or `field` and `equals`", false},
    {HEAD TIME SUBJECTS "match: {field: type}\n" FIELDS, "5:8: error: `match` needs `equals`",
     false},
    {HEAD TIME SUBJECTS "match: {equals: type, topik: x}\n" FIELDS,
     "5:8: error: `match` needs `field`\n"
     "5:23: error: unknown key `topik` in `match` [topic]",
     false},
    {HEAD TIME SUBJECTS "match: {topic: 'a b', field: 'x[].y', equals: [z]}\n" FIELDS,
     "5:16: error: `match.topic` must be a topic's name: at most 249 letters, digits, `_`, `-`, "
     "`.`\n"
     "5:30: error: `match.field` `x[].y` is in an array: there must be one\n"
     "5:47: error: `match.equals` must be a text",
     false},
    {HEAD TIME SUBJECTS "match: {topic: ..}\n" FIELDS,
     "5:16: error: `match.topic` must be a topic's name: at most 249 letters, digits, `_`, `-`, "
     "`.`",
     false},
    {HEAD TIME SUBJECTS "match: {field: 'x..y', equals: z}\n" FIELDS,
     "5:16: error: `x..y` is not a path: a name is missing", false},
    {HEAD TIME SUBJECTS "match: {field: dev, equals: 5}\n" FIELDS "  dev.x: device.model\n",
     "5:16: error: `dev` is listed as a value, and paths in it are listed from line 9 on", false},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct fixture fixture;
        begin(&fixture);
        struct schema *schema = parse(&fixture, faults[i].text);
        expect_digest(&fixture.diagnostics, faults[i].text, faults[i].expected);
        assert_true(faults[i].loads == (schema != NULL));
        end(&fixture);
    }
}

static struct buffer many_fields(unsigned count)
{
    struct buffer text;
    buffer_init(&text, 4 * 1024 * 1024);
    buffer_append_string(&text, HEAD TIME SUBJECTS FIELDS);
    for (unsigned i = 0; i < count; i++)
        buffer_append_format(&text, "  f%u: device.model\n", i);
    return text;
}

static void test_many_fields(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct buffer text = many_fields(FIELD_LIMIT - 3);
    struct schema *schema = schema_parse(EXPECT_FILE, buffer_slice(&text), &fixture.arena,
                                         &fixture.signals, &fixture.diagnostics);
    expect_digest(&fixture.diagnostics, "all fields", "");
    assert_non_null(schema);
    assert_int_equal(schema->field_count, FIELD_LIMIT);
    for (unsigned i = 0; i < FIELD_LIMIT - 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%u", i);
        assert_int_equal(schema_child(schema, FIELD_ROOT, slice_from_string(name)), i + 3);
    }
    assert_int_equal(schema_child(schema, FIELD_ROOT, SLICE("f4093")), FIELD_NONE);
    buffer_release(&text);
    end(&fixture);

    begin(&fixture);
    text = many_fields(100000);
    schema = schema_parse(EXPECT_FILE, buffer_slice(&text), &fixture.arena, &fixture.signals,
                          &fixture.diagnostics);
    expect_digest(&fixture.diagnostics, "too many fields",
                  "4101:3: error: more than 4095 fields and containers in one schema");
    assert_null(schema);
    buffer_release(&text);
    end(&fixture);
}

static void test_signal_limits(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct buffer text;
    buffer_init(&text, 10000);
    buffer_append_string(&text, HEAD TIME SUBJECTS FIELDS "signals:\n");
    for (unsigned i = 0; i < SIGNAL_LIMIT + 1; i++)
        buffer_append_format(&text, "  s%u: opt_out\n", i);
    assert_null(schema_parse(EXPECT_FILE, buffer_slice(&text), &fixture.arena, &fixture.signals,
                             &fixture.diagnostics));
    expect_digest(&fixture.diagnostics, "17 signals", "25:3: error: more than 16 signals");
    assert_int_equal(fixture.signals.count, SIGNAL_LIMIT);
    assert_int_equal(signal_number(&fixture.signals, SLICE("s3")), 3);
    assert_int_equal(signal_number(&fixture.signals, SLICE("new")), -1);
    diagnostics_release(&fixture.diagnostics);
    assert_null(parse(&fixture, HEAD TIME SUBJECTS "signals: {new: opt_in}\n" FIELDS));
    expect_digest(&fixture.diagnostics, "a signal too many",
                  "5:11: error: more than 16 signals in all schemas");
    buffer_release(&text);
    end(&fixture);
}

static void test_full_arena(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    unsigned failures = 0;
    for (size_t limit = 0; limit < 40000; limit += 311) {
        struct arena arena;
        arena_init(&arena, limit);
        unsigned errors = fixture.diagnostics.errors;
        struct signal_names signals = {0};
        struct schema *schema = schema_parse(EXPECT_FILE, slice_from_string(good), &arena, &signals,
                                             &fixture.diagnostics);
        assert_true((schema == NULL) == (fixture.diagnostics.errors > errors));
        failures += schema == NULL;
        arena_release(&arena);
    }
    assert_true(failures > 10);
    end(&fixture);
}

struct pair {
    const char *a, *b;
    const char *expected;
};

#define REST TIME SUBJECTS FIELDS

static const struct pair pairs[] = {
    {"schema: a\nversion: 1\nmatch: {topic: x}\n" REST,
     "schema: b\nversion: 1\nmatch: {topic: y}\n" REST, ""},
    {"schema: a\nversion: 1\nmatch: {topic: x}\n" REST,
     "schema: a\nversion: 1\nmatch: {topic: y}\n" REST,
     "1:9: error: a schema `a` is there already, in t.yaml:1"},
    {"schema: a\nversion: 1\nmatch: {field: t, equals: x}\n" REST,
     "schema: b\nversion: 1\nmatch: {field: '\"t\"', equals: y}\n" REST, ""},
    {"schema: a\nversion: 1\nmatch: {topic: x, field: t, equals: x}\n" REST,
     "schema: b\nversion: 1\nmatch: {topic: x, field: t, equals: y}\n" REST, ""},
    {"schema: a\nversion: 1\nmatch: {topic: x}\n" REST,
     "schema: b\nversion: 1\nmatch: {topic: x}\n" REST,
     "1:9: error: a record could match both `b` and `a` (t.yaml:1): tell them apart in `match` by "
     "topic, or by `equals` of one field"},
    {"schema: a\nversion: 1\n" REST, "schema: b\nversion: 1\nmatch: {topic: x}\n" REST,
     "1:9: error: a record could match both `b` and `a` (t.yaml:1): tell them apart in `match` by "
     "topic, or by `equals` of one field"},
    {"schema: a\nversion: 1\nmatch: {topic: x}\n" REST,
     "schema: b\nversion: 1\nmatch: {field: t, equals: y}\n" REST,
     "1:9: error: a record could match both `b` and `a` (t.yaml:1): tell them apart in `match` by "
     "topic, or by `equals` of one field"},
    {"schema: a\nversion: 1\nmatch: {field: t, equals: x}\n" REST,
     "schema: b\nversion: 1\nmatch: {field: u, equals: y}\n" REST,
     "1:9: error: a record could match both `b` and `a` (t.yaml:1): tell them apart in `match` by "
     "topic, or by `equals` of one field"},
    {"schema: a\nversion: 1\nmatch: {field: x.t, equals: x}\n" REST,
     "schema: b\nversion: 1\nmatch: {field: t, equals: y}\n" REST,
     "1:9: error: a record could match both `b` and `a` (t.yaml:1): tell them apart in `match` by "
     "topic, or by `equals` of one field"},
    {"schema: a\nversion: 1\nmatch: {field: t, equals: x}\n" REST,
     "schema: b\nversion: 1\nmatch: {field: t, equals: 'x'}\n" REST,
     "1:9: error: a record could match both `b` and `a` (t.yaml:1): tell them apart in `match` by "
     "topic, or by `equals` of one field"},
};

static void test_together(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct fixture fixture;
        begin(&fixture);
        struct schema *schemas[] = {parse(&fixture, pairs[i].a), parse(&fixture, pairs[i].b)};
        assert_non_null(schemas[0]);
        assert_non_null(schemas[1]);
        schemas_check_together(schemas, 2, &fixture.diagnostics);
        expect_digest(&fixture.diagnostics, pairs[i].b, pairs[i].expected);
        end(&fixture);
    }
}

static void test_load_of_absent_file(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    assert_null(schema_load(EXPECT_FILE, &fixture.arena, &fixture.signals, &fixture.diagnostics));
    expect_digest(&fixture.diagnostics, "absent", " error: cannot be read: there is no such thing");
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_schema),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_path_round_trip),
        cmocka_unit_test(test_path_limits),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_many_fields),
        cmocka_unit_test(test_signal_limits),
        cmocka_unit_test(test_full_arena),
        cmocka_unit_test(test_together),
        cmocka_unit_test(test_load_of_absent_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
