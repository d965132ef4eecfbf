#include "kafka/property.h"

#include "core/diagnostics.h"

#define RUNS_CODE    "it loads or runs code"
#define WEAKENS_TLS  "it weakens TLS"
#define BREAKS_ONCE  "the worker sets it itself: exactly-once depends on it"
#define LEAKS        "it would write parts of messages into logs"
#define HIDES_DAMAGE "damaged records, of consent too, would be taken for good ones"
#define IS_SECRET    "a secret does not belong into this file"

static const struct {
    const char *name;
    const char *reason; /* NULL: allowed */
    const char *only;   /* the one value that is allowed all the same, or NULL */
} properties[] = {
    {"bootstrap.servers", NULL, NULL},
    {"client.id", NULL, NULL},
    {"client.rack", NULL, NULL},
    {"group.instance.id", NULL, NULL},
    {"security.protocol", NULL, NULL},
    {"ssl.ca.location", NULL, NULL},
    {"ssl.certificate.location", NULL, NULL},
    {"ssl.key.location", NULL, NULL},
    {"ssl.keystore.location", NULL, NULL},
    {"ssl.crl.location", NULL, NULL},
    {"ssl.cipher.suites", NULL, NULL},
    {"ssl.curves.list", NULL, NULL},
    {"ssl.sigalgs.list", NULL, NULL},
    {"sasl.mechanism", NULL, NULL},
    {"sasl.mechanisms", NULL, NULL},
    {"sasl.username", NULL, NULL},
    {"broker.address.family", NULL, NULL},
    {"broker.address.ttl", NULL, NULL},
    {"socket.timeout.ms", NULL, NULL},
    {"socket.keepalive.enable", NULL, NULL},
    {"socket.nagle.disable", NULL, NULL},
    {"socket.send.buffer.bytes", NULL, NULL},
    {"socket.receive.buffer.bytes", NULL, NULL},
    {"socket.connection.setup.timeout.ms", NULL, NULL},
    {"connections.max.idle.ms", NULL, NULL},
    {"reconnect.backoff.ms", NULL, NULL},
    {"reconnect.backoff.max.ms", NULL, NULL},
    {"retry.backoff.ms", NULL, NULL},
    {"metadata.max.age.ms", NULL, NULL},
    {"topic.metadata.refresh.interval.ms", NULL, NULL},
    {"session.timeout.ms", NULL, NULL},
    {"heartbeat.interval.ms", NULL, NULL},
    {"max.poll.interval.ms", NULL, NULL},
    {"transaction.timeout.ms", NULL, NULL},
    {"message.max.bytes", NULL, NULL},
    {"receive.message.max.bytes", NULL, NULL},
    {"fetch.wait.max.ms", NULL, NULL},
    {"fetch.min.bytes", NULL, NULL},
    {"fetch.max.bytes", NULL, NULL},
    {"fetch.message.max.bytes", NULL, NULL},
    {"max.partition.fetch.bytes", NULL, NULL},
    {"fetch.error.backoff.ms", NULL, NULL},
    {"queued.min.messages", NULL, NULL},
    {"queued.max.messages.kbytes", NULL, NULL},
    {"linger.ms", NULL, NULL},
    {"queue.buffering.max.ms", NULL, NULL},
    {"queue.buffering.max.messages", NULL, NULL},
    {"queue.buffering.max.kbytes", NULL, NULL},
    {"batch.num.messages", NULL, NULL},
    {"batch.size", NULL, NULL},
    {"compression.codec", NULL, NULL},
    {"compression.type", NULL, NULL},
    {"compression.level", NULL, NULL},
    {"statistics.interval.ms", NULL, NULL},
    {"plugin.library.paths", RUNS_CODE, NULL},
    {"sasl.kerberos.kinit.cmd", RUNS_CODE, NULL},
    {"ssl.engine.location", RUNS_CODE, NULL},
    {"ssl.providers", RUNS_CODE, NULL},
    {"interceptors", RUNS_CODE, NULL},
    {"enable.ssl.certificate.verification", WEAKENS_TLS, "true"},
    {"ssl.endpoint.identification.algorithm", WEAKENS_TLS, "https"},
    {"check.crcs", HIDES_DAMAGE, "true"},
    {"enable.auto.commit", BREAKS_ONCE, NULL},
    {"enable.auto.offset.store", BREAKS_ONCE, NULL},
    {"auto.commit.interval.ms", BREAKS_ONCE, NULL},
    {"auto.offset.reset", BREAKS_ONCE, NULL},
    {"isolation.level", BREAKS_ONCE, NULL},
    {"enable.idempotence", BREAKS_ONCE, NULL},
    {"enable.gapless.guarantee", BREAKS_ONCE, NULL},
    {"acks", BREAKS_ONCE, NULL},
    {"request.required.acks", BREAKS_ONCE, NULL},
    {"retries", BREAKS_ONCE, NULL},
    {"message.send.max.retries", BREAKS_ONCE, NULL},
    {"max.in.flight", BREAKS_ONCE, NULL},
    {"max.in.flight.requests.per.connection", BREAKS_ONCE, NULL},
    {"transactional.id", BREAKS_ONCE, NULL},
    {"group.id", BREAKS_ONCE, NULL},
    {"message.timeout.ms", BREAKS_ONCE, NULL},
    {"delivery.timeout.ms", BREAKS_ONCE, NULL},
    {"partition.assignment.strategy", BREAKS_ONCE, NULL},
    {"partitioner", BREAKS_ONCE, NULL},
    {"debug", LEAKS, NULL},
    {"log_level", LEAKS, NULL},
    {"sasl.password", IS_SECRET, NULL},
    {"ssl.key.password", IS_SECRET, NULL},
    {"ssl.key.pem", IS_SECRET, NULL},
    {"ssl.keystore.password", IS_SECRET, NULL},
    {"sasl.oauthbearer.client.secret", IS_SECRET, NULL},
    {"sasl.oauthbearer.config", IS_SECRET, NULL},
};

