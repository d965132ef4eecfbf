#include "ingest/json_text.h"

#include "core/json_block.h"

enum quarantine_reason json_fault_reason(enum json_fault fault)
{
    switch (fault) {
    case JSON_FAULT_NONE:
        return QUARANTINE_NONE;
    case JSON_FAULT_UTF8:
        return QUARANTINE_UTF8;
    case JSON_FAULT_DUPLICATE_NAME:
        return QUARANTINE_DUPLICATE;
    case JSON_FAULT_DEPTH:
        return QUARANTINE_DEPTH;
    case JSON_FAULT_SIZE:
    case JSON_FAULT_NO_MEMORY:
        return QUARANTINE_SIZE;
    default:
        return QUARANTINE_MALFORMED;
    }
}

/* At a quote: the byte after the closing one, or NULL. */
static const char *string_end(const char *at, const char *end)
{
    const char *plain = json_plain_run(at + 1, end);
    if (plain < end && *plain == '"')
        return plain + 1;
    for (const char *from = at + 1;;) {
        const char *quote = memchr(from, '"', (size_t)(end - from));
        if (!quote)
            return NULL;
        const char *backslash = quote;
        while (backslash > from && backslash[-1] == '\\')
            backslash--;
        from = quote + 1;
        if ((quote - backslash) % 2 == 0)
            return from;
    }
}

static bool ends_scalar(char c)
{
    return c == ',' || c == ']' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Bytes that the search for a container's end stops at. */
static bool is_structural(char c)
{
    static const bool table[256] = {
        ['"'] = true, ['{'] = true, ['}'] = true, ['['] = true, [']'] = true};
    return table[(unsigned char)c];
}

/* At an opening bracket: the byte after the one that closes it, or NULL. */
static const char *container_end(const char *at, const char *end)
{
    size_t depth = 0;
    while (at < end) {
        if (!is_structural(*at)) {
            at++;
        } else if (*at == '"') {
            at = string_end(at, end);
            if (!at)
                return NULL;
        } else if (*at == '{' || *at == '[') {
            depth++;
            at++;
        } else {
            at++;
            if (--depth == 0)
                return at;
        }
    }
    return NULL;
}

size_t json_value_span(struct slice text)
{
    const char *at = text.data;
    const char *end = text.length ? at + text.length : at;
    if (at == end || *at == '}' || *at == ']')
        return 0;
    if (*at == '"')
        at = string_end(at, end);
    else if (*at == '{' || *at == '[')
        at = container_end(at, end);
    else {
        at++;
        while (at < end && !ends_scalar(*at))
            at++;
    }
    return at ? (size_t)(at - text.data) : 0;
}
