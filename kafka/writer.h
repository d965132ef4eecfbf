/*
 * Writes messages, each acknowledged by all in-sync replicas on its own: for the demonstration,
 * which plays the devices and the consent service. What the worker writes goes through sink/.
 *
 * Not shared between threads. Failures are those of offsets.h.
 */
#ifndef LETHE_KAFKA_WRITER_H
#define LETHE_KAFKA_WRITER_H

#include <stdint.h>

#include "core/buffer.h"
#include "kafka/settings.h"

struct kafka_writer;

LETHE_CHECKED enum rc kafka_writer_new(const struct kafka_settings *settings,
                                       struct kafka_writer **out, struct buffer *reason);

/* Takes a copy and returns at once; RC_LIMIT where too much waits for the brokers. */
LETHE_CHECKED enum rc kafka_writer_put(struct kafka_writer *writer, const char *topic,
                                       struct slice key, struct slice value);

/*
 * Waits until everything that was put is acknowledged; RC_IO where something was not within
 * `timeout_ms`. *offset (may be NULL) is that of the last acknowledged message.
 */
LETHE_CHECKED enum rc kafka_writer_flush(struct kafka_writer *writer, int timeout_ms,
                                         int64_t *offset);

/* Acknowledged so far, as of the last flush. */
uint64_t kafka_writer_acknowledged(const struct kafka_writer *writer);

/* What is not acknowledged is forgotten. NULL is nothing. */
void kafka_writer_free(struct kafka_writer *writer);

#endif
