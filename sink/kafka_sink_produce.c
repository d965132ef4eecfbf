#include <stdarg.h>
#include <stdio.h>

#include "core/time_text.h"
#include "sink/kafka_sink_state.h"
#include "sink/quarantine_file.h"

/*
 * PACKED_SIZE: about what a message of lines holds. PACKED_WINDOW: what lies in messages of lines
 * at a time; then they have to arrive, and their memory is used again, while the lane fills the
 * next batch. OVERHEAD: what a message takes beside its value: the record batch's header (61
 * bytes), the record's own lengths, and headers, whose texts are names from the configuration.
 */
enum {
    PACKED_SIZE = 64 * 1024,
    PACKED_WINDOW = 6 * 1024 * 1024,
    OVERHEAD = 1024,
    QUEUE_WAIT_MS = 100,
    WAIT_STEP_MS = 100,
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_sink *sink = opaque;
    (void)handle;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        sink->acknowledged++;
        return;
    }
    if (sink->lost++ == 0)
        sink->first_lost = kafka_failure_of(message->err, "deliver");
}

void produce_configure(rd_kafka_conf_t *configuration, void *context)
{
    (void)context;
    rd_kafka_conf_set_dr_msg_cb(configuration, on_delivery);
}

/* The longest value that is sure to fit into a message. */
static size_t value_limit(const struct kafka_sink *sink)
{
    size_t limit = sink->options.message_limit;
    return limit > 2 * OVERHEAD ? limit - OVERHEAD : limit / 2;
}

static rd_kafka_resp_err_t hand_over(struct kafka_sink *sink, const struct output_topic *topic,
                                     int32_t partition, struct slice key, struct slice value,
                                     int64_t now, int flags, rd_kafka_headers_t *headers)
{
    int64_t hour = time_floor(now, TIME_HOUR);
    /* librdkafka does not write to what it borrows. */
    void *bytes = (void *)(uintptr_t)value.data;
    if (!headers)
        return rd_kafka_producev(
            sink->client->handle, RD_KAFKA_V_RKT(topic->handle), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_MSGFLAGS(flags), RD_KAFKA_V_KEY(key.data, key.length),
            RD_KAFKA_V_VALUE(bytes, value.length), RD_KAFKA_V_TIMESTAMP(hour), RD_KAFKA_V_END);
    return rd_kafka_producev(sink->client->handle, RD_KAFKA_V_RKT(topic->handle),
                             RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(flags),
                             RD_KAFKA_V_KEY(key.data, key.length),
                             RD_KAFKA_V_VALUE(bytes, value.length), RD_KAFKA_V_TIMESTAMP(hour),
                             RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
}

/* `headers` (may be NULL) is taken over in any case. */
static bool hand_on(struct kafka_sink *sink, const struct output_topic *topic, int32_t partition,
                    struct slice key, struct slice value, int64_t now, int flags,
                    rd_kafka_headers_t *headers, struct kafka_failure *failure)
{
    for (;;) {
        rd_kafka_resp_err_t error =
            hand_over(sink, topic, partition, key, value, now, flags, headers);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
            sink->produced++;
            return true;
        }
        if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL && sink->lost == 0) {
            rd_kafka_poll(sink->client->handle, QUEUE_WAIT_MS);
            continue;
        }
        if (headers)
            rd_kafka_headers_destroy(headers);
        *failure = error == RD_KAFKA_RESP_ERR__QUEUE_FULL ? sink->first_lost
                                                          : kafka_failure_of(error, "produce");
        /* Whether more than this transaction is lost the abort will show. */
        if (error != RD_KAFKA_RESP_ERR__FATAL)
            failure->class = FAILURE_ABORT;
        return false;
    }
}

bool produce_message(struct kafka_sink *sink, const struct output_topic *topic, int32_t partition,
                     struct slice key, struct slice value, int64_t now,
                     struct kafka_failure *failure)
{
    return hand_on(sink, topic, partition, key, value, now, 0, NULL, failure);
}

