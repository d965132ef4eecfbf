#include "sink/audit_export.h"

#include <stdlib.h>

#include "sink/audit_lines.h"
#include "sink/line_reader.h"

struct reading {
    audit_visitor *visit;
    void *context;
    struct audit_chain *chains;
    size_t count, capacity, last; /* the one that was found last */
    struct arena ids;
};

bool audit_is_export(const char *path)
{
    struct line_reader lines;
    struct slice line;
    if (line_reader_open(&lines, path, AUDIT_LINE_LIMIT) != RC_OK)
        return false;
    bool is =
        line_reader_next(&lines, &line) == RC_OK && slice_starts_with(line, SLICE("{\"chain\":"));
    line_reader_close(&lines);
    return is;
}

/* Entries of one chain come mostly one after the other. */
static struct audit_chain *find(struct reading *reading, struct slice id)
{
    for (size_t i = 0; i < reading->count; i++) {
        size_t at = (reading->last + i) % reading->count;
        if (slice_equal(reading->chains[at].id, id)) {
            reading->last = at;
            return &reading->chains[at];
        }
    }
    return NULL;
}

/* The first entry that is left of a chain says where it stands. */
static enum rc add_chain(struct reading *reading, const struct audit_entry *entry)
{
    if (reading->count == AUDIT_EXPORT_CHAINS)
        return RC_LIMIT;
    if (reading->count == reading->capacity) {
        size_t capacity = reading->capacity ? reading->capacity * 2 : 16;
        struct audit_chain *larger = reallocarray(reading->chains, capacity, sizeof *larger);
        if (!larger)
            return RC_NO_MEMORY;
        reading->chains = larger;
        reading->capacity = capacity;
    }
    struct slice id = arena_copy(&reading->ids, entry->chain);
    if (!id.data)
        return RC_NO_MEMORY;
    struct audit_chain *chain = &reading->chains[reading->count++];
    audit_chain_begin(chain, id);
    chain->entries = entry->number - 1;
    memcpy(chain->previous, entry->previous.data, AUDIT_HASH_SIZE - 1);
    return RC_OK;
}

static enum rc read_entry(void *context, uint64_t line, const struct audit_entry *entry)
{
    struct reading *reading = context;
    enum rc rc = entry->chain.length == 0 ? RC_CORRUPT : RC_OK;
    if (rc == RC_OK && !find(reading, entry->chain))
        rc = add_chain(reading, entry);
    if (rc != RC_OK)
        return rc;
    struct audit_chain *chain = find(reading, entry->chain);
    if (!audit_entry_follows(entry, chain))
        return RC_CORRUPT;
    audit_chain_advance(chain, entry->hash);
    bool goes_on =
        !reading->visit || reading->visit(reading->context, line, entry->event, entry->members);
    return goes_on ? RC_OK : RC_END;
}

enum rc audit_export_read(const char *path, audit_visitor *visit, void *context, uint64_t *bad_line)
{
    struct reading reading = {.visit = visit, .context = context};
    uint64_t line;
    arena_init(&reading.ids, (size_t)64 << 20);
    enum rc rc = audit_lines_read(path, read_entry, &reading, &line);
    if (bad_line)
        *bad_line = rc == RC_CORRUPT ? line : 0;
    arena_release(&reading.ids);
    free(reading.chains);
    return rc;
}
