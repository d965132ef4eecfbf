#include "sink/audit_reader.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/time_text.h"
#include "kafka/assign.h"
#include "kafka/failure.h"
#include "kafka/offsets.h"

enum { POLL_MS = 100, CLOSE_MS = 2000, PARTITION_LIMIT = 100000 };

static enum rc fail(struct audit_reader *reader, enum rc rc, const char *why)
{
    buffer_append_format(reader->reason, "topic %s: %s", reader->history->topic, why);
    return rc;
}

static bool is_stopped(const struct audit_reader *reader)
{
    return reader->history->stop && atomic_load(reader->history->stop);
}

static enum rc connect_clients(struct audit_reader *reader)
{
    struct kafka_client_options options = {.role = KAFKA_OBSERVER,
                                           .settings = reader->history->settings,
                                           .group = reader->history->group};
    enum rc rc = kafka_client_new(&options, &reader->observer, reader->reason);
    options.role = KAFKA_READER;
    if (rc == RC_OK)
        rc = kafka_client_new(&options, &reader->reader, reader->reason);
    return rc;
}

/* In short steps, so that a stop is heard. */
static enum rc count_partitions(struct audit_reader *reader)
{
    enum rc rc = RC_IO;
    for (int waited = 0; rc == RC_IO && waited < AUDIT_READER_PATIENCE_MS; waited += 1000) {
        if (is_stopped(reader))
            return RC_END;
        rc = kafka_partition_count(reader->observer, reader->history->topic, 1000,
                                   &reader->partitions);
    }
    if (rc == RC_OK && (reader->partitions < 1 || reader->partitions > PARTITION_LIMIT))
        rc = RC_LIMIT;
    return rc == RC_OK ? RC_OK : fail(reader, rc, rc_sentence(rc));
}

enum rc audit_reader_look(struct audit_reader *reader)
{
    const char *topic = reader->history->topic;
    int32_t partitions;
    enum rc rc =
        kafka_partition_count(reader->observer, topic, AUDIT_READER_PATIENCE_MS, &partitions);
    if (rc == RC_OK && partitions != reader->partitions)
        return fail(reader, RC_CORRUPT, "its number of partitions was changed");
    /* Start last: what is deleted meanwhile is then not asked for. */
    if (rc == RC_OK)
        rc = kafka_end_offsets(reader->observer, topic, partitions, reader->end,
                               AUDIT_READER_PATIENCE_MS);
    if (rc == RC_OK)
        rc = kafka_start_offsets(reader->observer, topic, partitions, reader->start,
                                 AUDIT_READER_PATIENCE_MS);
    return rc == RC_OK ? RC_OK : fail(reader, rc, rc_sentence(rc));
}

enum rc audit_reader_open(struct audit_reader *reader, const struct audit_history *history,
                          struct buffer *reason)
{
    *reader = (struct audit_reader){.history = history, .reason = reason};
    arena_init(&reader->arena, AUDIT_TREE_LIMIT);
    enum rc rc = connect_clients(reader);
    if (rc == RC_OK)
        rc = count_partitions(reader);
    if (rc == RC_OK) {
        size_t count = (size_t)reader->partitions;
        reader->start = calloc(count, sizeof *reader->start);
        reader->end = calloc(count, sizeof *reader->end);
        reader->from = calloc(count, sizeof *reader->from);
        rc =
            reader->start && reader->end && reader->from ? audit_reader_look(reader) : RC_NO_MEMORY;
    }
    if (rc != RC_OK)
        audit_reader_close(reader);
    return rc;
}

void audit_reader_close(struct audit_reader *reader)
{
    kafka_client_free(reader->reader, CLOSE_MS);
    kafka_client_free(reader->observer, CLOSE_MS);
    arena_release(&reader->arena);
    free(reader->start);
    free(reader->end);
    free(reader->from);
    *reader = (struct audit_reader){0};
}

static rd_kafka_topic_partition_list_t *list_of(const struct audit_reader *reader, int64_t since)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(reader->partitions);
    for (int32_t i = 0; list && i < reader->partitions; i++)
        if (since != TIME_NONE || reader->from[i] < reader->end[i])
            rd_kafka_topic_partition_list_add(list, reader->history->topic, i)->offset =
                since != TIME_NONE ? since : reader->from[i];
    return list;
}