bool produce_wait(struct kafka_sink *sink, struct kafka_failure *failure)
{
    /* Every message ends in a report, at the latest by its timeout, which is below the
     * transaction's. */
    while (sink->acknowledged + sink->lost < sink->produced && sink->lost == 0)
        rd_kafka_poll(sink->client->handle, WAIT_STEP_MS);
    if (sink->lost == 0)
        return true;
    *failure = sink->first_lost;
    if (failure->class != FAILURE_FATAL || !rd_kafka_fatal_error(sink->client->handle, NULL, 0))
        failure->class = FAILURE_ABORT;
    return false;
}

/* One recipient's rows on their way into messages. */
struct packing {
    struct kafka_sink *sink;
    struct recipient_output *output;
    const struct sink_recipient *to;
    const struct batch *batch;
    int64_t now;
    size_t limit;  /* of a row */
    size_t target; /* of lines */
    unsigned schema;
    size_t begin; /* of the message, in sink->packed */
    uint32_t rows;
    struct epoch_set epochs; /* of the message */
    /* Those of the last message with at most one epoch: most messages have the same. */
    rd_kafka_headers_t *headers;
    unsigned headers_schema;
    uint32_t headers_epoch;
    struct kafka_failure *failure;
};

static void add_header(rd_kafka_headers_t *headers, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_header(rd_kafka_headers_t *headers, const char *name, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length >= (int)sizeof text)
        length = (int)sizeof text - 1;
    if (length > 0)
        rd_kafka_header_add(headers, name, -1, text, length);
}

static rd_kafka_headers_t *make_headers(const struct packing *packing)
{
    const struct sink_description *description = packing->sink->outputs.description;
    const struct sink_schema *schema = &description->schemas[packing->schema];
    rd_kafka_headers_t *headers = rd_kafka_headers_new(4);
    char epochs[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < packing->epochs.count && length < sizeof epochs - 12; i++)
        length += (size_t)snprintf(epochs + length, sizeof epochs - length, "%s%u", i ? "," : "",
                                   packing->epochs.epochs[i]);
    add_header(headers, "lethe.policy", "%.*s/%u", SLICE_FORMAT(description->policy),
               description->policy_version);
    add_header(headers, "lethe.schema", "%.*s/%u", SLICE_FORMAT(schema->name), schema->version);
    add_header(headers, "lethe.epochs", "%s", epochs);
    add_header(headers, "lethe.label", "%s", label_name(description->label));
    return headers;
}

static rd_kafka_headers_t *headers_of(struct packing *packing)
{
    if (packing->epochs.count > 1)
        return make_headers(packing);
    uint32_t epoch = packing->epochs.count == 1 ? packing->epochs.epochs[0] : EPOCH_NONE;
    if (packing->headers && packing->headers_schema == packing->schema &&
        packing->headers_epoch == epoch)
        return rd_kafka_headers_copy(packing->headers);
    if (packing->headers)
        rd_kafka_headers_destroy(packing->headers);
    packing->headers = make_headers(packing);
    packing->headers_schema = packing->schema;
    packing->headers_epoch = epoch;
    return rd_kafka_headers_copy(packing->headers);
}

static int32_t choose_partition(struct packing *packing, struct slice key)
{
    const struct output_topic *topic = &packing->output->topic;
    if (key.length == 0)
        return (int32_t)randomness_below(&packing->output->random, (uint32_t)topic->partitions);
    return rd_kafka_msg_partitioner_murmur2(topic->handle, key.data, key.length, topic->partitions,
                                            NULL, NULL);
}

static bool send_value(struct packing *packing, struct slice key, struct slice value)
{
    bool sent = hand_on(packing->sink, &packing->output->topic, choose_partition(packing, key), key,
                        value, packing->now, 0, headers_of(packing), packing->failure);
    packing->output->schemas[packing->schema].messages += sent;
    epoch_set_reset(&packing->epochs);
    packing->rows = 0;
    return sent;
}

static bool close_lines(struct packing *packing)
{
    struct slice packed = buffer_slice(&packing->sink->packed);
    struct slice value = slice_tail(packed, packing->begin);
    packing->begin = packed.length;
    return packing->rows == 0 || send_value(packing, (struct slice){0}, value);
}

