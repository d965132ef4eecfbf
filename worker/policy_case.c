#include "worker/policy_case.h"

#include <string.h>

#include "consent/rule.h"
#include "schemas/yaml.h"
#include "worker/yaml_json.h"

enum { CASES_MEMORY = 64 * 1024 * 1024, JSON_LIMIT = 4 * 1024 * 1024, DEPTH_LIMIT = 64 };

static const char *const file_keys[] = {"configuration", "clock", "cases", NULL};
static const char *const case_keys[] = {"name",    "recipient", "topic",   "clock", "record",
                                        "consent", "expect",    "because", NULL};

/* What loading passes down. */
struct loading {
    struct policy_case_file *file;
    struct diagnostics *diagnostics;
    struct buffer json; /* reused */
    int64_t clock;
};

static struct slice as_json(struct loading *loading, const struct yaml_node *node)
{
    buffer_reset(&loading->json);
    yaml_write_json(&loading->json, node);
    struct slice copy = arena_copy(&loading->file->arena, buffer_slice(&loading->json));
    if (loading->json.failed || !copy.data)
        diagnose(loading->diagnostics, SEVERITY_ERROR, node->place, "too large");
    return copy;
}

/* A text is the record's very bytes; anything else is YAML that means JSON. */
static struct slice record_text(struct loading *loading, const struct yaml_node *node)
{
    return node->type == YAML_SCALAR ? slice_trim(node->text) : as_json(loading, node);
}

static bool read_time(struct loading *loading, struct yaml_node *node, int64_t *out)
{
    struct slice text;
    if (!yaml_text(node, "clock", loading->diagnostics, &text))
        return false;
    if (time_parse(text, TIME_FORMAT_AUTO, out, NULL))
        return true;
    diagnose(loading->diagnostics, SEVERITY_ERROR, node->place,
             "`clock` is a time like 2026-11-24T08:00:00Z");
    return false;
}

/* {operation: granted, ...} as the message it is short for. */
static struct slice short_consent(struct loading *loading, const struct yaml_node *node)
{
    struct buffer *json = &loading->json;
    buffer_reset(json);
    buffer_append_string(json, "{\"seq\":1,\"purposes\":{");
    for (const struct yaml_node *purpose = node->first; purpose; purpose = purpose->next) {
        enum consent_state state;
        if (policy_purpose(loading->file->configuration->policy, purpose->key) < 0)
            diagnose(loading->diagnostics, SEVERITY_ERROR, purpose->key_place,
                     "the policy has no purpose `%.*s`", SLICE_FORMAT(purpose->key));
        if (purpose->type != YAML_SCALAR || !consent_state_from_name(purpose->text, &state))
            diagnose(loading->diagnostics, SEVERITY_ERROR, purpose->place,
                     "a state is unknown, denied, granted, withdrawn or expired");
        if (purpose != node->first)
            buffer_append_byte(json, ',');
        json_write_string(json, purpose->key);
        buffer_append_string(json, ":{\"state\":");
        json_write_string(json, purpose->text);
        buffer_append_string(
            json, ",\"since\":\"1970-01-01T00:00:00Z\",\"until\":null,\"policy_version\":255}");
    }
    buffer_append_string(json, "}}");
    return arena_copy(&loading->file->arena, buffer_slice(json));
}

static bool is_message(const struct yaml_node *node)
{
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        if (slice_equal(child->key, SLICE("seq")) || slice_equal(child->key, SLICE("purposes")))
            return true;
    }
    return node->type != YAML_MAPPING;
}

static void read_consent(struct loading *loading, struct yaml_node *node, struct policy_case *out)
{
    size_t count = 0;
    if (!node || !yaml_is_mapping(node, "consent", loading->diagnostics))
        return;
    out->consent_keys = ARENA_ARRAY(&loading->file->arena, node->count, struct slice);
    out->consent_values = ARENA_ARRAY(&loading->file->arena, node->count, struct slice);
    if (!out->consent_keys || !out->consent_values)
        return;
    for (struct yaml_node *subject = node->first; subject; subject = subject->next) {
        out->consent_keys[count] = subject->key;
        out->consent_values[count] =
            is_message(subject) ? as_json(loading, subject) : short_consent(loading, subject);
        count++;
    }
    out->consent_count = count;
}

