/*
 * Numbers written in groups, whatever parts these: 1380.0138.000, 203-0-113-57, 02_42_ac_11_00_02.
 * The detectors of anonymize know the usual groups; alphabets of versions and symbols have room for
 * any.
 *
 * Versions are groups of digits too ("130.0.6723.116"), so a telephone number is told from them by
 * what versions do not have: two groups only, groups of one digit, or zeros before a long group.
 */
#include "core/ascii.h"
#include "schemas/canonical.h"
#include "schemas/value_shape.h"

enum { GROUP_LIMIT = 20, DIGIT_LIMIT = 40, SEPARATOR_MOST = 2, QUAD_DIGITS = 7 };

/* Groups that follow each other, with no more than SEPARATOR_MOST characters between two. */
struct series {
    struct slice groups[GROUP_LIMIT];
    size_t count;
    char digits[DIGIT_LIMIT]; /* of all groups */
    size_t length;
    char separator; /* the same one character between all; or NUL */
    bool overflow;  /* longer than any number */
};

static bool is_hex_letter(char c)
{
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t count_of(struct slice text, bool (*is_member)(char))
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += is_member(text.data[i]);
    return count;
}

static void add_group(struct series *series, struct slice group, struct slice between)
{
    if (series->count == GROUP_LIMIT || group.length > DIGIT_LIMIT - series->length) {
        series->overflow = true;
        return;
    }
    if (series->count == 1)
        series->separator = between.length == 1 ? between.data[0] : '\0';
    else if (series->count > 1 && (between.length != 1 || between.data[0] != series->separator))
        series->separator = '\0';
    memcpy(series->digits + series->length, group.data, group.length);
    series->length += group.length;
    series->groups[series->count++] = group;
}

static bool is_mobile(struct slice digits)
{
    return digits.length == 11 && digits.data[0] == '1' && digits.data[1] >= '3';
}

static bool is_mobile_in_groups(const struct series *series)
{
    size_t first = series->count > 1 && (slice_equal(series->groups[0], SLICE("86")) ||
                                         slice_equal(series->groups[0], SLICE("0086")))
                       ? series->groups[0].length
                       : 0;
    if (!is_mobile(slice_of(series->digits + first, series->length - first)))
        return false;
    bool single = true;
    for (size_t i = 0; i < series->count; i++) {
        struct slice group = series->groups[i];
        if (group.length >= 3 && group.data[0] == '0')
            return true;
        single = single && group.length == 1;
    }
    return single || first > 0 || series->count == 2;
}

/* An IMEI of the ranges that are given out, a card, the number of a SIM. */
static bool is_checked_number(struct slice digits)
{
    static const char *const imei[] = {"35", "86", "01", "98", "99"};
    if (digits.length == 15) {
        for (size_t i = 0; i < sizeof(imei) / sizeof(imei[0]); i++) {
            if (slice_starts_with(digits, slice_from_string(imei[i])))
                return luhn_valid(digits);
        }
        return false;
    }
    if (digits.length == 16)
        return digits.data[0] >= '2' && digits.data[0] <= '6' && luhn_valid(digits);
    return (digits.length == 19 || digits.length == 20) && slice_starts_with(digits, SLICE("89")) &&
           luhn_valid(digits);
}

static bool is_quad(const struct series *series)
{
    if (series->count != 4 || series->separator == '\0' || series->length < QUAD_DIGITS)
        return false;
    for (size_t i = 0; i < series->count; i++) {
        uint64_t number;
        if (series->groups[i].length > 3 || !slice_to_u64(series->groups[i], &number) ||
            number > 255)
            return false;
    }
    return true;
}

static bool is_number(const struct series *series)
{
    if (series->overflow || series->count < 2)
        return false;
    return is_mobile_in_groups(series) || is_quad(series) ||
           is_checked_number(slice_of(series->digits, series->length));
}

/* 6 or 8 pairs, or 4 or more fours, with letters and digits among them. */
static bool is_hex_number(const struct series *series)
{
    struct slice digits = slice_of(series->digits, series->length);
    size_t each = series->count ? series->groups[0].length : 0;
    bool pairs = each == 2 && (series->count == 6 || series->count == 8);
    if (series->overflow || !(pairs || (each == 4 && series->count >= 4)))
        return false;
    for (size_t i = 0; i < series->count; i++) {
        if (series->groups[i].length != each)
            return false;
    }
    return count_of(digits, is_hex_letter) > 0 && count_of(digits, ascii_is_digit) >= 2;
}

bool value_groups_identify(struct slice text)
{
    struct series decimal = {0}, hex = {0};
    size_t end = 0; /* of the last word */
    for (size_t at = 0; at <= text.length;) {
        size_t start = at;
        while (at < text.length && ascii_is_alphanumeric(text.data[at]))
            at++;
        struct slice word = slice_between(text, start, at);
        struct slice between = slice_between(text, end, start);
        size_t digits = count_of(word, ascii_is_digit);
        bool apart = between.length > SEPARATOR_MOST;
        bool last = start == text.length;
        if (word.length > 0 || last) {
            if (apart || digits < word.length || last) {
                if (is_number(&decimal))
                    return true;
                decimal = (struct series){0};
            }
            if (apart || digits + count_of(word, is_hex_letter) < word.length || last) {
                if (is_hex_number(&hex))
                    return true;
                hex = (struct series){0};
            }
            if (word.length > 0 && digits == word.length)
                add_group(&decimal, word, between);
            if (word.length > 0 && digits + count_of(word, is_hex_letter) == word.length)
                add_group(&hex, word, between);
            end = at;
        }
        at += word.length == 0;
    }
    return false;
}
