/*
 * IP addresses: a strict reader, and truncation to the network.
 *
 * Text read: IPv4 as a dotted quad of decimal numbers without leading zeros (a leading zero means
 * octal to some readers and nothing to others: refused); IPv6 in every form of RFC 4291 section
 * 2.2, with an embedded dotted quad, and with a zone (RFC 4007, "%eth0"). Around it may stand what
 * logs put there, and it is taken off: "[v6]", "[v6]:port", "v4:port", a prefix length ("/64").
 * White space, names, bare integers and anything else are refused.
 *
 * IPv6 forms that carry an IPv4 address are that address: IPv4-mapped ::ffff:a.b.c.d (RFC 4291),
 * IPv4-translated ::ffff:0:a.b.c.d and NAT64 64:ff9b::/96 (RFC 6052), the local NAT64 prefix
 * 64:ff9b:1::/48 (RFC 8215, its last 32 bits), 6to4 2002::/16 (RFC 3056, bits 16 to 47), and the
 * deprecated IPv4-compatible ::a.b.c.d beyond ::1 (RFC 4291). Otherwise a /48 of them would hold a
 * whole IPv4 address.
 *
 * Truncation keeps /24 of IPv4 and /48 of IPv6, written as RFC 5952 says and without a prefix
 * length: "203.0.113.0", "2001:db8:1::". An interface identifier made from a MAC address (EUI-64)
 * falls away with the cut. Private, loopback and link-local addresses are treated the same.
 *
 * Pure functions, no allocation but the caller's buffer.
 */
#ifndef LETHE_ANONYMIZE_IP_ADDRESS_H
#define LETHE_ANONYMIZE_IP_ADDRESS_H

#include "core/buffer.h"
#include "core/slice.h"

struct ip_address {
    bool v4;                 /* bytes[0..3] are the address, the rest is zero */
    unsigned char bytes[16]; /* network order */
};

enum { IP_ADDRESS_TEXT_LIMIT = 48 }; /* bytes that ip_address_write needs at most */

/* Reads an address and normalises what embeds an IPv4 address. *out is left alone where refused. */
bool ip_address_parse(struct slice text, struct ip_address *out);

/* Zeroes all but the network: /24 or /48. */
void ip_address_cut(struct ip_address *address);

/* Canonical text (RFC 5952), not terminated; returns its length. */
size_t ip_address_write(const struct ip_address *address, char out[static IP_ADDRESS_TEXT_LIMIT]);

/* The action `truncate`: appends the network of the address in `text`. False: not an address, or
 * the buffer is full; nothing was appended. */
bool ip_address_truncate(struct slice text, struct buffer *out);

#endif