static void read_expectation(struct loading *loading, struct yaml_node *node,
                             struct policy_case *out)
{
    static const struct {
        const char *word;
        enum expectation expectation;
    } words[] = {
        {"withheld", EXPECT_WITHHELD}, {"empty", EXPECT_EMPTY}, {"refused", EXPECT_REFUSED}};
    struct json_error error;
    if (!node)
        return;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (node->type == YAML_SCALAR &&
            slice_equal(node->text, slice_from_string(words[i].word))) {
            out->expectation = words[i].expectation;
            return;
        }
    }
    out->expected =
        json_parse(&loading->file->arena, record_text(loading, node), DEPTH_LIMIT, &error);
    if (!out->expected || out->expected->type != JSON_OBJECT)
        diagnose(loading->diagnostics, SEVERITY_ERROR, node->place,
                 "`expect` is withheld, empty, refused, or a clean record");
}

static void read_recipient(struct loading *loading, struct yaml_node *node, struct policy_case *out)
{
    struct slice name;
    if (!yaml_text(node, "recipient", loading->diagnostics, &name))
        return;
    out->recipient = configuration_recipient(loading->file->configuration, name);
    if (out->recipient < 0)
        diagnose(loading->diagnostics, SEVERITY_ERROR, node->place,
                 "the configuration has no recipient `%.*s`", SLICE_FORMAT(name));
}

static struct policy_case *read_case(struct loading *loading, struct yaml_node *node)
{
    struct policy_case *out = ARENA_NEW(&loading->file->arena, struct policy_case);
    struct diagnostics *diagnostics = loading->diagnostics;
    if (!out || !yaml_is_mapping(node, "case", diagnostics))
        return NULL;
    out->place = node->place;
    out->clock = loading->clock;
    yaml_text(yaml_need(node, "name", "case", diagnostics), "name", diagnostics, &out->name);
    read_recipient(loading, yaml_need(node, "recipient", "case", diagnostics), out);
    yaml_text(yaml_get(node, "topic"), "topic", diagnostics, &out->topic);
    read_time(loading, yaml_get(node, "clock"), &out->clock);
    yaml_text(yaml_get(node, "because"), "because", diagnostics, &out->because);
    read_consent(loading, yaml_get(node, "consent"), out);
    struct yaml_node *record = yaml_need(node, "record", "case", diagnostics);
    if (record)
        out->record = record_text(loading, record);
    read_expectation(loading, yaml_need(node, "expect", "case", diagnostics), out);
    if (out->clock == TIME_NONE)
        diagnose(diagnostics, SEVERITY_ERROR, node->place,
                 "a case needs `clock`, here or for the whole file");
    yaml_unknown_keys(node, "case", case_keys, diagnostics);
    return out;
}

static void read_cases(struct loading *loading, struct yaml_node *top)
{
    struct policy_case **last = &loading->file->first;
    struct yaml_node *cases = yaml_need(top, "cases", "file", loading->diagnostics);
    loading->clock = TIME_NONE;
    read_time(loading, yaml_get(top, "clock"), &loading->clock);
    if (yaml_is_sequence(cases, "cases", loading->diagnostics)) {
        for (struct yaml_node *node = cases->first; node; node = node->next) {
            struct policy_case *read = read_case(loading, node);
            if (!read)
                continue;
            *last = read;
            last = &read->next;
            loading->file->count++;
        }
    }
    yaml_unknown_keys(top, "file", file_keys, loading->diagnostics);
}

/* The configuration's path is relative to the file's own directory. */
static char *relative_path(struct arena *arena, const char *file, struct slice path)
{
    const char *slash = strrchr(file, '/');
    if (!slash || (path.length > 0 && path.data[0] == '/'))
        return arena_string(arena, path);
    return arena_format(arena, "%.*s%.*s", (int)(slash - file + 1), file, SLICE_FORMAT(path));
}

bool policy_case_file_load(const char *path, struct policy_case_file *out,
                           struct diagnostics *diagnostics)
{
    struct loading loading = {.file = out, .diagnostics = diagnostics};
    struct slice configuration;
    *out = (struct policy_case_file){0};
    arena_init(&out->arena, CASES_MEMORY);
    buffer_init(&loading.json, JSON_LIMIT);
    char *own_path = arena_string(&out->arena, slice_from_string(path));
    struct yaml_node *top = yaml_load(own_path, &out->arena, diagnostics);
    if (top && yaml_is_mapping(top, "file", diagnostics) &&
        yaml_text(yaml_need(top, "configuration", "file", diagnostics), "configuration",
                  diagnostics, &configuration)) {
        out->configuration =
            configuration_load(relative_path(&out->arena, path, configuration), diagnostics);
        if (out->configuration && diagnostics->errors == 0)
            read_cases(&loading, top);
    }
    buffer_release(&loading.json);
    return diagnostics->errors == 0 && out->configuration;
}

void policy_case_file_release(struct policy_case_file *file)
{
    configuration_free(file->configuration);
    arena_release(&file->arena);
    *file = (struct policy_case_file){0};
}
