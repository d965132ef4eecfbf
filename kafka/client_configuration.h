/* The properties of a client, put together in the order that client.h says. */
#ifndef LETHE_KAFKA_CLIENT_CONFIGURATION_H
#define LETHE_KAFKA_CLIENT_CONFIGURATION_H

#include <librdkafka/rdkafka.h>

#include "kafka/client.h"

/* PRODUCER or WRITER: librdkafka knows two kinds of clients. */
bool client_configuration_is_producer(enum kafka_role role);

/* What client_configuration_make() gives belongs to the caller: rd_kafka_conf_destroy(). */
LETHE_CHECKED enum rc client_configuration_make(const struct kafka_client_options *options,
                                                rd_kafka_conf_t **out, struct buffer *reason);

/*
 * Why librdkafka would not make a client: the properties that its text names, and files that are
 * named by properties and cannot be read. The text itself goes nowhere.
 */
void client_configuration_explain(const struct kafka_settings *settings, const char *text,
                                  rd_kafka_resp_err_t error, struct buffer *reason);

#endif
