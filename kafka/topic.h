/*
 * What the cluster says of a topic and of us, for `lethe check`. Nothing here changes anything but
 * kafka_try_transactions(), and says so.
 *
 * Result codes as in offsets.h: RC_NOT_FOUND, RC_REFUSED (this user may not), RC_IO (no answer
 * within `timeout_ms`).
 */
#ifndef LETHE_KAFKA_TOPIC_H
#define LETHE_KAFKA_TOPIC_H

#include <stdint.h>

#include "kafka/client.h"
#include "kafka/failure.h"

/* How many brokers the cluster says it has. RC_REFUSED where none lets us in: then the client's
 * last_error says more, and there is no waiting for the time-out. */
LETHE_CHECKED enum rc kafka_broker_count(struct kafka_client *observer, int timeout_ms, int *count);

struct kafka_topic {
    int32_t partitions;
    int32_t leaderless; /* partitions without a leader: nobody can read or write them */
    int32_t replicas;   /* of the partition that has the fewest */
    int32_t in_sync;    /* likewise */

    /* What follows is known where `settings` is RC_OK: to see it needs the right DescribeConfigs,
     * and the embedded broker has none (RC_UNSUPPORTED).
     * Numbers that the broker does not state are KAFKA_UNSTATED. */
    enum rc settings;
    bool compacts, deletes; /* cleanup.policy; both is possible */
    bool unclean_election;  /* unclean.leader.election.enable */
    bool append_time;       /* message.timestamp.type is LogAppendTime */
    int64_t retention_ms;   /* -1: for ever */
    int64_t retention_bytes;
    int64_t segment_ms;
    int64_t delete_retention_ms;
    int64_t max_message_bytes; /* of a batch, as compressed */
    int64_t min_in_sync;       /* min.insync.replicas */
    int64_t oldest_time_ms;    /* message.timestamp.before.max.ms, or difference.max.ms */
};

#define KAFKA_UNSTATED INT64_MIN

LETHE_CHECKED enum rc kafka_topic_describe(struct kafka_client *observer, const char *name,
                                           int timeout_ms, struct kafka_topic *out);

/*
 * May this user read the topic (ACL: Read)? Fetches from the end of partition 0 with a READER, and
 * throws away what comes.
 */
LETHE_CHECKED enum rc kafka_topic_may_read(struct kafka_client *reader, const char *name,
                                           int timeout_ms);

/*
 * May this user see the offsets of the group that the READER was made with (ACL: Describe)? To join
 * it needs Read, which cannot be told without joining, and so without taking partitions from those
 * that are in it. Ask this before anything else of this reader: librdkafka reports a refusal once.
 */
LETHE_CHECKED enum rc kafka_group_may_see(struct kafka_client *reader, const char *topic,
                                          int timeout_ms);

/*
 * Can transactions be had under this id (ACL: Write on TransactionalId), which must be nobody
 * else's? `producer` was made with it. The one side effect: the cluster remembers the id for
 * transactional.id.expiration.ms (7 days by default).
 */
struct kafka_failure kafka_try_transactions(struct kafka_client *producer, int timeout_ms);

#endif
