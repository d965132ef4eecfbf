/*
 * A growable run of bytes with a limit that it never passes.
 *
 * Errors stick: after the first append that did not fit (over the limit, or no memory) `failed` is
 * set and every later append does nothing, so a writer checks once at its end. What was written
 * before stays as it was. A zeroed buffer is valid, empty and of limit 0: every append fails.
 *
 * Owner: whoever called buffer_init; free with buffer_release. Not safe to share between threads.
 */
#ifndef LETHE_CORE_BUFFER_H
#define LETHE_CORE_BUFFER_H

#include "core/rc.h"
#include "core/slice.h"

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit; /* bytes; length never exceeds it */
    bool failed;
    bool no_memory; /* that is why it failed; else the limit is */
};

/* Allocates nothing yet. */
void buffer_init(struct buffer *buffer, size_t limit);

/* Frees the memory, after overwriting it: buffers hold what records hold. */
void buffer_release(struct buffer *buffer);

/* Empties it and clears `failed`; the memory is kept. */
void buffer_reset(struct buffer *buffer);

/*
 * Makes room for `count` more bytes and returns where they would go, or NULL (and sets failed).
 * The caller writes at most `count` bytes there and then adds to buffer->length what it wrote.
 */
static inline char *buffer_reserve(struct buffer *buffer, size_t count);

static inline void buffer_append(struct buffer *buffer, struct slice bytes);
static inline void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_string(struct buffer *buffer, const char *text);
void buffer_append_u64(struct buffer *buffer, uint64_t number);
void buffer_append_i64(struct buffer *buffer, int64_t number);

/* printf into the buffer; a text of 256 bytes or more needs room for one byte beyond it. Never with
 * a value of a record in a buffer meant for people. */
void buffer_append_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Goes back to an earlier length; does not clear `failed`. The bytes beyond are overwritten with
 * zeros, so that what was rolled back is nowhere. */
void buffer_truncate(struct buffer *buffer, size_t length);

static inline struct slice buffer_slice(const struct buffer *buffer)
{
    return slice_of(buffer->data, buffer->length);
}

/* RC_OK, or RC_LIMIT / RC_NO_MEMORY where an append failed. */
LETHE_CHECKED enum rc buffer_status(const struct buffer *buffer);

/*
 * What follows is the short way of what is done for every value: room is there. Anything else (to
 * grow, the limit, an earlier failure) is buffer_make_room's, out of line.
 */
char *buffer_make_room(struct buffer *buffer, size_t count);

static inline char *buffer_reserve(struct buffer *buffer, size_t count)
{
    if (buffer->failed || !buffer->data || count > buffer->capacity - buffer->length ||
        count > buffer->limit - buffer->length)
        return buffer_make_room(buffer, count);
    return buffer->data + buffer->length;
}

static inline void buffer_append(struct buffer *buffer, struct slice bytes)
{
    if (bytes.length == 0)
        return;
    char *to = buffer_reserve(buffer, bytes.length);
    if (!to)
        return;
    memcpy(to, bytes.data, bytes.length);
    buffer->length += bytes.length;
}

static inline void buffer_append_byte(struct buffer *buffer, char byte)
{
    char *to = buffer_reserve(buffer, 1);
    if (!to)
        return;
    *to = byte;
    buffer->length++;
}

#endif
