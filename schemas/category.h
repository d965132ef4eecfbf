/*
 * The taxonomy: what a datum *is*. One table (category_table.h) of every category, with its group,
 * its kind (which is its floor, see action.h), what a released value may be, and what it is in
 * words. Loaders, plans, detectors, reference pages and messages are all made from it.
 *
 * Names are dotted; a rule or a ceiling may name a prefix (`device` covers `device.imei`), but a
 * prefix in a ceiling admits no identifier, and a prefix rule does not reach a category whose floor
 * is stricter than what the rule asks for.
 */
#ifndef LETHE_SCHEMAS_CATEGORY_H
#define LETHE_SCHEMAS_CATEGORY_H

#include "core/json_scan.h"
#include "core/slice.h"
#include "schemas/action.h"

/*
 * The characters that a kept string may hold (schemas/alphabet.h). Everything is ASCII unless said.
 * None holds an `@`, a `%`, a quote, a backslash or a control character: no e-mail address, no
 * percent-encoding, no Windows path.
 */
enum alphabet {
    ALPHABET_NONE = 0, /* no string at all */
    ALPHABET_DIGITS,   /* 0-9 */
    ALPHABET_HEX,      /* 0x and 1 to 16 of 0-9 a-f A-F */
    ALPHABET_BUILD_ID, /* at least 32 of 0-9 a-f A-F, and - between them */
    ALPHABET_WORD,     /* letters, digits, _ and - */
    ALPHABET_DOTTED,   /* WORD and . */
    ALPHABET_VERSION,  /* DOTTED and + ~ ( ) and space */
    ALPHABET_MODEL,    /* WORD and . , + / ( ) and space */
    ALPHABET_LOCALE,   /* letters, digits, - _ and, for time zones, / + : */
    ALPHABET_TIME,     /* digits, T Z - + : . and space */
    ALPHABET_SYMBOL,   /* names in code: WORD and . $ < > : ~ , * & [ ] ( ) = ! # + ; / and space */
    ALPHABET_LABEL,    /* WORD, space . & and letters of any script (checked as UTF-8) */
};

/*
 * What a value must be to be released as it is. Anything else is dropped and counted. What
 * `generalise` makes coarser is not held to the range of numbers.
 *
 * A kept string that is not of an enumeration has besides none of the shapes of value_shape.h
 * (addresses, telephone numbers with separators, number plates, keys, private paths), whatever its
 * alphabet and length allow.
 */
struct value_rule {
    bool string, number, boolean; /* JSON types allowed */
    bool instant;                 /* must read as a time of the years 2005 to 2038 */
    uint16_t length_limit;        /* bytes of a string, decoded */
    uint8_t digit_limit;          /* most decimal digits in a string, wherever they stand */
    enum alphabet alphabet;
    int64_t minimum, maximum; /* of a number, fraction included */
    uint8_t fraction_limit;   /* digits after the point */
    const char *enumeration;  /* "wifi|cellular|none": nothing else is released; or NULL */
    bool may_hold_uuid, may_hold_mac, may_hold_hex16, may_hold_digits11; /* detectors off */
};

/* How an identifier is brought to its canonical form; see canonical.h. */
enum identifier_form {
    FORM_NONE = 0,
    FORM_TEXT, /* as it is: trimmed, 1 to 256 bytes, no control characters */
    FORM_IMEI,
    FORM_MEID,
    FORM_IMSI,
    FORM_ICCID,
    FORM_SERIAL,     /* letters, digits and - _ . of 4 to 64 bytes, case kept */
    FORM_ANDROID_ID, /* 64 bits of hex, leading zeros restored */
    FORM_UUID,
    FORM_MAC,
    FORM_PHONE,
    FORM_EMAIL,
    FORM_HEX,         /* hex of any case, 8 to 128 digits */
    FORM_ADVERTISING, /* UUID, or 16 to 64 hex digits; all zeros: opted out */
    FORM_COUNT
};

