#include "kafka/assign.h"

/* One request a time on librdkafka's main thread, and one between: after the question in the middle
 * what was assigned before is known to have stopped. */
enum rc kafka_assign(rd_kafka_t *handle, const rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_resp_err_t error = rd_kafka_assign(handle, NULL);
    rd_kafka_topic_partition_list_t *current = NULL;
    if (!error)
        error = rd_kafka_assignment(handle, &current);
    if (current)
        rd_kafka_topic_partition_list_destroy(current);
    if (!error && partitions)
        error = rd_kafka_assign(handle, partitions);
    return error ? RC_IO : RC_OK;
}

void kafka_assign_nothing(rd_kafka_t *handle)
{
    (void)!kafka_assign(handle, NULL);
}
