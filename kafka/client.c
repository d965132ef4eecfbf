#include "kafka/client.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "kafka/client_configuration.h"

enum { TEXT_SIZE = 512, CLOSE_STEP_MS = 50 };

static const char *const role_names[] = {
    [KAFKA_CONSUMER] = "consumer", [KAFKA_PRODUCER] = "producer", [KAFKA_READER] = "reader",
    [KAFKA_OBSERVER] = "observer", [KAFKA_WRITER] = "writer",
};

const char *kafka_role_name(enum kafka_role role)
{
    return role_names[role];
}

/*
 * Whose socket is closed? The callback is given nothing but librdkafka's opaque, and that belongs
 * to the module which uses the client. So all clients stand in one list, and every one with this
 * opaque is disturbed: where a module has two, one too many, which does no harm. (An interceptor
 * could tell each thread its client; but in 2.0.2 a client that cannot be made then leaves a
 * configuration behind that cannot be freed.)
 */
static pthread_mutex_t clients_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct kafka_client *clients;

static void enlist(struct kafka_client *client)
{
    pthread_mutex_lock(&clients_mutex);
    client->next = clients;
    clients = client;
    pthread_mutex_unlock(&clients_mutex);
}

static void delist(struct kafka_client *client)
{
    pthread_mutex_lock(&clients_mutex);
    struct kafka_client **at = &clients;
    while (*at != client)
        at = &(*at)->next;
    *at = client->next;
    pthread_mutex_unlock(&clients_mutex);
}

/* A request that times out ends its connection (socket.max.fails is 1): so all is counted here. */
static int close_socket(int descriptor, void *opaque)
{
    pthread_mutex_lock(&clients_mutex);
    for (struct kafka_client *client = clients; client; client = client->next)
        if (client->context == opaque)
            atomic_fetch_add(&client->disturbances, 1);
    pthread_mutex_unlock(&clients_mutex);
    return close(descriptor);
}

static enum log_level level_of(int syslog_level)
{
    if (syslog_level <= 4)
        return LOG_WARNING;
    return syslog_level <= 6 ? LOG_INFO : LOG_DEBUG;
}

static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    (void)text;
    LOG(level_of(level), "kafka_client",
        LOG_NAME("client", slice_from_string(handle ? rd_kafka_name(handle) : NULL)),
        LOG_NAME("facility", slice_from_string(facility)));
}

static void note_error(const rd_kafka_t *handle, int error)
{
    pthread_mutex_lock(&clients_mutex);
    for (struct kafka_client *client = clients; client; client = client->next)
        if (client->handle == handle)
            atomic_store(&client->last_error, error);
    pthread_mutex_unlock(&clients_mutex);
}

static void on_error(rd_kafka_t *handle, int error, const char *text, void *opaque)
{
    (void)text;
    (void)opaque;
    char ignored[TEXT_SIZE];
    if (error == RD_KAFKA_RESP_ERR__FATAL) /* says only that there is one */
        error = rd_kafka_fatal_error(handle, ignored, sizeof ignored);
    note_error(handle, error);
    LOG(LOG_WARNING, "kafka_error", LOG_NAME("client", slice_from_string(rd_kafka_name(handle))),
        LOG_NAME("error", slice_from_string(rd_kafka_err2name((rd_kafka_resp_err_t)error))));
}

static void set_callbacks(rd_kafka_conf_t *configuration,
                          const struct kafka_client_options *options)
{
    if (options->configure)
        options->configure(configuration, options->context);
    rd_kafka_conf_set_opaque(configuration, options->context);
    rd_kafka_conf_set_log_cb(configuration, on_log);
    rd_kafka_conf_set_error_cb(configuration, on_error);
    rd_kafka_conf_set_closesocket_cb(configuration, close_socket);
}

enum rc kafka_client_new(const struct kafka_client_options *options, struct kafka_client **out,
                         struct buffer *reason)
{
    *out = NULL;
    rd_kafka_conf_t *configuration;
    enum rc rc = client_configuration_make(options, &configuration, reason);
    if (rc != RC_OK)
        return rc;
    struct kafka_client *client = calloc(1, sizeof *client);
    if (!client) {
        rd_kafka_conf_destroy(configuration);
        buffer_append_string(reason, rc_sentence(RC_NO_MEMORY));
        return RC_NO_MEMORY;
    }
    client->role = options->role;
    client->context = options->context;
    set_callbacks(configuration, options);
    enlist(client);
    char text[TEXT_SIZE]; /* may quote values */
    rd_kafka_t *handle = rd_kafka_new(
        client_configuration_is_producer(options->role) ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER,
        configuration, text, sizeof text);
    if (!handle) {
        client_configuration_explain(options->settings, text, rd_kafka_last_error(), reason);
        explicit_bzero(text, sizeof text);
        rd_kafka_conf_destroy(configuration); /* wipes what it holds of secrets */
        delist(client);
        free(client);
        return RC_CONFIGURATION;
    }
    pthread_mutex_lock(&clients_mutex);
    client->handle = handle;
    pthread_mutex_unlock(&clients_mutex);
    if (options->role == KAFKA_CONSUMER || options->role == KAFKA_READER)
        rd_kafka_poll_set_consumer(handle);
    *out = client;
    return RC_OK;
}

