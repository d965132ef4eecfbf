/* Lines of Java, Kotlin, JavaScript, Python and Go, and what announces an error. */
#include "anonymize/stack_frame.h"
#include "anonymize/stack_trace.h"

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$';
}

/* A type's name at the front: words with dots between. */
static struct slice type_name(struct slice text)
{
    size_t end = 0;
    while (end < text.length && (is_word(text.data[end]) || text.data[end] == '.'))
        end++;
    return slice_head(text, end);
}

/* Does the name end as names of errors do? A dotted word alone could be anybody's name. */
static bool is_error_name(struct slice name)
{
    static const struct slice endings[] = {
        SLICE("Exception"), SLICE("Error"),     SLICE("Throwable"), SLICE("Warning"),
        SLICE("Interrupt"), SLICE("Exit"),      SLICE("Fault"),     SLICE("Failure"),
        SLICE("Death"),     SLICE("Iteration"), SLICE("Cancelled"),
    };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (slice_ends_with(name, endings[i]))
            return true;
    }
    return false;
}

/* "com.x.FooException: message": the name alone. */
static bool append_error(struct slice text, struct buffer *out)
{
    struct slice name = type_name(text);
    struct slice rest = slice_tail(text, name.length);
    if (name.length == 0 || (rest.length > 0 && rest.data[0] != ':') || !is_error_name(name))
        return false;
    stack_append_name(out, name);
    return true;
}

bool stack_heading(struct slice line, struct buffer *out)
{
    static const struct slice fixed[] = {
        SLICE("Traceback (most recent call last):"),
        SLICE("During handling of the above exception, another exception occurred:"),
        SLICE("The above exception was the direct cause of the following exception:"),
        SLICE("Last Exception Backtrace:"),
        SLICE("backtrace:"),
    };
    static const struct slice cut[] = {SLICE("FATAL EXCEPTION"), SLICE("panic"),
                                       SLICE("fatal error")};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (slice_equal(line, fixed[i])) {
            buffer_append(out, line);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++) {
        if (slice_equal(line, cut[i]) ||
            (slice_starts_with(line, cut[i]) && line.data[cut[i].length] == ':')) {
            buffer_append(out, cut[i]);
            return true;
        }
    }
    if (stack_take(&line, SLICE("Uncaught ")))
        stack_take(&line, SLICE("(in promise) "));
    if (stack_take(&line, SLICE("Exception in thread \""))) {
        size_t quote = slice_find_byte(line, '"');
        line = slice_trim(slice_tail(line, quote + 1));
    }
    return append_error(line, out);
}

/* What stands in the parentheses of a Java frame. */
static void append_source(struct slice source, struct buffer *out)
{
    struct slice numbers;
    if (slice_equal(source, SLICE("Native Method")) ||
        slice_equal(source, SLICE("Unknown Source"))) {
        buffer_append(out, source);
        return;
    }
    stack_cut_numbers(&source, &numbers);
    for (size_t i = 0; i < source.length; i++) {
        char c = source.data[i];
        if (!is_word(c) && c != '.' && c != '-') {
            source = (struct slice){0};
            break;
        }
    }
    stack_append_name(out, source);
    buffer_append(out, numbers);
}

static bool java_frame(struct slice line, struct buffer *out)
{
    size_t open = slice_find_byte(line, '(');
    struct slice name = slice_head(line, open);
    struct slice rest = slice_tail(line, open + 1);
    size_t close = slice_find_byte(rest, ')');
    if (open == line.length || close == rest.length || !stack_is_name(name, false) ||
        slice_find_byte(name, '.') == name.length)
        return false;
    buffer_append_string(out, "at ");
    stack_append_name(out, name);
    buffer_append_byte(out, '(');
    append_source(slice_head(rest, close), out);
    buffer_append_byte(out, ')');
    return true;
}

bool stack_java(struct slice line, struct buffer *out)
{
    static const struct slice links[] = {SLICE("Caused by: "), SLICE("Suppressed: ")};
    struct slice number;
    size_t before = out->length;
    if (stack_take(&line, SLICE("at ")))
        return java_frame(line, out);
    if (stack_take(&line, SLICE("... "))) {
        if (!stack_take_number(&line, &number) ||
            !(slice_equal(line, SLICE("more")) ||
              slice_equal(line, SLICE("common frames omitted"))))
            return false;
        buffer_append_string(out, "... ");
        buffer_append(out, number);
        buffer_append_string(out, " more");
        return true;
    }
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (!stack_take(&line, links[i]))
            continue;
        buffer_append(out, links[i]);
        if (append_error(line, out))
            return true;
        buffer_truncate(out, before);
        buffer_append(out, links[i]);
        buffer_append_byte(out, '?');
        return true;
    }
    return false;
}

/* "url:1:2", "native", "<anonymous>", "eval at f (url:1:2)". False where it is none of these. */
static bool append_script(struct slice place, struct buffer *out)
{
    struct slice numbers;
    if (slice_equal(place, SLICE("native")) || slice_equal(place, SLICE("<anonymous>")) ||
        slice_equal(place, SLICE("[native code]")) || slice_equal(place, SLICE("index 0"))) {
        buffer_append(out, place);
        return true;
    }
    if (slice_starts_with(place, SLICE("eval at ")) || slice_equal(place, SLICE("eval"))) {
        buffer_append_string(out, "eval");
        return true;
    }
    stack_take(&place, SLICE("address at "));
    stack_cut_numbers(&place, &numbers);
    if (numbers.length == 0 || place.length == 0)
        return false;
    stack_append_place(out, place);
    buffer_append(out, numbers);
    return true;
}

