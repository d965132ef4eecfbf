#include "anonymize/file_path.h"

#include "anonymize/file_path_segment.h"
#include "anonymize/percent.h"
#include "core/utf8.h"

enum { SEGMENT_COUNT_MOST = 256, DECODE_ROUNDS = 3 };

struct path {
    struct slice segments[SEGMENT_COUNT_MOST];
    size_t count;
    char separator;
    bool file_url, rooted, host; /* host: the first segment is one */
};

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

static bool has_prefix_ignoring_case(struct slice text, struct slice prefix)
{
    return text.length >= prefix.length &&
           slice_equal_ignoring_case(slice_head(text, prefix.length), prefix);
}

static bool is_drive(struct slice segment)
{
    char letter = segment.length == 2 ? (char)(segment.data[0] | 0x20) : 0;
    return letter >= 'a' && letter <= 'z' && (segment.data[1] == ':' || segment.data[1] == '|');
}

/* Is there a scheme of more than a drive's letter, with "//" after it? */
static bool has_scheme(struct slice text)
{
    size_t colon = slice_find_byte(text, ':');
    if (colon < 2 || colon + 2 >= text.length || !is_separator(text.data[colon + 1]) ||
        !is_separator(text.data[colon + 2]))
        return false;
    for (size_t i = 0; i < colon; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '+' && c != '.' && c != '-')
            return false;
    }
    return true;
}

static size_t count_separators(struct slice text)
{
    size_t count = 0;
    while (count < text.length && is_separator(text.data[count]))
        count++;
    return count;
}

/* Takes what stands before the first segment, and what follows the path. */
static bool take_prefix(struct slice *text, struct path *path)
{
    if (has_prefix_ignoring_case(*text, SLICE("jar:")))
        *text = slice_trim(slice_tail(*text, 4));
    if (has_prefix_ignoring_case(*text, SLICE("file:"))) {
        *text = slice_trim(slice_tail(*text, 5));
        *text = slice_head(*text, slice_find_byte(*text, '#'));
        path->file_url = true;
    } else if (has_scheme(*text)) {
        return false;
    }
    size_t slashes = count_separators(*text);
    if (slashes >= 2 && text->length > 3 && !path->file_url &&
        (text->data[2] == '?' || text->data[2] == '.') && is_separator(text->data[3])) {
        *text = slice_tail(*text, 4); /* \\?\C:\x and \\?\UNC\host\share */
        path->rooted = true;
        if (has_prefix_ignoring_case(*text, SLICE("UNC\\"))) {
            *text = slice_tail(*text, 4);
            path->host = true;
        }
    } else {
        path->rooted = slashes > 0;
        path->host = slashes == 2;
    }
    *text = slice_trim(slice_head(*text, slice_find_byte(*text, '?')));
    return true;
}

/* Puts a segment behind the others, or takes the last one off for "..". False: too many. */
static bool add_segment(struct path *path, struct slice segment)
{
    struct slice name = slice_trim(segment); /* as Windows reads it */
    bool up = slice_equal(name, SLICE(".."));
    if (name.length == 0 || slice_equal(name, SLICE(".")))
        return true; /* a directory of white space would part a home from its user */
    if (up && path->count > 0 && !slice_equal(path->segments[path->count - 1], SLICE(".."))) {
        path->count--;
        return true;
    }
    if (up && path->rooted)
        return true;
    if (path->count == SEGMENT_COUNT_MOST)
        return false;
    path->segments[path->count++] = up ? name : segment;
    return true;
}

static bool split(struct slice text, struct path *path)
{
    size_t first = 0;
    while (first < text.length && !is_separator(text.data[first]))
        first++;
    path->separator = '/';
    if (first < text.length)
        path->separator = text.data[first];
    if (!take_prefix(&text, path))
        return false;
    if (text.length > 2 && is_drive(slice_head(text, 2)) && !is_separator(text.data[2])) {
        add_segment(path, slice_head(text, 2)); /* C:x, from the drive's own directory */
        text = slice_tail(text, 2);
    }
    while (text.length > 0) {
        size_t end = 0;
        while (end < text.length && !is_separator(text.data[end]))
            end++;
        if (!add_segment(path, slice_head(text, end)))
            return false;
        text = slice_tail(text, end + 1);
    }
    return path->count > 0;
}

static const char *const home_names[] = {"home",     "homes",    "home$",
                                         "users",    "users$",   "documents and settings",
                                         "docume~1", "profiles", NULL};

static bool has_word(struct slice segment)
{
    for (size_t i = 0; i < segment.length; i++) {
        char c = (char)(segment.data[i] | 0x20);
        if ((c >= 'a' && c <= 'z') || (segment.data[i] >= '0' && segment.data[i] <= '9'))
            return true;
    }
    return false;
}

