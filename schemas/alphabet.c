#include "schemas/alphabet.h"

#include "core/ascii.h"
#include "core/utf8.h"

struct range {
    uint32_t first, last;
};

/* Derived from Unicode 14 (general categories Cc, Cf, Co, Cs, Nd, Nl, No, Zs, Zl, Zp), with
 * variation selectors, full-width forms and planes 1 and 4 to 16 added; unassigned code points
 * between two refused ones are refused with them. Ascending. */
static const struct range refused[] = {
    {0x00AD, 0x00AD},   {0x00B2, 0x00B3}, {0x00B9, 0x00B9}, {0x00BC, 0x00BE},  {0x0600, 0x0605},
    {0x061C, 0x061C},   {0x0660, 0x0669}, {0x06DD, 0x06DD}, {0x06F0, 0x06F9},  {0x070F, 0x070F},
    {0x07C0, 0x07C9},   {0x0890, 0x0891}, {0x08E2, 0x08E2}, {0x0966, 0x096F},  {0x09E6, 0x09EF},
    {0x09F4, 0x09F9},   {0x0A66, 0x0A6F}, {0x0AE6, 0x0AEF}, {0x0B66, 0x0B6F},  {0x0B72, 0x0B77},
    {0x0BE6, 0x0BF2},   {0x0C66, 0x0C6F}, {0x0C78, 0x0C7E}, {0x0CE6, 0x0CEF},  {0x0D58, 0x0D5E},
    {0x0D66, 0x0D78},   {0x0DE6, 0x0DEF}, {0x0E50, 0x0E59}, {0x0ED0, 0x0ED9},  {0x0F20, 0x0F33},
    {0x1040, 0x1049},   {0x1090, 0x1099}, {0x1369, 0x137C}, {0x1680, 0x1680},  {0x16EE, 0x16F0},
    {0x17E0, 0x17F9},   {0x180B, 0x1819}, {0x1946, 0x194F}, {0x19D0, 0x19DA},  {0x1A80, 0x1A99},
    {0x1B50, 0x1B59},   {0x1BB0, 0x1BB9}, {0x1C40, 0x1C49}, {0x1C50, 0x1C59},  {0x2000, 0x200F},
    {0x2028, 0x202F},   {0x205F, 0x2070}, {0x2074, 0x2079}, {0x2080, 0x2089},  {0x2150, 0x2182},
    {0x2185, 0x2189},   {0x2460, 0x249B}, {0x24EA, 0x24FF}, {0x2776, 0x2793},  {0x2CFD, 0x2CFD},
    {0x3000, 0x3000},   {0x3007, 0x3007}, {0x3021, 0x3029}, {0x3038, 0x303A},  {0x3192, 0x3195},
    {0x3220, 0x3229},   {0x3248, 0x324F}, {0x3251, 0x325F}, {0x3280, 0x3289},  {0x32B1, 0x32BF},
    {0xA620, 0xA629},   {0xA6E6, 0xA6EF}, {0xA830, 0xA835}, {0xA8D0, 0xA8D9},  {0xA900, 0xA909},
    {0xA9D0, 0xA9D9},   {0xA9F0, 0xA9F9}, {0xAA50, 0xAA59}, {0xABF0, 0xABF9},  {0xD800, 0xF8FF},
    {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F}, {0xFEFF, 0xFFFB}, {0xFFFE, 0x1FFFF}, {0x2FFFE, 0x2FFFF},
    {0x3FFFE, 0x10FFFF}};

bool alphabet_is_label_character(uint32_t code_point)
{
    if (code_point < 0xA1)
        return false;
    size_t low = 0, high = sizeof(refused) / sizeof(refused[0]);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code_point > refused[middle].last)
            low = middle + 1;
        else if (code_point < refused[middle].first)
            high = middle;
        else
            return false;
    }
    return true;
}

/* Sets of ASCII characters: bit c of 128 bits, the low 64 first. */
struct character_set {
    uint64_t low, high;
};

