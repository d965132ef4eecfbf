/* Which schemas of one configuration could be taken for each other. */
#include "schemas/schema.h"

#include "schemas/yaml.h"

static bool same_path(const struct schema *a, uint16_t field_a, const struct schema *b,
                      uint16_t field_b)
{
    while (field_a != FIELD_ROOT && field_b != FIELD_ROOT) {
        const struct field *step_a = &a->fields[field_a];
        const struct field *step_b = &b->fields[field_b];
        if (step_a->is_element != step_b->is_element || !slice_equal(step_a->name, step_b->name))
            return false;
        field_a = step_a->parent;
        field_b = step_b->parent;
    }
    return field_a == field_b;
}

static bool told_apart(const struct schema *a, const struct schema *b)
{
    if (a->match_topic.length > 0 && b->match_topic.length > 0 &&
        !slice_equal(a->match_topic, b->match_topic))
        return true;
    return a->match_field != FIELD_NONE && b->match_field != FIELD_NONE &&
           same_path(a, a->match_field, b, b->match_field) &&
           !slice_equal(a->match_equals, b->match_equals);
}

static void check_pair(const struct schema *a, const struct schema *b,
                       struct diagnostics *diagnostics)
{
    const struct place *place_a = &a->fields[FIELD_ROOT].place;
    const struct place *place_b = &b->fields[FIELD_ROOT].place;
    if (slice_equal(a->name, b->name))
        diagnose(diagnostics, SEVERITY_ERROR, *place_b,
                 "a schema `%.*s` is there already, in %s:%u", SLICE_FORMAT(yaml_shown(b->name)),
                 a->file, place_a->line);
    else if (!told_apart(a, b))
        diagnose(diagnostics, SEVERITY_ERROR, *place_b,
                 "a record could match both `%.*s` and `%.*s` (%s:%u): tell them apart in `match` "
                 "by topic, or by `equals` of one field",
                 SLICE_FORMAT(yaml_shown(b->name)), SLICE_FORMAT(yaml_shown(a->name)), a->file,
                 place_a->line);
}

void schemas_check_together(struct schema *const *schemas, size_t count,
                            struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++)
            check_pair(schemas[j], schemas[i], diagnostics);
    }
}
