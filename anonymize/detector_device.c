/*
 * What a device is called: serial numbers, names of wireless networks and of hosts, names that
 * people give their devices. None has a form of its own; a word beside it tells, so all of these
 * are STRENGTH_CONTEXT.
 *
 *     serial S4EX0N123456   SerialNumber: AB12CD34   S/N PF1XYZ9   ro.serialno=R58M1
 *     SSID="Home of Ann"    associated with ANN-5G (...)
 *     hostname: anns-host   Hostname set to <anns-host>   ann@anns-host
 *     Ann's iPhone          Anns-MacBook-Pro   DESKTOP-AB12CD3
 *     SHA256:<43 characters of base64>, as SSH prints keys
 */
#include "anonymize/detector_scan.h"

enum {
    SERIAL_LEAST = 5,
    SERIAL_MOST = 40,
    NETWORK_MOST = 64, /* 32 bytes (IEEE 802.11), each escaped at worst */
    NAME_MOST = 64,
    HOST_LEAST = 3,
    FINGERPRINT = 43, /* 256 bits in base64 without padding */
};

static bool is_name_byte(unsigned char byte)
{
    return byte_is(byte, BYTE_WORD) || byte == '-' || byte == '_';
}

static size_t skip(const struct detector_scan *scan, size_t at, const char *list, size_t most)
{
    for (size_t i = 0; i < most && byte_in(view_at(scan, at), list); i++)
        at++;
    return at;
}

static size_t name_end(const struct detector_scan *scan, size_t at, size_t most)
{
    size_t end = at;
    while (end - at < most && is_name_byte(view_at(scan, end)))
        end++;
    while (end > at && byte_in(scan->text[end - 1], "-_"))
        end--;
    return end;
}

static unsigned classes_of(const struct detector_scan *scan, size_t start, size_t end,
                           size_t *digits)
{
    unsigned classes = 0;
    *digits = 0;
    for (size_t at = start; at < end; at++) {
        classes |= byte_class_table[scan->text[at]];
        *digits += byte_is(scan->text[at], BYTE_DIGIT);
    }
    return classes & BYTE_WORD;
}

/* "serial_number", "serial no." */
static size_t skip_number_word(const struct detector_scan *scan, size_t at)
{
    size_t word = skip(scan, at, " _-", 1);
    size_t end = view_run(scan, word, BYTE_LETTER);
    return view_word_is(scan, word, end, "number num no nr id") ? skip(scan, end, ".", 1) : at;
}

static void look_for_serial(struct detector_scan *scan, size_t at, bool weak)
{
    size_t start = skip(scan, skip_number_word(scan, at), " \t:=#\"'\\[]", 4);
    size_t end = name_end(scan, start, SERIAL_MOST);
    size_t digits;
    unsigned classes = classes_of(scan, start, end, &digits);
    bool both = classes == BYTE_WORD;
    if (start == at || digits == 0 || end - start < SERIAL_LEAST)
        return;
    /* "serial 0x3f8" is an address, "sn=12345" a number in a row, "serial 12345" says little. */
    if (view_has(scan, start, SLICE("0x")) || (!both && (weak || digits < 6)))
        return;
    detector_report(scan, DETECTOR_SERIAL, STRENGTH_CONTEXT, start, end);
}

/* SSID="...", ssid: ... */
static void look_for_network(struct detector_scan *scan, size_t at)
{
    size_t start = skip(scan, at, " \t\"\\", 3); /* also the quote of a JSON key */
    bool separated = byte_in(view_at(scan, start), ":=");
    start = skip(scan, start, " \t:=\\", 4);
    unsigned char quote = view_at(scan, start);
    if (byte_in(quote, "\"'`"))
        start++;
    else if (separated)
        quote = 0;
    else
        return;
    size_t end = start;
    while (end < scan->length && end - start < NETWORK_MOST && scan->text[end] != '\n' &&
           (quote ? scan->text[end] != quote : !byte_in(scan->text[end], ",;()[]{}<>\"")))
        end++;
    while (end > start && byte_in(scan->text[end - 1], " \\"))
        end--;
    if (end > start && !view_word_is(scan, start, end, "null none unknown any hidden"))
        detector_report(scan, DETECTOR_SSID, STRENGTH_CONTEXT, start, end);
}

