/*
 * The tree of a schema's fields while it grows; for the loader alone (schema.c).
 */
#ifndef LETHE_SCHEMAS_SCHEMA_TREE_H
#define LETHE_SCHEMAS_SCHEMA_TREE_H

#include "schemas/schema.h"

struct schema_tree {
    struct schema *schema;
    struct arena *arena;
    struct diagnostics *diagnostics;
    uint16_t *last_child; /* of every field, or FIELD_NONE */
    bool *is_leaf;        /* likewise: was it added, not just passed on the way? */
    size_t limit;         /* fields that there is room for */
    bool full;            /* reported once */
};

/* Room for `steps` names and `[]`, and never for more than FIELD_LIMIT fields. The root is there
 * afterwards. False without memory (reported at `place`). */
bool schema_tree_init(struct schema_tree *tree, struct schema *schema, size_t steps,
                      struct arena *arena, struct diagnostics *diagnostics, struct place place);

/*
 * The leaf of that path, made where it is missing, with `place` as where it stands; *is_new says
 * which. FIELD_NONE after an error: not a path, too many fields, or a path through a leaf or to a
 * container.
 */
uint16_t schema_tree_add(struct schema_tree *tree, struct slice path, struct place place,
                         bool *is_new);

/* Has the field members or elements below it? */
bool field_is_container(const struct field *field);

/* Does the way from the root to the field lead through an array? */
bool field_is_in_array(const struct schema *schema, uint16_t field);

#endif
