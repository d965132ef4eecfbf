#include "ingest/decoder_walk.h"

#include <stdlib.h>
#include <sys/random.h>

#include "ingest/json_text.h"

/* A character of a name can be spelt with at most six bytes for each of its own: \u0041. */
enum { SPELLING = 6 };

enum { VALUES_DEFAULT = 65536 };

static void set_kinds(struct schema_reader *reader)
{
    const struct schema *schema = reader->schema;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        unsigned kind = field->first_child != FIELD_NONE ? KIND_OBJECT : 0;
        if (field->element != FIELD_NONE)
            kind |= KIND_ARRAY;
        if (kind == 0)
            kind = KIND_LEAF;
        if (i == schema->match_field)
            kind |= KIND_DISCRIMINATOR;
        reader->kinds[i] = (uint8_t)kind;
        if (field->name.length * SPELLING > reader->longest_name)
            reader->longest_name = field->name.length * SPELLING;
    }
    reader->kinds[FIELD_ROOT] |= KIND_OBJECT; /* a schema that lists nothing still has records */
}

static bool reader_init(struct schema_reader *reader, const struct schema *schema)
{
    size_t count = schema->field_count;
    reader->schema = schema;
    reader->kinds = calloc(count, sizeof *reader->kinds);
    reader->seen = calloc(count, sizeof *reader->seen);
    reader->first = calloc(count, sizeof *reader->first);
    reader->after = calloc(count, sizeof *reader->after);
    if (!reader->kinds || !reader->seen || !reader->first || !reader->after)
        return false;
    set_kinds(reader);
    return true;
}

static struct slice discriminator_path(const struct schema *schema)
{
    return schema->match_field == FIELD_NONE ? (struct slice){0}
                                             : schema->fields[schema->match_field].path;
}

/* Schemas that are told apart by the same path are one group; one without such is its own. */
static void set_groups(struct decoder *decoder)
{
    for (unsigned i = 0; i < decoder->count; i++) {
        struct slice path = discriminator_path(decoder->readers[i].schema);
        unsigned group = decoder->group_count;
        for (unsigned j = 0; j < i && path.length > 0; j++) {
            if (slice_equal(path, discriminator_path(decoder->readers[j].schema))) {
                group = decoder->readers[j].group;
                break;
            }
        }
        if (group == decoder->group_count)
            decoder->group_count++;
        decoder->readers[i].group = group;
        decoder->groups[group] |= UINT64_C(1) << i;
    }
}

static enum rc decoder_build(struct decoder *decoder, struct schema *const *schemas)
{
    size_t longest = 0;
    for (size_t i = 0; i < decoder->count; i++) {
        if (!reader_init(&decoder->readers[i], schemas[i]))
            return RC_NO_MEMORY;
        if (decoder->readers[i].longest_name > longest)
            longest = decoder->readers[i].longest_name;
    }
    set_groups(decoder);
    decoder->name = malloc(longest + 1);
    decoder->values = calloc((size_t)decoder->limits.values + 1, sizeof *decoder->values);
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return RC_IO;
    size_t names = decoder->limits.record / 4 + 1;
    json_names_init(&decoder->names, seed,
                    names < decoder->limits.values ? names : decoder->limits.values);
    return decoder->name && decoder->values ? RC_OK : RC_NO_MEMORY;
}

enum rc decoder_new(struct schema *const *schemas, size_t schema_count,
                    struct decoder_limits limits, struct decoder **out)
{
    *out = NULL;
    if (schema_count > SCHEMA_LIMIT)
        return RC_LIMIT;
    if (limits.values == 0)
        limits.values = VALUES_DEFAULT;
    struct decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        return RC_NO_MEMORY;
    decoder->limits = limits;
    decoder->count = schema_count;
    decoder->predicts = true;
    decoder->readers = calloc(schema_count + 1, sizeof *decoder->readers);
    enum rc rc = decoder->readers ? decoder_build(decoder, schemas) : RC_NO_MEMORY;
    if (rc) {
        decoder_free(decoder);
        return rc;
    }
    *out = decoder;
    return RC_OK;
}

void decoder_free(struct decoder *decoder)
{
    if (!decoder)
        return;
    for (size_t i = 0; decoder->readers && i < decoder->count; i++) {
        free(decoder->readers[i].kinds);
        free(decoder->readers[i].seen);
        free(decoder->readers[i].first);
        free(decoder->readers[i].after);
    }
    free(decoder->readers);
    free(decoder->values);
    free(decoder->name);
    json_names_release(&decoder->names);
    free(decoder);
}

void decoder_set_prediction(struct decoder *decoder, bool on)
{
    decoder->predicts = on;
}

