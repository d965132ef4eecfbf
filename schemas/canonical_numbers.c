/* Numbering plans of mobile networks: IMEI, MEID, IMSI, ICCID, telephone numbers. */
#include "schemas/canonical_form.h"

struct slice canonical_without_prefix(struct slice text, const char *prefix)
{
    if (text.length == 0 || canonical_lower(text.data[0]) != canonical_lower(prefix[0]))
        return text;
    size_t length = strlen(prefix);
    return slice_equal_ignoring_case(slice_head(text, length), slice_of(prefix, length))
               ? slice_tail(text, length)
               : text;
}

static bool is_separator(char c)
{
    return c != '\0' && strchr(" -./_:()", c) != NULL;
}

/* The longest number here is an ICCID's 22 digits; twice that is no number. */
enum { NUMBER_LIMIT = 44 };

struct number {
    char digits[NUMBER_LIMIT];
    size_t length;
};

static struct slice number_slice(const struct number *number)
{
    return slice_of(number->digits, number->length);
}

/* Digits, or hex digits in upper case, without what separates them. */
static bool collect(struct slice text, bool hex, struct number *out)
{
    out->length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (!(hex ? canonical_hex(c) >= 0 : canonical_is_digit(c))) {
            if (!is_separator(c))
                return false;
            continue;
        }
        if (out->length == NUMBER_LIMIT)
            return false;
        out->digits[out->length++] = canonical_upper(c);
    }
    return true;
}

static bool all_decimal(const struct number *number)
{
    for (size_t i = 0; i < number->length; i++) {
        if (!canonical_is_digit(number->digits[i]))
            return false;
    }
    return true;
}

bool canonical_imei(struct slice text, bool number, struct canonical_writer *out)
{
    struct number imei;
    /* As 3GPP TS 29.571 writes them: imei-..., imeisv-... */
    text = canonical_without_prefix(canonical_without_prefix(text, "imeisv"), "imei");
    if (!collect(text, false, &imei))
        return false;
    /* A number of 14 digits may be a stem, or an IMEI from 01... that lost its zero: no guess. */
    bool stem = imei.length == 14 && !number;
    bool checked = imei.length == 15 && luhn_valid(number_slice(&imei));
    if (!stem && !checked && imei.length != 16)
        return false;
    canonical_put_all(out, slice_head(number_slice(&imei), 14));
    return true;
}

/* Luhn's check in base 16, over all digits. */
static bool luhn16_valid(struct slice digits)
{
    unsigned sum = 0;
    for (size_t i = 0; i < digits.length; i++) {
        unsigned digit = (unsigned)canonical_hex(digits.data[digits.length - 1 - i]) << (i & 1);
        sum = (sum + digit / 16 + digit % 16) % 16;
    }
    return sum == 0;
}

/* 10 digits of 32 bits and 8 of 24 to 14 hex digits. */
static bool meid_from_decimal(struct slice digits, struct canonical_writer *out)
{
    uint64_t manufacturer, serial;
    if (!slice_to_u64(slice_head(digits, 10), &manufacturer) ||
        !slice_to_u64(slice_between(digits, 10, 18), &serial) || manufacturer > UINT32_MAX ||
        serial > 0xFFFFFF)
        return false;
    uint64_t meid = manufacturer << 24 | serial;
    for (int shift = 52; shift >= 0; shift -= 4)
        canonical_put(out, "0123456789ABCDEF"[meid >> shift & 15]);
    return true;
}

bool canonical_meid(struct slice text, struct canonical_writer *out)
{
    struct number meid;
    text = canonical_without_prefix(canonical_without_prefix(text, "meid"), "0x");
    if (!collect(text, true, &meid))
        return false;
    struct slice digits = number_slice(&meid);
    bool decimal = all_decimal(&meid);
    switch (meid.length) {
    case 14:
        break;
    case 15: /* all decimal: an IMEI in an MEID's place, with an IMEI's check digit */
        if (!(decimal ? luhn_valid(digits) : luhn16_valid(digits)))
            return false;
        break;
    case 18:
        return decimal && meid_from_decimal(digits, out);
    case 19:
        return decimal && luhn_valid(digits) && meid_from_decimal(slice_head(digits, 18), out);
    default:
        return false;
    }
    canonical_put_all(out, slice_head(digits, 14));
    return true;
}

