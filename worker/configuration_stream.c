#include "worker/configuration_stream.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "kafka/property.h"
#include "worker/configuration_recipient.h"

/* What Kafka allows in a topic's name, and we in every name that becomes part of an id. */
static bool is_kafka_name(struct slice name)
{
    if (name.length == 0 || name.length > 249 || slice_equal(name, SLICE(".")) ||
        slice_equal(name, SLICE("..")))
        return false;
    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

const char *configuration_kafka_name(struct configuration *configuration, struct yaml_node *node,
                                     const char *where, struct diagnostics *diagnostics)
{
    struct slice text;
    if (!yaml_text(node, where, diagnostics, &text))
        return NULL;
    if (is_kafka_name(text))
        return arena_string(&configuration->arena, text);
    diagnose(diagnostics, SEVERITY_ERROR, node->place,
             "`%s` is 1 to 249 letters, digits, `.`, `_` and `-`", where);
    return NULL;
}

static void read_consent(struct configuration *configuration, struct yaml_node *top,
                         struct diagnostics *diagnostics)
{
    static const char *const known[] = {"file", "topic", "barrier", NULL};
    struct yaml_node *consent = yaml_get(top, "consent");
    struct slice path;
    configuration->consent_barrier = 5 * TIME_SECOND;
    if (!consent || !yaml_is_mapping(consent, "consent", diagnostics))
        return;
    struct yaml_node *file = yaml_get(consent, "file");
    struct yaml_node *topic = yaml_get(consent, "topic");
    struct yaml_node *barrier = yaml_get(consent, "barrier");
    if (yaml_text(file, "file", diagnostics, &path))
        configuration->consent_file = configuration_path(configuration, path);
    configuration->consent_topic =
        configuration_kafka_name(configuration, topic, "topic", diagnostics);
    if (yaml_duration(barrier, "barrier", diagnostics, &configuration->consent_barrier) &&
        (configuration->consent_barrier < 100 || configuration->consent_barrier > TIME_MINUTE))
        diagnose(diagnostics, SEVERITY_ERROR, barrier->place,
                 "`barrier` is between 100ms and a minute");
    if (!file == !topic)
        diagnose(diagnostics, SEVERITY_ERROR, consent->place,
                 "`consent` needs one of `file` and `topic`");
    yaml_unknown_keys(consent, "consent", known, diagnostics);
}

static void read_topics(struct configuration *configuration, struct yaml_node *topics,
                        struct diagnostics *diagnostics)
{
    struct stream_settings *stream = &configuration->stream;
    if (!topics || !yaml_is_sequence(topics, "topics", diagnostics))
        return;
    for (struct yaml_node *node = topics->first; node; node = node->next) {
        const char *name = configuration_kafka_name(configuration, node, "topic", diagnostics);
        if (!name)
            continue;
        for (size_t i = 0; i < stream->topic_count; i++) {
            if (strcmp(stream->topics[i], name) == 0)
                diagnose(diagnostics, SEVERITY_ERROR, node->place, "the topic stands here twice");
        }
        if (stream->topic_count == SOURCE_TOPIC_LIMIT) {
            diagnose(diagnostics, SEVERITY_ERROR, node->place, "more than %d topics",
                     SOURCE_TOPIC_LIMIT);
            return;
        }
        stream->topics[stream->topic_count++] = name;
    }
}

static void read_source(struct configuration *configuration, struct yaml_node *top,
                        struct diagnostics *diagnostics)
{
    static const char *const known[] = {"topics", "group", "framing", "start", "poison", NULL};
    static const char *const framings[] = {"record", "lines", "array", NULL};
    static const char *const starts[] = {"earliest", "latest", NULL};
    static const char *const poisons[] = {"halt", "skip", NULL};
    struct stream_settings *stream = &configuration->stream;
    configuration->framing = SLICE("record");
    struct yaml_node *source = yaml_get(top, "source");
    if (!source || !yaml_is_mapping(source, "source", diagnostics))
        return;
    read_topics(configuration, yaml_get(source, "topics"), diagnostics);
    stream->group =
        configuration_kafka_name(configuration, yaml_get(source, "group"), "group", diagnostics);
    struct yaml_node *framing = yaml_get(source, "framing");
    if (framing && yaml_word(framing, "framing", framings, diagnostics) >= 0)
        configuration->framing = framing->text;
    struct yaml_node *start = yaml_get(source, "start");
    if (start)
        stream->start_latest = yaml_word(start, "start", starts, diagnostics) == 1;
    struct yaml_node *poison = yaml_get(source, "poison");
    if (poison)
        stream->skip_poison = yaml_word(poison, "poison", poisons, diagnostics) == 1;
    yaml_unknown_keys(source, "source", known, diagnostics);
}

static void read_quarantine(struct configuration *configuration, struct yaml_node *top,
                            struct diagnostics *diagnostics)
{
    static const char *const known[] = {"public_key", "topic", "retention", "quota", "share", NULL};
    struct stream_settings *stream = &configuration->stream;
    struct yaml_node *quarantine = yaml_get(top, "quarantine");
    struct slice text;
    uint64_t share;
    stream->quarantine_quota = 1000;
    stream->quarantine_share = 50;
    if (!quarantine || !yaml_is_mapping(quarantine, "quarantine", diagnostics))
        return;
    if (yaml_text(yaml_need(quarantine, "public_key", "quarantine", diagnostics), "public_key",
                  diagnostics, &text))
        configuration->quarantine_key = configuration_path(configuration, text);
    struct yaml_node *retention = yaml_need(quarantine, "retention", "quarantine", diagnostics);
    if (yaml_duration(retention, "retention", diagnostics, &configuration->quarantine_retention) &&
        configuration->quarantine_retention < TIME_HOUR)
        diagnose(diagnostics, SEVERITY_ERROR, retention->place, "`retention` is at least an hour");
    stream->quarantine_topic = configuration_kafka_name(
        configuration, yaml_get(quarantine, "topic"), "topic", diagnostics);
    yaml_u64(yaml_get(quarantine, "quota"), "quota", diagnostics, 0, 10000000,
             &stream->quarantine_quota);
    if (yaml_u64(yaml_get(quarantine, "share"), "share", diagnostics, 1, 100, &share))
        stream->quarantine_share = (unsigned)share;
    yaml_unknown_keys(quarantine, "quarantine", known, diagnostics);
}

static void read_audit(struct configuration *configuration, struct yaml_node *top,
                       struct diagnostics *diagnostics)
{
    static const char *const known[] = {"topic", NULL};
    struct yaml_node *audit = yaml_get(top, "audit");
    if (!audit || !yaml_is_mapping(audit, "audit", diagnostics))
        return;
    configuration->stream.audit_topic = configuration_kafka_name(
        configuration, yaml_need(audit, "topic", "audit", diagnostics), "topic", diagnostics);
    yaml_unknown_keys(audit, "audit", known, diagnostics);
}

static bool check_property(struct yaml_node *node, struct diagnostics *diagnostics)
{
    const char *reason;
    switch (property_judge(node->key, node->text, &reason)) {
    case PROPERTY_ALLOWED:
        return true;
    case PROPERTY_REFUSED:
        diagnose(diagnostics, SEVERITY_ERROR, node->key_place, "`%.*s` is refused: %s",
                 SLICE_FORMAT(node->key), reason);
        break;
    case PROPERTY_UNKNOWN:
        diagnose(diagnostics, SEVERITY_ERROR, node->key_place, "unknown property `%.*s` of Kafka",
                 SLICE_FORMAT(node->key));
        diagnose_suggestion(diagnostics, property_nearest(node->key));
        break;
    }
    return false;
}

/* A file, or `credential:NAME`: what systemd hands to the service. */
static const char *secret_path(struct configuration *configuration, struct yaml_node *node,
                               struct diagnostics *diagnostics)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    struct slice credential = SLICE("credential:");
    if (!slice_starts_with(node->text, credential))
        return configuration_path(configuration, node->text);
    struct slice name = slice_tail(node->text, credential.length);
    if (!is_kafka_name(name)) {
        diagnose(diagnostics, SEVERITY_ERROR, node->place, "this is no name of a credential");
        return NULL;
    }
    /* Without systemd it is not there, which is said by whoever reads it. */
    return arena_format(&configuration->arena, "%s/%.*s",
                        directory ? directory : "/run/credentials/lethe.service",
                        SLICE_FORMAT(name));
}

