/*
 * Kafka's own properties in a configuration: which may be set, and why others may not.
 *
 * They pass through under librdkafka's names, by allow-list: what is on no list is unknown. Refused
 * by name, with the reason, is what loads or runs code, what weakens TLS, what would break
 * exactly-once, what would put payload into logs, and passwords, which do not belong into a file
 * that is read by many.
 */
#ifndef LETHE_KAFKA_PROPERTY_H
#define LETHE_KAFKA_PROPERTY_H

#include "core/slice.h"

enum property_verdict {
    PROPERTY_UNKNOWN = 0,
    PROPERTY_ALLOWED,
    PROPERTY_REFUSED,
};

/* *reason, where refused: one sentence. Some properties are refused for some values only. */
enum property_verdict property_judge(struct slice name, struct slice value, const char **reason);

/* May this name's value be read from a file, and from nowhere else? */
bool property_is_secret(struct slice name);

/* Which clients know the property; both, where the name is unknown. */
bool property_fits_consumer(struct slice name);
bool property_fits_producer(struct slice name);

/* The name on the lists that is nearest to a misspelt one; or the empty slice. */
struct slice property_nearest(struct slice name);

/*
 * Would these settings send data in clear to another host? `protocol` is security.protocol (empty:
 * the default, plaintext), `brokers` is bootstrap.servers. Loopback is not another host.
 */
bool property_is_plaintext_abroad(struct slice protocol, struct slice brokers);

#endif
