/*
 * Numbers: cards, equipment and subscriber identities, resident ids, telephones, long digit runs.
 *
 * Every maximal run of digits is looked at once alone and once as the first group of a number that
 * is written in groups; a number has at most 20 digits, so the work at a run is bounded.
 */
#include "anonymize/detector_scan.h"
#include "schemas/canonical.h"

enum { DIGITS_MOST = 20, GROUPS_MOST = 7, LONG_RUN = 11 };

/* A number in groups, separated by one character each. */
struct number {
    char digits[DIGITS_MOST + 1];
    size_t count;
    unsigned groups;
    unsigned char size[GROUPS_MOST];
    unsigned char separator[GROUPS_MOST]; /* before the group */
    size_t end[GROUPS_MOST];              /* of the group, in the view */
};

static bool digit_at(const struct detector_scan *scan, size_t at)
{
    return byte_is(view_at(scan, at), BYTE_DIGIT);
}

/* Where the run of digits from `at` ends, or `most` digits on. */
static size_t digits_end(const struct detector_scan *scan, size_t at, size_t most)
{
    size_t end = at;
    while (end - at < most && digit_at(scan, end))
        end++;
    return end;
}

static struct slice view_slice(const struct detector_scan *scan, size_t start, size_t end)
{
    return slice_of((const char *)scan->text + start, end - start);
}

static bool add_group(const struct detector_scan *scan, struct number *number, size_t at,
                      unsigned char separator)
{
    size_t end = digits_end(scan, at, DIGITS_MOST + 1);
    if (end == at || number->groups == GROUPS_MOST || number->count + (end - at) > DIGITS_MOST)
        return false;
    memcpy(number->digits + number->count, scan->text + at, end - at);
    number->count += end - at;
    number->size[number->groups] = (unsigned char)(end - at);
    number->separator[number->groups] = separator;
    number->end[number->groups++] = end;
    return true;
}

static void collect_groups(const struct detector_scan *scan, size_t at, struct number *number)
{
    *number = (struct number){0};
    unsigned char separator = 0;
    while (add_group(scan, number, at, separator)) {
        at = number->end[number->groups - 1];
        separator = view_at(scan, at);
        if (!byte_in(separator, " -._/"))
            return;
        at++;
    }
}

static bool mobile_cn(const char *digits)
{
    return digits[0] == '1' && digits[1] >= '3' && digits[1] <= '9';
}

static unsigned two(const char *digits)
{
    return (unsigned)(digits[0] - '0') * 10 + (unsigned)(digits[1] - '0');
}

/* YYYYMMDDhhmm, and ss and milliseconds where there are more digits. */
static bool is_calendar(const char *digits, size_t count)
{
    if (count != 12 && count != 14 && count != 17)
        return false;
    unsigned century = two(digits);
    return (century == 19 || century == 20) && two(digits + 4) >= 1 && two(digits + 4) <= 12 &&
           two(digits + 6) >= 1 && two(digits + 6) <= 31 && two(digits + 8) <= 23 &&
           two(digits + 10) <= 59 && (count == 12 || two(digits + 12) <= 60);
}

/* Times since 1970 in milliseconds, micro- or nanoseconds, from 2001 to 2033. */
static bool is_epoch(const char *digits, size_t count)
{
    return digits[0] == '1' && (count == 13 || count == 16 || count == 19);
}

static void report_long_run(struct detector_scan *scan, size_t start, size_t end, bool fraction)
{
    size_t count = end - start;
    const char *digits = (const char *)scan->text + start;
    if (count < LONG_RUN || scan->options.allow_digits)
        return;
    if (!scan->options.kept && (fraction || is_epoch(digits, count) || is_calendar(digits, count)))
        return;
    detector_report(scan, DETECTOR_DIGITS, STRENGTH_STRUCT, start, end);
}

