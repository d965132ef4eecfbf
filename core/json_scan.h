/*
 * Strict JSON, read once from left to right: RFC 8259, checked whole.
 *
 * These are the primitives that every reader of JSON in the project is built on. They refuse what
 * the standard refuses and what is unsafe to guess at: bytes that are not UTF-8 (RFC 3629: no
 * overlong forms, no surrogates, nothing above U+10FFFF), a leading byte-order mark, duplicate
 * member names (compared after unescaping), a lone surrogate escape in a member's name, nesting
 * deeper than the limit, and bytes after the value. A lone surrogate in a *value* is reported and
 * not refused: the caller drops that field. Numbers are carried as their text, never converted.
 *
 * The scanner borrows its text and allocates nothing; the set of member names (json_names) is
 * allocated once by its owner and grows up to a limit. After the first fault every call does
 * nothing and returns false; `fault` and `at` say what and where (`at` is the offending byte).
 */
#ifndef LETHE_CORE_JSON_SCAN_H
#define LETHE_CORE_JSON_SCAN_H

#include "core/buffer.h"
#include "core/rc.h"
#include "core/slice.h"

enum json_type {
    JSON_ABSENT = 0,
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/*   code                        name                  sentence */
#define JSON_FAULT_TABLE(X)                                                                        \
    X(JSON_FAULT_NONE, "none", "well formed")                                                      \
    X(JSON_FAULT_EMPTY, "empty", "there is no value")                                              \
    X(JSON_FAULT_SYNTAX, "syntax", "a character that JSON does not allow here")                    \
    X(JSON_FAULT_TRUNCATED, "truncated", "the text ends inside a value")                           \
    X(JSON_FAULT_UTF8, "utf8", "bytes that are not UTF-8")                                         \
    X(JSON_FAULT_CONTROL, "control", "a control character inside a string")                        \
    X(JSON_FAULT_ESCAPE, "escape", "an escape that JSON does not know")                            \
    X(JSON_FAULT_NAME_SURROGATE, "name_surrogate", "a lone surrogate in a member's name")          \
    X(JSON_FAULT_DUPLICATE_NAME, "duplicate_name", "two members of one object have the same name") \
    X(JSON_FAULT_NUMBER, "number", "a number that JSON does not allow")                            \
    X(JSON_FAULT_DEPTH, "depth", "nested deeper than the limit")                                   \
    X(JSON_FAULT_SIZE, "size", "longer than the limit")                                            \
    X(JSON_FAULT_BYTE_ORDER_MARK, "byte_order_mark", "a leading byte-order mark")                  \
    X(JSON_FAULT_TRAILING, "trailing", "bytes after the value")                                    \
    X(JSON_FAULT_NO_MEMORY, "no_memory", "out of memory")

enum json_fault {
#define JSON_FAULT_ENUM(code, name, sentence) code,
    JSON_FAULT_TABLE(JSON_FAULT_ENUM)
#undef JSON_FAULT_ENUM
        JSON_FAULT_COUNT
};

const char *json_fault_name(enum json_fault fault);
const char *json_fault_sentence(enum json_fault fault);

/*
 * The member names seen so far in every open object, for finding duplicates in constant time per
 * name. Stores 64-bit keyed hashes (XXH3 with a random seed per set), never the names, so nothing
 * of a record stays behind. Reused from record to record. Owner: whoever called json_names_init;
 * one scanner uses it at a time.
 */
struct json_names {
    uint64_t seed;
    uint32_t object; /* number of the newest object; each object has its own */
    struct json_names_slot *slots;
    size_t slot_count; /* a power of two */
    size_t used;
    size_t limit; /* most names of one record */
};

/* `limit`: the most member names that one record can hold (its size limit / 4 is always enough). */
void json_names_init(struct json_names *names, uint64_t seed, size_t limit);
void json_names_release(struct json_names *names);

struct json_scanner {
    const char *begin;
    const char *at;
    const char *end;
    enum json_fault fault;
    unsigned depth;
    unsigned depth_limit;
    struct json_names *names;
};

/* Starts on `text`. `names` is emptied. A leading byte-order mark is a fault at once. */
void json_scanner_init(struct json_scanner *scanner, struct slice text, unsigned depth_limit,
                       struct json_names *names);

/* Skips white space and says what the next value is by its first byte: JSON_ABSENT at the end of
 * the text (no fault yet) or where no value can begin with that byte (JSON_FAULT_SYNTAX). */
enum json_type json_peek(struct json_scanner *scanner);

/* A string as it stands in the text. */
struct json_string {
    struct slice raw; /* between the quotes, escapes as they are */
    bool escaped;     /* holds at least one backslash: decode before comparing */
    bool lone_surrogate;
};

/* At a `"`: reads the string, checks UTF-8, control characters and escapes. */
bool json_scan_string(struct json_scanner *scanner, struct json_string *out);

/* At a digit or minus: reads the number by the grammar of RFC 8259. */
bool json_scan_number(struct json_scanner *scanner, struct slice *out);

/* At t, f or n: reads the literal of that type. */
bool json_scan_literal(struct json_scanner *scanner, enum json_type type);

/*
 * Objects and arrays. Usage:
 *     json_enter(scanner, JSON_OBJECT, &object);
 *     while (json_next_member(scanner, &object, &name)) { ... exactly one value is read ... }
 *     if (scanner->fault) ...
 * json_next_member reads the comma, the name (checked for duplicates) and the colon; it returns
 * false at the closing brace (no fault) or at a fault. json_next_element likewise for arrays.
 */
struct json_container {
    uint32_t object; /* its number in json_names */
    bool first;      /* nothing read yet */
};

bool json_enter(struct json_scanner *scanner, enum json_type type, struct json_container *out);
bool json_next_member(struct json_scanner *scanner, struct json_container *object,
                      struct json_string *name);
bool json_next_element(struct json_scanner *scanner, struct json_container *array);

/* Reads one value of any type and checks all of it, without keeping anything. */
bool json_skip(struct json_scanner *scanner);

/* After the value: only white space may follow. */
bool json_finish(struct json_scanner *scanner);

/* Checks a whole text: one value and nothing else. *offset, if not NULL, is where the fault is. */
enum json_fault json_check(struct slice text, unsigned depth_limit, struct json_names *names,
                           size_t *offset);

/*
 * Appends the decoded text of a string: escapes resolved, UTF-8. A lone surrogate is left out and
 * makes it return false; the decoded text is never longer than the raw one.
 */
bool json_decode_string(struct slice raw, struct buffer *out);

/* As above into memory of at least raw.length bytes. Returns the slice written, and false through
 * *whole (may be NULL) where a lone surrogate was left out. */
struct slice json_decode_into(struct slice raw, char *memory, bool *whole);

/* Is the decoded text of `raw` equal to `text`? Without decoding into memory. */
bool json_string_equals(struct json_string string, struct slice text);

/* Is the whole slice valid UTF-8 by RFC 3629? */
bool utf8_valid(struct slice text);

/* Appends `text` (decoded, valid UTF-8) as a JSON string with its quotes; escapes only what JSON
 * requires (quote, backslash, control characters). */
void json_write_string(struct buffer *buffer, struct slice text);

#endif
