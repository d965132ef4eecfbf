#include "ingest/envelope.h"

#include <sys/random.h>

#include "ingest/json_text.h"

enum member {
    MEMBER_TOPIC,
    MEMBER_PARTITION,
    MEMBER_OFFSET,
    MEMBER_TIMESTAMP,
    MEMBER_KEY,
    MEMBER_VALUE,
    MEMBER_HEADERS,
    MEMBER_COUNT,
};

enum { NEEDED = 1 << MEMBER_TOPIC | 1 << MEMBER_VALUE };

/* Names in the headers and the key of one line; what is above is no envelope that anyone wrote. */
enum { NAMES_MOST = 65536 };

struct reading {
    struct envelope_reader *reader;
    struct json_scanner scanner;
    unsigned seen; /* of enum member, as bits */
    bool bad;      /* a member that cannot be used: an envelope, but a bad one */
    bool open;     /* the value ends nowhere */
};

enum rc envelope_reader_init(struct envelope_reader *reader, size_t line_limit,
                             unsigned depth_limit)
{
    uint64_t seed;
    *reader = (struct envelope_reader){.depth_limit = depth_limit};
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return RC_IO;
    json_names_init(&reader->names, seed,
                    line_limit / 4 < NAMES_MOST ? line_limit / 4 + 1 : NAMES_MOST);
    buffer_init(&reader->decoded, line_limit);
    return RC_OK;
}

void envelope_reader_release(struct envelope_reader *reader)
{
    json_names_release(&reader->names);
    buffer_release(&reader->decoded);
}

static enum member find_member(struct json_string name)
{
    static const char *const names[MEMBER_COUNT] = {
        [MEMBER_TOPIC] = "topic",     [MEMBER_PARTITION] = "partition",
        [MEMBER_OFFSET] = "offset",   [MEMBER_TIMESTAMP] = "timestamp",
        [MEMBER_KEY] = "key",         [MEMBER_VALUE] = "value",
        [MEMBER_HEADERS] = "headers",
    };
    for (unsigned i = 0; i < MEMBER_COUNT; i++) {
        if (json_string_equals(name, slice_from_string(names[i])))
            return (enum member)i;
    }
    return MEMBER_COUNT;
}

static void read_topic(struct reading *reading, struct envelope *out)
{
    struct json_string topic;
    if (json_peek(&reading->scanner) != JSON_STRING) {
        reading->bad = true;
        json_skip(&reading->scanner);
        return;
    }
    if (!json_scan_string(&reading->scanner, &topic))
        return;
    if (topic.raw.length == 0 || topic.raw.length > TOPIC_MOST || topic.lone_surrogate) {
        reading->bad = true;
        return;
    }
    out->topic =
        topic.escaped ? json_decode_into(topic.raw, reading->reader->topic, NULL) : topic.raw;
}

/* An integer, or null for one that is not there. */
static void read_integer(struct reading *reading, int64_t *out)
{
    enum json_type type = json_peek(&reading->scanner);
    struct slice number;
    if (type != JSON_NUMBER) {
        reading->bad = reading->bad || type != JSON_NULL;
        json_skip(&reading->scanner);
    } else if (json_scan_number(&reading->scanner, &number) && !slice_to_i64(number, out)) {
        reading->bad = true;
    }
}

/* A string that holds the message's text. */
static void read_text_value(struct reading *reading, struct envelope *out)
{
    struct json_string text;
    struct buffer *decoded = &reading->reader->decoded;
    if (!json_scan_string(&reading->scanner, &text))
        return;
    out->value = text.raw;
    if (!text.escaped)
        return;
    buffer_reset(decoded);
    if (!json_decode_string(text.raw, decoded))
        reading->bad = true;
    out->value = buffer_slice(decoded);
}

static void read_value(struct reading *reading, struct envelope *out)
{
    struct json_scanner *scanner = &reading->scanner;
    enum json_type type = json_peek(scanner);
    if (type == JSON_STRING) {
        read_text_value(reading, out);
        return;
    }
    if (type == JSON_ABSENT) {
        json_skip(scanner); /* says what is wrong */
        return;
    }
    struct slice rest = slice_of(scanner->at, (size_t)(scanner->end - scanner->at));
    size_t length = json_value_span(rest);
    reading->open = length == 0;
    out->value = reading->open ? rest : slice_head(rest, length);
    scanner->at += out->value.length;
}

static void read_member(struct reading *reading, enum member member, struct envelope *out)
{
    int64_t ignored;
    switch (member) {
    case MEMBER_TOPIC:
        read_topic(reading, out);
        break;
    case MEMBER_VALUE:
        read_value(reading, out);
        break;
    case MEMBER_TIMESTAMP:
        read_integer(reading, &out->time);
        break;
    case MEMBER_PARTITION:
    case MEMBER_OFFSET:
        read_integer(reading, &ignored);
        break;
    default:
        json_skip(&reading->scanner);
        break;
    }
}

/* All members; false at one that no envelope has. */
static bool read_members(struct reading *reading, struct envelope *out)
{
    struct json_scanner *scanner = &reading->scanner;
    struct json_container object;
    struct json_string name;
    if (!json_enter(scanner, JSON_OBJECT, &object))
        return false;
    while (json_next_name(scanner, &object, &name)) {
        enum member member = find_member(name);
        if (member == MEMBER_COUNT)
            return false;
        if (reading->seen >> member & 1) {
            reading->bad = true;
            return true;
        }
        reading->seen |= 1U << member;
        if (!json_read_colon(scanner))
            break;
        read_member(reading, member, out);
        if (reading->open)
            break;
    }
    return true;
}

enum envelope_kind envelope_read(struct envelope_reader *reader, struct slice line,
                                 struct envelope *out)
{
    struct reading reading = {.reader = reader};
    *out = (struct envelope){.time = TIME_NONE};
    json_scanner_init(&reading.scanner, line, reader->depth_limit + 1, &reader->names);
    if (json_peek(&reading.scanner) != JSON_OBJECT || !read_members(&reading, out) ||
        (reading.seen & NEEDED) != NEEDED)
        return ENVELOPE_NONE;
    if (out->time < 0) /* Kafka's -1: no timestamp */
        out->time = TIME_NONE;
    if (reading.open)
        return reading.bad ? ENVELOPE_BAD : ENVELOPE_READ;
    return reading.bad || !json_finish(&reading.scanner) ? ENVELOPE_BAD : ENVELOPE_READ;
}