static void read_secrets(struct configuration *configuration, struct yaml_node *secrets,
                         struct diagnostics *diagnostics)
{
    static const char *const names[] = {"sasl.password", "ssl.key.password",
                                        "ssl.keystore.password", NULL};
    struct slice text;
    if (!secrets || !yaml_is_mapping(secrets, "secrets", diagnostics))
        return;
    struct kafka_secret *read =
        ARENA_ARRAY(&configuration->arena, sizeof names / sizeof names[0], struct kafka_secret);
    size_t count = 0;
    for (size_t i = 0; read && names[i]; i++) {
        struct yaml_node *node = yaml_get(secrets, names[i]);
        if (!yaml_text(node, "secret", diagnostics, &text))
            continue;
        read[count].name = names[i];
        read[count].path = secret_path(configuration, node, diagnostics);
        count += read[count].path != NULL;
    }
    configuration->stream.kafka.secrets = read;
    configuration->stream.kafka.secret_count = count;
    yaml_unknown_keys(secrets, "secrets", names, diagnostics);
}

static void read_properties(struct configuration *configuration, struct yaml_node *kafka,
                            struct diagnostics *diagnostics)
{
    struct arena *arena = &configuration->arena;
    struct kafka_property *properties = ARENA_ARRAY(arena, kafka->count, struct kafka_property);
    size_t count = 0;
    struct slice text;
    for (struct yaml_node *node = kafka->first; properties && node; node = node->next) {
        if (slice_equal(node->key, SLICE("allow_plaintext")) ||
            slice_equal(node->key, SLICE("secrets")) ||
            !yaml_text(node, "kafka property", diagnostics, &text) ||
            !check_property(node, diagnostics))
            continue;
        properties[count].name = arena_string(arena, node->key);
        properties[count].value = arena_string(arena, text);
        count += properties[count].name && properties[count].value;
    }
    configuration->stream.kafka.properties = properties;
    configuration->stream.kafka.property_count = count;
}

