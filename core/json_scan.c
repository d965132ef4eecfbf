#include "core/json_internal.h"

#include "core/ascii.h"

static const char *const fault_names[JSON_FAULT_COUNT] = {
#define JSON_FAULT_NAME(code, name, sentence) [code] = name,
    JSON_FAULT_TABLE(JSON_FAULT_NAME)
#undef JSON_FAULT_NAME
};

static const char *const fault_sentences[JSON_FAULT_COUNT] = {
#define JSON_FAULT_SENTENCE(code, name, sentence) [code] = sentence,
    JSON_FAULT_TABLE(JSON_FAULT_SENTENCE)
#undef JSON_FAULT_SENTENCE
};

const char *json_fault_name(enum json_fault fault)
{
    return (unsigned)fault < JSON_FAULT_COUNT ? fault_names[fault] : "unknown";
}

const char *json_fault_sentence(enum json_fault fault)
{
    return (unsigned)fault < JSON_FAULT_COUNT ? fault_sentences[fault] : "unknown fault";
}

void json_scanner_init(struct json_scanner *scanner, struct slice text, unsigned depth_limit,
                       struct json_names *names)
{
    const char *begin = text.data ? text.data : "";
    *scanner = (struct json_scanner){
        .begin = begin,
        .at = begin,
        .end = begin + text.length,
        .depth_limit = depth_limit < JSON_DEPTH_MOST ? depth_limit : JSON_DEPTH_MOST,
        .names = names,
    };
    if (text.length >= UINT32_MAX) {
        json_fail(scanner, JSON_FAULT_SIZE, begin);
        return;
    }
    json_names_begin(names, text.length);
    if (slice_starts_with(text, SLICE("\xEF\xBB\xBF")))
        json_fail(scanner, JSON_FAULT_BYTE_ORDER_MARK, begin);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

__attribute__((noinline)) static bool skip_spaces(struct json_scanner *scanner)
{
    const char *at = scanner->at;
    const char *end = scanner->end;
    while (at < end && is_space(*at))
        at++;
    scanner->at = at;
    return at < end;
}

/* False at the end of the text. Most often there is nothing to skip. */
static inline bool skip_space(struct json_scanner *scanner)
{
    if (scanner->at < scanner->end && (unsigned char)*scanner->at > ' ')
        return true;
    return skip_spaces(scanner);
}

enum json_type json_peek(struct json_scanner *scanner)
{
    if (scanner->fault || !skip_space(scanner))
        return JSON_ABSENT;
    switch (*scanner->at) {
    case '"':
        return JSON_STRING;
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
        return JSON_NUMBER;
    default:
        json_fail(scanner, JSON_FAULT_SYNTAX, scanner->at);
        return JSON_ABSENT;
    }
}

/* Moves past at least one digit. */
static bool scan_digits(struct json_scanner *scanner, const char **at)
{
    if (*at == scanner->end)
        return json_fail(scanner, JSON_FAULT_TRUNCATED, *at);
    if (!ascii_is_digit(**at))
        return json_fail(scanner, JSON_FAULT_NUMBER, *at);
    while (*at < scanner->end && ascii_is_digit(**at))
        ++*at;
    return true;
}

bool json_scan_number(struct json_scanner *scanner, struct slice *out)
{
    *out = (struct slice){0};
    if (scanner->fault)
        return false;
    const char *end = scanner->end;
    const char *at = scanner->at;
    if (at == end)
        return json_fail_at_end(scanner);
    if (*at == '-')
        at++;
    bool zero = at < end && *at == '0';
    const char *digits = at;
    if (!scan_digits(scanner, &at))
        return false;
    if (zero && at - digits > 1)
        return json_fail(scanner, JSON_FAULT_NUMBER, digits + 1);
    if (at < end && *at == '.') {
        at++;
        if (!scan_digits(scanner, &at))
            return false;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        if (!scan_digits(scanner, &at))
            return false;
    }
    *out = slice_of(scanner->at, (size_t)(at - scanner->at));
    scanner->at = at;
    return true;
}

bool json_scan_literal(struct json_scanner *scanner, enum json_type type)
{
    if (scanner->fault)
        return false;
    struct slice literal = type == JSON_TRUE    ? SLICE("true")
                           : type == JSON_FALSE ? SLICE("false")
                           : type == JSON_NULL  ? SLICE("null")
                                                : (struct slice){0};
    if (literal.length == 0)
        return json_fail(scanner, JSON_FAULT_SYNTAX, scanner->at);
    if (scanner->at == scanner->end)
        return json_fail_at_end(scanner);
    const char *at = scanner->at;
    /* Lengths that the compiler knows: it makes one comparison of each. */
    if (scanner->end - at >= 5 && (type == JSON_FALSE  ? memcmp(at, "false", 5) == 0
                                   : type == JSON_TRUE ? memcmp(at, "true", 4) == 0
                                                       : memcmp(at, "null", 4) == 0)) {
        scanner->at = at + literal.length;
        return true;
    }
    for (size_t i = 0; i < literal.length; i++, at++) { /* at the text's end, or wrong: where? */
        if (at == scanner->end)
            return json_fail(scanner, JSON_FAULT_TRUNCATED, at);
        if (*at != literal.data[i])
            return json_fail(scanner, JSON_FAULT_SYNTAX, at);
    }
    scanner->at = at;
    return true;
}

bool json_enter(struct json_scanner *scanner, enum json_type type, struct json_container *out)
{
    *out = (struct json_container){0};
    if (scanner->fault)
        return false;
    if (scanner->at == scanner->end)
        return json_fail_at_end(scanner);
    if ((type != JSON_OBJECT && type != JSON_ARRAY) ||
        *scanner->at != (type == JSON_OBJECT ? '{' : '['))
        return json_fail(scanner, JSON_FAULT_SYNTAX, scanner->at);
    if (scanner->depth >= scanner->depth_limit)
        return json_fail(scanner, JSON_FAULT_DEPTH, scanner->at);
    scanner->depth++;
    scanner->at++;
    out->first = true;
    if (type == JSON_OBJECT)
        out->object = ++scanner->names->object;
    return true;
}

/* Moves to the next member or element; false at the closing bracket, which is read, or a fault. */
static bool next_item(struct json_scanner *scanner, struct json_container *container, char close)
{
    if (scanner->fault)
        return false;
    if (!skip_space(scanner))
        return json_fail_at_end(scanner);
    if (*scanner->at == close) {
        scanner->at++;
        scanner->depth--;
        return false;
    }
    if (container->first) {
        container->first = false;
        return true;
    }
    if (*scanner->at != ',')
        return json_fail(scanner, JSON_FAULT_SYNTAX, scanner->at);
    scanner->at++;
    if (!skip_space(scanner))
        return json_fail_at_end(scanner);
    if (*scanner->at == close)
        return json_fail(scanner, JSON_FAULT_SYNTAX, scanner->at);
    return true;
}

bool json_next_name(struct json_scanner *scanner, struct json_container *object,
                    struct json_string *name)
{
    *name = (struct json_string){0};
    if (!next_item(scanner, object, '}'))
        return false;
    const char *begin = scanner->at;
    if (!json_scan_string(scanner, name))
        return false;
    return !name->lone_surrogate || json_fail(scanner, JSON_FAULT_NAME_SURROGATE, begin);
}

bool json_note_name(struct json_scanner *scanner, const struct json_container *object,
                    const struct json_string *name)
{
    if (scanner->fault)
        return false;
    enum json_fault fault = json_names_add(scanner->names, object->object, name);
    return !fault || json_fail(scanner, fault, name->raw.data - 1); /* its opening quote */
}

bool json_read_colon(struct json_scanner *scanner)
{
    if (scanner->fault)
        return false;
    if (!skip_space(scanner))
        return json_fail_at_end(scanner);
    if (*scanner->at != ':')
        return json_fail(scanner, JSON_FAULT_SYNTAX, scanner->at);
    scanner->at++;
    return true;
}

bool json_next_member(struct json_scanner *scanner, struct json_container *object,
                      struct json_string *name)
{
    return json_next_name(scanner, object, name) && json_note_name(scanner, object, name) &&
           json_read_colon(scanner);
}

bool json_next_element(struct json_scanner *scanner, struct json_container *array)
{
    return next_item(scanner, array, ']');
}

/* As deep as the scanner's limit at most, and that is at most JSON_DEPTH_MOST. */
static bool skip_container(struct json_scanner *scanner, enum json_type type)
{
    struct json_container container;
    if (!json_enter(scanner, type, &container))
        return false;
    struct json_string name;
    while (type == JSON_OBJECT ? json_next_member(scanner, &container, &name)
                               : json_next_element(scanner, &container)) {
        if (!json_skip(scanner))
            return false;
    }
    return scanner->fault == JSON_FAULT_NONE;
}

bool json_skip(struct json_scanner *scanner)
{
    struct json_string string;
    struct slice number;
    enum json_type type = json_peek(scanner);
    switch (type) {
    case JSON_STRING:
        return json_scan_string(scanner, &string);
    case JSON_NUMBER:
        return json_scan_number(scanner, &number);
    case JSON_TRUE:
    case JSON_FALSE:
    case JSON_NULL:
        return json_scan_literal(scanner, type);
    case JSON_OBJECT:
    case JSON_ARRAY:
        return skip_container(scanner, type);
    case JSON_ABSENT:
        break;
    }
    return json_fail_at_end(scanner);
}

bool json_finish(struct json_scanner *scanner)
{
    if (scanner->fault)
        return false;
    if (scanner->depth > 0)
        return json_fail(scanner, JSON_FAULT_TRUNCATED, scanner->at);
    if (skip_space(scanner))
        return json_fail(scanner, JSON_FAULT_TRAILING, scanner->at);
    return true;
}

enum json_fault json_check(struct slice text, unsigned depth_limit, struct json_names *names,
                           size_t *offset)
{
    struct json_scanner scanner;
    json_scanner_init(&scanner, text, depth_limit, names);
    json_skip(&scanner);
    json_finish(&scanner);
    if (offset)
        *offset = (size_t)(scanner.at - scanner.begin);
    return scanner.fault;
}
