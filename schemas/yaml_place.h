/*
 * Where things stand in a YAML text, for yaml.c alone: offsets to lines and columns, and the bytes
 * that no such text may hold.
 */
#ifndef LETHE_SCHEMAS_YAML_PLACE_H
#define LETHE_SCHEMAS_YAML_PLACE_H

#include "core/diagnostics.h"

/* Offsets are asked for nearly in order: the last one is where the search for the next begins, so
 * that a file costs one walk over it. Zeroed but for file, text and line, which begins at 1. */
struct yaml_source {
    const char *file;
    struct slice text;
    size_t offset;
    size_t line_start;
    unsigned line;
};

/* The place of the bytes [begin, end); its width ends with the line. */
struct place yaml_place(struct yaml_source *source, size_t begin, size_t end);

/* The place of one character by line and column, both from 1, columns in characters. */
struct place yaml_place_of_character(struct yaml_source *source, int line, int column);

/* A control character that is neither a tab nor a line feed. */
bool yaml_is_control(char byte);

/* What is wrong with the text's bytes, and where; NULL where they may be parsed. */
const char *yaml_check_bytes(struct yaml_source *source, struct place *place);

#endif