#define LOW(c)  (UINT64_C(1) << (c))
#define HIGH(c) (UINT64_C(1) << ((c)-64))
#define DIGITS  UINT64_C(0x03FF000000000000)
#define LETTERS UINT64_C(0x07FFFFFE07FFFFFE)

static const struct character_set sets[] = {
    [ALPHABET_DIGITS] = {DIGITS, 0},
    [ALPHABET_WORD] = {DIGITS | LOW('-'), LETTERS | HIGH('_')},
    [ALPHABET_DOTTED] = {DIGITS | LOW('-') | LOW('.'), LETTERS | HIGH('_')},
    [ALPHABET_VERSION] = {DIGITS | LOW('-') | LOW('.') | LOW('+') | LOW('(') | LOW(')') | LOW(' '),
                          LETTERS | HIGH('_') | HIGH('~')},
    [ALPHABET_MODEL] = {DIGITS | LOW('-') | LOW('.') | LOW(',') | LOW('+') | LOW('/') | LOW('(') |
                            LOW(')') | LOW(' '),
                        LETTERS | HIGH('_')},
    [ALPHABET_LOCALE] = {DIGITS | LOW('-') | LOW('/') | LOW('+') | LOW(':'), LETTERS | HIGH('_')},
    [ALPHABET_TIME] = {DIGITS | LOW('-') | LOW('+') | LOW(':') | LOW('.') | LOW(' '),
                       HIGH('T') | HIGH('Z') | HIGH('t') | HIGH('z')},
    [ALPHABET_SYMBOL] = {DIGITS | LOW('-') | LOW('.') | LOW('$') | LOW('<') | LOW('>') | LOW(':') |
                             LOW(',') | LOW('*') | LOW('&') | LOW('(') | LOW(')') | LOW('=') |
                             LOW('!') | LOW('#') | LOW('+') | LOW(';') | LOW('/') | LOW(' '),
                         LETTERS | HIGH('_') | HIGH('~') | HIGH('[') | HIGH(']')},
    [ALPHABET_LABEL] = {DIGITS | LOW('-') | LOW('.') | LOW('&') | LOW(' '), LETTERS | HIGH('_')},
};

static bool set_has(const struct character_set *set, unsigned char c)
{
    return c < 128 && ((c < 64 ? set->low >> c : set->high >> (c - 64)) & 1);
}

static bool all_in_set(struct slice text, enum alphabet alphabet)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!set_has(&sets[alphabet], (unsigned char)text.data[i]))
            return false;
    }
    return true;
}

static bool all_in_label(struct slice text)
{
    if (text.length == 0) /* its pointer may be NULL */
        return true;
    const char *at = text.data, *end = text.data + text.length;
    while (at < end) {
        int length = utf8_step(at, end);
        if (length < 1)
            return false;
        if (length == 1 ? !set_has(&sets[ALPHABET_LABEL], (unsigned char)*at)
                        : !alphabet_is_label_character(utf8_decode(at, length)))
            return false;
        at += length;
    }
    return true;
}

static bool all_hex(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!ascii_is_hex(text.data[i]))
            return false;
    }
    return true;
}

static bool is_build_id(struct slice text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (ascii_is_hex(text.data[i]))
            digits++;
        else if (text.data[i] != '-' || i == 0 || i + 1 == text.length || text.data[i - 1] == '-')
            return false;
    }
    return digits >= 32;
}

bool alphabet_allows(enum alphabet alphabet, struct slice text)
{
    switch (alphabet) {
    case ALPHABET_NONE:
        return false;
    case ALPHABET_HEX:
        return text.length >= 3 && text.length <= 18 && slice_starts_with(text, SLICE("0x")) &&
               all_hex(slice_tail(text, 2));
    case ALPHABET_BUILD_ID:
        return is_build_id(text);
    case ALPHABET_LABEL:
        return all_in_label(text);
    case ALPHABET_DIGITS:
    case ALPHABET_TIME:
    case ALPHABET_WORD:
    case ALPHABET_DOTTED:
    case ALPHABET_VERSION:
    case ALPHABET_MODEL:
    case ALPHABET_LOCALE:
    case ALPHABET_SYMBOL:
        return all_in_set(text, alphabet);
    }
    return false;
}
