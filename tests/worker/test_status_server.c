/*
 * The endpoints as a client sees them, the friendly and the hostile: slow, huge, garbage, too many.
 * Whatever is sent, nothing of it comes back, and the next ordinary request is answered.
 */
#include "tests/worker/run_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/running_clock.h"
#include "worker/metrics.h"
#include "worker/status_server.h"

#define MARKER "kanarienvogel"

enum { GIVE_UP = 60 }; /* seconds */

struct served {
    struct run_fixture fixture;
    struct status_server *server;
};

static const struct status_address loopback = {"127.0.0.1", 0, false};

static int open_served(void **state)
{
    struct served *served = calloc(1, sizeof *served);
    struct buffer reason;
    assert_non_null(served);
    buffer_init(&reason, 1024);
    fixture_open(&served->fixture);
    fixture_fill(&served->fixture);
    assert_int_equal(
        status_server_start(&loopback, served->fixture.status, &served->server, &reason), RC_OK);
    buffer_release(&reason);
    *state = served;
    return 0;
}

static int close_served(void **state)
{
    struct served *served = *state;
    status_server_stop(served->server);
    fixture_close(&served->fixture);
    free(served);
    return 0;
}

static int connect_to(const struct served *served)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(status_server_port(served->server)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval limit = {GIVE_UP, 0};
    assert_true(handle >= 0);
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(handle, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(handle, (const struct sockaddr *)&to, sizeof to), 0);
    return handle;
}

/* As much of it as the server takes. */
static void send_all(int handle, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t sent = send(handle, bytes, count, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        count -= (size_t)sent;
    }
}

static void receive_all(int handle, struct buffer *out)
{
    char bytes[8192];
    for (;;) {
        ssize_t count = recv(handle, bytes, sizeof bytes, 0);
        if (count <= 0)
            return;
        buffer_append(out, slice_of(bytes, (size_t)count));
    }
}

/* One request on a connection of its own; the whole answer, head and body. */
static void exchange(const struct served *served, const char *request, size_t count,
                     struct buffer *answer)
{
    int handle = connect_to(served);
    buffer_init(answer, 2 * METRICS_LIMIT);
    send_all(handle, request, count);
    /* A request that is not whole is not answered: then its end is shown. (Not at once: the library
     * overlooks an end that comes with the last bytes, until its time-out.) */
    struct pollfd ready = {handle, POLLIN, 0};
    if (poll(&ready, 1, 20) == 0)
        shutdown(handle, SHUT_WR);
    receive_all(handle, answer);
    close(handle);
}

static bool contains(const struct buffer *answer, const char *text)
{
    return slice_find(buffer_slice(answer), slice_from_string(text)) < answer->length;
}

static bool has_status(const struct buffer *answer, int code)
{
    char line[32];
    snprintf(line, sizeof line, "HTTP/1.1 %d ", code);
    return slice_starts_with(buffer_slice(answer), slice_from_string(line));
}

static struct slice body_of(const struct buffer *answer)
{
    struct slice all = buffer_slice(answer);
    return slice_tail(all, slice_find(all, SLICE("\r\n\r\n")) + 4);
}

/* False: closed without a word, while this process stood still. Where it is crowded a server that
 * stands still too takes whoever has just come for a slow one. */
static bool is_answered(const struct served *served, const char *request, int code,
                        const char *text)
{
    struct buffer answer;
    int64_t before = stalled_clock_ms();
    exchange(served, request, strlen(request), &answer);
    bool answered = answer.length > 0 || stalled_clock_ms() - before < STATUS_SERVER_CROWDED_MS / 2;
    if (answered &&
        (!has_status(&answer, code) || !contains(&answer, text) || contains(&answer, MARKER)))
        fail_msg("%s\ngave\n%.*s", request, SLICE_FORMAT(slice_head(buffer_slice(&answer), 600)));
    buffer_release(&answer);
    return answered;
}

