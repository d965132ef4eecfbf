#include "sink/quarantine_file.h"

#include <sodium.h>

#include "core/json_document.h"
#include "core/time_text.h"
#include "schemas/reason.h"
#include "sink/line_reader.h"

enum { BASE64 = sodium_base64_VARIANT_ORIGINAL, KEY_DIGITS = 16 };

static void write_base64(struct buffer *out, struct slice bytes)
{
    size_t size = sodium_base64_ENCODED_LEN(bytes.length, BASE64);
    char *to = buffer_reserve(out, size);
    if (!to)
        return;
    sodium_bin2base64(to, size, (const unsigned char *)bytes.data, bytes.length, BASE64);
    out->length += size - 1; /* without the NUL */
}

void quarantine_write_line(struct buffer *out, const struct sealed_record *sealed)
{
    size_t before = out->length;
    buffer_append_string(out, "{\"reason\":");
    json_write_string(out, slice_from_string(sealed->reason));
    buffer_append_string(out, ",\"source\":");
    json_write_string(out, sealed->source);
    buffer_append_string(out, ",\"partition\":");
    buffer_append_i64(out, sealed->partition);
    buffer_append_string(out, ",\"offset\":");
    buffer_append_i64(out, sealed->offset);
    buffer_append_string(out, ",\"time\":\"");
    time_append(out, sealed->time, TIME_FORMAT_RFC3339);
    buffer_append_string(out, "\",\"key\":");
    json_write_string(out, sealed->key);
    buffer_append_string(out, ",\"sealed\":\"");
    write_base64(out, sealed->sealed);
    buffer_append_string(out, "\"}\n");
    if (out->failed)
        buffer_truncate(out, before);
}

/* The table's own string of that name, or NULL. */
static const char *find_reason(struct slice name)
{
    for (enum quarantine_reason reason = QUARANTINE_NONE + 1; reason < QUARANTINE_REASON_COUNT;
         reason++)
        if (slice_equal(name, slice_from_string(quarantine_reason_name(reason))))
            return quarantine_reason_name(reason);
    return NULL;
}

static bool is_key_id(struct slice text)
{
    if (text.length != KEY_DIGITS)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!(text.data[i] >= '0' && text.data[i] <= '9') &&
            !(text.data[i] >= 'a' && text.data[i] <= 'f'))
            return false;
    return true;
}

static bool read_base64(struct slice text, struct arena *arena, struct slice *out)
{
    size_t length, size = text.length / 4 * 3 + 3;
    unsigned char *bytes = ARENA_ARRAY(arena, size, unsigned char);
    if (!bytes ||
        sodium_base642bin(bytes, size, text.data, text.length, NULL, &length, NULL, BASE64) != 0)
        return false;
    *out = slice_of((const char *)bytes, length);
    return length > 0;
}

static bool read_line(struct slice line, struct arena *arena, struct sealed_record *out)
{
    const struct json_value *object = json_parse(arena, line, 2, NULL);
    const struct json_value *source = json_member(object, SLICE("source"));
    int64_t partition;
    if (!object || object->type != JSON_OBJECT || object->count != 7 || !source ||
        source->type != JSON_STRING || !json_member_i64(object, SLICE("partition"), &partition) ||
        partition < INT32_MIN || partition > INT32_MAX)
        return false;
    *out = (struct sealed_record){.reason = find_reason(json_member_text(object, SLICE("reason"))),
                                  .source = source->text,
                                  .partition = (int32_t)partition,
                                  .key = json_member_text(object, SLICE("key"))};
    return out->reason && is_key_id(out->key) &&
           json_member_i64(object, SLICE("offset"), &out->offset) &&
           time_parse(json_member_text(object, SLICE("time")), TIME_FORMAT_RFC3339, &out->time,
                      NULL) &&
           read_base64(json_member_text(object, SLICE("sealed")), arena, &out->sealed);
}

/* Reads on after a bad line, so that one of them does not hide what else is sealed. */
static enum rc read_all(struct line_reader *lines, struct arena *arena, quarantine_visitor *visit,
                        void *context, uint64_t *bad_line)
{
    for (uint64_t number = 1;; number++) {
        struct slice line;
        struct sealed_record sealed;
        enum rc rc = line_reader_next(lines, &line);
        if (rc == RC_END)
            return *bad_line ? RC_CORRUPT : RC_OK;
        if (rc != RC_OK && rc != RC_TRUNCATED && rc != RC_LIMIT)
            return rc;
        arena_reset(arena);
        if (rc != RC_OK || !read_line(line, arena, &sealed)) {
            if (!*bad_line)
                *bad_line = number;
            if (rc != RC_OK)
                return RC_CORRUPT;
        } else if (!visit(context, number, &sealed)) {
            return *bad_line ? RC_CORRUPT : RC_OK;
        }
    }
}

enum rc quarantine_read(const char *path, quarantine_visitor *visit, void *context,
                        uint64_t *bad_line)
{
    struct line_reader lines;
    struct arena arena;
    uint64_t bad = 0;
    enum rc rc = line_reader_open(&lines, path, QUARANTINE_LINE_LIMIT);
    if (rc == RC_OK) {
        arena_init(&arena, (size_t)QUARANTINE_LINE_LIMIT * 4);
        rc = read_all(&lines, &arena, visit, context, &bad);
        arena_release(&arena);
        line_reader_close(&lines);
    }
    if (bad_line)
        *bad_line = bad;
    return rc;
}
