/*
 * A JSON text as a tree, for what is read once and not at speed: consent messages, manifests, test
 * cases, envelopes of quarantine. Built on json_scan.h, with the same strictness. All memory comes
 * from the arena; the tree does not refer to the text it was read from.
 */
#ifndef LETHE_CORE_JSON_DOCUMENT_H
#define LETHE_CORE_JSON_DOCUMENT_H

#include "core/arena.h"
#include "core/json_scan.h"

struct json_value {
    enum json_type type;
    bool lone_surrogate;      /* of a string: half of a pair was left out of `text` */
    struct slice name;        /* as a member of an object: decoded; else empty */
    struct slice text;        /* string: decoded; number: its text; else empty */
    struct json_value *first; /* of an object or array */
    struct json_value *next;  /* its next sibling */
    size_t count;             /* members or elements */
};

struct json_error {
    enum json_fault fault;
    size_t offset; /* byte in the text */
};

/* NULL on a fault, which is then in *error (may be NULL). An arena that is full is
 * JSON_FAULT_NO_MEMORY; a value takes 64 bytes of it, and its name and text beside that. */
const struct json_value *json_parse(struct arena *arena, struct slice text, unsigned depth_limit,
                                    struct json_error *error);

/* The member of that name, or NULL where there is none or `object` is NULL or no object. */
const struct json_value *json_member(const struct json_value *object, struct slice name);

/* The text of a member that is a string; the empty slice otherwise. */
struct slice json_member_text(const struct json_value *object, struct slice name);

/* A member that is a number written as an integer without fraction or exponent, and that fits;
 * of u64 without a minus. */
bool json_member_u64(const struct json_value *object, struct slice name, uint64_t *out);
bool json_member_i64(const struct json_value *object, struct slice name, int64_t *out);

/* Writes the tree as compact JSON; with `indent` > 0 one member or element a line, indented by that
 * many spaces a level. Numbers come out as they were written; of a string with a lone surrogate
 * comes what is left of it. */
void json_write_value(struct buffer *buffer, const struct json_value *value, unsigned indent);

#endif
