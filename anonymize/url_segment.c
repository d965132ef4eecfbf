/* Whether a segment of a path, a label of a host or a scheme looks like an identifier. */
#include "anonymize/detector.h"
#include "anonymize/percent.h"
#include "anonymize/url.h"

enum { DECODE_ROUNDS = 3, DIGITS_LEAST = 5, MIXED_LEAST = 20, RAW_MOST = 256 };

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Names are words: few digits, and capitals where a word begins. */
static bool looks_made_up(struct slice text)
{
    size_t digits = 0;
    size_t letters = 0;
    size_t changes = 0; /* from a capital to a small letter or back */
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        digits += c >= '0' && c <= '9';
        letters += is_lower(c) || is_upper(c);
        changes += i > 0 && ((is_lower(c) && is_upper(text.data[i - 1])) ||
                             (is_upper(c) && is_lower(text.data[i - 1])));
    }
    return digits >= DIGITS_LEAST || (text.length >= MIXED_LEAST &&
                                      ((digits > 0 && letters > 0) || changes > text.length / 3));
}

bool url_segment_plain(struct slice segment, char plain[static URL_SEGMENT_LENGTH_LIMIT],
                       size_t *length)
{
    char text[RAW_MOST];
    size_t count = segment.length;
    if (count > sizeof text)
        return false;
    if (count > 0)
        memcpy(text, segment.data, count);
    for (int round = 0; round < DECODE_ROUNDS && memchr(text, '%', count); round++)
        count = percent_decode_round(text, count);
    if (count > URL_SEGMENT_LENGTH_LIMIT)
        return false;
    for (size_t i = 0; i < count; i++) {
        char c = text[i];
        if (!is_lower(c) && !is_upper(c) && !(c >= '0' && c <= '9') && c != '-' && c != '.' &&
            c != '_' && c != '~')
            return false;
    }
    struct slice decoded = slice_of(text, count);
    struct detector_options options = {.kept = true};
    if (looks_made_up(decoded) || detector_finds(decoded, options, STRENGTH_CONTEXT))
        return false;
    memcpy(plain, text, count);
    *length = count;
    return true;
}
