/* The source's client: its properties, and what it subscribes to. */
#include "ingest/kafka_source_state.h"

const char *kafka_source_receive_limit(const struct kafka_settings *settings)
{
    const char *limit = kafka_settings_value(settings, "receive.message.max.bytes");
    return limit ? limit : "67108864";
}

static void configure(rd_kafka_conf_t *configuration, void *context)
{
    (void)context;
    rd_kafka_conf_set_rebalance_cb(configuration, kafka_assignment_note);
}

static enum rc subscribe(struct kafka_source *source, struct buffer *reason)
{
    rd_kafka_topic_partition_list_t *topics =
        rd_kafka_topic_partition_list_new((int)source->topic_count);
    for (size_t i = 0; i < source->topic_count; i++)
        rd_kafka_topic_partition_list_add(topics, source->topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(source->handle, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (error) {
        buffer_append_format(reason, "the topics cannot be subscribed to (%s)",
                             rd_kafka_err2name(error));
        return RC_CONFIGURATION;
    }
    return RC_OK;
}

enum rc kafka_source_connect(struct kafka_source *source,
                             const struct kafka_source_options *options, struct buffer *reason)
{
    /* A lane is slower than a fetch, so what waits for it need not be much. The user's own win. */
    static const struct kafka_property defaults[] = {
        {"fetch.max.bytes", "4194304"},
        {"queued.max.messages.kbytes", "4096"},
    };
    struct kafka_property own[sizeof defaults / sizeof *defaults + 5];
    size_t count = 0;
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        if (!kafka_settings_value(options->settings, defaults[i].name))
            own[count++] = defaults[i];
    }
    own[count++] = (struct kafka_property){"receive.message.max.bytes",
                                           kafka_source_receive_limit(options->settings)};
    own[count++] = (struct kafka_property){"check.crcs", "true"};
    own[count++] = (struct kafka_property){"enable.partition.eof", "true"};
    if (options->instance)
        own[count++] = (struct kafka_property){"client.id", options->instance};
    if (options->member)
        own[count++] = (struct kafka_property){"group.instance.id", options->member};
    struct kafka_client_options client = {
        .role = KAFKA_CONSUMER,
        .settings = options->settings,
        .group = options->group,
        .own = own,
        .own_count = count,
        .configure = configure,
        .context = source,
    };
    enum rc rc = kafka_client_new(&client, &source->client, reason);
    if (rc != RC_OK)
        return rc;
    source->handle = source->client->handle;
    source->queue = rd_kafka_queue_get_consumer(source->handle);
    /* The default, or the user's; 0: nothing is woken up. */
    source->prefetch = (uint32_t)kafka_client_number(source->client, "queued.min.messages", 0);
    return subscribe(source, reason);
}
