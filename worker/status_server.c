#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "worker/metrics.h"
#include "worker/status_page.h"
#include "worker/status_server.h"

enum {
    BACKLOG = 1024,
    TURN_MS = 50,
    SILENCE = 3, /* seconds for which a client that says nothing is left to the system */
};

struct status_server {
    struct MHD_Daemon *daemon;
    struct run_status *status;
    pthread_t thread;
    int stop; /* an eventfd: readable when the thread is to end */
    uint16_t port;
    bool loopback;
    /* Of the thread alone: who is connected, and since when (monotonic ns). */
    struct connection {
        int socket; /* -1: free */
        int64_t since;
        bool closing;
    } connections[STATUS_SERVER_CONNECTIONS];
    size_t connected;
    bool ended; /* a connection did, in this turn */
};

struct answer {
    unsigned code;
    const char *type;
    const char *security; /* Content-Security-Policy, or NULL */
    struct buffer body;
};

static void answer_text(struct answer *answer, unsigned code, const char *text)
{
    answer->code = code;
    answer->type = "text/plain; charset=utf-8";
    buffer_append_string(&answer->body, text);
    buffer_append_byte(&answer->body, '\n');
}

/* What was half written is not shown. */
static void answer_failure(struct answer *answer)
{
    buffer_release(&answer->body);
    buffer_init(&answer->body, 4096);
    answer->security = NULL;
    answer_text(answer, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
}

static void answer_rendered(struct answer *answer, struct run_status *status, const char *type,
                            void (*write)(const struct run_snapshot *, struct buffer *))
{
    struct run_snapshot snapshot;
    if (run_snapshot_take(status, &snapshot) != RC_OK) {
        answer_failure(answer);
        return;
    }
    answer->code = MHD_HTTP_OK;
    answer->type = type;
    write(&snapshot, &answer->body);
    run_snapshot_release(&snapshot);
    if (buffer_status(&answer->body) != RC_OK)
        answer_failure(answer);
}

static void answer_ready(struct answer *answer, struct run_status *status)
{
    bool ready = run_status_is_ready(status, &answer->body);
    answer_text(answer, ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, ready ? "ready" : "");
}

static void answer_live(struct answer *answer, struct run_status *status)
{
    const char *reason = run_status_why_not_live(status);
    answer_text(answer, reason ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK,
                reason ? reason : "live");
}

static void make_answer(struct answer *answer, struct run_status *status, const char *path)
{
    *answer = (struct answer){0};
    buffer_init(&answer->body, METRICS_LIMIT);
    if (strcmp(path, "/metrics") == 0) {
        answer_rendered(answer, status, METRICS_CONTENT_TYPE, metrics_write);
    } else if (strcmp(path, "/ready") == 0) {
        answer_ready(answer, status);
    } else if (strcmp(path, "/live") == 0) {
        answer_live(answer, status);
    } else if (strcmp(path, "/") == 0) {
        answer->security = STATUS_PAGE_SECURITY;
        answer_rendered(answer, status, STATUS_PAGE_CONTENT_TYPE, status_page_write);
    } else {
        answer_text(answer, MHD_HTTP_NOT_FOUND, "not found");
    }
}

static bool add_headers(struct MHD_Response *response, const struct answer *answer)
{
    return MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type) ==
               MHD_YES &&
           MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") ==
               MHD_YES &&
           MHD_add_response_header(response, "X-Content-Type-Options", "nosniff") == MHD_YES &&
           MHD_add_response_header(response, "Referrer-Policy", "no-referrer") == MHD_YES &&
           (!answer->security || MHD_add_response_header(response, "Content-Security-Policy",
                                                         answer->security) == MHD_YES) &&
           (answer->code != MHD_HTTP_METHOD_NOT_ALLOWED ||
            MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") == MHD_YES) &&
           /* One request a connection: nobody holds one of the few places. */
           MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close") == MHD_YES;
}

/* Hands the body over to the response; MHD_NO drops the connection. */
static enum MHD_Result send_answer(struct MHD_Connection *connection, struct answer *answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.length, answer->body.data, MHD_RESPMEM_MUST_FREE);
    if (!response) {
        buffer_release(&answer->body);
        return MHD_NO;
    }
    enum MHD_Result result = MHD_NO;
    if (add_headers(response, answer))
        result = MHD_queue_response(connection, answer->code, response);
    MHD_destroy_response(response);
    return result;
}

