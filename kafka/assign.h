/*
 * Which partitions a consumer reads. rd_kafka_assign() is called here only, and where a client ends
 * (client.c): in librdkafka 2.0.2 a partition that is assigned again while it is still being
 * stopped, and then taken away, is stopped twice, which aborts the process (rdkafka_assignment.c).
 */
#ifndef LETHE_KAFKA_ASSIGN_H
#define LETHE_KAFKA_ASSIGN_H

#include <librdkafka/rdkafka.h>

#include "core/rc.h"

/* These partitions from these offsets on, and no others; NULL: none. RC_IO where librdkafka
 * refuses. */
LETHE_CHECKED enum rc kafka_assign(rd_kafka_t *handle,
                                   const rd_kafka_topic_partition_list_t *partitions);

/* Reads nothing any more; for where a failure would change nothing. */
void kafka_assign_nothing(rd_kafka_t *handle);

#endif
