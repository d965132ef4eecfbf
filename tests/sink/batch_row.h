/* Rows for a batch, as the engine would have written them. After cmocka.h. */
#ifndef LETHE_TESTS_SINK_BATCH_ROW_H
#define LETHE_TESTS_SINK_BATCH_ROW_H

#include "sink/batch.h"

/* Its text is in the batch; the row is batch_add's to take. */
static inline struct clean_record append_row(struct batch *batch, unsigned recipient,
                                             unsigned schema, uint32_t epoch, const char *json)
{
    struct buffer *rows = &batch->rows;
    size_t before = rows->length;
    buffer_append_string(rows, json);
    assert_int_equal(buffer_status(rows), RC_OK);
    return (struct clean_record){.json = slice_of(rows->data + before, rows->length - before),
                                 .recipient = recipient,
                                 .schema = schema,
                                 .epoch = epoch};
}

static inline void add_row(struct batch *batch, unsigned recipient, unsigned schema, uint32_t epoch,
                           const char *json)
{
    struct clean_record record = append_row(batch, recipient, schema, epoch, json);
    assert_int_equal(batch_add(batch, &record), RC_OK);
}

#endif
