#include "core/clock.h"
#include "core/time_text.h"
#include "sink/kafka_sink_state.h"

struct audit_history kafka_sink_history(const struct kafka_sink *sink)
{
    return (struct audit_history){.settings = sink->options.settings,
                                  .topic = sink->options.audit_topic,
                                  .group = sink->options.group,
                                  .stop = sink->options.stop};
}

static void describe_topics(struct kafka_sink *sink, struct buffer *out)
{
    const struct sink_description *description = sink->outputs.description;
    publication_begin_topics(out);
    for (size_t i = 0; i < description->recipient_count; i++)
        for (size_t schema = 0; schema < description->schema_count; schema++) {
            const struct pending_rows *rows = outputs_rows(&sink->outputs, i, schema);
            struct publication_topic topic = {.recipient = description->recipients[i].name,
                                              .schema = description->schemas[schema].name,
                                              .topic = description->recipients[i].topic,
                                              .rows = rows->rows,
                                              .bytes = rows->bytes,
                                              .messages = rows->messages,
                                              .epochs = &rows->epochs};
            if (rows->rows > 0)
                publication_add_topic(out, &topic);
        }
    struct publication_context context = {
        .group = slice_from_string(sink->options.group),
        .policy = description->policy,
        .policy_version = description->policy_version,
        .label = description->label,
        .consent_offsets = {sink->covered.offsets[0], sink->covered.offsets[1]},
        .consent_partitions = {sink->covered.offset_count[0], sink->covered.offset_count[1]}};
    publication_end_topics(out, &context);
}

static void describe(struct kafka_sink *sink, struct buffer *out)
{
    const struct pending_quarantine *sealed = &sink->pending_quarantine;
    struct publication_quarantine quarantine = {.topic = sink->options.quarantine_topic,
                                                .records = sealed->records,
                                                .stored_bytes = sealed->bytes};
    memcpy(quarantine.by_reason, sealed->by_reason, sizeof quarantine.by_reason);
    buffer_reset(out);
    publication_begin(out, sink->options.lane);
    part_set_describe(&sink->outputs.parts, out);
    publication_add_quarantine(out, sealed->records > 0 ? &quarantine : NULL);
    publication_end(out, sink->covered.ranges, sink->covered.range_count, sink->origins,
                    sink->covered.consent);
    describe_topics(sink, out);
}

/* The next entry of the chain, into sink->entry and on its way. RC_AGAIN: *failure. */
static enum rc send_entry(struct kafka_sink *sink, const char *event, int64_t now,
                          char hash[static AUDIT_HASH_SIZE], struct kafka_failure *failure)
{
    enum rc rc = buffer_status(&sink->members);
    if (rc == RC_OK)
        rc = audit_line_compose(&sink->chain, event, buffer_slice(&sink->members), now,
                                &sink->entry, hash);
    if (rc == RC_OK && sink->entry.length > sink->options.message_limit)
        rc = RC_LIMIT;
    if (rc != RC_OK)
        return rc;
    bool sent = produce_message(sink, &sink->audit, sink->audit_partition, sink->chain.id,
                                buffer_slice(&sink->entry), now, failure);
    return sent ? RC_OK : RC_AGAIN;
}

static void forget(struct kafka_sink *sink, bool committed)
{
    outputs_settle(sink, committed);
    covered_reset(&sink->covered);
}

enum rc undo(struct kafka_sink *sink, enum kafka_sink_abort why)
{
    enum rc rc = transaction_abort(sink, why);
    part_set_discard(&sink->outputs.parts);
    forget(sink, false);
    return rc == RC_OK ? RC_AGAIN : rc;
}

/* Nobody knows whether it was committed: what was prepared stays for recovery. */
static enum rc give_up(struct kafka_sink *sink)
{
    part_set_abandon(&sink->outputs.parts);
    forget(sink, false);
    pthread_mutex_lock(&sink->lock);
    sink->counts.uncertain = true;
    pthread_mutex_unlock(&sink->lock);
    return RC_IO;
}

static enum rc commit(struct kafka_sink *sink, const struct commit_context *context,
                      struct kafka_failure *failure)
{
    bool uncertain = false;
    if (produce_wait(sink, failure) &&
        transaction_commit(sink, context->membership, failure, &uncertain))
        return RC_OK;
    kafka_failure_log(failure, "producer");
    if (uncertain)
        return give_up(sink);
    enum rc rc = undo(sink, transaction_abort_reason(failure));
    return failure->class == FAILURE_FATAL ? RC_IO : rc;
}

