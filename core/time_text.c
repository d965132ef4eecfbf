#include "core/time_text.h"

enum { DIGITS_OF_SECONDS = 11, DIGITS_OF_MILLISECONDS = 14, DIGITS_OF_MICROSECONDS = 17 };

static const int64_t LATEST = INT64_C(253402300799999);   /* 9999-12-31T23:59:59.999Z */
static const int64_t EARLIEST = INT64_C(-62167219200000); /* 0000-01-01T00:00:00Z */

static const char *const format_names[TIME_FORMAT_COUNT] = {
#define TIME_FORMAT_NAME(code, name, sentence) [code] = name,
    TIME_FORMAT_TABLE(TIME_FORMAT_NAME)
#undef TIME_FORMAT_NAME
};

const char *time_format_name(enum time_format format)
{
    return (unsigned)format < TIME_FORMAT_COUNT ? format_names[format] : "unknown";
}

bool time_format_from_name(struct slice name, enum time_format *out)
{
    for (unsigned i = 0; i < TIME_FORMAT_COUNT; i++) {
        if (slice_equal(name, slice_from_string(format_names[i]))) {
            *out = (enum time_format)i;
            return true;
        }
    }
    return false;
}

/*
 * Days since 1970-01-01 of a day in the Gregorian calendar, which repeats every 400 years (146097
 * days). Years are counted from March, so that the leap day is a year's last.
 */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    int64_t shifted = month > 2 ? month - 3 : month + 9; /* March is 0 */
    int64_t years = month > 2 ? year : year - 1;
    int64_t cycle = years >= 0 ? years / 400 : (years - 399) / 400;
    int64_t year_of_cycle = years - cycle * 400;
    int64_t day_of_year = (153 * shifted + 2) / 5 + day - 1;
    return cycle * 146097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
           day_of_year - 719468; /* from 0000-03-01 to 1970-01-01 */
}

