#include "worker/cluster_check.h"

#include <stdio.h>

#include "kafka/topic.h"
#include "sink/kafka_sink.h"
#include "worker/description.h"

enum {
    WAIT_MS = 10000,
    CLOSE_MS = 3000,
    QUESTION_LIMIT = SOURCE_TOPIC_LIMIT + 3 + RECIPIENT_LIMIT,
    TEXT_SIZE = 1024,
};

struct check {
    const struct configuration *configuration;
    struct cluster_findings *findings;
    struct topic_question questions[QUESTION_LIMIT];
    size_t count;
    struct kafka_client *observer, *reader;
    int brokers;
    char id[TEXT_SIZE]; /* transactional id of the check's own */
};

static void ask_about(struct check *check, const char *name, enum topic_use use,
                      const struct recipient *recipient)
{
    if (name)
        check->questions[check->count++] = (struct topic_question){name, use, recipient};
}

static void collect(struct check *check, struct arena *arena)
{
    const struct configuration *configuration = check->configuration;
    const struct stream_settings *stream = &configuration->stream;
    for (size_t i = 0; i < stream->topic_count; i++)
        ask_about(check, stream->topics[i], TOPIC_SOURCE, NULL);
    ask_about(check, configuration->consent_topic, TOPIC_CONSENT, NULL);
    ask_about(check, stream->audit_topic, TOPIC_AUDIT, NULL);
    ask_about(check, stream->quarantine_topic, TOPIC_QUARANTINE, NULL);
    for (size_t i = 0; i < configuration->recipient_count; i++) {
        const struct recipient *recipient = &configuration->recipients[i];
        char *topic = arena_string(arena, recipient->topic);
        if (!topic)
            cluster_error(check->findings, "recipients", "%s", rc_sentence(RC_NO_MEMORY));
        else if (topic[0] != '\0')
            ask_about(check, topic, TOPIC_RECIPIENT, recipient);
    }
}

bool cluster_is_configured(const struct configuration *configuration)
{
    const struct stream_settings *stream = &configuration->stream;
    bool topics = stream->topic_count > 0 || configuration->consent_topic || stream->audit_topic ||
                  stream->quarantine_topic;
    for (size_t i = 0; i < configuration->recipient_count; i++)
        topics |= configuration->recipients[i].topic.length > 0;
    return topics;
}

static struct kafka_client *open_client(struct check *check, enum kafka_role role)
{
    const struct stream_settings *stream = &check->configuration->stream;
    struct kafka_client_options options = {.role = role,
                                           .settings = &stream->kafka,
                                           .group = stream->group,
                                           .transactional_id = check->id};
    /* As long as a publication may take: the broker's own limit may be lower. */
    char timeout[32];
    struct description description;
    struct kafka_property own[] = {{"transaction.timeout.ms", timeout}};
    description_fill(&description, check->configuration, LABEL_PSEUDONYMISED);
    int64_t longest = kafka_sink_transaction_timeout(&description.view);
    snprintf(timeout, sizeof timeout, "%lld", (long long)longest);
    options.own = own;
    options.own_count = role == KAFKA_PRODUCER && longest > 0;
    struct kafka_client *client;
    struct buffer reason;
    buffer_init(&reason, 4096);
    if (kafka_client_new(&options, &client, &reason) != RC_OK)
        cluster_error(check->findings, "kafka", "%.*s", SLICE_FORMAT(buffer_slice(&reason)));
    buffer_release(&reason);
    return client;
}

/* A request ends before its transaction, and a transaction before its member is given up. */
static void check_timeouts(struct check *check)
{
    const struct configuration *configuration = check->configuration;
    int64_t socket = cluster_property(configuration, "socket.timeout.ms", 15000);
    int64_t transaction = cluster_property(configuration, "transaction.timeout.ms", 40000);
    int64_t poll = cluster_property(configuration, "max.poll.interval.ms", 300000);
    if (socket >= transaction)
        cluster_warning(check->findings, "kafka",
                        "socket.timeout.ms (%lld) is not below transaction.timeout.ms (%lld): a "
                        "transaction may be aborted while its commit is still waited for",
                        (long long)socket, (long long)transaction);
    if (transaction >= poll)
        cluster_warning(check->findings, "kafka",
                        "transaction.timeout.ms (%lld) is not below max.poll.interval.ms (%lld): "
                        "the group may move on while a transaction is still open",
                        (long long)transaction, (long long)poll);
}

static bool reach_brokers(struct check *check)
{
    enum rc rc = kafka_broker_count(check->observer, WAIT_MS, &check->brokers);
    if (rc == RC_REFUSED)
        cluster_error(check->findings, "kafka",
                      "no broker lets us in (%s): look at the protocol, the certificates and the "
                      "password",
                      kafka_client_last_error(check->observer));
    else if (rc != RC_OK)
        cluster_error(check->findings, "kafka",
                      "no broker answered within %d s (%s): look at the address, the network and "
                      "the protocol",
                      WAIT_MS / 1000, kafka_client_last_error(check->observer));
    else
        printf("cluster: %d broker%s\n", check->brokers, check->brokers == 1 ? "" : "s");
    return rc == RC_OK;
}

static void print_topic(const struct topic_question *question, const struct kafka_topic *topic)
{
    struct buffer use;
    buffer_init(&use, TEXT_SIZE);
    topic_use_append(&use, question);
    printf("topic %s (%.*s): %d partition%s, %d replica%s", question->name,
           SLICE_FORMAT(buffer_slice(&use)), topic->partitions, topic->partitions == 1 ? "" : "s",
           topic->replicas, topic->replicas == 1 ? "" : "s");
    if (topic->max_message_bytes != KAFKA_UNSTATED)
        printf(", batches to %lld bytes", (long long)topic->max_message_bytes);
    printf("\n");
    buffer_release(&use);
}

