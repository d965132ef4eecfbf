#include "sink/publication.h"

void publication_begin(struct buffer *out, unsigned lane)
{
    buffer_append_string(out, "\"lane\":");
    buffer_append_u64(out, lane);
    buffer_append_string(out, ",\"parts\":[");
}

static void write_name(struct buffer *out, const char *before, struct slice name)
{
    buffer_append_string(out, before);
    json_write_string(out, name);
}

static void write_number(struct buffer *out, const char *before, uint64_t number)
{
    buffer_append_string(out, before);
    buffer_append_u64(out, number);
}

/* A comma, where a part stands before. */
static void separate(struct buffer *out)
{
    if (out->length && out->data[out->length - 1] == '}')
        buffer_append_byte(out, ',');
}

static void write_epochs(struct buffer *out, const struct epoch_set *epochs)
{
    buffer_append_string(out, ",\"key_epochs\":[");
    for (size_t i = 0; i < epochs->count; i++)
        write_number(out, i ? "," : "", epochs->epochs[i]);
    buffer_append_string(out, "]}");
}

void publication_add_part(struct buffer *out, const struct publication_part *part)
{
    separate(out);
    write_name(out, "{\"recipient\":", part->recipient);
    write_name(out, ",\"schema\":", part->schema);
    write_name(out, ",\"file\":", slice_from_string(part->file));
    write_name(out, ",\"checksum\":", slice_from_string(part->checksum));
    write_number(out, ",\"rows\":", part->rows);
    write_number(out, ",\"bytes\":", part->bytes);
    write_number(out, ",\"stored_bytes\":", part->stored_bytes);
    write_epochs(out, part->epochs);
}

static void write_quarantine_place(struct buffer *out, const struct publication_quarantine *file)
{
    if (file->topic) {
        write_name(out, "{\"topic\":", slice_from_string(file->topic));
    } else {
        write_name(out, "{\"file\":", slice_from_string(file->file));
        write_name(out, ",\"checksum\":", slice_from_string(file->checksum));
    }
    write_number(out, ",\"records\":", file->records);
    write_number(out, file->topic ? ",\"bytes\":" : ",\"stored_bytes\":", file->stored_bytes);
}

void publication_add_quarantine(struct buffer *out, const struct publication_quarantine *file)
{
    buffer_append_string(out, "],\"quarantine\":");
    if (!file) {
        buffer_append_string(out, "null");
        return;
    }
    write_quarantine_place(out, file);
    buffer_append_string(out, ",\"reasons\":{");
    const char *before = "";
    for (enum quarantine_reason i = 0; i < QUARANTINE_REASON_COUNT; i++) {
        if (!file->by_reason[i])
            continue;
        write_name(out, before, slice_from_string(quarantine_reason_name(i)));
        write_number(out, ":", file->by_reason[i]);
        before = ",";
    }
    buffer_append_string(out, "}}");
}

/* Ranges of one origin and partition that follow each other stand in one list. */
static void write_ranges(struct buffer *out, const struct input_range *ranges, size_t count,
                         const struct slice *origins)
{
    for (size_t i = 0; i < count; i++) {
        const struct input_range *range = &ranges[i];
        if (i && range->origin == range[-1].origin && range->partition == range[-1].partition) {
            buffer_append_byte(out, ',');
        } else {
            if (i)
                buffer_append_string(out, "]},");
            write_number(out, "{\"origin\":", range->origin);
            write_name(out, ",\"source\":", origins[range->origin]);
            buffer_append_string(out, ",\"partition\":");
            buffer_append_i64(out, range->partition);
            buffer_append_string(out, ",\"ranges\":[");
        }
        buffer_append_byte(out, '[');
        buffer_append_i64(out, range->first);
        buffer_append_byte(out, ',');
        buffer_append_i64(out, range->last);
        buffer_append_byte(out, ']');
    }
    if (count)
        buffer_append_string(out, "]}");
}

void publication_end(struct buffer *out, const struct input_range *ranges, size_t range_count,
                     const struct slice *origins, const uint64_t consent[2])
{
    buffer_append_string(out, ",\"input\":[");
    write_ranges(out, ranges, range_count, origins);
    write_number(out, "],\"consent\":[", consent[0]);
    write_number(out, ",", consent[1]);
    buffer_append_byte(out, ']');
}

void publication_begin_topics(struct buffer *out)
{
    buffer_append_string(out, ",\"topics\":[");
}

void publication_add_topic(struct buffer *out, const struct publication_topic *topic)
{
    separate(out);
    write_name(out, "{\"recipient\":", topic->recipient);
    write_name(out, ",\"schema\":", topic->schema);
    write_name(out, ",\"topic\":", slice_from_string(topic->topic));
    write_number(out, ",\"rows\":", topic->rows);
    write_number(out, ",\"bytes\":", topic->bytes);
    write_number(out, ",\"messages\":", topic->messages);
    write_epochs(out, topic->epochs);
}

