#include "consent/message.h"

#include "consent/vocabulary.h"

#include <sodium.h>
#include <stdlib.h>

enum {
    TEXT_LIMIT = 64, /* bytes of an escaped state or time, before decoding */
    ARENA_LIMIT = 64 * 1024,
};

enum { MEMBER_SEQ, MEMBER_PURPOSES, MEMBER_AGE, MEMBER_ERASE_AT, MEMBER_COUNT };

static const char *const member_names[MEMBER_COUNT] = {
    [MEMBER_SEQ] = "seq",
    [MEMBER_PURPOSES] = "purposes",
    [MEMBER_AGE] = "age",
    [MEMBER_ERASE_AT] = "erase_at",
};

enum { PURPOSE_STATE, PURPOSE_SINCE, PURPOSE_UNTIL, PURPOSE_VERSION, PURPOSE_MEMBER_COUNT };

static const char *const purpose_member_names[PURPOSE_MEMBER_COUNT] = {
    [PURPOSE_STATE] = "state",
    [PURPOSE_SINCE] = "since",
    [PURPOSE_UNTIL] = "until",
    [PURPOSE_VERSION] = "policy_version",
};

struct consent_reader {
    struct vocabulary members;
    struct vocabulary purpose_members;
    struct vocabulary purposes; /* names borrowed from the policy */
    struct json_names names;
    struct arena arena;
};

enum consent_key_result consent_key_parse(struct slice key, struct consent_key *out)
{
    out->category = CATEGORY_NONE;
    out->id = (struct slice){0};
    size_t colon = slice_find_byte(key, ':');
    if (colon == key.length)
        return CONSENT_KEY_UNREADABLE;
    out->category = category_from_name(slice_head(key, colon));
    if (out->category == CATEGORY_NONE)
        return CONSENT_KEY_UNREADABLE;
    switch (canonical_id(out->category, JSON_STRING, slice_tail(key, colon + 1), out->memory,
                         &out->id)) {
    case CANONICAL_OK:
        return CONSENT_KEY_OK;
    case CANONICAL_PLACEHOLDER:
    case CANONICAL_OPTED_OUT:
        return CONSENT_KEY_PLACEHOLDER;
    case CANONICAL_UNUSABLE:
        break;
    }
    return CONSENT_KEY_NO_FORM;
}

static enum rc fill_vocabularies(struct consent_reader *reader, const struct policy *policy)
{
    enum rc rc = RC_OK;
    for (unsigned i = 0; rc == RC_OK && i < MEMBER_COUNT; i++)
        rc = vocabulary_add(&reader->members, &reader->arena, slice_from_string(member_names[i]));
    for (unsigned i = 0; rc == RC_OK && i < PURPOSE_MEMBER_COUNT; i++)
        rc = vocabulary_add(&reader->purpose_members, &reader->arena,
                            slice_from_string(purpose_member_names[i]));
    if (rc == RC_OK)
        rc = vocabulary_add(&reader->purposes, &reader->arena, SLICE("cross_border"));
    for (size_t i = PURPOSE_CROSS_BORDER + 1; rc == RC_OK && i < policy->purpose_count; i++)
        rc = vocabulary_add(&reader->purposes, &reader->arena, policy->purposes[i].name);
    return rc;
}

enum rc consent_reader_new(const struct policy *policy, struct consent_reader **out)
{
    *out = NULL;
    if (!policy || policy->purpose_count > PURPOSE_LIMIT)
        return RC_CONFIGURATION;
    if (sodium_init() < 0)
        return RC_INTERNAL;
    struct consent_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return RC_NO_MEMORY;
    uint64_t seed;
    randombytes_buf(&seed, sizeof seed);
    json_names_init(&reader->names, seed, CONSENT_VALUE_LIMIT / 4 + 1);
    arena_init(&reader->arena, ARENA_LIMIT);
    enum rc rc = fill_vocabularies(reader, policy);
    if (rc != RC_OK) {
        consent_reader_free(reader);
        return rc;
    }
    *out = reader;
    return RC_OK;
}

void consent_reader_free(struct consent_reader *reader)
{
    if (!reader)
        return;
    json_names_release(&reader->names);
    arena_release(&reader->arena);
    free(reader);
}

/* One value on its way in. */
struct reading {
    struct json_scanner scanner;
    struct consent_reader *reader;
    struct subject_consent *subject;
    uint32_t ignored;
    bool unreadable; /* well formed so far, but not what it must be */
    bool duplicate;  /* a known name twice in one object: not well formed */
    bool has_seq;
    struct slice time_text; /* the last time read, for a dialogue's purposes often share it */
    int64_t time;
};

