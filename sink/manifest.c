#include "sink/manifest.h"

#include "core/json_document.h"
#include "core/time_text.h"

static void begin(struct buffer *out, const char *name)
{
    buffer_append_string(out, out->length > 2 ? ",\n  \"" : "  \"");
    buffer_append_string(out, name);
    buffer_append_string(out, "\": ");
}

static void write_text(struct buffer *out, const char *name, struct slice text)
{
    begin(out, name);
    json_write_string(out, text);
}

static void write_number(struct buffer *out, const char *name, uint64_t number)
{
    begin(out, name);
    buffer_append_u64(out, number);
}

static void write_epochs(struct buffer *out, const struct manifest *manifest)
{
    begin(out, "key_epochs");
    buffer_append_byte(out, '[');
    for (size_t i = 0; i < manifest->epoch_count; i++) {
        if (i)
            buffer_append_string(out, ", ");
        buffer_append_u64(out, manifest->epochs[i]);
    }
    buffer_append_byte(out, ']');
}

void manifest_write(struct buffer *out, const struct manifest *manifest)
{
    buffer_append_string(out, "{\n");
    write_text(out, "format", SLICE(MANIFEST_FORMAT));
    write_text(out, "recipient", manifest->recipient);
    write_text(out, "schema", manifest->schema);
    write_number(out, "schema_version", manifest->schema_version);
    write_text(out, "policy", manifest->policy);
    write_number(out, "policy_version", manifest->policy_version);
    write_text(out, "label", slice_from_string(label_name(manifest->label)));
    write_number(out, "rows", manifest->rows);
    write_number(out, "bytes", manifest->bytes);
    write_number(out, "stored_bytes", manifest->stored_bytes);
    write_text(out, "checksum", manifest->checksum);
    write_epochs(out, manifest);
    write_text(out, "order", manifest->keep_order ? SLICE("kept") : SLICE("shuffled"));
    begin(out, "finest_time");
    buffer_append_byte(out, '"');
    duration_append(out, manifest->finest_time);
    buffer_append_byte(out, '"');
    begin(out, "published");
    buffer_append_byte(out, '"');
    time_append(out, time_floor(manifest->published, TIME_HOUR), TIME_FORMAT_RFC3339);
    buffer_append_string(out, "\"\n}\n");
}

static bool read_u32(const struct json_value *object, struct slice name, uint32_t *out)
{
    uint64_t number;
    if (!json_member_u64(object, name, &number) || number > UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

static bool read_label(struct slice name, enum label *out)
{
    for (enum label label = 0; label < LABEL_COUNT; label++)
        if (slice_equal(name, slice_from_string(label_name(label)))) {
            *out = label;
            return true;
        }
    return false;
}

static bool read_epochs(const struct json_value *list, struct arena *arena, struct manifest *out)
{
    if (!list || list->type != JSON_ARRAY)
        return false;
    uint32_t *epochs = ARENA_ARRAY(arena, list->count, uint32_t);
    uint32_t before = EPOCH_NONE;
    if (!epochs)
        return false;
    for (const struct json_value *value = list->first; value; value = value->next) {
        uint64_t number;
        if (value->type != JSON_NUMBER || !slice_to_u64(value->text, &number) ||
            number > UINT32_MAX || number <= before)
            return false;
        before = (uint32_t)number;
        epochs[out->epoch_count++] = before;
    }
    out->epochs = epochs;
    return true;
}

static bool read_members(const struct json_value *object, struct arena *arena, struct manifest *out)
{
    struct slice order = json_member_text(object, SLICE("order"));
    out->recipient = json_member_text(object, SLICE("recipient"));
    out->schema = json_member_text(object, SLICE("schema"));
    out->policy = json_member_text(object, SLICE("policy"));
    out->checksum = json_member_text(object, SLICE("checksum"));
    out->keep_order = slice_equal(order, SLICE("kept"));
    return slice_equal(json_member_text(object, SLICE("format")), SLICE(MANIFEST_FORMAT)) &&
           read_u32(object, SLICE("schema_version"), &out->schema_version) &&
           read_u32(object, SLICE("policy_version"), &out->policy_version) &&
           read_label(json_member_text(object, SLICE("label")), &out->label) &&
           json_member_u64(object, SLICE("rows"), &out->rows) &&
           json_member_u64(object, SLICE("bytes"), &out->bytes) &&
           json_member_u64(object, SLICE("stored_bytes"), &out->stored_bytes) &&
           duration_parse(json_member_text(object, SLICE("finest_time")), &out->finest_time) &&
           time_parse(json_member_text(object, SLICE("published")), TIME_FORMAT_RFC3339,
                      &out->published, NULL) &&
           read_epochs(json_member(object, SLICE("key_epochs")), arena, out);
}

/* There is one way to write a manifest: what it would be written as must be what was read. */
static enum rc compare(struct slice text, const struct manifest *manifest)
{
    struct buffer again;
    buffer_init(&again, MANIFEST_LIMIT * 2);
    manifest_write(&again, manifest);
    enum rc rc = buffer_status(&again);
    if (rc == RC_OK && !slice_equal(buffer_slice(&again), text))
        rc = RC_CORRUPT;
    buffer_release(&again);
    return rc == RC_NO_MEMORY || rc == RC_OK ? rc : RC_CORRUPT;
}

enum rc manifest_read(struct slice text, struct arena *arena, struct manifest *out)
{
    struct json_error error = {JSON_FAULT_NONE, 0};
    *out = (struct manifest){0};
    if (text.length > MANIFEST_LIMIT)
        return RC_CORRUPT;
    const struct json_value *object = json_parse(arena, text, 4, &error);
    if (!object)
        return error.fault == JSON_FAULT_NO_MEMORY ? RC_NO_MEMORY : RC_CORRUPT;
    if (!read_members(object, arena, out))
        return RC_CORRUPT;
    return compare(text, out);
}
