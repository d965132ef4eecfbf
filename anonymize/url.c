#include "anonymize/url.h"

#include "anonymize/ip_address.h"
#include "schemas/value_shape.h"

enum { SCHEME_MOST = 32, HOST_MOST = 253, LABEL_MOST = 63, QUAD = 4 };

struct parts {
    struct slice scheme, host, path;
    bool has_scheme, has_host, web;
};

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_one_of(struct slice name, const char *const *list)
{
    for (; *list; list++) {
        if (slice_equal_ignoring_case(name, slice_from_string(*list)))
            return true;
    }
    return false;
}

/* Characters at which a part of a URL can end. */
enum { COLON = 1, SLASH = 2, QUERY = 4 };

static const unsigned char ends[256] = {
    [':'] = COLON, ['/'] = SLASH, ['\\'] = SLASH, ['?'] = QUERY, ['#'] = QUERY,
};

/* Position of the first character of one of these kinds, or the length. */
static size_t find_any(struct slice text, unsigned kinds)
{
    size_t at = 0;
    while (at < text.length && !(ends[(unsigned char)text.data[at]] & kinds))
        at++;
    return at;
}

static bool scheme_allowed(struct slice scheme)
{
    static const char *const refused[] = {
        "data",    "blob",  "javascript", "vbscript",    "mailto",     "tel",
        "sms",     "smsto", "sip",        "sips",        "geo",        "file",
        "content", "about", "intent",     "view-source", "filesystem", NULL};
    char plain[URL_SEGMENT_LENGTH_LIMIT];
    size_t length;
    if (scheme.length == 0 || scheme.length > SCHEME_MOST || is_one_of(scheme, refused) ||
        !is_alphanumeric(scheme.data[0]) || (scheme.data[0] >= '0' && scheme.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < scheme.length; i++) {
        char c = scheme.data[i];
        if (!is_alphanumeric(c) && c != '.' && c != '-')
            return false;
    }
    return url_segment_plain(scheme, plain, &length);
}

/* Cuts user info and port off an authority; what is left is the host. */
static bool host_of(struct slice authority, struct slice *host)
{
    size_t at = authority.length;
    while (at > 0 && authority.data[at - 1] != '@')
        at--;
    authority = slice_tail(authority, at);
    size_t end = slice_find_byte(authority, ':');
    if (slice_starts_with(authority, SLICE("["))) {
        end = slice_find_byte(authority, ']') + 1;
        if (end > authority.length)
            return false;
    }
    struct slice port = slice_tail(authority, end);
    for (size_t i = 0; i < port.length; i++) {
        char c = port.data[i];
        if (i == 0 ? c != ':' : (c < '0' || c > '9'))
            return false;
    }
    *host = slice_head(authority, end);
    return port.length <= 6;
}

static bool split(struct slice text, struct parts *parts)
{
    static const char *const web[] = {"http", "https", "ws", "wss", "ftp", NULL};
    *parts = (struct parts){0};
    size_t colon = find_any(text, COLON | SLASH | QUERY);
    if (colon < text.length && text.data[colon] == ':') {
        parts->scheme = slice_head(text, colon);
        parts->has_scheme = true;
        parts->web = is_one_of(parts->scheme, web);
        text = slice_tail(text, colon + 1);
        if (!scheme_allowed(parts->scheme))
            return false;
    }
    bool slashes = text.length >= 2 && is_slash(text.data[0]) && is_slash(text.data[1]);
    if (parts->has_scheme && !slashes)
        return false;
    if (slashes) {
        size_t skip = 2;
        while ((parts->web || !parts->has_scheme) && skip < text.length &&
               is_slash(text.data[skip]))
            skip++;
        text = slice_tail(text, skip);
        size_t end = find_any(text, SLASH | QUERY);
        parts->has_host = true;
        if (!host_of(slice_head(text, end), &parts->host))
            return false;
        text = slice_tail(text, end);
    }
    parts->path = slice_head(text, find_any(text, QUERY));
    return true;
}

static void append_lower(struct buffer *out, struct slice text)
{
    char *to = buffer_reserve(out, text.length);
    if (!to)
        return;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        to[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    out->length += text.length;
}

static bool label_allowed(struct slice label)
{
    char plain[URL_SEGMENT_LENGTH_LIMIT];
    size_t length;
    if (label.length == 0 || label.length > LABEL_MOST || label.data[0] == '-' ||
        label.data[label.length - 1] == '-')
        return false;
    for (size_t i = 0; i < label.length; i++) {
        if (!is_alphanumeric(label.data[i]) && label.data[i] != '-')
            return false;
    }
    return url_segment_plain(label, plain, &length);
}

static bool is_number(struct slice label)
{
    for (size_t i = 0; i < label.length; i++) {
        if (label.data[i] < '0' || label.data[i] > '9')
            return false;
    }
    return true;
}

/* A top label that begins with a digit is none: some readers take such hosts for IPv4. */
static bool name_allowed(struct slice host, bool web)
{
    static const char *const home[] = {"local",       "lan",  "home", "internal",
                                       "localdomain", "corp", NULL};
    struct slice rest = host;
    struct slice label = {0};
    size_t labels = 0;
    size_t numbers = 0; /* in a row: an address inside a name, as 203.0.113.57.example.com */
    if (host.length == 0 || host.length > HOST_MOST)
        return false;
    while (rest.length > 0) {
        bool more = slice_find_byte(rest, '.') < rest.length;
        label = slice_cut(&rest, '.');
        if (!label_allowed(label) || (more && rest.length == 0))
            return false;
        numbers = is_number(label) ? numbers + 1 : 0;
        if (numbers == QUAD)
            return false;
        labels++;
    }
    if (label.data[0] >= '0' && label.data[0] <= '9')
        return false;
    if (!web)
        return true;
    return labels > 1 ? !is_one_of(label, home)
                      : slice_equal_ignoring_case(host, SLICE("localhost"));
}

static bool append_host(struct buffer *out, struct slice host, bool web)
{
    struct ip_address address;
    if (host.length > 1 && host.data[host.length - 1] == '.')
        host = slice_head(host, host.length - 1);
    bool bracketed = slice_starts_with(host, SLICE("["));
    if (slice_find_byte(host, '/') == host.length && ip_address_parse(host, &address)) {
        char written[IP_ADDRESS_TEXT_LIMIT];
        ip_address_cut(&address);
        struct slice text = slice_of(written, ip_address_write(&address, written));
        if (!address.v4)
            buffer_append_byte(out, '[');
        buffer_append(out, text);
        if (!address.v4)
            buffer_append_byte(out, ']');
        return true;
    }
    if (bracketed || !name_allowed(host, web))
        return false;
    append_lower(out, host);
    return true;
}

/* Of a segment that is not empty. */
static bool is_dots(struct slice segment, size_t count)
{
    char plain[URL_SEGMENT_LENGTH_LIMIT];
    size_t length;
    if (segment.length > 8 * count || (segment.data[0] != '.' && segment.data[0] != '%'))
        return false; /* what decodes to a dot begins with one of the two */
    if (!url_segment_plain(segment, plain, &length))
        return false;
    return slice_equal(slice_of(plain, length), slice_of("..", count));
}

/* The segments that are left once dot segments are resolved (RFC 3986 section 5.2.4). */
static size_t resolve(struct slice path, struct slice segments[static URL_SEGMENT_LIMIT])
{
    size_t count = 0;
    while (path.length > 0) {
        size_t end = find_any(path, SLASH);
        struct slice segment = slice_head(path, end);
        path = slice_tail(path, end + 1);
        if (segment.length == 0 || is_dots(segment, 1))
            continue;
        if (is_dots(segment, 2))
            count -= count > 0;
        else if (count == URL_SEGMENT_LIMIT)
            break;
        else
            segments[count++] = segment;
    }
    return count;
}

/* False where there is no segment. */
static bool append_path(struct buffer *out, struct slice path, bool rooted)
{
    struct slice segments[URL_SEGMENT_LIMIT];
    size_t count = resolve(path, segments);
    size_t start = out->length;
    for (size_t i = 0; i < count; i++) {
        char plain[URL_SEGMENT_LENGTH_LIMIT];
        size_t length;
        if (i > 0 || rooted)
            buffer_append_byte(out, '/');
        if (url_segment_plain(segments[i], plain, &length))
            buffer_append(out, slice_of(plain, length));
        else
            buffer_append_string(out, ":id");
    }
    /* A number may stand in pieces: /138/0013/8000. */
    if (count > 0 && !out->failed &&
        value_groups_identify(slice_of(out->data + start, out->length - start))) {
        buffer_truncate(out, start);
        buffer_append_string(out, rooted ? "/:id" : ":id");
    }
    return count > 0;
}

static bool write_parts(const struct parts *parts, enum url_detail detail, struct buffer *out)
{
    bool rooted = parts->path.length > 0 && is_slash(parts->path.data[0]);
    if (!parts->has_host) {
        if (detail == URL_HOST || parts->path.length == 0)
            return false;
        if (!append_path(out, parts->path, rooted)) {
            if (!rooted)
                return false;
            buffer_append_byte(out, '/');
        }
        return true;
    }
    if (parts->has_scheme) {
        append_lower(out, parts->scheme);
        buffer_append_byte(out, ':');
    }
    buffer_append_string(out, "//");
    if (!append_host(out, parts->host, parts->web || !parts->has_scheme))
        return false;
    if (detail == URL_PATH)
        append_path(out, parts->path, true);
    return true;
}

bool url_reduce(struct slice text, enum url_detail detail, struct buffer *out)
{
    struct parts parts;
    size_t before = out->length;
    text = slice_trim(text);
    if (text.length == 0 || text.length > URL_LENGTH_LIMIT)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7F)
            return false;
    }
    if (split(text, &parts) && write_parts(&parts, detail, out) && !out->failed)
        return true;
    buffer_truncate(out, before);
    return false;
}
