#include "anonymize/detector_scan.h"

static const struct {
    const char *text; /* lower case */
    unsigned context;
} words[] = {
    {"imei", CONTEXT_IMEI},
    {"imeisv", CONTEXT_IMEI},
    {"meid", CONTEXT_IMEI},
    {"串号", CONTEXT_IMEI},
    {"phone", CONTEXT_PHONE},
    {"telephone", CONTEXT_PHONE},
    {"cellphone", CONTEXT_PHONE},
    {"mobile", CONTEXT_PHONE},
    {"tel", CONTEXT_PHONE},
    {"fax", CONTEXT_PHONE},
    {"sms", CONTEXT_PHONE},
    {"msisdn", CONTEXT_PHONE},
    {"whatsapp", CONTEXT_PHONE},
    {"手机", CONTEXT_PHONE},
    {"电话", CONTEXT_PHONE},
    {"联系方式", CONTEXT_PHONE},
    {"座机", CONTEXT_PHONE},
    {"传真", CONTEXT_PHONE},
    {"idcard", CONTEXT_RESIDENT_ID},
    {"id_card", CONTEXT_RESIDENT_ID},
    {"id card", CONTEXT_RESIDENT_ID},
    {"身份证", CONTEXT_RESIDENT_ID},
    {"证件号", CONTEXT_RESIDENT_ID | CONTEXT_PASSPORT},
    {"passport", CONTEXT_PASSPORT},
    {"护照", CONTEXT_PASSPORT},
    {"通行证", CONTEXT_PASSPORT},
    {"qq", CONTEXT_QQ},
    {"扣扣", CONTEXT_QQ},
    {"imsi", CONTEXT_IMSI},
    {"iccid", CONTEXT_ICCID},
    {"mac", CONTEXT_MAC},
    {"bssid", CONTEXT_MAC},
    {"wlan", CONTEXT_MAC},
    {"bluetooth", CONTEXT_MAC},
    {"btaddr", CONTEXT_MAC},
    {"card", CONTEXT_CARD},
    {"银行卡", CONTEXT_CARD},
    {"卡号", CONTEXT_CARD},
    {"lat", CONTEXT_POSITION},
    {"lng", CONTEXT_POSITION},
    {"lon", CONTEXT_POSITION},
    {"latitude", CONTEXT_POSITION},
    {"longitude", CONTEXT_POSITION},
    {"latlng", CONTEXT_POSITION},
    {"gps", CONTEXT_POSITION},
    {"location", CONTEXT_POSITION},
    {"经度", CONTEXT_POSITION},
    {"纬度", CONTEXT_POSITION},
    {"坐标", CONTEXT_POSITION},
    {"定位", CONTEXT_POSITION},
};

/* A word begins where no letter goes on before it; a capital after a small letter begins one. */
static bool begins_word(const struct detector_scan *scan, size_t at)
{
    unsigned char first = scan->text[at];
    unsigned char before = view_before(scan, at);
    if (!byte_is(first, BYTE_LETTER))
        return first >= 0xE0;
    return !byte_is(before, BYTE_LETTER) || (before >= 'a' && first >= 'A' && first <= 'Z');
}

/* And ends where no small letter goes on behind it; QQ where no letter does (QQBrowser). */
static bool ends_word(const struct detector_scan *scan, size_t start, size_t end)
{
    unsigned char after = view_at(scan, end);
    if (end - start == 2 && byte_is(after, BYTE_LETTER))
        return false;
    return byte_is(scan->text[start], BYTE_WIDE) || !(after >= 'a' && after <= 'z');
}

/* "<phone>" is what a scrubber left of a number, unless the digits follow at once (XML). */
static bool is_placeholder(const struct detector_scan *scan, size_t start, size_t end, size_t at)
{
    return view_before(scan, start) == '<' && view_at(scan, end) == '>' && end + 1 != at;
}

unsigned detector_context(const struct detector_scan *scan, size_t at, size_t reach)
{
    unsigned context = 0;
    for (size_t from = at > reach ? at - reach : 0; from < at; from++) {
        unsigned char first = byte_lower(scan->text[from]);
        if (!begins_word(scan, from))
            continue;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
            if ((unsigned char)words[i].text[0] != first)
                continue;
            struct slice word = slice_from_string(words[i].text);
            if (from + word.length <= at && view_has(scan, from, word) &&
                ends_word(scan, from, from + word.length) &&
                !is_placeholder(scan, from, from + word.length, at))
                context |= words[i].context;
        }
    }
    return context;
}

size_t view_word_before(const struct detector_scan *scan, size_t at, const char *between,
                        size_t *end)
{
    for (int i = 0; i < 4 && at > 0 && byte_in(scan->text[at - 1], between); i++)
        at--;
    *end = at;
    while (at > 0 && *end - at < 32 && byte_is(scan->text[at - 1], BYTE_LETTER))
        at--;
    return at;
}

bool view_word_is(const struct detector_scan *scan, size_t start, size_t end, const char *list)
{
    while (*list) {
        size_t length = strcspn(list, " ");
        if (length == end - start && view_has(scan, start, slice_of(list, length)))
            return true;
        list += length;
        list += *list == ' ';
    }
    return false;
}

size_t view_gap_before(const struct detector_scan *scan, size_t at)
{
    size_t gap = 0;
    while (gap < CONTEXT_REACH && gap < at && !byte_is(scan->text[at - gap - 1], BYTE_DIGIT))
        gap++;
    return gap;
}
