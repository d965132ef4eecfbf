#include "sink/kafka_sink.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/time_text.h"
#include "sink/kafka_sink_state.h"
#include "sink/quarantine_file.h"

/* A batch has at most 4 GiB of rows; the buffer grows only as far as one brings. */
static const size_t PACKED_LIMIT = (size_t)8 << 30;

enum { MESSAGE_LIMIT_LEAST = 16 * 1024 };

static struct kafka_sink *kafka_sink_of(struct sink *sink)
{
    return (struct kafka_sink *)sink;
}

static enum rc fail(struct kafka_sink *sink, enum rc rc)
{
    if (rc == RC_OK || rc == RC_AGAIN)
        return rc;
    sink->failure = rc;
    pthread_mutex_lock(&sink->lock);
    sink->counts.failed = true;
    pthread_mutex_unlock(&sink->lock);
    return rc;
}

static bool fits(const struct kafka_sink *sink, const struct batch *batch)
{
    if (batch->recipient_count != sink->outputs.description->recipient_count ||
        batch->schema_count != sink->outputs.description->schema_count)
        return false;
    for (size_t i = 0; i < batch->range_count; i++)
        if (batch->ranges[i].origin >= sink->options.topic_count)
            return false;
    return true;
}

static bool is_due(const struct kafka_sink *sink, int64_t now)
{
    const struct part_set *parts = &sink->outputs.parts;
    int64_t opened = sink->covered.opened;
    if (opened == TIME_NONE)
        return false;
    return !part_set_is_used(parts) || covered_is_full(&sink->covered) || part_set_is_full(parts) ||
           now < opened || now - opened >= part_set_delay(parts); /* a clock may be set back */
}

/* Into the open transaction, which is begun where there is none. RC_AGAIN: nothing is open. */
static enum rc take(struct kafka_sink *sink, struct batch *batch,
                    const struct commit_context *context)
{
    struct kafka_failure failure = {0};
    enum rc rc = transaction_begin(sink);
    if (rc != RC_OK)
        return rc;
    enum kafka_sink_abort why = KAFKA_SINK_ABORT_OTHER;
    rc = covered_take(&sink->covered, batch, context);
    if (rc == RC_OK)
        rc = produce_batch(sink, batch, context->now, &failure);
    if (rc == RC_AGAIN) {
        kafka_failure_log(&failure, "producer");
        why = transaction_abort_reason(&failure);
    }
    if (rc == RC_OK) {
        rc = part_set_take(&sink->outputs.parts, batch);
        why = KAFKA_SINK_ABORT_FILES;
    }
    if (rc == RC_OK)
        return RC_OK;
    enum rc undone = undo(sink, why);
    return undone == RC_AGAIN ? rc : undone;
}

/* What is produced of a batch must be acknowledged before the batch is its owner's again. */
static enum rc wait_for_batch(struct kafka_sink *sink)
{
    struct kafka_failure failure;
    if (produce_wait(sink, &failure))
        return RC_OK;
    kafka_failure_log(&failure, "producer");
    return undo(sink, transaction_abort_reason(&failure));
}

static enum rc commit(struct sink *base, struct batch *batch, const struct commit_context *context,
                      struct commit_outcome *outcome)
{
    struct kafka_sink *sink = kafka_sink_of(base);
    if (sink->failure != RC_OK)
        return sink->failure;
    if (!fits(sink, batch))
        return fail(sink, RC_INTERNAL);
    enum rc rc = RC_OK;
    bool taken = !batch_is_empty(batch);
    if (taken)
        rc = take(sink, batch, context);
    else
        rd_kafka_poll(sink->client->handle, 0);
    if (rc == RC_OK && is_due(sink, context->now))
        rc = publish(sink, context, outcome);
    else if (rc == RC_OK && taken)
        rc = wait_for_batch(sink);
    buffer_truncate(&sink->packed, 0); /* overwritten: it holds what records hold */
    return fail(sink, rc);
}

static enum rc finish(struct sink *base, const struct commit_context *context,
                      struct commit_outcome *outcome)
{
    struct kafka_sink *sink = kafka_sink_of(base);
    if (sink->failure != RC_OK)
        return sink->failure;
    return fail(sink, publish(sink, context, outcome));
}

static enum rc discard(struct sink *base)
{
    struct kafka_sink *sink = kafka_sink_of(base);
    if (sink->failure != RC_OK)
        return sink->failure;
    enum rc rc = undo(sink, KAFKA_SINK_ABORT_ASKED);
    return rc == RC_AGAIN ? RC_OK : fail(sink, rc);
}

