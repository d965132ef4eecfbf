#include "anonymize/stack_trace.h"

#include "anonymize/stack_frame.h"

enum { LINE_MOST = 4096 };

static bool is_indented(struct slice line)
{
    return slice_starts_with(line, SLICE("    ")) || slice_starts_with(line, SLICE("\t"));
}

static struct slice take_line(struct slice *text)
{
    struct slice line = slice_cut(text, '\n');
    return line;
}

/* Appends the line written anew; false where it is of no known form. */
static bool rewrite_line(struct slice line, struct slice next, struct buffer *out)
{
    size_t before = out->length;
    if (line.length == 0 || line.length > LINE_MOST)
        return false;
    if (stack_java(line, out) || stack_javascript(line, out) || stack_python(line, out) ||
        stack_native(line, out) || stack_apple(line, out) || stack_go(line, next, out) ||
        stack_go_place(line, out) || stack_heading(line, out))
        return true;
    buffer_truncate(out, before);
    return false;
}

bool stack_trace_rewrite(struct slice text, struct buffer *out)
{
    size_t before = out->length;
    bool source_follows = false; /* below a line of Python stands its source */
    for (int lines = 0; text.length > 0 && lines < STACK_LINE_LIMIT; lines++) {
        struct slice whole = take_line(&text);
        struct slice line = slice_trim(whole);
        struct slice rest = text;
        size_t start = out->length;
        bool python = slice_starts_with(line, SLICE("File \""));
        if (source_follows && is_indented(whole) && !python)
            continue;
        source_follows = python;
        if (start > before)
            buffer_append_byte(out, '\n');
        if (!rewrite_line(line, take_line(&rest), out) ||
            out->length - before > STACK_OUTPUT_LIMIT) {
            bool full = out->length - before > STACK_OUTPUT_LIMIT;
            buffer_truncate(out, start);
            if (full)
                break;
        }
        if (out->failed)
            break;
    }
    if (out->failed)
        buffer_truncate(out, before);
    return !out->failed && out->length > before;
}
