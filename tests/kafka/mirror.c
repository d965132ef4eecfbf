/*
 * The bare mirror: everything that `lethe run` does with Kafka and nothing of what it does with
 * records. It is the yardstick for what Kafka itself costs, and the harness proves on it that its
 * checker finds what is lost, doubled or changed, by mirrors that are wrong on purpose.
 *
 *     mirror HOST:PORT GROUP TRANSACTIONAL_ID INPUT OUTPUT [NAME=VALUE]...
 *
 *     batch=10000    messages of a transaction           delay=1000   or its age in milliseconds
 *     pack=0         bytes; values are joined by newlines up to so many
 *     limit=0        ends after so many messages (0: by SIGTERM)
 *     keyed=0        1: keys are copied, too (not with pack)
 *     mode=exact     or plain (no transactions: doubles), early (offsets first: loses),
 *                    alter (a byte of every 1000th), drop (every 1000th), double (every 1000th)
 *                    plain and early say "between" on standard output where a death does harm
 *     c.NAME, p.NAME librdkafka's properties of the consumer and the producer
 *
 * Built as one loop on one thread: the group's metadata is taken when partitions are assigned, an
 * abort flushes first and seeks back, and what is fatal starts the program anew in its own process.
 */
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { PARTITION_LIMIT = 256, FLUSH_MS = 10000 };
enum { QUEUED_MESSAGES = 10000, WAKE_MESSAGES = 500, WAKE_BYTES = 2 * 1024 * 1024 };

enum mode { MODE_EXACT, MODE_PLAIN, MODE_EARLY, MODE_ALTER, MODE_DROP, MODE_DOUBLE, MODE_COUNT };
static const char *const mode_names[MODE_COUNT] = {"exact", "plain", "early",
                                                   "alter", "drop",  "double"};

struct mirror {
    char **words;
    const char *address, *group, *transactional_id, *input, *output;
    enum mode mode;
    long batch, delay_ms, pack, keyed, limit;

    rd_kafka_t *consumer, *producer;
    rd_kafka_queue_t *queue;
    rd_kafka_topic_t *topic;
    rd_kafka_consumer_group_metadata_t *metadata;
    bool held[PARTITION_LIMIT];
    int64_t start[PARTITION_LIMIT], next[PARTITION_LIMIT]; /* of the open transaction */
    int64_t begun_ms;
    long taken; /* messages of the open transaction */
    int since_wake;
    size_t bytes_since_wake;
    char *packed;
    size_t packed_size;

    long total, aborts;
    int64_t first_ms, first_cpu_us;
};

static volatile sig_atomic_t stopping;

static void stop(int number)
{
    (void)number;
    stopping = 1;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "mirror: %s: %s\n", what, why);
    exit(1);
}

/* Nothing else mends a producer that was fenced. */
static void start_anew(struct mirror *mirror, const char *what, const char *why)
{
    fprintf(stderr, "mirror: starting anew: %s: %s\n", what, why);
    usleep(100000);
    execv("/proc/self/exe", mirror->words);
    die("exec", what);
}

static bool is_transactional(const struct mirror *mirror)
{
    return mirror->mode != MODE_PLAIN && mirror->mode != MODE_EARLY;
}

static rd_kafka_topic_partition_list_t *offsets_of(const struct mirror *mirror,
                                                   const int64_t *offsets)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (int i = 0; i < PARTITION_LIMIT; i++) {
        if (mirror->held[i]) {
            rd_kafka_topic_partition_list_add(list, mirror->input, i)->offset = offsets[i];
        }
    }
    return list;
}

static void forget_batch(struct mirror *mirror)
{
    mirror->taken = 0;
    mirror->packed_size = 0;
}

