#include "kafka/client_configuration.h"

#include <unistd.h>

#include "kafka/property.h"
#include "kafka/secret.h"

enum { TEXT_SIZE = 512 };

bool client_configuration_is_producer(enum kafka_role role)
{
    return role == KAFKA_PRODUCER || role == KAFKA_WRITER;
}

/*
 * Requests end before a transaction does, and a transaction before the member is given up: 15 s,
 * 40 s, 5 min. Small requests are not to wait for others (Nagle).
 */
static const struct kafka_property defaults_of_all[] = {
    {"client.id", "lethe"},
    {"socket.timeout.ms", "15000"},
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
};

/*
 * The prefetch queue is what memory goes to, so it is small; what reads has to wake librdkafka up
 * before it is empty (see ingest/kafka_source.h). Without check.crcs corrupt batches are delivered.
 */
static const struct kafka_property defaults_of_consumers[] = {
    {"check.crcs", "true"},
    {"queued.max.messages.kbytes", "8192"},
    {"queued.min.messages", "6000"},
    {"fetch.max.bytes", "8388608"},
};

static const struct kafka_property defaults_of_members[] = {
    {"session.timeout.ms", "45000"},
    {"max.poll.interval.ms", "300000"},
};

static const struct kafka_property defaults_of_readers[] = {
    {"fetch.wait.max.ms", "50"},
    {"fetch.error.backoff.ms", "100"},
};

/* A whole batch is queued at once and flushed: the limit of messages must not be what ends it. */
static const struct kafka_property defaults_of_producers[] = {
    {"transaction.timeout.ms", "40000"},
    {"retry.backoff.ms", "10"},
    {"linger.ms", "20"},
    {"batch.num.messages", "10000"},
    {"batch.size", "1000000"},
    {"queue.buffering.max.messages", "2000000"},
};

static const struct kafka_property forced_on_consumers[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},
    {"allow.auto.create.topics", "false"},
    {"partition.assignment.strategy", "range"},
};

static const struct kafka_property forced_on_producers[] = {
    {"enable.idempotence", "true"},
    {"acks", "all"},
};

static enum rc set(rd_kafka_conf_t *configuration, const char *name, const char *value,
                   struct buffer *reason)
{
    char text[TEXT_SIZE]; /* may quote the value */
    rd_kafka_conf_res_t result = rd_kafka_conf_set(configuration, name, value, text, sizeof text);
    explicit_bzero(text, sizeof text);
    if (result == RD_KAFKA_CONF_OK)
        return RC_OK;
    buffer_append_format(reason, "%s: %s", name,
                         result == RD_KAFKA_CONF_UNKNOWN ? "librdkafka does not know this property"
                                                         : "librdkafka does not take this value");
    return RC_CONFIGURATION;
}

static enum rc set_all(rd_kafka_conf_t *configuration, const struct kafka_property *properties,
                       size_t count, struct buffer *reason)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < count && rc == RC_OK; i++)
        rc = set(configuration, properties[i].name, properties[i].value, reason);
    return rc;
}

#define SET_ALL(configuration, table, reason)                                                      \
    set_all(configuration, table, sizeof(table) / sizeof((table)[0]), reason)

static enum rc set_defaults(rd_kafka_conf_t *configuration, enum kafka_role role,
                            struct buffer *reason)
{
    enum rc rc = SET_ALL(configuration, defaults_of_all, reason);
    if (rc == RC_OK && client_configuration_is_producer(role))
        return SET_ALL(configuration, defaults_of_producers, reason);
    if (rc == RC_OK)
        rc = SET_ALL(configuration, defaults_of_consumers, reason);
    if (rc == RC_OK && role == KAFKA_CONSUMER)
        rc = SET_ALL(configuration, defaults_of_members, reason);
    if (rc == RC_OK && role == KAFKA_READER)
        rc = SET_ALL(configuration, defaults_of_readers, reason);
    return rc;
}

/* Only a member may carry the instance's name: a second holder is fenced, and it would be us. */
static bool fits(enum kafka_role role, struct slice name)
{
    /* Without transactions a time-out of theirs is one property too many. */
    if (role == KAFKA_WRITER && slice_equal(name, SLICE("transaction.timeout.ms")))
        return false;
    if (client_configuration_is_producer(role))
        return property_fits_producer(name);
    if (role != KAFKA_CONSUMER && slice_equal(name, SLICE("group.instance.id")))
        return false;
    return property_fits_consumer(name);
}

static enum rc set_users(rd_kafka_conf_t *configuration, enum kafka_role role,
                         const struct kafka_settings *settings, struct buffer *reason)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < settings->property_count && rc == RC_OK; i++) {
        const struct kafka_property *property = &settings->properties[i];
        struct slice name = slice_from_string(property->name);
        const char *why = NULL;
        enum property_verdict verdict =
            property_judge(name, slice_from_string(property->value), &why);
        if (verdict != PROPERTY_ALLOWED) {
            buffer_append_format(reason, "%s: %s", property->name,
                                 why ? why : "there is no such property");
            return RC_REFUSED;
        }
        if (fits(role, name))
            rc = set(configuration, property->name, property->value, reason);
    }
    return rc;
}

