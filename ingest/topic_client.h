/*
 * What a compacted topic's reader and its witness have in common: the errors that the consumer's
 * queue delivers. Internal to compacted_topic.c and topic_witness.c.
 */
#ifndef LETHE_INGEST_TOPIC_CLIENT_H
#define LETHE_INGEST_TOPIC_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "ingest/topic_progress.h"

enum { TOPIC_CLOSE_WAIT = 2000 }; /* milliseconds that a handle may take to close */

/* TOPIC_FAULT_NONE for what the library puts right by itself. */
static inline enum topic_fault topic_fault_of(rd_kafka_resp_err_t error)
{
    switch (error) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        return TOPIC_FAULT_RANGE;
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return TOPIC_FAULT_MISSING;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return TOPIC_FAULT_REFUSED;
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
    case RD_KAFKA_RESP_ERR_INVALID_MSG:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
        return TOPIC_FAULT_DATA;
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE:
        return TOPIC_FAULT_CLIENT;
    default:
        return TOPIC_FAULT_NONE;
    }
}

static inline struct topic_mark topic_mark_of_message(uint64_t seed,
                                                      const rd_kafka_message_t *message)
{
    rd_kafka_timestamp_type_t type;
    return topic_mark_of(seed, message->offset, rd_kafka_message_timestamp(message, &type),
                         slice_of(message->key, message->key ? message->key_len : 0),
                         slice_of(message->payload, message->payload ? message->len : 0));
}

#endif