static void write_offsets(struct buffer *out, const int64_t *offsets, size_t count)
{
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_append_byte(out, ',');
        buffer_append_i64(out, offsets[i]);
    }
    buffer_append_byte(out, ']');
}

void publication_end_topics(struct buffer *out, const struct publication_context *context)
{
    write_name(out, "],\"group\":", context->group);
    write_name(out, ",\"policy\":", context->policy);
    write_number(out, ",\"policy_version\":", context->policy_version);
    write_name(out, ",\"label\":", slice_from_string(label_name(context->label)));
    buffer_append_string(out, ",\"consent_offsets\":[");
    if (context->consent_partitions[0] > 0) {
        write_offsets(out, context->consent_offsets[0], context->consent_partitions[0]);
        buffer_append_byte(out, ',');
        write_offsets(out, context->consent_offsets[1], context->consent_partitions[1]);
    }
    buffer_append_byte(out, ']');
}

static bool read_file(const struct json_value *value, enum file_kind kind, struct slice rows,
                      struct publication_file *out)
{
    char name[FILE_NAME_SIZE];
    struct slice file = json_member_text(value, SLICE("file"));
    *out = (struct publication_file){.kind = kind,
                                     .checksum = json_member_text(value, SLICE("checksum"))};
    if (file.length >= sizeof name || memchr(file.data ? file.data : "", '\0', file.length))
        return false;
    if (file.length)
        memcpy(name, file.data, file.length);
    name[file.length] = '\0';
    return layout_kind(name, out->stem, NULL) == kind &&
           out->checksum.length == CHECKSUM_SIZE - 1 && json_member_u64(value, rows, &out->rows) &&
           json_member_u64(value, SLICE("stored_bytes"), &out->stored_bytes);
}

static bool read_part(const struct json_value *value, struct publication_file *out)
{
    if (!read_file(value, FILE_PART, SLICE("rows"), out))
        return false;
    out->recipient = json_member_text(value, SLICE("recipient"));
    out->schema = json_member_text(value, SLICE("schema"));
    return layout_recipient_name_is_usable(out->recipient) && out->schema.length > 0 &&
           json_member_u64(value, SLICE("bytes"), &out->bytes);
}

enum rc publication_files(const struct json_value *entry, publication_file_visitor *visit,
                          void *context)
{
    struct publication_file file;
    const struct json_value *parts = json_member(entry, SLICE("parts"));
    const struct json_value *quarantine = json_member(entry, SLICE("quarantine"));
    if (!parts || parts->type != JSON_ARRAY || !quarantine)
        return RC_CORRUPT;
    for (const struct json_value *part = parts->first; part; part = part->next) {
        if (!read_part(part, &file))
            return RC_CORRUPT;
        if (!visit(context, &file))
            return RC_OK;
    }
    if (quarantine->type == JSON_NULL || json_member(quarantine, SLICE("topic")))
        return RC_OK;
    if (!read_file(quarantine, FILE_QUARANTINE, SLICE("records"), &file))
        return RC_CORRUPT;
    visit(context, &file);
    return RC_OK;
}

static bool read_pair(const struct json_value *pair, struct publication_range *out)
{
    const struct json_value *last = pair->first ? pair->first->next : NULL;
    return pair->type == JSON_ARRAY && pair->count == 2 && last &&
           pair->first->type == JSON_NUMBER && last->type == JSON_NUMBER &&
           slice_to_i64(pair->first->text, &out->first) && slice_to_i64(last->text, &out->last) &&
           out->first <= out->last;
}

enum rc publication_ranges(const struct json_value *entry, publication_range_visitor *visit,
                           void *context)
{
    const struct json_value *input = json_member(entry, SLICE("input"));
    if (!input || input->type != JSON_ARRAY)
        return RC_CORRUPT;
    for (const struct json_value *group = input->first; group; group = group->next) {
        struct publication_range range = {.source = json_member_text(group, SLICE("source"))};
        const struct json_value *ranges = json_member(group, SLICE("ranges"));
        if (!ranges || ranges->type != JSON_ARRAY ||
            !json_member_u64(group, SLICE("origin"), &range.origin) ||
            !json_member_i64(group, SLICE("partition"), &range.partition))
            return RC_CORRUPT;
        for (const struct json_value *pair = ranges->first; pair; pair = pair->next) {
            if (!read_pair(pair, &range))
                return RC_CORRUPT;
            if (!visit(context, &range))
                return RC_OK;
        }
    }
    return RC_OK;
}
