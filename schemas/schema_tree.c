#include "schemas/schema_tree.h"

#include "schemas/schema_path.h"
#include "schemas/yaml.h"

enum { CHILD_KEY_LIMIT = 2 + PATH_NAME_LIMIT };

/* The key of the map of children: the parent's number in two bytes, and the name. */
static struct slice child_key(char memory[static CHILD_KEY_LIMIT], uint16_t parent,
                              struct slice name)
{
    memory[0] = (char)(parent & 0xff);
    memory[1] = (char)(parent >> 8);
    if (name.length > 0)
        memcpy(memory + 2, name.data, name.length);
    return slice_of(memory, 2 + name.length);
}

uint16_t schema_child(const struct schema *schema, uint16_t parent, struct slice name)
{
    if (name.length > PATH_NAME_LIMIT)
        return FIELD_NONE;
    char memory[CHILD_KEY_LIMIT];
    int64_t found = name_map_find(&schema->children, child_key(memory, parent, name));
    return found < 0 ? FIELD_NONE : (uint16_t)found;
}

static uint16_t child_of_step(const struct schema *schema, uint16_t parent,
                              const struct path_step *step)
{
    return step->is_element ? schema->fields[parent].element
                            : schema_child(schema, parent, step->name);
}

uint16_t schema_field(const struct schema *schema, struct slice path)
{
    struct path_reader reader;
    struct path_step step;
    uint16_t at = FIELD_ROOT;
    path_reader_init(&reader, path);
    while (path_next(&reader, &step)) {
        at = child_of_step(schema, at, &step);
        if (at == FIELD_NONE)
            return FIELD_NONE;
    }
    return reader.wrong ? FIELD_NONE : at;
}

bool field_is_container(const struct field *field)
{
    return field->child_count > 0 || field->element != FIELD_NONE;
}

bool field_is_in_array(const struct schema *schema, uint16_t field)
{
    for (; field != FIELD_ROOT; field = schema->fields[field].parent) {
        if (schema->fields[field].is_element)
            return true;
    }
    return false;
}

static void no_memory(struct schema_tree *tree, struct place place)
{
    diagnose(tree->diagnostics, SEVERITY_ERROR, place, "no memory for the rest of this schema");
    tree->full = true;
}

static uint16_t new_field(struct schema_tree *tree, uint16_t parent, struct place place)
{
    uint16_t number = (uint16_t)tree->schema->field_count++;
    tree->last_child[number] = FIELD_NONE;
    tree->schema->fields[number] = (struct field){
        .parent = parent,
        .element = FIELD_NONE,
        .first_child = FIELD_NONE,
        .next_sibling = FIELD_NONE,
        .place = place,
    };
    return number;
}

bool schema_tree_init(struct schema_tree *tree, struct schema *schema, size_t steps,
                      struct arena *arena, struct diagnostics *diagnostics, struct place place)
{
    size_t limit = steps + 1 < FIELD_LIMIT ? steps + 1 : FIELD_LIMIT;
    *tree = (struct schema_tree){
        .schema = schema, .arena = arena, .diagnostics = diagnostics, .limit = limit};
    schema->fields = ARENA_ARRAY(arena, limit, struct field);
    tree->last_child = ARENA_ARRAY(arena, limit, uint16_t);
    tree->is_leaf = ARENA_ARRAY(arena, limit, bool);
    if (!schema->fields || !tree->last_child || !tree->is_leaf ||
        name_map_init(&schema->children, arena, limit) != RC_OK) {
        no_memory(tree, place);
        return false;
    }
    new_field(tree, FIELD_NONE, place);
    return true;
}

/* `"name":` as it is written out, in the arena. */
static struct slice quote(struct arena *arena, struct slice name)
{
    struct buffer buffer;
    buffer_init(&buffer, 6 * PATH_NAME_LIMIT + 3); /* every byte as \u00XX, quotes and colon */
    json_write_string(&buffer, name);
    buffer_append_byte(&buffer, ':');
    struct slice quoted = {0};
    if (buffer_status(&buffer) == RC_OK)
        quoted = arena_copy(arena, buffer_slice(&buffer));
    buffer_release(&buffer);
    return quoted;
}

static bool add_name(struct schema_tree *tree, uint16_t number, struct slice name)
{
    struct schema *schema = tree->schema;
    struct field *field = &schema->fields[number];
    struct field *parent = &schema->fields[field->parent];
    char memory[CHILD_KEY_LIMIT];
    field->name = arena_copy(tree->arena, name);
    field->quoted = quote(tree->arena, name);
    if (!field->name.data || !field->quoted.data ||
        name_map_add(&schema->children, tree->arena, child_key(memory, field->parent, name),
                     number) != RC_OK)
        return false;
    uint16_t last = tree->last_child[field->parent];
    if (last == FIELD_NONE)
        parent->first_child = number;
    else
        schema->fields[last].next_sibling = number;
    tree->last_child[field->parent] = number;
    parent->child_count++;
    return true;
}

static uint16_t add_step(struct schema_tree *tree, uint16_t parent, const struct path_step *step,
                         struct slice path, struct place place)
{
    if (tree->full)
        return FIELD_NONE;
    if (tree->schema->field_count == tree->limit) {
        diagnose(tree->diagnostics, SEVERITY_ERROR, place,
                 "more than %d fields and containers in one schema", FIELD_LIMIT - 1);
        tree->full = true;
        return FIELD_NONE;
    }
    uint16_t number = new_field(tree, parent, place);
    struct field *field = &tree->schema->fields[number];
    field->path = slice_head(path, step->end);
    field->is_element = step->is_element;
    if (step->is_element) {
        tree->schema->fields[parent].element = number;
    } else if (!add_name(tree, number, step->name)) {
        no_memory(tree, place);
        return FIELD_NONE;
    }
    return number;
}

static uint16_t through_leaf(struct schema_tree *tree, const struct field *leaf, struct slice path,
                             struct place place)
{
    diagnose(tree->diagnostics, SEVERITY_ERROR, place,
             "`%.*s` is inside `%.*s`, which line %u lists as a value",
             SLICE_FORMAT(yaml_shown(path)), SLICE_FORMAT(yaml_shown(leaf->path)),
             leaf->place.line);
    return FIELD_NONE;
}

uint16_t schema_tree_add(struct schema_tree *tree, struct slice path, struct place place,
                         bool *is_new)
{
    const struct schema *schema = tree->schema;
    const char *wrong = path_fault(path);
    *is_new = false;
    if (wrong) {
        diagnose(tree->diagnostics, SEVERITY_ERROR, place, "`%.*s` is not a path: %s",
                 SLICE_FORMAT(yaml_shown(path)), wrong);
        return FIELD_NONE;
    }
    struct path_reader reader;
    struct path_step step;
    uint16_t at = FIELD_ROOT;
    path_reader_init(&reader, path);
    while (path_next(&reader, &step)) {
        if (tree->is_leaf[at])
            return through_leaf(tree, &schema->fields[at], path, place);
        uint16_t next = child_of_step(schema, at, &step);
        if (next == FIELD_NONE)
            next = add_step(tree, at, &step, path, place);
        if (next == FIELD_NONE)
            return FIELD_NONE;
        at = next;
    }
    if (field_is_container(&schema->fields[at])) {
        diagnose(tree->diagnostics, SEVERITY_ERROR, place,
                 "`%.*s` is listed as a value, and paths in it are listed from line %u on",
                 SLICE_FORMAT(yaml_shown(path)), schema->fields[at].place.line);
        return FIELD_NONE;
    }
    *is_new = !tree->is_leaf[at];
    tree->is_leaf[at] = true;
    return at;
}
