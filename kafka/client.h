/*
 * One connection to the cluster: a librdkafka handle, configured for the role that it plays.
 *
 * Properties are set in this order, later ones over earlier ones: the role's defaults, the user's
 * (those that this kind of client knows; the others are for another client and are skipped), the
 * module's own, and what exactly-once depends on, which nobody overrides. What property.h refuses
 * is refused here once more. Nobody sets a callback for logs, errors, or sockets but this file.
 *
 *   CONSUMER   a member of the group: read_committed, no commit and no reset of its own, `range`
 *   PRODUCER   transactional
 *   READER     reads partitions that it assigns by hand, read_committed, with PARTITION_EOF events
 *   OBSERVER   reads no messages: high watermarks (read_uncommitted), metadata, descriptions
 *   WRITER     without transactions, each message acknowledged on its own (writer.h)
 *
 * Of a CONSUMER and a READER the main queue is forwarded to the consumer's: one that calls
 * rd_kafka_consumer_poll() serves every callback. The owner of a PRODUCER or WRITER calls
 * rd_kafka_poll(). The functions of offsets.h and topic.h serve an OBSERVER's events themselves.
 *
 * librdkafka's texts may carry bytes of messages. They never get out: its logs become events
 * `kafka_client` with client and facility, its errors `kafka_error` with client and error name.
 */
#ifndef LETHE_KAFKA_CLIENT_H
#define LETHE_KAFKA_CLIENT_H

#include <stdatomic.h>

#include "core/buffer.h"
#include "core/rc.h"
#include "kafka/settings.h"

/* librdkafka's own names for its types: includers that only pass settings need not see it. */
struct rd_kafka_s;
struct rd_kafka_conf_s;

enum kafka_role { KAFKA_CONSUMER, KAFKA_PRODUCER, KAFKA_READER, KAFKA_OBSERVER, KAFKA_WRITER };

const char *kafka_role_name(enum kafka_role role);

/* Longer ones are cut: librdkafka 2.0.2 does not bear every length. */
enum { KAFKA_CLIENT_ID_LIMIT = 64 };

struct kafka_client_options {
    enum kafka_role role;
    const struct kafka_settings *settings;
    /* CONSUMER: required. READER: it never joins, but librdkafka asks who coordinates the group, so
     * let it be one that the user may read; NULL: `lethe.reader`. Otherwise unused. */
    const char *group;
    const char *transactional_id; /* PRODUCER: required; otherwise unused */
    const struct kafka_property *own;
    size_t own_count;
    /* Sets the callbacks of the module (rebalance, delivery reports); may be NULL. librdkafka's
     * opaque is `context`. */
    void (*configure)(struct rd_kafka_conf_s *configuration, void *context);
    void *context;
};

struct kafka_client {
    struct rd_kafka_s *handle;
    enum kafka_role role;
    /*
     * Connections that ended, for whatever reason: request timeouts, disconnects, refused ones. Two
     * equal readings say that no request between them can still be under way on a lost connection.
     * Clients with the same context count each other's.
     */
    _Atomic uint64_t disturbances;
    /* What librdkafka last reported of itself (rd_kafka_resp_err_t), such as _SSL or
     * _AUTHENTICATION; 0: nothing yet. Known once somebody polls. */
    _Atomic int last_error;
    void *context;
    struct kafka_client *next; /* of all clients of the process */
};

/*
 * Makes the client; connects in the background, so an unreachable broker is no error here. On
 * failure *out is NULL and `reason` has one sentence, of names only: RC_CONFIGURATION (a property,
 * or properties that do not fit together), RC_REFUSED or RC_NOT_FOUND (a secret's file; a property
 * that is refused), RC_NO_MEMORY. Secrets are wiped from our memory before it returns.
 */
LETHE_CHECKED enum rc kafka_client_new(const struct kafka_client_options *options,
                                       struct kafka_client **out, struct buffer *reason);

/* What a property of numbers was set to at last; `otherwise` where there is no such property. */
int64_t kafka_client_number(const struct kafka_client *client, const char *property,
                            int64_t otherwise);

/* The name of client->last_error. */
const char *kafka_client_last_error(const struct kafka_client *client);

/*
 * Leaves the group and takes the client down, within `deadline_ms`. Rebalances meanwhile are
 * answered here: the module's callback is not called any more. The owner has destroyed whatever
 * else hangs on the handle: topics, queues, messages, and waits for no delivery report.
 *
 * false: librdkafka did not let go in time; the client stays behind with a thread that waits for
 * it, which is logged, and so must stay the memory that produced messages borrow. NULL is true.
 */
bool kafka_client_free(struct kafka_client *client, int64_t deadline_ms);

#endif
