/* The address that the endpoints listen on: no name is ever looked up. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "worker/status_server.h"

static bool take_port(struct slice text, uint16_t *out)
{
    uint64_t port;
    if (text.length == 0 || text.length > 5 || !slice_to_u64(text, &port) || port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

enum rc status_address_parse(struct slice text, struct status_address *out)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    *out = (struct status_address){0};
    struct slice host, port;
    out->is_ipv6 = text.length > 0 && text.data[0] == '[';
    if (out->is_ipv6) {
        size_t end = slice_find_byte(text, ']');
        host = slice_between(text, 1, end);
        port = slice_tail(text, end + 1);
        if (!slice_starts_with(port, SLICE(":")))
            return RC_SYNTAX;
        port = slice_tail(port, 1);
    } else {
        port = text;
        host = slice_cut(&port, ':');
    }
    if (slice_equal_ignoring_case(host, SLICE("localhost")))
        host = SLICE("127.0.0.1");
    if (host.length == 0 || host.length >= sizeof out->host || !take_port(port, &out->port))
        return RC_SYNTAX;
    memcpy(out->host, host.data, host.length);
    if (strlen(out->host) != host.length)
        return RC_SYNTAX;
    return inet_pton(out->is_ipv6 ? AF_INET6 : AF_INET, out->host, bytes) == 1 ? RC_OK : RC_SYNTAX;
}

bool status_address_is_loopback(const struct status_address *address)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    if (inet_pton(address->is_ipv6 ? AF_INET6 : AF_INET, address->host, bytes) != 1)
        return false;
    if (!address->is_ipv6)
        return bytes[0] == 127;
    return memcmp(bytes, &in6addr_loopback, sizeof in6addr_loopback) == 0;
}