static void date_from_days(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t from_march = days + 719468;
    int64_t cycle = from_march >= 0 ? from_march / 146097 : (from_march - 146096) / 146097;
    int64_t day_of_cycle = from_march - cycle * 146097;
    int64_t year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
    int64_t day_of_year =
        day_of_cycle - (year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = cycle * 400 + year_of_cycle + (*month <= 2);
}

static int64_t days_of_month(int64_t year, int64_t month)
{
    static const unsigned char days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* Takes exactly `count` digits, at most 18, off the front. */
static bool take_number(struct slice *text, size_t count, int64_t *out)
{
    int64_t number = 0;
    if (text->length < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        char c = text->data[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *text = slice_tail(*text, count);
    *out = number;
    return true;
}

static bool take_byte(struct slice *text, char byte)
{
    if (text->length == 0 || text->data[0] != byte)
        return false;
    *text = slice_tail(*text, 1);
    return true;
}

/* Milliseconds of a fraction's digits; what is finer is cut off. False where there is no digit. */
static bool take_fraction(struct slice *text, int64_t *out)
{
    size_t count = 0;
    int64_t value = 0;
    while (count < text->length && text->data[count] >= '0' && text->data[count] <= '9') {
        if (count < 3)
            value = value * 10 + (text->data[count] - '0');
        count++;
    }
    for (size_t i = count; i < 3; i++)
        value *= 10;
    *text = slice_tail(*text, count);
    *out = value;
    return count > 0;
}

/* Z, +hh:mm or +hhmm, and nothing after it. */
static bool take_offset(struct slice text, int64_t *out)
{
    *out = 0;
    if (take_byte(&text, 'Z') || take_byte(&text, 'z'))
        return text.length == 0;
    bool west = take_byte(&text, '-');
    if (!west && !take_byte(&text, '+'))
        return false;
    int64_t hours;
    int64_t minutes;
    if (!take_number(&text, 2, &hours))
        return false;
    take_byte(&text, ':');
    if (!take_number(&text, 2, &minutes) || text.length > 0 || hours > 23 || minutes > 59)
        return false;
    *out = (hours * TIME_HOUR + minutes * TIME_MINUTE) * (west ? -1 : 1);
    return true;
}

static bool parse_rfc3339(struct slice text, int64_t *out)
{
    int64_t year, month, day, hour, minute, second;
    int64_t fraction = 0;
    int64_t offset;
    if (!take_number(&text, 4, &year) || !take_byte(&text, '-') || !take_number(&text, 2, &month) ||
        !take_byte(&text, '-') || !take_number(&text, 2, &day))
        return false;
    if (!take_byte(&text, 'T') && !take_byte(&text, 't') && !take_byte(&text, ' '))
        return false;
    if (!take_number(&text, 2, &hour) || !take_byte(&text, ':') ||
        !take_number(&text, 2, &minute) || !take_byte(&text, ':') ||
        !take_number(&text, 2, &second))
        return false;
    if (take_byte(&text, '.') && !take_fraction(&text, &fraction))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month) || hour > 23 ||
        minute > 59 || second > 60 || !take_offset(text, &offset))
        return false;
    if (second == 60)
        fraction = 0; /* the next second's 0, whatever the fraction of the leap second was */
    *out = days_from_date(year, month, day) * TIME_DAY + hour * TIME_HOUR + minute * TIME_MINUTE +
           second * TIME_SECOND + fraction - offset;
    return true;
}

static enum time_format format_of_digits(size_t digits)
{
    return digits <= DIGITS_OF_SECONDS        ? TIME_FORMAT_UNIX_S
           : digits <= DIGITS_OF_MILLISECONDS ? TIME_FORMAT_UNIX_MS
           : digits <= DIGITS_OF_MICROSECONDS ? TIME_FORMAT_UNIX_US
                                              : TIME_FORMAT_UNIX_NS;
}

/* Digits and perhaps a fraction. What is finer than a millisecond is cut off as text, so that even
 * nanoseconds of the year 9999 need no more than 64 bits. */
static bool parse_number(struct slice text, enum time_format *format, int64_t *out)
{
    size_t count = 0;
    while (count < text.length && text.data[count] >= '0' && text.data[count] <= '9')
        count++;
    struct slice whole = slice_head(text, count);
    struct slice rest = slice_tail(text, count);
    int64_t fraction = 0;
    if (count == 0 || (count > 1 && text.data[0] == '0') ||
        (take_byte(&rest, '.') && !take_fraction(&rest, &fraction)) || rest.length > 0)
        return false;
    if (*format == TIME_FORMAT_AUTO)
        *format = format_of_digits(count);
    size_t finer = *format == TIME_FORMAT_UNIX_US ? 3 : *format == TIME_FORMAT_UNIX_NS ? 6 : 0;
    uint64_t value = 0;
    if (count > finer && !slice_to_u64(slice_head(whole, count - finer), &value))
        return false;
    if (value > (uint64_t)LATEST)
        return false;
    *out = *format == TIME_FORMAT_UNIX_S ? (int64_t)value * TIME_SECOND + fraction : (int64_t)value;
    return true;
}

bool time_parse(struct slice text, enum time_format format, int64_t *out, enum time_format *used)
{
    int64_t time = TIME_NONE;
    if (format == TIME_FORMAT_AUTO && text.length > 4 && text.data[4] == '-')
        format = TIME_FORMAT_RFC3339;
    bool read = format == TIME_FORMAT_RFC3339 ? parse_rfc3339(text, &time)
                                              : parse_number(text, &format, &time);
    if (!read || time < 0 || time > LATEST)
        return false;
    *out = time;
    if (used)
        *used = format;
    return true;
}

static void append_padded(struct buffer *buffer, int64_t number, unsigned width)
{
    char digits[4];
    for (unsigned i = width; i > 0; i--, number /= 10)
        digits[i - 1] = (char)('0' + number % 10);
    buffer_append(buffer, slice_of(digits, width));
}

static void append_rfc3339(struct buffer *buffer, int64_t time)
{
    int64_t start = time_floor(time, TIME_DAY);
    int64_t rest = time - start;
    int64_t year, month, day;
    date_from_days(start / TIME_DAY, &year, &month, &day);
    append_padded(buffer, year, 4);
    buffer_append_byte(buffer, '-');
    append_padded(buffer, month, 2);
    buffer_append_byte(buffer, '-');
    append_padded(buffer, day, 2);
    buffer_append_byte(buffer, 'T');
    append_padded(buffer, rest / TIME_HOUR, 2);
    buffer_append_byte(buffer, ':');
    append_padded(buffer, rest / TIME_MINUTE % 60, 2);
    buffer_append_byte(buffer, ':');
    append_padded(buffer, rest / TIME_SECOND % 60, 2);
    if (rest % TIME_SECOND != 0) {
        buffer_append_byte(buffer, '.');
        append_padded(buffer, rest % TIME_SECOND, 3);
    }
    buffer_append_byte(buffer, 'Z');
}

void time_append(struct buffer *buffer, int64_t time, enum time_format format)
{
    if (time < EARLIEST)
        time = EARLIEST;
    if (time > LATEST)
        time = LATEST;
    switch (format) {
    case TIME_FORMAT_UNIX_S:
        if (time < 0)
            buffer_append_byte(buffer, '-');
        time = time < 0 ? -time : time;
        buffer_append_i64(buffer, time / TIME_SECOND);
        if (time % TIME_SECOND != 0) {
            buffer_append_byte(buffer, '.');
            append_padded(buffer, time % TIME_SECOND, 3);
        }
        break;
    case TIME_FORMAT_UNIX_MS:
        buffer_append_i64(buffer, time);
        break;
    case TIME_FORMAT_UNIX_US:
        buffer_append_i64(buffer, time);
        buffer_append_string(buffer, time == 0 ? "" : "000");
        break;
    case TIME_FORMAT_UNIX_NS:
        buffer_append_i64(buffer, time);
        buffer_append_string(buffer, time == 0 ? "" : "000000");
        break;
    default:
        append_rfc3339(buffer, time);
        break;
    }
}

int64_t time_floor(int64_t time, int64_t step)
{
    if (step <= 0 || time == TIME_NONE || time == TIME_NEVER)
        return time;
    /* 1970-01-01 was a Thursday; the first Monday is four days later. */
    int64_t shift = step % TIME_WEEK == 0 ? (4 * TIME_DAY) % step : 0;
    int64_t past = time % step; /* brought to 0 .. step - 1 after each term: no overflow */
    past += past < 0 ? step : 0;
    past -= shift;
    past += past < 0 ? step : 0;
    int64_t floor;
    return __builtin_sub_overflow(time, past, &floor) ? TIME_NONE : floor;
}
