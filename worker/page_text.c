#include "worker/page_text.h"

#include "core/utf8.h"

static void append_character(struct buffer *out, struct slice character, uint32_t code_point)
{
    switch (code_point) {
    case '&':
        buffer_append_string(out, "&amp;");
        return;
    case '<':
        buffer_append_string(out, "&lt;");
        return;
    case '>':
        buffer_append_string(out, "&gt;");
        return;
    case '"':
        buffer_append_string(out, "&quot;");
        return;
    case '\'':
        buffer_append_string(out, "&#39;");
        return;
    default:
        if (utf8_is_harmful(code_point))
            buffer_append_format(out, "\\u%04x", code_point);
        else
            buffer_append(out, character);
    }
}

void page_name(struct buffer *out, struct slice name)
{
    const char *at = name.data;
    const char *end = name.length ? name.data + name.length : name.data;
    while (at < end) {
        int step = utf8_step(at, end);
        if (step <= 0) {
            buffer_append_string(out, "\xEF\xBF\xBD");
            at++;
            continue;
        }
        append_character(out, slice_of(at, (size_t)step), utf8_decode(at, step));
        at += step;
    }
}

void page_count(struct buffer *out, uint64_t count)
{
    char digits[24];
    size_t length = 0;
    do {
        digits[length++] = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    while (length-- > 0) {
        buffer_append_byte(out, digits[length]);
        if (length > 0 && length % 3 == 0)
            buffer_append_string(out, "&#8239;");
    }
}

void page_bytes(struct buffer *out, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        buffer_append_format(out, "%u B", (unsigned)bytes);
        return;
    }
    size_t unit = 0;
    double size = (double)bytes / 1024;
    for (; size >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++)
        size /= 1024;
    buffer_append_format(out, "%.1f %s", size, units[unit]);
}

void page_span(struct buffer *out, int64_t milliseconds)
{
    static const struct {
        int64_t size;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    enum { COUNT = sizeof units / sizeof units[0] };
    int64_t left = milliseconds > 0 ? milliseconds : 0;
    size_t at = 0;
    while (at + 1 < COUNT && left < units[at].size)
        at++;
    buffer_append_format(out, "%lld %s", (long long)(left / units[at].size), units[at].name);
    left %= units[at].size;
    /* The next unit only where it says something: no milliseconds beside seconds. */
    if (at + 2 < COUNT && left >= units[at + 1].size)
        buffer_append_format(out, " %lld %s", (long long)(left / units[at + 1].size),
                             units[at + 1].name);
}