/* Kinds that are one run of digits of a certain length. */
static void look_at_run(struct detector_scan *scan, size_t start, size_t end, bool fraction)
{
    size_t count = end - start;
    struct slice digits = view_slice(scan, start, end);
    const char *d = digits.data;
    bool lenient = fraction && !scan->options.kept;
    if (count == 18 && resident_id_valid(digits))
        detector_report(scan, DETECTOR_RESIDENT_ID, STRENGTH_CHECKSUM, start, end);
    if (count == 17 && byte_lower(view_at(scan, end)) == 'x' &&
        resident_id_valid(view_slice(scan, start, end + 1)))
        detector_report(scan, DETECTOR_RESIDENT_ID, STRENGTH_CHECKSUM, start, end + 1);
    if (!lenient && card_number_valid(digits))
        detector_report(scan, DETECTOR_CARD, STRENGTH_CHECKSUM, start, end);
    if (!lenient && count == 15 && luhn_valid(digits))
        detector_report(scan, DETECTOR_IMEI, STRENGTH_CHECKSUM, start, end);
    if (!lenient && count == 15 && memcmp(d, "460", 3) == 0)
        detector_report(scan, DETECTOR_IMSI, STRENGTH_STRUCT, start, end);
    if (!lenient && count >= 18 && count <= 20 && memcmp(d, "89", 2) == 0) {
        if (count >= 19 && luhn_valid(digits))
            detector_report(scan, DETECTOR_ICCID, STRENGTH_CHECKSUM, start, end);
        else if (memcmp(d + 2, "86", 2) == 0)
            detector_report(scan, DETECTOR_ICCID, STRENGTH_STRUCT, start, end);
    }
    if ((count == 11 && mobile_cn(d)) ||
        (count == 13 && memcmp(d, "86", 2) == 0 && mobile_cn(d + 2)) ||
        (count == 14 && memcmp(d, "086", 3) == 0 && mobile_cn(d + 3)) ||
        (count == 15 && memcmp(d, "0086", 4) == 0 && mobile_cn(d + 4)))
        detector_report(scan, DETECTOR_PHONE, STRENGTH_STRUCT, start, end);
}

/* Kinds that only a word before the digits tells. */
static void look_at_context(struct detector_scan *scan, size_t start, const struct number *number)
{
    unsigned context = detector_context(scan, start, CONTEXT_REACH);
    if (context == 0)
        return;
    size_t count = number->size[0];
    size_t end = number->end[0];
    const char *d = number->digits;
    if ((context & CONTEXT_IMEI) && count >= 14 && count <= 18)
        detector_report(scan, DETECTOR_IMEI, STRENGTH_CONTEXT, start, end);
    if ((context & CONTEXT_IMSI) && count >= 13 && count <= 15)
        detector_report(scan, DETECTOR_IMSI, STRENGTH_CONTEXT, start, end);
    if ((context & CONTEXT_ICCID) && count >= 18 && count <= 20)
        detector_report(scan, DETECTOR_ICCID, STRENGTH_CONTEXT, start, end);
    if ((context & CONTEXT_CARD) && count >= 12 && count <= 19)
        detector_report(scan, DETECTOR_CARD, STRENGTH_CONTEXT, start, end);
    if ((context & CONTEXT_RESIDENT_ID) && (count == 15 || count == 17 || count == 18))
        detector_report(scan, DETECTOR_RESIDENT_ID, STRENGTH_CONTEXT, start, end);
    if ((context & CONTEXT_QQ) &&
        (detector_context(scan, start, view_gap_before(scan, start)) & CONTEXT_QQ) && count >= 5 &&
        count <= 11 && d[0] != '0')
        detector_report(scan, DETECTOR_QQ, STRENGTH_CONTEXT, start, end);
    if (!(context & CONTEXT_PHONE))
        return;
    size_t total = 0;
    size_t reach = 0;
    for (unsigned i = 0; i < number->groups && total + number->size[i] <= 15; i++) {
        total += number->size[i];
        if (i == 0 || number->separator[i] == '-' || number->separator[i] == ' ')
            reach = number->end[i];
        else
            break;
    }
    if (total >= 7 && reach > 0)
        detector_report(scan, DETECTOR_PHONE, STRENGTH_CONTEXT, start, reach);
}

