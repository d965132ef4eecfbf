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
 * nothing and returns false; `fault` and `at` say what and where. `at` is the offending byte: of
 * bad UTF-8 the first byte of what is no character, of a refused name its opening quote, of a text
 * that ends too early its end. Every proper beginning of an object or array is "truncated" (or
 * "empty"), never another fault, so a reader can tell a cut text from a bad one.
 */
#ifndef LETHE_CORE_JSON_SCAN_H
#define LETHE_CORE_JSON_SCAN_H

#include "core/buffer.h"
#include "core/rc.h"
#include "core/slice.h"
#include "core/utf8.h"

/* The most that any depth limit can be: skipping and parsing call themselves, and the stack ends
 * somewhere. A larger limit counts as this. A limit of 0 allows no object and no array. */
enum { JSON_DEPTH_MOST = 1000 };

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
 * The member names seen so far in every object of a text, for finding duplicates in constant time
 * per name. Stores 64-bit keyed hashes (XXH3 with a random seed per set), never the names, so
 * nothing of a record stays behind. Equal names have equal hashes, so no duplicate is missed; two
 * different names of one object meet by chance once in 2^64 pairs, and then the text is refused.
 * Reused from text to text without being cleared. Owner: whoever called json_names_init; one
 * scanner uses it at a time.
 */
struct json_names {
    uint64_t seed;
    uint32_t object; /* number of the newest object; each object has its own */
    uint32_t base;   /* the newest object before this text: what is not above it is forgotten */
    struct json_names_slot *slots;
    size_t allocated;  /* slots, of all tables (see json_names.c) */
    size_t slot_count; /* of the table in use; a power of two */
    size_t used;       /* names of this text */
    size_t limit;      /* most names of one text */
};

/* Allocates nothing yet. `limit`: the most member names that one text can hold (its size limit / 4
 * + 1 is always enough); one more is JSON_FAULT_SIZE. The memory that it grows to is at most 96
 * bytes a name of that limit (and 4 KiB). */
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

/* Starts on `text`. `names` is emptied. A leading byte-order mark is a fault at once, and so is a
 * text of 4 GiB or more (JSON_FAULT_SIZE). */
void json_scanner_init(struct json_scanner *scanner, struct slice text, unsigned depth_limit,
                       struct json_names *names);

/* Skips white space and says what the next value is by its first byte: JSON_ABSENT at the end of
 * the text (no fault yet; json_skip and the others turn it into JSON_FAULT_EMPTY or _TRUNCATED) or
 * where no value can begin with that byte (JSON_FAULT_SYNTAX). */
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

/*
 * json_next_member in its three steps, for a reader that finds the duplicates of the names that it
 * knows by itself: json_next_name reads the comma and the name without looking for a duplicate and
 * ends as json_next_member does; json_note_name refuses a name that this object has had; and
 * json_read_colon follows. Every name is either noted or known to the reader, never now one and
 * then the other.
 */
bool json_next_name(struct json_scanner *scanner, struct json_container *object,
                    struct json_string *name);
bool json_note_name(struct json_scanner *scanner, const struct json_container *object,
                    const struct json_string *name);
bool json_read_colon(struct json_scanner *scanner);

/* Reads one value of any type and checks all of it, without keeping anything. */
bool json_skip(struct json_scanner *scanner);

/* After the value: only white space may follow. */
bool json_finish(struct json_scanner *scanner);

/* Checks a whole text: one value and nothing else. *offset, if not NULL, is where the fault is. */
enum json_fault json_check(struct slice text, unsigned depth_limit, struct json_names *names,
                           size_t *offset);

/*
 * The functions that decode take `raw` from a json_string, that is, text that has been checked.
 *
 * Appends the decoded text of a string: escapes resolved, UTF-8. A lone surrogate is left out and
 * makes it return false, as does a buffer that is full; the decoded text is never longer than the
 * raw one, and the buffer must have room for the raw one.
 */
bool json_decode_string(struct slice raw, struct buffer *out);

/* As above into memory of at least raw.length bytes. Returns the slice written, and false through
 * *whole (may be NULL) where a lone surrogate was left out. */
struct slice json_decode_into(struct slice raw, char *memory, bool *whole);

/* Is the decoded text of `raw` equal to `text`? Without decoding into memory. */
bool json_string_equals(struct json_string string, struct slice text);

/* Appends `text` (decoded, valid UTF-8) as a JSON string with its quotes; escapes only what JSON
 * requires (quote, backslash, control characters). */
void json_write_string(struct buffer *buffer, struct slice text);

#endif
