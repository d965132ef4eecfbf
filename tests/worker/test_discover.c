/*
 * Drafts: those of generated captures are schemas, and propose what the shipped schemas list; none
 * shows a value or a name that is one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/generate.h"
#include "schemas/schema.h"
#include "worker/discover.h"
#include "worker/discover_name.h"
#include "worker/discover_propose.h"

enum { TEXT_LIMIT = 64 * 1024 * 1024 };

static const struct discover_options plain = {{"mine", 4}, {NULL, 0}};

/* The draft of records that stand one on a line, as a string of the arena. */
static struct slice draft_of(struct arena *arena, struct slice text,
                             struct discover_options options)
{
    struct discovery *discovery;
    struct buffer out;
    assert_int_equal(discovery_new(&discovery), RC_OK);
    while (text.length > 0)
        discovery_add(discovery, slice_cut(&text, '\n'));
    buffer_init(&out, TEXT_LIMIT);
    discovery_write(discovery, &options, &out);
    assert_int_equal(buffer_status(&out), RC_OK);
    struct slice copy = arena_copy(arena, buffer_slice(&out));
    assert_non_null(copy.data);
    buffer_release(&out);
    discovery_free(discovery);
    return copy;
}

static struct slice draft_of_string(struct arena *arena, const char *text)
{
    return draft_of(arena, slice_from_string(text), plain);
}

static bool holds(struct slice draft, const char *text)
{
    return slice_find(draft, slice_from_string(text)) < draft.length;
}

static struct schema *parsed(struct arena *arena, struct slice draft)
{
    struct signal_names signals = {0};
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct schema *schema = schema_parse("draft", draft, arena, &signals, &diagnostics);
    if (!schema) {
        struct buffer messages;
        buffer_init(&messages, 1 << 16);
        diagnostics_write(&diagnostics, &messages);
        print_message("%.*s\n", SLICE_FORMAT(buffer_slice(&messages)));
        buffer_release(&messages);
    }
    diagnostics_release(&diagnostics);
    return schema;
}

static struct schema *shipped(struct arena *arena, const char *name)
{
    struct signal_names signals = {0};
    struct diagnostics diagnostics;
    char path[512];
    snprintf(path, sizeof path, "%s/schemas/shipped/%s.yaml", LETHE_SOURCE_DIR, name);
    diagnostics_init(&diagnostics);
    struct schema *schema = schema_load(path, arena, &signals, &diagnostics);
    assert_non_null(schema);
    diagnostics_release(&diagnostics);
    return schema;
}

static struct slice generated(struct arena *arena, enum generate_schema schema, uint64_t seed)
{
    struct generate_options options = {.schema = schema,
                                       .count = 2000,
                                       .bytes = GENERATE_NO_END,
                                       .seed = seed,
                                       .start = INT64_C(1795507200000)};
    int descriptor = memfd_create("capture", MFD_CLOEXEC);
    uint64_t bytes;
    assert_true(descriptor >= 0);
    assert_int_equal(generate_write(&options, descriptor, &bytes), RC_OK);
    char *text = arena_allocate(arena, bytes, 1);
    assert_int_equal(pread(descriptor, text, bytes, 0), (ssize_t)bytes);
    close(descriptor);
    return slice_of(text, bytes);
}

/* The stricter the kind, the lower: KIND_FORBIDDEN is nothing at all. Identifiers leave as
 * pseudonyms; what is reduced or scrubbed comes next; what is kept is last. */
static int leniency(enum category category)
{
    switch (category_info(category)->kind) {
    case KIND_FORBIDDEN:
        return 0;
    case KIND_IDENTIFIER:
        return 1;
    case KIND_IP:
    case KIND_URL:
    case KIND_PATH:
    case KIND_POSITION:
    case KIND_TEXT:
    case KIND_STACK:
        return 2;
    default:
        return 3;
    }
}