static void expect(const struct served *served, const char *request, int code, const char *text)
{
    for (int i = 0; i < 10; i++) {
        if (is_answered(served, request, code, text))
            return;
    }
    fail_msg("%s\nis never answered", request);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

static void expect_alive_within(const struct served *served, int64_t milliseconds)
{
    int64_t before = running_clock_ms();
    expect(served, GET("/live"), 200, "\r\n\r\nlive\n");
    assert_true(running_clock_ms() - before < milliseconds);
}

static void expect_alive(const struct served *served)
{
    expect_alive_within(served, 3000);
}

static void pages_are_there(void **state)
{
    const struct served *served = *state;
    expect(served, GET("/metrics"), 200, "\nlethe_input_records_total 100\n");
    expect(served, GET("/metrics?name[]=" MARKER), 200, "text/plain; version=0.0.4");
    expect(served, GET("/ready"), 200, "\r\n\r\nready\n");
    expect(served, GET("/live"), 200, "\r\n\r\nlive\n");
    expect(served, GET("/"), 200, "Content-Type: text/html; charset=utf-8\r\n");
    expect(served, GET("/"), 200, "Content-Security-Policy: default-src 'none';");
    expect(served, GET("/" MARKER), 404, "\r\n\r\nnot found\n");
    expect(served, GET("/ready/"), 404, "not found");
    expect(served, GET("//metrics"), 404, "not found");
    expect(served, GET("/../../etc/passwd"), 404, "not found");
    expect(served, GET("/%00" MARKER), 404, "not found");
}

static void ready_says_why_not(void **state)
{
    const struct served *served = *state;
    run_status_lane_state(served->fixture.status, 1, RUN_LANE_HALTED, "the tripwire closed");
    expect(served, GET("/ready"), 503, "\r\n\r\nlane 1: the tripwire closed\n");
    expect(served, GET("/metrics"), 200, "\nlethe_ready 0\n");
    expect(served, GET("/"), 200, "lane 1: the tripwire closed");
    run_status_ready(served->fixture.status, "the worker is ending");
    expect(served, GET("/ready"), 503, "\r\n\r\nthe worker is ending\n");
}

static void head_has_no_body(void **state)
{
    static const char request[] = "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct buffer answer;
    exchange(*state, request, sizeof request - 1, &answer);
    assert_true(has_status(&answer, 200));
    assert_true(contains(&answer, "Content-Length: "));
    assert_int_equal(body_of(&answer).length, 0);
    buffer_release(&answer);
}

static void only_get_and_head(void **state)
{
    static const char *const methods[] = {"POST",    "PUT",   "DELETE", "OPTIONS", "TRACE",
                                          "CONNECT", "PATCH", "get",    MARKER};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        char request[256];
        snprintf(request, sizeof request,
                 "%s / HTTP/1.1\r\nHost: localhost\r\nX: " MARKER "\r\n\r\n", methods[i]);
        expect(*state, request, 405, "Allow: GET, HEAD\r\n");
    }
    expect(*state, "POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 13\r\n\r\n" MARKER,
           405, "only GET and HEAD");
    expect(*state, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 13\r\n\r\n" MARKER, 400,
           "no body");
    expect(*state,
           "GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
           "d\r\n" MARKER "\r\n0\r\n\r\n",
           400, "no body");
}

/* A page that a browser was lured to comes under its own name (DNS rebinding). */
static void names_of_others_are_refused(void **state)
{
    static const char *const bad[] = {
        MARKER ".example", "127.0.0.1." MARKER, "[::1", "", " ", "localhost." MARKER ":80"};
    static const char *const good[] = {"127.0.0.1",   "127.0.0.1:9464", "localhost",
                                       "LOCALHOST:1", "[::1]:9464",     "10.0.0.7"};
    char request[256];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", bad[i]);
        if (strcmp(bad[i], "[::1") != 0)
            expect(*state, request, 421, "as localhost");
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(request, sizeof request, "GET /live HTTP/1.1\r\nHost: %s\r\n\r\n", good[i]);
        expect(*state, request, 200, "live");
    }
}

static void nothing_comes_back(void **state)
{
    struct buffer request, answer;
    static const size_t sizes[] = {100, 5000, 7000, 9000, 20000, 1000000};
    static const char *const shapes[] = {
        "GET /%.*s HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: %.*s\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\n%.*s: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: %.*s\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nCookie: a=%.*s\r\n\r\n",
        "%.*s / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / %.*s\r\nHost: localhost\r\n\r\n",
        "%.*s"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *text = malloc(sizes[i]);
        assert_non_null(text);
        for (size_t at = 0; at < sizes[i]; at++)
            text[at] = MARKER[at % (sizeof MARKER - 1)];
        for (size_t shape = 0; shape < sizeof shapes / sizeof shapes[0]; shape++) {
            buffer_init(&request, 2000000);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            buffer_append_format(&request, shapes[shape], (int)sizes[i], text);
#pragma GCC diagnostic pop
            exchange(*state, request.data, request.length, &answer);
            assert_false(contains(&answer, MARKER));
            buffer_release(&answer);
            buffer_release(&request);
        }
        free(text);
        expect_alive(*state);
    }
}