static bool has_body(struct MHD_Connection *connection)
{
    const char *length =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return (length && strcmp(length, "0") != 0) ||
           MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
                                       MHD_HTTP_HEADER_TRANSFER_ENCODING);
}

/* An address, or this host: what a name in the Host header stands for is not ours to believe. */
static bool is_host_plain(const char *host)
{
    char text[64];
    struct in6_addr address;
    bool bracket = host[0] == '[';
    size_t length = strcspn(host + bracket, bracket ? "]" : ":");
    if (length >= sizeof text)
        return false;
    memcpy(text, host + bracket, length);
    text[length] = '\0';
    return inet_pton(bracket ? AF_INET6 : AF_INET, text, &address) == 1 ||
           slice_equal_ignoring_case(slice_of(text, length), SLICE("localhost"));
}

static void refuse(struct answer *answer, unsigned code, const char *text)
{
    *answer = (struct answer){0};
    buffer_init(&answer->body, 4096);
    answer_text(answer, code, text);
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **state)
{
    const struct status_server *server = context;
    struct answer answer;
    (void)version, (void)upload, (void)upload_size, (void)state;
    const char *host =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        refuse(&answer, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD");
    else if (has_body(connection))
        refuse(&answer, MHD_HTTP_BAD_REQUEST, "a request has no body here");
    else if (server->loopback && host && !is_host_plain(host))
        refuse(&answer, MHD_HTTP_MISDIRECTED_REQUEST, "ask by address or as localhost");
    else
        make_answer(&answer, server->status, path);
    return send_answer(connection, &answer);
}

static void connection_came(struct status_server *server, int handle, void **place)
{
    for (size_t i = 0; i < STATUS_SERVER_CONNECTIONS; i++) {
        struct connection *at = &server->connections[i];
        if (at->socket >= 0)
            continue;
        *at = (struct connection){handle, clock_monotonic_ns(), false};
        *place = at;
        server->connected++;
        return;
    }
}

static void notice_connection(void *context, struct MHD_Connection *connection, void **place,
                              enum MHD_ConnectionNotificationCode code)
{
    struct status_server *server = context;
    struct connection *at = *place;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        if (info)
            connection_came(server, info->connect_fd, place);
    } else if (at) {
        at->socket = -1;
        server->connected--;
        server->ended = true;
    }
}

/* Closes whoever has been here too long. The library reads the end of it and forgets it. */
static void sweep(struct status_server *server)
{
    int64_t now = clock_monotonic_ns();
    bool crowded = server->connected >= STATUS_SERVER_CONNECTIONS / 2;
    int64_t longest = (crowded ? STATUS_SERVER_CROWDED_MS : STATUS_SERVER_LONGEST_MS) * 1000000LL;
    for (size_t i = 0; i < STATUS_SERVER_CONNECTIONS; i++) {
        struct connection *at = &server->connections[i];
        if (at->socket < 0 || at->closing || now - at->since < longest)
            continue;
        at->closing = true;
        shutdown(at->socket, SHUT_RDWR);
    }
}

/* The library has work left over and time-outs to look after, and so have we. At its limit it stops
 * listening, and begins again only in the turn after a connection has ended. */
static int wait_for(struct status_server *server)
{
    MHD_UNSIGNED_LONG_LONG library;
    bool ended = server->ended;
    server->ended = false;
    if (ended)
        return 0;
    if (MHD_get_timeout(server->daemon, &library) == MHD_YES && library < TURN_MS)
        return (int)library;
    return server->connected > 0 ? TURN_MS : -1;
}

static void *serve(void *context)
{
    struct status_server *server = context;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd events[] = {{info->epoll_fd, POLLIN, 0}, {server->stop, POLLIN, 0}};
    while (!(events[1].revents & POLLIN)) {
        poll(events, 2, wait_for(server));
        MHD_run(server->daemon);
        sweep(server);
    }
    return NULL;
}

static socklen_t socket_address(const struct status_address *address, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (address->is_ipv6) {
        struct sockaddr_in6 *to = (struct sockaddr_in6 *)out;
        to->sin6_family = AF_INET6;
        to->sin6_port = htons(address->port);
        inet_pton(AF_INET6, address->host, &to->sin6_addr);
        return sizeof *to;
    }
    struct sockaddr_in *to = (struct sockaddr_in *)out;
    to->sin_family = AF_INET;
    to->sin_port = htons(address->port);
    inet_pton(AF_INET, address->host, &to->sin_addr);
    return sizeof *to;
}