static void test_drafts_agree_with_the_shipped_schemas(void **state)
{
    (void)state;
    for (int kind = 0; kind < GENERATE_MIXED; kind++) {
        const char *name = generate_schema_name((enum generate_schema)kind);
        struct arena arena;
        unsigned leaves = 0, right = 0, stricter = 0, missing = 0;
        arena_init(&arena, TEXT_LIMIT);
        struct slice text = generated(&arena, (enum generate_schema)kind, 11);
        struct schema *draft = parsed(&arena, draft_of(&arena, text, plain));
        struct schema *schema = shipped(&arena, name);
        assert_non_null(draft);
        for (size_t i = 0; i < schema->field_count; i++) {
            const struct field *field = &schema->fields[i];
            if (field->category == CATEGORY_NONE)
                continue;
            leaves++;
            uint16_t number = schema_field(draft, field->path);
            enum category proposed =
                number == FIELD_NONE ? CATEGORY_NONE : draft->fields[number].category;
            right += proposed == field->category;
            missing += proposed == CATEGORY_NONE;
            if (proposed == CATEGORY_NONE || proposed == field->category)
                continue;
            if (leniency(proposed) > leniency(field->category))
                fail_msg("%s: %s is proposed, but it is %s", field->path.data,
                         category_info(proposed)->name, category_info(field->category)->name);
            stricter++;
        }
        print_message("%s: %u of %u leaves right, %u of another category, %u left out\n", name,
                      right, leaves, stricter, missing);
        assert_true(right * 100 >= leaves * 80);
        assert_true(slice_equal(draft->fields[draft->time_field].path,
                                schema->fields[schema->time_field].path));
        assert_int_equal(draft->time_format, schema->time_format);
        assert_int_equal(draft->subject_count, 1);
        assert_true(slice_equal(draft->fields[draft->subjects[0]].path,
                                schema->fields[schema->subjects[0]].path));
        assert_int_equal(draft->signal_count, schema->signal_count);
        arena_release(&arena);
    }
}

/* A word of the format too, such as "connected", which is also the name of a member. */
static bool is_one_word(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] < 'a' || text.data[i] > 'z')
            return false;
    }
    return true;
}

/* No value of eight bytes or more stands in the draft. */
static void look_for_values(const struct json_value *value, struct slice draft)
{
    bool scalar = value->type == JSON_STRING || value->type == JSON_NUMBER;
    if (scalar && value->text.length >= 8 && !is_one_word(value->text) &&
        slice_find(draft, value->text) < draft.length)
        fail_msg("a value stands in the draft: %.*s", SLICE_FORMAT(value->text));
    for (const struct json_value *child = value->first; child; child = child->next)
        look_for_values(child, draft);
}

static void test_no_value_of_a_capture_is_shown(void **state)
{
    (void)state;
    for (int kind = 0; kind < GENERATE_MIXED; kind++) {
        struct arena arena, record;
        arena_init(&arena, TEXT_LIMIT);
        arena_init(&record, 1 << 20);
        struct slice text = generated(&arena, (enum generate_schema)kind, 12);
        struct slice draft = draft_of(&arena, text, plain);
        struct slice rest = text;
        while (rest.length > 0) {
            arena_reset(&record);
            const struct json_value *value = json_parse(&record, slice_cut(&rest, '\n'), 32, NULL);
            assert_non_null(value);
            look_for_values(value, draft);
        }
        arena_release(&record);
        arena_release(&arena);
    }
}

static void append_record(struct buffer *text, unsigned i)
{
    /* Canaries as values of all types, and as names: of maps of many, of ids, of what is rare. */
    buffer_append_format(
        text,
        "{\"ts\":17673230%05u,\"user_id\":\"canaryuser%u\",\"name\":\"CANARY value %u\","
        "\"flag\":true,\"city\":\"canarycity\",\"one\":\"canaryonce\",\"weight\":987654321,"
        "\"people\":{\"canary%c%c\":{\"age\":%u},\"canary%c%c\":{\"age\":1}},"
        "\"ids\":{\"104829%05u\":1,\"plain\":2},\"mail\":{\"canary@example.com\":true},"
        "\"hex\":{\"4eadbeefcanary0\":1},\"deep\":{\"list\":[{\"canary%c%cq\":[\"canary\"]}]}",
        i, i, i, 'a' + i % 26, 'a' + i / 26 % 26, i, 'b' + i % 25, 'z' - i / 26 % 26, i,
        'a' + i % 26, 'a' + i / 26 % 26);
    if (i == 17)
        buffer_append_string(text, ",\"canaryrare\":1,\"sub\":{\"canaryrare\":\"x\"}");
    buffer_append_string(text, "}\n");
}

