#include "anonymize/stack_frame.h"

#include "anonymize/detector_kept.h"
#include "anonymize/file_path.h"
#include "anonymize/stack_trace.h"
#include "anonymize/url.h"
#include "core/ascii.h"

bool stack_is_name(struct slice name, bool spaces)
{
    static const char marks[] = "_$.<>:~,*&[]()=!#@;/+-^|{}";
    if (name.length == 0 || name.length > STACK_NAME_LIMIT)
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool mark = c != 0 && strchr(marks, c) != NULL;
        if (!letter && !ascii_is_digit(c) && !mark && !(spaces && c == ' '))
            return false;
    }
    return true;
}

void stack_append_name(struct buffer *out, struct slice name)
{
    static const struct value_rule nothing_allowed = {0};
    static const struct slice lambda = SLICE("$$Lambda");
    size_t at = slice_find(name, lambda); /* what follows is numbered at run time */
    if (at < name.length) {
        struct slice rest = slice_tail(name, at + lambda.length);
        rest = slice_tail(rest, slice_find_byte(rest, '.'));
        stack_append_name(out, slice_head(name, at));
        buffer_append(out, lambda);
        if (rest.length > 0 && slice_find(rest, lambda) == rest.length) {
            buffer_append_byte(out, '.');
            stack_append_name(out, slice_tail(rest, 1));
        }
        return;
    }
    if (stack_is_name(name, true) && detector_kept_value_clean(&nothing_allowed, name))
        buffer_append(out, name);
    else
        buffer_append_byte(out, '?');
}

/* Bundlers' own schemes, with a path below nothing: "webpack:///./src/x.js", "app:///main.js". */
static bool append_bundled(struct buffer *out, struct slice place)
{
    static const char *const schemes[] = {"webpack", "webpack-internal", "app", "capacitor", "ng"};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct slice scheme = slice_from_string(schemes[i]);
        if (!slice_starts_with(place, scheme) ||
            !slice_starts_with(slice_tail(place, scheme.length), SLICE(":///")))
            continue;
        buffer_append(out, scheme);
        buffer_append_string(out, ":///");
        struct slice path = slice_tail(place, scheme.length + 4);
        path = slice_tail(path, slice_starts_with(path, SLICE("./")) ? 2 : 0);
        if (slice_find(path, SLICE("//")) == path.length && file_path_reduce(path, out))
            return true;
        buffer_append_byte(out, '?');
        return true;
    }
    return false;
}

void stack_append_place(struct buffer *out, struct slice place)
{
    size_t colon = slice_find(place, SLICE("://"));
    bool file = place.length > 5 && slice_equal_ignoring_case(slice_head(place, 5), SLICE("file:"));
    if (append_bundled(out, place))
        return;
    bool written = colon < place.length && !file ? url_reduce(place, URL_PATH, out)
                                                 : file_path_reduce(place, out);
    if (!written)
        buffer_append_byte(out, '?');
}

void stack_cut_numbers(struct slice *place, struct slice *numbers)
{
    size_t start = place->length;
    for (int count = 0; count < 2; count++) {
        size_t at = start;
        while (at > 0 && ascii_is_digit(place->data[at - 1]))
            at--;
        if (at == start || start - at > 9 || at < 2 || place->data[at - 1] != ':')
            break;
        start = at - 1;
    }
    *numbers = slice_tail(*place, start);
    *place = slice_head(*place, start);
}

bool stack_take(struct slice *text, struct slice prefix)
{
    if (!slice_starts_with(*text, prefix))
        return false;
    *text = slice_tail(*text, prefix.length);
    return true;
}

static void skip_space(struct slice *text)
{
    while (text->length > 0 && (text->data[0] == ' ' || text->data[0] == '\t'))
        *text = slice_tail(*text, 1);
}

bool stack_take_number(struct slice *text, struct slice *number)
{
    size_t end = 0;
    while (end < text->length && ascii_is_digit(text->data[end]))
        end++;
    *number = slice_head(*text, end);
    if (end == 0 || end > 9)
        return false;
    *text = slice_tail(*text, end);
    skip_space(text);
    return true;
}

bool stack_take_address(struct slice *text, struct slice *digits)
{
    struct slice rest = *text;
    size_t end = 0;
    stack_take(&rest, SLICE("0x"));
    while (end < rest.length && ascii_is_hex(rest.data[end]))
        end++;
    if (end == 0 || end > 16 ||
        (end < rest.length && rest.data[end] != ' ' && rest.data[end] != '\t'))
        return false;
    *digits = slice_head(rest, end);
    *text = slice_tail(rest, end);
    skip_space(text);
    return true;
}

size_t stack_open_of(struct slice text)
{
    size_t depth = 0;
    if (!slice_ends_with(text, SLICE(")")))
        return text.length;
    for (size_t at = text.length; at > 0; at--) {
        if (text.data[at - 1] == ')')
            depth++;
        else if (text.data[at - 1] == '(' && --depth == 0)
            return at - 1;
    }
    return text.length;
}