static enum rc set_secret(rd_kafka_conf_t *configuration, const struct kafka_secret *secret,
                          struct buffer *reason)
{
    if (!property_is_secret(slice_from_string(secret->name))) {
        buffer_append_format(reason, "%s: this is no property that is read from a file",
                             secret->name);
        return RC_REFUSED;
    }
    struct buffer value;
    buffer_init(&value, KAFKA_SECRET_LIMIT + 2);
    buffer_append_format(reason, "%s: ", secret->name);
    size_t named = reason->length;
    enum rc rc = kafka_secret_read(secret->path, &value, reason);
    if (rc == RC_OK) {
        buffer_truncate(reason, named - strlen(secret->name) - 2);
        rc = set(configuration, secret->name, value.data, reason);
    }
    buffer_release(&value);
    return rc;
}

static enum rc set_forced(rd_kafka_conf_t *configuration,
                          const struct kafka_client_options *options, struct buffer *reason)
{
    enum rc rc;
    if (client_configuration_is_producer(options->role)) {
        rc = SET_ALL(configuration, forced_on_producers, reason);
        return rc != RC_OK || options->role == KAFKA_WRITER
                   ? rc
                   : set(configuration, "transactional.id", options->transactional_id, reason);
    }
    rc = SET_ALL(configuration, forced_on_consumers, reason);
    if (rc == RC_OK)
        rc = set(configuration, "isolation.level",
                 options->role == KAFKA_OBSERVER ? "read_uncommitted" : "read_committed", reason);
    if (rc == RC_OK && options->role == KAFKA_READER)
        rc = set(configuration, "enable.partition.eof", "true", reason);
    if (rc == RC_OK && options->role != KAFKA_OBSERVER)
        rc = set(configuration, "group.id", options->group ? options->group : "lethe.reader",
                 reason);
    return rc;
}

static enum rc cut_client_id(rd_kafka_conf_t *configuration, struct buffer *reason)
{
    char id[TEXT_SIZE];
    size_t size = sizeof id;
    if (rd_kafka_conf_get(configuration, "client.id", id, &size) != RD_KAFKA_CONF_OK)
        return set(configuration, "client.id", "lethe", reason);
    if (strlen(id) <= KAFKA_CLIENT_ID_LIMIT)
        return RC_OK;
    id[KAFKA_CLIENT_ID_LIMIT] = '\0';
    return set(configuration, "client.id", id, reason);
}

static enum rc check_options(const struct kafka_client_options *options, struct buffer *reason)
{
    bool named = true;
    if (options->role == KAFKA_PRODUCER)
        named = options->transactional_id && options->transactional_id[0] != '\0';
    if (options->role == KAFKA_CONSUMER)
        named = options->group && options->group[0] != '\0';
    if (named)
        return RC_OK;
    buffer_append_format(reason, "a %s needs a %s", kafka_role_name(options->role),
                         options->role == KAFKA_PRODUCER ? "transactional id" : "group");
    return RC_CONFIGURATION;
}

static enum rc fill(rd_kafka_conf_t *configuration, const struct kafka_client_options *options,
                    struct buffer *reason)
{
    const struct kafka_settings *settings = options->settings;
    enum rc rc = set_defaults(configuration, options->role, reason);
    if (rc == RC_OK)
        rc = set_users(configuration, options->role, settings, reason);
    for (size_t i = 0; i < settings->secret_count && rc == RC_OK; i++)
        rc = set_secret(configuration, &settings->secrets[i], reason);
    if (rc == RC_OK)
        rc = set_all(configuration, options->own, options->own_count, reason);
    if (rc == RC_OK)
        rc = set_forced(configuration, options, reason);
    if (rc == RC_OK)
        rc = cut_client_id(configuration, reason);
    return rc;
}

enum rc client_configuration_make(const struct kafka_client_options *options, rd_kafka_conf_t **out,
                                  struct buffer *reason)
{
    *out = NULL;
    enum rc rc = check_options(options, reason);
    if (rc != RC_OK)
        return rc;
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    rc = fill(configuration, options, reason);
    if (rc != RC_OK) {
        rd_kafka_conf_destroy(configuration); /* wipes what it holds of secrets */
        return rc;
    }
    *out = configuration;
    return RC_OK;
}

static void append_named(struct buffer *reason, struct slice text)
{
    size_t found = 0;
    while (text.length > 0) {
        /* librdkafka sets the names of properties in `backticks`. */
        struct slice word = slice_cut(&text, '`');
        const char *ignored;
        if (property_judge(word, (struct slice){0}, &ignored) == PROPERTY_UNKNOWN)
            continue;
        buffer_append_string(reason, found++ == 0 ? "; it names " : ", ");
        buffer_append(reason, word);
    }
}

void client_configuration_explain(const struct kafka_settings *settings, const char *text,
                                  rd_kafka_resp_err_t error, struct buffer *reason)
{
    buffer_append_format(reason, "librdkafka does not make a client of these properties (%s)",
                         rd_kafka_err2name(error));
    append_named(reason, slice_from_string(text));
    for (size_t i = 0; i < settings->property_count; i++) {
        const struct kafka_property *property = &settings->properties[i];
        if (slice_ends_with(slice_from_string(property->name), SLICE(".location")) &&
            access(property->value, R_OK) != 0)
            buffer_append_format(reason, "; the file of %s cannot be read", property->name);
    }
}
