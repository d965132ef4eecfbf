/*
 * Paths through a record, as schemas and people write them: member names joined by dots, `[]` for
 * every element of an array.
 *
 *     breadcrumbs[].data.url      matrix[][]      "app.version".code      "say \"hi\""
 *
 * A name that holds a dot, a bracket, a double quote or a backslash stands in double quotes; inside
 * them `\"` and `\\` are the quote and the backslash. A path begins with a name: a record is an
 * object. No name is empty. One path can be spelt in two ways ("a".b and a.b): compare steps.
 */
#ifndef LETHE_SCHEMAS_SCHEMA_PATH_H
#define LETHE_SCHEMAS_SCHEMA_PATH_H

#include "core/buffer.h"

enum {
    PATH_NAME_LIMIT = 256, /* bytes of one name, decoded */
    PATH_STEP_LIMIT = 64,  /* names and `[]` of one path */
};

struct path_step {
    bool is_element;   /* `[]` */
    struct slice name; /* decoded; of the text or of the reader; until the next step */
    size_t end;        /* the path up to here is the text's first `end` bytes */
};

struct path_reader {
    struct slice text;
    size_t at;
    size_t steps;
    const char *wrong; /* a sentence, after path_next gave false for a fault */
    char decoded[PATH_NAME_LIMIT];
};

void path_reader_init(struct path_reader *reader, struct slice text);

/* The next step; false at the end and at a fault. */
bool path_next(struct path_reader *reader, struct path_step *step);

/* What is wrong with the path, or NULL. */
const char *path_fault(struct slice text);

/* Adds a member's name to a path, with the dot and the quotes that it needs. `[]` is added as it
 * is. */
void path_append_name(struct buffer *path, struct slice name);

#endif
