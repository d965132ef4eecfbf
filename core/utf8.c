#include "core/utf8.h"

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* By table 3-7 of the Unicode standard: only the second byte has a range that depends on the first,
 * and that is where overlong forms, surrogates and what is above U+10FFFF are shut out. */
int utf8_step(const char *at, const char *end)
{
    const unsigned char *byte = (const unsigned char *)at;
    ptrdiff_t left = end - at;
    if (byte[0] < 0x80)
        return 1;
    if (byte[0] < 0xC2 || byte[0] > 0xF4)
        return UTF8_INVALID;
    if (left < 2)
        return UTF8_CUT;
    if (byte[0] < 0xE0)
        return is_tail(byte[1]) ? 2 : UTF8_INVALID;
    unsigned char lowest = byte[0] == 0xE0 ? 0xA0 : byte[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char highest = byte[0] == 0xED ? 0x9F : byte[0] == 0xF4 ? 0x8F : 0xBF;
    if (byte[1] < lowest || byte[1] > highest)
        return UTF8_INVALID;
    if (left < 3)
        return UTF8_CUT;
    if (!is_tail(byte[2]))
        return UTF8_INVALID;
    if (byte[0] < 0xF0)
        return 3;
    if (left < 4)
        return UTF8_CUT;
    return is_tail(byte[3]) ? 4 : UTF8_INVALID;
}

const char *utf8_skip_wide(const char *at, const char *end, int *step)
{
    *step = 1;
    while (at < end && (unsigned char)*at >= 0x80) {
        *step = utf8_step(at, end);
        if (*step <= 0)
            return at;
        at += *step;
    }
    return at;
}

bool utf8_valid(struct slice text)
{
    const char *at = text.data;
    const char *end = text.length ? text.data + text.length : text.data;
    while (at < end) {
        uint64_t word;
        while (end - at >= (ptrdiff_t)sizeof word) {
            memcpy(&word, at, sizeof word);
            if (word & UINT64_C(0x8080808080808080))
                break;
            at += sizeof word;
        }
        while (at < end && (unsigned char)*at < 0x80)
            at++;
        int step;
        at = utf8_skip_wide(at, end, &step);
        if (step <= 0)
            return false;
    }
    return true;
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
    if (code_point < 0x80) {
        out[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        out[0] = (char)(0xC0 | code_point >> 6);
        out[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        out[0] = (char)(0xE0 | code_point >> 12);
        out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code_point >> 18);
    out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

uint32_t utf8_decode(const char *at, int length)
{
    static const unsigned char first_bits[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code_point = (unsigned char)at[0] & first_bits[length];
    for (int i = 1; i < length; i++)
        code_point = code_point << 6 | ((unsigned char)at[i] & 0x3F);
    return code_point;
}

struct range {
    uint32_t first;
    uint32_t last;
};

static const struct range harmful[] = {
    {0x00, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C}, {0x180E, 0x180E}, {0x200B, 0x200F},
    {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB},
};

static const struct range combining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
    {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF},
};

static const struct range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},
    {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF}, {0x1B000, 0x1B2FF},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD},
};

static bool is_within(uint32_t code_point, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count && ranges[i].first <= code_point; i++) {
        if (code_point <= ranges[i].last)
            return true;
    }
    return false;
}

bool utf8_is_harmful(uint32_t code_point)
{
    return is_within(code_point, harmful, sizeof harmful / sizeof *harmful);
}

unsigned utf8_columns(uint32_t code_point)
{
    if (code_point < 0x300)
        return 1;
    if (is_within(code_point, combining, sizeof combining / sizeof *combining))
        return 0;
    return is_within(code_point, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}