/* "associated with NAME": what is no hardware address. */
static void look_for_associated(struct detector_scan *scan, size_t at)
{
    size_t word = skip(scan, at, " ", 1);
    size_t end = view_run(scan, word, BYTE_LETTER);
    if (!view_word_is(scan, word, end, "with to") || view_at(scan, end) != ' ')
        return;
    size_t start = end + 1;
    for (end = start; end - start < NETWORK_MOST && view_at(scan, end) > ' ' &&
                      !byte_in(scan->text[end], ",;()[]{}<>\"");)
        end++;
    size_t digits;
    classes_of(scan, start, end, &digits);
    if (digits > 0 && end > start && view_at(scan, start + 2) != ':')
        detector_report(scan, DETECTOR_SSID, STRENGTH_CONTEXT, start, end);
}

static bool has_hyphen_or_digit(const struct detector_scan *scan, size_t start, size_t end)
{
    for (size_t at = start; at < end; at++) {
        if (scan->text[at] == '-' || byte_is(scan->text[at], BYTE_DIGIT))
            return true;
    }
    return false;
}

static void look_for_host(struct detector_scan *scan, size_t at)
{
    size_t start = skip(scan, at, " \t:=\"'\\", 4);
    bool separated = false;
    for (size_t i = at; i < start; i++)
        separated |= byte_in(scan->text[i], ":=");
    if (view_has(scan, at, SLICE(" set to <"))) {
        start = at + strlen(" set to <");
        separated = true;
    }
    size_t end = name_end(scan, start, NAME_MOST);
    if (end - start >= HOST_LEAST && start > at &&
        (separated || has_hyphen_or_digit(scan, start, end)) &&
        !view_word_is(scan, start, end, "null none unknown localhost"))
        detector_report(scan, DETECTOR_DEVICE_NAME, STRENGTH_CONTEXT, start, end);
}

/* The word or, with a capital, the two words that end at `end`. */
static size_t owner_start(const struct detector_scan *scan, size_t end)
{
    size_t start = end;
    for (int words = 0; words < 2; words++) {
        size_t at = start - (words > 0);
        size_t word = at;
        while (
            word > 0 && end - word < NAME_MOST &&
            (byte_is(scan->text[word - 1], BYTE_LETTER | BYTE_WIDE) || scan->text[word - 1] == '-'))
            word--;
        bool capital = byte_is(scan->text[word], BYTE_LETTER) && scan->text[word] <= 'Z';
        if (word == at || (words > 0 && !capital))
            break;
        start = word;
        if (view_before(scan, start) != ' ')
            break;
    }
    return start;
}

/* "你的iPhone" names nobody. */
static bool is_pronoun(const struct detector_scan *scan, size_t end)
{
    static const char *const pronouns[] = {"你", "您", "我", "他", "她", "它", "新", "旧", "们"};
    for (size_t i = 0; i < sizeof pronouns / sizeof *pronouns; i++) {
        if (end >= 3 && memcmp(scan->text + end - 3, pronouns[i], 3) == 0)
            return true;
    }
    return false;
}

/* Before a product's name: whose it is. */
static void look_for_owner(struct detector_scan *scan, const struct word *word, bool hyphened)
{
    size_t at = word->start;
    size_t owner = at;
    if (at >= 3 && byte_in(scan->text[at - 1], " -") && byte_in(scan->text[at - 2], "sS") &&
        (scan->text[at - 3] == '\'' ||
         (at >= 6 && memcmp(scan->text + at - 5, "\xE2\x80\x99", 3) == 0))) {
        owner = owner_start(scan, at - (scan->text[at - 3] == '\'' ? 3 : 5));
        owner = owner < at - 3 ? owner : at;
    } else if (at >= 6 && memcmp(scan->text + at - 3, "的", 3) == 0 && !is_pronoun(scan, at - 3)) {
        for (size_t name = at - 3; name > 0 && at - 3 - name < 12; owner = name) {
            if (!byte_is(scan->text[name - 1], BYTE_WIDE | BYTE_WORD))
                break;
            name--;
        }
        while (owner < at && (scan->text[owner] & 0xC0) == 0x80)
            owner++;
    } else if (hyphened && at >= 5 && scan->text[at - 1] == '-' &&
               byte_in(scan->text[at - 2], "sS")) {
        for (owner = at - 1; owner > 0 && at - owner < NAME_MOST &&
                             byte_is(scan->text[owner - 1], BYTE_LETTER | BYTE_WIDE);)
            owner--;
        owner = at - 1 - owner >= 4 ? owner : at;
    }
    if (owner < at)
        detector_report(scan, DETECTOR_DEVICE_NAME, STRENGTH_CONTEXT, owner,
                        name_end(scan, word->end, NAME_MOST));
}

