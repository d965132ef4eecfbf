/* Positions on earth, and licence plates (GA 36). */
#include "anonymize/detector_scan.h"

struct degrees {
    size_t end;
    unsigned whole;
    size_t decimals;
};

/* 1 to 3 digits, a point, digits; perhaps N, S, E or W. */
static bool read_degrees(const struct detector_scan *scan, size_t at, struct degrees *out)
{
    size_t point = view_run(scan, at, BYTE_DIGIT);
    if (point == at || point - at > 3 || view_at(scan, point) != '.')
        return false;
    out->whole = 0;
    for (; at < point; at++)
        out->whole = out->whole * 10 + (unsigned)(scan->text[at] - '0');
    out->end = view_run(scan, point + 1, BYTE_DIGIT);
    out->decimals = out->end - point - 1;
    if (byte_in(view_at(scan, out->end), "NSEWnsew") &&
        !byte_is(view_at(scan, out->end + 1), BYTE_WORD))
        out->end++;
    unsigned char after = view_at(scan, out->end);
    bool goes_on = byte_is(after, BYTE_WORD) ||
                   (after == '.' && byte_is(view_at(scan, out->end + 1), BYTE_DIGIT));
    return out->whole <= 180 && out->decimals >= 3 && !goes_on;
}

/* What may stand between two coordinates; *wide says that it is white space alone. */
static size_t skip_between(const struct detector_scan *scan, size_t at, bool *blank)
{
    size_t start = at;
    *blank = true;
    while (at - start < 4 && byte_in(view_at(scan, at), " ,;/|\t")) {
        *blank &= scan->text[at] == ' ' || scan->text[at] == '\t';
        at++;
    }
    return at;
}

void detect_position(struct detector_scan *scan, const struct word *word)
{
    struct degrees first, second;
    bool blank;
    size_t start = word->start;
    if (word->has_letter || (view_before(scan, start) == '.' && start >= 2 &&
                             byte_is(scan->text[start - 2], BYTE_DIGIT)))
        return;
    if (!read_degrees(scan, start, &first))
        return;
    if (byte_in(view_before(scan, start), "-+"))
        start--;
    size_t next = skip_between(scan, first.end, &blank);
    size_t digits = byte_in(view_at(scan, next), "-+") ? next + 1 : next;
    if (next > first.end && read_degrees(scan, digits, &second) &&
        (first.whole <= 90 || second.whole <= 90) &&
        (!blank || (first.decimals >= 4 && second.decimals >= 4)))
        detector_report(scan, DETECTOR_POSITION, STRENGTH_STRUCT, start, second.end);
    else if (!scan->options.kept &&
             (detector_context(scan, start, view_gap_before(scan, start)) & CONTEXT_POSITION))
        detector_report(scan, DETECTOR_POSITION, STRENGTH_CONTEXT, start, first.end);
}

/* NMEA 0183 sentences that carry a position: "$GPRMC,...*hh". */
void detect_sentence(struct detector_scan *scan, size_t at)
{
    size_t end = at + 1;
    if (view_run(scan, end, BYTE_LETTER) != end + 5 || view_at(scan, end + 5) != ',' ||
        !(view_has(scan, end + 2, SLICE("rmc")) || view_has(scan, end + 2, SLICE("gga")) ||
          view_has(scan, end + 2, SLICE("gll"))))
        return;
    while (end < scan->length && end - at < 96 && scan->text[end] > ' ' && scan->text[end] < 0x7F)
        end++;
    detector_report(scan, DETECTOR_POSITION, STRENGTH_STRUCT, at, end);
}

/* 31°13'49"N: at the degree sign (C2 B0), the minutes are what makes it a position. */
void detect_degrees(struct detector_scan *scan, size_t at)
{
    size_t start = at;
    size_t end = at + 2;
    while (start > 0 && at - start < 16 &&
           (byte_is(scan->text[start - 1], BYTE_DIGIT) || scan->text[start - 1] == '.'))
        start--;
    while (view_at(scan, end) == ' ')
        if (++end > at + 4)
            return;
    size_t minutes = end;
    while (end - minutes < 12 &&
           (byte_is(view_at(scan, end), BYTE_DIGIT) || view_at(scan, end) == '.'))
        end++;
    bool prime = view_at(scan, end) == '\'' || view_has(scan, end, SLICE("′")) ||
                 view_has(scan, end, SLICE("’"));
    if (start == at || end == minutes || !prime)
        return;
    while (end - minutes < 32 && (byte_is(view_at(scan, end), BYTE_DIGIT | BYTE_WIDE) ||
                                  byte_in(view_at(scan, end), ".'\" ")))
        end++;
    if (byte_in(view_at(scan, end), "NSEWnsew"))
        end++;
    detector_report(scan, DETECTOR_POSITION, STRENGTH_STRUCT, start, end);
}

static bool plate_byte(unsigned char byte)
{
    return byte_is(byte, BYTE_DIGIT) || (byte >= 'A' && byte <= 'Z' && byte != 'I' && byte != 'O');
}

/* A province's character, a letter, a dot perhaps, five or six letters and digits. */
static void detect_plate(struct detector_scan *scan, size_t at)
{
    static const char provinces[] =
        "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
    size_t end = at + 4;
    bool province = false;
    unsigned char letter = view_at(scan, at + 3);
    if (scan->length - at < 9 || letter < 'A' || letter > 'Z' || letter == 'I')
        return;
    for (size_t i = 0; i + 3 < sizeof provinces && !province; i += 3)
        province = memcmp(scan->text + at, provinces + i, 3) == 0;
    if (!province)
        return;
    if (view_has(scan, end, SLICE("·")))
        end += 2;
    else if (view_has(scan, end, SLICE("・")) || view_has(scan, end, SLICE("•")))
        end += 3;
    else if (byte_in(view_at(scan, end), " -."))
        end++;
    size_t body = end;
    unsigned digits = 0;
    while (end - body < 6 && plate_byte(view_at(scan, end)))
        digits += byte_is(scan->text[end++], BYTE_DIGIT);
    bool special = end - body == 4 && byte_is(view_at(scan, end), BYTE_WIDE); /* 挂学警港澳使领 */
    if ((end - body < 5 && !special) || digits < 2 || byte_is(view_at(scan, end), BYTE_WORD))
        return;
    detector_report(scan, DETECTOR_PLATE, STRENGTH_STRUCT, at, special ? end + 3 : end);
}

void detect_wide_word(struct detector_scan *scan, size_t at)
{
    if (scan->text[at] == 0xC2 && view_at(scan, at + 1) == 0xB0)
        detect_degrees(scan, at);
    if (scan->text[at] >= 0xE3) {
        detect_plate(scan, at);
        detect_spoken_secret(scan, at);
    }
}