static void report(struct check *check, const struct topic_question *question, enum rc rc,
                   const char *refused)
{
    char what[TEXT_SIZE];
    snprintf(what, sizeof what, "topic %s", question->name);
    if (rc == RC_NOT_FOUND)
        cluster_error(check->findings, what, "there is no such topic, or this user may not see it");
    else if (rc == RC_REFUSED)
        cluster_error(check->findings, what, "%s", refused);
    else if (rc != RC_OK)
        cluster_error(check->findings, what, "no answer within %d s", WAIT_MS / 1000);
}

static void check_topic(struct check *check, const struct topic_question *question,
                        int32_t *partitions)
{
    struct kafka_topic topic;
    *partitions = 0;
    enum rc rc = kafka_topic_describe(check->observer, question->name, WAIT_MS, &topic);
    report(check, question, rc, "this user may not see it (ACL: Describe)");
    if (rc != RC_OK)
        return;
    *partitions = topic.partitions;
    print_topic(question, &topic);
    cluster_topic_judge(check->configuration, question, &topic, check->findings);
    if (check->reader && question->use <= TOPIC_AUDIT && topic.leaderless == 0) {
        rc = kafka_topic_may_read(check->reader, question->name, WAIT_MS);
        report(check, question, rc, "this user may not read it (ACL: Read)");
    }
}

/* The range assignor gives each topic's partitions to the first of the members. */
static void check_lanes(struct check *check, int32_t most)
{
    unsigned lanes = check->configuration->lanes;
    if (most > 0 && lanes > (unsigned)most)
        cluster_warning(check->findings, "lanes",
                        "%u, but no source has more than %d partitions: %u have nothing to do",
                        lanes, most, lanes - (unsigned)most);
}

static void check_group(struct check *check)
{
    const struct stream_settings *stream = &check->configuration->stream;
    char what[TEXT_SIZE];
    if (!check->reader || !stream->group || stream->topic_count == 0)
        return;
    snprintf(what, sizeof what, "group %s", stream->group);
    enum rc rc = kafka_group_may_see(check->reader, stream->topics[0], WAIT_MS);
    if (rc == RC_REFUSED)
        cluster_error(check->findings, what, "this user may not see it (ACL: Read)");
    else if (rc == RC_IO)
        cluster_error(check->findings, what, "its coordinator did not answer within %d s",
                      WAIT_MS / 1000);
}

static void check_transactions(struct check *check)
{
    const struct stream_settings *stream = &check->configuration->stream;
    char what[TEXT_SIZE + 32];
    if (!stream->group || stream->topic_count == 0)
        return;
    /* No instance has this name: the ids of lanes end in their number. */
    snprintf(check->id, sizeof check->id, "%s.%s.check", stream->prefix, stream->group);
    struct kafka_client *producer = open_client(check, KAFKA_PRODUCER);
    if (!producer)
        return;
    struct kafka_failure failure = kafka_try_transactions(producer, WAIT_MS);
    snprintf(what, sizeof what, "transactional id %s", check->id);
    if (failure.class == FAILURE_NONE)
        printf("transactional ids: %s.%s.* can be used (asked as %s, which the cluster now "
               "remembers)\n",
               stream->prefix, stream->group, check->id);
    else
        cluster_error(check->findings, what, "no transactions under it: %s%s", failure.name,
                      failure.class == FAILURE_RETRY ? " (its coordinator does not answer)" : "");
    kafka_client_free(producer, CLOSE_MS);
}

static void print_untold(const struct check *check)
{
    const struct stream_settings *stream = &check->configuration->stream;
    size_t written = 0;
    for (size_t i = 0; i < check->count; i++) {
        if (check->questions[i].use < TOPIC_AUDIT)
            continue;
        printf("%s%s", written++ == 0 ? "not told: whether this user may write to " : ", ",
               check->questions[i].name);
    }
    if (written > 0)
        printf(": only writing would show it (ACL: Write)\n");
    if (stream->group && stream->topic_count > 0)
        printf("not told: whether this user may join group %s: only joining would show it "
               "(ACL: Read)\n",
               stream->group);
}

static void ask(struct check *check)
{
    int32_t most = 0;
    if (!reach_brokers(check))
        return;
    check->reader = open_client(check, KAFKA_READER);
    check_group(check);
    for (size_t i = 0; i < check->count; i++) {
        int32_t partitions;
        check_topic(check, &check->questions[i], &partitions);
        if (check->questions[i].use == TOPIC_SOURCE && partitions > most)
            most = partitions;
    }
    check_lanes(check, most);
    check_transactions(check);
    print_untold(check);
}

void cluster_check(const struct configuration *configuration, struct cluster_findings *findings)
{
    struct arena arena;
    struct check check = {.configuration = configuration, .findings = findings};
    if (!cluster_is_configured(configuration)) {
        printf("cluster: no topic is configured, so none is looked at\n");
        return;
    }
    if (!configuration->stream.has_brokers) {
        cluster_error(findings, "kafka", "topics are configured, but no bootstrap.servers");
        return;
    }
    check_timeouts(&check);
    arena_init(&arena, 1 << 20);
    collect(&check, &arena);
    check.observer = open_client(&check, KAFKA_OBSERVER);
    if (check.observer)
        ask(&check);
    kafka_client_free(check.reader, CLOSE_MS);
    kafka_client_free(check.observer, CLOSE_MS);
    arena_release(&arena);
}
