#include "consent/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

enum { BUFFER_SIZE = 256 * 1024, KEY_LIMIT = 4 * 1024 };

_Static_assert((int)BUFFER_SIZE > (int)CONSENT_LINE_LIMIT, "a whole line fits");

struct loading {
    int descriptor;
    char *buffer; /* BUFFER_SIZE bytes */
    size_t begin; /* of the current line */
    size_t end;   /* of what was read */
    bool ended;   /* the file */
    struct json_names names;
    struct consent_table *table;
    struct consent_reader *reader;
    struct consent_file_report *report;
};

static bool is_blank(struct slice line)
{
    return slice_trim(line).length == 0;
}

/* One line's key and value; a value that is nested too deeply is the message's fault and costs only
 * its subject, hence the depth. `key` is decoded into `memory` where it has escapes. */
static bool read_line(struct loading *loading, struct slice line, char memory[static KEY_LIMIT],
                      struct slice *key, struct slice *value)
{
    struct json_scanner scanner;
    struct json_container object;
    struct json_string name;
    struct json_string text = {0};
    json_scanner_init(&scanner, line, JSON_DEPTH_MOST, &loading->names);
    if (json_peek(&scanner) != JSON_OBJECT || !json_enter(&scanner, JSON_OBJECT, &object))
        return false;
    while (json_next_member(&scanner, &object, &name)) {
        enum json_type type = json_peek(&scanner);
        const char *begin = scanner.at;
        if (json_string_equals(name, SLICE("key")) && type == JSON_STRING) {
            json_scan_string(&scanner, &text);
            continue;
        }
        json_skip(&scanner);
        if (json_string_equals(name, SLICE("value")))
            *value = slice_of(begin, (size_t)(scanner.at - begin));
    }
    if (!json_finish(&scanner) || !text.raw.data || !value->data || text.lone_surrogate ||
        (text.escaped && text.raw.length > KEY_LIMIT))
        return false;
    *key = text.escaped ? json_decode_into(text.raw, memory, NULL) : text.raw;
    return true;
}

static void note_bad_line(struct loading *loading)
{
    if (loading->report->bad_line == 0)
        loading->report->bad_line = loading->report->lines;
}

static void load_line(struct loading *loading, struct slice line)
{
    char memory[KEY_LIMIT];
    struct slice key = {0};
    struct slice value = {0};
    loading->report->lines++;
    if (is_blank(line))
        return;
    if (line.length > CONSENT_LINE_LIMIT || !read_line(loading, line, memory, &key, &value)) {
        note_bad_line(loading);
        consent_table_block_key(loading->table, line);
        return;
    }
    if (consent_table_message(loading->table, loading->reader, key, value) ==
            CONSENT_KEY_UNREADABLE &&
        !consent_value_is_tombstone(value))
        note_bad_line(loading);
}

/* Moves what is left to the front and reads more behind it. */
static enum rc read_more(struct loading *loading)
{
    memmove(loading->buffer, loading->buffer + loading->begin, loading->end - loading->begin);
    loading->end -= loading->begin;
    loading->begin = 0;
    ssize_t got;
    do {
        got = read(loading->descriptor, loading->buffer + loading->end, BUFFER_SIZE - loading->end);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return rc_from_errno(errno);
    loading->end += (size_t)got;
    loading->ended = got == 0;
    return RC_OK;
}

/* Reads past the rest of a line that is longer than the buffer, up to its newline. */
static enum rc skip_long_line(struct loading *loading)
{
    for (;;) {
        struct slice rest =
            slice_of(loading->buffer + loading->begin, loading->end - loading->begin);
        size_t newline = slice_find_byte(rest, '\n');
        if (newline < rest.length) {
            loading->begin += newline + 1;
            return RC_OK;
        }
        loading->begin = loading->end;
        enum rc rc = read_more(loading);
        if (rc != RC_OK || loading->ended)
            return rc;
    }
}

static enum rc load_lines(struct loading *loading)
{
    enum rc rc = RC_OK;
    while (rc == RC_OK) {
        struct slice rest =
            slice_of(loading->buffer + loading->begin, loading->end - loading->begin);
        size_t newline = slice_find_byte(rest, '\n');
        if (newline < rest.length) {
            load_line(loading, slice_head(rest, newline));
            loading->begin += newline + 1;
        } else if (loading->ended) {
            if (rest.length > 0)
                load_line(loading, rest);
            return RC_OK;
        } else if (rest.length > CONSENT_LINE_LIMIT) {
            load_line(loading, rest);
            rc = skip_long_line(loading);
        } else {
            rc = read_more(loading);
        }
    }
    return rc;
}

enum rc consent_file_load(const char *path, struct consent_table *table,
                          struct consent_reader *reader, struct consent_file_report *report)
{
    struct loading loading = {.table = table, .reader = reader, .report = report};
    uint64_t seed;
    *report = (struct consent_file_report){0};
    loading.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (loading.descriptor < 0)
        return rc_from_errno(errno);
    enum rc rc = RC_NO_MEMORY;
    loading.buffer = malloc(BUFFER_SIZE);
    if (loading.buffer && sodium_init() >= 0) {
        randombytes_buf(&seed, sizeof seed);
        json_names_init(&loading.names, seed, CONSENT_LINE_LIMIT / 4 + 1);
        rc = load_lines(&loading);
        json_names_release(&loading.names);
        sodium_memzero(loading.buffer, BUFFER_SIZE);
    }
    free(loading.buffer);
    close(loading.descriptor);
    return rc;
}