static void abort_batch(struct mirror *mirror, bool rewind)
{
    mirror->aborts++;
    if (rd_kafka_flush(mirror->producer, FLUSH_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        start_anew(mirror, "flush", "timed out");
    }
    rd_kafka_error_t *error = rd_kafka_abort_transaction(mirror->producer, -1);
    if (error != NULL) {
        start_anew(mirror, "abort", rd_kafka_error_name(error));
    }
    forget_batch(mirror);
    memcpy(mirror->next, mirror->start, sizeof mirror->next);
    if (!rewind) {
        return;
    }
    rd_kafka_topic_partition_list_t *list = offsets_of(mirror, mirror->start);
    error = rd_kafka_seek_partitions(mirror->consumer, list, -1);
    for (int i = 0; error == NULL && i < list->cnt; i++) {
        if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            start_anew(mirror, "seek", rd_kafka_err2name(list->elems[i].err));
        }
    }
    if (error != NULL) {
        start_anew(mirror, "seek", rd_kafka_error_name(error));
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void produce_keyed(struct mirror *mirror, const void *value, size_t size, const void *key,
                          size_t key_size)
{
    while (rd_kafka_produce(mirror->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            (void *)(uintptr_t)value, size, key, key_size, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            return; /* the transaction has failed: its commit says so */
        }
        rd_kafka_poll(mirror->producer, 10);
    }
}

static void produce(struct mirror *mirror, const void *value, size_t size)
{
    produce_keyed(mirror, value, size, NULL, 0);
}

static void produce_packed(struct mirror *mirror)
{
    if (mirror->packed_size > 0) {
        produce(mirror, mirror->packed, mirror->packed_size);
        mirror->packed_size = 0;
    }
}

static void commit_offsets(struct mirror *mirror)
{
    rd_kafka_topic_partition_list_t *list = offsets_of(mirror, mirror->next);
    rd_kafka_resp_err_t failed = rd_kafka_commit(mirror->consumer, list, 0);
    rd_kafka_topic_partition_list_destroy(list);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        start_anew(mirror, "commit", rd_kafka_err2name(failed));
    }
}

/* One call of a transaction: again while it may, abort where it must. Whether it is done. */
static bool settle(struct mirror *mirror, bool offsets, bool rewind)
{
    rd_kafka_topic_partition_list_t *list = offsets_of(mirror, mirror->next);
    bool done = false;
    for (;;) {
        rd_kafka_error_t *error = offsets ? rd_kafka_send_offsets_to_transaction(
                                                mirror->producer, list, mirror->metadata, 60000)
                                          : rd_kafka_commit_transaction(mirror->producer, -1);
        done = error == NULL;
        if (done) {
            break;
        }
        if (rd_kafka_error_txn_requires_abort(error)) {
            fprintf(stderr, "mirror: aborting: %s\n", rd_kafka_error_name(error));
            rd_kafka_error_destroy(error);
            abort_batch(mirror, rewind);
            break;
        }
        if (!rd_kafka_error_is_retriable(error) || rd_kafka_error_is_fatal(error)) {
            start_anew(mirror, offsets ? "offsets" : "commit", rd_kafka_error_name(error));
        }
        rd_kafka_error_destroy(error);
    }
    rd_kafka_topic_partition_list_destroy(list);
    return done;
}

/* One of offsets and values is out and the other is not: now is the time to kill it. */
static void say_between(void)
{
    puts("between");
    fflush(stdout);
    usleep(300000);
}

static void commit_batch(struct mirror *mirror, bool rewind)
{
    if (mirror->taken == 0) {
        return;
    }
    produce_packed(mirror);
    if (is_transactional(mirror)) {
        if (!settle(mirror, true, rewind) || !settle(mirror, false, rewind)) {
            return;
        }
    } else {
        if (mirror->mode == MODE_EARLY) { /* while the values still wait for their linger.ms */
            commit_offsets(mirror);
            say_between();
        }
        if (rd_kafka_flush(mirror->producer, 60000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
            start_anew(mirror, "flush", "timed out");
        }
        if (mirror->mode == MODE_PLAIN) {
            say_between();
            commit_offsets(mirror);
        }
    }
    memcpy(mirror->start, mirror->next, sizeof mirror->start);
    mirror->total += mirror->taken;
    forget_batch(mirror);
}

static void assigned(struct mirror *mirror, rd_kafka_topic_partition_list_t *partitions)
{
    rd_kafka_resp_err_t failed = rd_kafka_committed(mirror->consumer, partitions, 60000);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
        start_anew(mirror, "committed", rd_kafka_err2name(failed));
    }
    for (int i = 0; i < partitions->cnt; i++) {
        rd_kafka_topic_partition_t *one = &partitions->elems[i];
        int64_t low = 0;
        int64_t high = 0;
        if (one->offset < 0 &&
            rd_kafka_query_watermark_offsets(mirror->consumer, mirror->input, one->partition, &low,
                                             &high, 60000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
            one->offset = low;
        }
        mirror->held[one->partition] = true;
        mirror->start[one->partition] = mirror->next[one->partition] = one->offset;
    }
    if (mirror->metadata != NULL) {
        rd_kafka_consumer_group_metadata_destroy(mirror->metadata);
    }
    mirror->metadata = rd_kafka_consumer_group_metadata(mirror->consumer);
    rd_kafka_assign(mirror->consumer, partitions);
}

static void rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t what,
                      rd_kafka_topic_partition_list_t *partitions, void *opaque)
{
    struct mirror *mirror = opaque;
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        assigned(mirror, partitions);
        return;
    }
    if (mirror->taken > 0 && rd_kafka_assignment_lost(consumer)) {
        if (is_transactional(mirror)) {
            abort_batch(mirror, false);
        }
    } else {
        commit_batch(mirror, false);
    }
    forget_batch(mirror);
    memset(mirror->held, 0, sizeof mirror->held);
    rd_kafka_assign(consumer, NULL);
}