/* How numbers are written in groups. What has no check digit must not go on with the same
 * separator and another digit, where that separator is a dot (versions). */
static const struct layout {
    enum detector_kind kind;
    const char *separators;
    unsigned char groups;
    unsigned char size[5];
} layouts[] = {
    {DETECTOR_CARD, " -._/", 5, {4, 4, 4, 4, 3}},
    {DETECTOR_CARD, " -._/", 5, {4, 4, 4, 4, 2}},
    {DETECTOR_CARD, " -._/", 5, {4, 4, 4, 4, 1}},
    {DETECTOR_CARD, " -._/", 4, {4, 4, 4, 4}},
    {DETECTOR_CARD, " -._/", 4, {4, 4, 4, 3}},
    {DETECTOR_CARD, " -._/", 4, {4, 4, 4, 2}},
    {DETECTOR_CARD, " -._/", 4, {4, 4, 4, 1}},
    {DETECTOR_CARD, " -._/", 3, {4, 6, 5}},
    {DETECTOR_CARD, " -._/", 3, {4, 6, 4}},
    {DETECTOR_CARD, " -", 2, {6, 13}},
    {DETECTOR_CARD, " -", 2, {8, 8}},
    {DETECTOR_IMEI, " -._/", 4, {2, 6, 6, 1}},
    {DETECTOR_IMEI, " -._/", 4, {6, 2, 6, 1}},
    {DETECTOR_IMEI, " -._/", 3, {8, 6, 1}},
    {DETECTOR_IMEI, " -._/", 4, {2, 6, 6, 2}},
    {DETECTOR_IMEI, " -._/", 4, {6, 2, 6, 2}},
    {DETECTOR_ICCID, " -.", 5, {4, 4, 4, 4, 4}},
    {DETECTOR_ICCID, " -.", 5, {4, 4, 4, 4, 3}},
    {DETECTOR_ICCID, " -.", 4, {5, 5, 5, 5}},
    {DETECTOR_ICCID, " -.", 4, {5, 5, 5, 4}},
    {DETECTOR_ICCID, " -.", 4, {6, 4, 4, 5}},
    {DETECTOR_ICCID, " -.", 4, {6, 4, 4, 6}},
    {DETECTOR_RESIDENT_ID, " -._/", 3, {6, 8, 4}},
    {DETECTOR_RESIDENT_ID, " -._/", 3, {6, 8, 3}},
    {DETECTOR_RESIDENT_ID, " -._/", 4, {6, 4, 4, 4}},
    {DETECTOR_RESIDENT_ID, " -._/", 4, {6, 4, 4, 3}},
    {DETECTOR_RESIDENT_ID, " -._/", 5, {3, 3, 4, 4, 4}},
    {DETECTOR_RESIDENT_ID, " -._/", 5, {3, 3, 4, 4, 3}},
    {DETECTOR_PHONE, " -._/", 3, {3, 4, 4}},
    {DETECTOR_PHONE, " -._/", 3, {5, 4, 4}},
    {DETECTOR_PHONE, " -._/", 3, {7, 4, 4}},
    {DETECTOR_PHONE, " -", 2, {3, 8}},
    {DETECTOR_PHONE, "-", 2, {7, 4}},
    {DETECTOR_PHONE, "-", 3, {4, 3, 4}},
    {DETECTOR_PHONE, "-.", 3, {3, 3, 4}},
    {DETECTOR_PHONE, "-", 2, {3, 7}},
    {DETECTOR_PHONE, "-", 2, {4, 7}},
    {DETECTOR_PHONE, "-", 2, {4, 8}},
};

static bool layout_fits(const struct layout *layout, const struct number *number)
{
    if (number->groups < layout->groups || !byte_in(number->separator[1], layout->separators))
        return false;
    for (unsigned i = 0; i < layout->groups; i++) {
        if (number->size[i] != layout->size[i] ||
            (i > 1 && number->separator[i] != number->separator[1]))
            return false;
    }
    return true;
}

