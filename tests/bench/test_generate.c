/*
 * Generated captures: every record decodes under its shipped schema, the listed paths occur, values
 * are of their categories' forms, the same seed gives the same bytes, consent matches the people.
 */
#include <fcntl.h>
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
#include "bench/generate_values.h"
#include "consent/message.h"
#include "core/file.h"
#include "core/json_document.h"
#include "ingest/decoder.h"

#define START INT64_C(1795507200000) /* 2026-11-24T08:00:00Z */

enum { RECORDS = 1000, TEXT_LIMIT = 64 * 1024 * 1024 };

static struct generate_options usual(enum generate_schema schema)
{
    return (struct generate_options){.schema = schema,
                                     .count = RECORDS,
                                     .bytes = GENERATE_NO_END,
                                     .seed = 7,
                                     .start = START,
                                     .subjects = 500};
}

/* What was written, in memory of the arena. */
static struct slice output(struct arena *arena, const struct generate_options *options,
                           enum rc (*write_all)(const struct generate_options *, int, uint64_t *))
{
    int descriptor = memfd_create("capture", MFD_CLOEXEC);
    uint64_t bytes = 0;
    assert_true(descriptor >= 0);
    assert_int_equal(write_all(options, descriptor, &bytes), RC_OK);
    char *text = arena_allocate(arena, bytes + 1, 1);
    assert_non_null(text);
    assert_int_equal(pread(descriptor, text, bytes + 1, 0), (ssize_t)bytes);
    close(descriptor);
    return slice_of(text, bytes);
}

static struct schema *shipped(struct arena *arena, struct signal_names *signals, const char *name)
{
    struct diagnostics diagnostics;
    char path[512];
    snprintf(path, sizeof path, "%s/schemas/shipped/%s.yaml", LETHE_SOURCE_DIR, name);
    diagnostics_init(&diagnostics);
    struct schema *schema = schema_load(path, arena, signals, &diagnostics);
    assert_non_null(schema);
    diagnostics_release(&diagnostics);
    return schema;
}

struct tally {
    unsigned seen[FIELD_LIMIT];
    unsigned refused[FIELD_LIMIT]; /* not of the category's form */
    unsigned records, subjects, without_subject, unlisted, late;
};

static bool is_leaf(const struct field *field)
{
    return field->category != CATEGORY_NONE || (field->roles & (ROLE_SIGNAL | ROLE_DISCRIMINATOR));
}

/* Would this value be fit to be kept, or have a canonical form? */
static bool has_its_form(enum category category, const struct raw_value *value)
{
    const struct category_info *info = category_info(category);
    char decoded[8192], memory[CANONICAL_LIMIT];
    struct slice text = value->text, id;
    if (value->flags & RAW_ESCAPED)
        text = json_decode_into(value->text, decoded, NULL);
    if (info->kind == KIND_IDENTIFIER)
        return canonical_id(category, (enum json_type)value->type, text, memory, &id) !=
               CANONICAL_UNUSABLE;
    if (info->kind == KIND_TOKEN || info->kind == KIND_NUMBER || info->kind == KIND_VERSION ||
        info->kind == KIND_BOOLEAN || info->kind == KIND_TIME)
        return value_rule_allows(&info->value, (enum json_type)value->type, text);
    return true;
}

static void count_record(struct tally *tally, const struct raw_record *record)
{
    bool seen[FIELD_LIMIT] = {0};
    const struct event_time time = decoder_event_time(record, START);
    bool subject = false;
    tally->records++;
    tally->unlisted += record->unlisted;
    assert_true(record->unlisted <= 2);
    assert_false(time.substituted);
    if (time.time < START - GENERATE_SPAN - 10 * TIME_MINUTE || time.time > START)
        tally->late++;
    for (uint32_t i = 0; i < record->count; i++) {
        const struct raw_value *value = &record->values[i];
        const struct field *field = &record->schema->fields[value->field];
        assert_int_equal(value->flags & (RAW_REFUSED_TYPE | RAW_LONE_SURROGATE), 0);
        if (!is_leaf(field))
            continue;
        seen[value->field] = true;
        subject |= (field->roles & ROLE_SUBJECT) != 0;
        if (field->category != CATEGORY_NONE && !has_its_form(field->category, value)) {
            tally->refused[value->field]++;
            print_message("%s: a value is not of the form of its category\n", field->path.data);
        }
    }
    for (size_t i = 0; i < record->schema->field_count; i++)
        tally->seen[i] += seen[i];
    tally->subjects += subject;
}

