/*
 * What the two halves of the schema loader share: schema.c reads the head and `fields`,
 * schema_roles.c what the fields are for. For them alone.
 */
#ifndef LETHE_SCHEMAS_SCHEMA_LOADER_H
#define LETHE_SCHEMAS_SCHEMA_LOADER_H

#include "schemas/schema_tree.h"
#include "schemas/yaml.h"

struct schema_loader {
    struct schema *schema;
    struct schema_tree tree;
    struct arena *arena;
    struct signal_names *signals;
    struct diagnostics *diagnostics;
};

/* All of these take a NULL node for a section that is not there, and report what is wrong. `fields`
 * must have been read. */
void schema_read_time(struct schema_loader *loader, struct yaml_node *time);
void schema_read_subjects(struct schema_loader *loader, struct yaml_node *list, const char *where,
                          enum field_role role, uint16_t *fields, size_t *count);
void schema_read_signals(struct schema_loader *loader, struct yaml_node *signals);
void schema_read_match(struct schema_loader *loader, struct yaml_node *match);

/* A path that stands in one section twice, in two spellings: at `place`, and where `first` is. */
void schema_report_same_path(struct schema_loader *loader, struct slice path, struct place place,
                             const struct field *first);

#endif
