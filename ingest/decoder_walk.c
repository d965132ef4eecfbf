#include "ingest/decoder_walk.h"

#include "core/json_block.h"

static bool read_value(struct walk *walk, uint16_t field);

/* The next entry of the tape. Where the tape is full it is one that nobody reads. */
static inline struct raw_value *push(struct walk *walk, uint16_t field, enum json_type type)
{
    struct raw_value *value = &walk->decoder->values[walk->count];
    if (walk->count < walk->decoder->limits.values)
        walk->count++;
    else
        walk->full = true;
    *value = (struct raw_value){.field = field, .type = (uint8_t)type, .end = walk->count};
    return value;
}

bool discriminator_equals(const struct raw_value *value, struct slice equals)
{
    switch (value->type) {
    case JSON_STRING:
        return json_string_equals(
            (struct json_string){
                .raw = value->text,
                .escaped = (value->flags & RAW_ESCAPED) != 0,
                .lone_surrogate = (value->flags & RAW_LONE_SURROGATE) != 0,
            },
            equals);
    case JSON_NUMBER:
        return slice_equal(value->text, equals);
    case JSON_TRUE:
        return slice_equal(SLICE("true"), equals);
    case JSON_FALSE:
        return slice_equal(SLICE("false"), equals);
    case JSON_NULL:
        return slice_equal(SLICE("null"), equals);
    default:
        return false;
    }
}

/* After the discriminator's value: false where the record is none of this schema. */
static bool check_discriminator(struct walk *walk, const struct raw_value *value)
{
    walk->found = *value;
    walk->matched = discriminator_equals(value, walk->reader->schema->match_equals);
    walk->other = !walk->matched;
    return walk->matched;
}

/* Checks an object or array that the schema has no place for; nothing of it is kept. */
static bool refuse_container(struct walk *walk, uint16_t field, enum json_type type)
{
    if (!json_skip(&walk->scanner))
        return false;
    struct raw_value *value = push(walk, field, type);
    value->flags = RAW_REFUSED_TYPE;
    return !(walk->reader->kinds[field] & KIND_DISCRIMINATOR) || check_discriminator(walk, value);
}

/* A scalar that was read from `begin` on goes to the tape. Its text is taken from where the scanner
 * was and is: a copy of what the scanner wrote to memory a moment ago would have to wait for it. */
static inline bool keep_scalar(struct walk *walk, uint16_t field, enum json_type type,
                               unsigned flags, const char *begin, const char *end)
{
    struct raw_value *value = push(walk, field, type);
    uint8_t kind = walk->reader->kinds[field];
    if (!(kind & KIND_LEAF)) {
        value->flags = RAW_REFUSED_TYPE;
        return true;
    }
    value->text = slice_of(begin, (size_t)(end - begin));
    value->flags = (uint8_t)flags;
    return !(kind & KIND_DISCRIMINATOR) || check_discriminator(walk, value);
}

static bool read_string(struct walk *walk, uint16_t field)
{
    struct json_string string;
    const char *begin = walk->scanner.at + 1;
    if (!json_scan_string(&walk->scanner, &string))
        return false;
    unsigned flags =
        (string.escaped ? RAW_ESCAPED : 0U) | (string.lone_surrogate ? RAW_LONE_SURROGATE : 0U);
    return keep_scalar(walk, field, JSON_STRING, flags, begin, walk->scanner.at - 1);
}

static bool read_number(struct walk *walk, uint16_t field)
{
    struct slice number;
    const char *begin = walk->scanner.at;
    return json_scan_number(&walk->scanner, &number) &&
           keep_scalar(walk, field, JSON_NUMBER, 0, begin, walk->scanner.at);
}

/* The member of that name below `parent`, or FIELD_NONE. */
static uint16_t look_up(struct walk *walk, uint16_t parent, const struct json_string *name)
{
    struct slice decoded = name->raw;
    if (decoded.length > walk->reader->longest_name)
        return FIELD_NONE;
    if (name->escaped)
        decoded = json_decode_into(name->raw, walk->decoder->name, NULL);
    return schema_child(walk->reader->schema, parent, decoded);
}

/* The object has had a member of the name that begins at `quote`. */
static bool refuse_duplicate(struct walk *walk, const char *quote)
{
    walk->scanner.fault = JSON_FAULT_DUPLICATE_NAME;
    walk->scanner.at = quote;
    return false;
}

/* Notes that the object has this member; false where it had it before. */
static bool mark_seen(struct walk *walk, uint64_t object, uint16_t member)
{
    bool is_new = walk->reader->seen[member] != object;
    walk->reader->seen[member] = object;
    return is_new;
}

/*
 * The general way to the next member. One that the schema lists is returned, before its value;
 * another is skipped with its value, and FIELD_ROOT returned. FIELD_NONE is the end of the object,
 * or a fault.
 */