/* The schemas that a message of that topic can be of. */
static uint64_t candidates(const struct decoder *decoder, struct slice topic)
{
    uint64_t set = 0;
    for (size_t i = 0; i < decoder->count; i++) {
        const struct schema *schema = decoder->readers[i].schema;
        bool can = topic.length > 0
                       ? schema->match_topic.length == 0 || slice_equal(schema->match_topic, topic)
                       : schema->match_field != FIELD_NONE || decoder->count == 1;
        if (can)
            set |= UINT64_C(1) << i;
    }
    return set;
}

/* The schema of the set that the discriminator names; -1 where there is none. */
static int named_schema(const struct decoder *decoder, uint64_t set, const struct raw_value *found)
{
    for (; set; set &= set - 1) {
        int i = __builtin_ctzll(set);
        if (discriminator_equals(found, decoder->readers[i].schema->match_equals))
            return i;
    }
    return -1;
}

/*
 * Reads the record as one of a group's schemas: that of the last record first, then the one that
 * the discriminator names. Returns the schema of the walk that counts. Which schemas of a group
 * there are to choose from does not depend on the records before; so neither does the outcome.
 */
static unsigned walk_group(struct decoder *decoder, uint64_t set, struct slice record,
                           struct walk *walk)
{
    unsigned number = set >> decoder->last & 1 ? decoder->last : (unsigned)__builtin_ctzll(set);
    walk_record(walk, decoder, &decoder->readers[number], record);
    if (!walk->other)
        return number;
    int named = named_schema(decoder, set & ~(UINT64_C(1) << number), &walk->found);
    if (named < 0)
        return number;
    walk_record(walk, decoder, &decoder->readers[named], record);
    return (unsigned)named;
}

static void set_out(struct raw_record *out, const struct walk *walk)
{
    out->schema = walk->reader->schema;
    out->values = walk->decoder->values;
    out->count = walk->count;
    out->unlisted = walk->unlisted;
}

static size_t fault_offset(const struct json_scanner *scanner)
{
    return (size_t)(scanner->at - scanner->begin);
}

/* The record is of none of the schemas: what is wrong with it, if anything else is? */
static enum quarantine_reason check_only(struct decoder *decoder, struct slice record,
                                         enum quarantine_reason otherwise, size_t *offset)
{
    enum json_fault fault = json_check(record, decoder->limits.depth, &decoder->names, offset);
    return fault ? json_fault_reason(fault) : otherwise;
}

static enum quarantine_reason decode_as_one_of(struct decoder *decoder, uint64_t set,
                                               struct slice record, struct raw_record *out,
                                               unsigned *schema_number, size_t *offset)
{
    enum quarantine_reason reason = QUARANTINE_NO_SCHEMA;
    bool single = (set & (set - 1)) == 0;
    bool checked = false;
    for (unsigned group = 0; group < decoder->group_count; group++) {
        uint64_t members = set & decoder->groups[group];
        if (!members)
            continue;
        struct walk walk;
        unsigned number = walk_group(decoder, members, record, &walk);
        if (walk.other)
            continue;
        checked = true;
        enum json_fault fault = walk.scanner.fault;
        bool needs = walk.reader->schema->match_field != FIELD_NONE;
        if (walk.matched || (!needs && !fault) || (single && fault)) {
            set_out(out, &walk);
            *schema_number = number;
            decoder->last = number;
        }
        if (fault) {
            reason = json_fault_reason(fault);
            *offset = fault_offset(&walk.scanner);
        }
        if (out->schema)
            return fault ? reason : walk.full ? QUARANTINE_FIELDS : QUARANTINE_NONE;
    }
    return checked ? reason : check_only(decoder, record, reason, offset);
}

static bool begins_object(struct slice record)
{
    if (record.length == 0 || record.data[0] != '{')
        record = slice_trim(record);
    return record.length > 0 && record.data[0] == '{';
}

enum quarantine_reason decoder_decode(struct decoder *decoder, struct slice topic,
                                      struct slice record, int64_t message_time,
                                      struct raw_record *out, unsigned *schema_number,
                                      size_t *offset)
{
    size_t nowhere;
    if (!offset)
        offset = &nowhere;
    *offset = 0;
    *schema_number = 0;
    *out = (struct raw_record){.text = record, .message_time = message_time};
    if (record.length > decoder->limits.record)
        return QUARANTINE_SIZE;
    if (!begins_object(record))
        return check_only(decoder, record, QUARANTINE_FRAMING, offset);
    uint64_t set = candidates(decoder, topic);
    if (!set)
        return check_only(decoder, record, QUARANTINE_NO_SCHEMA, offset);
    return decode_as_one_of(decoder, set, record, out, schema_number, offset);
}
