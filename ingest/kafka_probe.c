#include "ingest/kafka_probe.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "core/buffer.h"
#include "core/clock.h"
#include "ingest/kafka_source_state.h"
#include "kafka/client.h"
#include "kafka/offsets.h"

enum {
    REASON_SIZE = 256,
    CLOSE_TIME = 1000,     /* ms */
    CALL_TIME = 1000,      /* ms */
    ASK_AGAIN = 5000,      /* ms without an answer */
    NANOSECONDS = 1000000, /* of a millisecond */
};

struct kafka_probe {
    struct kafka_client *client;
    char *topic;
    int32_t partition;
    int64_t from;
    struct batch_search search;
    bool has_end;
    bool asked;
    int64_t asked_at;
};

enum rc kafka_probe_new(const struct kafka_settings *settings, const char *group, const char *topic,
                        int32_t partition, int64_t from, struct kafka_probe **out)
{
    *out = NULL;
    struct kafka_probe *probe = calloc(1, sizeof *probe);
    if (!probe)
        return RC_NO_MEMORY;
    probe->topic = strdup(topic);
    if (!probe->topic) {
        free(probe);
        return RC_NO_MEMORY;
    }
    probe->partition = partition;
    probe->from = from;
    /* Little is fetched at a time; but the bound of a batch is the source's, so that both judge
     * alike. */
    struct kafka_property own[] = {
        {"queued.min.messages", "1"},
        {"queued.max.messages.kbytes", "1024"},
        {"fetch.message.max.bytes", "65536"},
        {"fetch.max.bytes", "1048576"},
        {"fetch.error.backoff.ms", "2"}, /* stays with the partition when it is assigned anew */
        {"check.crcs", "true"},
        {"receive.message.max.bytes", kafka_source_receive_limit(settings)},
    };
    struct kafka_client_options options = {
        .role = KAFKA_READER,
        .settings = settings,
        .group = group,
        .own = own,
        .own_count = sizeof own / sizeof *own,
    };
    struct buffer reason;
    buffer_init(&reason, REASON_SIZE);
    enum rc rc = kafka_client_new(&options, &probe->client, &reason);
    buffer_release(&reason);
    if (rc != RC_OK) {
        kafka_probe_free(probe);
        return rc;
    }
    *out = probe;
    return RC_OK;
}

/* A batch that a reader of committed messages has met stands before the last stable offset. */
static enum rc find_end(struct kafka_probe *probe)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *one =
        rd_kafka_topic_partition_list_add(list, probe->topic, probe->partition);
    one->offset = RD_KAFKA_OFFSET_END;
    rd_kafka_resp_err_t error = kafka_offsets_for_times(probe->client->handle, list, CALL_TIME);
    int64_t end = one->offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (error || end < 0)
        return RC_AGAIN;
    batch_search_start(&probe->search, probe->from, end);
    probe->has_end = true;
    return RC_OK;
}

static enum rc ask(struct kafka_probe *probe)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, probe->topic, probe->partition)->offset =
        probe->search.at;
    enum rc rc = kafka_assign(probe->client->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    probe->asked = rc == RC_OK;
    probe->asked_at = clock_monotonic_ns();
    return rc;
}

static enum search_verdict take(struct kafka_probe *probe, const rd_kafka_message_t *message)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: /* there is nothing; the source finds out more */
        probe->asked = false;
        return batch_search_readable(&probe->search);
    default:
        break;
    }
    if (kafka_poison_kind(message->err) == KAFKA_HALT_NONE)
        return SEARCH_GOES_ON; /* the connection; the same question still stands */
    probe->asked = false;
    bool trusted = message->err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION ||
                   message->err == RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED;
    return batch_search_unreadable(&probe->search, trusted ? message->offset : -1);
}

enum rc kafka_probe_step(struct kafka_probe *probe, int64_t wait, int64_t *end)
{
    if (!probe->has_end) {
        enum rc rc = find_end(probe);
        if (rc != RC_OK)
            return rc;
    }
    bool late = clock_monotonic_ns() - probe->asked_at > (int64_t)ASK_AGAIN * NANOSECONDS;
    if (!probe->asked || late) {
        enum rc rc = ask(probe);
        if (rc != RC_OK)
            return rc;
    }
    rd_kafka_message_t *message = rd_kafka_consumer_poll(probe->client->handle, (int)wait);
    if (!message)
        return RC_AGAIN;
    enum search_verdict verdict = take(probe, message);
    rd_kafka_message_destroy(message);
    if (verdict == SEARCH_GOES_ON)
        return RC_AGAIN;
    *end = verdict == SEARCH_FOUND ? probe->search.good : probe->from;
    return RC_OK;
}

void kafka_probe_free(struct kafka_probe *probe)
{
    if (!probe)
        return;
    kafka_client_free(probe->client, CLOSE_TIME);
    free(probe->topic);
    free(probe);
}
