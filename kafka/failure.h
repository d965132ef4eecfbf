/*
 * What a failed call to Kafka means for a transaction: one class, and names to report it by.
 *
 * The classes are those of librdkafka's transactional producer (rdkafka.h, "Transactional producer
 * API"; KIP-98, KIP-447), in the order in which they are asked for: a fatal error is fatal whatever
 * else it is. What is none of them is fatal, as the header there says.
 */
#ifndef LETHE_KAFKA_FAILURE_H
#define LETHE_KAFKA_FAILURE_H

#include <stdbool.h>

struct rd_kafka_error_s;

enum failure_class {
    FAILURE_NONE = 0,
    FAILURE_RETRY, /* the same call, with the same arguments, again */
    FAILURE_ABORT, /* abort the transaction, rewind, go on */
    FAILURE_FATAL, /* make producer and consumer anew, after a while */
};

const char *failure_class_name(enum failure_class class);

struct kafka_failure {
    enum failure_class class;
    const char *operation; /* a word of ours, such as `commit` */
    const char *name;      /* rd_kafka_err2name(); never a text of librdkafka */
    int code;              /* rd_kafka_resp_err_t */
};

/* Of a call that returns an error object. Destroys it. NULL is FAILURE_NONE. */
struct kafka_failure kafka_failure_take(struct rd_kafka_error_s *error, const char *operation);

/*
 * Of a call that returns only a code (rd_kafka_resp_err_t): produce, flush, a delivery report, an
 * element of a list of partitions. The classes then are ours, from a table; what is not in it is
 * fatal.
 */
struct kafka_failure kafka_failure_of(int code, const char *operation);

/* Did another producer take this one's transactional id (or seem to: librdkafka #3928)? A
 * configuration error only where it happens again and again. */
bool kafka_failure_is_fence(const struct kafka_failure *failure);

/* One `kafka_failure` event with operation, class, and name. Nothing for FAILURE_NONE. */
void kafka_failure_log(const struct kafka_failure *failure, const char *client);

#endif
