#include "schemas/schema_path.h"

void path_reader_init(struct path_reader *reader, struct slice text)
{
    reader->text = text;
    reader->at = 0;
    reader->steps = 0;
    reader->wrong = NULL;
}

static bool fault(struct path_reader *reader, const char *sentence)
{
    reader->wrong = sentence;
    return false;
}

static bool needs_quotes(char byte)
{
    return byte == '.' || byte == '[' || byte == ']' || byte == '"' || byte == '\\';
}

static bool read_bare(struct path_reader *reader, struct path_step *step)
{
    size_t begin = reader->at;
    while (reader->at < reader->text.length && !needs_quotes(reader->text.data[reader->at]))
        reader->at++;
    step->name = slice_between(reader->text, begin, reader->at);
    if (step->name.length == 0)
        return fault(reader, "a name is missing");
    return true;
}

static bool read_quoted(struct path_reader *reader, struct path_step *step)
{
    size_t length = 0;
    reader->at++;
    for (;;) {
        if (reader->at == reader->text.length)
            return fault(reader, "a double quote is missing");
        char byte = reader->text.data[reader->at++];
        if (byte == '"')
            break;
        if (byte == '\\') {
            byte = reader->at < reader->text.length ? reader->text.data[reader->at++] : '\0';
            if (byte != '"' && byte != '\\')
                return fault(reader, "only \\\" and \\\\ are escapes");
        }
        if (length == sizeof reader->decoded)
            return fault(reader, "a name is longer than 256 bytes");
        reader->decoded[length++] = byte;
    }
    step->name = slice_of(reader->decoded, length);
    if (length == 0)
        return fault(reader, "a name is missing");
    return true;
}

static bool read_name(struct path_reader *reader, struct path_step *step)
{
    bool quoted = reader->at < reader->text.length && reader->text.data[reader->at] == '"';
    if (!(quoted ? read_quoted(reader, step) : read_bare(reader, step)))
        return false;
    if (step->name.length > PATH_NAME_LIMIT)
        return fault(reader, "a name is longer than 256 bytes");
    return true;
}

bool path_next(struct path_reader *reader, struct path_step *step)
{
    struct slice rest = slice_tail(reader->text, reader->at);
    if (reader->wrong || (rest.length == 0 && reader->steps > 0))
        return false;
    if (reader->steps == PATH_STEP_LIMIT)
        return fault(reader, "more than 64 steps");
    *step = (struct path_step){0};
    if (slice_starts_with(rest, SLICE("[]"))) {
        if (reader->steps == 0)
            return fault(reader, "a path begins with a name");
        step->is_element = true;
        reader->at += 2;
    } else {
        if (reader->steps > 0 && rest.data[0] != '.')
            return fault(reader, "names are joined by dots, and `[]` is the only bracket");
        reader->at += reader->steps > 0;
        if (!read_name(reader, step))
            return false;
    }
    step->end = reader->at;
    reader->steps++;
    return true;
}

const char *path_fault(struct slice text)
{
    struct path_reader reader;
    struct path_step step;
    path_reader_init(&reader, text);
    while (path_next(&reader, &step)) {
    }
    return reader.wrong;
}

void path_append_name(struct buffer *path, struct slice name)
{
    bool quoted = name.length == 0;
    for (size_t i = 0; i < name.length; i++)
        quoted |= needs_quotes(name.data[i]);
    if (path->length > 0)
        buffer_append_byte(path, '.');
    if (!quoted) {
        buffer_append(path, name);
        return;
    }
    buffer_append_byte(path, '"');
    for (size_t i = 0; i < name.length; i++) {
        if (name.data[i] == '"' || name.data[i] == '\\')
            buffer_append_byte(path, '\\');
        buffer_append_byte(path, name.data[i]);
    }
    buffer_append_byte(path, '"');
}
