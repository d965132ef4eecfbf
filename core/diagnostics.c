#include "core/diagnostics.h"

#include "core/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MESSAGE_LIMIT = 1000,
    ARENA_LIMIT = 2 * 1024 * 1024, /* more than all that is kept, at full length */
    COLUMNS_SHOWN = 100,           /* of a line */
    COLUMNS_BEFORE = 40,           /* of these before the place, where the line is cut */
    TAB = 4,
};

struct diagnostic {
    struct diagnostic *next;         /* as they came */
    const struct diagnostic *parent; /* of a note, else itself: gives the place in the order */
    unsigned number;
    enum severity severity;
    struct place place;
    struct slice message;
    struct slice suggestion;
};

void diagnostics_init(struct diagnostics *diagnostics)
{
    *diagnostics = (struct diagnostics){0};
    arena_init(&diagnostics->arena, ARENA_LIMIT);
    diagnostics->last = &diagnostics->first;
}

void diagnostics_release(struct diagnostics *diagnostics)
{
    arena_release(&diagnostics->arena);
    diagnostics_init(diagnostics);
}

/* Counts it, and says whether it is to be kept. */
static bool count(struct diagnostics *diagnostics, enum severity severity)
{
    unsigned *counter = severity == SEVERITY_ERROR     ? &diagnostics->errors
                        : severity == SEVERITY_WARNING ? &diagnostics->warnings
                                                       : &diagnostics->notes;
    ++*counter;
    if (severity == SEVERITY_NOTE && diagnostics->errors + diagnostics->warnings > 0 &&
        !diagnostics->parent)
        return false; /* what it is about was not kept */
    return *counter <= DIAGNOSTICS_LIMIT;
}

void diagnose(struct diagnostics *diagnostics, enum severity severity, struct place place,
              const char *format, ...)
{
    char message[MESSAGE_LIMIT + 1];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    bool is_note = severity == SEVERITY_NOTE;
    struct diagnostic *diagnostic = NULL;
    if (count(diagnostics, severity))
        diagnostic = ARENA_NEW(&diagnostics->arena, struct diagnostic);
    diagnostics->newest = diagnostic;
    if (!is_note)
        diagnostics->parent = diagnostic;
    if (!diagnostic) {
        diagnostics->lost += !is_note;
        return;
    }
    size_t kept = length < 0 ? 0 : length > MESSAGE_LIMIT ? MESSAGE_LIMIT : (size_t)length;
    *diagnostic = (struct diagnostic){
        .parent = diagnostics->parent ? diagnostics->parent : diagnostic,
        .number = diagnostics->kept++,
        .severity = severity,
        .place = place,
        .message = arena_copy(&diagnostics->arena, slice_of(message, kept)),
    };
    *diagnostics->last = diagnostic;
    diagnostics->last = &diagnostic->next;
}

void diagnose_suggestion(struct diagnostics *diagnostics, struct slice suggestion)
{
    if (diagnostics->newest && suggestion.length > 0)
        diagnostics->newest->suggestion =
            arena_copy(&diagnostics->arena, slice_head(suggestion, MESSAGE_LIMIT));
}

/* One character as it is shown. */
struct glyph {
    size_t bytes;     /* that it takes in the text */
    unsigned columns; /* that it takes on the terminal */
    struct slice shown;
};

static struct glyph glyph_at(const char *at, const char *end, unsigned column)
{
    if (*at == '\t') {
        unsigned columns = TAB - column % TAB;
        return (struct glyph){1, columns, slice_of("    ", columns)};
    }
    int step = utf8_step(at, end);
    if (step <= 0)
        return (struct glyph){1, 1, SLICE("?")};
    uint32_t code_point = utf8_decode(at, step);
    if (utf8_is_harmful(code_point))
        return (struct glyph){(size_t)step, 1, SLICE("?")};
    return (struct glyph){(size_t)step, utf8_columns(code_point), slice_of(at, (size_t)step)};
}

/* Text that is not ours to trust, on one line. */
static void append_safe(struct buffer *out, struct slice text)
{
    const char *at = text.data;
    const char *end = text.length ? text.data + text.length : text.data;
    while (at < end) {
        struct glyph glyph = glyph_at(at, end, 0);
        buffer_append(out, *at == '\t' ? SLICE(" ") : glyph.shown);
        at += glyph.bytes;
    }
}

/* The line of that number (from 1) without its end; false where the text has no such line. */
static bool find_line(struct slice text, unsigned number, struct slice *line)
{
    for (unsigned i = 1; i < number; i++) {
        size_t end = slice_find_byte(text, '\n');
        if (end == text.length)
            return false;
        text = slice_tail(text, end + 1);
    }
    *line = slice_head(text, slice_find_byte(text, '\n'));
    if (slice_ends_with(*line, SLICE("\r")))
        line->length--;
    return line->length > 0;
}

