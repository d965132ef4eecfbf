/*
 * The action `url`: what may leave of an address (RFC 3986, read as browsers read it: WHATWG URL,
 * backslashes count as slashes; control characters refuse it).
 *
 * Never out: user info in any spelling, query, fragment, matrix parameters (";x=1").
 * Scheme: http, https, ws, wss, ftp and app-like ones ([a-z][a-z0-9.-]*, at most 32 characters,
 * none that looks like an identifier; one with a '+' is refused); data, blob, javascript, vbscript,
 * mailto, tel, sms, smsto, sip, sips, geo, file, content, about, intent, view-source and filesystem
 * are refused, and so is anything without "//" after the scheme. Host: letters (lower-cased),
 * digits, hyphens and dots (RFC 1123); a trailing dot goes. Anything else (other scripts,
 * percent-encoding, numbers that some readers take for IPv4) is refused. A host that is an IP
 * address leaves truncated (see ip_address.h; IPv6 in brackets). Of the web's schemes a host must
 * have a dot or be localhost, and not end in what names a home network (.local, .lan, .home,
 * .internal): those are names of people's machines. A label that looks like an identifier refuses
 * the URL. Port: never out: a default one says nothing, another one can single out. Path (URL_PATH
 * only): dot segments are resolved, empty ones dropped, and every segment that could identify
 * becomes ":id". To judge it, a segment is percent-decoded up to three times. ":id" stands for:
 * five or more digits, 16 or more hex digits in a row, 20 or more characters that mix letters and
 * digits or change case often, more than 64 bytes, anything that a detector finds, any encoding
 * left, and any byte that is not unreserved (so '@', ':', ';' and other scripts). At most
 * URL_SEGMENT_LIMIT segments leave; the rest is cut.
 * A relative reference ("/a/b?x=1", "pages/home?x=1") gives its path alone, and is refused for
 * URL_HOST. "//host/..." is read as a host, and leaves as "//host/...".
 */
#ifndef LETHE_ANONYMIZE_URL_H
#define LETHE_ANONYMIZE_URL_H

#include "core/buffer.h"
#include "core/slice.h"
#include "schemas/action.h"

enum { URL_LENGTH_LIMIT = 16 * 1024, URL_SEGMENT_LIMIT = 32 };

/* False: nothing of it may leave, or the buffer is full; nothing was appended. */
bool url_reduce(struct slice text, enum url_detail detail, struct buffer *out);

enum { URL_SEGMENT_LENGTH_LIMIT = 64 };

/*
 * Judges a path segment (raw, without slashes) by the rules above: false where it identifies. Else
 * *length bytes of `plain` are the segment, decoded.
 */
bool url_segment_plain(struct slice segment, char plain[static URL_SEGMENT_LENGTH_LIMIT],
                       size_t *length);

#endif
