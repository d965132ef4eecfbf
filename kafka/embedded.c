#include "kafka/embedded.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

#include "core/slice.h"
#include "kafka/client.h"

struct embedded_broker {
    rd_kafka_t *host; /* the mock cluster lives in a client, which itself connects to nothing */
    rd_kafka_mock_cluster_t *cluster;
};

/* What it says is about its own connections; its clients say the same from their side. */
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    (void)handle;
    (void)level;
    (void)facility;
    (void)text;
}

static enum rc start(struct embedded_broker *broker, const struct embedded_topic *topics,
                     size_t count)
{
    char text[512];
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(configuration, on_log);
    broker->host = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, text, sizeof text);
    if (!broker->host) {
        rd_kafka_conf_destroy(configuration);
        return RC_INTERNAL;
    }
    broker->cluster = rd_kafka_mock_cluster_new(broker->host, 1);
    if (!broker->cluster)
        return RC_IO;
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_mock_topic_create(broker->cluster, topics[i].name, topics[i].partitions, 1))
            return RC_EXISTS;
    return RC_OK;
}

enum rc embedded_broker_start(const struct embedded_topic *topics, size_t count,
                              struct embedded_broker **out)
{
    *out = NULL;
    struct embedded_broker *broker = calloc(1, sizeof *broker);
    if (!broker)
        return RC_NO_MEMORY;
    enum rc rc = start(broker, topics, count);
    if (rc != RC_OK)
        embedded_broker_stop(broker);
    else
        *out = broker;
    return rc;
}

const char *embedded_broker_address(const struct embedded_broker *broker)
{
    return rd_kafka_mock_cluster_bootstraps(broker->cluster);
}

rd_kafka_mock_cluster_t *embedded_broker_cluster(const struct embedded_broker *broker)
{
    return broker->cluster;
}

/* Ids of real clusters are 22 characters of base64, or an operator's choice. */
bool embedded_is(const struct kafka_client *client, int timeout_ms)
{
    char *id = rd_kafka_clusterid(client->handle, timeout_ms);
    bool is = id && slice_starts_with(slice_from_string(id), SLICE("mockCluster"));
    rd_kafka_mem_free(client->handle, id);
    return is;
}

void embedded_broker_stop(struct embedded_broker *broker)
{
    if (!broker)
        return;
    if (broker->cluster)
        rd_kafka_mock_cluster_destroy(broker->cluster);
    if (broker->host)
        rd_kafka_destroy(broker->host);
    free(broker);
}
