/* Identifiers inside base64 (RFC 4648, both alphabets) and hex. */
#include "anonymize/detector_scan.h"

enum { TOKEN_LEAST = 16, ALIGNMENTS = 4 };

static int base64_value(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

static int hex_value(unsigned char c)
{
    return byte_is(c, BYTE_DIGIT) ? c - '0' : byte_is(c, BYTE_HEX) ? byte_lower(c) - 'a' + 10 : -1;
}

/* Bits of `width` a character become bytes. NULs are left out: text in UTF-16 reads as its ASCII.
 */
static size_t decode(struct slice token, int (*value_of)(unsigned char), unsigned width,
                     char *memory, size_t room)
{
    unsigned bits = 0;
    unsigned count = 0;
    size_t length = 0;
    for (size_t i = 0; i < token.length && length < room; i++) {
        bits = bits << width | (unsigned)value_of((unsigned char)token.data[i]);
        count += width;
        if (count < 8)
            continue;
        count -= 8;
        char byte = (char)(bits >> count);
        if (byte != 0)
            memory[length++] = byte;
    }
    return length;
}

static bool is_hex(struct slice token)
{
    for (size_t i = 0; i < token.length; i++) {
        if (!byte_is((unsigned char)token.data[i], BYTE_HEX))
            return false;
    }
    return true;
}

size_t detector_next_token(struct slice text, size_t at, size_t *end)
{
    while (at < text.length) {
        while (at < text.length && base64_value((unsigned char)text.data[at]) < 0)
            at++;
        *end = at;
        while (*end < text.length && base64_value((unsigned char)text.data[*end]) >= 0)
            ++*end;
        if (*end - at >= TOKEN_LEAST)
            return at;
        at = *end;
    }
    *end = text.length;
    return text.length;
}

static bool holds_finding(struct slice decoded, unsigned depth, char *memory, size_t room)
{
    struct detector_options text = {0};
    if (detector_finds(decoded, text, STRENGTH_CONTEXT))
        return true;
    size_t end = 0;
    for (size_t at = 0;
         depth > 0 && (at = detector_next_token(decoded, end, &end)) < decoded.length;) {
        if (detector_decodes_to_finding(slice_between(decoded, at, end), depth, memory, room))
            return true;
    }
    return false;
}

bool detector_decodes_to_finding(struct slice token, unsigned depth, char *memory, size_t room)
{
    bool found = false;
    bool hex = is_hex(token);
    for (size_t shift = 0; shift < ALIGNMENTS && !found && depth > 0; shift++) {
        struct slice rest = slice_tail(token, shift);
        if (rest.length < TOKEN_LEAST - ALIGNMENTS)
            break;
        size_t length = decode(rest, base64_value, 6, memory, room);
        found = holds_finding(slice_of(memory, length), depth - 1, memory + length, room - length);
        explicit_bzero(memory, length);
        if (found || !hex || shift > 1)
            continue;
        length = decode(rest, hex_value, 4, memory, room);
        found = holds_finding(slice_of(memory, length), depth - 1, memory + length, room - length);
        explicit_bzero(memory, length);
    }
    return found;
}
