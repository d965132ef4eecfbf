/*
 * Which characters and which layouts of them an alphabet allows (enum alphabet). The rules beyond
 * single characters are part of the alphabet: HEX begins with 0x, BUILD_ID has 32 hex digits.
 */
#ifndef LETHE_SCHEMAS_ALPHABET_H
#define LETHE_SCHEMAS_ALPHABET_H

#include "schemas/category.h"

/* Is every character of the text in the alphabet? The empty text is, but for NONE, HEX and
 * BUILD_ID. Bytes that are not UTF-8 never are. */
bool alphabet_allows(enum alphabet alphabet, struct slice text);

/*
 * Letters, marks and symbols of any script from U+00A1 on. Not: what is invisible or steers
 * (format, control, private use, variation selectors, spaces other than U+0020), numerals of any
 * script and full-width forms (digits in disguise), and planes other than 0, 2 and 3.
 */
bool alphabet_is_label_character(uint32_t code_point);

#endif
