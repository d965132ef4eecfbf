/* Lines of native code: Android's tombstones, gdb and the sanitizers, Apple's crash reports. */
#include "anonymize/detector_kept.h"
#include "anonymize/stack_frame.h"

enum { OFFSET_DIGITS = 8 };

static void append_zero(struct buffer *out)
{
    buffer_append_string(out, "0x0");
}

/* Leading zeros off: what is left of an offset into a library tells the place, no more. No library
 * is larger than 32 bits; a MAC and an Android ID are. */
static struct slice without_zeros(struct slice digits)
{
    while (digits.length > 1 && digits.data[0] == '0')
        digits = slice_tail(digits, 1);
    return digits.length > OFFSET_DIGITS ? SLICE("0") : digits;
}

static bool is_build_id(struct slice text)
{
    static const struct value_rule hex_allowed = {.may_hold_hex16 = true};
    if (text.length < 8 || text.length > 64)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
            return false;
    }
    return detector_kept_value_clean(&hex_allowed, text);
}

/* Takes the last group in parentheses off the text; what is in it, or the empty slice. */
static struct slice take_group(struct slice *text)
{
    size_t open = slice_ends_with(*text, SLICE(")")) ? stack_open_of(*text) : text->length;
    if (open == text->length || open < 2 || text->data[open - 1] != ' ')
        return (struct slice){0};
    struct slice group = slice_between(*text, open + 1, text->length - 1);
    *text = slice_trim(slice_head(*text, open));
    return group;
}

/* "name+12": the name and the offset; an offset that is no number is left out. */
static void append_function(struct buffer *out, struct slice function)
{
    size_t plus = function.length;
    while (plus > 0 && function.data[plus - 1] >= '0' && function.data[plus - 1] <= '9')
        plus--;
    bool offset = plus > 1 && function.data[plus - 1] == '+' && function.length - plus <= 9 &&
                  plus < function.length;
    buffer_append_string(out, " (");
    stack_append_name(out, offset ? slice_head(function, plus - 1) : function);
    if (offset)
        buffer_append(out, slice_tail(function, plus - 1));
    buffer_append_byte(out, ')');
}

/* "pc 00012345  /system/lib/x.so (offset 0x1000) (fn+12) (BuildId: ...)" */
static bool tombstone(struct slice line, struct slice number, struct buffer *out)
{
    struct slice pc, build_id = {0}, function = {0};
    line = slice_trim(line);
    if (!stack_take_address(&line, &pc))
        return false;
    line = slice_trim(line);
    for (int i = 0; i < 3; i++) {
        struct slice shorter = line;
        struct slice group = take_group(&shorter);
        if (group.length == 0)
            break;
        line = shorter;
        if (stack_take(&group, SLICE("BuildId: ")))
            build_id = group;
        else if (!stack_take(&group, SLICE("offset ")))
            function = group;
    }
    if (line.length == 0)
        return false;
    buffer_append_byte(out, '#');
    buffer_append(out, number);
    buffer_append_string(out, " pc ");
    buffer_append(out, without_zeros(pc));
    buffer_append_byte(out, ' ');
    stack_append_place(out, line);
    if (function.length > 0)
        append_function(out, function);
    if (is_build_id(build_id)) {
        buffer_append_string(out, " (BuildId: ");
        buffer_append(out, build_id);
        buffer_append_byte(out, ')');
    }
    return true;
}

static void append_source(struct buffer *out, struct slice place)
{
    struct slice numbers;
    stack_cut_numbers(&place, &numbers);
    stack_append_place(out, place);
    buffer_append(out, numbers);
}

/* Where the name ends: at the arguments of gdb, " (". */
static size_t arguments_at(struct slice text)
{
    size_t at = slice_find(text, SLICE(" ("));
    return at;
}

/* "f (x=1) at file.c:12", "f () from /lib/x.so": arguments never. */
static bool gdb(struct slice line, struct slice number, struct buffer *out)
{
    size_t open = arguments_at(line);
    size_t at = line.length;
    struct slice link = {0};
    static const struct slice links[] = {SLICE(") at "), SLICE(") from ")};
    if (open == line.length || open == 0)
        return false;
    for (size_t i = 0; i < 2 && at == line.length; i++) {
        for (size_t from = line.length; from > open && at == line.length; from--) {
            if (slice_starts_with(slice_tail(line, from - 1), links[i])) {
                at = from - 1;
                link = links[i];
            }
        }
    }
    if (at == line.length && !slice_ends_with(line, SLICE(")")))
        return false;
    buffer_append_byte(out, '#');
    buffer_append(out, number);
    buffer_append_string(out, " in ");
    stack_append_name(out, slice_head(line, open));
    buffer_append_string(out, " (");
    if (at == line.length) {
        buffer_append_byte(out, ')');
        return true;
    }
    buffer_append(out, link);
    append_source(out, slice_tail(line, at + link.length));
    return true;
}