/* Bytes of a generator (xorshift), so that a failure can be repeated. */
static void garbage_is_survived(void **state)
{
    uint64_t random = 88172645463325252u;
    for (int turn = 0; turn < 300; turn++) {
        char bytes[3000];
        struct buffer answer;
        size_t count = 1 + (size_t)turn * 9;
        const char *start = turn % 3 == 0 ? "GET / HTTP/1.1\r\n" : turn % 3 == 1 ? "GET /" : "";
        for (size_t i = 0; i < count; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            bytes[i] = turn % 2 ? (char)random : " \r\n:\t/%GETH\0"[random % 12];
        }
        memcpy(bytes, start, strlen(start) < count ? strlen(start) : count);
        exchange(*state, bytes, count, &answer);
        buffer_release(&answer);
    }
    expect_alive(*state);
}

/* A header a second, for ever; many of them. They are closed for whoever comes next. */
static void slow_clients_keep_nobody_out(void **state)
{
    enum { SLOW = 4 * STATUS_SERVER_CONNECTIONS };
    static const char begun[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-";
    int handles[SLOW];
    for (int i = 0; i < SLOW; i++) {
        handles[i] = connect_to(*state);
        send_all(handles[i], begun, sizeof begun - 1);
    }
    for (int turn = 0; turn < 5; turn++) {
        for (int i = 0; i < SLOW; i++)
            send_all(handles[i], "a", 1);
        expect_alive(*state);
    }
    for (int i = 0; i < SLOW; i++)
        close(handles[i]);
}

/* Asks and does not read. */
static void slow_readers_keep_nobody_out(void **state)
{
    enum { SLOW = 2 * STATUS_SERVER_CONNECTIONS };
    int handles[SLOW], small = 1024;
    for (int i = 0; i < SLOW; i++) {
        handles[i] = connect_to(*state);
        setsockopt(handles[i], SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
        send_all(handles[i], GET("/metrics"), sizeof GET("/metrics") - 1);
    }
    expect_alive(*state);
    for (int i = 0; i < SLOW; i++)
        close(handles[i]);
}

static void a_silent_client_is_dropped(void **state)
{
    int64_t before = clock_monotonic_ms(), running_before = running_clock_ms();
    int handle = connect_to(*state);
    struct pollfd end = {handle, POLLIN, 0};
    char byte;
    assert_int_equal(poll(&end, 1, GIVE_UP * 1000), 1);
    assert_true(recv(handle, &byte, 1, 0) <= 0);
    assert_true(clock_monotonic_ms() - before > 1000 * (STATUS_SERVER_TIMEOUT - 2));
    assert_true(running_clock_ms() - running_before < 1000 * (STATUS_SERVER_TIMEOUT + 6));
    close(handle);
}

static void a_thousand_connections(void **state)
{
    enum { MANY = 1000 };
    static int handles[MANY];
    const struct served *served = *state;
    struct rlimit files;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
    if (files.rlim_max < MANY + 200)
        skip();
    files.rlim_cur = files.rlim_cur < MANY + 200 ? MANY + 200 : files.rlim_cur;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(status_server_port(served->server)),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (int i = 0; i < MANY; i++) {
        handles[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_true(handles[i] >= 0);
        int rc = connect(handles[i], (const struct sockaddr *)&to, sizeof to);
        assert_true(rc == 0 || errno == EINPROGRESS || errno == EAGAIN);
        if (i % 2)
            send(handles[i], "GET /", 5, MSG_NOSIGNAL);
    }
    /* A thousand wait before it, STATUS_SERVER_CONNECTIONS are closed each quarter of a second, and
     * what the queue had no room for the system tries again after a second or three: eight seconds.
     * Were they only closed as those who make no progress, it would be eighty. */
    expect_alive_within(served, 25000);
    expect(served, GET("/metrics"), 200, "lethe_ready 1");
    for (int i = 0; i < MANY; i++)
        close(handles[i]);
    expect_alive(served);
}

/* With connections open in every state. */
static void stopping_waits_for_nobody(void **state)
{
    struct served *served = *state;
    struct buffer reason;
    int handles[8];
    for (int i = 0; i < 8; i++) {
        handles[i] = connect_to(served);
        if (i % 2)
            send_all(handles[i], "GET /metrics HTTP/1.1\r\n", 23);
    }
    expect_alive(served);
    int64_t before = running_clock_ms();
    status_server_stop(served->server);
    assert_true(running_clock_ms() - before < 2000);
    for (int i = 0; i < 8; i++)
        close(handles[i]);
    buffer_init(&reason, 1024);
    assert_int_equal(
        status_server_start(&loopback, served->fixture.status, &served->server, &reason), RC_OK);
    expect_alive(served);
    buffer_release(&reason);
}

static void a_taken_address_is_said(void **state)
{
    const struct served *served = *state;
    struct status_address taken = loopback;
    struct status_address foreign = {"192.0.2.1", 0, false};
    struct status_server *other;
    struct buffer reason;
    taken.port = status_server_port(served->server);
    buffer_init(&reason, 1024);
    assert_int_equal(status_server_start(&taken, served->fixture.status, &other, &reason),
                     RC_EXISTS);
    assert_null(other);
    assert_true(contains(&reason, "the address is taken"));
    assert_int_equal(status_server_start(&foreign, served->fixture.status, &other, &reason),
                     RC_REFUSED);
    buffer_release(&reason);
    status_server_stop(NULL);
}

static void addresses_are_parsed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *host; /* NULL: refused */
        uint16_t port;
        bool loopback;
    } cases[] = {
        {"127.0.0.1:9464", "127.0.0.1", 9464, true},
        {"localhost:1", "127.0.0.1", 1, true},
        {"127.9.9.9:65535", "127.9.9.9", 65535, true},
        {"[::1]:9464", "::1", 9464, true},
        {"[::]:9464", "::", 9464, false},
        {"0.0.0.0:80", "0.0.0.0", 80, false},
        {"10.1.2.3:0", "10.1.2.3", 0, false},
        {"", NULL, 0, false},
        {"9464", NULL, 0, false},
        {":9464", NULL, 0, false},
        {"127.0.0.1", NULL, 0, false},
        {"127.0.0.1:", NULL, 0, false},
        {"127.0.0.1:65536", NULL, 0, false},
        {"127.0.0.1:94 64", NULL, 0, false},
        {"127.0.0.1:-1", NULL, 0, false},
        {"127.0.0:9464", NULL, 0, false},
        {"127.1:9464", NULL, 0, false},
        {"example.org:80", NULL, 0, false},
        {"::1:9464", NULL, 0, false},
        {"[::1]9464", NULL, 0, false},
        {"[::1]", NULL, 0, false},
        {"[::1", NULL, 0, false},
        {"[127.0.0.1]:9464", NULL, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct status_address address;
        enum rc rc = status_address_parse(slice_from_string(cases[i].text), &address);
        if (rc != (cases[i].host ? RC_OK : RC_SYNTAX))
            fail_msg("%s: %s", cases[i].text, rc_name(rc));
        if (rc != RC_OK)
            continue;
        assert_string_equal(address.host, cases[i].host);
        assert_int_equal(address.port, cases[i].port);
        assert_int_equal(status_address_is_loopback(&address), cases[i].loopback);
    }
    struct status_address address;
    assert_int_equal(status_address_parse(slice_of("127.0.0.1\0:80", 13), &address), RC_SYNTAX);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, open_served, close_served)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(pages_are_there),
        SERVED(ready_says_why_not),
        SERVED(head_has_no_body),
        SERVED(only_get_and_head),
        SERVED(names_of_others_are_refused),
        SERVED(nothing_comes_back),
        SERVED(garbage_is_survived),
        SERVED(slow_clients_keep_nobody_out),
        SERVED(slow_readers_keep_nobody_out),
        SERVED(a_silent_client_is_dropped),
        SERVED(a_thousand_connections),
        SERVED(stopping_waits_for_nobody),
        SERVED(a_taken_address_is_said),
        cmocka_unit_test(addresses_are_parsed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