/* Windows names a new machine DESKTOP- or LAPTOP- and seven or eight capitals and digits. */
static void look_for_windows_name(struct detector_scan *scan, const struct word *word)
{
    size_t start = word->end + 1;
    size_t end = start;
    if (view_at(scan, word->end) != '-' || scan->text[word->start + 1] > 'Z')
        return;
    while (end - start < 9 && byte_is(view_at(scan, end), BYTE_WORD) && scan->text[end] <= 'Z')
        end++;
    if (end - start >= 7 && end - start <= 8 && !byte_is(view_at(scan, end), BYTE_WORD))
        detector_report(scan, DETECTOR_DEVICE_NAME, STRENGTH_CONTEXT, word->start, end);
}

static void look_for_fingerprint(struct detector_scan *scan, size_t at)
{
    size_t end = at + 1;
    while (end - at <= FINGERPRINT &&
           (byte_is(view_at(scan, end), BYTE_WORD) || byte_in(view_at(scan, end), "+/")))
        end++;
    if (view_at(scan, at) == ':' && end - at - 1 == FINGERPRINT)
        detector_report(scan, DETECTOR_TOKEN, STRENGTH_CONTEXT, at + 1, end);
}

void detect_device(struct detector_scan *scan, const struct word *word)
{
    size_t start = word->start;
    size_t end = word->end;
    if (end - start > 12 || scan->options.kept)
        return;
    switch (byte_lower(scan->text[start])) {
    case 's':
        if (view_word_is(scan, start, end, "serial serialno serialnumber serialnum"))
            look_for_serial(scan, end, false);
        else if (end - start == 1 && view_has(scan, end, SLICE("/n")) &&
                 !byte_is(view_at(scan, end + 2), BYTE_WORD))
            look_for_serial(scan, end + 2, false);
        else if (view_word_is(scan, start, end, "sn"))
            look_for_serial(scan, end, true);
        else if (view_word_is(scan, start, end, "ssid"))
            look_for_network(scan, end);
        else if (view_word_is(scan, start, end, "sha256"))
            look_for_fingerprint(scan, end);
        break;
    case 'e':
        if (view_word_is(scan, start, end, "essid"))
            look_for_network(scan, end);
        break;
    case 'a':
        if (view_word_is(scan, start, end, "associated"))
            look_for_associated(scan, end);
        else if (view_word_is(scan, start, end, "airpods") ||
                 (view_word_is(scan, start, end, "apple") && view_has(scan, end, SLICE(" watch"))))
            look_for_owner(scan, word, true);
        break;
    case 'h':
        if (view_word_is(scan, start, end, "hostname"))
            look_for_host(scan, end);
        break;
    case 'd':
    case 'l':
        if (view_word_is(scan, start, end, "desktop laptop"))
            look_for_windows_name(scan, word);
        break;
    case 'i':
        if (view_word_is(scan, start, end, "iserial"))
            look_for_serial(scan, end, false);
        else if (view_word_is(scan, start, end, "iphone ipad ipod imac"))
            look_for_owner(scan, word, true);
        break;
    case 'm':
        if (view_word_is(scan, start, end, "macbook mac"))
            look_for_owner(scan, word, end - start > 3);
        break;
    case 'g':
    case 'p':
    case 'w':
        if (view_word_is(scan, start, end, "galaxy pixel watch"))
            look_for_owner(scan, word, false);
        break;
    default:
        break;
    }
}

/* user@host: a host without a dot, as shells and kernels print it. */
void detect_login(struct detector_scan *scan, size_t at)
{
    size_t start = at;
    size_t end = name_end(scan, at + 1, NAME_MOST);
    unsigned char after = view_at(scan, end);
    while (start > 0 && at - start < NAME_MOST &&
           (is_name_byte(scan->text[start - 1]) || scan->text[start - 1] == '.'))
        start--;
    if (scan->options.kept || at - start < 2 || end - at - 1 < HOST_LEAST ||
        !byte_is(scan->text[at + 1], BYTE_LETTER) || !byte_is(scan->text[start], BYTE_LETTER) ||
        view_word_is(scan, at + 1, end, "localhost"))
        return;
    bool banner = view_before(scan, start) == '(' && after == ')';
    if (!banner && !has_hyphen_or_digit(scan, at + 1, end))
        return;
    /* Not symbols, packages and files: memcpy@GLIBC_2.2.5, name@v2, a/b@c, icon@x2.png */
    for (size_t i = at + 1; i < end; i++) {
        if (scan->text[i] == '_')
            return;
    }
    if (byte_in(after, "._/@") || byte_in(view_before(scan, start), "/\\@:") ||
        (byte_lower(scan->text[at + 1]) == 'v' && byte_is(view_at(scan, at + 2), BYTE_DIGIT)))
        return;
    detector_report(scan, DETECTOR_DEVICE_NAME, STRENGTH_CONTEXT, start, end);
}
