/* Reading a schema's file: its head and `fields`. The other sections are schema_roles.c, the tree
 * of fields is schema_tree.c, paths are schema_path.c. */
#include "schemas/schema.h"

#include "schemas/schema_loader.h"
#include "schemas/schema_path.h"
#include "schemas/yaml.h"

/* An upper bound of the names and `[]` in a path. */
static size_t count_steps(struct slice path)
{
    size_t steps = 1;
    for (size_t i = 0; i < path.length; i++)
        steps += path.data[i] == '.' || path.data[i] == '[';
    return steps;
}

static size_t count_all_steps(struct yaml_node *root)
{
    size_t steps = PATH_STEP_LIMIT; /* the discriminator's */
    struct yaml_node *lists[] = {yaml_get(root, "fields"), yaml_get(root, "signals")};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!lists[i] || lists[i]->type != YAML_MAPPING)
            continue;
        for (const struct yaml_node *node = lists[i]->first; node; node = node->next)
            steps += count_steps(node->key);
    }
    return steps;
}

static enum category read_category(struct schema_loader *loader, struct yaml_node *node)
{
    struct slice name;
    if (!yaml_text(node, "category", loader->diagnostics, &name))
        return CATEGORY_NONE;
    enum category category = category_from_name(name);
    if (category != CATEGORY_NONE)
        return category;
    if (category_prefix_exists(name)) {
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
                 "`%.*s` is a group of categories: name one of them",
                 SLICE_FORMAT(yaml_shown(name)));
        return CATEGORY_NONE;
    }
    diagnose(loader->diagnostics, SEVERITY_ERROR, node->place, "unknown category `%.*s`",
             SLICE_FORMAT(yaml_shown(name)));
    diagnose_suggestion(loader->diagnostics, category_nearest(name));
    return CATEGORY_NONE;
}

static void read_fields(struct schema_loader *loader, struct yaml_node *fields)
{
    if (!yaml_is_mapping(fields, "fields", loader->diagnostics))
        return;
    if (fields->count == 0)
        diagnose(loader->diagnostics, SEVERITY_ERROR, fields->place, "`fields` lists nothing");
    for (struct yaml_node *node = fields->first; node; node = node->next) {
        bool is_new;
        enum category category = read_category(loader, node);
        uint16_t number = schema_tree_add(&loader->tree, node->key, node->key_place, &is_new);
        if (number == FIELD_NONE)
            continue;
        struct field *field = &loader->schema->fields[number];
        if (is_new) {
            field->category = category;
            field->place = node->key_place;
        } else if (!slice_equal(node->key, field->path)) { /* else the YAML reader has said so */
            schema_report_same_path(loader, node->key, node->key_place, field);
        }
    }
}

static void read_head(struct schema_loader *loader, struct yaml_node *root)
{
    struct diagnostics *diagnostics = loader->diagnostics;
    uint64_t version;
    yaml_name(yaml_need(root, "schema", "schema file", diagnostics), "schema", diagnostics,
              &loader->schema->name);
    if (yaml_u64(yaml_need(root, "version", "schema file", diagnostics), "version", diagnostics, 1,
                 UINT32_MAX, &version))
        loader->schema->version = (uint32_t)version;
}

static void read_sections(struct schema_loader *loader, struct yaml_node *root)
{
    static const char *const keys[] = {"schema", "version", "match",  "time", "subjects",
                                       "vetoes", "signals", "fields", NULL};
    static const char *const later[] = {"statistics", "encoding", "parts", NULL};
    struct diagnostics *diagnostics = loader->diagnostics;
    struct schema *schema = loader->schema;
    read_head(loader, root);
    read_fields(loader, yaml_need(root, "fields", "schema file", diagnostics));
    schema_read_time(loader, yaml_need(root, "time", "schema file", diagnostics));
    struct yaml_node *subjects = yaml_need(root, "subjects", "schema file", diagnostics);
    schema_read_subjects(loader, subjects, "subjects", ROLE_SUBJECT, schema->subjects,
                         &schema->subject_count);
    if (subjects && subjects->type == YAML_SEQUENCE && subjects->count == 0)
        diagnose(diagnostics, SEVERITY_WARNING, subjects->key_place,
                 "no subjects: no consent can be found for a record of this schema");
    schema_read_subjects(loader, yaml_get(root, "vetoes"), "vetoes", ROLE_VETO, schema->vetoes,
                         &schema->veto_count);
    schema_read_signals(loader, yaml_get(root, "signals"));
    schema_read_match(loader, yaml_get(root, "match"));
    yaml_refuse_keys(root, "schema file", later, diagnostics);
    yaml_unknown_keys(root, "schema file", keys, diagnostics);
}

static struct schema *load(struct yaml_node *root, unsigned errors_before, struct arena *arena,
                           struct signal_names *signals, struct diagnostics *diagnostics)
{
    if (!yaml_is_mapping(root, "schema file", diagnostics))
        return NULL;
    struct schema *schema = ARENA_NEW(arena, struct schema);
    if (!schema) {
        diagnose(diagnostics, SEVERITY_ERROR, root->place, "no memory for this schema");
        return NULL;
    }
    schema->match_field = schema->time_field = FIELD_NONE;
    schema->file = root->place.file;
    struct schema_loader loader = {
        .schema = schema, .arena = arena, .signals = signals, .diagnostics = diagnostics};
    struct yaml_node *name = yaml_get(root, "schema");
    if (!schema_tree_init(&loader.tree, schema, count_all_steps(root), arena, diagnostics,
                          name ? name->place : root->place))
        return NULL;
    read_sections(&loader, root);
    return diagnostics->errors == errors_before ? schema : NULL;
}

struct schema *schema_load(const char *path, struct arena *arena, struct signal_names *signals,
                           struct diagnostics *diagnostics)
{
    unsigned errors = diagnostics->errors;
    return load(yaml_load(path, arena, diagnostics), errors, arena, signals, diagnostics);
}

struct schema *schema_parse(const char *file, struct slice text, struct arena *arena,
                            struct signal_names *signals, struct diagnostics *diagnostics)
{
    unsigned errors = diagnostics->errors;
    return load(yaml_parse(file, text, arena, diagnostics), errors, arena, signals, diagnostics);
}