/* Decodes every line; returns how many could not be. */
static unsigned decode_all(struct slice text, struct schema *const *schemas, size_t count,
                           struct tally *tallies)
{
    struct decoder_limits limits = {512 * 1024, 32, 0};
    struct decoder *decoder;
    unsigned bad = 0;
    assert_int_equal(decoder_new(schemas, count, limits, &decoder), RC_OK);
    while (text.length > 0) {
        struct slice line = slice_cut(&text, '\n');
        struct raw_record record;
        unsigned schema = 0;
        enum quarantine_reason reason =
            decoder_decode(decoder, (struct slice){0}, line, TIME_NONE, &record, &schema, NULL);
        if (reason == QUARANTINE_NONE)
            count_record(&tallies[schema], &record);
        else
            bad++;
    }
    decoder_free(decoder);
    return bad;
}

static void test_records_are_what_the_schemas_list(void **state)
{
    (void)state;
    for (int kind = 0; kind < GENERATE_MIXED; kind++) {
        struct generate_options options = usual((enum generate_schema)kind);
        struct tally *tally = calloc(1, sizeof *tally);
        struct signal_names signals = {0};
        struct arena arena;
        unsigned leaves = 0, occurring = 0;
        arena_init(&arena, TEXT_LIMIT);
        struct slice text = output(&arena, &options, generate_write);
        struct schema *schema = shipped(&arena, &signals, generate_schema_name(options.schema));
        assert_int_equal(decode_all(text, &schema, 1, tally), 0);
        assert_int_equal(tally->records, RECORDS);
        for (size_t i = 0; i < schema->field_count; i++) {
            if (!is_leaf(&schema->fields[i]))
                continue;
            leaves++;
            occurring += tally->seen[i] > 0;
            if (tally->seen[i] == 0)
                print_message("%s never occurs\n", schema->fields[i].path.data);
            assert_int_equal(tally->refused[i], 0);
        }
        print_message("%s: %zu bytes a record, %u of %u leaves occur, %u members unlisted\n",
                      generate_schema_name(options.schema), text.length / RECORDS, occurring,
                      leaves, tally->unlisted);
        assert_true(occurring * 100 >= leaves * 95);
        assert_true(tally->subjects * 100 >= RECORDS * 90);
        assert_true(tally->unlisted > 0 && tally->unlisted < RECORDS / 5);
        assert_int_equal(tally->late, 0);
        arena_release(&arena);
        free(tally);
    }
}

static void test_mixed_and_sizes(void **state)
{
    (void)state;
    struct generate_options options = usual(GENERATE_MIXED);
    struct tally *tallies = calloc(GENERATE_MIXED, sizeof *tallies);
    struct signal_names signals = {0};
    struct arena arena;
    struct schema *schemas[GENERATE_MIXED];
    arena_init(&arena, TEXT_LIMIT);
    options.count = 20 * RECORDS;
    struct slice text = output(&arena, &options, generate_write);
    for (int i = 0; i < GENERATE_MIXED; i++)
        schemas[i] = shipped(&arena, &signals, generate_schema_name((enum generate_schema)i));
    assert_int_equal(decode_all(text, schemas, GENERATE_MIXED, tallies), 0);
    size_t average = text.length / options.count;
    print_message("mixed: %zu bytes a record\n", average);
    assert_true(average >= 700 && average <= 1000);
    assert_true(tallies[GENERATE_CLICK].records > 17 * RECORDS);
    assert_true(tallies[GENERATE_CRASH].records > RECORDS);
    assert_true(tallies[GENERATE_DEVICE].records > RECORDS / 2);
    arena_release(&arena);
    free(tallies);
}

