#include "worker/configuration.h"

#include <stdio.h>
#include <stdlib.h>

#include "schemas/yaml.h"
#include "worker/configuration_recipient.h"
#include "worker/configuration_stream.h"

enum { CONFIGURATION_MEMORY = 256 * 1024 * 1024 };

static const char *const top_keys[] = {"schemas", "policy", "keys",       "consent", "source",
                                       "home",    "lanes",  "recipients", "audit",   "quarantine",
                                       "limits",  "kafka",  "worker",     NULL};
static const char *const refused_keys[] = {"statistics", "tripwire", "erasure", "budget", NULL};

static const char *directory_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return arena_string(arena, slice_of(path, slash == path ? 1 : (size_t)(slash - path)));
}

const char *configuration_path(struct configuration *configuration, struct slice path)
{
    if (path.length > 0 && path.data[0] == '/')
        return arena_string(&configuration->arena, path);
    if (strcmp(configuration->directory, ".") == 0)
        return arena_string(&configuration->arena, path);
    return arena_format(&configuration->arena, "%s/%.*s", configuration->directory,
                        SLICE_FORMAT(path));
}

void configuration_refuse(struct yaml_node *mapping, const char *const *keys, const char *where,
                          struct diagnostics *diagnostics)
{
    for (size_t i = 0; keys[i]; i++) {
        struct yaml_node *node = yaml_get(mapping, keys[i]);
        if (node)
            diagnose(diagnostics, SEVERITY_ERROR, node->key_place,
                     "`%s` in a %s is not in this version", keys[i], where);
    }
}

static void read_schemas(struct configuration *configuration, struct yaml_node *top,
                         struct diagnostics *diagnostics)
{
    struct yaml_node *list = yaml_need(top, "schemas", "configuration", diagnostics);
    if (!yaml_is_sequence(list, "schemas", diagnostics))
        return;
    if (list->count == 0)
        diagnose(diagnostics, SEVERITY_ERROR, list->place, "`schemas` names no schema");
    for (struct yaml_node *node = list->first; node; node = node->next) {
        struct slice path;
        if (!yaml_text(node, "schema path", diagnostics, &path))
            continue;
        if (configuration->schema_count == SCHEMA_LIMIT) {
            diagnose(diagnostics, SEVERITY_ERROR, node->place, "more than %d schemas",
                     SCHEMA_LIMIT);
            return;
        }
        struct schema *schema =
            schema_load(configuration_path(configuration, path), &configuration->arena,
                        &configuration->signals, diagnostics);
        if (schema)
            configuration->schemas[configuration->schema_count++] = schema;
    }
    schemas_check_together(configuration->schemas, configuration->schema_count, diagnostics);
}

static void read_policy(struct configuration *configuration, struct yaml_node *top,
                        struct diagnostics *diagnostics)
{
    struct slice path;
    struct yaml_node *node = yaml_need(top, "policy", "configuration", diagnostics);
    if (!yaml_text(node, "policy", diagnostics, &path))
        return;
    configuration->policy =
        policy_load(configuration_path(configuration, path), &configuration->arena,
                    &configuration->signals, diagnostics);
    if (configuration->policy && diagnostics->errors == 0)
        policy_check_against_schemas(configuration->policy, configuration->schemas,
                                     configuration->schema_count, diagnostics);
}

static void read_keys(struct configuration *configuration, struct yaml_node *top,
                      struct diagnostics *diagnostics)
{
    static const char *const known[] = {"directory", "epoch", "keep", NULL};
    configuration->keys_epoch = TIME_WEEK;
    configuration->keys_keep = 30 * TIME_DAY;
    struct yaml_node *keys = yaml_get(top, "keys");
    struct slice path;
    if (!keys || !yaml_is_mapping(keys, "keys", diagnostics))
        return;
    if (yaml_text(yaml_need(keys, "directory", "keys", diagnostics), "directory", diagnostics,
                  &path))
        configuration->keys_directory = configuration_path(configuration, path);
    struct yaml_node *epoch = yaml_get(keys, "epoch");
    if (yaml_duration(epoch, "epoch", diagnostics, &configuration->keys_epoch) &&
        (configuration->keys_epoch < TIME_HOUR || configuration->keys_epoch > 366 * TIME_DAY))
        diagnose(diagnostics, SEVERITY_ERROR, epoch->place,
                 "`epoch` is between an hour and a year");
    struct yaml_node *keep = yaml_get(keys, "keep");
    if (yaml_duration(keep, "keep", diagnostics, &configuration->keys_keep) &&
        configuration->keys_keep > 3660 * TIME_DAY)
        diagnose(diagnostics, SEVERITY_ERROR, keep->place, "`keep` is at most ten years");
    yaml_unknown_keys(keys, "keys", known, diagnostics);
}

/* A size within bounds; what is out of them is an error that says the bounds. */
static void read_size(struct yaml_node *mapping, const char *key, uint64_t least, uint64_t most,
                      struct diagnostics *diagnostics, uint64_t *out)
{
    struct yaml_node *node = yaml_get(mapping, key);
    char where[64];
    uint64_t value;
    snprintf(where, sizeof where, "%s", key);
    if (!node || !yaml_size(node, where, diagnostics, &value))
        return;
    if (value < least || value > most)
        diagnose(diagnostics, SEVERITY_ERROR, node->place, "`%s` is between %llu and %llu bytes",
                 key, (unsigned long long)least, (unsigned long long)most);
    else
        *out = value;
}

