#include "anonymize/generalise.h"

#include "core/ascii.h"

enum {
    NUMBER_LENGTH_LIMIT = 400, /* bytes of a number's text */
    EXPONENT_LIMIT = 100000,   /* beyond it the number is as good as zero or endless */
    VERSION_PART_LIMIT = 6,
    VERSION_LENGTH_LIMIT = 256,
    MILLI = 1000, /* a degree in thousandths */
};

/* Undoes what was appended since `before` where the buffer became full. */
static bool settled(struct buffer *out, size_t before)
{
    if (out->failed)
        buffer_truncate(out, before);
    return !out->failed;
}

static size_t count_digits(struct slice text)
{
    size_t count = 0;
    while (count < text.length && ascii_is_digit(text.data[count]))
        count++;
    return count;
}

static bool take_byte(struct slice *text, char byte)
{
    if (text->length == 0 || text->data[0] != byte)
        return false;
    *text = slice_tail(*text, 1);
    return true;
}

bool generalise_time(struct slice text, enum time_format format, int64_t step, struct buffer *out)
{
    size_t before = out->length;
    int64_t time;
    enum time_format used;
    if (step <= 0 || !time_parse(text, format, &time, &used))
        return false;
    time_append(out, time_floor(time, step), used);
    return settled(out, before);
}

/* A decimal number as its text says it: whole and fraction hold digits only. */
struct decimal {
    bool negative;
    struct slice whole, fraction;
    int exponent;
};

static bool take_exponent(struct slice *text, int *out)
{
    int value = 0;
    if (!take_byte(text, 'e') && !take_byte(text, 'E'))
        return true;
    bool negative = take_byte(text, '-');
    if (!negative)
        take_byte(text, '+');
    size_t count = count_digits(*text);
    for (size_t i = 0; i < count && value < EXPONENT_LIMIT; i++)
        value = value * 10 + (text->data[i] - '0');
    *text = slice_tail(*text, count);
    *out = negative ? -value : value;
    return count > 0;
}

static bool parse_decimal(struct slice text, struct decimal *out)
{
    *out = (struct decimal){0};
    if (text.length > NUMBER_LENGTH_LIMIT)
        return false;
    out->negative = take_byte(&text, '-');
    out->whole = slice_head(text, count_digits(text));
    text = slice_tail(text, out->whole.length);
    if (out->whole.length == 0)
        return false;
    if (take_byte(&text, '.')) {
        out->fraction = slice_head(text, count_digits(text));
        text = slice_tail(text, out->fraction.length);
        if (out->fraction.length == 0)
            return false;
    }
    return take_exponent(&text, &out->exponent) && text.length == 0;
}

static int digit_at(const struct decimal *number, size_t index)
{
    char c = index < number->whole.length ? number->whole.data[index]
                                          : number->fraction.data[index - number->whole.length];
    return c - '0';
}

/* Appends a digit to a number of at most INT64_MAX; false where it would be more. */
static bool shift_in(uint64_t *value, int digit)
{
    if (*value > ((uint64_t)INT64_MAX - (uint64_t)digit) / 10)
        return false;
    *value = *value * 10 + (uint64_t)digit;
    return true;
}

/* The largest integer that is not above the number; what does not fit becomes the nearest that
 * does. An integer bound is not above the number if and only if it is not above this. */
static int64_t decimal_floor(const struct decimal *number)
{
    size_t digits = number->whole.length + number->fraction.length;
    int64_t point = (int64_t)number->whole.length + number->exponent; /* digits before the point */
    uint64_t value = 0;
    bool more = false; /* a digit other than zero behind the point */
    bool fits = true;
    for (size_t i = 0; i < digits && fits; i++) {
        int digit = digit_at(number, i);
        if ((int64_t)i >= point)
            more |= digit != 0;
        else
            fits = shift_in(&value, digit);
    }
    for (int64_t i = (int64_t)digits; i < point && value != 0 && fits; i++)
        fits = shift_in(&value, 0);
    if (!fits)
        return number->negative ? INT64_MIN : INT64_MAX;
    return number->negative ? -(int64_t)value - more : (int64_t)value;
}

bool generalise_number(struct slice text, const int64_t *buckets, uint32_t count,
                       struct buffer *out)
{
    struct decimal number;
    size_t before = out->length;
    uint32_t above = 0; /* buckets whose lower bound the number has reached */
    if (count == 0 || count > BUCKET_LIMIT || !parse_decimal(text, &number))
        return false;
    int64_t floor = decimal_floor(&number);
    while (above < count && buckets[above] <= floor)
        above++;
    if (above == 0) {
        buffer_append_byte(out, '<');
        buffer_append_i64(out, buckets[0]);
    } else if (above == count) {
        buffer_append_string(out, ">=");
        buffer_append_i64(out, buckets[count - 1]);
    } else {
        buffer_append_byte(out, '[');
        buffer_append_i64(out, buckets[above - 1]);
        buffer_append_byte(out, ',');
        buffer_append_i64(out, buckets[above]);
        buffer_append_byte(out, ')');
    }
    return settled(out, before);
}