static bool v8_frame(struct slice line, struct buffer *out)
{
    size_t open = stack_open_of(line);
    buffer_append_string(out, "at ");
    if (open == line.length)
        return append_script(line, out);
    if (open < 2 || line.data[open - 1] != ' ')
        return false;
    stack_append_name(out, slice_head(line, open - 1));
    buffer_append_string(out, " (");
    if (!append_script(slice_between(line, open + 1, line.length - 1), out))
        return false;
    buffer_append_byte(out, ')');
    return true;
}

/* What stands behind an @ must be a script's place: name@host could be somebody's address. */
static bool is_script_place(struct slice place)
{
    static const struct slice endings[] = {SLICE(".js"), SLICE(".mjs"), SLICE(".bundle"),
                                           SLICE(".jsbundle")};
    struct slice numbers;
    if (slice_equal(place, SLICE("[native code]")))
        return true;
    stack_cut_numbers(&place, &numbers);
    if (numbers.length == 0)
        return false;
    if (slice_starts_with(place, SLICE("/")) || slice_find(place, SLICE("://")) < place.length)
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (slice_ends_with(place, endings[i]))
            return true;
    }
    return false;
}

static bool at_sign_frame(struct slice line, struct buffer *out)
{
    size_t sign = slice_find_byte(line, '@');
    struct slice name = slice_head(line, sign);
    struct slice place = slice_tail(line, sign + 1);
    if (sign == line.length || !is_script_place(place) ||
        (name.length > 0 && !stack_is_name(name, false)))
        return false;
    if (name.length > 0)
        stack_append_name(out, name);
    buffer_append_byte(out, '@');
    return append_script(place, out);
}

bool stack_javascript(struct slice line, struct buffer *out)
{
    size_t before = out->length;
    struct slice rest = line;
    if (stack_take(&rest, SLICE("at ")) ? v8_frame(rest, out) : at_sign_frame(line, out))
        return true;
    buffer_truncate(out, before);
    return false;
}

bool stack_python(struct slice line, struct buffer *out)
{
    struct slice number;
    if (!stack_take(&line, SLICE("File \"")))
        return false;
    size_t quote = slice_find(line, SLICE("\", line "));
    struct slice path = slice_head(line, quote);
    line = slice_tail(line, quote + 8);
    if (path.length == 0 || !stack_take_number(&line, &number))
        return false;
    buffer_append_string(out, "File \"");
    if (path.data[0] == '<' && path.data[path.length - 1] == '>') /* <stdin>, <frozen x> */
        stack_append_name(out, path);
    else
        stack_append_place(out, path);
    buffer_append_string(out, "\", line ");
    buffer_append(out, number);
    if (stack_take(&line, SLICE(", in "))) {
        buffer_append_string(out, ", in ");
        stack_append_name(out, line);
    }
    return true;
}

struct go_place {
    struct slice path, numbers, offset;
};

/* "/path/x.go:12 +0x1d": the line below a function. */
static bool read_go_place(struct slice line, struct go_place *place)
{
    static const struct slice endings[] = {SLICE(".go"), SLICE(".s"), SLICE(".c"), SLICE(".cc"),
                                           SLICE(".cpp")};
    size_t plus = slice_find(line, SLICE(" +0x"));
    bool source = false;
    *place = (struct go_place){.path = slice_head(line, plus)};
    if (plus < line.length) {
        struct slice rest = slice_tail(line, plus + 2);
        if (!stack_take_address(&rest, &place->offset) || rest.length > 0)
            return false;
    }
    stack_cut_numbers(&place->path, &place->numbers);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        source |= slice_ends_with(place->path, endings[i]);
    bool rooted = slice_starts_with(place->path, SLICE("/")) ||
                  (place->path.length > 2 && place->path.data[1] == ':');
    return source && rooted && place->numbers.length > 0;
}

bool stack_go_place(struct slice line, struct buffer *out)
{
    struct go_place place;
    if (!read_go_place(line, &place))
        return false;
    stack_append_place(out, place.path);
    buffer_append(out, place.numbers);
    if (place.offset.length > 0) {
        buffer_append_string(out, " +0x");
        buffer_append(out, place.offset);
    }
    return true;
}

static bool goroutine(struct slice line, struct buffer *out)
{
    struct slice number;
    if (!stack_take_number(&line, &number) || !stack_take(&line, SLICE("[")))
        return false;
    size_t end = 0;
    while (end < line.length &&
           ((line.data[end] >= 'a' && line.data[end] <= 'z') || line.data[end] == ' ' ||
            line.data[end] == '(' || line.data[end] == ')'))
        end++;
    struct slice state = slice_head(line, end < 32 ? end : 0);
    if (!slice_ends_with(line, SLICE("]:")))
        return false;
    buffer_append_string(out, "goroutine ");
    buffer_append(out, number);
    buffer_append_string(out, " [");
    stack_append_name(out, state);
    buffer_append_string(out, "]:");
    return true;
}

bool stack_go(struct slice line, struct slice next, struct buffer *out)
{
    if (stack_take(&line, SLICE("goroutine ")))
        return goroutine(line, out);
    bool created = stack_take(&line, SLICE("created by "));
    size_t end = created ? slice_find(line, SLICE(" in goroutine ")) : stack_open_of(line);
    struct slice name = slice_head(line, end);
    struct go_place place;
    if ((end == line.length && !created) || !stack_is_name(name, false) ||
        slice_find_byte(name, '.') == name.length || !read_go_place(slice_trim(next), &place))
        return false;
    if (created)
        buffer_append_string(out, "created by ");
    stack_append_name(out, name);
    if (!created)
        buffer_append_string(out, "(...)");
    return true;
}
