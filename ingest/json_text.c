#include "ingest/json_text.h"

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

size_t json_value_span(struct slice text)
{
    const char *at = text.data;
    const char *end = text.length ? at + text.length : at;
    size_t depth = 0;
    while (at < end) {
        switch (*at) {
        case '"':
            at = string_end(at, end);
            if (!at)
                return 0;
            break;
        case '{':
        case '[':
            depth++;
            at++;
            continue;
        case '}':
        case ']':
            if (depth == 0)
                return 0;
            depth--;
            at++;
            break;
        default:
            at++;
            if (depth > 0)
                continue;
            while (at < end && !ends_scalar(*at))
                at++;
            break;
        }
        if (depth == 0)
            return (size_t)(at - text.data);
    }
    return 0;
}
