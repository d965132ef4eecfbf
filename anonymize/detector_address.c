/* Addresses and ids of hex digits: IPv4, IPv6, MAC and EUI-64, UUID, long runs of hex digits. */
#include "anonymize/detector_scan.h"
#include "anonymize/ip_address.h"

enum { HEX_RUN = 16, V6_TEXT_MOST = 50 };

static bool hex_at(const struct detector_scan *scan, size_t at)
{
    return byte_is(view_at(scan, at), BYTE_HEX);
}

/* Hex digits in a row from `at`, counted up to `most` + 1. */
static size_t hex_count(const struct detector_scan *scan, size_t at, size_t most)
{
    size_t count = 0;
    while (count <= most && hex_at(scan, at + count))
        count++;
    return count;
}

static void found_whole(struct detector_scan *scan, enum detector_kind kind, bool allowed,
                        size_t start, size_t end)
{
    if (!allowed)
        detector_report(scan, kind, STRENGTH_STRUCT, start, end);
    if (end > scan->whole_until)
        scan->whole_until = end;
}

/* One to five digits after a colon: a port. */
static size_t port_end(const struct detector_scan *scan, size_t at)
{
    size_t end = at + 1;
    if (view_at(scan, at) != ':')
        return at;
    end = view_run(scan, end, BYTE_DIGIT);
    return end - at >= 2 && end - at <= 6 && !byte_is(view_at(scan, end), BYTE_LETTER) ? end : at;
}

/* A version in so many words: "v1.2.3.4", "version: 1.2.3.4", "Chrome/110.0.0.0". */
static bool called_version(const struct detector_scan *scan, size_t start)
{
    size_t end;
    size_t begin = view_word_before(scan, start, " :=\"'_-", &end);
    if (view_word_is(scan, begin, end,
                     "ver version firmware release rev revision versionname "
                     "appversion osversion sdkversion rom"))
        return true;
    if (end == start && view_word_is(scan, begin, end, "v"))
        return true;
    if (end >= 6 && memcmp(scan->text + end - 6, "版本", 6) == 0)
        return true;
    if (end >= 9 && memcmp(scan->text + end - 9, "版本号", 9) == 0)
        return true;
    begin = view_word_before(scan, start, "/", &end);
    return end + 1 == start &&
           view_word_is(scan, begin, end,
                        "chrome chromium headlesschrome crios firefox fxios "
                        "version safari applewebkit edg edga edgios opr electron "
                        "samsungbrowser huaweibrowser miuibrowser ucbrowser "
                        "micromessenger mqqbrowser qqbrowser okhttp darwin");
}

void detect_quad(struct detector_scan *scan, const struct word *word)
{
    size_t start = word->end;
    while (start > word->start && byte_is(scan->text[start - 1], BYTE_DIGIT))
        start--;
    if (start == word->end || (view_before(scan, start) == '.' && start >= 2 &&
                               byte_is(scan->text[start - 2], BYTE_DIGIT)))
        return;
    size_t at = start;
    for (int part = 0; part < 4; part++) {
        size_t end = at;
        unsigned value = 0;
        for (; end < at + 3 && byte_is(view_at(scan, end), BYTE_DIGIT); end++)
            value = value * 10 + (unsigned)(scan->text[end] - '0');
        bool padded = end == at + 2 && scan->text[at] == '0';
        if (end == at || value > 255 || padded || byte_is(view_at(scan, end), BYTE_DIGIT))
            return;
        at = end;
        if (part < 3 && view_at(scan, at++) != '.')
            return;
    }
    if (view_at(scan, at) == '.' && byte_is(view_at(scan, at + 1), BYTE_DIGIT))
        return; /* five parts */
    if (!scan->options.kept && called_version(scan, start))
        return;
    size_t end = port_end(scan, at);
    if (end == at && view_at(scan, at) == '/' && byte_is(view_at(scan, at + 1), BYTE_DIGIT)) {
        size_t length = view_run(scan, at + 1, BYTE_DIGIT);
        end = length - at <= 3 ? length : at;
    }
    found_whole(scan, DETECTOR_IP, false, start, end);
}

