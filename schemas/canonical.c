#include "schemas/canonical_form.h"

#include "core/utf8.h"
#include "schemas/alphabet.h"

static bool put_text(struct slice text, struct canonical_writer *out)
{
    const char *at = text.data, *end = text.data + text.length;
    while (at < end) {
        if (*at >= 0x20 && *at < 0x7F) { /* nearly all are */
            at++;
            continue;
        }
        int length = utf8_step(at, end);
        if (length < 1)
            return false;
        uint32_t code_point = utf8_decode(at, length);
        /* What cannot be seen would make two ids of what reads as one. */
        if (code_point < 0xA1 || utf8_is_harmful(code_point))
            return false;
        at += length;
    }
    canonical_put_all(out, text);
    return true;
}

static bool put_serial(struct slice text, struct canonical_writer *out)
{
    if (text.length < 4 || text.length > 64 || !alphabet_allows(ALPHABET_DOTTED, text))
        return false;
    canonical_put_all(out, text);
    return true;
}

/* Hex digits without what separates them, lower case; at most `limit`. */
static bool put_hex(struct slice text, const char *separators, size_t least, size_t limit,
                    struct canonical_writer *out)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (canonical_hex(c) < 0) {
            if (c == '\0' || strchr(separators, c) == NULL)
                return false;
            continue;
        }
        if (++count > limit)
            return false;
        canonical_put(out, canonical_lower(c));
    }
    return count >= least;
}

static bool put_android_id(struct slice text, struct canonical_writer *out)
{
    text = canonical_without_prefix(text, "0x");
    /* Leading zeros get lost; that eight do happens to one device in four thousand million. */
    if (text.length < 8 || text.length > 16)
        return false;
    for (size_t i = text.length; i < 16; i++)
        canonical_put(out, '0');
    return put_hex(text, "", 8, 16, out);
}

static struct slice without_uuid_dress(struct slice text)
{
    text = canonical_without_prefix(text, "urn:uuid:");
    if (slice_starts_with(text, SLICE("{")) && slice_ends_with(text, SLICE("}")))
        text = slice_between(text, 1, text.length - 1);
    return text;
}

/* 8-4-4-4-12, or 32 hex digits. */
static bool put_uuid(struct slice text, struct canonical_writer *out)
{
    text = without_uuid_dress(text);
    bool dashed = text.length == 36;
    if (!dashed && text.length != 32)
        return false;
    size_t digits = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool dash = dashed && (i == 8 || i == 13 || i == 18 || i == 23);
        if (dash ? c != '-' : canonical_hex(c) < 0)
            return false;
        if (dash)
            continue;
        if (digits == 8 || digits == 12 || digits == 16 || digits == 20)
            canonical_put(out, '-');
        canonical_put(out, canonical_lower(c));
        digits++;
    }
    return true;
}

static bool put_advertising(struct slice text, struct canonical_writer *out)
{
    struct slice bare = without_uuid_dress(text);
    return bare.length == 36 || bare.length == 32 ? put_uuid(text, out)
                                                  : put_hex(bare, "", 16, 64, out);
}

/* How the octets of a hardware address are set apart: `:` or `-` between octets, `.` between fours
 * of digits, or nothing (NUL). */
static char mac_separator(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == ':' || c == '-' || c == '.')
            return c;
    }
    return '\0';
}

/* 6 octets, or 8 (EUI-64). With `:` an octet may lack its leading zero, as BSD prints them. */
static bool put_mac(struct slice text, struct canonical_writer *out)
{
    char separator = mac_separator(text);
    size_t most = separator == '.' ? 4 : separator ? 2 : 16;
    size_t least = separator == ':' ? 1 : separator == '\0' ? 12 : most;
    size_t digits = 0;
    struct slice rest = text;
    while (rest.data) {
        struct slice group = separator ? slice_cut(&rest, separator) : rest;
        if (!separator)
            rest = (struct slice){0};
        if (group.length < least || group.length > most || digits + group.length > 16)
            return false;
        for (size_t i = 0; i < group.length + (group.length == 1); i++) {
            char c = group.length == 1 && i == 0 ? '0' : group.data[group.length == 1 ? 0 : i];
            if (canonical_hex(c) < 0)
                return false;
            if (digits && digits % 2 == 0)
                canonical_put(out, ':');
            canonical_put(out, canonical_lower(c));
            digits++;
        }
    }
    return digits == 12 || digits == 16;
}

static bool is_local_part(struct slice local)
{
    if (local.length < 1 || local.length > 64 || local.data[0] == '.' ||
        local.data[local.length - 1] == '.')
        return false;
    for (size_t i = 0; i < local.length; i++) {
        char c = local.data[i];
        bool letter = canonical_lower(c) >= 'a' && canonical_lower(c) <= 'z';
        if (!letter && !canonical_is_digit(c) &&
            (c == '\0' || strchr("!#$%&'*+-/=?^_`{|}~.", c) == NULL))
            return false;
        if (c == '.' && local.data[i - 1] == '.')
            return false;
    }
    return true;
}