int64_t kafka_client_number(const struct kafka_client *client, const char *property,
                            int64_t otherwise)
{
    char text[TEXT_SIZE] = "";
    size_t size = sizeof text;
    int64_t number;
    if (rd_kafka_conf_get(rd_kafka_conf(client->handle), property, text, &size) !=
            RD_KAFKA_CONF_OK ||
        !slice_to_i64(slice_from_string(text), &number))
        return otherwise;
    return number;
}

const char *kafka_client_last_error(const struct kafka_client *client)
{
    return rd_kafka_err2name((rd_kafka_resp_err_t)atomic_load(&client->last_error));
}

/* Shared by who waits and by the thread that closes; the last of them frees it. */
struct closing {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct kafka_client *client;
    bool done, left_behind;
};

/*
 * The group is left with the events in our hands: a rebalance is answered at once, and no callback
 * of a module runs that may be gone by then.
 */
static void leave_group(rd_kafka_t *handle)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(handle);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(handle, queue);
    while (!error && !rd_kafka_consumer_closed(handle)) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CLOSE_STEP_MS);
        if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
            rd_kafka_assign(handle, NULL);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_error_destroy(error);
    rd_kafka_queue_destroy(queue);
}

static void closing_free(struct closing *closing)
{
    pthread_cond_destroy(&closing->changed);
    pthread_mutex_destroy(&closing->mutex);
    free(closing);
}

static void *run_closing(void *argument)
{
    struct closing *closing = argument;
    struct kafka_client *client = closing->client;
    if (client->role == KAFKA_CONSUMER || client->role == KAFKA_READER)
        leave_group(client->handle);
    rd_kafka_destroy_flags(client->handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    delist(client);
    free(client);
    pthread_mutex_lock(&closing->mutex);
    closing->done = true;
    bool left_behind = closing->left_behind;
    pthread_cond_signal(&closing->changed);
    pthread_mutex_unlock(&closing->mutex);
    if (left_behind)
        closing_free(closing);
    return NULL;
}

static struct closing *closing_new(struct kafka_client *client)
{
    struct closing *closing = calloc(1, sizeof *closing);
    if (!closing)
        return NULL;
    closing->client = client;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&closing->mutex, NULL);
    pthread_cond_init(&closing->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return closing;
}

static struct timespec monotonic_after(int64_t milliseconds)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    int64_t nanoseconds = time.tv_nsec + milliseconds % 1000 * 1000000;
    time.tv_sec += milliseconds / 1000 + nanoseconds / 1000000000;
    time.tv_nsec = nanoseconds % 1000000000;
    return time;
}

static bool wait_for(struct closing *closing, int64_t deadline_ms)
{
    struct timespec until = monotonic_after(deadline_ms < 0 ? 0 : deadline_ms);
    pthread_mutex_lock(&closing->mutex);
    int result = 0;
    while (!closing->done && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&closing->changed, &closing->mutex, &until);
    bool done = closing->done;
    closing->left_behind = !done;
    pthread_mutex_unlock(&closing->mutex);
    return done;
}

bool kafka_client_free(struct kafka_client *client, int64_t deadline_ms)
{
    if (!client)
        return true;
    enum kafka_role role = client->role;
    struct closing *closing = closing_new(client);
    pthread_t thread;
    bool started = closing && pthread_create(&thread, NULL, run_closing, closing) == 0;
    if (started && wait_for(closing, deadline_ms)) {
        pthread_join(thread, NULL);
        closing_free(closing);
        return true;
    }
    /* Without memory for a thread the client stays: to close it here could take for ever. */
    LOG(LOG_WARNING, "kafka_client_left", LOG_NAME("role", slice_from_string(role_names[role])));
    if (started)
        pthread_detach(thread);
    else if (closing)
        closing_free(closing);
    return false;
}
