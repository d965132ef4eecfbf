#include "sink/audit.h"

#include "sink/audit_lines.h"

struct reading {
    audit_visitor *visit;
    void *context;
    struct audit_chain chain; /* the whole entries so far */
    bool ended;               /* the `end` entry has come */
    bool stopped;             /* by the visitor */
};

static enum rc read_entry(void *context, uint64_t line, const struct audit_entry *entry)
{
    struct reading *reading = context;
    (void)line; /* is the entry's own number */
    if (reading->ended || !audit_entry_follows(entry, &reading->chain))
        return RC_CORRUPT;
    audit_chain_advance(&reading->chain, entry->hash);
    if (slice_equal(entry->event, SLICE("end"))) {
        uint64_t entries;
        if (!json_member_u64(entry->members, SLICE("entries"), &entries) ||
            entries != entry->number)
            return RC_CORRUPT;
        reading->ended = true;
    }
    reading->stopped = reading->visit && !reading->visit(reading->context, entry->number,
                                                         entry->event, entry->members);
    return reading->stopped ? RC_END : RC_OK;
}

enum rc audit_read(const char *path, audit_visitor *visit, void *context, uint64_t *bad_entry)
{
    struct reading reading = {.visit = visit, .context = context};
    uint64_t line;
    audit_chain_begin(&reading.chain, (struct slice){0});
    enum rc rc = audit_lines_read(path, read_entry, &reading, &line);
    if (rc == RC_TRUNCATED && reading.ended)
        rc = RC_CORRUPT;
    else if (rc == RC_OK && !reading.ended && !reading.stopped)
        rc = RC_TRUNCATED;
    if (bad_entry)
        *bad_entry = rc == RC_CORRUPT ? line : 0;
    return rc;
}
