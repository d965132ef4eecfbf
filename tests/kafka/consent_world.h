/*
 * What tests of the consent topic need of a broker: topics, messages, transactions, a following.
 * Included by the programs broker_consent*.c only.
 */
#ifndef LETHE_TESTS_KAFKA_CONSENT_WORLD_H
#define LETHE_TESTS_KAFKA_CONSENT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <librdkafka/rdkafka.h>

#include "core/clock.h"
#include "kafka/client.h"
#include "worker/consent_following.h"

enum { OPERATION = 1, WAIT_MS = 60000 };

static struct policy policy;
static struct kafka_property properties[] = {{"bootstrap.servers", NULL}};
static struct kafka_settings settings = {properties, 1, NULL, 0};
static rd_kafka_t *plain; /* a producer without transactions */
static char topic[96];    /* the current test's */

static inline void sleep_ms(int64_t milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

static inline int64_t now_ms(void)
{
    return clock_monotonic_ns() / 1000000;
}

static inline void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    (void)handle;
    (void)opaque;
    rd_kafka_resp_err_t *result = message->_private;
    if (result)
        *result = message->err;
}

static inline rd_kafka_t *make_producer(const char *transactional_id)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", properties[0].value, NULL, 0);
    rd_kafka_conf_set(conf, "linger.ms", "0", NULL, 0);
    rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
    rd_kafka_conf_set(conf, "retry.backoff.ms", "10", NULL, 0);
    rd_kafka_conf_set(conf, "queue.buffering.max.messages", "2000000", NULL, 0);
    if (transactional_id)
        rd_kafka_conf_set(conf, "transactional.id", transactional_id, NULL, 0);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    assert_non_null(producer);
    if (transactional_id)
        assert_null(rd_kafka_init_transactions(producer, WAIT_MS));
    return producer;
}

static inline void admin(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void admin(const char *format, ...)
{
    char words[256];
    char line[768];
    va_list list;
    va_start(list, format);
    vsnprintf(words, sizeof words, format, list);
    va_end(list);
    snprintf(line, sizeof line, "'%s' %s %s", getenv("LETHE_BROKER_ADMIN"), properties[0].value,
             words);
    assert_int_equal(system(line), 0);
}

static inline void make_topic(const char *name, int partitions, const char *more)
{
    snprintf(topic, sizeof topic, "consent.%s.%d.%lld", name, (int)getpid(), (long long)now_ms());
    admin("create-topic %s %d cleanup.policy=compact %s", topic, partitions, more);
}

/* What a producer knows of a topic's partitions is up to five minutes old. */
static inline void refresh(rd_kafka_t *producer)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *only = rd_kafka_topic_new(producer, topic, NULL);
    if (!rd_kafka_metadata(producer, 0, only, &metadata, WAIT_MS))
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(only);
}

/* `value` NULL: a tombstone. Does not wait. */
static inline void queue_message(rd_kafka_t *producer, int partition, const char *key,
                                 const char *value, rd_kafka_resp_err_t *result)
{
    for (;;) {
        rd_kafka_resp_err_t error = rd_kafka_producev(
            producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
            RD_KAFKA_V_KEY(key, key ? strlen(key) : 0),
            RD_KAFKA_V_VALUE((void *)(uintptr_t)value, value ? strlen(value) : 0),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_OPAQUE(result), RD_KAFKA_V_END);
        if (!error)
            return;
        if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
            refresh(producer);
        else
            assert_int_equal(error, RD_KAFKA_RESP_ERR__QUEUE_FULL);
        rd_kafka_poll(producer, 20);
    }
}

/* Until the broker has acknowledged it. */
static inline void send_message(int partition, const char *key, const char *value)
{
    rd_kafka_resp_err_t result = RD_KAFKA_RESP_ERR__IN_PROGRESS;
    queue_message(plain, partition, key, value, &result);
    int64_t until = now_ms() + WAIT_MS;
    while (result == RD_KAFKA_RESP_ERR__IN_PROGRESS && now_ms() < until)
        rd_kafka_poll(plain, 100);
    assert_int_equal(result, RD_KAFKA_RESP_ERR_NO_ERROR);
}

#define VALUE(seq, state)                                                                          \
    "{\"seq\":" seq ",\"purposes\":{\"operation\":{\"state\":\"" state                             \
    "\",\"since\":\"2026-01-02T03:04:05Z\",\"policy_version\":3}}}"