/* The terminal column (from 0) at which the byte at `offset` stands. */
static unsigned columns_before(struct slice line, size_t offset)
{
    unsigned column = 0;
    size_t at = 0;
    while (at < line.length && at < offset) {
        struct glyph glyph = glyph_at(line.data + at, line.data + line.length, column);
        at += glyph.bytes;
        column += glyph.columns;
    }
    return column;
}

/* Shows the columns [from, to) of the line, with dots where something is left out. Returns by how
 * much less than its column a character before `to` was moved to the right. */
static unsigned append_window(struct buffer *out, struct slice line, unsigned from, unsigned to)
{
    unsigned column = 0;
    unsigned begin = 0; /* of the first one shown: a wide one may straddle `from` */
    bool any = false;
    size_t at = 0;
    if (from > 0)
        buffer_append_string(out, "...");
    while (at < line.length) {
        struct glyph glyph = glyph_at(line.data + at, line.data + line.length, column);
        if (column + glyph.columns > to) {
            buffer_append_string(out, "...");
            break;
        }
        if (column >= from) {
            begin = any ? begin : column;
            any = true;
            buffer_append(out, glyph.shown);
        }
        at += glyph.bytes;
        column += glyph.columns;
    }
    buffer_append_byte(out, '\n');
    return from > 0 ? begin - 3 : 0;
}

/* The line with its number, and the caret with its tail under it. */
static void append_excerpt(struct buffer *out, const struct place *place)
{
    struct slice line;
    if (place->line == 0 || !find_line(place->text, place->line, &line))
        return;
    size_t offset = place->column > 0 ? place->column - 1 : 0;
    offset = offset < line.length ? offset : line.length;
    unsigned caret = columns_before(line, offset);
    unsigned from = caret > COLUMNS_SHOWN - COLUMNS_BEFORE ? caret - COLUMNS_BEFORE : 0;
    unsigned to = from + COLUMNS_SHOWN;
    buffer_append_format(out, "%5u | ", place->line);
    unsigned moved = append_window(out, line, from, to);
    if (place->column == 0)
        return;
    size_t width = place->width > 0 ? place->width : 1;
    size_t after = width < line.length - offset ? offset + width : line.length;
    unsigned tail = columns_before(line, after);
    tail = tail < to ? tail : to;
    buffer_append_format(out, "      | %*s^", (int)(caret - moved), "");
    for (unsigned column = caret + 1; column < tail; column++)
        buffer_append_byte(out, '~');
    buffer_append_byte(out, '\n');
}

static void append_diagnostic(struct buffer *out, const struct diagnostic *diagnostic)
{
    static const char *const names[] = {
        [SEVERITY_ERROR] = "error", [SEVERITY_WARNING] = "warning", [SEVERITY_NOTE] = "note"};
    const struct place *place = &diagnostic->place;
    if (place->file) {
        append_safe(out, slice_from_string(place->file));
        if (place->line > 0)
            buffer_append_format(out, ":%u", place->line);
        if (place->line > 0 && place->column > 0)
            buffer_append_format(out, ":%u", place->column);
        buffer_append_string(out, ": ");
    }
    buffer_append_format(out, "%s: ", names[diagnostic->severity]);
    append_safe(out, diagnostic->message);
    buffer_append_byte(out, '\n');
    append_excerpt(out, place);
    if (diagnostic->suggestion.length > 0) {
        buffer_append_string(out, "did you mean `");
        append_safe(out, diagnostic->suggestion);
        buffer_append_string(out, "`?\n");
    }
}

static int compare_unsigned(unsigned a, unsigned b)
{
    return (a > b) - (a < b);
}

static int compare(const void *left, const void *right)
{
    const struct diagnostic *a = *(const struct diagnostic *const *)left;
    const struct diagnostic *b = *(const struct diagnostic *const *)right;
    const struct place *at_a = &a->parent->place;
    const struct place *at_b = &b->parent->place;
    int order = strcmp(at_a->file ? at_a->file : "", at_b->file ? at_b->file : "");
    if (order == 0)
        order = compare_unsigned(at_a->line, at_b->line);
    if (order == 0)
        order = compare_unsigned(at_a->column, at_b->column);
    if (order == 0)
        order = compare_unsigned(a->parent->number, b->parent->number);
    return order ? order : compare_unsigned(a->number, b->number);
}

void diagnostics_write(const struct diagnostics *diagnostics, struct buffer *out)
{
    const struct diagnostic *sorted[3 * DIAGNOSTICS_LIMIT];
    size_t kept = 0;
    for (const struct diagnostic *each = diagnostics->first; each; each = each->next)
        sorted[kept++] = each;
    qsort(sorted, kept, sizeof *sorted, compare);
    for (size_t i = 0; i < kept; i++)
        append_diagnostic(out, sorted[i]);
    if (diagnostics->lost > 0)
        buffer_append_format(out, "(%u more not shown)\n", diagnostics->lost);
}