static void read_kafka(struct configuration *configuration, struct yaml_node *top,
                       struct diagnostics *diagnostics)
{
    struct yaml_node *kafka = yaml_get(top, "kafka");
    struct slice brokers = {0}, protocol = {0};
    bool plaintext = false;
    if (!kafka || !yaml_is_mapping(kafka, "kafka", diagnostics))
        return;
    struct yaml_node *allowed = yaml_get(kafka, "allow_plaintext");
    if (allowed)
        yaml_boolean(allowed, "allow_plaintext", diagnostics, &plaintext);
    read_secrets(configuration, yaml_get(kafka, "secrets"), diagnostics);
    read_properties(configuration, kafka, diagnostics);
    yaml_text(yaml_get(kafka, "bootstrap.servers"), "bootstrap.servers", diagnostics, &brokers);
    yaml_text(yaml_get(kafka, "security.protocol"), "security.protocol", diagnostics, &protocol);
    configuration->stream.has_brokers = brokers.length > 0;
    if (!plaintext && property_is_plaintext_abroad(protocol, brokers))
        diagnose(diagnostics, SEVERITY_ERROR, kafka->place,
                 "data would go in clear to another host: set security.protocol to ssl or "
                 "sasl_ssl, or say `allow_plaintext: true`");
}

/* The host's name, as far as it may stand in an id. */
static const char *default_instance(struct configuration *configuration)
{
    char name[HOST_NAME_MAX + 1] = "";
    (void)gethostname(name, sizeof name - 1);
    for (char *c = name; *c; c++) {
        if (!is_kafka_name(slice_of(c, 1)) && *c != '.')
            *c = '-';
    }
    return arena_string(&configuration->arena, slice_from_string(name[0] ? name : "lethe"));
}