/* Subject u<number> in the state, at seq. */
static inline void send_state(int partition, unsigned number, unsigned long long seq,
                              const char *state)
{
    char key[64];
    char value[256];
    snprintf(key, sizeof key, "account.user_id:u%u", number);
    snprintf(value, sizeof value,
             "{\"seq\":%llu,\"purposes\":{\"operation\":{\"state\":\"%s\",\"since\":"
             "\"2026-01-02T03:04:05Z\",\"policy_version\":3}}}",
             seq, state);
    send_message(partition, key, value);
}

/* The topic's name, for a following that may outlive a test that failed. */
static inline const char *kept_topic(void)
{
    static char kept[64][sizeof topic];
    static size_t count;
    assert_true(count < sizeof kept / sizeof kept[0]);
    return memcpy(kept[count++], topic, sizeof topic);
}

static inline struct consent_following *start_with(int64_t barrier, uint64_t subjects)
{
    struct consent_following *following;
    struct consent_following_options options = {
        .settings = &settings,
        .topic = kept_topic(),
        .policy = &policy,
        .subject_limit = subjects,
        .barrier = barrier,
    };
    struct buffer reason;
    buffer_init(&reason, 512);
    assert_int_equal(consent_following_start(&options, &following, &reason), RC_OK);
    buffer_release(&reason);
    return following;
}

/* For tests that do not wait for a barrier to end in vain: one that a slow machine passes, too. */
static inline struct consent_following *start(void)
{
    return start_with(WAIT_MS, 100000);
}

/* The sentence, for a moment; see await_words. */
static inline const char *sentence(struct consent_following *following)
{
    static char text[600];
    struct buffer out;
    buffer_init(&out, sizeof text);
    consent_following_sentence(following, &out);
    snprintf(text, sizeof text, "%.*s", (int)out.length, out.data);
    buffer_release(&out);
    return text;
}

static inline void await_state(struct consent_following *following,
                               enum consent_following_state state)
{
    int64_t until = now_ms() + WAIT_MS;
    while (consent_following_state(following) != state && now_ms() < until)
        sleep_ms(2);
    if (consent_following_state(following) != state)
        print_error("waited for %s, but: %s\n", consent_following_state_name(state),
                    sentence(following));
    assert_int_equal(consent_following_state(following), state);
}

/* Until the sentence has the words: what is told follows a state, and what the brokers say, later.
 */
static inline void await_words(struct consent_following *following, const char *words)
{
    int64_t until = now_ms() + WAIT_MS;
    while (!strstr(sentence(following), words)) {
        if (now_ms() > until)
            fail_msg("not \"%s\", but: %s", words, sentence(following));
        sleep_ms(2);
    }
}

static inline enum consent_state state_in(const struct consent_hold *hold, unsigned number)
{
    struct subject_consent found;
    char id[32];
    snprintf(id, sizeof id, "u%u", number);
    consent_table_find(hold->table, CATEGORY_ACCOUNT_USER_ID, slice_from_string(id), &found);
    return found.purposes[OPERATION].state;
}

/* Through a barrier, as a lane asks: a batch that does not hold, because the log could not be
 * examined in time, is made again. */
static inline enum consent_state state_of(struct consent_following *following, unsigned number)
{
    int64_t until = now_ms() + WAIT_MS;
    bool holds = false;
    enum consent_state state = CONSENT_UNKNOWN;
    while (!holds && now_ms() < until) {
        struct consent_hold hold;
        if (!consent_following_begin(following, WAIT_MS, &hold))
            fail_msg("no barrier: %s", sentence(following));
        state = state_in(&hold, number);
        holds = consent_following_holds(following, &hold);
        consent_following_end(following, &hold);
    }
    if (!holds)
        fail_msg("does not hold: %s", sentence(following));
    return state;
}

static inline struct consent_following_counts counts_of(struct consent_following *following)
{
    struct consent_following_counts counts;
    consent_following_counts(following, &counts);
    return counts;
}

static inline void await_rebuild(struct consent_following *following, uint64_t before)
{
    int64_t until = now_ms() + WAIT_MS;
    while (counts_of(following).rebuilds == before && now_ms() < until)
        sleep_ms(2);
    assert_true(counts_of(following).rebuilds > before);
}

static inline int open_world(void **state)
{
    (void)state;
    const char *address = getenv("LETHE_BROKER");
    if (!address || !getenv("LETHE_BROKER_ADMIN")) {
        print_message("BROKER TESTS SKIPPED: LETHE_BROKER is not set\n");
        exit(77);
    }
    properties[0].value = address;
    policy.purpose_count = 2;
    policy.purposes[OPERATION].name = SLICE("operation");
    plain = make_producer(NULL);
    return 0;
}

static inline int close_world(void **state)
{
    (void)state;
    rd_kafka_destroy(plain);
    return 0;
}

#endif
