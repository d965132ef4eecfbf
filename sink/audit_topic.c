#include "sink/audit_topic.h"

#include <sodium.h>
#include <stdlib.h>

#include "core/time_text.h"
#include "sink/audit_reader.h"
#include "sink/publication.h"

enum { FIRST_STEP = 64, STEP_FACTOR = 16 };

int32_t audit_chain_partition(struct slice id, int32_t partition_count)
{
    unsigned char hash[16];
    uint64_t number = 0;
    crypto_generichash(hash, sizeof hash, (const unsigned char *)id.data, id.length, NULL, 0);
    for (size_t i = 0; i < sizeof number; i++)
        number = number << 8 | hash[i];
    return (int32_t)(number % (uint64_t)partition_count);
}

static void read_from_start(struct audit_reader *reader)
{
    memcpy(reader->from, reader->start, (size_t)reader->partitions * sizeof *reader->from);
}

enum rc audit_history_read(const struct audit_history *history, int64_t since,
                           audit_entry_visitor *visit, void *context, struct audit_reach *reach,
                           struct buffer *reason)
{
    struct audit_reader reader;
    enum rc rc = audit_reader_open(&reader, history, reason);
    if (rc != RC_OK)
        return rc;
    if (since == TIME_NONE)
        read_from_start(&reader);
    else
        rc = audit_reader_seek(&reader, since);
    if (rc == RC_OK && reach) {
        int32_t partition = audit_chain_partition(reach->chain, reader.partitions);
        reach->older = reader.from[partition] > reader.start[partition];
    }
    if (rc == RC_OK)
        rc = audit_reader_read(&reader, visit, context);
    audit_reader_close(&reader);
    return rc;
}

struct search {
    struct audit_chain *chain;
    audit_entry_visitor *visit;
    void *context;
};

static bool note_own(void *context, int32_t partition, int64_t offset,
                     const struct audit_entry *entry)
{
    struct search *search = context;
    struct audit_chain *chain = search->chain;
    if (!slice_equal(entry->chain, chain->id))
        return true;
    /* Where the number of partitions was changed the end may be in any of them. */
    if (entry->number > chain->entries) {
        chain->entries = entry->number;
        memcpy(chain->previous, entry->hash, sizeof chain->previous);
    }
    return search->visit ? search->visit(search->context, partition, offset, entry) : true;
}

/* Nothing of any partition. */
static void read_nothing(struct audit_reader *reader)
{
    memcpy(reader->from, reader->end, (size_t)reader->partitions * sizeof *reader->from);
}

static enum rc search_partition(struct audit_reader *reader, int32_t partition,
                                struct search *search)
{
    int64_t start = reader->start[partition], end = reader->end[partition], step = FIRST_STEP;
    for (;;) {
        bool all = end - start <= step;
        read_nothing(reader);
        reader->from[partition] = all ? start : end - step;
        enum rc rc = audit_reader_read(reader, note_own, search);
        if (rc != RC_OK || search->chain->entries > 0 || all)
            return rc;
        step *= STEP_FACTOR;
    }
}

enum rc audit_chain_find(const struct audit_history *history, struct slice id,
                         struct audit_chain *chain, audit_entry_visitor *visit, void *context,
                         struct buffer *reason)
{
    struct audit_reader reader;
    struct search search = {.chain = chain, .visit = visit, .context = context};
    audit_chain_begin(chain, id);
    enum rc rc = audit_reader_open(&reader, history, reason);
    if (rc != RC_OK)
        return rc;
    int32_t own = audit_chain_partition(id, reader.partitions);
    rc = search_partition(&reader, own, &search);
    if (rc == RC_OK && chain->entries == 0 && reader.partitions > 1) {
        read_from_start(&reader);
        reader.from[own] = reader.end[own];
        rc = audit_reader_read(&reader, note_own, &search);
    }
    audit_reader_close(&reader);
    return rc == RC_OK && chain->entries == 0 ? RC_NOT_FOUND : rc;
}

struct covered_partition {
    char *topic;
    int32_t partition;
};

struct audit_coverage {
    struct audit_history history;
    const char *group;
    struct audit_reader reader;
    bool open;
    int64_t *next; /* offset, by partition of the audit topic */
    struct covered_partition *covered;
    size_t count, capacity;
    enum rc failure; /* in the visitor */
};

