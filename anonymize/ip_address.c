#include "anonymize/ip_address.h"

#include "core/ascii.h"

enum { GROUPS = 8, V4_PARTS = 4, ZONE_LIMIT = 64 };

/* One to `digits` decimal digits, at most `limit`; a leading zero only where zero is all. */
static bool parse_decimal(struct slice text, size_t digits, unsigned limit, unsigned *out)
{
    unsigned value = 0;
    if (text.length == 0 || text.length > digits || (text.length > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (!ascii_is_digit(text.data[i]))
            return false;
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    *out = value;
    return value <= limit;
}

static bool parse_v4(struct slice text, unsigned char out[static V4_PARTS])
{
    struct slice rest = text;
    for (int i = 0; i < V4_PARTS; i++) {
        bool more = slice_find_byte(rest, '.') < rest.length;
        unsigned part;
        if (more != (i < V4_PARTS - 1) || !parse_decimal(slice_cut(&rest, '.'), 3, 255, &part))
            return false;
        out[i] = (unsigned char)part;
    }
    return true;
}

/* One to four hex digits. */
static bool parse_group(struct slice text, unsigned char out[static 2])
{
    unsigned value = 0;
    if (text.length == 0 || text.length > 4)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        int digit = ascii_hex_value(text.data[i]);
        if (digit < 0)
            return false;
        value = value << 4 | (unsigned)digit;
    }
    out[0] = (unsigned char)(value >> 8);
    out[1] = (unsigned char)value;
    return true;
}

/* Groups separated by colons, perhaps with a dotted quad as the last two. Returns how many bytes of
 * the address it wrote, or -1. An empty text is no group. */
static int parse_groups(struct slice text, unsigned char *out, int room)
{
    int length = 0;
    while (text.length > 0) {
        bool more = slice_find_byte(text, ':') < text.length;
        struct slice part = slice_cut(&text, ':');
        if (more && text.length == 0)
            return -1;
        if (!more && slice_find_byte(part, '.') < part.length) {
            if (room - length < V4_PARTS || !parse_v4(part, out + length))
                return -1;
            return length + V4_PARTS;
        }
        if (room - length < 2 || !parse_group(part, out + length))
            return -1;
        length += 2;
    }
    return length;
}

static bool parse_v6(struct slice text, unsigned char out[static 16])
{
    unsigned char tail[16];
    memset(out, 0, 16);
    size_t gap = slice_find(text, SLICE("::"));
    if (gap == text.length)
        return text.length > 0 && parse_groups(text, out, 16) == 16;
    struct slice after = slice_tail(text, gap + 2);
    if (slice_starts_with(after, SLICE(":")))
        return false;
    struct slice before = slice_head(text, gap);
    if (slice_find_byte(before, '.') < before.length)
        return false;
    int head = parse_groups(before, out, 14);
    if (head < 0)
        return false;
    int rest = parse_groups(after, tail, 14 - head);
    if (rest < 0)
        return false;
    memcpy(out + 16 - rest, tail, (size_t)rest);
    return true;
}

static bool has_prefix(const unsigned char *bytes, const char *prefix, size_t length)
{
    return memcmp(bytes, prefix, length) == 0;
}

/* Where in an IPv6 address an IPv4 address is carried, or NULL. */
static const unsigned char *embedded_v4(const unsigned char bytes[static 16])
{
    static const char zeros[12] = {0};
    if (has_prefix(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) ||   /* ::ffff:a.b.c.d */
        has_prefix(bytes, "\0\0\0\0\0\0\0\0\xff\xff\0\0", 12) ||   /* ::ffff:0:a.b.c.d */
        has_prefix(bytes, "\0\x64\xff\x9b\0\0\0\0\0\0\0\0", 12) || /* 64:ff9b::/96 */
        has_prefix(bytes, "\0\x64\xff\x9b\0\x01", 6))              /* 64:ff9b:1::/48 */
        return bytes + 12;
    if (has_prefix(bytes, "\x20\x02", 2)) /* 2002::/16 */
        return bytes + 2;
    if (memcmp(bytes, zeros, 12) == 0 && (bytes[12] != 0 || bytes[13] != 0)) /* ::a.b.c.d */
        return bytes + 12;
    return NULL;
}

static bool zone_is_plain(struct slice zone)
{
    if (zone.length == 0 || zone.length > ZONE_LIMIT)
        return false;
    for (size_t i = 0; i < zone.length; i++) {
        char c = zone.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !ascii_is_digit(c) && c != '.' && c != '_' && c != '-' && c != '~')
            return false;
    }
    return true;
}

