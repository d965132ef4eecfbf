#include "anonymize/file_path_segment.h"

#include "anonymize/detector.h"
#include "core/ascii.h"

enum { SEGMENT_MOST = 255, RUN_LEAST = 20, NAME_LEAST = 3, CONTAINER_LEAST = 22 };

bool segment_is(struct slice segment, const char *const *list)
{
    while (segment.length > 1 &&
           (segment.data[segment.length - 1] == '.' || segment.data[segment.length - 1] == ' '))
        segment.length--;
    for (; *list; list++) {
        if (slice_equal_ignoring_case(segment, slice_from_string(*list)))
            return true;
    }
    return false;
}

bool segment_is_short_name(struct slice segment)
{
    static const char *const system[] = {"PROGRA~1", "PROGRA~2", "PROGRA~3", "COMMON~1",
                                         "MICROS~1", "WINDOW~1", "SYSTEM~1", NULL};
    size_t tilde = slice_find_byte(segment, '~');
    return tilde >= 1 && tilde <= 6 && tilde + 1 < segment.length &&
           ascii_is_digit(segment.data[tilde + 1]) && !segment_is(slice_head(segment, 8), system);
}

/* Letters and digits mixed in one long word, or a character that names in code do not have. */
static bool looks_made_up(struct slice segment)
{
    size_t run = 0;
    bool digit = false;
    bool letter = false;
    for (size_t i = 0; i < segment.length; i++) {
        char c = segment.data[i];
        if ((unsigned char)c >= 0x80 || (unsigned char)c < 0x20 || c == 0x7F)
            return true;
        if (!ascii_is_digit(c) && !ascii_is_letter(c)) {
            run = 0;
            digit = letter = false;
            continue;
        }
        digit |= ascii_is_digit(c);
        letter |= ascii_is_letter(c);
        if (++run >= RUN_LEAST && digit && letter)
            return true;
    }
    return false;
}

static bool holds_name(struct slice segment, struct slice name)
{
    if (name.length < NAME_LEAST)
        return slice_equal_ignoring_case(segment, name);
    for (size_t i = 0; i + name.length <= segment.length; i++) {
        if (slice_equal_ignoring_case(slice_between(segment, i, i + name.length), name))
            return true;
    }
    return false;
}

static bool identifies(struct slice segment, struct slice user)
{
    struct detector_options options = {.kept = true};
    size_t at = slice_find_byte(segment, '@');
    return segment.length > SEGMENT_MOST || slice_starts_with(segment, SLICE("~~")) ||
           segment_is_short_name(segment) || looks_made_up(segment) ||
           (at < segment.length && slice_find_byte(segment, ':') < at) ||
           (user.length > 0 && holds_name(segment, user)) ||
           detector_finds(segment, options, STRENGTH_CONTEXT);
}

/* "com.example.app-Xb1...==": an app's directory ends in 128 random bits. */
static size_t container_suffix(struct slice segment)
{
    if (!slice_ends_with(segment, SLICE("==")) || segment.length < CONTAINER_LEAST + 4)
        return segment.length;
    size_t dash = segment.length - 2 - CONTAINER_LEAST - 1;
    return segment.data[dash] == '-' ? dash : segment.length;
}

void segment_append(struct buffer *out, struct slice segment, struct slice user)
{
    struct slice package = slice_head(segment, container_suffix(segment));
    if (package.length < segment.length && !identifies(package, user)) {
        buffer_append(out, package);
        buffer_append_string(out, "-<id>");
    } else if (identifies(segment, user)) {
        buffer_append_string(out, "<id>");
    } else {
        buffer_append(out, segment);
    }
}