/* What obligations.md calls the groups. */
#define CATEGORY_GROUP_TABLE(X)                                                                    \
    X(GROUP_DEVICE_IDENTIFIER, "device identifiers")                                               \
    X(GROUP_ACCOUNT, "account identifiers")                                                        \
    X(GROUP_SECRET, "secrets")                                                                     \
    X(GROUP_CIVIL, "civil identity")                                                               \
    X(GROUP_MONEY, "money")                                                                        \
    X(GROUP_HEALTH, "health")                                                                      \
    X(GROUP_COMMUNICATION, "communication")                                                        \
    X(GROUP_NETWORK, "network")                                                                    \
    X(GROUP_PLACE, "place")                                                                        \
    X(GROUP_DEVICE_FACT, "device facts")                                                           \
    X(GROUP_APP, "apps")                                                                           \
    X(GROUP_USAGE, "usage")                                                                        \
    X(GROUP_CRASH, "crash")                                                                        \
    X(GROUP_WEB, "web")                                                                            \
    X(GROUP_TEXT, "free text")                                                                     \
    X(GROUP_TIME, "time")

enum category_group {
#define GROUP_ENUM(code, name) code,
    CATEGORY_GROUP_TABLE(GROUP_ENUM)
#undef GROUP_ENUM
        CATEGORY_GROUP_COUNT
};

#include "schemas/category_table.h"

/* CATEGORY_NONE = 0: not a datum (a container, a signal); never released. */
enum category {
    CATEGORY_NONE = 0,
#define CATEGORY_ENUM(code, ...) code,
    CATEGORY_TABLE(CATEGORY_ENUM)
#undef CATEGORY_ENUM
        CATEGORY_COUNT
};

struct category_info {
    const char *code; /* "CATEGORY_DEVICE_IMEI" */
    const char *name; /* "device.imei" */
    enum category_group group;
    enum kind kind;
    enum identifier_form form;
    struct value_rule value;
    const char
        *default_action; /* what the shipped default policy does, in words of obligations.md */
    const char *description;
};

/* "device identifiers" */
const char *category_group_name(enum category_group group);

/* Of any category but NONE; NONE and out of range give a forbidden entry with an empty name. */
const struct category_info *category_info(enum category category);

/* Exact name, or CATEGORY_NONE. */
enum category category_from_name(struct slice name);

/* Does `prefix` cover this category: its whole name, or its name up to a dot? */
bool category_has_prefix(enum category category, struct slice prefix);

/* Is there any category that `prefix` covers? */
bool category_prefix_exists(struct slice prefix);

/* The name nearest to a misspelt one, for "did you mean"; or the empty slice. */
struct slice category_nearest(struct slice name);

/* As category_nearest, where prefixes of names are words too: rules, ceilings. */
struct slice category_prefix_nearest(struct slice name);

/* A set of categories: a recipient's ceiling, a purpose's exempt list. {0} is the empty set. */
struct category_set {
    uint64_t bits[(CATEGORY_COUNT + 63) / 64];
};

static inline bool category_set_has(const struct category_set *set, enum category category)
{
    return (set->bits[category / 64] >> (category % 64)) & 1;
}

static inline void category_set_add(struct category_set *set, enum category category)
{
    set->bits[category / 64] |= (uint64_t)1 << (category % 64);
}

/* Adds what a ceiling entry admits: an exact name always, a prefix all that it covers except
 * identifiers. Returns how many were added now or before. */
size_t category_set_admit(struct category_set *set, struct slice name_or_prefix);

/*
 * May this decoded string (or number's text) be released as a value of this category? Checks type,
 * length, alphabet, digits, shapes, range, enumeration; the detectors are the engine's business
 * (anonymize). A number is compared as its text, exactly: an exponent, a sign before zero and a
 * leading zero are refused. `decoded` is ignored for JSON_TRUE and JSON_FALSE.
 */
bool value_rule_allows(const struct value_rule *rule, enum json_type type, struct slice decoded);

#endif