/* "in f(int) /path/x.cc:12:3", "in f (/lib/x.so+0x12)", "(/lib/x.so+0x12)". */
static bool sanitizer(struct slice line, struct slice number, struct buffer *out)
{
    struct slice name = {0};
    struct slice offset = {0};
    struct slice group = {0};
    if (slice_starts_with(line, SLICE("("))) {
        group = slice_between(line, 1, line.length - 1);
    } else {
        group = take_group(&line);
        name = line;
    }
    if (stack_take(&group, SLICE("BuildId: ")))
        return false;
    size_t plus = slice_find(group, SLICE("+0x"));
    if (plus < group.length) {
        struct slice rest = slice_tail(group, plus + 1);
        if (!stack_take_address(&rest, &offset) || rest.length > 0)
            return false;
        group = slice_head(group, plus);
    } else if (group.length > 0) {
        return false;
    } else {
        size_t slash = slice_find(line, SLICE(" /"));
        if (slash == line.length)
            return false;
        name = slice_head(line, slash);
        group = slice_tail(line, slash + 1);
    }
    buffer_append_byte(out, '#');
    buffer_append(out, number);
    if (name.length > 0) {
        buffer_append_string(out, " in ");
        stack_append_name(out, name);
    }
    buffer_append_string(out, offset.length > 0 ? " (" : " ");
    append_source(out, group);
    if (offset.length > 0) {
        buffer_append_string(out, "+0x");
        buffer_append(out, without_zeros(offset));
        buffer_append_byte(out, ')');
    }
    return true;
}

bool stack_native(struct slice line, struct buffer *out)
{
    struct slice number, address;
    size_t before = out->length;
    if (!stack_take(&line, SLICE("#")) || !stack_take_number(&line, &number) || number.length > 4)
        return false;
    if (stack_take(&line, SLICE("pc "))) {
        if (tombstone(line, number, out))
            return true;
        buffer_truncate(out, before);
        return false;
    }
    if (slice_starts_with(line, SLICE("0x")) && !stack_take_address(&line, &address))
        return false;
    bool in = stack_take(&line, SLICE("in "));
    if ((in && slice_find(line, SLICE("+0x")) < line.length) || slice_starts_with(line, SLICE("(")))
        return sanitizer(line, number, out);
    return gdb(line, number, out) || (in && sanitizer(line, number, out));
}

static bool is_image_name(struct slice name)
{
    return stack_is_name(name, true) && name.length <= 64 &&
           slice_find_byte(name, '@') == name.length && slice_find_byte(name, '/') == name.length;
}

/* "symbol + 123 (file.swift:12)" */
static bool append_symbol(struct slice text, struct buffer *out)
{
    struct slice number, address;
    size_t plus = text.length;
    for (size_t at = text.length; at >= 3 && plus == text.length; at--) {
        if (slice_starts_with(slice_tail(text, at - 3), SLICE(" + ")))
            plus = at - 3;
    }
    struct slice symbol = slice_head(text, plus);
    struct slice rest = slice_tail(text, plus + 3);
    if (plus == text.length || symbol.length == 0 || !stack_take_number(&rest, &number))
        return false;
    buffer_append_byte(out, ' ');
    if (slice_starts_with(symbol, SLICE("0x")) && stack_take_address(&symbol, &address) &&
        symbol.length == 0)
        append_zero(out);
    else
        stack_append_name(out, symbol);
    buffer_append_string(out, " + ");
    buffer_append(out, number);
    if (rest.length > 2 && rest.data[0] == '(' && rest.data[rest.length - 1] == ')') {
        buffer_append_string(out, " (");
        append_source(out, slice_between(rest, 1, rest.length - 1));
        buffer_append_byte(out, ')');
    }
    return true;
}

static bool thread_heading(struct slice line, struct buffer *out)
{
    struct slice number;
    bool crashed = slice_ends_with(line, SLICE(" Crashed:"));
    if (!stack_take(&line, SLICE("Thread ")))
        return false;
    size_t colon = slice_find_byte(line, ':');
    line = slice_head(line, colon);
    if (!stack_take_number(&line, &number) ||
        !(line.length == 0 || slice_equal(line, SLICE("Crashed"))))
        return false;
    buffer_append_string(out, "Thread ");
    buffer_append(out, number);
    buffer_append_string(out, crashed ? " Crashed:" : ":");
    return true;
}

/* "0   UIKitCore   0x000 -[UIView x] + 123", "0x000 UIKitCore" */
bool stack_apple(struct slice line, struct buffer *out)
{
    struct slice number, address;
    size_t before = out->length;
    if (thread_heading(line, out))
        return true;
    if (slice_starts_with(line, SLICE("0x"))) {
        if (!stack_take_address(&line, &address) || !is_image_name(line) ||
            slice_find_byte(line, ' ') < line.length)
            return false;
        append_zero(out);
        buffer_append_byte(out, ' ');
        stack_append_name(out, line);
        return true;
    }
    if (!stack_take_number(&line, &number) || number.length > 4)
        return false;
    size_t hex = slice_find(line, SLICE(" 0x"));
    size_t tab = slice_find(line, SLICE("\t0x"));
    hex = tab < hex ? tab : hex;
    struct slice image = slice_trim(slice_head(line, hex));
    struct slice rest = slice_tail(line, hex + 1);
    if (!is_image_name(image) || !stack_take_address(&rest, &address))
        return false;
    buffer_append(out, number);
    buffer_append_byte(out, ' ');
    stack_append_name(out, image);
    buffer_append_byte(out, ' ');
    append_zero(out);
    if (append_symbol(rest, out))
        return true;
    buffer_truncate(out, before);
    return false;
}
