/*
 * Who this consumer was in its group when it got its partitions: what fences a zombie (KIP-447).
 *
 * Take it in the rebalance callback when partitions are assigned, and give it to every transaction
 * of that assignment. Never take it at the commit: by then librdkafka may have blanked the member's
 * id, and brokers let a transaction of (-1, "") through without looking whether it is a member.
 */
#ifndef LETHE_KAFKA_MEMBERSHIP_H
#define LETHE_KAFKA_MEMBERSHIP_H

#include "core/rc.h"

struct rd_kafka_s;
struct rd_kafka_consumer_group_metadata_s;

struct group_membership;

/* RC_REFUSED where the consumer has no member id or no generation (now): it is in no group. */
LETHE_CHECKED enum rc group_membership_take(struct rd_kafka_s *consumer,
                                            struct group_membership **out);

/* For rd_kafka_send_offsets_to_transaction(); lives as long as the membership. */
const struct rd_kafka_consumer_group_metadata_s *
group_membership_metadata(const struct group_membership *membership);

/* NULL is nothing. */
void group_membership_free(struct group_membership *membership);

#endif
