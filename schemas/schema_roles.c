/* What a schema's fields are for: time, subjects, vetoes, signals, discriminator. */
#include "schemas/schema_loader.h"

#include "schemas/schema_path.h"

enum {
    TOPIC_LIMIT = 249, /* bytes of a topic's name, as brokers have it */
    DEFAULT_SKEW = 5 * TIME_MINUTE,
};

int signal_number(struct signal_names *signals, struct slice name)
{
    for (size_t i = 0; i < signals->count; i++) {
        if (slice_equal(signals->names[i], name))
            return (int)i;
    }
    if (signals->count == SIGNAL_LIMIT)
        return -1;
    signals->names[signals->count] = name;
    return (int)signals->count++;
}

void schema_report_same_path(struct schema_loader *loader, struct slice path, struct place place,
                             const struct field *first)
{
    diagnose(loader->diagnostics, SEVERITY_ERROR, place,
             "`%.*s` is the same path as `%.*s` in line %u", SLICE_FORMAT(yaml_shown(path)),
             SLICE_FORMAT(yaml_shown(first->path)), first->place.line);
}

static struct slice leaf_path(const void *context, size_t index)
{
    const struct field *field = &((const struct schema *)context)->fields[index];
    return field->category == CATEGORY_NONE ? (struct slice){0} : field->path;
}

/* A path that must stand under `fields`; FIELD_NONE after an error. */
static uint16_t listed_field(struct schema_loader *loader, struct yaml_node *node,
                             const char *where)
{
    struct slice path;
    if (!yaml_text(node, where, loader->diagnostics, &path))
        return FIELD_NONE;
    const char *wrong = path_fault(path);
    if (wrong) {
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->place, "`%.*s` is not a path: %s",
                 SLICE_FORMAT(yaml_shown(path)), wrong);
        return FIELD_NONE;
    }
    uint16_t number = schema_field(loader->schema, path);
    if (number != FIELD_NONE && loader->tree.is_leaf[number])
        return number;
    diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
             "`%s` names `%.*s`, which `fields` does not list%s", where,
             SLICE_FORMAT(yaml_shown(path)),
             number == FIELD_NONE ? "" : " as a value: it is a container");
    if (number == FIELD_NONE)
        diagnose_suggestion(loader->diagnostics, nearest_word(path, loader->schema->field_count,
                                                              leaf_path, loader->schema));
    return FIELD_NONE;
}

static void read_time_field(struct schema_loader *loader, struct yaml_node *node)
{
    uint16_t number = listed_field(loader, node, "time.field");
    if (number == FIELD_NONE)
        return;
    struct field *field = &loader->schema->fields[number];
    const struct category_info *info = category_info(field->category);
    if (field->category != CATEGORY_NONE && info->kind != KIND_TIME)
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
                 "the time `%.*s` is of category `%s`, not of `time.*`",
                 SLICE_FORMAT(yaml_shown(field->path)), info->name);
    else if (field_is_in_array(loader->schema, number))
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
                 "the time `%.*s` is in an array: there must be one",
                 SLICE_FORMAT(yaml_shown(field->path)));
    field->roles |= ROLE_TIME;
    loader->schema->time_field = number;
}

void schema_read_time(struct schema_loader *loader, struct yaml_node *time)
{
    static const char *const keys[] = {"field", "format", "fallback", "skew", NULL};
    static const char *const fallbacks[] = {"message", NULL};
    struct diagnostics *diagnostics = loader->diagnostics;
    if (!yaml_is_mapping(time, "time", diagnostics))
        return;
    read_time_field(loader, yaml_need(time, "field", "time", diagnostics));
    const char *formats[TIME_FORMAT_COUNT + 1] = {NULL};
    for (int i = 0; i < TIME_FORMAT_COUNT; i++)
        formats[i] = time_format_name((enum time_format)i);
    int format = yaml_word(yaml_need(time, "format", "time", diagnostics), "time.format", formats,
                           diagnostics);
    loader->schema->time_format = format < 0 ? TIME_FORMAT_AUTO : (enum time_format)format;
    loader->schema->time_fallback_message =
        yaml_word(yaml_get(time, "fallback"), "time.fallback", fallbacks, diagnostics) == 0;
    struct yaml_node *skew = yaml_get(time, "skew");
    loader->schema->time_skew = DEFAULT_SKEW;
    if (yaml_duration(skew, "time.skew", diagnostics, &loader->schema->time_skew) &&
        loader->schema->time_skew > TIME_WEEK)
        diagnose(diagnostics, SEVERITY_ERROR, skew->place, "`time.skew` must be at most 7d");
    yaml_unknown_keys(time, "time", keys, diagnostics);
}

static bool read_subject(struct schema_loader *loader, struct yaml_node *node, const char *where,
                         enum field_role role, uint16_t *out)
{
    uint16_t number = listed_field(loader, node, where);
    if (number == FIELD_NONE)
        return false;
    struct field *field = &loader->schema->fields[number];
    const struct category_info *info = category_info(field->category);
    if (field->category != CATEGORY_NONE && info->kind != KIND_IDENTIFIER) {
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
                 "`%.*s` in `%s` is of category `%s`, which is no identifier",
                 SLICE_FORMAT(yaml_shown(field->path)), where, info->name);
        return false;
    }
    if (field->roles & (ROLE_SUBJECT | ROLE_VETO)) {
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
                 "`%.*s` is a subject or a veto already", SLICE_FORMAT(yaml_shown(field->path)));
        return false;
    }
    field->roles |= (uint8_t)role;
    *out = number;
    return true;
}

