/*
 * Percent-decoding (RFC 3986, section 2.1), for looking at what a piece of a URL or a path says.
 */
#ifndef LETHE_ANONYMIZE_PERCENT_H
#define LETHE_ANONYMIZE_PERCENT_H

#include <stddef.h>

/* One round in place: each `%` with two hexadecimal digits becomes its byte, whatever byte that is;
 * a `%` without them stays. Returns the new length. */
size_t percent_decode_round(char *text, size_t length);

#endif