bool canonical_imsi(struct slice text, struct canonical_writer *out)
{
    struct number imsi;
    if (!collect(canonical_without_prefix(text, "imsi"), false, &imsi) ||
        (imsi.length != 14 && imsi.length != 15))
        return false;
    canonical_put_all(out, number_slice(&imsi));
    return true;
}

static bool collect_iccid(struct slice text, struct number *out)
{
    if (!collect(text, true, out))
        return false;
    /* As it lies on the card: two digits a byte, the lower first, filled up with F. */
    if (slice_starts_with(number_slice(out), SLICE("98")) && out->length % 2 == 0) {
        for (size_t i = 0; i < out->length; i += 2) {
            char c = out->digits[i];
            out->digits[i] = out->digits[i + 1];
            out->digits[i + 1] = c;
        }
    }
    while (out->length > 0 && out->digits[out->length - 1] == 'F')
        out->length--;
    return true;
}

/* The check digit is kept as it stands: some issuers leave it out, and nothing tells which. */
bool canonical_iccid(struct slice text, struct canonical_writer *out)
{
    struct number iccid;
    if (!collect_iccid(canonical_without_prefix(text, "iccid"), &iccid))
        return false;
    struct slice digits = number_slice(&iccid);
    if (!slice_starts_with(digits, SLICE("89")) || digits.length < 18 || digits.length > 22)
        return false;
    bool letters = slice_starts_with(digits, SLICE("8986")); /* after the issuer only */
    for (size_t i = 0; i < digits.length; i++) {
        if (!canonical_is_digit(digits.data[i]) && !(letters && i >= 6))
            return false;
    }
    canonical_put_all(out, digits);
    return true;
}

/* 11 digits from 13 to 19, or 13 from 14 (machines); no prefix of any kind. */
static bool is_mainland_mobile(struct slice digits)
{
    if (digits.length == 11)
        return digits.data[0] == '1' && digits.data[1] >= '3';
    return digits.length == 13 && slice_starts_with(digits, SLICE("14"));
}

/* An area code with its 0, and 7 or 8 digits. */
static bool is_mainland_landline(struct slice digits)
{
    return digits.length >= 10 && digits.length <= 12 && digits.data[0] == '0' &&
           digits.data[1] != '0';
}

static bool put_international(struct slice digits, struct canonical_writer *out)
{
    if (slice_starts_with(digits, SLICE("860"))) { /* +86 010 ...: a 0 that is not dialled */
        canonical_put_all(out, SLICE("+86"));
        digits = slice_tail(digits, 3);
        if (digits.length < 7 || digits.length > 13 || digits.data[0] == '0')
            return false;
    } else {
        if (digits.length < 7 || digits.length > 15 || digits.data[0] == '0')
            return false;
        canonical_put(out, '+');
    }
    canonical_put_all(out, digits);
    return true;
}

/* `(0)` after a country's code of at most 3 digits is not dialled from abroad: it is left out. */
static bool collect_phone(struct slice text, bool international, struct number *out)
{
    if (!international)
        return collect(text, false, out);
    size_t zero = slice_find(text, SLICE("(0)"));
    struct number rest = {0};
    if (!collect(slice_head(text, zero), false, out) ||
        !collect(slice_tail(text, zero), false, &rest) || out->length + rest.length > NUMBER_LIMIT)
        return false;
    size_t skipped = rest.length > 0 && out->length >= 1 && out->length <= 3;
    memcpy(out->digits + out->length, rest.digits + skipped, rest.length - skipped);
    out->length += rest.length - skipped;
    return true;
}

bool canonical_phone(struct slice text, struct canonical_writer *out)
{
    struct number phone;
    text = slice_trim(canonical_without_prefix(text, "tel:"));
    bool international = slice_starts_with(text, SLICE("+"));
    if (!collect_phone(slice_tail(text, international), international, &phone) || phone.length == 0)
        return false;
    struct slice digits = number_slice(&phone);
    if (international)
        return put_international(digits, out);
    if (slice_starts_with(digits, SLICE("00")))
        return put_international(slice_tail(digits, 2), out);
    if (is_mainland_mobile(digits))
        canonical_put_all(out, SLICE("+86"));
    else if (slice_starts_with(digits, SLICE("86")) && is_mainland_mobile(slice_tail(digits, 2)))
        canonical_put(out, '+');
    else if (is_mainland_landline(digits)) {
        canonical_put_all(out, SLICE("+86"));
        digits = slice_tail(digits, 1);
    } else
        return false;
    canonical_put_all(out, digits);
    return true;
}
