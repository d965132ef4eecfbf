/*
 * Scrubbing of free text. The input is the text.
 *
 *   findings are disjoint, ascending, within the text, and begin and end at characters
 *   what is no UTF-8, or holds U+0000, is refused; what is refused appends nothing
 *   the result is UTF-8, holds no finding but placeholders, and is not changed by scrubbing it
 * again a slow look at the result finds no e-mail address, no card, and no eleven digits in a row
 * that are no time; what it would have to find in another spelling is the detectors' business text
 * without a finding comes out as it is
 */
#include "anonymize/scrub.h"
#include "core/utf8.h"
#include "schemas/canonical.h"
#include "tests/fuzz/fuzz.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool is_character_start(struct slice text, size_t at)
{
    return at == text.length || ((unsigned char)text.data[at] & 0xc0) != 0x80;
}

static bool scan(struct slice text, struct finding *findings, size_t *count)
{
    struct detector_options options = {0};
    bool all = detector_scan(text, options, findings, SCRUB_FINDING_LIMIT, count);
    size_t from = 0;
    FUZZ_CHECK(*count <= SCRUB_FINDING_LIMIT);
    for (size_t i = 0; i < *count; i++) {
        FUZZ_CHECK(findings[i].start >= from && findings[i].start < findings[i].end);
        FUZZ_CHECK(findings[i].end <= text.length && findings[i].kind < DETECTOR_KIND_COUNT);
        FUZZ_CHECK(findings[i].strength > STRENGTH_NONE);
        FUZZ_CHECK(is_character_start(text, findings[i].start) &&
                   is_character_start(text, findings[i].end));
        from = findings[i].end;
    }
    return all;
}

/* user@host.tld, of plain letters, with nothing around it. */
static void check_no_email(struct slice text)
{
    for (size_t at = 1; at + 1 < text.length; at++) {
        if (text.data[at] != '@' || !is_word(text.data[at - 1]))
            continue;
        size_t dot = at + 1;
        while (dot < text.length && is_word(text.data[dot]) &&
               (unsigned char)text.data[dot] < 0x80 && text.data[dot] != '_')
            dot++;
        size_t end = dot + 1;
        while (end < text.length && text.data[end] >= 'a' && text.data[end] <= 'z')
            end++;
        bool address = dot > at + 1 && dot < text.length && text.data[dot] == '.' &&
                       end - dot > 2 && (unsigned char)text.data[at - 1] < 0x80;
        FUZZ_CHECK(!address || (end < text.length && is_word(text.data[end])));
    }
}

/* Times stay: since 1970 (13, 16 or 19 digits from 1), and by the calendar (12, 14 or 17 from the
 * year). */
static bool may_stay(struct slice digits)
{
    bool calendar =
        slice_starts_with(digits, SLICE("19")) || slice_starts_with(digits, SLICE("20"));
    if (digits.length == 12 || digits.length == 14 || digits.length == 17)
        return calendar;
    return digits.data[0] == '1' &&
           (digits.length == 13 || digits.length == 16 || digits.length == 19);
}

/* Digits with nothing but white space around them. */
static void check_no_long_number(struct slice text)
{
    for (size_t at = 0; at < text.length;) {
        size_t end = at;
        while (end < text.length && is_digit(text.data[end]))
            end++;
        bool alone =
            (at == 0 || text.data[at - 1] == ' ') && (end == text.length || text.data[end] == ' ');
        struct slice digits = slice_between(text, at, end);
        FUZZ_CHECK(!alone || digits.length < 11 || may_stay(digits));
        at = end + 1;
    }
}

/* Every finding left is a placeholder, so that replacing it changes nothing. */
static void check_clean(struct slice text)
{
    static struct finding findings[SCRUB_FINDING_LIMIT];
    size_t count;
    FUZZ_CHECK(utf8_valid(text));
    FUZZ_CHECK(scan(text, findings, &count));
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(slice_equal(slice_between(text, findings[i].start, findings[i].end),
                               detector_placeholder(findings[i].kind)));
    check_no_email(text);
    check_no_long_number(text);
}

static uint32_t total(const struct scrub_counts *counts)
{
    uint32_t sum = 0;
    for (unsigned i = 0; i < DETECTOR_KIND_COUNT; i++)
        sum += counts->found[i];
    return sum;
}

static void check_scrubbed(struct slice text, struct slice result,
                           const struct scrub_counts *counts)
{
    struct buffer again;
    struct scrub_counts none = {0};
    if (total(counts) == 0)
        FUZZ_CHECK(slice_equal(text, result));
    check_clean(result);
    buffer_init(&again, SCRUB_TEXT_LIMIT * 8);
    if (result.length <= SCRUB_TEXT_LIMIT) {
        FUZZ_CHECK(scrub_text(result, &none, &again));
        FUZZ_CHECK(slice_equal(result, buffer_slice(&again)));
    }
    buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct finding findings[SCRUB_FINDING_LIMIT];
    struct slice text = fuzz_text(data, size);
    struct scrub_counts counts = {0};
    struct buffer out;
    size_t count;
    buffer_init(&out, SCRUB_TEXT_LIMIT * 8);
    buffer_append(&out, SLICE("before"));
    bool valid = utf8_valid(text) && slice_find_byte(text, 0) == text.length;
    bool done = scrub_text(text, &counts, &out);
    FUZZ_CHECK(slice_starts_with(buffer_slice(&out), SLICE("before")));
    FUZZ_CHECK(!done || valid);
    if (done)
        check_scrubbed(text, slice_tail(buffer_slice(&out), 6), &counts);
    else
        FUZZ_CHECK(out.length == 6 && total(&counts) == 0);
    if (valid)
        (void)scan(text, findings, &count);
    buffer_release(&out);
    return 0;
}
