#include "core/json_block.h"
#include "core/json_internal.h"
#include "core/utf8.h"

/* The value of four hexadecimal digits, or -1. */
static int32_t hex4(const char *at)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int32_t digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* The code unit of the \u escape at `at`, or -1 where there is none. */
static int32_t escaped_unit(const char *at, const char *end)
{
    return end - at >= 6 && at[0] == '\\' && at[1] == 'u' ? hex4(at + 2) : -1;
}

/* Where the digits of a \u escape stop being digits; past all four it is whole. */
static const char *skip_hex(const char *at, const char *end)
{
    for (int i = 0; i < 4 && at < end; i++, at++) {
        bool digit =
            (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'f') || (*at >= 'A' && *at <= 'F');
        if (!digit)
            break;
    }
    return at;
}

/* At a backslash: what follows the escape, or NULL after a fault. */
static const char *check_escape(struct json_scanner *scanner, const char *at,
                                struct json_string *out)
{
    const char *end = scanner->end;
    out->escaped = true;
    if (end - at < 2) {
        json_fail(scanner, JSON_FAULT_TRUNCATED, end);
        return NULL;
    }
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return at + 2;
    case 'u':
        break;
    default:
        json_fail(scanner, JSON_FAULT_ESCAPE, at + 1);
        return NULL;
    }
    const char *after = skip_hex(at + 2, end);
    if (after != at + 6) {
        json_fail(scanner, after == end ? JSON_FAULT_TRUNCATED : JSON_FAULT_ESCAPE, after);
        return NULL;
    }
    int32_t unit = hex4(at + 2);
    if (is_high_surrogate(unit) && is_low_surrogate(escaped_unit(after, end)))
        return after + 6;
    if (is_high_surrogate(unit) || is_low_surrogate(unit))
        out->lone_surrogate = true;
    return after;
}

static bool finish_string(struct json_scanner *scanner, const char *begin, const char *quote,
                          struct json_string *out)
{
    out->raw = slice_of(begin, (size_t)(quote - begin));
    scanner->at = quote + 1;
    return true;
}

/* The rest of a string from its first byte that is not plain. */
__attribute__((noinline)) static bool scan_rest(struct json_scanner *scanner, const char *begin,
                                                const char *at, struct json_string *out)
{
    const char *end = scanner->end;
    for (;; at = json_plain_run(at, end)) {
        if (at == end)
            return json_fail(scanner, JSON_FAULT_TRUNCATED, end);
        if (*at == '"')
            return finish_string(scanner, begin, at, out);
        if (*at == '\\') {
            at = check_escape(scanner, at, out);
            if (!at)
                return false;
        } else if ((unsigned char)*at < 0x20) {
            return json_fail(scanner, JSON_FAULT_CONTROL, at);
        } else {
            int step;
            at = utf8_skip_wide(at, end, &step);
            if (step == UTF8_INVALID)
                return json_fail(scanner, JSON_FAULT_UTF8, at);
            if (step == UTF8_CUT)
                return json_fail(scanner, JSON_FAULT_TRUNCATED, end);
        }
    }
}

bool json_scan_string(struct json_scanner *scanner, struct json_string *out)
{
    *out = (struct json_string){0};
    if (scanner->fault)
        return false;
    const char *end = scanner->end;
    if (scanner->at == end)
        return json_fail_at_end(scanner);
    if (*scanner->at != '"')
        return json_fail(scanner, JSON_FAULT_SYNTAX, scanner->at);
    const char *begin = scanner->at + 1;
    const char *at = json_plain_run(begin, end);
    if (at < end && *at == '"') /* most are so, and this way is kept short for them */
        return finish_string(scanner, begin, at, out);
    return scan_rest(scanner, begin, at, out);
}

size_t json_decode_piece(const char **at, const char *end, char out[4])
{
    const char *from = *at;
    if (*from != '\\' || end - from < 2) {
        out[0] = *from;
        *at = from + 1;
        return 1;
    }
    int32_t unit = escaped_unit(from, end);
    if (unit < 0) {
        static const char letters[] = "bfnrt";
        static const char meanings[] = "\b\f\n\r\t";
        const char *letter = memchr(letters, from[1], sizeof letters - 1);
        out[0] = letter ? meanings[letter - letters] : from[1];
        *at = from + 2;
        return 1;
    }
    *at = from + 6;
    if (is_high_surrogate(unit)) {
        int32_t low = escaped_unit(from + 6, end);
        if (!is_low_surrogate(low))
            return 0;
        *at = from + 12;
        uint32_t pair = (uint32_t)((unit - 0xD800) << 10 | (low - 0xDC00));
        return utf8_encode(0x10000 + pair, out);
    }
    return is_low_surrogate(unit) ? 0 : utf8_encode((uint32_t)unit, out);
}

struct slice json_decode_into(struct slice raw, char *memory, bool *whole)
{
    const char *at = raw.data;
    const char *end = raw.length ? raw.data + raw.length : raw.data;
    char *to = memory;
    bool all = true;
    while (at < end) {
        const char *backslash = memchr(at, '\\', (size_t)(end - at));
        size_t run = (size_t)((backslash ? backslash : end) - at);
        if (run > 0)
            memcpy(to, at, run);
        to += run;
        at += run;
        if (at < end) {
            /* By way of a local: `memory` need not have 4 bytes left for a shorter piece. */
            char piece[4];
            size_t length = json_decode_piece(&at, end, piece);
            memcpy(to, piece, length);
            to += length;
            all = all && length > 0;
        }
    }
    if (whole)
        *whole = all;
    return slice_of(memory, (size_t)(to - memory));
}

bool json_decode_string(struct slice raw, struct buffer *out)
{
    if (raw.length == 0)
        return !out->failed;
    char *to = buffer_reserve(out, raw.length);
    if (!to)
        return false;
    bool whole;
    out->length += json_decode_into(raw, to, &whole).length;
    return whole;
}

bool json_string_equals(struct json_string string, struct slice text)
{
    if (!string.escaped)
        return slice_equal(string.raw, text);
    if (string.lone_surrogate || text.length > string.raw.length)
        return false;
    const char *at = string.raw.data;
    const char *end = at + string.raw.length;
    size_t matched = 0;
    while (at < end) {
        char piece[4];
        size_t length = json_decode_piece(&at, end, piece);
        if (length > text.length - matched || memcmp(piece, text.data + matched, length) != 0)
            return false;
        matched += length;
    }
    return matched == text.length;
}

static void write_escape(struct buffer *buffer, unsigned char c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    static const char digits[] = "0123456789abcdef";
    char letter = c < 0x20 ? letters[c] : (char)c;
    if (letter) {
        buffer_append(buffer, slice_of((const char[]){'\\', letter}, 2));
        return;
    }
    buffer_append(buffer,
                  slice_of((const char[]){'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6));
}

void json_write_string(struct buffer *buffer, struct slice text)
{
    buffer_append_byte(buffer, '"');
    const char *at = text.data;
    const char *end = text.length ? text.data + text.length : text.data;
    const char *written = at;
    while (at < end) {
        at = json_plain_run(at, end);
        if (at == end)
            break;
        if ((unsigned char)*at < 0x80) {
            buffer_append(buffer, slice_of(written, (size_t)(at - written)));
            write_escape(buffer, (unsigned char)*at);
            written = at + 1;
        }
        at++;
    }
    buffer_append(buffer, slice_of(written, (size_t)(at - written)));
    buffer_append_byte(buffer, '"');
}
