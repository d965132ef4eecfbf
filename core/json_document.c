#include "core/json_document.h"

#include "core/clock.h"

#include <sys/random.h>

struct reader {
    struct json_scanner scanner;
    struct arena *arena;
};

static struct json_value *read_value(struct reader *reader);

static bool no_memory(struct reader *reader)
{
    if (reader->scanner.fault == JSON_FAULT_NONE)
        reader->scanner.fault = JSON_FAULT_NO_MEMORY;
    return false;
}

/* Copies what the string spells. */
static bool decode(struct reader *reader, struct json_string string, struct slice *out)
{
    char *memory = arena_allocate(reader->arena, string.raw.length + 1, 1);
    if (!memory)
        return no_memory(reader);
    *out = json_decode_into(string.raw, memory, NULL);
    return true;
}

static bool read_children(struct reader *reader, struct json_value *value)
{
    struct json_scanner *scanner = &reader->scanner;
    struct json_container container;
    struct json_string name = {0};
    struct json_value **last = &value->first;
    bool object = value->type == JSON_OBJECT;
    if (!json_enter(scanner, value->type, &container))
        return false;
    while (object ? json_next_member(scanner, &container, &name)
                  : json_next_element(scanner, &container)) {
        struct json_value *child = read_value(reader);
        if (!child || (object && !decode(reader, name, &child->name)))
            return false;
        *last = child;
        last = &child->next;
        value->count++;
    }
    return scanner->fault == JSON_FAULT_NONE;
}

static bool read_string(struct reader *reader, struct json_value *value)
{
    struct json_string string;
    if (!json_scan_string(&reader->scanner, &string))
        return false;
    value->lone_surrogate = string.lone_surrogate;
    return decode(reader, string, &value->text);
}

static bool read_number(struct reader *reader, struct json_value *value)
{
    struct slice number;
    if (!json_scan_number(&reader->scanner, &number))
        return false;
    value->text = arena_copy(reader->arena, number);
    return value->text.data || no_memory(reader);
}

/* Calls itself through read_children: as deep as the scanner's depth limit at most. */
static struct json_value *read_value(struct reader *reader)
{
    struct json_scanner *scanner = &reader->scanner;
    enum json_type type = json_peek(scanner);
    if (type == JSON_ABSENT) {
        json_skip(scanner); /* says what is wrong */
        return NULL;
    }
    struct json_value *value = ARENA_NEW(reader->arena, struct json_value);
    if (!value) {
        no_memory(reader);
        return NULL;
    }
    value->type = type;
    bool whole;
    if (type == JSON_OBJECT || type == JSON_ARRAY)
        whole = read_children(reader, value);
    else if (type == JSON_STRING)
        whole = read_string(reader, value);
    else if (type == JSON_NUMBER)
        whole = read_number(reader, value);
    else
        whole = json_scan_literal(scanner, type);
    return whole ? value : NULL;
}

/* A seed that whoever wrote the text cannot know. Early in a boot the system may have none yet. */
static uint64_t random_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
        seed = (uint64_t)clock_monotonic_ns() ^ (uint64_t)(uintptr_t)&seed;
    return seed;
}

const struct json_value *json_parse(struct arena *arena, struct slice text, unsigned depth_limit,
                                    struct json_error *error)
{
    struct json_names names;
    json_names_init(&names, random_seed(), text.length / 4 + 1);
    struct reader reader = {.arena = arena};
    json_scanner_init(&reader.scanner, text, depth_limit, &names);
    const struct json_value *value = read_value(&reader);
    if (value && !json_finish(&reader.scanner))
        value = NULL;
    if (error) {
        error->fault = reader.scanner.fault;
        error->offset = (size_t)(reader.scanner.at - reader.scanner.begin);
    }
    json_names_release(&names);
    return value;
}

const struct json_value *json_member(const struct json_value *object, struct slice name)
{
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    for (const struct json_value *member = object->first; member; member = member->next) {
        if (slice_equal(member->name, name))
            return member;
    }
    return NULL;
}

struct slice json_member_text(const struct json_value *object, struct slice name)
{
    const struct json_value *member = json_member(object, name);
    return member && member->type == JSON_STRING ? member->text : (struct slice){0};
}

bool json_member_u64(const struct json_value *object, struct slice name, uint64_t *out)
{
    const struct json_value *member = json_member(object, name);
    return member && member->type == JSON_NUMBER && slice_to_u64(member->text, out);
}

bool json_member_i64(const struct json_value *object, struct slice name, int64_t *out)
{
    const struct json_value *member = json_member(object, name);
    return member && member->type == JSON_NUMBER && slice_to_i64(member->text, out);
}

static void new_line(struct buffer *buffer, unsigned indent, unsigned level)
{
    if (indent == 0)
        return;
    buffer_append_byte(buffer, '\n');
    for (unsigned i = 0; i < indent * level; i++)
        buffer_append_byte(buffer, ' ');
}

static void write_value(struct buffer *buffer, const struct json_value *value, unsigned indent,
                        unsigned level);

static void write_children(struct buffer *buffer, const struct json_value *value, unsigned indent,
                           unsigned level)
{
    bool object = value->type == JSON_OBJECT;
    buffer_append_byte(buffer, object ? '{' : '[');
    for (const struct json_value *child = value->first; child; child = child->next) {
        if (child != value->first)
            buffer_append_byte(buffer, ',');
        new_line(buffer, indent, level + 1);
        if (object) {
            json_write_string(buffer, child->name);
            buffer_append_string(buffer, indent > 0 ? ": " : ":");
        }
        write_value(buffer, child, indent, level + 1);
    }
    if (value->first)
        new_line(buffer, indent, level);
    buffer_append_byte(buffer, object ? '}' : ']');
}

static void write_value(struct buffer *buffer, const struct json_value *value, unsigned indent,
                        unsigned level)
{
    switch (value->type) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        write_children(buffer, value, indent, level);
        break;
    case JSON_STRING:
        json_write_string(buffer, value->text);
        break;
    case JSON_NUMBER:
        buffer_append(buffer, value->text);
        break;
    case JSON_TRUE:
        buffer_append_string(buffer, "true");
        break;
    case JSON_FALSE:
        buffer_append_string(buffer, "false");
        break;
    case JSON_NULL:
    case JSON_ABSENT:
        buffer_append_string(buffer, "null");
        break;
    }
}

void json_write_value(struct buffer *buffer, const struct json_value *value, unsigned indent)
{
    write_value(buffer, value, indent, 0);
}