/* Parts prepared and the entry on its way. Whatever fails here, nothing was committed. */
static enum rc prepare(struct kafka_sink *sink, const struct commit_context *context,
                       char hash[static AUDIT_HASH_SIZE])
{
    struct kafka_failure failure = {0};
    enum rc rc = part_set_prepare(&sink->outputs.parts, context->now);
    if (rc != RC_OK) {
        enum rc undone = undo(sink, KAFKA_SINK_ABORT_FILES);
        return undone == RC_AGAIN ? rc : undone;
    }
    describe(sink, &sink->members);
    rc = send_entry(sink, PUBLICATION_EVENT, context->now, hash, &failure);
    if (rc == RC_AGAIN)
        return undo(sink, transaction_abort_reason(&failure));
    if (rc != RC_OK) {
        enum rc undone = undo(sink, KAFKA_SINK_ABORT_OTHER);
        return undone == RC_AGAIN ? rc : undone;
    }
    return RC_OK;
}

const int64_t kafka_sink_bucket_ms[KAFKA_SINK_BUCKETS] = {
    10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, INT64_MAX};

static void count_publication(struct kafka_sink *sink)
{
    int64_t nanoseconds = sink->commit_ns;
    unsigned bucket = 0;
    while (nanoseconds / 1000000 >= kafka_sink_bucket_ms[bucket] && bucket < KAFKA_SINK_BUCKETS - 1)
        bucket++;
    pthread_mutex_lock(&sink->lock);
    sink->counts.transactions++;
    sink->counts.commit_buckets[bucket]++;
    sink->counts.commit_ns += nanoseconds;
    sink->counts.chain_entries = sink->chain.entries;
    pthread_mutex_unlock(&sink->lock);
}

enum rc publish(struct kafka_sink *sink, const struct commit_context *context,
                struct commit_outcome *outcome)
{
    char hash[AUDIT_HASH_SIZE];
    struct kafka_failure failure = {0};
    if (sink->covered.opened == TIME_NONE)
        return RC_OK;
    size_t range_count = sink->covered.range_count;
    /* Output without its offsets would be made a second time. */
    if (range_count > 0 && !context->membership) {
        enum rc undone = undo(sink, KAFKA_SINK_ABORT_OTHER);
        return undone == RC_AGAIN ? RC_INTERNAL : undone;
    }
    enum rc rc = prepare(sink, context, hash);
    if (rc == RC_OK)
        rc = commit(sink, context, &failure);
    if (rc != RC_OK)
        return rc;
    audit_chain_advance(&sink->chain, hash);
    *outcome = (struct commit_outcome){true, sink->covered.ranges, range_count};
    /* Committed: what cannot be renamed now is published by recovery, at the next start. */
    rc = part_set_publish(&sink->outputs.parts);
    forget(sink, true);
    count_publication(sink);
    return rc;
}

/* A transaction of its own: whatever happens later, the audit reaches back to this lane's start. */
static enum rc begin_chain(struct kafka_sink *sink, struct buffer *reason)
{
    char hash[AUDIT_HASH_SIZE];
    struct kafka_failure failure = {0};
    struct commit_context context = {.now = clock_now(NULL)};
    buffer_reset(&sink->members);
    buffer_append_string(&sink->members, "\"group\":");
    json_write_string(&sink->members, slice_from_string(sink->options.group));
    buffer_append_string(&sink->members, ",\"version\":");
    json_write_string(&sink->members, slice_from_string(sink->options.version));
    enum rc rc = transaction_begin(sink);
    if (rc == RC_OK)
        rc = send_entry(sink, "chain_begins", context.now, hash, &failure);
    if (rc == RC_OK)
        rc = commit(sink, &context, &failure);
    if (rc == RC_OK)
        audit_chain_advance(&sink->chain, hash);
    else
        buffer_append_format(reason, "topic %s: the audit's chain cannot begin: %s",
                             sink->options.audit_topic,
                             failure.name ? failure.name : rc_sentence(rc));
    return rc == RC_AGAIN ? RC_IO : rc;
}

enum rc chain_resume(struct kafka_sink *sink, audit_entry_visitor *visit, void *context,
                     bool *begun, struct buffer *reason)
{
    struct audit_history history = kafka_sink_history(sink);
    enum rc rc = audit_chain_find(&history, slice_from_string(sink->options.transactional_id),
                                  &sink->chain, visit, context, reason);
    *begun = rc == RC_NOT_FOUND && reason->length == 0; /* else it is the topic that is missing */
    return *begun ? begin_chain(sink, reason) : rc;
}
