#include "anonymize/mask.h"

#include "core/utf8.h"

/* Bytes of the first `count` characters, or the whole length where there are not as many. */
static size_t bytes_of_first(struct slice text, unsigned count)
{
    const char *at = text.data;
    const char *end = text.data + text.length;
    while (count > 0 && at < end) {
        at += utf8_step(at, end);
        count--;
    }
    return (size_t)(at - text.data);
}

static size_t bytes_of_last(struct slice text, unsigned count)
{
    size_t at = text.length;
    while (count > 0 && at > 0) {
        at--;
        while (at > 0 && ((unsigned char)text.data[at] & 0xC0) == 0x80)
            at--;
        count--;
    }
    return text.length - at;
}

static bool has_characters(struct slice text, unsigned count)
{
    const char *at = text.data;
    const char *end = text.data + text.length;
    for (; count > 0 && at < end; count--)
        at += utf8_step(at, end);
    return count == 0;
}

bool mask_text(struct slice text, unsigned first, unsigned last, struct buffer *out)
{
    size_t before = out->length;
    if (text.length == 0)
        text = SLICE("");
    if (!utf8_valid(text))
        return false;
    first = first < MASK_READABLE_LIMIT ? first : MASK_READABLE_LIMIT;
    last = last < MASK_READABLE_LIMIT ? last : MASK_READABLE_LIMIT;
    bool readable = has_characters(text, 2 * (first + last));
    if (readable)
        buffer_append(out, slice_head(text, bytes_of_first(text, first)));
    for (int i = 0; i < MASK_ASTERISKS; i++)
        buffer_append_byte(out, '*');
    if (readable)
        buffer_append(out, slice_tail(text, text.length - bytes_of_last(text, last)));
    if (out->failed)
        buffer_truncate(out, before);
    return !out->failed;
}