static void put(struct mirror *mirror, const void *value, size_t size)
{
    if (mirror->packed_size + size + 1 > (size_t)mirror->pack) {
        produce_packed(mirror);
    }
    if (size + 1 > (size_t)mirror->pack) {
        produce(mirror, value, size);
        return;
    }
    memcpy(mirror->packed + mirror->packed_size, value, size);
    mirror->packed_size += size;
    mirror->packed[mirror->packed_size++] = '\n';
}

static void take(struct mirror *mirror, const rd_kafka_message_t *message)
{
    if (mirror->first_ms == 0) {
        mirror->first_ms = now_ms();
        mirror->first_cpu_us = cpu_us();
    }
    if (mirror->taken == 0) {
        mirror->begun_ms = now_ms();
        if (is_transactional(mirror)) {
            rd_kafka_error_t *error = rd_kafka_begin_transaction(mirror->producer);
            if (error != NULL) {
                start_anew(mirror, "begin", rd_kafka_error_name(error));
            }
        }
    }
    mirror->taken++;
    mirror->next[message->partition] = message->offset + 1;
    bool chosen = message->offset % 1000 == 999; /* in the modes that are wrong on purpose */
    if (chosen && mirror->mode == MODE_DROP) {
        return;
    }
    if (chosen && mirror->mode == MODE_ALTER && message->len > 20) {
        ((char *)message->payload)[message->len - 5] ^= 1;
    }
    if (mirror->keyed) {
        produce_keyed(mirror, message->payload, message->len, message->key, message->key_len);
    } else {
        put(mirror, message->payload, message->len);
    }
    if (chosen && mirror->mode == MODE_DOUBLE) {
        put(mirror, message->payload, message->len);
    }
}

/* Messages that the broker is known to have and that are neither taken nor in the queue. */
static int64_t waiting_at_broker(struct mirror *mirror)
{
    int64_t waiting = -(int64_t)rd_kafka_queue_length(mirror->queue);
    for (int i = 0; i < PARTITION_LIMIT; i++) {
        int64_t low = 0;
        int64_t high = 0;
        if (mirror->held[i] &&
            rd_kafka_get_watermark_offsets(mirror->consumer, mirror->input, i, &low, &high) ==
                RD_KAFKA_RESP_ERR_NO_ERROR &&
            high > mirror->next[i]) {
            waiting += high - mirror->next[i];
        }
    }
    return waiting;
}

/*
 * librdkafka 2.0.2 lets a bounded queue run dry for up to a second; any request to the leader makes
 * it fetch again. Not where there is nothing more to fetch: the request would stand behind a fetch
 * that waits for data, for fetch.wait.max.ms.
 */
static void wake(struct mirror *mirror, const rd_kafka_message_t *message)
{
    mirror->bytes_since_wake += message->len;
    if (++mirror->since_wake < WAKE_MESSAGES && mirror->bytes_since_wake < WAKE_BYTES) {
        return;
    }
    mirror->since_wake = 0;
    mirror->bytes_since_wake = 0;
    if (rd_kafka_queue_length(mirror->queue) < QUEUED_MESSAGES / 2 &&
        waiting_at_broker(mirror) > 0) {
        int64_t low = 0;
        int64_t high = 0;
        rd_kafka_query_watermark_offsets(mirror->consumer, mirror->input, message->partition, &low,
                                         &high, 1000);
    }
}

static void loop(struct mirror *mirror)
{
    while (!stopping && (mirror->limit == 0 || mirror->total < mirror->limit)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(mirror->consumer, 20);
        if (message != NULL && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            take(mirror, message);
            wake(mirror, message);
        } else if (message != NULL) {
            fprintf(stderr, "mirror: %s\n", rd_kafka_err2name(message->err));
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
        if (mirror->taken % 1000 == 999) {
            rd_kafka_poll(mirror->producer, 0);
        }
        if (mirror->taken >= mirror->batch ||
            (mirror->taken > 0 && now_ms() - mirror->begun_ms >= mirror->delay_ms) ||
            (mirror->limit > 0 && mirror->total + mirror->taken >= mirror->limit)) {
            commit_batch(mirror, true);
        }
    }
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char reason[512];
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) {
        die(name, reason);
    }
}

