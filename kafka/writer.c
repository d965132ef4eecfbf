#include "kafka/writer.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "kafka/call.h"

enum { CLOSE_MS = 5000 };

struct kafka_writer {
    struct kafka_client *client;
    uint64_t put, acknowledged, lost;
    int64_t last; /* offset */
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_writer *writer = opaque;
    (void)handle;
    if (message->err) {
        writer->lost++;
        return;
    }
    writer->acknowledged++;
    writer->last = message->offset;
}

static void configure(rd_kafka_conf_t *configuration, void *context)
{
    (void)context;
    rd_kafka_conf_set_dr_msg_cb(configuration, on_delivery);
}

enum rc kafka_writer_new(const struct kafka_settings *settings, struct kafka_writer **out,
                         struct buffer *reason)
{
    *out = NULL;
    struct kafka_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return RC_NO_MEMORY;
    struct kafka_client_options options = {
        .role = KAFKA_WRITER, .settings = settings, .configure = configure, .context = writer};
    enum rc rc = kafka_client_new(&options, &writer->client, reason);
    if (rc == RC_OK)
        *out = writer;
    else
        free(writer);
    return rc;
}

enum rc kafka_writer_put(struct kafka_writer *writer, const char *topic, struct slice key,
                         struct slice value)
{
    void *bytes = (void *)(uintptr_t)value.data;
    rd_kafka_resp_err_t error = rd_kafka_producev(
        writer->client->handle, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key.data, key.length),
        RD_KAFKA_V_VALUE(bytes, value.length), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_END);
    rd_kafka_poll(writer->client->handle, 0);
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return RC_LIMIT;
    writer->put += !error;
    return call_rc(error);
}

enum rc kafka_writer_flush(struct kafka_writer *writer, int timeout_ms, int64_t *offset)
{
    rd_kafka_resp_err_t error = rd_kafka_flush(writer->client->handle, timeout_ms);
    if (offset)
        *offset = writer->last;
    return error || writer->lost > 0 || writer->acknowledged < writer->put ? RC_IO : RC_OK;
}

uint64_t kafka_writer_acknowledged(const struct kafka_writer *writer)
{
    return writer->acknowledged;
}

void kafka_writer_free(struct kafka_writer *writer)
{
    if (!writer)
        return;
    rd_kafka_purge(writer->client->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    /* Left behind, it may still report deliveries to the writer. */
    if (kafka_client_free(writer->client, CLOSE_MS))
        free(writer);
}
