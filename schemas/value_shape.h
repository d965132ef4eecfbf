/*
 * Shapes that identify and that fit into alphabets which real values need: `1.2.3.4` is a version's
 * alphabet, `fe80::1` a C++ name's. No kept value has one of them; a real value that happens to
 * look like one (a version of four numbers below 256) is dropped with it: in doubt nothing leaves.
 * The detectors of anonymize find what needs a checksum; these are what a layout alone tells.
 *
 * Sources: RFC 4291 section 2.2 (IPv6 text), E.164, GA 36-2018 (number plates).
 */
#ifndef LETHE_SCHEMAS_VALUE_SHAPE_H
#define LETHE_SCHEMAS_VALUE_SHAPE_H

#include "core/slice.h"

#define VALUE_SHAPE_TABLE(X)                                                                       \
    X(SHAPE_NONE, "none")                                                                          \
    X(SHAPE_DOTTED_QUAD, "four numbers below 256, joined by dots (IPv4)")                          \
    X(SHAPE_COLON_HEX, "groups of hex digits, joined by colons (IPv6, MAC)")                       \
    X(SHAPE_BARE_MAC, "12 hex digits that stand alone, letters among them")                        \
    X(SHAPE_MOBILE, "11 digits laid out 3-4-4, as mobile numbers of mainland China are")           \
    X(SHAPE_INTERNATIONAL, "+ and at least 7 digits (E.164)")                                      \
    X(SHAPE_PLATE, "a number plate: province, letter, 5 or 6 letters and digits")                  \
    X(SHAPE_KEY, "the beginning of a well-known kind of key or account, and what follows")         \
    X(SHAPE_ASSIGNMENT, "name=value")                                                              \
    X(SHAPE_ADDRESS, "a URL, or a path from a folder that holds people's files")                   \
    X(SHAPE_GROUPS, "groups of digits or hex digits that are a mobile or card number, an IMEI, "   \
                    "an IPv4 or a hardware address when read as one")

enum value_shape {
#define VALUE_SHAPE_ENUM(code, sentence) code,
    VALUE_SHAPE_TABLE(VALUE_SHAPE_ENUM)
#undef VALUE_SHAPE_ENUM
        VALUE_SHAPE_COUNT
};

/* The first shape found in the text (valid UTF-8), or SHAPE_NONE. Linear in its length. */
enum value_shape value_shape_find(struct slice text);

/* SHAPE_GROUPS: any characters may part the groups, up to two in a row (value_groups.c). */
bool value_groups_identify(struct slice text);

/* One sentence, for reference pages. */
const char *value_shape_sentence(enum value_shape shape);

#endif