static enum rc count_row(struct packing *packing, const struct row *row)
{
    struct pending_rows *pending = &packing->output->schemas[packing->schema];
    enum rc rc = epoch_set_add(&packing->epochs, row->epoch);
    if (rc == RC_OK)
        rc = epoch_set_add(&pending->epochs, row->epoch);
    pending->rows++;
    pending->bytes += row->length;
    return rc;
}

/* What messages borrow must not move: where the next one would not fit, those before have to have
 * arrived. */
static bool begin_lines(struct packing *packing, const struct row *row)
{
    struct buffer *packed = &packing->sink->packed;
    size_t longest = row->length > packing->target ? row->length : packing->target;
    if (longest <= packing->sink->packed_room - packed->length)
        return true;
    if (!produce_wait(packing->sink, packing->failure))
        return false;
    buffer_truncate(packed, 0);
    packing->begin = 0;
    return true;
}

static enum rc add_line(struct packing *packing, unsigned schema, const struct row *row)
{
    struct buffer *packed = &packing->sink->packed;
    size_t length = packed->length - packing->begin;
    if (packing->rows > 0 &&
        (schema != packing->schema || length + 1 + row->length > packing->target) &&
        !close_lines(packing))
        return RC_AGAIN;
    packing->schema = schema;
    if (packing->rows > 0)
        buffer_append_byte(packed, '\n');
    else if (!begin_lines(packing, row))
        return RC_AGAIN;
    buffer_append(packed, slice_of(packing->batch->rows.data + row->offset, row->length));
    packing->rows++;
    enum rc rc = count_row(packing, row);
    return rc == RC_OK ? buffer_status(packed) : rc;
}

static enum rc send_row(struct packing *packing, unsigned schema, const struct row *row)
{
    const char *rows = packing->batch->rows.data;
    packing->schema = schema;
    enum rc rc = count_row(packing, row);
    if (rc != RC_OK)
        return rc;
    struct slice key = {0};
    if (row->key_length)
        key = slice_of(rows + row->key_offset, row->key_length);
    return send_value(packing, key, slice_of(rows + row->offset, row->length)) ? RC_OK : RC_AGAIN;
}

static enum rc take_row(struct packing *packing, unsigned schema, const struct row *row)
{
    if (row->length + row->key_length > packing->limit) {
        packing->output->too_large++;
        return RC_OK;
    }
    if (packing->to->framing == SINK_FRAMING_LINES && row->key_length == 0)
        return add_line(packing, schema, row);
    return send_row(packing, schema, row);
}

static enum rc take_shuffled(struct packing *packing, size_t recipient)
{
    enum rc rc = RC_OK;
    for (unsigned schema = 0; rc == RC_OK && schema < packing->batch->schema_count; schema++) {
        struct row_group *group = batch_group(packing->batch, recipient, schema);
        rows_shuffle(group->rows, group->count, &packing->output->random);
        for (uint32_t i = 0; rc == RC_OK && i < group->count; i++)
            rc = take_row(packing, schema, &group->rows[i]);
    }
    return rc;
}

/* In the order of the input over all schemas: always the row that lies first. */
static enum rc take_in_order(struct packing *packing, size_t recipient)
{
    const struct batch *batch = packing->batch;
    uint32_t next[256] = {0};
    enum rc rc = batch->schema_count <= sizeof next / sizeof *next ? RC_OK : RC_LIMIT;
    for (uint64_t left = batch_recipient_rows(batch, recipient); rc == RC_OK && left > 0; left--) {
        const struct row *first = NULL;
        unsigned of = 0;
        for (unsigned schema = 0; schema < batch->schema_count; schema++) {
            const struct row_group *group = batch_group(batch, recipient, schema);
            if (next[schema] < group->count &&
                (!first || group->rows[next[schema]].offset < first->offset)) {
                first = &group->rows[next[schema]];
                of = schema;
            }
        }
        if (!first)
            return RC_INTERNAL;
        next[of]++;
        rc = take_row(packing, of, first);
    }
    return rc;
}

