/*
 * Reads partition 0 of some topics from their first message on and follows them, read_committed: as
 * a recipient would, for the demonstration. What the worker reads comes through ingest/.
 *
 * Not shared between threads. An error of a partition that does not pass ends the following: poll
 * says RC_IO from then on, so nothing is skipped unnoticed.
 */
#ifndef LETHE_KAFKA_FOLLOWER_H
#define LETHE_KAFKA_FOLLOWER_H

#include <stdint.h>

#include "core/buffer.h"
#include "kafka/settings.h"

enum { FOLLOWER_TOPIC_LIMIT = 16 };

struct kafka_follower;

/* `topic`: index into those given. The bytes are valid during the call. */
typedef void kafka_follower_visitor(void *context, size_t topic, int64_t offset,
                                    struct slice value);

/* Everything but the settings is borrowed until kafka_follower_free. */
LETHE_CHECKED enum rc kafka_follower_new(const struct kafka_settings *settings,
                                         const char *const *topics, size_t count,
                                         kafka_follower_visitor *visit, void *context,
                                         struct kafka_follower **out, struct buffer *reason);

/* Waits at most `wait_ms` for the first message and takes what is there. */
LETHE_CHECKED enum rc kafka_follower_poll(struct kafka_follower *follower, int wait_ms);

/* NULL is nothing. */
void kafka_follower_free(struct kafka_follower *follower);

#endif
