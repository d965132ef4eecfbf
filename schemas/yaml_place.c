#include "schemas/yaml_place.h"

#include "core/utf8.h"

/* libfyaml 0.7.12 loses memory over four escaped quotes in a row; nobody needs them. */
enum { QUOTES_LIMIT = 8 };

static void move_to(struct yaml_source *source, size_t offset)
{
    struct slice text = source->text;
    while (source->offset < offset) {
        const char *from = text.data + source->offset;
        const char *newline = memchr(from, '\n', offset - source->offset);
        if (!newline) {
            source->offset = offset;
            return;
        }
        source->offset = source->line_start = (size_t)(newline - text.data) + 1;
        source->line++;
    }
    if (offset >= source->line_start) {
        source->offset = offset;
        return;
    }
    while (source->offset > offset) {
        if (text.data[--source->offset] == '\n')
            source->line--;
    }
    const char *newline = memrchr(text.data, '\n', offset);
    source->line_start = newline ? (size_t)(newline - text.data) + 1 : 0;
}

struct place yaml_place(struct yaml_source *source, size_t begin, size_t end)
{
    begin = begin < source->text.length ? begin : source->text.length;
    move_to(source, begin);
    struct slice meant = slice_between(source->text, begin, end);
    return (struct place){
        .file = source->file,
        .text = source->text,
        .line = source->line,
        .column = (unsigned)(begin - source->line_start) + 1,
        .width = (unsigned)slice_find_byte(meant, '\n'),
    };
}

struct place yaml_place_of_character(struct yaml_source *source, int line, int column)
{
    size_t offset = 0;
    for (int i = 1; i < line && offset < source->text.length; i++)
        offset += slice_find_byte(slice_tail(source->text, offset), '\n') + 1;
    offset = offset < source->text.length ? offset : source->text.length;
    const char *at = source->text.data + offset;
    const char *end = source->text.data + source->text.length;
    for (int i = 1; i < column && at < end && *at != '\n'; i++) {
        int step = utf8_step(at, end);
        at += step > 0 ? step : 1;
    }
    offset = source->text.length - (size_t)(end - at);
    return yaml_place(source, offset, offset + 1);
}

bool yaml_is_control(char byte)
{
    unsigned char value = (unsigned char)byte;
    return (value < 0x20 && value != '\t' && value != '\n') || value == 0x7f;
}

/* What is wrong with the character at `at`; sets its length. */
static const char *check_character(const char *at, const char *end, int *step)
{
    *step = utf8_step(at, end);
    if (*step <= 0)
        return "bytes that are not UTF-8";
    if (*at == '\r' && at + 1 < end && at[1] == '\n') {
        *step = 2;
        return NULL;
    }
    if (*at == '\r')
        return "a carriage return without a line feed";
    return yaml_is_control(*at) ? "a control character" : NULL;
}

const char *yaml_check_bytes(struct yaml_source *source, struct place *place)
{
    if (source->text.length == 0)
        return NULL;
    const char *at = source->text.data;
    const char *end = at + source->text.length;
    int quotes = 0;
    while (at < end) {
        int step;
        const char *wrong = check_character(at, end, &step);
        quotes = *at == '\'' ? quotes + 1 : 0;
        if (quotes == QUOTES_LIMIT)
            wrong = "eight single quotes in a row";
        if (wrong) {
            size_t offset = (size_t)(at - source->text.data);
            *place = yaml_place(source, offset, offset + 1);
            return wrong;
        }
        at += step;
    }
    return NULL;
}