static uint16_t next_member(struct walk *walk, uint16_t field, uint64_t number,
                            struct json_container *object, struct prediction *prediction)
{
    struct json_scanner *scanner = &walk->scanner;
    struct json_string name;
    const char *from = scanner->at;
    bool first = object->first;
    if (!json_next_name(scanner, object, &name))
        return FIELD_NONE;
    uint16_t member = look_up(walk, field, &name);
    if (member != FIELD_NONE) {
        if (!mark_seen(walk, number, member))
            refuse_duplicate(walk, name.raw.data - 1);
        if (!json_read_colon(scanner))
            return FIELD_NONE;
        json_peek(scanner); /* to the value; if there is none, reading it says so */
        if (walk->decoder->predicts)
            prediction_learn(prediction, from, scanner->at, first, member);
        return member;
    }
    if (!json_note_name(scanner, object, &name) || !json_read_colon(scanner) || !json_skip(scanner))
        return FIELD_NONE;
    walk->unlisted++;
    return FIELD_ROOT; /* which is no member: go on to the next */
}

/* Where the scalar that begins at `at` ends, if it is of the commonest kinds: a string that is
 * plain ASCII without escapes, or an integer without a sign. Else NULL, and the scanner reads it.
 */
static const char *plain_scalar_end(const char *at, const char *end)
{
    if (at == end)
        return NULL;
    if (*at == '"') {
        at = json_plain_run(at + 1, end);
        return at < end && *at == '"' ? at + 1 : NULL;
    }
    if (*at < '1' || *at > '9')
        return NULL;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at < end && *at != '.' && *at != 'e' && *at != 'E' ? at : NULL;
}

/*
 * Reads members for as long as each is the predicted one; *prediction is then of the member that
 * was not. False as for read_value. What the scanner would do for most members is done here with
 * its place in a register.
 */
static bool read_expected(struct walk *walk, uint64_t number, struct json_container *object,
                          struct prediction **prediction)
{
    struct json_scanner *scanner = &walk->scanner;
    const char *at = scanner->at;
    const char *end = scanner->end;
    const struct guess *guess;
    while ((guess = prediction_find(*prediction, at, end, object->first))) {
        uint16_t member = guess->member;
        if (!mark_seen(walk, number, member))
            return refuse_duplicate(walk, at + guess_quote(guess));
        at += guess->length;
        object->first = false;
        *prediction = &walk->reader->after[member];
        const char *after = plain_scalar_end(at, end);
        if (after) {
            bool kept = *at == '"' ? keep_scalar(walk, member, JSON_STRING, 0, at + 1, after - 1)
                                   : keep_scalar(walk, member, JSON_NUMBER, 0, at, after);
            if (!kept)
                return false;
            at = after;
        } else {
            scanner->at = at;
            if (!read_value(walk, member))
                return false;
            at = scanner->at;
        }
    }
    scanner->at = at;
    return true;
}

/* Between the braces of an object. */
static bool read_members(struct walk *walk, uint16_t field, struct json_container *object)
{
    struct schema_reader *reader = walk->reader;
    uint64_t number = ++walk->decoder->object;
    struct prediction *prediction = &reader->first[field];
    for (;;) {
        if (walk->decoder->predicts && !read_expected(walk, number, object, &prediction))
            return false;
        uint16_t member = next_member(walk, field, number, object, prediction);
        if (member == FIELD_NONE)
            return walk->scanner.fault == JSON_FAULT_NONE;
        if (member == FIELD_ROOT)
            continue;
        if (!read_value(walk, member))
            return false;
        prediction = &reader->after[member];
    }
}

static bool read_elements(struct walk *walk, uint16_t field, struct json_container *array)
{
    uint16_t element = walk->reader->schema->fields[field].element;
    while (json_next_element(&walk->scanner, array)) {
        if (!read_value(walk, element))
            return false;
    }
    return walk->scanner.fault == JSON_FAULT_NONE;
}

/* Calls itself through read_value: as deep as the scanner's depth limit, and the schema, at most.
 */
static bool read_container(struct walk *walk, uint16_t field, enum json_type type)
{
    struct json_container container;
    if (!json_enter(&walk->scanner, type, &container))
        return false;
    struct raw_value *value = push(walk, field, type);
    bool whole = type == JSON_OBJECT ? read_members(walk, field, &container)
                                     : read_elements(walk, field, &container);
    value->end = walk->count;
    return whole;
}

static bool read_value(struct walk *walk, uint16_t field)
{
    struct json_scanner *scanner = &walk->scanner;
    enum json_type type = json_peek(scanner);
    uint8_t kind = walk->reader->kinds[field];
    switch (type) {
    case JSON_ABSENT:
        return json_skip(&walk->scanner); /* says what is wrong */
    case JSON_STRING:
        return read_string(walk, field);
    case JSON_NUMBER:
        return read_number(walk, field);
    case JSON_OBJECT:
        return kind & KIND_OBJECT ? read_container(walk, field, type)
                                  : refuse_container(walk, field, type);
    case JSON_ARRAY:
        return kind & KIND_ARRAY ? read_container(walk, field, type)
                                 : refuse_container(walk, field, type);
    default:
        return json_scan_literal(&walk->scanner, type) &&
               keep_scalar(walk, field, type, 0, NULL, NULL);
    }
}

void walk_record(struct walk *walk, struct decoder *decoder, struct schema_reader *reader,
                 struct slice record)
{
    *walk = (struct walk){.decoder = decoder, .reader = reader};
    json_scanner_init(&walk->scanner, record, decoder->limits.depth, &decoder->names);
    if (read_value(walk, FIELD_ROOT))
        json_finish(&walk->scanner);
}
