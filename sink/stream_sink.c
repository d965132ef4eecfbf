#include "sink/stream_sink.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "core/file.h"

enum { STAGING_SIZE = 256 * 1024 };

struct stream_output {
    int descriptor;
    pthread_mutex_t lock;
    enum rc failure; /* of the first write that failed, of any lane */
};

struct stream_sink {
    struct sink base;
    struct stream_output *output;
    size_t recipient;
    bool keep_order;
    struct randomness shuffle;
    struct row *rows; /* of all schemas of a batch */
    uint32_t row_count, row_capacity;
    char *staging; /* whole lines */
    size_t staged;
};

enum rc stream_output_new(int descriptor, struct stream_output **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return RC_NO_MEMORY;
    (*out)->descriptor = descriptor;
    pthread_mutex_init(&(*out)->lock, NULL);
    return RC_OK;
}

void stream_output_free(struct stream_output *output)
{
    if (!output)
        return;
    pthread_mutex_destroy(&output->lock);
    free(output);
}

static int compare_offsets(const void *a, const void *b)
{
    uint32_t first = ((const struct row *)a)->offset, second = ((const struct row *)b)->offset;
    return first < second ? -1 : first > second;
}

static enum rc make_room(struct stream_sink *sink, uint64_t count)
{
    if (count <= sink->row_capacity)
        return RC_OK;
    if (count > UINT32_MAX)
        return RC_LIMIT;
    struct row *larger = reallocarray(sink->rows, count, sizeof *larger);
    if (!larger)
        return RC_NO_MEMORY;
    sink->rows = larger;
    sink->row_capacity = (uint32_t)count;
    return RC_OK;
}

static enum rc gather(struct stream_sink *sink, const struct batch *batch)
{
    enum rc rc = make_room(sink, batch_recipient_rows(batch, sink->recipient));
    if (rc != RC_OK)
        return rc;
    sink->row_count = 0;
    for (size_t schema = 0; schema < batch->schema_count; schema++) {
        const struct row_group *group = batch_group(batch, sink->recipient, schema);
        if (group->count)
            memcpy(sink->rows + sink->row_count, group->rows, group->count * sizeof *group->rows);
        sink->row_count += group->count;
    }
    if (sink->row_count < 2)
        return RC_OK;
    if (sink->keep_order)
        qsort(sink->rows, sink->row_count, sizeof *sink->rows, compare_offsets);
    else
        rows_shuffle(sink->rows, sink->row_count, &sink->shuffle);
    return RC_OK;
}

static enum rc flush(struct stream_sink *sink)
{
    enum rc rc = file_write_all(sink->output->descriptor, slice_of(sink->staging, sink->staged));
    sink->staged = 0;
    return rc;
}

static enum rc write_row(struct stream_sink *sink, struct slice row)
{
    enum rc rc = RC_OK;
    if (row.length >= STAGING_SIZE - sink->staged)
        rc = flush(sink);
    if (rc == RC_OK && row.length >= STAGING_SIZE) {
        rc = file_write_all(sink->output->descriptor, row);
        row = (struct slice){0};
    }
    if (rc != RC_OK)
        return rc;
    if (row.length)
        memcpy(sink->staging + sink->staged, row.data, row.length);
    sink->staged += row.length;
    sink->staging[sink->staged++] = '\n';
    return RC_OK;
}

/* Under the lock. */
static enum rc write_rows(struct stream_sink *sink, const struct batch *batch)
{
    enum rc rc = sink->output->failure;
    sink->staged = 0;
    for (uint32_t i = 0; rc == RC_OK && i < sink->row_count; i++)
        rc = write_row(sink,
                       slice_of(batch->rows.data + sink->rows[i].offset, sink->rows[i].length));
    if (rc == RC_OK)
        rc = flush(sink);
    sink->output->failure = rc;
    return rc;
}

static enum rc commit(struct sink *base, struct batch *batch, const struct commit_context *context,
                      struct commit_outcome *outcome)
{
    struct stream_sink *sink = (struct stream_sink *)base;
    (void)context;
    *outcome = (struct commit_outcome){true, batch->ranges, batch->range_count};
    if (!sink->output)
        return RC_OK;
    if (sink->recipient >= batch->recipient_count)
        return RC_INTERNAL;
    enum rc rc = gather(sink, batch);
    if (rc != RC_OK)
        return rc;
    pthread_mutex_lock(&sink->output->lock);
    rc = write_rows(sink, batch);
    pthread_mutex_unlock(&sink->output->lock);
    return rc;
}

static enum rc finish(struct sink *base, const struct commit_context *context,
                      struct commit_outcome *outcome)
{
    struct stream_sink *sink = (struct stream_sink *)base;
    (void)context;
    (void)outcome;
    if (!sink->output)
        return RC_OK;
    pthread_mutex_lock(&sink->output->lock);
    enum rc rc = sink->output->failure;
    pthread_mutex_unlock(&sink->output->lock);
    return rc;
}

static void close_sink(struct sink *base)
{
    struct stream_sink *sink = (struct stream_sink *)base;
    if (sink->staging)
        explicit_bzero(sink->staging, STAGING_SIZE);
    free(sink->staging);
    free(sink->rows);
    free(sink);
}

/* A row is out as soon as it is taken. */
static enum rc discard(struct sink *base)
{
    (void)base;
    return RC_OK;
}

static const struct sink_operations operations = {
    .commit = commit, .finish = finish, .discard = discard, .close = close_sink};

enum rc stream_sink_new(struct stream_output *output, size_t recipient, bool keep_order,
                        const uint64_t *seed, unsigned lane, struct sink **out)
{
    *out = NULL;
    if (sodium_init() < 0)
        return RC_INTERNAL;
    struct stream_sink *sink = calloc(1, sizeof *sink);
    char *staging = malloc(STAGING_SIZE);
    if (!sink || !staging) {
        free(sink);
        free(staging);
        return RC_NO_MEMORY;
    }
    sink->base.operations = &operations;
    sink->output = output;
    sink->recipient = recipient;
    sink->keep_order = keep_order;
    sink->staging = staging;
    randomness_init(&sink->shuffle, seed, lane, RANDOMNESS_SHUFFLE, (unsigned)recipient);
    *out = &sink->base;
    return RC_OK;
}
