#include "sink/audit.h"

#include <sodium.h>

#include "sink/line_reader.h"

/* A tree takes 64 bytes a value, and no value but a digit takes fewer than two bytes of text. */
static const size_t TREE_LIMIT = (size_t)AUDIT_LINE_LIMIT * 48;

struct reading {
    audit_visitor *visit;
    void *context;
    uint64_t entries; /* whole ones so far */
    char previous[AUDIT_HASH_SIZE];
    struct arena arena;
    bool ended;   /* the `end` entry has come */
    bool stopped; /* by the visitor */
};

#define HASH_MEMBER ",\"hash\":\""

enum { HASH_TAIL = sizeof HASH_MEMBER - 1 + AUDIT_HASH_SIZE - 1 + 2 };

/* Takes off the hash member, checks it, and leaves the hash in `hash`. */
static bool check_hash(struct slice line, char hash[static AUDIT_HASH_SIZE])
{
    if (line.length < HASH_TAIL)
        return false;
    audit_hash(slice_head(line, line.length - HASH_TAIL), hash);
    struct slice tail = slice_tail(line, line.length - HASH_TAIL);
    struct slice stated = slice_between(tail, sizeof HASH_MEMBER - 1, HASH_TAIL - 2);
    return slice_starts_with(tail, SLICE(HASH_MEMBER)) && slice_ends_with(tail, SLICE("\"}")) &&
           slice_equal(stated, slice_from_string(hash));
}

/* Does the entry stand where it says that it stands? */
static bool check_place(const struct reading *reading, const struct json_value *entry)
{
    uint64_t number;
    return json_member_u64(entry, SLICE("n"), &number) && number == reading->entries + 1 &&
           slice_equal(json_member_text(entry, SLICE("previous")),
                       slice_from_string(reading->previous)) &&
           json_member_text(entry, SLICE("time")).length > 0;
}

static enum rc read_entry(struct reading *reading, struct slice line)
{
    char hash[AUDIT_HASH_SIZE];
    if (reading->ended || !check_hash(line, hash))
        return RC_CORRUPT;
    arena_reset(&reading->arena);
    struct json_error error = {JSON_FAULT_NONE, 0};
    const struct json_value *entry = json_parse(&reading->arena, line, AUDIT_DEPTH_LIMIT, &error);
    if (!entry)
        return error.fault == JSON_FAULT_NO_MEMORY ? RC_NO_MEMORY : RC_CORRUPT;
    struct slice event = json_member_text(entry, SLICE("event"));
    if (!check_place(reading, entry) || event.length == 0)
        return RC_CORRUPT;
    reading->entries++;
    memcpy(reading->previous, hash, sizeof hash);
    if (slice_equal(event, SLICE("end"))) {
        uint64_t entries;
        if (!json_member_u64(entry, SLICE("entries"), &entries) || entries != reading->entries)
            return RC_CORRUPT;
        reading->ended = true;
    }
    if (reading->visit && !reading->visit(reading->context, reading->entries, event, entry))
        reading->stopped = true;
    return RC_OK;
}

static enum rc read_all(struct reading *reading, struct line_reader *lines)
{
    for (;;) {
        struct slice line;
        enum rc rc = line_reader_next(lines, &line);
        if (rc == RC_END)
            return reading->ended ? RC_OK : RC_TRUNCATED;
        if (rc == RC_LIMIT || (rc == RC_TRUNCATED && reading->ended))
            return RC_CORRUPT;
        if (rc == RC_OK)
            rc = read_entry(reading, line);
        if (rc != RC_OK || reading->stopped)
            return rc;
    }
}

enum rc audit_read(const char *path, audit_visitor *visit, void *context, uint64_t *bad_entry)
{
    struct reading reading = {.visit = visit, .context = context};
    struct line_reader lines;
    if (bad_entry)
        *bad_entry = 0;
    if (sodium_init() < 0)
        return RC_INTERNAL;
    enum rc rc = line_reader_open(&lines, path, AUDIT_LINE_LIMIT);
    if (rc != RC_OK)
        return rc;
    memset(reading.previous, '0', AUDIT_HASH_SIZE - 1);
    arena_init(&reading.arena, TREE_LIMIT);
    rc = read_all(&reading, &lines);
    if (rc == RC_CORRUPT && bad_entry)
        *bad_entry = reading.entries + 1;
    arena_release(&reading.arena);
    line_reader_close(&lines);
    return rc;
}
