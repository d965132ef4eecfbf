#include "schemas/alphabet.h"
#include "schemas/category.h"
#include "schemas/value_shape.h"

#include "core/time_text.h"

/*
 * 2005-01-01 and 2039-01-01. Between them, in seconds to nanoseconds, lies no number of a card, no
 * IMEI, IMEISV, IMSI, ICCID or resident id, and no mobile number of 11 digits, with 86 or without.
 */
static const int64_t earliest_instant = INT64_C(1104537600000);
static const int64_t end_of_instants = INT64_C(2177452800000);

static bool is_instant(struct slice text)
{
    int64_t time;
    return time_parse(text, TIME_FORMAT_AUTO, &time, NULL) && time >= earliest_instant &&
           time < end_of_instants;
}

/* A telephone number with a point in it is still one. */
enum { DECIMAL_DIGITS = 10 };

/* Exactly one of the words between the bars. */
static bool is_enumerated(const char *enumeration, struct slice text)
{
    struct slice rest = slice_from_string(enumeration);
    while (rest.data) {
        if (slice_equal(slice_cut(&rest, '|'), text))
            return true;
    }
    return false;
}

static size_t count_digits(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += text.data[i] >= '0' && text.data[i] <= '9';
    return count;
}

static bool string_allowed(const struct value_rule *rule, struct slice text)
{
    if (!rule->string || text.length > rule->length_limit)
        return false;
    if (rule->enumeration)
        return is_enumerated(rule->enumeration, text);
    if (!alphabet_allows(rule->alphabet, text) || count_digits(text) > rule->digit_limit)
        return false;
    if (rule->instant)
        return is_instant(text);
    /* The layouts of these two are fixed already, and have dashes and digits of their own. */
    if (rule->alphabet == ALPHABET_HEX || rule->alphabet == ALPHABET_BUILD_ID)
        return true;
    return value_shape_find(text) == SHAPE_NONE;
}

/* A number's text in parts: -12.50 is negative, 12, "50". */
struct parts {
    bool negative;
    uint64_t integer;
    struct slice fraction;
};

static bool all_zeros(struct slice digits)
{
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.data[i] != '0')
            return false;
    }
    return true;
}

static bool split_number(struct slice text, struct parts *out)
{
    *out = (struct parts){.negative = slice_starts_with(text, SLICE("-"))};
    struct slice rest = out->negative ? slice_tail(text, 1) : text;
    struct slice integer = slice_cut(&rest, '.');
    if (rest.data) {
        if (rest.length == 0 || count_digits(rest) != rest.length)
            return false;
        out->fraction = rest;
    }
    if (integer.length > 1 && integer.data[0] == '0')
        return false;
    if (!slice_to_u64(integer, &out->integer) || out->integer > (uint64_t)INT64_MAX)
        return false;
    return !(out->negative && out->integer == 0 && all_zeros(out->fraction));
}

static size_t count_after_point(struct slice text)
{
    size_t point = slice_find_byte(text, '.');
    return point < text.length ? text.length - point - 1 : 0;
}

static bool number_allowed(const struct value_rule *rule, struct slice text)
{
    struct parts parts;
    if (!rule->number)
        return false;
    if (rule->instant) /* which no sign, exponent or leading zero is part of */
        return count_after_point(text) <= rule->fraction_limit && is_instant(text);
    if (!split_number(text, &parts) || parts.fraction.length > rule->fraction_limit)
        return false;
    int64_t integer = parts.negative ? -(int64_t)parts.integer : (int64_t)parts.integer;
    bool beyond = !all_zeros(parts.fraction); /* further from zero than `integer` */
    if (integer < rule->minimum || integer > rule->maximum)
        return false;
    if (beyond && parts.negative && integer == rule->minimum)
        return false;
    if (beyond && !parts.negative && integer == rule->maximum)
        return false;
    return parts.fraction.length == 0 || count_digits(text) <= DECIMAL_DIGITS;
}

bool value_rule_allows(const struct value_rule *rule, enum json_type type, struct slice decoded)
{
    switch (type) {
    case JSON_STRING:
        return string_allowed(rule, decoded);
    case JSON_NUMBER:
        return number_allowed(rule, decoded);
    case JSON_TRUE:
    case JSON_FALSE:
        return rule->boolean;
    case JSON_ABSENT:
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return false;
}
