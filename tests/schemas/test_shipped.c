/* The shipped schemas and the shipped policy: that they load without a word, that each schema and
 * its example record (tests/golden/records) are the same payload, and that the policy does what the
 * table of categories says is the default. */
#include "schemas/policy.h"
#include "schemas/schema.h"
#include "schemas/schema_path.h"

#include "core/file.h"
#include "core/json_document.h"
#include "tests/schemas/expect_diagnostics.h"

enum {
    ARENA_LIMIT = 64 * 1024 * 1024,
    RECORD_LIMIT = 512 * 1024,
    DEPTH = 32,
    LEAVES_AT_LEAST = 70
};

static const char *const names[] = {"click", "crash", "device"};

/* Leaves of the examples that no schema lists, on purpose: they must never come out. */
static const char *const unlisted[][3] = {
    {"sdk.debug", "flush_reason", NULL},
    {"contexts.device.thermal", "attachments[]", NULL},
    {"agent.queue", NULL},
};

enum { SCHEMAS = sizeof names / sizeof *names };

struct shipped {
    struct arena arena;
    struct diagnostics diagnostics;
    struct signal_names signals;
    struct schema *schemas[SCHEMAS];
    const struct json_value *records[SCHEMAS];
    struct policy *policy;
};

static struct shipped shipped;

static int load_all(void **state)
{
    (void)state;
    arena_init(&shipped.arena, ARENA_LIMIT);
    diagnostics_init(&shipped.diagnostics);
    for (size_t i = 0; i < SCHEMAS; i++) {
        const char *path =
            arena_format(&shipped.arena, LETHE_SOURCE_DIR "/schemas/shipped/%s.yaml", names[i]);
        shipped.schemas[i] =
            schema_load(path, &shipped.arena, &shipped.signals, &shipped.diagnostics);
        struct slice text;
        path = arena_format(&shipped.arena, LETHE_SOURCE_DIR "/tests/golden/records/%s.json",
                            names[i]);
        if (file_read(path, RECORD_LIMIT, &shipped.arena, &text) != RC_OK)
            return -1;
        shipped.records[i] = json_parse(&shipped.arena, text, DEPTH, NULL);
    }
    shipped.policy = policy_load(LETHE_SOURCE_DIR "/schemas/shipped/default-policy.yaml",
                                 &shipped.arena, &shipped.signals, &shipped.diagnostics);
    return 0;
}

static int release_all(void **state)
{
    (void)state;
    diagnostics_release(&shipped.diagnostics);
    arena_release(&shipped.arena);
    return 0;
}

static void test_load_without_a_word(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1024 * 1024);
    bool loaded = shipped.policy != NULL;
    for (size_t i = 0; i < SCHEMAS; i++)
        loaded = loaded && shipped.schemas[i];
    if (loaded) {
        schemas_check_together(shipped.schemas, SCHEMAS, &shipped.diagnostics);
        policy_check_against_schemas(shipped.policy, shipped.schemas, SCHEMAS,
                                     &shipped.diagnostics);
    }
    diagnostics_write(&shipped.diagnostics, &out);
    if (out.length > 0)
        print_error("%.*s", SLICE_FORMAT(buffer_slice(&out)));
    assert_int_equal(out.length, 0);
    assert_true(loaded);
    buffer_release(&out);
}

static size_t leaf_count(const struct schema *schema)
{
    size_t count = 0;
    for (size_t i = 0; i < schema->field_count; i++)
        count += schema->fields[i].category != CATEGORY_NONE;
    return count;
}

static void test_each_is_rich(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCHEMAS; i++) {
        const struct schema *schema = shipped.schemas[i];
        assert_true(slice_equal(schema->name, slice_from_string(names[i])));
        assert_true(leaf_count(schema) >= LEAVES_AT_LEAST);
        assert_int_not_equal(schema->match_field, FIELD_NONE);
        assert_true(slice_equal(schema->match_equals, schema->name));
        assert_true(schema->subject_count > 0);
        assert_true(schema->veto_count > 0);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(schema->time_format, shipped.schemas[j]->time_format);
    }
    assert_true(slice_equal(shipped.schemas[0]->match_topic, SLICE("events.click")));
    assert_int_equal(shipped.schemas[0]->signal_count, 1);
}

/* A walk over a record beside its schema. */
struct walk {
    const struct schema *schema;
    bool seen[FIELD_LIMIT];
    struct buffer path;
    const char *const *unlisted;
    size_t unlisted_seen;
};

static void walk_value(struct walk *walk, uint16_t field, const struct json_value *value);

static void walk_child(struct walk *walk, uint16_t field, const struct json_value *value,
                       bool is_element)
{
    size_t length = walk->path.length;
    uint16_t child = FIELD_NONE;
    if (is_element) {
        buffer_append_string(&walk->path, "[]");
        child = field == FIELD_NONE ? FIELD_NONE : walk->schema->fields[field].element;
    } else {
        path_append_name(&walk->path, value->name);
        child = field == FIELD_NONE ? FIELD_NONE : schema_child(walk->schema, field, value->name);
    }
    walk_value(walk, child, value);
    buffer_truncate(&walk->path, length);
}

static void expect_unlisted(struct walk *walk)
{
    for (size_t i = 0; walk->unlisted[i]; i++) {
        if (slice_equal(buffer_slice(&walk->path), slice_from_string(walk->unlisted[i]))) {
            walk->unlisted_seen++;
            return;
        }
    }
    fail_msg("%.*s: %.*s is not listed", SLICE_FORMAT(walk->schema->name),
             SLICE_FORMAT(buffer_slice(&walk->path)));
}

