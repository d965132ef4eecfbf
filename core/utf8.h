/*
 * UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates (U+D800 to U+DFFF), nothing above
 * U+10FFFF. A NUL byte is an ordinary character here.
 */
#ifndef LETHE_CORE_UTF8_H
#define LETHE_CORE_UTF8_H

#include "core/slice.h"

/* What utf8_step says besides a length: */
enum {
    UTF8_INVALID = 0, /* no character begins here */
    UTF8_CUT = -1,    /* a character begins here, and the text ends inside it */
};

/* The length (1 to 4) of the character at `at`, or one of the above. `at` is before `end`. */
int utf8_step(const char *at, const char *end);

/* Is the whole slice valid UTF-8? */
bool utf8_valid(struct slice text);

/*
 * Skips characters that are not ASCII: returns the first byte below 0x80, `end`, or the first byte
 * of what is no character (then *step is UTF8_INVALID or UTF8_CUT; else it is positive).
 */
const char *utf8_skip_wide(const char *at, const char *end, int *step);

/* Writes one code point (no surrogate, at most U+10FFFF); returns its length, 1 to 4. */
size_t utf8_encode(uint32_t code_point, char out[4]);

/*
 * Would this character, printed as it is, end a line, move a cursor, hide or reverse what is around
 * it? Control characters (C0, DEL, C1), line and paragraph separators, direction marks, zero-width
 * spaces and the byte-order mark. Whoever prints for people writes something else for it.
 */
bool utf8_is_harmful(uint32_t code_point);

/* How many columns a terminal gives it: 0 for combining marks, 2 for wide East Asian characters and
 * emoji, else 1. By ranges (Unicode's East Asian Width), not by the locale; good enough for a
 * caret. */
unsigned utf8_columns(uint32_t code_point);

/* Reads the character at `at`, of which utf8_step has said that it has `length` bytes. */
uint32_t utf8_decode(const char *at, int length);

#endif
