/* Check digits and the resident id, which detectors use as well. */
#include "core/ascii.h"
#include "schemas/canonical.h"

bool luhn_valid(struct slice digits)
{
    unsigned sum = 0;
    for (size_t i = 0; i < digits.length; i++) {
        char c = digits.data[digits.length - 1 - i];
        if (!ascii_is_digit(c))
            return false;
        unsigned digit = (unsigned)(c - '0') << (i & 1);
        sum = (sum + digit / 10 + digit % 10) % 10;
    }
    return digits.length >= 2 && sum == 0;
}

static unsigned number_of(struct slice digits)
{
    unsigned number = 0;
    for (size_t i = 0; i < digits.length; i++)
        number = number * 10 + (unsigned)(digits.data[i] - '0');
    return number;
}

static bool is_province(unsigned code)
{
    static const unsigned char provinces[] = {
        11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43,
        44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83,
    };
    return code < 100 && memchr(provinces, (int)code, sizeof(provinces)) != NULL;
}

static bool is_date(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1800 || year > 2099 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= days[month - 1] + (unsigned)(month == 2 && leap);
}

bool resident_id_valid(struct slice text)
{
    static const unsigned char weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    if (text.length != 18)
        return false;
    unsigned sum = 0;
    for (size_t i = 0; i < 17; i++) {
        if (!ascii_is_digit(text.data[i]))
            return false;
        sum += weights[i] * (unsigned)(text.data[i] - '0');
    }
    char check = text.data[17] == 'x' ? 'X' : text.data[17];
    return check == "10X98765432"[sum % 11] && is_province(number_of(slice_head(text, 2))) &&
           is_date(number_of(slice_between(text, 6, 10)), number_of(slice_between(text, 10, 12)),
                   number_of(slice_between(text, 12, 14)));
}
