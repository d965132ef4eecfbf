#include "ingest/topic_witness.h"

#include <stdlib.h>

#include "ingest/topic_client.h"
#include "kafka/assign.h"
#include "kafka/client.h"
#include "kafka/offsets.h"

enum { WAKE_TIMEOUT = 100 }; /* milliseconds */

struct topic_witness {
    struct kafka_client *client;
    const char *topic;
    int32_t partitions;
    int32_t open; /* partitions that have not answered */
    int timeout;
    struct topic_question *questions;
    bool *answered;
    int64_t *ends; /* asked for only to wake the client up */
};

/* Little is fetched: the first record of each partition is all that is looked at. */
static const struct kafka_property properties[] = {
    {"fetch.wait.max.ms", "10"},
    {"queued.min.messages", "1"},
    {"max.partition.fetch.bytes", "16384"},
};

enum rc topic_witness_new(const struct compacted_topic_options *options, int32_t partitions,
                          struct topic_witness **out, struct buffer *reason)
{
    const struct kafka_client_options client = {
        .role = KAFKA_READER,
        .settings = options->settings,
        .group = options->group,
        .own = properties,
        .own_count = sizeof properties / sizeof properties[0],
    };
    struct topic_witness *witness = calloc(1, sizeof *witness);
    *out = witness;
    if (!witness)
        return RC_NO_MEMORY;
    witness->topic = options->topic;
    witness->partitions = partitions;
    witness->timeout = (int)options->timeout;
    witness->questions = calloc((size_t)partitions, sizeof *witness->questions);
    witness->answered = calloc((size_t)partitions, sizeof *witness->answered);
    witness->ends = calloc((size_t)partitions, sizeof *witness->ends);
    if (!witness->questions || !witness->answered || !witness->ends)
        return RC_NO_MEMORY;
    return kafka_client_new(&client, &witness->client, reason);
}

void topic_witness_free(struct topic_witness *witness)
{
    if (!witness)
        return;
    kafka_client_free(witness->client, TOPIC_CLOSE_WAIT);
    free(witness->questions);
    free(witness->answered);
    free(witness->ends);
    free(witness);
}

void topic_witness_drop(struct topic_witness *witness)
{
    if (witness->open > 0)
        kafka_assign_nothing(witness->client->handle);
    witness->open = 0;
}

enum rc topic_witness_ask(struct topic_witness *witness, const struct topic_progress *progress)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(progress->count);
    for (int32_t i = 0; i < witness->partitions; i++) {
        topic_question_ask(progress, i, &witness->questions[i]);
        witness->answered[i] = witness->questions[i].begin < 0;
        if (!witness->answered[i])
            rd_kafka_topic_partition_list_add(list, witness->topic, i)->offset =
                witness->questions[i].begin;
    }
    witness->open = list->cnt;
    enum rc rc = list->cnt > 0 ? kafka_assign(witness->client->handle, list) : RC_OK;
    rd_kafka_topic_partition_list_destroy(list);
    if (rc != RC_OK)
        witness->open = 0;
    return rc;
}

static enum topic_fault judge(struct topic_witness *witness, const struct topic_progress *progress,
                              const rd_kafka_message_t *message)
{
    if (message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return topic_fault_of(message->err);
    if (!message->rkt || message->partition < 0 || message->partition >= witness->partitions ||
        witness->answered[message->partition])
        return TOPIC_FAULT_NONE;
    const struct topic_question *question = &witness->questions[message->partition];
    witness->answered[message->partition] = true;
    witness->open--;
    if (message->err)
        return topic_question_end(question, message->offset);
    struct topic_mark mark = topic_mark_of_message(progress->seed, message);
    return topic_question_record(question, &mark);
}

/*
 * librdkafka 2.0.2 does not tell the leader's thread, which may sleep for a second, that there is a
 * partition to fetch; any request to the leader wakes it. When it has to be there is not known, so
 * it is woken as long as there is no answer.
 */
static void wake_up(struct topic_witness *witness)
{
    (void)!kafka_end_offsets(witness->client, witness->topic, witness->partitions, witness->ends,
                             WAKE_TIMEOUT);
}

static enum witness_answer conclude(struct topic_witness *witness, struct topic_progress *progress)
{
    for (int32_t i = 0; i < witness->partitions; i++)
        topic_question_settle(progress, i, &witness->questions[i]);
    return WITNESS_GOOD;
}

enum witness_answer topic_witness_look(struct topic_witness *witness,
                                       struct topic_progress *progress, enum topic_fault *fault)
{
    bool assigned = witness->open > 0;
    rd_kafka_message_t *message;
    *fault = TOPIC_FAULT_NONE;
    while (witness->open > 0 && *fault == TOPIC_FAULT_NONE &&
           (message = rd_kafka_consumer_poll(witness->client->handle, 0)) != NULL) {
        *fault = judge(witness, progress, message);
        rd_kafka_message_destroy(message);
    }
    if (witness->open > 0 && *fault == TOPIC_FAULT_NONE) {
        wake_up(witness);
        return WITNESS_WAITS;
    }
    if (assigned)
        kafka_assign_nothing(witness->client->handle);
    witness->open = 0;
    return *fault == TOPIC_FAULT_NONE ? conclude(witness, progress) : WITNESS_FAULT;
}
