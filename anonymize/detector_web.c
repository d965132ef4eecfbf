/* E-mail addresses (RFC 5321, 5322, 6531) and URLs (RFC 3986). */
#include "anonymize/detector_scan.h"

enum { LOCAL_MOST = 64, DOMAIN_MOST = 254, SCHEME_MOST = 32, AT_SIGN_MOST = 8 };

/* Where "a?b=name" or "key=name" goes on after what is no part of a name; a key is of letters. */
static size_t skip_key(const struct detector_scan *scan, size_t start, size_t end)
{
    for (size_t at = start; at < end; at++) {
        if (byte_in(scan->text[at], "&?|{"))
            start = at + 1;
    }
    size_t key = start;
    while (key < end && (byte_is(scan->text[key], BYTE_LETTER) || scan->text[key] == '_'))
        key++;
    if (key > start && key + 1 < end && scan->text[key] == '=')
        start = key + 1;
    while (start < end && byte_in(scan->text[start], ".'/=*"))
        start++;
    return start;
}

/*
 * Where the local part before `at` begins. Letters of other scripts belong to it; but where ASCII
 * stands right before the @ and running text of such letters before that, the text is no part of
 * it: "write to" in Chinese has no space after it.
 */
static size_t local_start(const struct detector_scan *scan, size_t at)
{
    size_t start = at;
    bool ascii = false;
    if (view_before(scan, at) == '"') { /* "john doe"@example.com */
        for (size_t i = 2; i <= LOCAL_MOST && i <= at; i++) {
            if (scan->text[at - i] == '"')
                return at - i;
        }
        return at;
    }
    while (start > 0 && at - start < LOCAL_MOST && byte_is(scan->text[start - 1], BYTE_LOCAL)) {
        unsigned char byte = scan->text[start - 1];
        if (byte >= 0x80 && ascii) {
            size_t lead = start - 1;
            while (lead > 0 && scan->text[lead] < 0xC0 && start - lead < 4)
                lead--;
            if (scan->text[lead] >= 0xE3)
                break;
        }
        ascii |= byte < 0x80;
        start--;
    }
    while (start < at && (scan->text[start] & 0xC0) == 0x80) /* no half of a character */
        start++;
    return skip_key(scan, start, at);
}

/* The end of the domain from `at`, or `at` where there is none: labels of letters, digits and
 * hyphens, the last of which is no number; or an IP address, in brackets or not. */
static size_t domain_end(const struct detector_scan *scan, size_t at)
{
    size_t start = at;
    size_t end = at;
    unsigned labels = 0;
    bool numeric = true;
    if (view_at(scan, at) == '[') {
        size_t close = at;
        while (close - at < 48 && view_at(scan, close) != ']' && view_at(scan, close) != 0)
            close++;
        return view_at(scan, close) == ']' && close > at + 3 ? close + 1 : at;
    }
    while (at - start < DOMAIN_MOST) {
        size_t label = at;
        bool letters = false;
        while (at - start < DOMAIN_MOST && byte_is(view_at(scan, at), BYTE_HOST)) {
            letters |= !byte_is(scan->text[at], BYTE_DIGIT) && scan->text[at] != '-';
            at++;
        }
        if (at == label || at - label > 255)
            break;
        labels++;
        if (letters || labels < 2) {
            numeric &= !letters;
            end = labels >= 2 && at - label >= 2 ? at : end;
        } else if (labels == 4 && numeric) {
            end = at; /* an IPv4 address */
        }
        if (view_at(scan, at) != '.')
            break;
        at++;
    }
    return end;
}

void detect_email(struct detector_scan *scan, size_t at)
{
    size_t sign = at;
    size_t local = local_start(scan, at);
    size_t end = domain_end(scan, sign + 1);
    if (local < sign && end > sign + 1)
        detector_report(scan, DETECTOR_EMAIL, STRENGTH_STRUCT, local, end);
}

/* "name [at] example.com" and the like. */
void detect_at_word(struct detector_scan *scan, const struct word *word)
{
    size_t local = word->start - 1;
    size_t domain = word->end + 1;
    unsigned char open = view_before(scan, word->start);
    unsigned char close = view_at(scan, word->end);
    if (word->end - word->start != 2 || !view_has(scan, word->start, SLICE("at")) ||
        !((open == '[' && close == ']') || (open == '(' && close == ')') ||
          (open == '{' && close == '}')))
        return;
    while (view_before(scan, local) == ' ' && word->start - local < 4)
        local--;
    while (view_at(scan, domain) == ' ' && domain - word->end < 4)
        domain++;
    size_t start = local_start(scan, local);
    size_t end = domain_end(scan, domain);
    if (start < local && end > domain)
        detector_report(scan, DETECTOR_EMAIL, STRENGTH_STRUCT, start, end);
}

/* Characters of a URL that may be its last. */
static bool ends_url(unsigned char byte)
{
    return !byte_in(byte, ".,;:!?'*|}])");
}

static size_t url_end(const struct detector_scan *scan, size_t at)
{
    size_t end = at;
    while (end < scan->length && scan->text[end] > ' ' && scan->text[end] != 0x7F &&
           !byte_in(scan->text[end], "\"<>`"))
        end++;
    size_t least = end > at + 64 ? end - 64 : at;
    while (end > least && !ends_url(scan->text[end - 1]))
        end--;
    return end;
}

void detect_scheme(struct detector_scan *scan, size_t at)
{
    size_t start = at;
    size_t next = at + 1;
    if (at < scan->url_until || view_at(scan, next) != '/' || view_at(scan, next + 1) != '/')
        return;
    while (start > 0 && at - start < SCHEME_MOST &&
           (byte_is(scan->text[start - 1], BYTE_WORD) || byte_in(scan->text[start - 1], "+-.")))
        start--;
    while (start < at && !byte_is(scan->text[start], BYTE_LETTER))
        start++;
    if (start == at)
        return;
    size_t end = url_end(scan, at + 3);
    if (end <= at + 3)
        return;
    detector_report(scan, DETECTOR_URL, STRENGTH_STRUCT, start, end);
    scan->url_until = end;
}

void detect_www(struct detector_scan *scan, const struct word *word)
{
    size_t length = word->end - word->start;
    if (length < 3 || length > 4 || word->start < scan->url_until ||
        !view_has(scan, word->start, SLICE("www")) || view_at(scan, word->end) != '.' ||
        !byte_is(view_at(scan, word->end + 1), BYTE_HOST))
        return;
    if (domain_end(scan, word->start) == word->start)
        return;
    size_t end = url_end(scan, word->end);
    detector_report(scan, DETECTOR_URL, STRENGTH_STRUCT, word->start, end);
    scan->url_until = end;
}
