/*
 * The loader of schemas. The input is a schema's file.
 *
 *   refused exactly where there are errors, with places that are in the text (fuzz_diagnostics.h)
 *   of what is loaded: numbers, categories and roles are in range and agree with each other; a node
 *   is a leaf or a container; every path leads to its own field, and so does every name; what
 *   decides (time, subjects, vetoes) has the category that it needs
 *   together with itself it is an error
 */
#include "schemas/schema.h"
#include "schemas/schema_path.h"
#include "tests/fuzz/fuzz_diagnostics.h"

enum { ARENA = 128 * 1024 * 1024 };

static bool is_leaf(const struct field *field)
{
    return field->first_child == FIELD_NONE && field->element == FIELD_NONE;
}

static void check_links(const struct schema *schema, uint16_t number)
{
    const struct field *field = &schema->fields[number];
    size_t children = 0;
    for (uint16_t i = field->first_child; i != FIELD_NONE; i = schema->fields[i].next_sibling) {
        FUZZ_CHECK(i < schema->field_count && i > number && schema->fields[i].parent == number);
        FUZZ_CHECK(!schema->fields[i].is_element && schema->fields[i].name.length > 0);
        FUZZ_CHECK(schema_child(schema, number, schema->fields[i].name) == i);
        children++;
    }
    FUZZ_CHECK(children == field->child_count);
    if (field->element != FIELD_NONE)
        FUZZ_CHECK(field->element < schema->field_count &&
                   schema->fields[field->element].is_element &&
                   schema->fields[field->element].parent == number);
}

static void check_field(const struct schema *schema, uint16_t number)
{
    const struct field *field = &schema->fields[number];
    FUZZ_CHECK(field->category < CATEGORY_COUNT);
    check_links(schema, number);
    if (number == FIELD_ROOT) {
        FUZZ_CHECK(field->category == CATEGORY_NONE);
        return;
    }
    FUZZ_CHECK(field->parent < schema->field_count && field->parent != number);
    FUZZ_CHECK(schema_field(schema, field->path) == number && !path_fault(field->path));
    if (!is_leaf(field))
        FUZZ_CHECK(field->category == CATEGORY_NONE && field->roles == 0);
    else
        FUZZ_CHECK(field->category != CATEGORY_NONE ||
                   field->roles & (ROLE_SIGNAL | ROLE_DISCRIMINATOR));
}

static void check_ids(const struct schema *schema, const uint16_t *ids, size_t count,
                      enum field_role role)
{
    FUZZ_CHECK(count <= SUBJECT_LIMIT);
    for (size_t i = 0; i < count; i++) {
        FUZZ_CHECK(ids[i] < schema->field_count);
        const struct field *field = &schema->fields[ids[i]];
        FUZZ_CHECK(field->roles & role);
        FUZZ_CHECK(category_info(field->category)->kind == KIND_IDENTIFIER);
        for (size_t j = 0; j < i; j++)
            FUZZ_CHECK(ids[i] != ids[j]);
    }
}

static void check_signals(const struct schema *schema, const struct signal_names *signals)
{
    FUZZ_CHECK(schema->signal_count <= SIGNAL_LIMIT && signals->count <= SIGNAL_LIMIT);
    for (size_t i = 0; i < schema->signal_count; i++) {
        const struct schema_signal *signal = &schema->signals[i];
        FUZZ_CHECK(signal->signal < signals->count && signal->field < schema->field_count);
        FUZZ_CHECK(schema->fields[signal->field].roles & ROLE_SIGNAL);
        FUZZ_CHECK(is_leaf(&schema->fields[signal->field]));
    }
}

/* Outside arrays: there is one of it. */
static bool is_single(const struct schema *schema, uint16_t number)
{
    for (; number != FIELD_ROOT; number = schema->fields[number].parent) {
        if (schema->fields[number].is_element)
            return false;
    }
    return true;
}

static void check_schema(const struct schema *schema, const struct signal_names *signals)
{
    FUZZ_CHECK(schema->field_count > 1 && schema->field_count <= FIELD_LIMIT);
    FUZZ_CHECK(schema->version > 0 && schema->name.length > 0);
    for (size_t i = 0; i < schema->field_count; i++)
        check_field(schema, (uint16_t)i);
    FUZZ_CHECK(schema->time_field < schema->field_count && is_single(schema, schema->time_field));
    const struct field *time = &schema->fields[schema->time_field];
    FUZZ_CHECK(time->roles & ROLE_TIME && category_info(time->category)->kind == KIND_TIME);
    FUZZ_CHECK(schema->time_format < TIME_FORMAT_COUNT && schema->time_skew >= 0);
    check_ids(schema, schema->subjects, schema->subject_count, ROLE_SUBJECT);
    check_ids(schema, schema->vetoes, schema->veto_count, ROLE_VETO);
    FUZZ_CHECK(schema->subject_count + schema->veto_count <= SUBJECT_LIMIT);
    check_signals(schema, signals);
    if (schema->match_field != FIELD_NONE)
        FUZZ_CHECK(schema->match_field < schema->field_count &&
                   is_leaf(&schema->fields[schema->match_field]) &&
                   is_single(schema, schema->match_field) &&
                   schema->fields[schema->match_field].roles & ROLE_DISCRIMINATOR);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct arena arena;
    struct signal_names signals = {0};
    struct diagnostics diagnostics;
    arena_init(&arena, ARENA);
    diagnostics_init(&diagnostics);
    struct schema *schema = schema_parse(FUZZ_FILE, text, &arena, &signals, &diagnostics);
    fuzz_check_diagnostics(&diagnostics, text, schema != NULL);
    if (schema) {
        struct schema *twice[] = {schema, schema};
        check_schema(schema, &signals);
        schemas_check_together(twice, 2, &diagnostics);
        fuzz_check_diagnostics(&diagnostics, text, false);
    }
    diagnostics_release(&diagnostics);
    arena_release(&arena);
    return 0;
}