void schema_read_subjects(struct schema_loader *loader, struct yaml_node *list, const char *where,
                          enum field_role role, uint16_t *fields, size_t *count)
{
    if (!yaml_is_sequence(list, where, loader->diagnostics))
        return;
    const struct schema *schema = loader->schema;
    for (struct yaml_node *node = list->first; node; node = node->next) {
        if (schema->subject_count + schema->veto_count == SUBJECT_LIMIT) {
            diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
                     "more than %d subjects and vetoes", SUBJECT_LIMIT);
            return;
        }
        if (read_subject(loader, node, where, role, &fields[*count]))
            ++*count;
    }
}

/* A leaf that `fields` need not list: a signal's or the discriminator's. */
static uint16_t special_field(struct schema_loader *loader, struct slice path, struct place place,
                              enum field_role role)
{
    bool is_new;
    uint16_t number = schema_tree_add(&loader->tree, path, place, &is_new);
    if (number == FIELD_NONE)
        return FIELD_NONE;
    struct field *field = &loader->schema->fields[number];
    if (is_new)
        field->place = place;
    if (role == ROLE_SIGNAL && (field->roles & ROLE_SIGNAL)) {
        if (!slice_equal(path, field->path)) /* else the YAML reader has said so */
            schema_report_same_path(loader, path, place, field);
        return FIELD_NONE;
    }
    field->roles |= (uint8_t)role;
    return number;
}

static void read_signal(struct schema_loader *loader, struct yaml_node *node)
{
    static const char *const keys[] = {"name", "means", NULL};
    static const char *const meanings[] = {"opt_out", "opt_in", NULL};
    struct diagnostics *diagnostics = loader->diagnostics;
    struct schema *schema = loader->schema;
    struct slice name = node->key;
    struct yaml_node *means = node;
    if (node->type == YAML_MAPPING) {
        struct yaml_node *named = yaml_get(node, "name");
        if (named && !yaml_name(named, "name", diagnostics, &name))
            return;
        means = yaml_need(node, "means", "signal", diagnostics);
        yaml_unknown_keys(node, "signal", keys, diagnostics);
    }
    int meaning = yaml_word(means, "means", meanings, diagnostics);
    if (schema->signal_count == SIGNAL_LIMIT) {
        diagnose(diagnostics, SEVERITY_ERROR, node->key_place, "more than %d signals",
                 SIGNAL_LIMIT);
        return;
    }
    uint16_t field = special_field(loader, node->key, node->key_place, ROLE_SIGNAL);
    if (meaning < 0 || field == FIELD_NONE)
        return;
    if (node->type != YAML_MAPPING && !yaml_is_name(name)) {
        diagnose(diagnostics, SEVERITY_ERROR, node->key_place,
                 "`%.*s` is no name for a signal: write {name: NAME, means: %s}",
                 SLICE_FORMAT(yaml_shown(name)), meanings[meaning]);
        return;
    }
    int number = signal_number(loader->signals, name);
    if (number < 0) {
        diagnose(diagnostics, SEVERITY_ERROR, node->key_place,
                 "more than %d signals in all schemas", SIGNAL_LIMIT);
        return;
    }
    schema->signals[schema->signal_count++] =
        (struct schema_signal){field, (uint8_t)number, (enum signal_meaning)meaning};
}

void schema_read_signals(struct schema_loader *loader, struct yaml_node *signals)
{
    if (!yaml_is_mapping(signals, "signals", loader->diagnostics))
        return;
    for (struct yaml_node *node = signals->first; node; node = node->next)
        read_signal(loader, node);
}

static bool is_topic(struct slice name)
{
    if (name.length == 0 || name.length > TOPIC_LIMIT || slice_equal(name, SLICE(".")) ||
        slice_equal(name, SLICE("..")))
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.data[i];
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (!is_letter && !(byte >= '0' && byte <= '9') && !memchr("_-.", byte, 3))
            return false;
    }
    return true;
}

static void read_match_field(struct schema_loader *loader, struct yaml_node *node)
{
    struct slice path;
    if (!yaml_text(node, "match.field", loader->diagnostics, &path))
        return;
    uint16_t number = special_field(loader, path, node->place, ROLE_DISCRIMINATOR);
    if (number == FIELD_NONE)
        return;
    loader->schema->match_field = number;
    if (field_is_in_array(loader->schema, number))
        diagnose(loader->diagnostics, SEVERITY_ERROR, node->place,
                 "`match.field` `%.*s` is in an array: there must be one",
                 SLICE_FORMAT(yaml_shown(path)));
}

void schema_read_match(struct schema_loader *loader, struct yaml_node *match)
{
    static const char *const keys[] = {"topic", "field", "equals", NULL};
    struct diagnostics *diagnostics = loader->diagnostics;
    struct schema *schema = loader->schema;
    if (!yaml_is_mapping(match, "match", diagnostics))
        return;
    struct yaml_node *topic = yaml_get(match, "topic");
    struct yaml_node *field = yaml_get(match, "field");
    struct yaml_node *equals = yaml_get(match, "equals");
    if (!topic && !field && !equals)
        diagnose(diagnostics, SEVERITY_ERROR, match->place,
                 "`match` needs `topic`, or `field` and `equals`");
    if (yaml_text(topic, "match.topic", diagnostics, &schema->match_topic) &&
        !is_topic(schema->match_topic))
        diagnose(diagnostics, SEVERITY_ERROR, topic->place,
                 "`match.topic` must be a topic's name: at most %d letters, digits, `_`, `-`, `.`",
                 TOPIC_LIMIT);
    if (equals)
        yaml_need(match, "field", "match", diagnostics);
    if (field)
        yaml_need(match, "equals", "match", diagnostics);
    read_match_field(loader, field);
    yaml_text(equals, "match.equals", diagnostics, &schema->match_equals);
    yaml_unknown_keys(match, "match", keys, diagnostics);
}