/* Four numbers below 256 with dots between: an address as much as a version. */
static bool is_quad(struct slice text)
{
    for (int part = 0; part < 4; part++) {
        size_t digits = count_digits(text);
        unsigned value = 0;
        for (size_t i = 0; i < digits && i < 4; i++)
            value = value * 10 + (unsigned)(text.data[i] - '0');
        if (digits == 0 || digits > 3 || value > 255)
            return false;
        text = slice_tail(text, digits);
        if (part < 3 && !take_byte(&text, '.'))
            return false;
    }
    return text.length == 0 || text.data[0] != '.';
}

bool generalise_version(struct slice text, struct buffer *out)
{
    size_t before = out->length;
    if (text.length > VERSION_LENGTH_LIMIT)
        return false;
    if (!take_byte(&text, 'v'))
        take_byte(&text, 'V');
    size_t major = count_digits(text);
    if (major == 0 || major > VERSION_PART_LIMIT || is_quad(text))
        return false;
    struct slice rest = slice_tail(text, major);
    size_t minor = take_byte(&rest, '.') ? count_digits(rest) : 0;
    if (minor > VERSION_PART_LIMIT)
        return false;
    buffer_append(out, slice_head(text, minor == 0 ? major : major + 1 + minor));
    return settled(out, before);
}

/* Takes a coordinate off the front: thousandths of a degree, rounded towards minus infinity. */
static bool take_degrees(struct slice *text, int64_t *out)
{
    bool negative = take_byte(text, '-');
    size_t whole = count_digits(*text);
    uint64_t degrees;
    int64_t value;
    bool more = false;
    if (whole == 0 || whole > 3 || !slice_to_u64(slice_head(*text, whole), &degrees))
        return false;
    *text = slice_tail(*text, whole);
    value = (int64_t)degrees * MILLI;
    if (take_byte(text, '.')) {
        size_t count = count_digits(*text);
        int64_t unit = MILLI / 10;
        if (count == 0)
            return false;
        for (size_t i = 0; i < count; i++, unit /= 10) {
            value += unit * (text->data[i] - '0');
            more |= unit == 0 && text->data[i] != '0';
        }
        *text = slice_tail(*text, count);
    }
    if (value > 180 * MILLI || (value == 180 * MILLI && more))
        return false;
    *out = negative ? -value - more : value;
    return true;
}

static int64_t cell_corner(int64_t value, int64_t grid)
{
    int64_t rest = value % grid;
    int64_t corner = value - (rest < 0 ? rest + grid : rest);
    return corner < -180 * MILLI ? -180 * MILLI : corner;
}

static void append_degrees(struct buffer *out, int64_t value)
{
    int64_t size = value < 0 ? -value : value;
    int64_t fraction = size % MILLI;
    if (value < 0)
        buffer_append_byte(out, '-');
    buffer_append_i64(out, size / MILLI);
    if (fraction == 0)
        return;
    buffer_append_byte(out, '.');
    for (int64_t unit = MILLI / 10; fraction > 0; unit /= 10) {
        buffer_append_byte(out, (char)('0' + fraction / unit));
        fraction %= unit;
    }
}

bool generalise_place(struct slice text, uint32_t grid, struct buffer *out)
{
    size_t before = out->length;
    int64_t first;
    int64_t second = 0;
    if (grid < PLACE_GRID_LEAST || text.length > NUMBER_LENGTH_LIMIT ||
        !take_degrees(&text, &first))
        return false;
    bool pair = take_byte(&text, ',');
    if (pair) {
        take_byte(&text, ' ');
        if (!take_degrees(&text, &second))
            return false;
        bool first_fits = first >= -90 * MILLI && first <= 90 * MILLI;
        bool second_fits = second >= -90 * MILLI && second <= 90 * MILLI;
        if (!first_fits && !second_fits)
            return false;
    }
    if (text.length > 0)
        return false;
    append_degrees(out, cell_corner(first, grid));
    if (pair) {
        buffer_append_byte(out, ',');
        append_degrees(out, cell_corner(second, grid));
    }
    return settled(out, before);
}

bool generalise(const struct action_rule *rule, struct slice text, struct buffer *out)
{
    switch (rule->generalisation) {
    case GENERALISE_TIME:
        return generalise_time(text, TIME_FORMAT_AUTO, rule->time_step, out);
    case GENERALISE_NUMBER:
        return generalise_number(text, rule->buckets, rule->bucket_count, out);
    case GENERALISE_VERSION:
        return generalise_version(text, out);
    case GENERALISE_PLACE:
        return generalise_place(text, rule->grid, out);
    case GENERALISE_NONE:
        break;
    }
    return false;
}