/* All of the new one, or the old one stays. */
static enum rc describe(struct sink *base, const struct sink_description *description)
{
    struct kafka_sink *sink = kafka_sink_of(base);
    struct outputs outputs;
    struct buffer reason;
    if (sink->failure != RC_OK)
        return sink->failure;
    if (sink->covered.opened != TIME_NONE || sink->in_transaction)
        return RC_INTERNAL;
    buffer_init(&reason, 1024);
    enum rc rc = outputs_init(&outputs, sink, description, &reason);
    if (rc == RC_OK) {
        rc = transaction_open_topics(sink, &outputs, &reason);
        if (rc != RC_OK)
            outputs_release(&outputs);
    }
    buffer_release(&reason);
    if (rc != RC_OK)
        return rc;
    pthread_mutex_lock(&sink->lock);
    struct outputs before = sink->outputs;
    sink->outputs = outputs;
    sink->counts.recipient_count = description->recipient_count;
    pthread_mutex_unlock(&sink->lock);
    outputs_release(&before);
    if (kafka_sink_transaction_timeout(description) != sink->transaction_timeout)
        sink->replace = true;
    return RC_OK;
}

static void close_sink(struct sink *base)
{
    struct kafka_sink *sink = kafka_sink_of(base);
    transaction_disconnect(sink);
    outputs_release(&sink->outputs);
    covered_release(&sink->covered);
    buffer_release(&sink->packed);
    buffer_release(&sink->line);
    buffer_release(&sink->entry);
    buffer_release(&sink->members);
    pthread_mutex_destroy(&sink->lock);
    free(sink->origins);
    free(sink->id);
    free(sink);
}

static const struct sink_operations operations = {.commit = commit,
                                                  .finish = finish,
                                                  .discard = discard,
                                                  .describe = describe,
                                                  .close = close_sink};

static enum rc name_origins(struct kafka_sink *sink)
{
    sink->origins = calloc(sink->options.topic_count + 1, sizeof *sink->origins);
    for (size_t i = 0; sink->origins && i < sink->options.topic_count; i++)
        sink->origins[i] = slice_from_string(sink->options.topics[i]);
    return sink->origins ? RC_OK : RC_NO_MEMORY;
}

static enum rc make_ready(struct kafka_sink *sink, struct buffer *reason)
{
    const struct kafka_sink_options *options = &sink->options;
    sink->id = strdup(options->transactional_id);
    if (!sink->id)
        return RC_NO_MEMORY;
    sink->options.transactional_id = sink->id;
    layout_owner(slice_from_string(options->transactional_id), sink->owner);
    enum rc rc = options->message_limit >= MESSAGE_LIMIT_LEAST ? RC_OK : RC_CONFIGURATION;
    if (rc != RC_OK)
        buffer_append_string(reason, "the limit of messages is below 16 KiB");
    if (rc == RC_OK)
        rc = covered_init(&sink->covered);
    if (rc == RC_OK)
        rc = name_origins(sink);
    if (rc == RC_OK)
        rc = outputs_init(&sink->outputs, sink, options->description, reason);
    if (rc == RC_OK)
        rc = transaction_connect(sink, reason);
    if (rc == RC_OK)
        rc = kafka_sink_recover(sink, reason);
    sink->counts.recipient_count = options->description->recipient_count;
    sink->counts.chain_entries = sink->chain.entries;
    return rc;
}

enum rc kafka_sink_new(const struct kafka_sink_options *options, struct sink **out,
                       struct buffer *reason)
{
    *out = NULL;
    if (sodium_init() < 0)
        return RC_INTERNAL;
    struct kafka_sink *sink = calloc(1, sizeof *sink);
    if (!sink)
        return RC_NO_MEMORY;
    sink->base.operations = &operations;
    sink->options = *options;
    pthread_mutex_init(&sink->lock, NULL);
    buffer_init(&sink->packed, PACKED_LIMIT);
    buffer_init(&sink->line, QUARANTINE_LINE_LIMIT);
    buffer_init(&sink->entry, AUDIT_LINE_LIMIT);
    buffer_init(&sink->members, AUDIT_LINE_LIMIT);
    enum rc rc = make_ready(sink, reason);
    if (rc != RC_OK) {
        if (reason->length == 0)
            buffer_append_string(reason, rc_sentence(rc));
        close_sink(&sink->base);
        return rc;
    }
    *out = &sink->base;
    return RC_OK;
}

void kafka_sink_counts(const struct sink *base, struct kafka_sink_counts *out,
                       struct kafka_sink_recipient_counts *recipients, size_t capacity)
{
    /* The lock is the only thing that a reader changes. */
    struct kafka_sink *sink = (struct kafka_sink *)(uintptr_t)base;
    pthread_mutex_lock(&sink->lock);
    *out = sink->counts;
    for (size_t i = 0; recipients && i < capacity && i < sink->counts.recipient_count; i++)
        recipients[i] = sink->outputs.recipients[i].counts;
    pthread_mutex_unlock(&sink->lock);
}