static enum rc produce_recipient(struct kafka_sink *sink, struct batch *batch, size_t recipient,
                                 int64_t now, struct kafka_failure *failure)
{
    uint64_t rows = batch_recipient_rows(batch, recipient);
    struct packing packing = {.sink = sink,
                              .output = &sink->outputs.recipients[recipient],
                              .to = &sink->outputs.description->recipients[recipient],
                              .batch = batch,
                              .now = now,
                              .limit = value_limit(sink),
                              .begin = sink->packed.length,
                              .failure = failure};
    packing.target = packing.limit < PACKED_SIZE ? packing.limit : PACKED_SIZE;
    if (!outputs_write_rows(packing.output) || rows == 0)
        return RC_OK;
    if (rows < packing.to->minimum)
        packing.output->below_minimum++;
    enum rc rc = packing.to->keep_order ? take_in_order(&packing, recipient)
                                        : take_shuffled(&packing, recipient);
    if (rc == RC_OK && !close_lines(&packing))
        rc = RC_AGAIN;
    if (packing.headers)
        rd_kafka_headers_destroy(packing.headers);
    epoch_set_release(&packing.epochs);
    return rc;
}

static bool count_sealed(struct pending_quarantine *pending, const char *reason, size_t bytes)
{
    for (enum quarantine_reason i = QUARANTINE_NONE + 1; i < QUARANTINE_REASON_COUNT; i++)
        if (strcmp(reason, quarantine_reason_name(i)) == 0) {
            pending->by_reason[i]++;
            pending->records++;
            pending->bytes += bytes;
            return true;
        }
    return false;
}

static enum rc produce_sealed(struct kafka_sink *sink, const struct batch *batch, int64_t now,
                              struct kafka_failure *failure)
{
    struct randomness random;
    randomness_init(&random, NULL, 0, RANDOMNESS_QUARANTINE_NAMES, 0);
    for (uint32_t i = 0; i < batch->sealed_count; i++) {
        struct sealed_record sealed = batch_sealed(batch, i);
        buffer_reset(&sink->line);
        quarantine_write_line(&sink->line, &sealed);
        if (buffer_status(&sink->line) == RC_NO_MEMORY)
            return RC_NO_MEMORY;
        if (buffer_status(&sink->line) != RC_OK || sink->line.length > value_limit(sink)) {
            sink->pending_quarantine.too_large++;
            continue;
        }
        struct slice line = slice_head(buffer_slice(&sink->line), sink->line.length - 1);
        if (!count_sealed(&sink->pending_quarantine, sealed.reason, line.length))
            return RC_INTERNAL;
        int32_t partition =
            (int32_t)randomness_below(&random, (uint32_t)sink->quarantine.partitions);
        if (!hand_on(sink, &sink->quarantine, partition, (struct slice){0}, line, now,
                     RD_KAFKA_MSG_F_COPY, NULL, failure))
            return RC_AGAIN;
    }
    return RC_OK;
}

/* Room for all lines at once, or for a window of them, in which any row has room. */
static enum rc make_room(struct kafka_sink *sink, const struct batch *batch)
{
    uint64_t bytes = PACKED_SIZE, window = PACKED_WINDOW + value_limit(sink);
    for (size_t i = 0; i < batch->recipient_count; i++)
        for (size_t schema = 0; schema < batch->schema_count; schema++) {
            const struct row_group *group = batch_group(batch, i, schema);
            if (sink->outputs.description->recipients[i].framing == SINK_FRAMING_LINES)
                bytes += group->bytes + group->count;
        }
    buffer_reset(&sink->packed);
    sink->packed_room = bytes < window ? bytes : window;
    if (bytes > PACKED_SIZE)
        buffer_reserve(&sink->packed, sink->packed_room);
    return buffer_status(&sink->packed);
}

enum rc produce_batch(struct kafka_sink *sink, struct batch *batch, int64_t now,
                      struct kafka_failure *failure)
{
    if (batch->sealed_count > 0 && !sink->quarantine.name)
        return RC_INTERNAL;
    enum rc rc = make_room(sink, batch);
    for (size_t i = 0; rc == RC_OK && i < batch->recipient_count; i++)
        rc = produce_recipient(sink, batch, i, now, failure);
    return rc == RC_OK ? produce_sealed(sink, batch, now, failure) : rc;
}
