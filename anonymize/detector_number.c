/* Checks over the digits of numbers: issuers of cards (ISO/IEC 7812), country codes (E.164). */
#include "anonymize/detector_scan.h"
#include "schemas/canonical.h"

static unsigned prefix_of(struct slice digits, size_t count)
{
    unsigned value = 0;
    for (size_t i = 0; i < count && i < digits.length; i++)
        value = value * 10 + (unsigned)(digits.data[i] - '0');
    return value;
}

static bool issuer_known(struct slice digits)
{
    static const struct {
        unsigned short first, last; /* of the first four digits */
        unsigned char least, most;  /* length */
    } issuers[] = {
        {2200, 2204, 16, 19}, /* Mir */
        {2221, 2720, 16, 16}, /* Mastercard */
        {3000, 3059, 14, 19}, /* Diners */
        {3095, 3095, 14, 19}, /* Diners */
        {3400, 3499, 15, 15}, /* American Express */
        {3528, 3589, 16, 19}, /* JCB */
        {3600, 3699, 14, 19}, /* Diners */
        {3700, 3799, 15, 15}, /* American Express */
        {3800, 3999, 14, 19}, /* Diners */
        {4000, 4999, 13, 13}, /* Visa */
        {4000, 4999, 16, 16}, /* Visa */
        {4000, 4999, 19, 19}, /* Visa */
        {5000, 5099, 12, 19}, /* Maestro */
        {5100, 5599, 16, 16}, /* Mastercard */
        {5600, 6999, 12, 19}, /* Maestro, Discover, UnionPay */
        {8100, 8171, 16, 19}, /* UnionPay */
        {9400, 9999, 16, 19}, /* older cards of Chinese banks */
    };
    unsigned prefix = prefix_of(digits, 4);
    for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++) {
        if (prefix >= issuers[i].first && prefix <= issuers[i].last &&
            digits.length >= issuers[i].least && digits.length <= issuers[i].most)
            return true;
    }
    return false;
}

bool card_number_valid(struct slice digits)
{
    return digits.length >= 12 && digits.length <= 19 && issuer_known(digits) && luhn_valid(digits);
}

bool country_code_known(struct slice digits)
{
    /* Codes of one and two digits by their first two; three-digit ones lie in these tens. */
    static const char known[] = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 "
                                "55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "
                                "21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 "
                                "99";
    if (digits.length < 2)
        return false;
    if (digits.data[0] == '1' || digits.data[0] == '7')
        return true;
    for (size_t i = 0; i + 1 < sizeof known; i += 3) {
        if (known[i] == digits.data[0] && known[i + 1] == digits.data[1])
            return true;
    }
    return false;
}