static void read_worker(struct configuration *configuration, struct yaml_node *top,
                        struct diagnostics *diagnostics)
{
    static const char *const known[] = {"instance", "prefix",   "listen", "log",
                                        "shutdown", "restarts", NULL};
    static const char *const logs[] = {"plain", "json", NULL};
    struct stream_settings *stream = &configuration->stream;
    stream->instance = default_instance(configuration);
    stream->prefix = "lethe";
    stream->listen = "127.0.0.1:9464";
    stream->shutdown = 30 * TIME_SECOND;
    stream->restarts = 5;
    struct yaml_node *worker = yaml_get(top, "worker");
    struct slice text;
    if (!worker || !yaml_is_mapping(worker, "worker", diagnostics))
        return;
    const char *name = configuration_kafka_name(configuration, yaml_get(worker, "instance"),
                                                "instance", diagnostics);
    stream->instance = name ? name : stream->instance;
    name =
        configuration_kafka_name(configuration, yaml_get(worker, "prefix"), "prefix", diagnostics);
    stream->prefix = name ? name : stream->prefix;
    if (yaml_text(yaml_get(worker, "listen"), "listen", diagnostics, &text))
        stream->listen =
            slice_equal(text, SLICE("off")) ? NULL : arena_string(&configuration->arena, text);
    struct yaml_node *log = yaml_get(worker, "log");
    if (log)
        stream->log_json = yaml_word(log, "log", logs, diagnostics) == 1;
    struct yaml_node *shutdown = yaml_get(worker, "shutdown");
    if (yaml_duration(shutdown, "shutdown", diagnostics, &stream->shutdown) &&
        (stream->shutdown < TIME_SECOND || stream->shutdown > 10 * TIME_MINUTE))
        diagnose(diagnostics, SEVERITY_ERROR, shutdown->place,
                 "`shutdown` is between a second and ten minutes");
    yaml_u64(yaml_get(worker, "restarts"), "restarts", diagnostics, 0, 1000000, &stream->restarts);
    yaml_unknown_keys(worker, "worker", known, diagnostics);
}

void configuration_read_stream(struct configuration *configuration, struct yaml_node *top,
                               struct diagnostics *diagnostics)
{
    read_consent(configuration, top, diagnostics);
    read_source(configuration, top, diagnostics);
    read_quarantine(configuration, top, diagnostics);
    read_audit(configuration, top, diagnostics);
    read_kafka(configuration, top, diagnostics);
    read_worker(configuration, top, diagnostics);
}

/* What a topic of ours is for. */
struct topic_use {
    struct slice topic;
    const char *use;
};

static void check_apart(const struct topic_use *uses, size_t count, struct slice topic,
                        const char *use, struct place place, struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < count; i++) {
        if (topic.length > 0 && slice_equal(uses[i].topic, topic))
            diagnose(diagnostics, SEVERITY_ERROR, place, "the topic `%.*s` is %s and %s",
                     SLICE_FORMAT(topic), uses[i].use, use);
    }
}

void configuration_check_stream(struct configuration *configuration,
                                struct diagnostics *diagnostics)
{
    const struct stream_settings *stream = &configuration->stream;
    struct place place = {.file = configuration->file, .line = 1, .column = 1};
    struct topic_use uses[SOURCE_TOPIC_LIMIT + 3];
    const struct topic_use own[] = {
        {slice_from_string(configuration->consent_topic), "where consent comes from"},
        {slice_from_string(stream->audit_topic), "the audit"},
        {slice_from_string(stream->quarantine_topic), "the quarantine"}};
    size_t count = 0;
    for (; count < stream->topic_count; count++)
        uses[count] = (struct topic_use){slice_from_string(stream->topics[count]), "a source"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        check_apart(uses, count, own[i].topic, own[i].use, place, diagnostics);
        if (own[i].topic.length > 0)
            uses[count++] = own[i];
    }
    for (size_t i = 0; i < configuration->recipient_count; i++)
        check_apart(uses, count, configuration->recipients[i].topic, "a recipient's",
                    configuration->recipients[i].place, diagnostics);
}
