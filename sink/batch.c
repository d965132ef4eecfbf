#include "sink/batch.h"

#include <stdlib.h>

#include "core/time_text.h"

enum { FIRST_CAPACITY = 64 };

/* Doubles an array of `size`-byte elements; no content of a record is in any of them. */
static bool grow(void **array, uint32_t *capacity, size_t size)
{
    if (*capacity > UINT32_MAX / 2)
        return false;
    uint32_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    void *larger = reallocarray(*array, wanted, size);
    if (!larger)
        return false;
    *array = larger;
    *capacity = wanted;
    return true;
}

enum rc batch_init(struct batch *batch, struct batch_limits limits, size_t recipient_count,
                   size_t schema_count)
{
    *batch = (struct batch){.limits = limits,
                            .recipient_count = recipient_count,
                            .schema_count = schema_count,
                            .opened = TIME_NONE};
    if (limits.bytes == 0 || limits.bytes > UINT32_MAX || recipient_count > UINT32_MAX ||
        schema_count > UINT32_MAX)
        return RC_LIMIT;
    buffer_init(&batch->rows, limits.bytes);
    buffer_init(&batch->sealed_bytes, limits.bytes);
    size_t count;
    if (__builtin_mul_overflow(recipient_count, schema_count, &count))
        return RC_LIMIT;
    batch->groups = calloc(count ? count : 1, sizeof *batch->groups);
    batch->ranges = calloc(INPUT_RANGE_LIMIT, sizeof *batch->ranges);
    if (!batch->groups || !batch->ranges) {
        batch_release(batch);
        return RC_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        batch->groups[i].recipient = (unsigned)(i / schema_count);
        batch->groups[i].schema = (unsigned)(i % schema_count);
    }
    return RC_OK;
}

void batch_release(struct batch *batch)
{
    if (batch->groups)
        for (size_t i = 0; i < batch->recipient_count * batch->schema_count; i++)
            free(batch->groups[i].rows);
    free(batch->groups);
    free(batch->ranges);
    free(batch->sealed);
    buffer_release(&batch->rows);
    buffer_release(&batch->sealed_bytes);
    *batch = (struct batch){.opened = TIME_NONE};
}

static void overwrite(struct buffer *buffer)
{
    buffer_truncate(buffer, 0);
    buffer_reset(buffer);
}

void batch_reset(struct batch *batch)
{
    overwrite(&batch->rows);
    overwrite(&batch->sealed_bytes);
    for (size_t i = 0; i < batch->recipient_count * batch->schema_count; i++) {
        batch->groups[i].count = 0;
        batch->groups[i].bytes = 0;
    }
    batch->sealed_count = 0;
    batch->range_count = 0;
    batch->input_records = 0;
    batch->opened = TIME_NONE;
}

struct row_group *batch_group(const struct batch *batch, size_t recipient, size_t schema)
{
    return &batch->groups[recipient * batch->schema_count + schema];
}

/* Is `part` the last thing in `whole`? Then *offset is where it begins. */
static bool is_tail(struct slice part, const struct buffer *whole, uint32_t *offset)
{
    if (part.length == 0 || part.length > whole->length ||
        part.data != whole->data + (whole->length - part.length))
        return false;
    *offset = (uint32_t)(whole->length - part.length);
    return true;
}

enum rc batch_add(struct batch *batch, const struct clean_record *record)
{
    uint32_t offset;
    if (record->recipient >= batch->recipient_count || record->schema >= batch->schema_count ||
        !is_tail(record->json, &batch->rows, &offset))
        return RC_INTERNAL;
    struct row_group *group = batch_group(batch, record->recipient, record->schema);
    if (group->count == group->capacity &&
        !grow((void **)&group->rows, &group->capacity, sizeof *group->rows))
        return RC_NO_MEMORY;
    struct row *row = &group->rows[group->count++];
    *row = (struct row){
        .offset = offset, .length = (uint32_t)record->json.length, .epoch = record->epoch};
    if (record->key.length > 0) {
        row->key_offset = (uint32_t)(record->key.data - batch->rows.data);
        row->key_length = (uint32_t)record->key.length;
    }
    group->bytes += record->json.length;
    return RC_OK;
}

enum rc batch_add_sealed(struct batch *batch, const struct sealed_record *sealed)
{
    uint32_t offset;
    if (!sealed->reason || !is_tail(sealed->sealed, &batch->sealed_bytes, &offset))
        return RC_INTERNAL;
    if (batch->sealed_count == batch->sealed_capacity &&
        !grow((void **)&batch->sealed, &batch->sealed_capacity, sizeof *batch->sealed))
        return RC_NO_MEMORY;
    struct batch_sealed_row *row = &batch->sealed[batch->sealed_count++];
    *row = (struct batch_sealed_row){
        .record = *sealed, .offset = offset, .length = (uint32_t)sealed->sealed.length};
    row->record.sealed = (struct slice){0}; /* the buffer may move */
    return RC_OK;
}

struct sealed_record batch_sealed(const struct batch *batch, uint32_t index)
{
    const struct batch_sealed_row *row = &batch->sealed[index];
    struct sealed_record record = row->record;
    record.sealed = slice_of(batch->sealed_bytes.data + row->offset, row->length);
    return record;
}

/* The last range of that partition, whose messages may come in turns with those of others. */
static struct input_range *last_range(const struct batch *batch, uint32_t origin, int32_t partition)
{
    for (size_t i = batch->range_count; i-- > 0;) {
        struct input_range *range = &batch->ranges[i];
        if (range->origin == origin && range->partition == partition)
            return range;
    }
    return NULL;
}

enum rc batch_cover(struct batch *batch, uint32_t origin, int32_t partition, int64_t first,
                    int64_t last, int64_t now)
{
    struct input_range *before = last_range(batch, origin, partition);
    if (last < first)
        return RC_INTERNAL;
    if (before && first > before->last && first - 1 == before->last) {
        before->last = last;
    } else if (!before || last != before->last || first < before->first) {
        if (batch->range_count == INPUT_RANGE_LIMIT)
            return RC_LIMIT;
        batch->ranges[batch->range_count++] = (struct input_range){
            .origin = origin, .partition = partition, .first = first, .last = last};
    }
    if (batch->input_records == 0)
        batch->opened = now;
    batch->input_records++;
    return RC_OK;
}

bool batch_is_full(const struct batch *batch)
{
    return batch->input_records >= batch->limits.records ||
           batch->range_count == INPUT_RANGE_LIMIT || batch->rows.length >= batch->limits.bytes ||
           batch->sealed_bytes.length >= batch->limits.bytes;
}

bool batch_is_empty(const struct batch *batch)
{
    return batch->input_records == 0 && batch->rows.length == 0 && batch->sealed_count == 0 &&
           batch->range_count == 0;
}

uint64_t batch_recipient_rows(const struct batch *batch, size_t recipient)
{
    uint64_t rows = 0;
    for (size_t schema = 0; schema < batch->schema_count; schema++)
        rows += batch_group(batch, recipient, schema)->count;
    return rows;
}
