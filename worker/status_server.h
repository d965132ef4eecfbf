/*
 * The HTTP endpoints of `lethe run`, over libmicrohttpd: GET and HEAD only.
 *
 *     /metrics   Prometheus text (metrics.h)
 *     /live      200 while the supervisor's loop turns, else 503
 *     /ready     200 "ready", or 503 with the reason in words
 *     /          a page for people (status_page.h)
 *
 * Anything else is 404, another method 405. Nothing of a request comes back in an answer or gets
 * into a log: no path, no header, no query; a body is refused. One thread serves everybody, one
 * request a connection. Whoever makes no progress is dropped, and where there are many connections
 * the slow ones are closed soon, so that they keep nobody out. The endpoints show no
 * value of a record, but what they show is not for everybody: the address is on loopback unless the
 * configuration says another. On loopback a request whose Host is a name other than `localhost` is
 * refused (421): it comes from a page that a browser was lured to.
 */
#ifndef LETHE_WORKER_STATUS_SERVER_H
#define LETHE_WORKER_STATUS_SERVER_H

#include "core/buffer.h"
#include "worker/run_status.h"

enum {
    STATUS_SERVER_CONNECTIONS = 32,
    STATUS_SERVER_TIMEOUT = 5,        /* seconds without progress */
    STATUS_SERVER_LONGEST_MS = 15000, /* that a connection may last at all */
    STATUS_SERVER_CROWDED_MS = 250,   /* the same, while half of the connections are in use */
    STATUS_SERVER_MEMORY = 8192,      /* bytes of one connection: request line, headers */
};

struct status_address {
    char host[64]; /* IPv4, or IPv6 without brackets */
    uint16_t port; /* 0: the system chooses */
    bool is_ipv6;
};

/* "127.0.0.1:9464", "[::1]:9464", "localhost:9464" (127.0.0.1). No names: nothing is looked up.
 * For the configuration's loader. RC_SYNTAX. */
LETHE_CHECKED enum rc status_address_parse(struct slice text, struct status_address *out);

/* Is it this host's alone? `check` warns where it is not. */
bool status_address_is_loopback(const struct status_address *address);

struct status_server;

/* Listens and serves until it is stopped; `status` is borrowed until then. RC_EXISTS where the
 * address is taken, RC_REFUSED where it must not be used, RC_IO; `reason` gets a sentence. */
LETHE_CHECKED enum rc status_server_start(const struct status_address *address,
                                          struct run_status *status, struct status_server **out,
                                          struct buffer *reason);

/* The port that it listens on. */
uint16_t status_server_port(const struct status_server *server);

/* Closes every connection, whatever it was doing. NULL is nothing. */
void status_server_stop(struct status_server *server);

#endif
