#include "worker/discover_name.h"

#include "anonymize/detector.h"
#include "core/ascii.h"
#include "schemas/alphabet.h"

enum { DIGITS_MOST = 4, SPACES_MOST = 3, HEX_RUN = 8, MIXED_RUN = 20 };

/* Punctuation that stands in names as developers write them. */
static bool is_punctuation(char c)
{
    return c != '\0' && strchr("_-.$: /()[]#+", c) != NULL;
}

static bool has_run(struct slice name, bool (*belongs)(char), size_t limit)
{
    size_t length = 0, digits = 0;
    for (size_t i = 0; i < name.length; i++) {
        bool in = belongs(name.data[i]);
        length = in ? length + 1 : 0;
        digits = in ? digits + ascii_is_digit(name.data[i]) : 0;
        if (length >= limit && digits > 0 && digits < length)
            return true;
    }
    return false;
}

bool discover_name_is_data(struct slice name)
{
    char plain[DISCOVER_NAME_LIMIT];
    size_t digits = 0, spaces = 0;
    if (name.length == 0 || name.length > DISCOVER_NAME_LIMIT)
        return true;
    for (size_t i = 0; i < name.length; i++) {
        digits += ascii_is_digit(name.data[i]);
        spaces += name.data[i] == ' ';
        plain[i] = is_punctuation(name.data[i]) ? '_' : name.data[i];
    }
    /* What is left are letters of any script and digits, nothing invisible. */
    if (!alphabet_allows(ALPHABET_LABEL, slice_of(plain, name.length)))
        return true;
    if (digits > DIGITS_MOST || spaces > SPACES_MOST || has_run(name, ascii_is_hex, HEX_RUN) ||
        has_run(name, ascii_is_alphanumeric, MIXED_RUN))
        return true;
    struct detector_options options = {.kept = true};
    return detector_finds(name, options, STRENGTH_CONTEXT);
}