/* 8-4-4-4-12, the last eight of the word being the first eight of it. */
static bool find_uuid(struct detector_scan *scan, const struct word *word)
{
    static const unsigned char groups[5] = {8, 4, 4, 4, 12};
    size_t start = word->end - 8;
    size_t at = start;
    if (word->end - word->start < 8)
        return false;
    for (int i = 0; i < 5; i++) {
        if (i > 0 && view_at(scan, at++) != '-')
            return false;
        size_t count = hex_count(scan, at, groups[i]);
        if (count < groups[i] || (i < 4 && count > groups[i]))
            return false;
        at += groups[i];
    }
    found_whole(scan, DETECTOR_UUID, scan->options.allow_uuid, start, at);
    return true;
}

/* "26-01-02-03-04-05": a time, as far as free text is concerned. */
static bool is_time_of_groups(const unsigned char *text)
{
    static const unsigned char most[6] = {99, 12, 31, 23, 59, 60};
    for (int i = 0; i < 6; i++) {
        unsigned char a = text[3 * i];
        unsigned char b = text[3 * i + 1];
        if (!byte_is(a, BYTE_DIGIT) || !byte_is(b, BYTE_DIGIT) ||
            (a - '0') * 10 + (b - '0') > most[i])
            return false;
    }
    return true;
}

/* Is there a group of two hex digits and the separator right before `at`? */
static bool group_before(const struct detector_scan *scan, size_t at, unsigned char separator)
{
    return at >= 3 && scan->text[at - 1] == separator && byte_is(scan->text[at - 2], BYTE_HEX) &&
           byte_is(scan->text[at - 3], BYTE_HEX) && !byte_is(view_before(scan, at - 3), BYTE_WORD);
}

static bool find_mac(struct detector_scan *scan, const struct word *word, unsigned char separator)
{
    size_t at = word->start;
    unsigned groups = 0;
    bool letter = false;
    bool pairs = true;
    if (separator == '.' || word->end - at > 2 || group_before(scan, at, separator))
        return false;
    for (; groups < 9; groups++) {
        size_t count = hex_count(scan, at, 2);
        if (count == 0 || count > 2)
            break;
        pairs &= count == 2;
        for (size_t i = 0; i < count; i++)
            letter |= byte_is(scan->text[at + i], BYTE_LETTER);
        at += count;
        if (view_at(scan, at) != separator || !hex_at(scan, at + 1)) {
            groups++;
            break;
        }
        at++;
    }
    if ((groups != 6 && groups != 8) || byte_is(view_at(scan, at), BYTE_WORD) ||
        (!pairs && (!letter || separator != ':')))
        return false;
    if (!scan->options.kept && separator == '-' && groups == 6 &&
        is_time_of_groups(scan->text + word->start))
        return false;
    found_whole(scan, DETECTOR_MAC, scan->options.allow_mac, word->start, at);
    return true;
}

/* "0011.2233.44ff", "00e0-fc12-3456": in groups of four, with a letter, or it could be a number. */
static bool find_grouped_mac(struct detector_scan *scan, const struct word *word,
                             unsigned char separator)
{
    size_t at = word->start;
    bool letter = false;
    if (word->end - at != 4 || view_before(scan, at) == separator)
        return false;
    for (int group = 0; group < 3; group++) {
        if (group > 0 && view_at(scan, at++) != separator)
            return false;
        if (hex_count(scan, at, 4) != 4)
            return false;
        for (size_t end = at + 4; at < end; at++)
            letter |= byte_is(scan->text[at], BYTE_LETTER);
    }
    if (!letter || byte_is(view_at(scan, at), BYTE_WORD) ||
        (view_at(scan, at) == separator && hex_at(scan, at + 1)))
        return false;
    found_whole(scan, DETECTOR_MAC, scan->options.allow_mac, word->start, at);
    return true;
}

/* Is this text of hex digits, colons and dots an IPv6 address and no symbol of C++ ("a::b")? */
static bool is_v6(const struct detector_scan *scan, size_t start, size_t end)
{
    struct ip_address address;
    bool digit = false;
    size_t digits = 0;
    for (size_t at = start; at < end; at++) {
        digit |= byte_is(scan->text[at], BYTE_DIGIT);
        digits += byte_is(scan->text[at], BYTE_HEX);
    }
    return (digit || digits >= 8) &&
           ip_address_parse(slice_of((const char *)scan->text + start, end - start), &address);
}