/* Takes off what may follow an address: a prefix length, a zone, a port. */
static bool take_off(struct slice *text)
{
    unsigned number;
    bool bracketed = slice_starts_with(*text, SLICE("["));
    size_t slash = slice_find_byte(*text, '/');
    if (slash < text->length) {
        bool v4 = slice_find_byte(*text, ':') == text->length;
        if (!parse_decimal(slice_tail(*text, slash + 1), 3, v4 ? 32 : 128, &number))
            return false;
        *text = slice_head(*text, slash);
    }
    if (bracketed) {
        size_t close = slice_find_byte(*text, ']');
        struct slice after = slice_tail(*text, close + 1);
        if (close == text->length)
            return false;
        if (after.length > 0 && (slash < text->length || after.data[0] != ':' ||
                                 !parse_decimal(slice_tail(after, 1), 5, 65535, &number)))
            return false;
        *text = slice_between(*text, 1, close);
    }
    size_t percent = slice_find_byte(*text, '%');
    if (percent < text->length) {
        if (!zone_is_plain(slice_tail(*text, percent + 1)))
            return false;
        *text = slice_head(*text, percent);
        return slice_find_byte(*text, ':') < text->length;
    }
    size_t colon = slice_find_byte(*text, ':');
    struct slice after = slice_tail(*text, colon + 1);
    if (colon < text->length && slice_find_byte(after, ':') == after.length &&
        slice_find_byte(slice_head(*text, colon), '.') < colon) { /* v4:port */
        if (bracketed || !parse_decimal(after, 5, 65535, &number))
            return false;
        *text = slice_head(*text, colon);
    }
    return !bracketed || slice_find_byte(*text, ':') < text->length;
}

bool ip_address_parse(struct slice text, struct ip_address *out)
{
    struct ip_address address = {0};
    if (text.length > 128 || !take_off(&text))
        return false;
    if (slice_find_byte(text, ':') == text.length) {
        address.v4 = true;
        if (!parse_v4(text, address.bytes))
            return false;
    } else {
        if (!parse_v6(text, address.bytes))
            return false;
        const unsigned char *carried = embedded_v4(address.bytes);
        if (carried) {
            unsigned char v4[V4_PARTS];
            memcpy(v4, carried, sizeof v4);
            memset(address.bytes, 0, sizeof address.bytes);
            memcpy(address.bytes, v4, sizeof v4);
            address.v4 = true;
        }
    }
    *out = address;
    return true;
}

void ip_address_cut(struct ip_address *address)
{
    size_t kept = address->v4 ? 3 : 6;
    memset(address->bytes + kept, 0, sizeof address->bytes - kept);
}

static size_t write_decimal(unsigned value, char *out)
{
    size_t length = 0;
    if (value >= 100)
        out[length++] = (char)('0' + value / 100);
    if (value >= 10)
        out[length++] = (char)('0' + value / 10 % 10);
    out[length++] = (char)('0' + value % 10);
    return length;
}

static size_t write_group(unsigned value, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t length = 0;
    for (int shift = 12; shift >= 0; shift -= 4) {
        if (value >> shift != 0 || shift == 0)
            out[length++] = digits[(value >> shift) & 15];
    }
    return length;
}

/* The longest run of zero groups, of two at least, the first of equals (RFC 5952 section 4.2). */
static void longest_zeros(const unsigned groups[static GROUPS], int *start, int *length)
{
    *start = *length = 0;
    for (int i = 0; i < GROUPS; i++) {
        int end = i;
        while (end < GROUPS && groups[end] == 0)
            end++;
        if (end - i > *length) {
            *start = i;
            *length = end - i;
        }
        if (end > i)
            i = end - 1;
    }
    if (*length < 2)
        *length = 0;
}

static size_t write_v6(const unsigned char bytes[static 16], char *out)
{
    unsigned groups[GROUPS];
    int gap, zeros;
    size_t length = 0;
    for (int i = 0; i < GROUPS; i++)
        groups[i] = (unsigned)bytes[2 * i] << 8 | bytes[2 * i + 1];
    longest_zeros(groups, &gap, &zeros);
    for (int i = 0; i < GROUPS; i++) {
        if (zeros > 0 && i == gap) {
            out[length++] = ':';
            out[length++] = ':';
            i += zeros - 1;
            continue;
        }
        if (i > 0 && out[length - 1] != ':')
            out[length++] = ':';
        length += write_group(groups[i], out + length);
    }
    return length;
}

size_t ip_address_write(const struct ip_address *address, char out[static IP_ADDRESS_TEXT_LIMIT])
{
    size_t length = 0;
    if (!address->v4)
        return write_v6(address->bytes, out);
    for (int i = 0; i < V4_PARTS; i++) {
        if (i > 0)
            out[length++] = '.';
        length += write_decimal(address->bytes[i], out + length);
    }
    return length;
}

bool ip_address_truncate(struct slice text, struct buffer *out)
{
    struct ip_address address;
    char written[IP_ADDRESS_TEXT_LIMIT];
    size_t before = out->length;
    if (!ip_address_parse(text, &address))
        return false;
    ip_address_cut(&address);
    buffer_append(out, slice_of(written, ip_address_write(&address, written)));
    if (out->failed)
        buffer_truncate(out, before);
    return !out->failed;
}