/* At an object: enters it. */
static bool enter(struct reading *reading, struct vocabulary *vocabulary, struct members *out)
{
    return members_enter(out, &reading->scanner, vocabulary);
}

/* The next member; one that is not known is counted. False at the end, too. */
static bool next(struct reading *reading, struct members *members)
{
    if (!members_next(members, &reading->scanner)) {
        reading->duplicate = reading->duplicate || members->duplicate;
        return false;
    }
    if (members->index == members->vocabulary->count)
        reading->ignored++;
    return true;
}

/*
 * Every read_... function reads exactly one value, whatever its type, so that the text is always
 * checked to its end. False: it could not be read as what it should be, or the text is faulty.
 */
static bool skip_value(struct reading *reading);

static bool skip_container(struct reading *reading, enum json_type type)
{
    struct json_scanner *scanner = &reading->scanner;
    struct json_container container;
    struct json_string name;
    if (!json_enter(scanner, type, &container))
        return false;
    while (type == JSON_OBJECT ? json_next_member(scanner, &container, &name)
                               : json_next_element(scanner, &container)) {
        if (!skip_value(reading))
            return false;
    }
    return !scanner->fault;
}

/* As json_skip, and takes notice of lone surrogates; as deep as the depth limit. */
static bool skip_value(struct reading *reading)
{
    struct json_scanner *scanner = &reading->scanner;
    enum json_type type = json_peek(scanner);
    if (type == JSON_OBJECT || type == JSON_ARRAY)
        return skip_container(reading, type);
    if (type != JSON_STRING)
        return json_skip(scanner);
    struct json_string string;
    if (!json_scan_string(scanner, &string))
        return false;
    if (string.lone_surrogate)
        reading->unreadable = true;
    return true;
}

/* A value of another type than it should have. */
static bool refuse_value(struct reading *reading)
{
    skip_value(reading);
    return false;
}

/* A string's text, decoded into `memory` where it has escapes. */
static bool read_text(struct reading *reading, char memory[static TEXT_LIMIT], struct slice *out)
{
    struct json_string string;
    if (json_peek(&reading->scanner) != JSON_STRING)
        return refuse_value(reading);
    if (!json_scan_string(&reading->scanner, &string) || string.lone_surrogate ||
        (string.escaped && string.raw.length > TEXT_LIMIT))
        return false;
    *out = string.escaped ? json_decode_into(string.raw, memory, NULL) : string.raw;
    return true;
}

static bool read_number(struct reading *reading, uint64_t most, uint64_t *out)
{
    struct slice text;
    uint64_t number;
    if (json_peek(&reading->scanner) != JSON_NUMBER)
        return refuse_value(reading);
    if (!json_scan_number(&reading->scanner, &text) || !slice_to_u64(text, &number) ||
        number > most)
        return false;
    *out = number;
    return true;
}

/* True where the value is null: not stated. */
static bool read_null(struct reading *reading)
{
    return json_peek(&reading->scanner) == JSON_NULL &&
           json_scan_literal(&reading->scanner, JSON_NULL);
}

/* Is there anything behind the whole seconds? time_parse itself cuts off what is finer than a
 * millisecond. */
static bool has_fraction(struct slice text)
{
    for (size_t i = slice_find_byte(text, '.') + 1; i < text.length; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        if (text.data[i] != '0')
            return true;
    }
    return false;
}

static bool parse_time(struct reading *reading, struct slice text)
{
    if (reading->time_text.length > 0 && slice_equal(text, reading->time_text))
        return true;
    return time_parse(text, TIME_FORMAT_RFC3339, &reading->time, NULL);
}

enum rounding { ROUND_DOWN, ROUND_UP };

/* null leaves *out, which holds TIME_NONE. */
static bool read_time(struct reading *reading, enum rounding rounding, int64_t *out)
{
    char memory[TEXT_LIMIT];
    struct slice text;
    if (read_null(reading))
        return true;
    if (!read_text(reading, memory, &text) || !parse_time(reading, text))
        return false;
    reading->time_text = text.data == memory ? (struct slice){0} : text;
    *out = reading->time - reading->time % TIME_SECOND; /* what was read is not before 1970 */
    if (rounding == ROUND_UP && has_fraction(text))
        *out += TIME_SECOND;
    return true;
}

static bool read_state(struct reading *reading, enum consent_state *out)
{
    char memory[TEXT_LIMIT];
    struct slice text;
    return read_text(reading, memory, &text) && consent_state_from_name(text, out);
}