enum rc audit_coverage_new(const struct audit_history *history, const char *group,
                           struct audit_coverage **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return RC_NO_MEMORY;
    (*out)->history = *history;
    (*out)->group = group;
    return RC_OK;
}

static void forget(struct audit_coverage *coverage)
{
    for (size_t i = 0; i < coverage->count; i++)
        free(coverage->covered[i].topic);
    coverage->count = 0;
    free(coverage->next);
    coverage->next = NULL;
    if (coverage->open)
        audit_reader_close(&coverage->reader);
    coverage->open = false;
}

void audit_coverage_free(struct audit_coverage *coverage)
{
    if (!coverage)
        return;
    forget(coverage);
    free(coverage->covered);
    free(coverage);
}

static bool is_covered(const struct audit_coverage *coverage, struct slice topic, int64_t partition)
{
    for (size_t i = 0; i < coverage->count; i++)
        if (coverage->covered[i].partition == partition &&
            slice_equal(topic, slice_from_string(coverage->covered[i].topic)))
            return true;
    return false;
}

static bool note_range(void *context, const struct publication_range *range)
{
    struct audit_coverage *coverage = context;
    if (range->partition < 0 || range->partition > INT32_MAX ||
        is_covered(coverage, range->source, range->partition))
        return true;
    coverage->failure = RC_NO_MEMORY;
    if (coverage->count == coverage->capacity) {
        size_t capacity = coverage->capacity ? coverage->capacity * 2 : 16;
        struct covered_partition *larger =
            reallocarray(coverage->covered, capacity, sizeof *larger);
        if (!larger)
            return false;
        coverage->covered = larger;
        coverage->capacity = capacity;
    }
    char *topic = strndup(range->source.data, range->source.length);
    if (!topic)
        return false;
    coverage->covered[coverage->count++] =
        (struct covered_partition){topic, (int32_t)range->partition};
    coverage->failure = RC_OK;
    return true;
}

static bool note_publication(void *context, int32_t partition, int64_t offset,
                             const struct audit_entry *entry)
{
    struct audit_coverage *coverage = context;
    (void)partition;
    (void)offset;
    if (!slice_equal(entry->event, SLICE(PUBLICATION_EVENT)) ||
        !slice_equal(json_member_text(entry->members, SLICE("group")),
                     slice_from_string(coverage->group)))
        return true;
    enum rc rc = publication_ranges(entry->members, note_range, coverage);
    if (coverage->failure == RC_OK)
        coverage->failure = rc;
    return coverage->failure == RC_OK;
}

static enum rc read_what_is_new(struct audit_coverage *coverage, struct buffer *reason)
{
    struct audit_reader *reader = &coverage->reader;
    enum rc rc = RC_OK;
    reader->reason = reason;
    size_t size = (size_t)reader->partitions * sizeof *coverage->next;
    if (!coverage->next) {
        coverage->next = malloc(size);
        if (!coverage->next)
            return RC_NO_MEMORY;
        memcpy(coverage->next, reader->start, size);
    } else {
        rc = audit_reader_look(reader);
    }
    if (rc == RC_OK) {
        memcpy(reader->from, coverage->next, size);
        rc = audit_reader_read(reader, note_publication, coverage);
    }
    if (rc == RC_OK)
        rc = coverage->failure;
    if (rc == RC_OK)
        memcpy(coverage->next, reader->end, size);
    return rc;
}

enum rc audit_names_partition(struct audit_coverage *coverage, const char *topic, int32_t partition,
                              bool *named, struct buffer *reason)
{
    enum rc rc = RC_OK;
    *named = true;
    coverage->failure = RC_OK;
    if (!coverage->open) {
        rc = audit_reader_open(&coverage->reader, &coverage->history, reason);
        coverage->open = rc == RC_OK;
    }
    if (rc == RC_OK)
        rc = read_what_is_new(coverage, reason);
    if (rc != RC_OK) {
        forget(coverage); /* the next call begins anew */
        return rc;
    }
    *named = is_covered(coverage, slice_from_string(topic), partition);
    return RC_OK;
}
