/*
 * A tape from a record's text, for tests that must not use the decoder of a sibling folder: slow,
 * plain, and without any of its checks.
 */
#ifndef LETHE_TESTS_ANONYMIZE_TAPE_H
#define LETHE_TESTS_ANONYMIZE_TAPE_H

#include "schemas/raw_record.h"

enum { TAPE_LIMIT = 4096 };

struct tape {
    struct raw_value values[TAPE_LIMIT];
    struct raw_record record;
    struct json_names names;
};

static inline void tape_value(struct tape *tape, const struct schema *schema,
                              struct json_scanner *scanner, uint16_t field);

static inline void tape_container(struct tape *tape, const struct schema *schema,
                                  struct json_scanner *scanner, uint16_t field, enum json_type type)
{
    struct json_container container;
    struct json_string name;
    char decoded[256];
    assert_true(json_enter(scanner, type, &container));
    if (type == JSON_ARRAY) {
        while (json_next_element(scanner, &container))
            tape_value(tape, schema, scanner, schema->fields[field].element);
        return;
    }
    while (json_next_member(scanner, &container, &name)) {
        assert_true(name.raw.length <= sizeof decoded);
        uint16_t child = schema_child(schema, field, json_decode_into(name.raw, decoded, NULL));
        if (child == FIELD_NONE)
            assert_true(json_skip(scanner));
        else
            tape_value(tape, schema, scanner, child);
    }
}

static inline void tape_value(struct tape *tape, const struct schema *schema,
                              struct json_scanner *scanner, uint16_t field)
{
    enum json_type type = json_peek(scanner);
    const struct field *node = &schema->fields[field];
    bool leaf = node->first_child == FIELD_NONE && node->element == FIELD_NONE;
    bool fits = type == JSON_OBJECT  ? node->first_child != FIELD_NONE
                : type == JSON_ARRAY ? node->element != FIELD_NONE
                                     : leaf;
    assert_true(tape->record.count < TAPE_LIMIT);
    struct raw_value *value = &tape->values[tape->record.count++];
    *value = (struct raw_value){.field = field, .type = (uint8_t)type};
    struct json_string string = {0};
    if (!fits) {
        value->flags = RAW_REFUSED_TYPE;
        assert_true(json_skip(scanner));
    } else if (type == JSON_OBJECT || type == JSON_ARRAY) {
        tape_container(tape, schema, scanner, field, type);
    } else if (type == JSON_STRING) {
        assert_true(json_scan_string(scanner, &string));
        value->text = string.raw;
        value->flags = (uint8_t)((string.escaped ? RAW_ESCAPED : 0) |
                                 (string.lone_surrogate ? RAW_LONE_SURROGATE : 0));
    } else if (type == JSON_NUMBER) {
        assert_true(json_scan_number(scanner, &value->text));
    } else {
        assert_true(json_scan_literal(scanner, type));
    }
    value->end = tape->record.count;
}

static inline const struct raw_record *tape_read(struct tape *tape, const struct schema *schema,
                                                 const char *text)
{
    struct json_scanner scanner;
    json_names_init(&tape->names, 1, 10000);
    tape->record = (struct raw_record){.schema = schema,
                                       .text = slice_from_string(text),
                                       .values = tape->values,
                                       .message_time = TIME_NONE};
    json_scanner_init(&scanner, tape->record.text, 32, &tape->names);
    tape_value(tape, schema, &scanner, FIELD_ROOT);
    assert_true(json_finish(&scanner));
    json_names_release(&tape->names);
    return &tape->record;
}

#endif
