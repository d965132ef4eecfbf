/* Identifiers inside base64 (RFC 4648, both alphabets) and hex. */
#include "anonymize/detector_scan.h"
#include "core/utf8.h"

/* Eleven digits are 15 characters of base64. */
enum { TOKEN_LEAST = 15, ALIGNMENTS = 4, TEXT_LEAST = 6 };

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

/* Has it the bytes in a row that the shortest finding takes? What is no base64 decodes to noise. */
static bool holds_text(struct slice decoded)
{
    const char *at = decoded.data, *end = decoded.data + decoded.length;
    const char *start = at;
    while (at < end) {
        int step = utf8_step(at, end);
        bool text = step > 0 && (unsigned char)*at >= 0x20 && *at != 0x7F;
        at += text ? step : 1;
        if (!text)
            start = at;
        else if (at - start >= TEXT_LEAST)
            return true;
    }
    return false;
}

static bool holds_finding(struct slice decoded, unsigned depth, char *memory, size_t room)
{
    struct detector_options text = {0};
    if (!holds_text(decoded))
        return false;
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