/* null is 0: not stated. */
static bool read_version(struct reading *reading, uint32_t *out)
{
    uint64_t version = 0;
    if (!read_null(reading) && !read_number(reading, UINT32_MAX, &version))
        return false;
    *out = (uint32_t)version;
    return true;
}

static bool read_purpose_member(struct reading *reading, unsigned member,
                                struct purpose_consent *purpose)
{
    switch (member) {
    case PURPOSE_STATE:
        return read_state(reading, &purpose->state);
    case PURPOSE_SINCE:
        return read_time(reading, ROUND_UP, &purpose->since);
    case PURPOSE_UNTIL:
        return read_time(reading, ROUND_DOWN, &purpose->until);
    case PURPOSE_VERSION:
        return read_version(reading, &purpose->policy_version);
    default:
        return skip_value(reading);
    }
}

static bool read_purpose(struct reading *reading, struct purpose_consent *purpose)
{
    struct members members;
    if (json_peek(&reading->scanner) != JSON_OBJECT)
        return refuse_value(reading);
    if (!enter(reading, &reading->reader->purpose_members, &members))
        return false;
    while (next(reading, &members)) {
        if (!read_purpose_member(reading, members.index, purpose))
            reading->unreadable = true;
    }
    return members.seen & (uint32_t)1 << PURPOSE_STATE;
}

static bool read_purposes(struct reading *reading)
{
    struct vocabulary *purposes = &reading->reader->purposes;
    struct members members;
    if (json_peek(&reading->scanner) != JSON_OBJECT)
        return refuse_value(reading);
    if (!enter(reading, purposes, &members))
        return false;
    while (next(reading, &members)) {
        if (members.index == purposes->count)
            skip_value(reading);
        else if (!read_purpose(reading, &reading->subject->purposes[members.index]))
            reading->unreadable = true;
    }
    return true;
}

static void read_age(struct reading *reading)
{
    uint64_t age = 0;
    if (read_null(reading))
        return;
    if (!read_number(reading, AGE_UNKNOWN - 1, &age))
        age = 0;
    reading->subject->age_stated = true;
    reading->subject->age = (uint8_t)age;
}

static bool read_member(struct reading *reading, unsigned member)
{
    struct subject_consent *subject = reading->subject;
    switch (member) {
    case MEMBER_SEQ:
        reading->has_seq = read_number(reading, UINT64_MAX, &subject->seq);
        return reading->has_seq;
    case MEMBER_PURPOSES:
        return read_purposes(reading);
    case MEMBER_AGE:
        read_age(reading);
        return true;
    case MEMBER_ERASE_AT:
        if (read_time(reading, ROUND_DOWN, &subject->erase_at))
            return true;
        subject->erase_at = 0;
        return false;
    default:
        return skip_value(reading);
    }
}

/* False where the text is not a well-formed object. */
static bool read_object(struct reading *reading)
{
    struct members members;
    if (json_peek(&reading->scanner) != JSON_OBJECT ||
        !enter(reading, &reading->reader->members, &members))
        return false;
    while (next(reading, &members)) {
        if (!read_member(reading, members.index))
            reading->unreadable = true;
    }
    return json_finish(&reading->scanner) && !reading->duplicate;
}

/* What is left of a value of which nothing could be read: nobody's consent, and a minor's age. */
static void forget_all(struct subject_consent *subject)
{
    subject_consent_init(subject);
    subject->known = true;
    subject->unreadable = true;
    subject->age_stated = true;
    subject->age = 0;
}

static void forget_purposes(struct subject_consent *subject)
{
    struct subject_consent empty;
    subject_consent_init(&empty);
    memcpy(subject->purposes, empty.purposes, sizeof empty.purposes);
    subject->unreadable = true;
}

bool consent_value_is_tombstone(struct slice value)
{
    return !value.data || slice_equal(value, SLICE("null"));
}

void consent_message_read(struct consent_reader *reader, struct slice value,
                          struct consent_message *out)
{
    out->tombstone = consent_value_is_tombstone(value);
    out->partition = 0;
    out->ignored = 0;
    subject_consent_init(&out->subject);
    if (out->tombstone)
        return;
    if (value.length > CONSENT_VALUE_LIMIT) {
        forget_all(&out->subject);
        return;
    }
    struct reading reading = {.reader = reader, .subject = &out->subject};
    json_scanner_init(&reading.scanner, value, CONSENT_DEPTH_LIMIT, &reader->names);
    out->subject.known = true;
    if (!read_object(&reading)) {
        forget_all(&out->subject);
        return;
    }
    out->ignored = reading.ignored;
    if (!reading.has_seq)
        out->subject.seq = 0;
    if (reading.unreadable || !reading.has_seq)
        forget_purposes(&out->subject);
}