static bool holds_canary(struct slice draft)
{
    for (size_t i = 0; i + 6 <= draft.length; i++) {
        if (slice_equal_ignoring_case(slice_of(draft.data + i, 6), SLICE("canary")))
            return true;
    }
    return false;
}

static void test_canaries(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer text;
    arena_init(&arena, TEXT_LIMIT);
    buffer_init(&text, TEXT_LIMIT);
    for (unsigned i = 0; i < 600; i++)
        append_record(&text, i);
    struct slice draft = draft_of(&arena, buffer_slice(&text), plain);
    if (holds_canary(draft))
        print_message("%.*s\n", SLICE_FORMAT(draft));
    assert_false(holds_canary(draft));
    assert_false(holds(draft, "987654321"));
    assert_false(holds(draft, "104829"));
    assert_true(holds(draft, "people.{...}: names look like data; not listed"));
    assert_true(holds(draft, "ids.{...}: names look like data; not listed"));
    assert_true(holds(draft, "mail.{...}: "));
    assert_true(holds(draft, "in one record only; not listed"));
    assert_false(holds(draft, "plain"));
    assert_non_null(parsed(&arena, draft));
    /* The check can fail: names that are no data are shown. */
    assert_true(holds_canary(draft_of_string(&arena, "{\"canary\":1}")));
    buffer_release(&text);
    arena_release(&arena);
}

static void test_names_that_are_data(void **state)
{
    (void)state;
    static const char *const data[] = {
        "",
        "zhang@example.com",
        "12345",
        "u10482913",
        "deadbeef01",
        "a1b2c3d4e5f60718",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "13800138000",
        "192.0.2.17",
        "00:1f:3a:4b:5c:6d",
        "https://example.com/x",
        "/home/zhang",
        "line\nbreak",
        "tab\there",
        "quote\"d",
        "back\\slash",
        "AKIAIOSFODNN7EXAMPLE",
        "it's",
        "\xe2\x80\xae"
        "evil",
        "oX5f2a9c1bKd8eQ7zR3tY6w",
        "a_name_that_is_longer_than_any_developer_would_like_to_type_twice",
        "\xef\xbc\x91\xef\xbc\x92",
        "2026-01-02",
        "eyJhbGciOiJIUzI1NiJ9",
        "what a person might write here"};
    static const char *const names[] = {
        "ts",    "user_id", "userId",     "app.version", "x86_64", "utm_source",   "$browser",
        "ipv4",  "md5",     "手机号",     "sha256",      "p95",    "Content-Type", "is first",
        "größe", "a",       "HTTPStatus", "x0",          "deface", "facade"};
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
        if (!discover_name_is_data(slice_from_string(data[i])))
            fail_msg("taken for a name: %s", data[i]);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (discover_name_is_data(slice_from_string(names[i])))
            fail_msg("taken for data: %s", names[i]);
    }
}