static void test_a_seed_means_its_bytes(void **state)
{
    (void)state;
    for (int kind = 0; kind < GENERATE_SCHEMA_COUNT; kind++) {
        struct generate_options options = usual((enum generate_schema)kind);
        struct arena arena;
        arena_init(&arena, TEXT_LIMIT);
        options.envelope = kind == GENERATE_CRASH;
        options.bad = kind == GENERATE_DEVICE ? 10000 : 0;
        struct slice first = output(&arena, &options, generate_write);
        struct slice again = output(&arena, &options, generate_write);
        options.seed++;
        struct slice other = output(&arena, &options, generate_write);
        assert_true(slice_equal(first, again));
        assert_false(slice_equal(first, other));
        arena_release(&arena);
    }
}

/* Counts lines, and checks that each ends. */
static size_t lines_of(struct slice text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text.length; i++)
        lines += text.data[i] == '\n';
    assert_true(text.length == 0 || text.data[text.length - 1] == '\n');
    return lines;
}

static void test_bytes_end_a_capture(void **state)
{
    (void)state;
    struct generate_options options = usual(GENERATE_CLICK);
    struct arena arena;
    arena_init(&arena, TEXT_LIMIT);
    options.count = GENERATE_NO_END;
    options.bytes = 3000000;
    struct slice text = output(&arena, &options, generate_write);
    assert_true(text.length <= 3000000 && text.length > 2990000);
    assert_true(lines_of(text) > 3000);
    options.bytes = 10;
    assert_int_equal(output(&arena, &options, generate_write).length, 0);
    options.count = 5;
    options.bytes = 3000000;
    assert_int_equal(lines_of(output(&arena, &options, generate_write)), 5);
    arena_release(&arena);
}

static void test_bad_lines_are_bad(void **state)
{
    (void)state;
    struct generate_options options = usual(GENERATE_CLICK);
    struct tally *tally = calloc(1, sizeof *tally);
    struct signal_names signals = {0};
    struct arena arena;
    arena_init(&arena, TEXT_LIMIT);
    struct schema *schema = shipped(&arena, &signals, "click");
    options.bad = 100000;
    struct slice text = output(&arena, &options, generate_write);
    assert_int_equal(lines_of(text), RECORDS);
    unsigned bad = decode_all(text, &schema, 1, tally);
    assert_true(bad > RECORDS / 20 && bad < RECORDS / 5);
    options.bad = GENERATE_BAD_WHOLE;
    assert_int_equal(decode_all(output(&arena, &options, generate_write), &schema, 1, tally),
                     RECORDS);
    arena_release(&arena);
    free(tally);
}

static void test_envelopes(void **state)
{
    (void)state;
    struct generate_options options = usual(GENERATE_MIXED);
    struct arena arena, line_arena;
    arena_init(&arena, TEXT_LIMIT);
    arena_init(&line_arena, 1 << 20);
    options.envelope = true;
    struct slice text = output(&arena, &options, generate_write);
    while (text.length > 0) {
        struct slice line = slice_cut(&text, '\n');
        arena_reset(&line_arena);
        const struct json_value *envelope = json_parse(&line_arena, line, 16, NULL);
        uint64_t number;
        assert_non_null(envelope);
        assert_int_equal(envelope->count, 6);
        struct slice topic = json_member_text(envelope, SLICE("topic"));
        const struct json_value *value = json_member(envelope, SLICE("value"));
        assert_true(slice_starts_with(topic, SLICE("events.")));
        assert_true(slice_equal(slice_tail(topic, strlen("events.")),
                                json_member_text(value, SLICE("type"))));
        assert_true(json_member_u64(envelope, SLICE("offset"), &number));
        assert_true(json_member_u64(envelope, SLICE("timestamp"), &number));
        assert_true((int64_t)number <= START + 5 * TIME_SECOND);
    }
    arena_release(&line_arena);
    arena_release(&arena);
}

