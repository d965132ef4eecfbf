#include "kafka/follower.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>

#include "kafka/assign.h"
#include "kafka/client.h"
#include "kafka/failure.h"

enum { CLOSE_MS = 5000, TAKE_LIMIT = 1000 };

struct kafka_follower {
    struct kafka_client *client;
    const char *const *topics;
    size_t count;
    kafka_follower_visitor *visit;
    void *context;
    bool broken;
};

static enum rc begin(struct kafka_follower *follower)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)follower->count);
    for (size_t i = 0; i < follower->count; i++)
        rd_kafka_topic_partition_list_add(list, follower->topics[i], 0)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    enum rc rc = kafka_assign(follower->client->handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return rc;
}

enum rc kafka_follower_new(const struct kafka_settings *settings, const char *const *topics,
                           size_t count, kafka_follower_visitor *visit, void *context,
                           struct kafka_follower **out, struct buffer *reason)
{
    *out = NULL;
    if (count > FOLLOWER_TOPIC_LIMIT)
        return RC_LIMIT;
    struct kafka_follower *follower = calloc(1, sizeof *follower);
    if (!follower)
        return RC_NO_MEMORY;
    *follower = (struct kafka_follower){
        .topics = topics, .count = count, .visit = visit, .context = context};
    struct kafka_client_options options = {.role = KAFKA_READER, .settings = settings};
    enum rc rc = kafka_client_new(&options, &follower->client, reason);
    if (rc == RC_OK)
        rc = begin(follower);
    if (rc == RC_OK)
        *out = follower;
    else
        kafka_follower_free(follower);
    return rc;
}

static void take(struct kafka_follower *follower, const rd_kafka_message_t *message)
{
    const char *name = message->rkt ? rd_kafka_topic_name(message->rkt) : NULL;
    if (message->err) {
        /* The end of a partition, a connection: these pass. */
        follower->broken |= name && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF &&
                            kafka_failure_of(message->err, "").class != FAILURE_RETRY;
        return;
    }
    for (size_t i = 0; name && i < follower->count; i++)
        if (strcmp(follower->topics[i], name) == 0)
            follower->visit(follower->context, i, message->offset,
                            slice_of(message->payload, message->len));
}

enum rc kafka_follower_poll(struct kafka_follower *follower, int wait_ms)
{
    for (int taken = 0; taken < TAKE_LIMIT; taken++) {
        rd_kafka_message_t *message =
            rd_kafka_consumer_poll(follower->client->handle, taken ? 0 : wait_ms);
        if (!message)
            break;
        take(follower, message);
        rd_kafka_message_destroy(message);
    }
    return follower->broken ? RC_IO : RC_OK;
}

void kafka_follower_free(struct kafka_follower *follower)
{
    if (!follower)
        return;
    kafka_client_free(follower->client, CLOSE_MS);
    free(follower);
}