/* A mainland mobile; a landline with its area code; a number of North America. */
static bool phone_fits(const struct layout *layout, const char *d)
{
    if (layout->size[0] == 5) /* 86138-1234-5678 */
        return memcmp(d, "86", 2) == 0 && mobile_cn(d + 2);
    if (layout->size[0] == 7 && layout->groups == 3)
        return memcmp(d, "0086", 4) == 0 && mobile_cn(d + 4);
    if (layout->size[0] == 3 && layout->size[1] == 3)
        return d[0] >= '2' && d[3] >= '2';
    if (layout->groups == 2 && layout->size[0] <= 4 && d[0] == '0')
        return d[1] != '0';
    return layout->size[0] + layout->size[1] + layout->size[2] == 11 && mobile_cn(d);
}

/* The strength that the digits of a layout give, or STRENGTH_NONE. */
static enum detector_strength check_layout(struct detector_scan *scan, const struct layout *layout,
                                           struct number *number, size_t *end)
{
    size_t count = 0;
    for (unsigned i = 0; i < layout->groups; i++)
        count += layout->size[i];
    struct slice digits = slice_of(number->digits, count);
    *end = number->end[layout->groups - 1];
    switch (layout->kind) {
    case DETECTOR_CARD:
        return card_number_valid(digits) ? STRENGTH_CHECKSUM : STRENGTH_NONE;
    case DETECTOR_IMEI:
        if (count == 16)
            return STRENGTH_STRUCT;
        return digits.data[0] != '2' && luhn_valid(digits) ? STRENGTH_CHECKSUM : STRENGTH_NONE;
    case DETECTOR_ICCID:
        return slice_starts_with(digits, SLICE("89")) && luhn_valid(digits) ? STRENGTH_CHECKSUM
                                                                            : STRENGTH_NONE;
    case DETECTOR_RESIDENT_ID:
        if (count == 17) {
            char with_check[18];
            if (byte_lower(view_at(scan, *end)) != 'x')
                return STRENGTH_NONE;
            memcpy(with_check, digits.data, 17);
            with_check[17] = 'X';
            ++*end;
            return resident_id_valid(slice_of(with_check, 18)) ? STRENGTH_CHECKSUM : STRENGTH_NONE;
        }
        return resident_id_valid(digits) ? STRENGTH_CHECKSUM : STRENGTH_NONE;
    default:
        return phone_fits(layout, digits.data) ? STRENGTH_STRUCT : STRENGTH_NONE;
    }
}

static void look_at_groups(struct detector_scan *scan, size_t start, struct number *number)
{
    unsigned char separator = number->separator[1];
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        size_t end;
        if (layouts[i].size[0] != number->size[0] || !layout_fits(&layouts[i], number))
            continue;
        enum detector_strength strength = check_layout(scan, &layouts[i], number, &end);
        if (strength == STRENGTH_NONE)
            continue;
        bool goes_on =
            separator == '.' &&
            ((view_at(scan, end) == '.' && digit_at(scan, end + 1)) ||
             (start >= 2 && view_before(scan, start) == '.' && digit_at(scan, start - 2)));
        if (strength == STRENGTH_CHECKSUM || !goes_on)
            detector_report(scan, layouts[i].kind, strength, start, end);
    }
}

/* "(415) 555-2671", "(0755)12345678": an area code in parentheses. */
static void look_at_area_code(struct detector_scan *scan, size_t start, size_t end)
{
    size_t at = end + 1;
    struct number number;
    if (view_before(scan, start) != '(' || view_at(scan, end) != ')' || end - start < 2 ||
        end - start > 4)
        return;
    if (view_at(scan, at) == ' ' || view_at(scan, at) == '-')
        at++;
    collect_groups(scan, at, &number);
    bool local = number.groups > 0 && (number.size[0] == 7 || number.size[0] == 8) &&
                 scan->text[start] == '0';
    bool american =
        number.groups > 1 && end - start == 3 && number.size[0] == 3 && number.size[1] == 4;
    bool mobile = number.groups > 0 && number.size[0] == 11 && mobile_cn(number.digits);
    if (local || american || mobile)
        detector_report(scan, DETECTOR_PHONE, STRENGTH_STRUCT, start - 1, number.end[american]);
}

