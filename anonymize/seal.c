#include "anonymize/seal.h"

#include <sodium.h>

#include "anonymize/seal_secret.h"
#include "core/json_scan.h"
#include "core/time_text.h"
#include "core/utf8.h"

/*
 * The plain text inside: numbers are little-endian, texts have their length (4 bytes) before them.
 *
 *     "lethe sealed 1" 0x00, reason's name, source, topic, partition (4), offset (8),
 *     hour of sealing (8), message's time (8), content (to the end)
 */
static const char MAGIC[] = "lethe sealed 1";

static void put_number(struct buffer *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buffer_append_byte(out, (char)(number >> (8 * i)));
}

static void put_text(struct buffer *out, struct slice text)
{
    put_number(out, text.length, 4);
    buffer_append(out, text);
}

static void put_plain(struct buffer *out, const struct seal_envelope *envelope, int64_t hour,
                      struct slice content)
{
    buffer_append(out, slice_of(MAGIC, sizeof MAGIC));
    put_text(out, slice_from_string(quarantine_reason_name(envelope->reason)));
    put_text(out, envelope->source);
    put_text(out, envelope->topic);
    put_number(out, (uint32_t)envelope->partition, 4);
    put_number(out, (uint64_t)envelope->offset, 8);
    put_number(out, (uint64_t)hour, 8);
    put_number(out, (uint64_t)envelope->message_time, 8);
    buffer_append(out, content);
}

enum rc seal(const struct seal_key *key, const struct seal_envelope *envelope, struct slice content,
             struct buffer *out, struct sealed_record *sealed)
{
    *sealed = (struct sealed_record){0};
    if (out->failed || envelope->source.length > UINT32_MAX || envelope->topic.length > UINT32_MAX)
        return RC_LIMIT;
    size_t start = out->length;
    int64_t hour = time_floor(envelope->now, TIME_HOUR);
    /* The plain text is written where its ciphertext goes and encrypted in its place, so that no
     * copy of it stays behind. */
    if (buffer_reserve(out, crypto_box_SEALBYTES)) {
        memset(out->data + start, 0, crypto_box_SEALBYTES);
        out->length += crypto_box_SEALBYTES;
    }
    put_plain(out, envelope, hour, content);
    enum rc rc = buffer_status(out);
    if (rc == RC_OK) {
        unsigned char *at = (unsigned char *)out->data + start;
        size_t length = out->length - start - crypto_box_SEALBYTES;
        if (crypto_box_seal(at, at + crypto_box_SEALBYTES, length, key->public_key) != 0)
            rc = RC_INTERNAL;
    }
    if (rc != RC_OK) {
        buffer_truncate(out, start);
        out->failed = false; /* it is as it was: the caller may make room and call again */
        return rc;
    }
    *sealed = (struct sealed_record){.sealed = slice_of(out->data + start, out->length - start),
                                     .reason = quarantine_reason_name(envelope->reason),
                                     .source = envelope->source,
                                     .partition = envelope->partition,
                                     .offset = envelope->offset,
                                     .time = hour,
                                     .key = slice_of(key->id, sizeof key->id - 1)};
    return RC_OK;
}

static bool take_number(struct slice *text, unsigned bytes, uint64_t *out)
{
    if (text->length < bytes)
        return false;
    *out = 0;
    for (unsigned i = 0; i < bytes; i++)
        *out |= (uint64_t)(unsigned char)text->data[i] << (8 * i);
    *text = slice_tail(*text, bytes);
    return true;
}

static bool take_text(struct slice *text, struct slice *out)
{
    uint64_t length;
    if (!take_number(text, 4, &length) || length > text->length)
        return false;
    *out = slice_head(*text, length);
    *text = slice_tail(*text, length);
    return true;
}

struct opened {
    struct slice topic, content;
    int64_t message_time;
};

/* Reads the plain text and holds what it says of itself against the envelope outside. */
static bool take_plain(struct slice plain, const struct sealed_record *sealed, struct opened *out)
{
    struct slice reason, source;
    uint64_t partition, offset, hour, message_time;
    if (!slice_starts_with(plain, slice_of(MAGIC, sizeof MAGIC)))
        return false;
    plain = slice_tail(plain, sizeof MAGIC);
    if (!take_text(&plain, &reason) || !take_text(&plain, &source) ||
        !take_text(&plain, &out->topic) || !take_number(&plain, 4, &partition) ||
        !take_number(&plain, 8, &offset) || !take_number(&plain, 8, &hour) ||
        !take_number(&plain, 8, &message_time))
        return false;
    out->message_time = (int64_t)message_time;
    out->content = plain;
    return slice_equal(reason, slice_from_string(sealed->reason)) &&
           slice_equal(source, sealed->source) && (int32_t)partition == sealed->partition &&
           (int64_t)offset == sealed->offset && (int64_t)hour == sealed->time;
}

/* A JSON string of bytes that need not be UTF-8: what is no character becomes U+FFFD. */
static void write_bytes_as_string(struct buffer *out, struct slice bytes)
{
    if (utf8_valid(bytes)) {
        json_write_string(out, bytes);
        return;
    }
    struct buffer valid;
    buffer_init(&valid, 3 * bytes.length);
    const char *end = bytes.data + bytes.length;
    for (const char *at = bytes.data; at < end;) {
        int step = utf8_step(at, end);
        buffer_append(&valid, step > 0 ? slice_of(at, (size_t)step) : SLICE("\xef\xbf\xbd"));
        at += step > 0 ? step : 1;
    }
    if (buffer_status(&valid) == RC_OK)
        json_write_string(out, buffer_slice(&valid));
    else
        out->failed = true;
    buffer_release(&valid);
}

static enum rc write_line(struct buffer *out, const struct sealed_record *sealed,
                          const struct opened *opened)
{
    size_t start = out->length;
    buffer_append_string(out, "{\"topic\":");
    write_bytes_as_string(out, opened->topic);
    buffer_append_string(out, ",\"partition\":");
    buffer_append_i64(out, sealed->partition);
    buffer_append_string(out, ",\"offset\":");
    buffer_append_i64(out, sealed->offset);
    if (opened->message_time != TIME_NONE) {
        buffer_append_string(out, ",\"timestamp\":");
        buffer_append_i64(out, opened->message_time);
    }
    buffer_append_string(out, ",\"value\":");
    write_bytes_as_string(out, opened->content);
    buffer_append_string(out, "}\n");
    enum rc rc = buffer_status(out);
    if (rc != RC_OK)
        buffer_truncate(out, start);
    return rc;
}

enum rc seal_open(const struct seal_secret *secret, const struct sealed_record *sealed,
                  struct buffer *out)
{
    struct slice cipher = sealed->sealed;
    if (cipher.length < crypto_box_SEALBYTES ||
        !slice_equal(sealed->key, slice_of(secret->key.id, sizeof secret->key.id - 1)))
        return RC_CORRUPT;
    struct buffer plain; /* wiped when it is released */
    buffer_init(&plain, cipher.length);
    char *memory = buffer_reserve(&plain, cipher.length);
    if (!memory)
        return RC_NO_MEMORY;
    enum rc rc = RC_CORRUPT;
    struct opened opened;
    if (crypto_box_seal_open((unsigned char *)memory, (const unsigned char *)cipher.data,
                             cipher.length, secret->key.public_key, secret->secret_key) == 0 &&
        take_plain(slice_of(memory, cipher.length - crypto_box_SEALBYTES), sealed, &opened))
        rc = write_line(out, sealed, &opened);
    buffer_release(&plain);
    return rc;
}
