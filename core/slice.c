#include "core/slice.h"

#include "core/ascii.h"

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.length < b.length ? a.length : b.length;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order != 0)
        return order;
    return (a.length > b.length) - (a.length < b.length);
}

bool slice_equal_ignoring_case(struct slice a, struct slice b)
{
    if (a.length != b.length)
        return false;
    for (size_t i = 0; i < a.length; i++) {
        if (ascii_lower(a.data[i]) != ascii_lower(b.data[i]))
            return false;
    }
    return true;
}

size_t slice_find_byte(struct slice s, char byte)
{
    const char *at = s.length ? memchr(s.data, byte, s.length) : NULL;
    return at ? (size_t)(at - s.data) : s.length;
}

size_t slice_find(struct slice s, struct slice needle)
{
    if (needle.length == 0)
        return 0;
    const char *at = s.length ? memmem(s.data, s.length, needle.data, needle.length) : NULL;
    return at ? (size_t)(at - s.data) : s.length;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
    while (s.length > 0 && is_blank(s.data[0]))
        s = slice_tail(s, 1);
    while (s.length > 0 && is_blank(s.data[s.length - 1]))
        s.length--;
    return s;
}

struct slice slice_cut(struct slice *rest, char separator)
{
    struct slice all = *rest;
    size_t at = slice_find_byte(all, separator);
    *rest = at < all.length ? slice_of(all.data + at + 1, all.length - at - 1) : (struct slice){0};
    return slice_head(all, at);
}

bool slice_to_u64(struct slice s, uint64_t *out)
{
    enum { SAFE = 19 /* digits that fit, whatever they are */ };
    if (s.length == 0)
        return false;
    uint64_t value = 0;
    size_t safe = s.length < SAFE ? s.length : SAFE;
    for (size_t i = 0; i < safe; i++) {
        unsigned digit = (unsigned char)s.data[i] - (unsigned)'0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    for (size_t i = safe; i < s.length; i++) {
        unsigned digit = (unsigned char)s.data[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out = value;
    return true;
}

bool slice_to_i64(struct slice s, int64_t *out)
{
    bool negative = s.length > 0 && s.data[0] == '-';
    uint64_t magnitude;
    if (!slice_to_u64(negative ? slice_tail(s, 1) : s, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}