/* What a name, alone or with what stands above it, and a value lead to. */
static void test_proposals(void **state)
{
    (void)state;
    static const struct {
        const char *record, *line; /* the path and category, spaces between them collapsed */
    } cases[] = {
        {"{\"deviceId\":\"x7\"}", "deviceId: device.installation"},
        {"{\"IMEI\":\"490154203237518\"}", "IMEI: device.imei"},
        {"{\"client\":{\"ip\":\"203.0.113.9\"}}", "client.ip: network.ip"},
        {"{\"user\":{\"name\":\"Li Si\"}}", "user.name: civil.name"},
        {"{\"sdk\":{\"name\":\"a.b\"}}", "sdk.name: app.id"},
        {"{\"手机号\":\"13800138000\"}", "'手机号': account.phone"},
        {"{\"用户邮箱\":\"a@example.com\"}", "'用户邮箱': account.email"},
        {"{\"accessToken\":\"abc\"}", "accessToken: secret.token"},
        {"{\"homeAddress\":\"1 Road\"}", "homeAddress: civil.address"},
        {"{\"geo\":{\"lat\":1.5}}", "geo.lat: place.latitude"},
        {"{\"osVersion\":\"14.1\"}", "osVersion: device.os_version"},
        {"{\"whatever\":\"zhang@example.com\"}", "whatever: account.email"},
        {"{\"whatever\":\"https://example.com/a?b=c\"}", "whatever: web.url"},
        {"{\"whatever\":\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\"}", "whatever: usage.session"},
        {"{\"whatever\":\"some words of text\"}", "whatever: text.free"},
        {"{\"whatever\":\"2026-01-02T03:04:05Z\"}", "whatever: time.other"},
        {"{\"whatever\":\"11010519491231002X\"}", "whatever: civil.id_number"},
        {"{\"whatever\":4111111111111111}", "whatever: money.account"},
        /* A name that would let it leave does not outweigh what the values are. */
        {"{\"model\":\"zhang@example.com\"}", "model: account.email"},
        {"{\"event\":\"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMDAwMSJ9.c2lnbmF0dXJlLWV4YW1wbGU\"}",
         "event: secret.token"},
        {"{\"title\":\"11010519491231002X\"}", "title: civil.id_number"},
        /* What is unclear is left out. */
        {"{\"zork\":17}", "# zork: number, always; unsure: nothing in its name is known"},
        {"{\"zork\":null}", "# zork: null, always; unsure: only null was seen"},
        {"{\"zork\":1767323045}", "# zork: number, always; unsure: could be times"},
        {"{\"duration\":\"fast\"}", "# duration: string, always; unsure: no value is fit"},
        {"{\"zork\":\"s=0123456789abcdef0123456789abcdef;i=1\"}",
         "# zork: string, always; unsure: values: something that identifies in 1 of 1"},
        {"{\"SYSLOG_IDENTIFIER\":\"kernel\"}", "SYSLOG_IDENTIFIER: log.tag"},
        {"{\"zork\":[]}", "# zork: array; always empty"},
        {"{\"a.b\":{\"ip\":\"192.0.2.1\"}}", "'\"a.b\".ip': network.ip"},
        {"{\"it\":{\"y\":1.5,\"no\":{\"model\":\"X\"}}}", "it.no.model: device.model"},
        {"{\"null\":{}}", "# 'null': object; always empty"},
    };
    struct arena arena;
    arena_init(&arena, TEXT_LIMIT);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice draft = draft_of_string(&arena, cases[i].record);
        char *single = arena_string(&arena, draft);
        size_t length = 0;
        for (size_t j = 0; j < draft.length; j++) {
            if (single[j] != ' ' || length == 0 || single[length - 1] != ' ')
                single[length++] = single[j];
        }
        if (!holds(slice_of(single, length), cases[i].line))
            fail_msg("%s: there is no `%s` in\n%.*s", cases[i].record, cases[i].line, (int)length,
                     single);
    }
    arena_release(&arena);
}

static void test_what_is_to_choose_is_said(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, TEXT_LIMIT);
    struct slice draft = draft_of_string(&arena, "{\"model\":\"X\"}");
    assert_true(holds(draft, "STILL TO CHOOSE: `time` and `subjects`"));
    assert_null(parsed(&arena, draft));
    draft = draft_of_string(&arena, "{\"a\":{\"ts\":1767323045},\"b\":{\"ts\":1767323045},"
                                    "\"user_id\":\"u\",\"model\":\"X\"}");
    assert_true(holds(draft, "STILL TO CHOOSE: `time`."));
    assert_true(holds(draft, "# time: {field: a.ts, format: unix_s}   # to choose"));
    assert_true(holds(draft, "# time: {field: b.ts, format: unix_s}   # to choose"));
    draft = draft_of_string(&arena, "{\"ts\":1767323045123,\"user_id\":\"u\",\"model\":\"X\"}");
    assert_false(holds(draft, "STILL TO CHOOSE"));
    struct schema *schema = parsed(&arena, draft);
    assert_non_null(schema);
    assert_int_equal(schema->time_format, TIME_FORMAT_UNIX_MS);
    arena_release(&arena);
}