static void look_at_digits(struct detector_scan *scan, size_t start, size_t end)
{
    size_t count = end - start;
    bool fraction = start >= 2 && view_before(scan, start) == '.' && digit_at(scan, start - 2);
    struct number number;
    /* A list's "1.13800138000" is no fraction. */
    bool listed = fraction && count == 11 && (start == 2 || !digit_at(scan, start - 3));
    if (count >= LONG_RUN) {
        look_at_run(scan, start, end, fraction);
        report_long_run(scan, start, end, fraction && !listed);
    }
    if (count > DIGITS_MOST)
        return;
    look_at_area_code(scan, start, end);
    collect_groups(scan, start, &number);
    if (number.groups > 1 && number.count >= 10)
        look_at_groups(scan, start, &number);
    if (!scan->options.kept && (count >= 5 || number.count >= 7))
        look_at_context(scan, start, &number);
}

/* After 0x stands an address or a bit pattern, not a number of anybody. */
static bool is_bit_pattern(const struct detector_scan *scan, const struct word *word)
{
    if (word->end - word->start < 3 || scan->text[word->start] != '0' ||
        byte_lower(scan->text[word->start + 1]) != 'x')
        return false;
    return view_run(scan, word->start + 2, BYTE_HEX) >= word->end;
}

static void look_at_passport(struct detector_scan *scan, const struct word *word)
{
    size_t digits = word->start;
    size_t length = word->end - word->start;
    if (length < 8 || length > 10)
        return;
    while (byte_is(view_at(scan, digits), BYTE_LETTER))
        digits++;
    size_t count = word->end - digits;
    if (digits - word->start <= 2 && count >= 7 && count <= 9 &&
        digits_end(scan, digits, 9) == word->end &&
        (detector_context(scan, word->start, CONTEXT_REACH) & CONTEXT_PASSPORT))
        detector_report(scan, DETECTOR_PASSPORT, STRENGTH_CONTEXT, word->start, word->end);
}

void detect_digits(struct detector_scan *scan, const struct word *word)
{
    if (is_bit_pattern(scan, word) && (!scan->options.kept || scan->options.allow_hex))
        return;
    if (scan->options.allow_hex && word->all_hex && word->has_letter && word->long_hex)
        return;
    for (size_t at = word->start; at < word->end;) {
        size_t end = view_run(scan, at, BYTE_DIGIT);
        if (end > at)
            look_at_digits(scan, at, end);
        at = end > at ? end : at + 1;
    }
    if (!scan->options.kept)
        look_at_passport(scan, word);
}

/* The longest number from `at` whose groups may be a telephone number of a known country. */
void detect_plus(struct detector_scan *scan, size_t at)
{
    struct number number = {0};
    size_t total = 0;
    size_t end = 0;
    size_t next = at + 1;
    if (byte_is(view_before(scan, at), BYTE_WORD) || view_before(scan, at) == '+')
        return;
    while (view_at(scan, next) == ' ' || view_at(scan, next) == '(')
        if (++next > at + 3)
            return;
    while (add_group(scan, &number, next, 0)) {
        next = number.end[number.groups - 1];
        for (int i = 0; i < 2 && byte_in(view_at(scan, next), " -./()"); i++)
            next++;
    }
    if (number.count == 0 || number.digits[0] == '0' ||
        !country_code_known(slice_of(number.digits, number.count)))
        return;
    size_t least = view_at(scan, at + 1) == ' ' ? 10 : 7; /* "f + 1234567" is an offset */
    size_t exact = number.digits[0] == '1' ? 11 : 0;
    if (memcmp(number.digits, "861", 3) == 0 && number.count >= 13 && mobile_cn(number.digits + 2))
        exact = 13;
    for (unsigned i = 0; i < number.groups; i++) {
        total += number.size[i];
        if (total > 15)
            break;
        if (total >= least)
            end = number.end[i];
        if (total == exact)
            break;
    }
    if (end > 0)
        detector_report(scan, DETECTOR_PHONE, STRENGTH_STRUCT, at, end);
}