/* A set of keys of consent, sorted. */
struct key_set {
    struct slice keys[8192];
    size_t count;
};

static int compare_keys(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void test_consent_matches(void **state)
{
    (void)state;
    struct generate_options options = usual(GENERATE_CLICK);
    struct arena arena;
    struct key_set *set = calloc(1, sizeof *set);
    unsigned states[3] = {0}, erasures = 0, minors = 0, with_consent = 0, records = 0;
    static const char *const state_names[] = {"granted", "denied", "withdrawn"};
    arena_init(&arena, TEXT_LIMIT);
    struct slice text = output(&arena, &options, generate_write_consent);
    assert_true(slice_equal(text, output(&arena, &options, generate_write_consent)));
    while (text.length > 0) {
        const struct json_value *line =
            json_parse(&arena, slice_cut(&text, '\n'), CONSENT_DEPTH_LIMIT, NULL);
        assert_non_null(line);
        assert_int_equal(line->count, 2);
        struct slice key = json_member_text(line, SLICE("key"));
        const struct json_value *value = json_member(line, SLICE("value"));
        const struct json_value *operation =
            json_member(json_member(value, SLICE("purposes")), SLICE("operation"));
        struct consent_key parsed;
        uint64_t age;
        enum consent_key_result result = consent_key_parse(key, &parsed);
        assert_true(result == CONSENT_KEY_OK || result == CONSENT_KEY_PLACEHOLDER);
        for (size_t i = 0; i < 3; i++)
            states[i] += slice_equal(json_member_text(operation, SLICE("state")),
                                     slice_from_string(state_names[i]));
        minors += json_member_u64(value, SLICE("age"), &age) && age < 14;
        erasures += json_member_text(value, SLICE("erase_at")).length > 0;
        assert_true(set->count < sizeof set->keys / sizeof set->keys[0]);
        set->keys[set->count++] = key;
    }
    for (size_t i = 0; i < 3; i++)
        assert_true(states[i] > 0);
    assert_true(erasures > 0 && minors > 0);
    qsort(set->keys, set->count, sizeof set->keys[0], compare_keys);
    text = output(&arena, &options, generate_write);
    while (text.length > 0) {
        const struct json_value *record =
            json_parse(&arena, slice_cut(&text, '\n'), CONSENT_DEPTH_LIMIT, NULL);
        const struct json_value *user = json_member(record, SLICE("user_id"));
        if (!user)
            continue;
        struct slice key = slice_from_string(
            arena_format(&arena, "account.user_id:%.*s", SLICE_FORMAT(user->text)));
        records++;
        with_consent += bsearch(&key, set->keys, set->count, sizeof key, compare_keys) != NULL;
    }
    print_message("%zu consent messages; %u of %u records are of somebody who said something\n",
                  set->count, with_consent, records);
    assert_true(with_consent * 100 > records * 60 && with_consent < records);
    arena_release(&arena);
    free(set);
}

static void test_failures(void **state)
{
    (void)state;
    struct generate_options options = usual(GENERATE_CLICK);
    uint64_t bytes;
    options.count = 100000;
    assert_int_equal(generate_write(&options, -1, &bytes), RC_IO);
    assert_int_equal(bytes, 0);
    options.count = GENERATE_NO_END;
    assert_int_equal(generate_write(&options, -1, &bytes), RC_CONFIGURATION);
    options.count = 1;
    options.subjects = GENERATE_SUBJECTS_LIMIT + 1;
    assert_int_equal(generate_write(&options, -1, &bytes), RC_LIMIT);
    int full = open("/dev/full", O_WRONLY);
    if (full >= 0) {
        options = usual(GENERATE_CLICK);
        assert_int_equal(generate_write(&options, full, &bytes), RC_NO_SPACE);
        assert_int_equal(generate_write_consent(&options, full, &bytes), RC_NO_SPACE);
        close(full);
    }
}

static void test_templates_that_are_wrong(void **state)
{
    (void)state;
    static const char *const texts[] = {"`nothing`",  "`open", "`number 9-1`", "`number x`",
                                        "`hex 0`",    "`bad`", "`part 101%`",  "`part *3`",
                                        "`part @up`", "``"};
    static const struct generate_part good[] = {{"part", 1, "x"}, {0}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct generate_part parts[] = {{"bad", 1, texts[i]}, {0}};
        const struct generate_part *const tables[] = {parts, good, NULL};
        struct generate_book *book;
        const char *wrong = NULL;
        assert_int_equal(generate_book_new(tables, generate_lists, generate_values, &book, &wrong),
                         RC_INTERNAL);
        assert_null(book);
        assert_string_equal(wrong, "bad");
    }
}

/* What is rendered never passes the limit that was computed for it. */
static void test_limits_hold(void **state)
{
    (void)state;
    static const struct generate_part *const tables[] = {
        generate_shared_parts, generate_click_parts,   generate_crash_parts,
        generate_device_parts, generate_consent_parts, NULL};
    struct generate_book *book;
    assert_int_equal(generate_book_new(tables, generate_lists, generate_values, &book, NULL),
                     RC_OK);
    assert_true(generate_lists_fit(book));
    static const char *const names[] = {"click", "crash", "device", "consent", "message"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        const struct generate_template *part = generate_book_find(book, names[n]);
        struct generate_context context = {.time = START};
        size_t limit = generate_template_limit(part);
        char *out = malloc(limit + GENERATE_SLACK);
        generate_random_init(&context.random, n);
        for (uint64_t i = 0; i < 3000; i++) {
            generate_set_subject(&context, i / 7, i * i);
            char *end = generate_render(part, &context, out);
            assert_true((size_t)(end - out) <= limit);
        }
        free(out);
    }
    assert_null(generate_book_find(book, "no such part"));
    generate_book_free(book);
}

/* A value that a function writes is never longer than it says. */
static void test_values_keep_their_limits(void **state)
{
    (void)state;
    struct generate_context context = {.time = START};
    generate_random_init(&context.random, 1);
    for (const struct generate_value *value = generate_values; value->name; value++) {
        char out[256];
        size_t longest = 0;
        for (uint64_t i = 0; i < 20000; i++) {
            generate_set_subject(&context, i % 3, i);
            size_t length = (size_t)(value->write(out, &context) - out);
            longest = length > longest ? length : longest;
        }
        if (longest > value->limit)
            print_message("%s takes %zu bytes\n", value->name, longest);
        assert_true(longest <= value->limit && longest > 0);
    }
}

static void test_user_ids_are_different(void **state)
{
    (void)state;
    enum { PEOPLE = 100000 };
    struct generate_context context = {0};
    uint64_t *ids = calloc(PEOPLE, sizeof *ids);
    char out[64];
    for (uint64_t i = 0; i < PEOPLE; i++) {
        generate_set_subject(&context, 3, i);
        char *end = generate_values[0].write(out, &context);
        assert_true(slice_to_u64(slice_of(out, (size_t)(end - out)), &ids[i]));
    }
    assert_string_equal(generate_values[0].name, "person.id");
    unsigned char *seen = calloc(1000000000 / 8 + 1, 1);
    for (size_t i = 0; i < PEOPLE; i++) {
        assert_false(seen[ids[i] / 8] >> (ids[i] % 8) & 1);
        seen[ids[i] / 8] |= (unsigned char)(1 << (ids[i] % 8));
    }
    free(seen);
    free(ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_are_what_the_schemas_list),
        cmocka_unit_test(test_mixed_and_sizes),
        cmocka_unit_test(test_a_seed_means_its_bytes),
        cmocka_unit_test(test_bytes_end_a_capture),
        cmocka_unit_test(test_bad_lines_are_bad),
        cmocka_unit_test(test_envelopes),
        cmocka_unit_test(test_consent_matches),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_templates_that_are_wrong),
        cmocka_unit_test(test_limits_hold),
        cmocka_unit_test(test_values_keep_their_limits),
        cmocka_unit_test(test_user_ids_are_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