enum rc audit_reader_seek(struct audit_reader *reader, int64_t since)
{
    rd_kafka_topic_partition_list_t *list = list_of(reader, since < 0 ? 0 : since);
    if (!list)
        return RC_NO_MEMORY;
    rd_kafka_resp_err_t error =
        kafka_offsets_for_times(reader->observer->handle, list, AUDIT_READER_PATIENCE_MS);
    for (int i = 0; !error && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *one = &list->elems[i];
        /* Negative: nothing is as young as that. */
        int64_t from = one->offset < 0 ? reader->end[one->partition] : one->offset;
        if (from < reader->start[one->partition])
            from = reader->start[one->partition];
        reader->from[one->partition] = from;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return error ? fail(reader, RC_IO, rd_kafka_err2name(error)) : RC_OK;
}

struct reading {
    struct audit_reader *reader;
    audit_entry_visitor *visit;
    void *context;
    int32_t left;  /* partitions that have not been read to their end */
    bool *done;    /* by partition */
    bool stopped;  /* by the visitor */
    int64_t moved; /* when anything came last */
};

static void note_position(struct reading *reading, int32_t partition, int64_t next)
{
    struct audit_reader *reader = reading->reader;
    reading->moved = clock_monotonic_ms();
    if (partition < 0 || partition >= reader->partitions || reading->done[partition] ||
        next < reader->end[partition])
        return;
    reading->done[partition] = true;
    reading->left--;
}

static enum rc take_message(struct reading *reading, const rd_kafka_message_t *message)
{
    struct audit_reader *reader = reading->reader;
    struct audit_entry entry;
    /* What was written after we looked is not part of this reading. */
    if (message->offset >= reader->end[message->partition])
        return RC_OK;
    struct slice line = slice_of(message->payload, message->len);
    arena_reset(&reader->arena);
    enum rc rc = audit_line_read(line, &reader->arena, &entry);
    if (rc == RC_OK && entry.chain.length == 0)
        rc = RC_CORRUPT;
    if (rc == RC_CORRUPT)
        buffer_append_format(reader->reason,
                             "topic %s, partition %ld, offset %lld: this is no "
                             "entry of an audit",
                             reader->history->topic, (long)message->partition,
                             (long long)message->offset);
    if (rc == RC_OK &&
        !reading->visit(reading->context, message->partition, message->offset, &entry))
        reading->stopped = true;
    return rc;
}

static enum rc take_event(struct reading *reading, const rd_kafka_message_t *message)
{
    enum rc rc = RC_OK;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        note_position(reading, message->partition, message->offset);
    } else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rc = take_message(reading, message);
        note_position(reading, message->partition, message->offset + 1);
    } else if (kafka_failure_of(message->err, "read").class == FAILURE_FATAL) {
        rc = fail(reading->reader, RC_IO, rd_kafka_err2name(message->err));
    }
    return rc;
}

static enum rc poll_until_done(struct reading *reading)
{
    struct audit_reader *reader = reading->reader;
    enum rc rc = RC_OK;
    reading->moved = clock_monotonic_ms();
    while (rc == RC_OK && reading->left > 0 && !reading->stopped) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader->reader->handle, POLL_MS);
        if (message) {
            rc = take_event(reading, message);
            rd_kafka_message_destroy(message);
        } else if (is_stopped(reader)) {
            rc = RC_END;
        } else if (clock_monotonic_ms() - reading->moved > AUDIT_READER_PATIENCE_MS) {
            rc = fail(reader, RC_IO, "no answer, or a transaction that does not end holds it back");
        }
    }
    return rc;
}

enum rc audit_reader_read(struct audit_reader *reader, audit_entry_visitor *visit, void *context)
{
    struct reading reading = {.reader = reader, .visit = visit, .context = context};
    rd_kafka_topic_partition_list_t *list = list_of(reader, TIME_NONE);
    reading.done = calloc((size_t)reader->partitions, sizeof *reading.done);
    enum rc rc = list && reading.done ? RC_OK : RC_NO_MEMORY;
    if (rc == RC_OK)
        reading.left = list->cnt;
    if (rc == RC_OK && list->cnt > 0) {
        rc = kafka_assign(reader->reader->handle, list);
        rc = rc != RC_OK ? fail(reader, rc, "it cannot be assigned") : poll_until_done(&reading);
        kafka_assign_nothing(reader->reader->handle);
    }
    free(reading.done);
    if (list)
        rd_kafka_topic_partition_list_destroy(list);
    return rc;
}