static void check_kept_value(struct walk *walk, const struct field *field,
                             const struct json_value *value)
{
    const struct category_info *info = category_info(field->category);
    bool may_be_kept = action_permission(info->kind, ACTION_KEEP) != PERMITTED_NEVER;
    if (may_be_kept && !value_rule_allows(&info->value, value->type, value->text))
        fail_msg("%.*s: %.*s is not a value of %s", SLICE_FORMAT(walk->schema->name),
                 SLICE_FORMAT(buffer_slice(&walk->path)), info->name);
}

static void walk_value(struct walk *walk, uint16_t number, const struct json_value *value)
{
    if (value->type == JSON_OBJECT || value->type == JSON_ARRAY) {
        for (const struct json_value *each = value->first; each; each = each->next)
            walk_child(walk, number, each, value->type == JSON_ARRAY);
        return;
    }
    if (number == FIELD_NONE) {
        expect_unlisted(walk);
        return;
    }
    const struct field *field = &walk->schema->fields[number];
    assert_int_equal(field->child_count, 0);
    assert_int_equal(field->element, FIELD_NONE);
    walk->seen[number] = true;
    check_kept_value(walk, field, value);
}

static void test_examples_are_the_schemas(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCHEMAS; i++) {
        static struct walk walk;
        walk = (struct walk){.schema = shipped.schemas[i], .unlisted = unlisted[i]};
        buffer_init(&walk.path, 10000);
        assert_non_null(shipped.records[i]);
        walk_value(&walk, FIELD_ROOT, shipped.records[i]);
        size_t expected = 0;
        while (unlisted[i][expected])
            expected++;
        assert_int_equal(walk.unlisted_seen, expected);
        for (size_t j = 1; j < walk.schema->field_count; j++) {
            const struct field *field = &walk.schema->fields[j];
            bool is_leaf = field->child_count == 0 && field->element == FIELD_NONE;
            if (is_leaf && !walk.seen[j])
                fail_msg("%s: %.*s is not in the example", names[i], SLICE_FORMAT(field->path));
        }
        buffer_release(&walk.path);
    }
}

static void test_example_times_can_be_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCHEMAS; i++) {
        const struct schema *schema = shipped.schemas[i];
        const struct json_value *value =
            json_member(shipped.records[i], schema->fields[schema->time_field].name);
        int64_t time = TIME_NONE;
        assert_non_null(value);
        assert_true(time_parse(value->text, schema->time_format, &time, NULL));
        assert_true(time / TIME_DAY == INT64_C(1767323045678) / TIME_DAY);
    }
}

static void test_policy_purposes(void **state)
{
    (void)state;
    const struct policy *policy = shipped.policy;
    assert_int_equal(policy->purpose_count, 5);
    const struct purpose *operation = &policy->purposes[policy_purpose(policy, SLICE("operation"))];
    assert_int_equal(operation->consent_version, 3);
    assert_int_equal(operation->without_consent, WITHOUT_CONSENT_REDUCE);
    const struct purpose *research = &policy->purposes[policy_purpose(policy, SLICE("research"))];
    int gpc = signal_number(&shipped.signals, SLICE("gpc"));
    assert_int_equal(research->signals, 1u << gpc);
    const struct purpose *security = &policy->purposes[policy_purpose(policy, SLICE("security"))];
    assert_int_equal(security->basis, BASIS_NECESSITY);
    assert_true(category_set_has(&security->only, CATEGORY_CRASH_FUNCTION));
    assert_true(category_set_has(&security->only, CATEGORY_TIME_EVENT));
    assert_false(category_set_has(&security->only, CATEGORY_DEVICE_BRAND));
    assert_false(category_set_has(&security->only, CATEGORY_NETWORK_IP));
    const struct purpose *advertising =
        &policy->purposes[policy_purpose(policy, SLICE("advertising"))];
    assert_int_equal(advertising->without_consent, WITHOUT_CONSENT_WITHHOLD);
    assert_int_equal(policy->minors.below, 14);
}

/* What the words of the category table mean under granted consent. */
static enum action default_action(const char *words)
{
    static const struct {
        const char *words;
        enum action action;
    } meanings[] = {
        {"drop", ACTION_DROP},
        {"keep", ACTION_KEEP},
        {"truncate", ACTION_TRUNCATE},
        {"pseudonym when granted", ACTION_PSEUDONYM},
        {"url", ACTION_URL},
        {"path", ACTION_PATH},
        {"stack", ACTION_STACK},
        {"scrub when granted", ACTION_SCRUB},
        {"buckets", ACTION_GENERALISE},
        {"generalise", ACTION_GENERALISE},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (strcmp(words, meanings[i].words) == 0)
            return meanings[i].action;
    }
    fail_msg("the table says `%s`, which means nothing here", words);
    return ACTION_DROP;
}

static void test_policy_does_the_defaults(void **state)
{
    (void)state;
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct category_info *info = category_info((enum category)i);
        struct action_rule granted = policy_action(shipped.policy, (enum category)i, true);
        if (granted.action != default_action(info->default_action))
            fail_msg("%s: the table says %s, the policy does %s", info->name, info->default_action,
                     action_name(granted.action));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_without_a_word),
        cmocka_unit_test(test_each_is_rich),
        cmocka_unit_test(test_examples_are_the_schemas),
        cmocka_unit_test(test_example_times_can_be_read),
        cmocka_unit_test(test_policy_purposes),
        cmocka_unit_test(test_policy_does_the_defaults),
    };
    return cmocka_run_group_tests(tests, load_all, release_all);
}
