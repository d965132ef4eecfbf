/*
 * The action `url`: what may leave of an address (RFC 3986, read as browsers read it: WHATWG URL,
 * backslashes count as slashes, tabs and newlines inside refuse it).
 *
 * Never out: user info in any spelling, query, fragment, matrix parameters (";x=1").
 * Scheme: http, https, ws, wss, ftp and app-like ones ([a-z][a-z0-9+.-]*, at most 32 letters, of
 * which no detector finds anything); data, blob, javascript, vbscript, mailto, tel, sms, sip, file,
 * content, about, view-source, filesystem and intent are refused. Without "//" after the scheme:
 * refused. Host: lower-cased letters, digits, hyphens and dots (RFC 1123); a trailing dot goes.
 * Anything else (IDN as bytes, percent-encoding, bare integers and hex that some readers take for
 * IPv4) is refused. A host that is an IP address leaves truncated (see ip_address.h; IPv6 in
 * brackets). A label in which a detector finds something, or that looks like an identifier, refuses
 * the URL. Port: left out always: a default one says nothing, another one can single out. Path
 * (URL_PATH only): dot segments are resolved, empty ones dropped, and every segment that could
 * identify becomes ":id". To judge it, a segment is percent-decoded up to three times; kept
 * segments are of unreserved ASCII only, and at most 64 bytes. ":id" stands for: five or more
 * digits, a UUID, 16 or more hex digits, an '@', 20 or more characters that mix letters and digits,
 * anything that a detector finds, any encoding left, and any other byte that is not unreserved. At
 * most URL_SEGMENT_LIMIT segments leave; the rest is cut. A relative reference ("/a/b?x=1") gives
 * its path alone, or is refused for URL_HOST. "//host/..." is a reference to a host: it is read as
 * one, and leaves as "//host/...".
 */
#ifndef LETHE_ANONYMIZE_URL_H
#define LETHE_ANONYMIZE_URL_H

#include "core/buffer.h"
#include "core/slice.h"
#include "schemas/action.h"

enum { URL_LENGTH_LIMIT = 16 * 1024, URL_SEGMENT_LIMIT = 32 };

/* False: nothing of it may leave, or the buffer is full; nothing was appended. */
bool url_reduce(struct slice text, enum url_detail detail, struct buffer *out);

/* Does this path segment (raw, without slashes) identify, by the rules above? Shared with
 * file_path.c for what is percent-encoded. */
bool url_segment_identifies(struct slice segment);

#endif