static bool find_v6(struct detector_scan *scan, size_t start)
{
    size_t end = start;
    size_t colons = 0;
    while (end - start < V6_TEXT_MOST &&
           (hex_at(scan, end) || view_at(scan, end) == ':' || view_at(scan, end) == '.'))
        colons += scan->text[end++] == ':';
    if (colons < 2 || byte_is(view_at(scan, end), BYTE_WORD) || view_at(scan, end) == '_')
        return false;
    while (end > start && (scan->text[end - 1] == '.' ||
                           (scan->text[end - 1] == ':' && scan->text[end - 2] != ':')))
        end--;
    if (!is_v6(scan, start, end)) {
        size_t port = end;
        while (port > start && byte_is(scan->text[port - 1], BYTE_DIGIT))
            port--;
        if (colons != 8 || view_before(scan, port) != ':' || !is_v6(scan, start, port - 1))
            return false;
    }
    if (view_at(scan, end) == '%' && byte_is(view_at(scan, end + 1), BYTE_WORD)) {
        size_t zone = view_run(scan, end + 1, BYTE_WORD);
        end = zone - end <= 17 ? zone : end;
    }
    if (view_before(scan, start) == '[' && view_at(scan, end) == ']') {
        start--;
        end = port_end(scan, end + 1);
    }
    if (view_at(scan, end) == '/' && byte_is(view_at(scan, end + 1), BYTE_DIGIT)) {
        size_t length = view_run(scan, end + 1, BYTE_DIGIT);
        end = length - end <= 4 ? length : end;
    }
    found_whole(scan, DETECTOR_IP, false, start, end);
    return true;
}

void detect_address(struct detector_scan *scan, const struct word *word)
{
    unsigned char after = view_at(scan, word->end);
    size_t length = word->end - word->start;
    if (after == '-' && find_uuid(scan, word))
        return;
    if (!word->all_hex)
        return;
    if (after == ':' || after == '-' || after == '.') {
        if (find_mac(scan, word, after) || find_grouped_mac(scan, word, after))
            return;
        if (after == ':' && length <= 4 && view_before(scan, word->start) != '_')
            find_v6(scan, word->start);
    }
    if (length == 12 && word->has_letter && word->has_digit && !scan->options.allow_mac &&
        (detector_context(scan, word->start, CONTEXT_REACH) & CONTEXT_MAC))
        detector_report(scan, DETECTOR_MAC, STRENGTH_CONTEXT, word->start, word->end);
}

void detect_double_colon(struct detector_scan *scan, size_t at)
{
    unsigned char before = view_before(scan, at);
    if (view_at(scan, at + 1) == ':' && !byte_is(before, BYTE_WORD) && before != '_' &&
        before != ':')
        find_v6(scan, at);
}

/* What names a build of a binary, the same on every device. */
static bool called_build_id(const struct detector_scan *scan, size_t start)
{
    size_t end;
    size_t begin = view_word_before(scan, start, " :=", &end);
    return view_word_is(scan, begin, end, "buildid");
}

void detect_hex(struct detector_scan *scan, const struct word *word)
{
    if (scan->options.allow_hex)
        return;
    for (size_t at = word->start; at < word->end;) {
        size_t end = view_run(scan, at, BYTE_HEX);
        bool letters = view_run(scan, at, BYTE_DIGIT) < end;
        bool address = at >= 2 && byte_lower(scan->text[at - 1]) == 'x' &&
                       scan->text[at - 2] == '0' && end - at == HEX_RUN;
        bool lenient = !scan->options.kept && (address || called_build_id(scan, at));
        if (end - at >= HEX_RUN && (letters || end - at > 2 * HEX_RUN || address) && !lenient)
            detector_report(scan, DETECTOR_HEX, STRENGTH_STRUCT, at, end);
        at = end > at ? end : at + 1;
    }
}