/* Names that mean something in YAML or in a path come out as names. */
static void test_names_are_quoted(void **state)
{
    (void)state;
    static const char *const names[] = {
        "a b",  "$x",    "#x",     "x #y", "k: v", ": y",  "- z", "-",   "[]",  "[x]",
        "a[0]", " lead", "trail ", "true", "No",   "null", "1",   "1.5", "a.b", ".",
        "+",    "()",    "名.字",  "a/b",  "x:",   "y#",   "_",   "..",
    };
    struct arena arena;
    arena_init(&arena, TEXT_LIMIT);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buffer text;
        buffer_init(&text, 4096);
        buffer_append_format(&text,
                             "{\"ts\":1767323045123,\"user_id\":\"u\",\"%s\":{\"%s\":{\"city\":"
                             "\"X\"}},\"l\":[{\"%s\":[{\"city\":\"X\"}]}]}",
                             names[i], names[i], names[i]);
        struct slice draft = draft_of(&arena, buffer_slice(&text), plain);
        struct schema *schema = parsed(&arena, draft);
        assert_non_null(schema);
        uint16_t node = schema_child(schema, FIELD_ROOT, slice_from_string(names[i]));
        assert_int_not_equal(node, FIELD_NONE);
        node = schema_child(schema, node, slice_from_string(names[i]));
        assert_int_not_equal(node, FIELD_NONE);
        node = schema_child(schema, node, SLICE("city"));
        assert_int_equal(schema->fields[node].category, CATEGORY_PLACE_CITY);
        buffer_release(&text);
    }
    arena_release(&arena);
}

static void test_topic_and_bad_lines(void **state)
{
    (void)state;
    struct arena arena;
    struct discover_options options = {SLICE("mine"), SLICE("events.mine")};
    arena_init(&arena, TEXT_LIMIT);
    struct slice draft = draft_of(&arena,
                                  SLICE("{\"ts\":1767323045123,\"user_id\":\"u\"}\n"
                                        "{\"ts\":\nnot json\n[1]\n17\n{\"a\":1,\"a\":2}\n"),
                                  options);
    assert_true(holds(draft, "# 5 lines could not be read as a record."));
    assert_true(holds(draft, "match: {topic: 'events.mine'}"));
    struct schema *schema = parsed(&arena, draft);
    assert_non_null(schema);
    assert_true(slice_equal(schema->match_topic, options.topic));
    assert_true(slice_equal(schema->name, options.name));
    arena_release(&arena);
}

/* A record of many members that are always there is wide, no map; one whose members come and go is
 * a map; more paths than the limit are counted. */
static void test_limits(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer text;
    arena_init(&arena, TEXT_LIMIT);
    buffer_init(&text, TEXT_LIMIT);
    for (unsigned record = 0; record < 5; record++) {
        buffer_append_string(&text, "{\"model\":\"X\",\"ok\":true");
        for (unsigned i = 0; i < 100; i++)
            buffer_append_format(&text, ",\"col_%c%c\":%s", 'a' + i / 26, 'a' + i % 26,
                                 i % 2 ? "\"x y\"" : "1");
        buffer_append_string(&text, "}\n");
    }
    struct slice draft = draft_of(&arena, buffer_slice(&text), plain);
    assert_true(holds(draft, "col_dv"));
    assert_false(holds(draft, "names look like data"));
    buffer_reset(&text);
    for (unsigned record = 0; record < 40; record++) {
        buffer_append_format(&text, "{\"top_%c%c\":{", 'a' + record / 26, 'a' + record % 26);
        for (unsigned i = 0; i < 300; i++)
            buffer_append_format(&text, "%s\"n%c%c%c\":[{\"v\":1}]", i ? "," : "", 'a' + i / 26,
                                 'a' + i % 26, 'a' + record % 26);
        buffer_append_string(&text, "}}\n");
    }
    draft = draft_of(&arena, buffer_slice(&text), plain);
    assert_true(holds(draft, "members were not looked at"));
    assert_false(holds(draft, "naaa"));
    buffer_release(&text);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drafts_agree_with_the_shipped_schemas),
        cmocka_unit_test(test_no_value_of_a_capture_is_shown),
        cmocka_unit_test(test_canaries),
        cmocka_unit_test(test_names_that_are_data),
        cmocka_unit_test(test_proposals),
        cmocka_unit_test(test_what_is_to_choose_is_said),
        cmocka_unit_test(test_names_are_quoted),
        cmocka_unit_test(test_topic_and_bad_lines),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