static void read_count(struct yaml_node *mapping, const char *key, uint64_t least, uint64_t most,
                       struct diagnostics *diagnostics, uint64_t *out)
{
    struct yaml_node *node = yaml_get(mapping, key);
    uint64_t value;
    if (!node)
        return;
    if (node->type != YAML_SCALAR || !count_parse(node->text, &value) || value < least ||
        value > most)
        diagnose(diagnostics, SEVERITY_ERROR, node->place, "`%s` is a count between %llu and %llu",
                 key, (unsigned long long)least, (unsigned long long)most);
    else
        *out = value;
}

static void read_batch(struct limits *limits, struct yaml_node *batch,
                       struct diagnostics *diagnostics)
{
    static const char *const known[] = {"records", "bytes", "delay", NULL};
    uint64_t records = limits->batch_records;
    if (!batch || !yaml_is_mapping(batch, "batch", diagnostics))
        return;
    read_count(batch, "records", 1, 1000000, diagnostics, &records);
    limits->batch_records = (uint32_t)records;
    read_size(batch, "bytes", 64 * 1024, (uint64_t)1024 * 1024 * 1024, diagnostics,
              &limits->batch_bytes);
    yaml_duration(yaml_get(batch, "delay"), "delay", diagnostics, &limits->batch_delay);
    yaml_unknown_keys(batch, "batch", known, diagnostics);
}

static void read_limits(struct configuration *configuration, struct yaml_node *top,
                        struct diagnostics *diagnostics)
{
    static const char *const known[] = {"record", "depth", "subjects", "batch", NULL};
    struct limits *limits = &configuration->limits;
    *limits = (struct limits){.record = 512 * 1024,
                              .depth = 32,
                              .subjects = 1000000,
                              .batch_records = 20000,
                              .batch_bytes = 12 * 1024 * 1024,
                              .batch_delay = TIME_SECOND};
    struct yaml_node *node = yaml_get(top, "limits");
    uint64_t depth = limits->depth;
    if (!node || !yaml_is_mapping(node, "limits", diagnostics))
        return;
    read_size(node, "record", 256, 64 * 1024 * 1024, diagnostics, &limits->record);
    read_count(node, "depth", 1, 64, diagnostics, &depth);
    limits->depth = (uint32_t)depth;
    read_count(node, "subjects", 1000, 1000000000, diagnostics, &limits->subjects);
    read_batch(limits, yaml_get(node, "batch"), diagnostics);
    yaml_unknown_keys(node, "limits", known, diagnostics);
}

static void read_all(struct configuration *configuration, struct yaml_node *top,
                     struct diagnostics *diagnostics)
{
    uint64_t lanes = 1;
    read_limits(configuration, top, diagnostics);
    read_schemas(configuration, top, diagnostics);
    read_policy(configuration, top, diagnostics);
    read_keys(configuration, top, diagnostics);
    yaml_text(yaml_need(top, "home", "configuration", diagnostics), "home", diagnostics,
              &configuration->home);
    configuration_read_stream(configuration, top, diagnostics);
    read_count(top, "lanes", 1, 64, diagnostics, &lanes);
    configuration->lanes = (uint32_t)lanes;
    configuration_read_recipients(configuration, top, diagnostics);
    configuration_refuse(top, refused_keys, "configuration", diagnostics);
    yaml_unknown_keys(top, "configuration", top_keys, diagnostics);
    if (diagnostics->errors == 0)
        configuration_check_recipients(configuration, diagnostics);
    if (diagnostics->errors == 0)
        configuration_check_stream(configuration, diagnostics);
}

struct configuration *configuration_load(const char *path, struct diagnostics *diagnostics)
{
    struct configuration *configuration = calloc(1, sizeof *configuration);
    if (!configuration)
        return NULL;
    arena_init(&configuration->arena, CONFIGURATION_MEMORY);
    configuration->file = arena_string(&configuration->arena, slice_from_string(path));
    configuration->directory = directory_of(&configuration->arena, path);
    if (!configuration->file || !configuration->directory) {
        configuration_free(configuration);
        return NULL;
    }
    struct yaml_node *top = yaml_load(configuration->file, &configuration->arena, diagnostics);
    if (top && yaml_is_mapping(top, "configuration", diagnostics))
        read_all(configuration, top, diagnostics);
    return configuration;
}

void configuration_free(struct configuration *configuration)
{
    if (!configuration)
        return;
    arena_release(&configuration->arena);
    free(configuration);
}

int configuration_recipient(const struct configuration *configuration, struct slice name)
{
    for (size_t i = 0; i < configuration->recipient_count; i++) {
        if (slice_equal(configuration->recipients[i].name, name))
            return (int)i;
    }
    return -1;
}

int configuration_schema(const struct configuration *configuration, struct slice name)
{
    for (size_t i = 0; i < configuration->schema_count; i++) {
        if (slice_equal(configuration->schemas[i]->name, name))
            return (int)i;
    }
    return -1;
}

void configuration_print(const struct diagnostics *diagnostics)
{
    struct buffer text;
    buffer_init(&text, 4 * 1024 * 1024);
    diagnostics_write(diagnostics, &text);
    if (text.length > 0)
        fwrite(text.data, 1, text.length, stderr);
    buffer_release(&text);
}

struct configuration *configuration_open(const char *path, bool list_warnings)
{
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    struct configuration *configuration = configuration_load(path, &diagnostics);
    bool good = configuration && diagnostics.errors == 0;
    if (!good || list_warnings)
        configuration_print(&diagnostics);
    else if (diagnostics.warnings > 0)
        fprintf(stderr, "%s: %u warnings; `lethe check -c %s` lists them\n", path,
                diagnostics.warnings, path);
    diagnostics_release(&diagnostics);
    if (good)
        return configuration;
    if (!configuration)
        fprintf(stderr, "lethe: %s\n", rc_sentence(RC_NO_MEMORY));
    configuration_free(configuration);
    return NULL;
}
