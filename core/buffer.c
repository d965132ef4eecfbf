#include "core/buffer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void buffer_release(struct buffer *buffer)
{
    if (buffer->data)
        explicit_bzero(buffer->data, buffer->capacity);
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_reset(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    buffer->no_memory = false;
}

/* Doubles until `needed` fits. By hand and not by realloc, which would leave the old copy behind.
 */
static bool grow(struct buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity ? buffer->capacity : 256;
    while (capacity < needed)
        capacity = capacity > buffer->limit / 2 ? buffer->limit : capacity * 2;
    if (capacity > buffer->limit)
        capacity = buffer->limit;
    char *data = malloc(capacity);
    if (!data)
        return false;
    if (buffer->data) {
        memcpy(data, buffer->data, buffer->length);
        explicit_bzero(buffer->data, buffer->capacity);
        free(buffer->data);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

char *buffer_make_room(struct buffer *buffer, size_t count)
{
    if (buffer->failed)
        return NULL;
    if (count > buffer->limit - buffer->length) {
        buffer->failed = true;
        return NULL;
    }
    if (count > buffer->capacity - buffer->length && !grow(buffer, buffer->length + count)) {
        buffer->failed = true;
        buffer->no_memory = true;
        return NULL;
    }
    return buffer->data ? buffer->data + buffer->length : NULL;
}

void buffer_append_string(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, slice_from_string(text));
}

void buffer_append_u64(struct buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buffer_append(buffer, slice_of(digits + at, sizeof digits - at));
}

void buffer_append_i64(struct buffer *buffer, int64_t number)
{
    if (number < 0)
        buffer_append_byte(buffer, '-');
    buffer_append_u64(buffer, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
    /* What is short is made here first: the NUL of printf needs no room in the buffer then, and a
     * text that fits exactly does fit. */
    char small[256];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    if (length <= 0)
        return;
    if ((size_t)length < sizeof small) {
        buffer_append(buffer, slice_of(small, (size_t)length));
        return;
    }
    char *to = buffer_reserve(buffer, (size_t)length + 1);
    if (!to)
        return;
    va_start(arguments, format);
    vsnprintf(to, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->length += (size_t)length;
}

void buffer_truncate(struct buffer *buffer, size_t length)
{
    if (length >= buffer->length)
        return;
    memset(buffer->data + length, 0, buffer->length - length);
    buffer->length = length;
}

enum rc buffer_status(const struct buffer *buffer)
{
    if (!buffer->failed)
        return RC_OK;
    return buffer->no_memory ? RC_NO_MEMORY : RC_LIMIT;
}