static bool is_domain_label(struct slice label)
{
    if (label.length < 1 || label.length > 63 || label.data[0] == '-' ||
        label.data[label.length - 1] == '-')
        return false;
    return slice_find_byte(label, '_') == label.length && alphabet_allows(ALPHABET_WORD, label);
}

static bool put_email(struct slice text, struct canonical_writer *out)
{
    struct slice domain = canonical_without_prefix(text, "mailto:");
    if (domain.length > 254)
        return false;
    struct slice whole = domain;
    struct slice local = slice_cut(&domain, '@');
    if (!is_local_part(local) || slice_find_byte(domain, '.') == domain.length)
        return false;
    while (domain.data) {
        if (!is_domain_label(slice_cut(&domain, '.')))
            return false;
    }
    for (size_t i = 0; i < whole.length; i++)
        canonical_put(out, canonical_lower(whole.data[i]));
    return true;
}

static bool put_form(enum identifier_form form, struct slice text, bool number,
                     struct canonical_writer *out)
{
    switch (form) {
    case FORM_NONE:
    case FORM_COUNT:
        break;
    case FORM_TEXT:
        return put_text(text, out);
    case FORM_IMEI:
        return canonical_imei(text, number, out);
    case FORM_MEID:
        return canonical_meid(text, out);
    case FORM_IMSI:
        return canonical_imsi(text, out);
    case FORM_ICCID:
        return canonical_iccid(text, out);
    case FORM_SERIAL:
        return put_serial(text, out);
    case FORM_ANDROID_ID:
        return put_android_id(text, out);
    case FORM_UUID:
        return put_uuid(text, out);
    case FORM_MAC:
        return put_mac(text, out);
    case FORM_PHONE:
        return canonical_phone(text, out);
    case FORM_EMAIL:
        return put_email(text, out);
    case FORM_HEX:
        return put_hex(canonical_without_prefix(text, "0x"), " :-", 8, 128, out);
    case FORM_ADVERTISING:
        return put_advertising(text, out);
    }
    return false;
}

static bool stands_with_zeros(char c)
{
    switch (c) {
    case ' ':
    case '-':
    case '.':
    case ':':
    case '_':
    case '/':
    case '(':
    case ')':
    case '{':
    case '}':
    case '+':
        return true;
    default:
        return false;
    }
}

/* Zeros and what may stand between or around them, 0x included: nobody's id in any form. */
static bool is_all_zeros(struct slice text)
{
    text = canonical_without_prefix(text, "0x");
    bool zero = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c == '0')
            zero = true;
        else if (!stands_with_zeros(c))
            return false;
    }
    return zero;
}

static bool is_plain_integer(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        if (!canonical_is_digit(text.data[i]))
            return false;
    }
    return text.length > 0 && (text.length == 1 || text.data[0] != '0');
}

/* Forms that are written in hex: a number there is decimal, and its digits are another id's. */
static bool is_hexadecimal(enum identifier_form form)
{
    return form == FORM_ANDROID_ID || form == FORM_UUID || form == FORM_MAC || form == FORM_HEX ||
           form == FORM_ADVERTISING;
}

enum canonical_result canonical_id(enum category category, enum json_type type, struct slice value,
                                   char memory[static CANONICAL_LIMIT], struct slice *out)
{
    enum identifier_form form = category_info(category)->form;
    struct slice text = type == JSON_STRING ? slice_trim(value) : value;
    if (form == FORM_NONE || (type != JSON_STRING && type != JSON_NUMBER) || text.length == 0 ||
        text.length > CANONICAL_LIMIT)
        return CANONICAL_UNUSABLE;
    if (is_all_zeros(text))
        return form == FORM_ADVERTISING ? CANONICAL_OPTED_OUT : CANONICAL_PLACEHOLDER;
    if (placeholder_holds(form, text)) /* -1 is one, and no plain integer */
        return CANONICAL_PLACEHOLDER;
    if (type == JSON_NUMBER && (!is_plain_integer(text) || is_hexadecimal(form)))
        return CANONICAL_UNUSABLE;

    struct canonical_writer writer = {.memory = memory};
    if (!put_form(form, text, type == JSON_NUMBER, &writer) || writer.full || writer.length == 0)
        return CANONICAL_UNUSABLE;
    struct slice canonical = slice_of(memory, writer.length);
    if (is_all_zeros(canonical))
        return form == FORM_ADVERTISING ? CANONICAL_OPTED_OUT : CANONICAL_PLACEHOLDER;
    if (placeholder_holds(form, canonical))
        return CANONICAL_PLACEHOLDER;
    *out = canonical;
    return CANONICAL_OK;
}