/* May a home directory stand below this segment? Roots, mounts, drives and shares, and what is no
 * name: "..", a quote, an invisible character. */
static bool leads_home(struct slice segment)
{
    static const char *const names[] = {
        "export",  "mnt",    "srv",  "var",  "usr",      "net",      "nfs",    "media", "volumes",
        "private", "system", "data", "host", "host_mnt", "cygdrive", "rootfs", "run",   "c",
        "d",       "e",      "c$",   "d$",   "e$",       "<host>",   NULL};
    return is_drive(segment) || !has_word(segment) || segment_is(segment, names);
}

/* Is everything before `at` of that kind (the name of a volume follows "Volumes")? */
static bool at_root(const struct path *path, size_t at)
{
    static const char *const volumes[] = {"volumes", "media", NULL};
    for (size_t i = path->host ? 1 : 0; i < at; i++) {
        if (!leads_home(path->segments[i]) &&
            !(i > 0 && segment_is(path->segments[i - 1], volumes)))
            return false;
    }
    return true;
}

static bool is_number(struct slice segment)
{
    uint64_t number;
    return slice_to_u64(segment, &number);
}

/* Is the segment at `at` the number of a user of the device? */
static bool is_user_number(const struct path *path, size_t at)
{
    static const char *const parents[] = {"user", "user_de", "emulated", "media", "vmdl", NULL};
    return at > 0 && is_number(path->segments[at]) && segment_is(path->segments[at - 1], parents);
}

/* macOS keeps temporary files under a hash of the user: /var/folders/ab/xyz.../T. */
static bool is_user_hash(const struct path *path, size_t at)
{
    static const char *const folders[] = {"folders", NULL};
    static const char *const var[] = {"var", NULL};
    for (size_t back = 1; back <= 2 && back < at; back++) {
        if (segment_is(path->segments[at - back], folders) &&
            segment_is(path->segments[at - back - 1], var))
            return true;
    }
    return false;
}

static bool is_nobody(struct slice segment)
{
    static const char *const names[] = {"public",    "shared", "default", "default user",
                                        "all users", "<user>", NULL};
    return segment_is(segment, names);
}

static bool is_host(const struct path *path)
{
    static const char *const local[] = {"localhost", "<host>", NULL};
    return path->host && !segment_is(path->segments[0], home_names) &&
           !segment_is(path->segments[0], local) && !is_drive(path->segments[0]);
}

static void append_segments(struct buffer *out, const struct path *path)
{
    struct slice user = {0};
    for (size_t i = 0; i < path->count; i++) {
        struct slice segment = path->segments[i];
        bool below_home =
            i > 0 && segment_is(path->segments[i - 1], home_names) && at_root(path, i - 1);
        bool tilde = segment.length > 1 && segment.data[0] == '~' && segment.data[1] != '~';
        if (i > 0)
            buffer_append_byte(out, path->separator);
        if (i == 0 && is_host(path)) {
            buffer_append_string(out, "<host>");
        } else if ((below_home && !is_nobody(segment)) || tilde) {
            user = tilde ? slice_tail(segment, 1) : segment;
            buffer_append_string(out, "<user>");
        } else if (is_user_number(path, i)) {
            buffer_append_string(out, "<user>");
        } else if (is_user_hash(path, i)) {
            buffer_append_string(out, "<id>");
        } else if (is_nobody(segment) || segment_is(segment, home_names) ||
                   slice_equal(segment, SLICE("<id>")) || slice_equal(segment, SLICE("<host>"))) {
            buffer_append(out, segment);
        } else {
            segment_append(out, segment, user);
        }
    }
}

static bool write_path(struct slice text, struct buffer *out)
{
    struct path path = {.count = 0};
    if (!split(text, &path))
        return false;
    if (path.file_url)
        buffer_append_string(out, "file:");
    if (path.rooted && !is_drive(path.segments[0]))
        buffer_append_byte(out, path.separator);
    if (path.host && (path.file_url || path.rooted) && !is_drive(path.segments[0]))
        buffer_append_byte(out, path.separator);
    append_segments(out, &path);
    return true;
}

bool file_path_reduce(struct slice text, struct buffer *out)
{
    char decoded[FILE_PATH_LIMIT];
    size_t before = out->length;
    text = slice_trim(text);
    size_t length = text.length;
    if (length == 0 || length > sizeof decoded)
        return false;
    memcpy(decoded, text.data, length);
    for (int round = 0; round < DECODE_ROUNDS; round++)
        length = percent_decode_round(decoded, length);
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)decoded[i] < 0x20 || decoded[i] == 0x7F)
            return false;
    }
    bool written = utf8_valid(slice_of(decoded, length)) &&
                   write_path(slice_trim(slice_of(decoded, length)), out) && !out->failed;
    explicit_bzero(decoded, length);
    if (!written)
        buffer_truncate(out, before);
    return written;
}
