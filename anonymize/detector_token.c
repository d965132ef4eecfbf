/* Tokens that tell what they are: prefixes of known services, JWT (RFC 7519), PEM (RFC 7468), HTTP
 * credentials (RFC 9110), WeChat ids. */
#include "anonymize/detector_scan.h"

enum { HEADER_READ = 256 };

static const struct {
    const char *prefix; /* as it is */
    unsigned char body; /* least number of letters, digits, _ and - after it */
    bool upper;         /* capitals and digits only */
} prefixes[] = {
    {"AKIA", 16, true},         {"ASIA", 16, true},      {"ABIA", 16, true},
    {"ACCA", 16, true},         {"AKID", 13, false},     {"AIza", 30, false},
    {"LTAI", 12, false},        {"ghp_", 20, false},     {"gho_", 20, false},
    {"ghu_", 20, false},        {"ghs_", 20, false},     {"ghr_", 20, false},
    {"github_pat_", 20, false}, {"glpat-", 16, false},   {"xoxa-", 10, false},
    {"xoxb-", 10, false},       {"xoxe-", 10, false},    {"xoxp-", 10, false},
    {"xoxr-", 10, false},       {"xoxs-", 10, false},    {"xapp-", 10, false},
    {"sk_live_", 10, false},    {"sk_test_", 10, false}, {"sk_prod_", 10, false},
    {"rk_live_", 10, false},    {"rk_test_", 10, false}, {"pk_live_", 10, false},
    {"sk-proj-", 16, false},    {"sk-ant-", 16, false},  {"npm_", 30, false},
    {"hf_", 30, false},         {"dop_v1_", 32, false},  {"pypi-", 32, false},
    {"ya29", 30, false},        {"shpat_", 20, false},
};

static bool token_byte(unsigned char byte)
{
    return byte_is(byte, BYTE_WORD) || byte == '_' || byte == '-';
}

static size_t token_end(const struct detector_scan *scan, size_t at)
{
    while (token_byte(view_at(scan, at)))
        at++;
    return at;
}

static void look_at_prefixes(struct detector_scan *scan, size_t start)
{
    const char *text = (const char *)scan->text + start;
    size_t room = scan->length - start;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        if (*text != *prefixes[i].prefix)
            continue;
        size_t length = strlen(prefixes[i].prefix);
        if (room < length + prefixes[i].body || memcmp(text, prefixes[i].prefix, length) != 0)
            continue;
        size_t end = start + length;
        while (prefixes[i].upper ? byte_is(view_at(scan, end), BYTE_WORD) &&
                                       !(scan->text[end] >= 'a' && scan->text[end] <= 'z')
                                 : token_byte(view_at(scan, end)) || view_at(scan, end) == '.')
            end++;
        if (end - start - length < prefixes[i].body)
            continue;
        detector_report(scan, DETECTOR_TOKEN, STRENGTH_STRUCT, start, end);
        scan->value_until = end;
    }
}

static bool credential_byte(unsigned char byte)
{
    return token_byte(byte) || byte_in(byte, "+/=._~");
}

/* "Bearer abc...": a scheme's name, and what looks like no word after it. */
static void look_at_credentials(struct detector_scan *scan, const struct word *word)
{
    size_t start = word->end;
    if (!view_word_is(scan, word->start, word->end, "bearer basic digest token negotiate"))
        return;
    while (start - word->end < 4 && byte_in(view_at(scan, start), " \t:="))
        start++;
    size_t end = start;
    unsigned classes = 0;
    bool other = false;
    for (; credential_byte(view_at(scan, end)); end++) {
        classes |= byte_class_table[scan->text[end]] & BYTE_WORD;
        other |= byte_in(scan->text[end], "+/=");
    }
    size_t length = end - start;
    bool bearer = byte_lower(scan->text[word->start + 1]) == 'e';
    bool mixed = classes == BYTE_WORD || (other && length >= 16);
    if (start == word->end ||
        !((bearer && length >= 8 && mixed) || (length >= 12 && mixed) || length >= 40))
        return;
    detector_report(scan, DETECTOR_AUTHORIZATION, STRENGTH_STRUCT, word->start, end);
    scan->value_until = end;
}

void detect_token(struct detector_scan *scan, const struct word *word)
{
    unsigned char before = view_before(scan, word->start);
    unsigned char first = scan->text[word->start];
    if (word->start < scan->value_until)
        return;
    if (byte_in(first, "ALghxsrpnhdy") && before != '_')
        look_at_prefixes(scan, word->start);
    if (byte_in(first, "bBdDtTnN"))
        look_at_credentials(scan, word);
    if (first == 'w' && word->end - word->start == 4 && view_at(scan, word->end) == '_' &&
        memcmp(scan->text + word->start, "wxid", 4) == 0) {
        size_t end = token_end(scan, word->end);
        if (end - word->end >= 6) {
            detector_report(scan, DETECTOR_WECHAT, STRENGTH_STRUCT, word->start, end);
            scan->value_until = end;
        }
    }
}

/* Does the header decode to the beginning of an object with a member that a JOSE header has? */
static bool is_jose_header(const struct detector_scan *scan, size_t start, size_t end)
{
    char header[HEADER_READ];
    size_t length = 0;
    unsigned bits = 0;
    unsigned count = 0;
    for (size_t at = start; at < end && length < sizeof header; at++) {
        int value = base64_value(scan->text[at]);
        if (value < 0)
            break;
        bits = bits << 6 | (unsigned)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            header[length++] = (char)(bits >> count);
        }
    }
    struct slice object = slice_trim(slice_of(header, length));
    static const struct slice members[] = {SLICE("\"alg\""), SLICE("\"enc\""), SLICE("\"typ\""),
                                           SLICE("\"kid\"")};
    if (!slice_starts_with(object, SLICE("{")))
        return false;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (slice_find(object, members[i]) < object.length)
            return true;
    }
    return false;
}

void detect_jwt(struct detector_scan *scan, const struct word *word)
{
    if (scan->text[word->start] != 'e' || view_at(scan, word->start + 1) != 'y' ||
        token_byte(view_before(scan, word->start)))
        return;
    size_t header = token_end(scan, word->start);
    size_t end = header;
    if (header - word->start < 12 || !is_jose_header(scan, word->start, header))
        return;
    for (int part = 0; part < 4 && view_at(scan, end) == '.'; part++)
        end = token_end(scan, end + 1);
    if (end < header + 4)
        return;
    while (view_at(scan, end) == '=')
        end++;
    detector_report(scan, DETECTOR_JWT, STRENGTH_CHECKSUM, word->start, end);
    scan->whole_until = end > scan->whole_until ? end : scan->whole_until;
}

/* From BEGIN to the end of the END line, or to the end of the text. */
void detect_pem(struct detector_scan *scan, size_t at)
{
    if (at < scan->block_until || view_before(scan, at) == '-' ||
        !view_has(scan, at, SLICE("-----begin ")))
        return;
    struct slice rest = slice_of((const char *)scan->text + at, scan->length - at);
    size_t close = slice_find(rest, SLICE("-----END "));
    size_t end = scan->length;
    if (close < rest.length) {
        size_t line = slice_find(slice_tail(rest, close + 9), SLICE("-----"));
        end = at + close + 9 + line;
        end = scan->length - end >= 5 ? end + 5 : scan->length;
    }
    detector_report(scan, DETECTOR_PEM, STRENGTH_STRUCT, at, end);
    scan->block_until = end;
    scan->whole_until = end > scan->whole_until ? end : scan->whole_until;
}