enum { PROPERTY_COUNT = sizeof properties / sizeof properties[0] };

enum property_verdict property_judge(struct slice name, struct slice value, const char **reason)
{
    *reason = NULL;
    for (size_t i = 0; i < PROPERTY_COUNT; i++) {
        if (!slice_equal(name, slice_from_string(properties[i].name)))
            continue;
        if (!properties[i].reason ||
            (properties[i].only && slice_equal(value, slice_from_string(properties[i].only))))
            return PROPERTY_ALLOWED;
        *reason = properties[i].reason;
        return PROPERTY_REFUSED;
    }
    return PROPERTY_UNKNOWN;
}

bool property_is_secret(struct slice name)
{
    for (size_t i = 0; i < PROPERTY_COUNT; i++)
        if (slice_equal(name, slice_from_string(properties[i].name)))
            return properties[i].reason && strcmp(properties[i].reason, IS_SECRET) == 0;
    return false;
}

/* librdkafka's CONFIGURATION.md, column C/P; what is not here is for both. */
static const char *const of_consumers[] = {
    "group.instance.id",   "session.timeout.ms",         "heartbeat.interval.ms",
    "fetch.wait.max.ms",   "max.poll.interval.ms",       "fetch.min.bytes",
    "fetch.max.bytes",     "fetch.message.max.bytes",    "max.partition.fetch.bytes",
    "queued.min.messages", "queued.max.messages.kbytes", "fetch.error.backoff.ms",
    "check.crcs",
};

static const char *const of_producers[] = {
    "retry.backoff.ms",
    "transaction.timeout.ms",
    "linger.ms",
    "queue.buffering.max.ms",
    "queue.buffering.max.messages",
    "queue.buffering.max.kbytes",
    "batch.num.messages",
    "batch.size",
    "compression.codec",
    "compression.type",
    "compression.level",
};

static bool is_among(struct slice name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal(name, slice_from_string(names[i])))
            return true;
    return false;
}

bool property_fits_consumer(struct slice name)
{
    return !is_among(name, of_producers, sizeof of_producers / sizeof of_producers[0]);
}

bool property_fits_producer(struct slice name)
{
    return !is_among(name, of_consumers, sizeof of_consumers / sizeof of_consumers[0]);
}

static struct slice name_at(const void *context, size_t index)
{
    (void)context;
    return slice_from_string(properties[index].name);
}

struct slice property_nearest(struct slice name)
{
    return nearest_word(name, PROPERTY_COUNT, name_at, NULL);
}

/* 127.0.0.0/8 in full, [::1] and localhost; what only begins like one is another host. */
static bool is_loopback(struct slice host)
{
    if (slice_equal(host, SLICE("localhost")) || slice_equal(host, SLICE("[::1]")))
        return true;
    unsigned parts = 0;
    if (!slice_starts_with(host, SLICE("127.")))
        return false;
    while (host.data) {
        uint64_t part;
        if (!slice_to_u64(slice_cut(&host, '.'), &part) || part > 255)
            return false;
        parts++;
    }
    return parts == 4;
}

bool property_is_plaintext_abroad(struct slice protocol, struct slice brokers)
{
    if (slice_equal_ignoring_case(protocol, SLICE("ssl")) ||
        slice_equal_ignoring_case(protocol, SLICE("sasl_ssl")))
        return false;
    while (brokers.length > 0) {
        struct slice broker = slice_trim(slice_cut(&brokers, ','));
        /* host:port, [address]:port, and a protocol:// that librdkafka would take. */
        size_t end = broker.length;
        if (broker.length > 0 && broker.data[0] == '[')
            end = slice_find_byte(broker, ']') + 1;
        else
            end = slice_find_byte(broker, ':');
        if (!is_loopback(slice_head(broker, end)))
            return true;
    }
    return false;
}