/*
 * A listening socket, or -1 with errno set. Who has not said anything yet is not accepted yet,
 * because that may be the network's fault: where the queue was full, a connection can come into
 * being long before its first bytes are sent again, and would be taken for a slow one.
 */
static int listen_on(const struct status_address *address, uint16_t *port)
{
    struct sockaddr_storage where;
    socklen_t length = socket_address(address, &where);
    int yes = 1, silence = SILENCE;
    int handle = socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (handle < 0)
        return -1;
    bool good = setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0 &&
                (!address->is_ipv6 ||
                 setsockopt(handle, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) == 0) &&
                bind(handle, (const struct sockaddr *)&where, length) == 0 &&
                setsockopt(handle, IPPROTO_TCP, TCP_DEFER_ACCEPT, &silence, sizeof silence) == 0 &&
                listen(handle, BACKLOG) == 0 &&
                getsockname(handle, (struct sockaddr *)&where, &length) == 0;
    if (!good) {
        int saved = errno;
        close(handle);
        errno = saved;
        return -1;
    }
    *port = ntohs(address->is_ipv6 ? ((struct sockaddr_in6 *)&where)->sin6_port
                                   : ((struct sockaddr_in *)&where)->sin_port);
    return handle;
}

/* The path is compared as it comes: a decoded NUL would end it early. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *start_daemon(struct status_server *server, int listener)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, listener,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)STATUS_SERVER_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)STATUS_SERVER_TIMEOUT,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)STATUS_SERVER_MEMORY,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, notice_connection, server, MHD_OPTION_END);
}

/* The thread takes no signal: those are the supervisor's. */
static bool start_thread(struct status_server *server)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool good = pthread_create(&server->thread, NULL, serve, server) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

/* Takes over the listening socket, also where it fails. */
static bool start_serving(struct status_server *server, int listener)
{
    server->daemon = start_daemon(server, listener);
    if (!server->daemon) {
        close(listener);
        return false;
    }
    server->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->stop >= 0 && start_thread(server))
        return true;
    if (server->stop >= 0)
        close(server->stop);
    MHD_stop_daemon(server->daemon);
    return false;
}

static enum rc say_why(struct buffer *reason, const struct status_address *address, int error)
{
    enum rc rc = error == EADDRINUSE ? RC_EXISTS
                 : error == EACCES || error == EADDRNOTAVAIL || error == EAFNOSUPPORT
                     ? RC_REFUSED
                     : rc_from_errno(error);
    buffer_append_format(reason, "cannot listen on %s%s%s:%u: %s", address->is_ipv6 ? "[" : "",
                         address->host, address->is_ipv6 ? "]" : "", address->port,
                         rc == RC_EXISTS    ? "the address is taken"
                         : rc == RC_REFUSED ? "this host has no such address, or may not use it"
                                            : rc_sentence(rc));
    return rc == RC_OK ? RC_IO : rc;
}

enum rc status_server_start(const struct status_address *address, struct run_status *status,
                            struct status_server **out, struct buffer *reason)
{
    *out = NULL;
    struct status_server *server = calloc(1, sizeof *server);
    if (!server)
        return say_why(reason, address, ENOMEM);
    server->status = status;
    server->loopback = status_address_is_loopback(address);
    for (size_t i = 0; i < STATUS_SERVER_CONNECTIONS; i++)
        server->connections[i].socket = -1;
    int listener = listen_on(address, &server->port);
    if (listener < 0) {
        int error = errno;
        free(server);
        return say_why(reason, address, error);
    }
    if (!start_serving(server, listener)) {
        free(server);
        return say_why(reason, address, EIO);
    }
    LOG(LOG_INFO, "status_listening", LOG_NAME("address", slice_from_string(address->host)),
        LOG_NUMBER("port", server->port));
    *out = server;
    return RC_OK;
}

uint16_t status_server_port(const struct status_server *server)
{
    return server->port;
}

void status_server_stop(struct status_server *server)
{
    if (!server)
        return;
    eventfd_write(server->stop, 1);
    pthread_join(server->thread, NULL);
    close(server->stop);
    MHD_stop_daemon(server->daemon);
    free(server);
}
