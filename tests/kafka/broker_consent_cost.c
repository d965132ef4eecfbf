/*
 * What consent from a topic costs: printed, and held to generous limits.
 *
 *   the barrier, with 1, 4 and 16 partitions, and with it the question whether the batch holds
 *   time to ready, against a bare reader of the same topic; LETHE_CONSENT_RECORDS messages
 *   (20 000; 1 000 000 for the figures of record)
 */
#include "tests/kafka/consent_world.h"

#include <stdlib.h>

enum { BARRIERS = 1000 };

static int by_value(const void *a, const void *b)
{
    int64_t first = *(const int64_t *)a;
    int64_t second = *(const int64_t *)b;
    return (first > second) - (first < second);
}

static void print_times(const char *what, int partitions, int64_t *times, size_t count)
{
    qsort(times, count, sizeof *times, by_value);
    print_message("%-10s %2d partitions: median %.3f ms, 99%% %.3f ms, most %.3f ms\n", what,
                  partitions, (double)times[count / 2] / 1e6, (double)times[count * 99 / 100] / 1e6,
                  (double)times[count - 1] / 1e6);
}

static void barriers_are_cheap(void **state)
{
    (void)state;
    static const int partitions[] = {1, 4, 16};
    static int64_t begins[BARRIERS];
    static int64_t holds[BARRIERS];
    unsigned count = getenv("LETHE_CONSENT_RECORDS") ? BARRIERS : BARRIERS / 10;
    for (unsigned i = 0; i < 3; i++) {
        struct consent_hold hold;
        make_topic("cost", partitions[i], "");
        for (int p = 0; p < partitions[i]; p++)
            send_state(p, (unsigned)p, 1, "granted");
        struct consent_following *following = start();
        await_state(following, CONSENT_FRESH);
        for (unsigned j = 0; j < count; j++) {
            int64_t began = clock_monotonic_ns();
            assert_true(consent_following_begin(following, WAIT_MS, &hold));
            begins[j] = clock_monotonic_ns() - began;
            began = clock_monotonic_ns();
            assert_true(consent_following_holds(following, &hold));
            holds[j] = clock_monotonic_ns() - began;
            consent_following_end(following, &hold);
        }
        print_times("barrier", partitions[i], begins, count);
        assert_true(begins[count / 2] < 20000000);
        print_times("holds", partitions[i], holds, count);
        consent_following_stop(following);
    }
}

static void fill(unsigned count)
{
    char key[64];
    for (unsigned i = 0; i < count; i++) {
        snprintf(key, sizeof key, "account.user_id:u%u", i);
        queue_message(plain, (int)(i % 4), key, VALUE("1", "granted"), NULL);
        if (i % 1000 == 0)
            rd_kafka_poll(plain, 0);
    }
    assert_int_equal(rd_kafka_flush(plain, 600000), RD_KAFKA_RESP_ERR_NO_ERROR);
}

/* The same client, the same queues, nothing done with a message. */
static int64_t read_bare(unsigned count)
{
    const struct kafka_client_options options = {.role = KAFKA_READER, .settings = &settings};
    struct kafka_client *client;
    struct buffer reason;
    unsigned seen = 0;
    static rd_kafka_message_t *messages[1000];
    buffer_init(&reason, 256);
    int64_t began = clock_monotonic_ns();
    assert_int_equal(kafka_client_new(&options, &client, &reason), RC_OK);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);
    for (int i = 0; i < 4; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = 0;
    assert_int_equal(rd_kafka_assign(client->handle, list), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(client->handle);
    while (seen < count) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 5, messages, 1000);
        for (ssize_t i = 0; i < got; i++) {
            seen += !messages[i]->err;
            rd_kafka_message_destroy(messages[i]);
        }
        if (rd_kafka_queue_length(queue) < 5000) {
            for (int i = 0; i < 4; i++)
                list->elems[i].offset = -1;
            rd_kafka_offsets_for_times(client->handle, list, 1000); /* wakes it up */
        }
    }
    int64_t taken = clock_monotonic_ns() - began;
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_partition_list_destroy(list);
    kafka_client_free(client, 2000);
    return taken;
}

static void a_load_is_quick(void **state)
{
    (void)state;
    const char *wanted = getenv("LETHE_CONSENT_RECORDS");
    unsigned count = wanted ? (unsigned)atoi(wanted) : 20000;
    make_topic("load", 4, "");
    fill(count);
    for (unsigned i = 0; i < 3; i++) {
        int64_t bare = read_bare(count);
        struct consent_following *following = start_with(5000, count + 1000);
        int64_t until = now_ms() + 120000;
        while (consent_following_state(following) != CONSENT_FRESH && now_ms() < until)
            sleep_ms(1);
        struct consent_following_counts counts = counts_of(following);
        assert_int_equal(counts.table.subjects, count);
        print_message("%u messages: ready after %.2f s (%.0f a second), a bare reader %.2f s; "
                      "%.1f bytes a subject\n",
                      count, (double)counts.loaded_after / 1e3,
                      count / ((double)counts.loaded_after / 1e3), (double)bare / 1e9,
                      (double)counts.table.bytes / count);
        consent_following_stop(following);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(barriers_are_cheap),
        cmocka_unit_test(a_load_is_quick),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
