#include "core/log.h"

#include "core/clock.h"
#include "core/file.h"
#include "core/json_scan.h"
#include "core/time_text.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

/* A line is at most this long, so that one write(2) to a pipe is not mixed with another's. */
enum { LINE_LIMIT = 4096, TEXT_LIMIT = 256, END_SIZE = 16 };

static atomic_int configured_format = LOG_PLAIN;
static atomic_int configured_level = LOG_INFO;

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARNING] = "warning", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

void log_configure(enum log_format format, enum log_level most_detailed)
{
    atomic_store(&configured_format, (int)format);
    atomic_store(&configured_level, (int)most_detailed);
}

/* Between the quotes of a JSON string. Bytes that are not UTF-8 become U+FFFD. */
static void append_inside_quotes(struct buffer *line, struct slice text)
{
    bool cut = text.length > TEXT_LIMIT;
    text = slice_head(text, TEXT_LIMIT);
    const char *at = text.data;
    const char *end = text.length ? text.data + text.length : text.data;
    while (at < end) {
        int step = utf8_step(at, end);
        if (step == UTF8_CUT && cut)
            break;
        if (step <= 0) {
            buffer_append_string(line, "\xEF\xBF\xBD");
            at++;
            continue;
        }
        uint32_t code_point = utf8_decode(at, step);
        if (utf8_is_harmful(code_point)) {
            buffer_append_format(line, "\\u%04x", code_point);
        } else {
            if (code_point == '"' || code_point == '\\')
                buffer_append_byte(line, '\\');
            buffer_append(line, slice_of(at, (size_t)step));
        }
        at += step;
    }
    if (cut)
        buffer_append_string(line, "...");
}

static void append_quoted(struct buffer *line, struct slice text)
{
    buffer_append_byte(line, '"');
    append_inside_quotes(line, text);
    buffer_append_byte(line, '"');
}

/* Can it stand in a plain line without quotes, and still be told from what is around it? */
static bool is_bare_word(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=')
            return false;
    }
    return text.length > 0 && text.length <= TEXT_LIMIT;
}

static void append_field(struct buffer *line, const struct log_field *field, bool json)
{
    buffer_append_string(line, json ? ",\"" : " ");
    buffer_append_string(line, field->key);
    buffer_append_string(line, json ? "\":" : "=");
    if (field->kind == LOG_KIND_NUMBER)
        buffer_append_i64(line, field->number);
    else if (!json && is_bare_word(field->text))
        buffer_append(line, field->text);
    else
        append_quoted(line, field->text);
}

static void append_head(struct buffer *line, enum log_level level, const char *event, bool json)
{
    buffer_append_string(line, json ? "{\"time\":\"" : "");
    time_append(line, clock_now(NULL), TIME_FORMAT_RFC3339);
    buffer_append_string(line, json ? "\",\"level\":\"" : " ");
    buffer_append_string(line, level_names[level]);
    buffer_append_string(line, json ? "\",\"event\":\"" : " ");
    buffer_append_string(line, event);
    buffer_append_string(line, json ? "\"" : "");
}

void log_event(enum log_level level, const char *event, const struct log_field *fields,
               size_t count)
{
    if ((int)level > atomic_load(&configured_level))
        return;
    bool json = atomic_load(&configured_format) == LOG_JSON;
    int saved_errno = errno;
    char memory[LINE_LIMIT];
    /* Borrowed memory, as large as the limit: the buffer neither allocates nor is released. */
    struct buffer line = {
        .data = memory, .capacity = sizeof memory, .limit = sizeof memory - END_SIZE};
    append_head(&line, level, event, json);
    bool cut = false;
    for (size_t i = 0; i < count && !cut; i++) {
        size_t length = line.length;
        append_field(&line, &fields[i], json);
        if (line.failed) { /* a field is in the line whole or not at all */
            buffer_truncate(&line, length);
            cut = true;
        }
    }
    line.failed = false;
    line.limit = sizeof memory;
    if (cut)
        buffer_append_string(&line, json ? ",\"cut\":true" : " cut=true");
    buffer_append_string(&line, json ? "}\n" : "\n");
    /* Nobody is left to be told where standard error cannot be written to. */
    enum rc rc = file_write_all(STDERR_FILENO, buffer_slice(&line));
    (void)rc;
    errno = saved_errno;
}
