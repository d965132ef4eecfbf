/*
 * What the parts of the JSON scanner share. Internal to core: json_scan.c walks the structure,
 * json_string.c reads and writes strings, json_names.c finds duplicate names.
 */
#ifndef LETHE_CORE_JSON_INTERNAL_H
#define LETHE_CORE_JSON_INTERNAL_H

#include "core/json_scan.h"

/* Keeps the first fault and where it is; always false, so that a caller can return it. */
static inline bool json_fail(struct json_scanner *scanner, enum json_fault fault, const char *at)
{
    if (scanner->fault == JSON_FAULT_NONE) {
        scanner->fault = fault;
        scanner->at = at;
    }
    return false;
}

/* The text ended where something had to follow. */
static inline bool json_fail_at_end(struct json_scanner *scanner)
{
    enum json_fault fault = scanner->depth > 0 ? JSON_FAULT_TRUNCATED : JSON_FAULT_EMPTY;
    return json_fail(scanner, fault, scanner->end);
}

/*
 * One decoded piece of a raw string that has been checked: a character that stands for itself (one
 * byte at a time) or one escape. Moves *at past it, writes at most 4 bytes, returns how many; 0 for
 * a lone surrogate.
 */
size_t json_decode_piece(const char **at, const char *end, char out[4]);

/* Starts the numbers of a new text of at most `length` bytes: forgets all names in O(1). */
void json_names_begin(struct json_names *names, size_t length);

/* Adds a name of object number `object`. JSON_FAULT_NONE, _DUPLICATE_NAME, _SIZE or _NO_MEMORY. By
 * pointer, because a copy of what was stored a moment ago, field by field, stalls. */
enum json_fault json_names_add(struct json_names *names, uint32_t object,
                               const struct json_string *name);

#endif
