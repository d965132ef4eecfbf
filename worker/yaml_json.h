/*
 * YAML that a person wrote, as the JSON that it means (YAML 1.2 core schema): plain scalars that
 * are JSON numbers, true, false or null are those; every other scalar is a string.
 */
#ifndef LETHE_WORKER_YAML_JSON_H
#define LETHE_WORKER_YAML_JSON_H

#include "schemas/yaml.h"

void yaml_write_json(struct buffer *out, const struct yaml_node *node);

#endif