static rd_kafka_t *make(struct mirror *mirror, rd_kafka_type_t type,
                        const char *const (*defaults)[2], size_t count)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", mirror->address);
    for (size_t i = 0; i < count; i++) {
        set(conf, defaults[i][0], defaults[i][1]);
    }
    if (type == RD_KAFKA_CONSUMER) {
        set(conf, "group.id", mirror->group);
        rd_kafka_conf_set_rebalance_cb(conf, rebalance);
    } else if (is_transactional(mirror)) {
        set(conf, "transactional.id", mirror->transactional_id);
    }
    const char *prefix = type == RD_KAFKA_CONSUMER ? "c." : "p.";
    for (char **word = mirror->words + 6; *word != NULL; word++) {
        char *equals = strchr(*word, '=');
        if (strncmp(*word, prefix, 2) == 0 && equals != NULL) {
            char *name = strndup(*word + 2, (size_t)(equals - *word - 2));
            set(conf, name, equals + 1);
            free(name);
        }
    }
    rd_kafka_conf_set_opaque(conf, mirror);
    char reason[512];
    rd_kafka_t *handle = rd_kafka_new(type, conf, reason, sizeof reason);
    if (handle == NULL) {
        die("client", reason);
    }
    return handle;
}

static void join(struct mirror *mirror)
{
    static const char *const of_consumer[][2] = {
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"isolation.level", "read_committed"},
        {"auto.offset.reset", "earliest"},
        {"partition.assignment.strategy", "range"},
        {"queued.max.messages.kbytes", "16384"},
        {"queued.min.messages", "10000"},
        {"session.timeout.ms", "6000"},
        {"heartbeat.interval.ms", "500"},
    };
    const char *const of_producer[][2] = {
        {"retry.backoff.ms", "10"},
        {"linger.ms", mirror->mode == MODE_EARLY ? "5000" : "20"},
        {"enable.idempotence", "true"},
        {"transaction.timeout.ms", "40000"},
        {"socket.timeout.ms", "15000"},
        {"batch.num.messages", "10000"},
        {"queue.buffering.max.messages", "1000000"},
    };
    mirror->producer =
        make(mirror, RD_KAFKA_PRODUCER, of_producer, sizeof of_producer / sizeof of_producer[0]);
    mirror->topic = rd_kafka_topic_new(mirror->producer, mirror->output, NULL);
    rd_kafka_error_t *error =
        is_transactional(mirror) ? rd_kafka_init_transactions(mirror->producer, 60000) : NULL;
    if (error != NULL) {
        start_anew(mirror, "init", rd_kafka_error_name(error));
    }
    mirror->consumer =
        make(mirror, RD_KAFKA_CONSUMER, of_consumer, sizeof of_consumer / sizeof of_consumer[0]);
    rd_kafka_poll_set_consumer(mirror->consumer);
    mirror->queue = rd_kafka_queue_get_consumer(mirror->consumer);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, mirror->input, RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(mirror->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
}

static void read_options(struct mirror *mirror)
{
    for (char **word = mirror->words + 6; *word != NULL; word++) {
        struct {
            const char *name;
            long *value;
        } numbers[] = {{"batch=", &mirror->batch},
                       {"delay=", &mirror->delay_ms},
                       {"pack=", &mirror->pack},
                       {"keyed=", &mirror->keyed},
                       {"limit=", &mirror->limit}};
        bool known = strncmp(*word, "c.", 2) == 0 || strncmp(*word, "p.", 2) == 0;
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            if (strncmp(*word, numbers[i].name, strlen(numbers[i].name)) == 0) {
                *numbers[i].value = atol(*word + strlen(numbers[i].name));
                known = true;
            }
        }
        for (int i = 0; strncmp(*word, "mode=", 5) == 0 && i < MODE_COUNT; i++) {
            if (strcmp(*word + 5, mode_names[i]) == 0) {
                mirror->mode = (enum mode)i;
                known = true;
            }
        }
        if (!known) {
            die("unknown option", *word);
        }
    }
}

int main(int count, char **words)
{
    if (count < 6) {
        die("usage", "mirror HOST:PORT GROUP TRANSACTIONAL_ID INPUT OUTPUT [NAME=VALUE]...");
    }
    static struct mirror mirror = {.batch = 10000, .delay_ms = 1000};
    mirror.words = words;
    mirror.address = words[1];
    mirror.group = words[2];
    mirror.transactional_id = words[3];
    mirror.input = words[4];
    mirror.output = words[5];
    read_options(&mirror);
    mirror.packed = malloc((size_t)mirror.pack + 1);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    join(&mirror);
    loop(&mirror);
    commit_batch(&mirror, false);
    printf("messages=%ld aborts=%ld ms=%lld cpu_us=%lld\n", mirror.total, mirror.aborts,
           (long long)(now_ms() - mirror.first_ms), (long long)(cpu_us() - mirror.first_cpu_us));
    fflush(stdout);
    rd_kafka_consumer_close(mirror.consumer);
    _exit(0); /* nothing is left to say */
}
