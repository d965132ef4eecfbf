/*
 * The forms behind canonical.h, one function each. Internal to schemas: canonical.c, which has
 * trimmed the text and sorted out types, and canonical_numbers.c, which has the numbering plans.
 *
 * Each writes the canonical text and returns true, or returns false where the text is not of the
 * format (what was written then means nothing).
 */
#ifndef LETHE_SCHEMAS_CANONICAL_FORM_H
#define LETHE_SCHEMAS_CANONICAL_FORM_H

#include "schemas/canonical.h"

/* Writes at most CANONICAL_LIMIT bytes; what would be more sets `full`. */
struct canonical_writer {
    char *memory;
    size_t length;
    bool full;
};

static inline void canonical_put(struct canonical_writer *out, char c)
{
    if (out->length < CANONICAL_LIMIT)
        out->memory[out->length++] = c;
    else
        out->full = true;
}

static inline void canonical_put_all(struct canonical_writer *out, struct slice text)
{
    size_t room = CANONICAL_LIMIT - out->length;
    out->full = out->full || text.length > room;
    text = slice_head(text, room);
    if (text.length > 0)
        memcpy(out->memory + out->length, text.data, text.length);
    out->length += text.length;
}

/* ASCII only, whatever the locale. */
static inline bool canonical_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char canonical_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline char canonical_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* 0 to 15, or -1. */
static inline int canonical_hex(char c)
{
    c = canonical_lower(c);
    return canonical_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Without the prefix where the text begins with it, in any case. */
struct slice canonical_without_prefix(struct slice text, const char *prefix);

/* `number`: it came as a JSON number, which has lost what zeros it began with. */
bool canonical_imei(struct slice text, bool number, struct canonical_writer *out);
bool canonical_meid(struct slice text, struct canonical_writer *out);
bool canonical_imsi(struct slice text, struct canonical_writer *out);
bool canonical_iccid(struct slice text, struct canonical_writer *out);
bool canonical_phone(struct slice text, struct canonical_writer *out);

/* Is the canonical text, or the trimmed text as it came, in the table of placeholders? */
bool placeholder_holds(enum identifier_form form, struct slice text);

#endif
