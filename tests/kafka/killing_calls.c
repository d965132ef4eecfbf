/*
 * Ends the process around a call of the transactional producer: a shared library for LD_PRELOAD.
 *
 *     LETHE_KILL=offsets-before | offsets-after | commit-before | commit-after | commit-during
 *     LETHE_KILL_AT=2      at the second such call (the first commit may be a chain's beginning)
 *
 * `during`: the request is on its way, and nobody here will see the answer.
 */
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { KILLED = 137 };

static void end_if(const char *where, int number)
{
    const char *kill = getenv("LETHE_KILL"), *at = getenv("LETHE_KILL_AT");
    if (kill && strcmp(kill, where) == 0 && number == (at ? atoi(at) : 1))
        syscall(SYS_exit_group, KILLED);
}

static void *end_soon(void *context)
{
    (void)context;
    const struct timespec pause = {0, 2 * 1000 * 1000};
    nanosleep(&pause, NULL);
    syscall(SYS_exit_group, KILLED);
    return NULL;
}

rd_kafka_error_t *rd_kafka_commit_transaction(rd_kafka_t *handle, int timeout_ms)
{
    static int number;
    rd_kafka_error_t *(*real)(rd_kafka_t *, int);
    void *symbol = dlsym(RTLD_NEXT, "rd_kafka_commit_transaction");
    const char *kill = getenv("LETHE_KILL"), *at = getenv("LETHE_KILL_AT");
    memcpy(&real, &symbol, sizeof real);
    number++;
    end_if("commit-before", number);
    bool during = kill && strcmp(kill, "commit-during") == 0 && number == (at ? atoi(at) : 1);
    pthread_t thread;
    if (during && pthread_create(&thread, NULL, end_soon, NULL) != 0)
        abort();
    rd_kafka_error_t *error = real(handle, timeout_ms);
    if (during) /* the answer was quicker, on a slow machine: it goes nowhere all the same */
        pthread_join(thread, NULL);
    end_if("commit-after", number);
    return error;
}

rd_kafka_error_t *rd_kafka_send_offsets_to_transaction(
    rd_kafka_t *handle, const rd_kafka_topic_partition_list_t *offsets,
    const rd_kafka_consumer_group_metadata_t *group, int timeout_ms)
{
    static int number;
    rd_kafka_error_t *(*real)(rd_kafka_t *, const rd_kafka_topic_partition_list_t *,
                              const rd_kafka_consumer_group_metadata_t *, int);
    void *symbol = dlsym(RTLD_NEXT, "rd_kafka_send_offsets_to_transaction");
    memcpy(&real, &symbol, sizeof real);
    number++;
    end_if("offsets-before", number);
    rd_kafka_error_t *error = real(handle, offsets, group, timeout_ms);
    end_if("offsets-after", number);
    return error;
}
