#include "anonymize/detector_view.h"

#include "core/utf8.h"

enum {
    DECODE_DEPTH = 3,
    CODE_POINT = 1 << 24, /* marks a value that is a code point and not a byte */
    MAP_SKIP = 0,         /* the character vanishes */
    MAP_SAME = -1,        /* the character stays */
};

static int hex_value(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/*
 * The byte (or code point) at `at` after `depth` rounds of decoding, and how many bytes of the text
 * it takes. A round takes at most six values of the round before it, so this is bounded.
 */
static int read_value(struct slice text, size_t at, unsigned depth, size_t *taken)
{
    int value = at < text.length ? (unsigned char)text.data[at] : 0;
    *taken = 1;
    if (depth == 0 || (value != '%' && value != '\\'))
        return value;
    int first = read_value(text, at, depth - 1, taken);
    if (first != '%' && first != '\\')
        return first;
    size_t used;
    size_t length = *taken;
    int digits = 2;
    if (first == '\\') {
        int letter = read_value(text, at + length, depth - 1, &used);
        length += used;
        if (letter == '/' || letter == '"' || letter == '\\') {
            *taken = length;
            return letter;
        }
        if (letter != 'u' && letter != 'x')
            return first;
        digits = letter == 'u' ? 4 : 2;
    }
    int decoded = 0;
    for (int i = 0; i < digits; i++, length += used) {
        int digit = hex_value(read_value(text, at + length, depth - 1, &used));
        if (digit < 0)
            return first;
        decoded = decoded << 4 | digit;
    }
    *taken = length;
    return first == '\\' && decoded >= 0x80 ? decoded | CODE_POINT : decoded;
}

/* Digits of scripts whose ten digits stand in a row, by the first of them. */
static int map_digit(uint32_t c)
{
    static const uint32_t zeros[] = {0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66,
                                     0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
                                     0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810};
    if (c >= 0x1D7CE && c <= 0x1D7FF)
        return '0' + (int)((c - 0x1D7CE) % 10);
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        if (c >= zeros[i] && c < zeros[i] + 10)
            return '0' + (int)(c - zeros[i]);
    }
    return MAP_SAME;
}

static bool is_invisible(uint32_t c)
{
    return c == 0xAD || c == 0x034F || c == 0x061C || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2069) ||
           (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0x20E3;
}

static int map_code_point(uint32_t c)
{
    if (c < 0x80)
        return (int)c;
    if (c >= 0xFF01 && c <= 0xFF5E)
        return (int)(c - 0xFF01 + 0x21);
    if (is_invisible(c))
        return MAP_SKIP;
    if (c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F ||
        c == 0x3000 || c == 0x2028 || c == 0x2029)
        return ' ';
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFE63 || c == 0xFE58)
        return '-';
    if (c == 0x3002 || c == 0xFF61 || c == 0x2024 || c == 0xFE52)
        return '.';
    if (c == 0xFE6B)
        return '@';
    return c < 0x3000 || c > 0xFFFF ? map_digit(c) : MAP_SAME;
}

/* The rest of a UTF-8 character whose first byte is decoded already. Falls back to that byte. */
static uint32_t read_character(struct slice text, size_t at, int first, unsigned depth,
                               size_t *taken)
{
    char bytes[4] = {(char)first, 0, 0, 0};
    size_t ends[4] = {*taken, 0, 0, 0}; /* of the text, after each byte */
    int length = 1;
    while (length < 4) {
        int step = utf8_step(bytes, bytes + length);
        if (step > 0) {
            *taken = ends[step - 1];
            return utf8_decode(bytes, step);
        }
        size_t used;
        size_t next = at + ends[length - 1];
        int value = next < text.length ? read_value(text, next, depth, &used) : -1;
        if (step == UTF8_INVALID || value < 0x80 || value > 0xFF)
            return (uint32_t)first | CODE_POINT; /* no character */
        bytes[length] = (char)value;
        ends[length] = ends[length - 1] + used;
        length++;
    }
    int step = utf8_step(bytes, bytes + length);
    if (step <= 0)
        return (uint32_t)first | CODE_POINT;
    *taken = ends[step - 1];
    return utf8_decode(bytes, step);
}

/* Writes what the character becomes; returns its length. */
static size_t put_character(uint32_t c, unsigned options, unsigned char *to)
{
    if (c & CODE_POINT) { /* a byte that belongs to no character */
        *to = (unsigned char)c;
        return 1;
    }
    int mapped = map_code_point(c);
    if (mapped == MAP_SKIP && (c == 0 || (options & VIEW_PART_AT_INVISIBLE)))
        mapped = c == 0 ? MAP_SAME : ' ';
    if (mapped == MAP_SKIP)
        return 0;
    if (mapped == MAP_SAME) {
        char bytes[4];
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        size_t length = utf8_encode(surrogate ? 0xFFFD : c, bytes);
        memcpy(to, bytes, length);
        return length;
    }
    *to = (unsigned char)mapped;
    return 1;
}

size_t view_make(struct slice text, unsigned options, unsigned char *view, uint32_t *origin)
{
    unsigned depth = options & VIEW_DECODE ? DECODE_DEPTH : 0;
    size_t length = 0;
    for (size_t at = 0; at < text.length;) {
        size_t taken;
        int value = read_value(text, at, depth, &taken);
        size_t put = 1;
        if (value < 0x80)
            view[length] = (unsigned char)value;
        else if (value & CODE_POINT)
            put = put_character((uint32_t)(value & ~CODE_POINT), options, view + length);
        else
            put = put_character(read_character(text, at, value, depth, &taken), options,
                                view + length);
        for (size_t i = 0; i < put; i++)
            origin[length + i] = (uint32_t)at;
        length += put;
        at += taken;
    }
    origin[length] = (uint32_t)text.length;
    return length;
}

struct view_need view_need_of(struct slice text)
{
    struct view_need need = {0};
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        need.wide |= byte >= 0x80;
        need.escaped |= byte == '%' || byte == '\\';
    }
    need.invisible = need.wide || need.escaped;
    if (need.escaped) {
        need.escaped = false;
        for (size_t i = 0; i < text.length && !need.escaped; i++) {
            size_t taken;
            read_value(text, i, 1, &taken);
            need.escaped = taken > 1;
        }
    }
    if (need.invisible) {
        need.invisible = false;
        for (size_t i = 0; i + 1 < text.length && !need.invisible; i++) {
            unsigned char byte = (unsigned char)text.data[i];
            int step = byte < 0x80 ? 1 : utf8_step(text.data + i, text.data + text.length);
            need.invisible = step > 1 && is_invisible(utf8_decode(text.data + i, step));
        }
    }
    return need;
}
