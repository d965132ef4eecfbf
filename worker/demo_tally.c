#include "worker/demo_tally.h"

#include <stdlib.h>

#include "core/json_document.h"

enum {
    ROW_LIMIT = 1 << 16,
    BATCH_LIMIT = 1 << 10,
    EXAMPLE_LIMIT = 4096,
    DEPTH_LIMIT = 16,
    MEMORY_LIMIT = 1 << 20,
};

const char *const demo_recipient_names[DEMO_RECIPIENTS] = {"analytics", "research"};

struct row {
    uint8_t person; /* DEMO_PEOPLE: nobody's */
    uint8_t kind;
};

struct entry {
    struct demo_batch batch;
    uint64_t rows[DEMO_RECIPIENTS];
};

struct demo_tally {
    struct row *rows[DEMO_RECIPIENTS]; /* ROW_LIMIT of each */
    size_t row_count[DEMO_RECIPIENTS];
    size_t placed[DEMO_RECIPIENTS]; /* rows of complete batches */
    struct entry *entries;          /* BATCH_LIMIT */
    size_t entry_count, complete;
    uint64_t secrets;
    int64_t withdrawn; /* offset; -1: not yet */
    struct buffer examples[DEMO_KINDS];
    struct arena arena;
};

enum rc demo_tally_new(struct demo_tally **out)
{
    struct demo_tally *tally = calloc(1, sizeof *tally);
    *out = NULL;
    if (!tally)
        return RC_NO_MEMORY;
    tally->withdrawn = -1;
    arena_init(&tally->arena, MEMORY_LIMIT);
    for (int i = 0; i < DEMO_KINDS; i++)
        buffer_init(&tally->examples[i], EXAMPLE_LIMIT);
    bool good = (tally->entries = calloc(BATCH_LIMIT, sizeof *tally->entries)) != NULL;
    for (int i = 0; i < DEMO_RECIPIENTS; i++)
        good &= (tally->rows[i] = calloc(ROW_LIMIT, sizeof *tally->rows[i])) != NULL;
    if (!good) {
        demo_tally_free(tally);
        return RC_NO_MEMORY;
    }
    *out = tally;
    return RC_OK;
}

void demo_tally_free(struct demo_tally *tally)
{
    if (!tally)
        return;
    for (int i = 0; i < DEMO_RECIPIENTS; i++)
        free(tally->rows[i]);
    for (int i = 0; i < DEMO_KINDS; i++)
        buffer_release(&tally->examples[i]);
    free(tally->entries);
    arena_release(&tally->arena);
    free(tally);
}

/* Gives entries their rows, as far as both are there. */
static void settle(struct demo_tally *tally)
{
    while (tally->complete < tally->entry_count) {
        struct entry *entry = &tally->entries[tally->complete];
        for (int i = 0; i < DEMO_RECIPIENTS; i++)
            if (tally->row_count[i] - tally->placed[i] < entry->rows[i])
                return;
        for (int i = 0; i < DEMO_RECIPIENTS; i++) {
            const struct row *row = &tally->rows[i][tally->placed[i]];
            for (uint64_t left = entry->rows[i]; left > 0; left--, row++)
                if (row->person < DEMO_PEOPLE)
                    entry->batch.rows.of[row->person][row->kind]++;
            tally->placed[i] += entry->rows[i];
        }
        tally->complete++;
    }
}

static struct row read_row(struct demo_tally *tally, enum demo_recipient recipient,
                           struct slice text)
{
    arena_reset(&tally->arena);
    const struct json_value *row = json_parse(&tally->arena, text, DEPTH_LIMIT, NULL);
    const struct json_value *device = json_member(row, SLICE("device"));
    struct slice model = json_member_text(device, SLICE("model"));
    size_t person = demo_person_of_model(model);
    enum demo_kind kind = DEMO_RESEARCHED;
    if (recipient == DEMO_ANALYTICS) {
        bool named = json_member(row, SLICE("user_id")) || json_member(device, SLICE("android_id"));
        kind = named ? DEMO_PSEUDONYM : DEMO_REDUCED;
    }
    return (struct row){(uint8_t)person, (uint8_t)kind};
}

enum rc demo_tally_row(struct demo_tally *tally, enum demo_recipient recipient, struct slice text)
{
    if (tally->row_count[recipient] == ROW_LIMIT)
        return RC_LIMIT;
    struct row row = read_row(tally, recipient, text);
    tally->rows[recipient][tally->row_count[recipient]++] = row;
    tally->secrets += demo_has_secret(text);
    if (row.person == DEMO_WITHDRAWS) {
        buffer_reset(&tally->examples[row.kind]);
        buffer_append(&tally->examples[row.kind], text);
    }
    settle(tally);
    return RC_OK;
}

static uint64_t sum_input(const struct json_value *entry)
{
    uint64_t events = 0;
    const struct json_value *input = json_member(entry, SLICE("input"));
    for (const struct json_value *of = input ? input->first : NULL; of; of = of->next) {
        const struct json_value *ranges = json_member(of, SLICE("ranges"));
        for (const struct json_value *pair = ranges ? ranges->first : NULL; pair;
             pair = pair->next) {
            uint64_t first, last;
            if (pair->count == 2 && slice_to_u64(pair->first->text, &first) &&
                slice_to_u64(pair->first->next->text, &last))
                events += last - first + 1;
        }
    }
    return events;
}

/* The first list is of when the publication's first batch began. */
static int64_t read_consent_offset(const struct json_value *entry)
{
    const struct json_value *lists = json_member(entry, SLICE("consent_offsets"));
    int64_t offset = 0;
    if (lists && lists->first && lists->first->count == 1)
        return slice_to_i64(lists->first->first->text, &offset) ? offset : 0;
    return 0;
}

static void sum_topics(const struct json_value *entry, uint64_t rows[static DEMO_RECIPIENTS])
{
    const struct json_value *topics = json_member(entry, SLICE("topics"));
    for (const struct json_value *topic = topics ? topics->first : NULL; topic;
         topic = topic->next) {
        struct slice name = json_member_text(topic, SLICE("recipient"));
        uint64_t count = 0;
        for (int i = 0; i < DEMO_RECIPIENTS; i++)
            if (slice_equal(name, slice_from_string(demo_recipient_names[i])) &&
                json_member_u64(topic, SLICE("rows"), &count))
                rows[i] += count;
    }
}

enum rc demo_tally_entry(struct demo_tally *tally, struct slice text)
{
    arena_reset(&tally->arena);
    const struct json_value *entry = json_parse(&tally->arena, text, DEPTH_LIMIT, NULL);
    if (!entry)
        return RC_CORRUPT;
    if (!slice_equal(json_member_text(entry, SLICE("event")), SLICE("publication")))
        return RC_OK;
    if (tally->entry_count == BATCH_LIMIT)
        return RC_LIMIT;
    struct entry *added = &tally->entries[tally->entry_count++];
    *added = (struct entry){
        .batch = {.events = sum_input(entry), .consent_offset = read_consent_offset(entry)}};
    if (!json_member_u64(entry, SLICE("n"), &added->batch.number))
        return RC_CORRUPT;
    sum_topics(entry, added->rows);
    settle(tally);
    return RC_OK;
}

void demo_tally_withdrawn(struct demo_tally *tally, int64_t offset)
{
    tally->withdrawn = offset;
}

size_t demo_tally_batches(const struct demo_tally *tally)
{
    return tally->complete;
}

const struct demo_batch *demo_tally_batch(const struct demo_tally *tally, size_t index)
{
    return &tally->entries[index].batch;
}

bool demo_tally_is_after(const struct demo_tally *tally, const struct demo_batch *batch)
{
    return tally->withdrawn >= 0 && batch->consent_offset > tally->withdrawn;
}

void demo_tally_sum(const struct demo_tally *tally, struct demo_rows *rows, uint64_t *events)
{
    *rows = (struct demo_rows){0};
    *events = 0;
    for (size_t i = 0; i < tally->complete; i++) {
        const struct demo_batch *batch = &tally->entries[i].batch;
        *events += batch->events;
        for (int person = 0; person < DEMO_PEOPLE; person++)
            for (int kind = 0; kind < DEMO_KINDS; kind++)
                rows->of[person][kind] += batch->rows.of[person][kind];
    }
}

struct slice demo_tally_example(const struct demo_tally *tally, enum demo_kind kind)
{
    return buffer_slice(&tally->examples[kind]);
}

/* Rows in the batch for whom the person had not consented when it began. */
static uint64_t count_forbidden(const struct demo_tally *tally, const struct demo_batch *batch)
{
    uint64_t forbidden = 0;
    for (size_t person = 0; person < DEMO_PEOPLE; person++) {
        const struct demo_person *who = &demo_people[person];
        bool withdrawn = person == DEMO_WITHDRAWS && demo_tally_is_after(tally, batch);
        if (withdrawn || !who->operation)
            forbidden += batch->rows.of[person][DEMO_PSEUDONYM];
        if (withdrawn || !who->research)
            forbidden += batch->rows.of[person][DEMO_RESEARCHED];
    }
    return forbidden;
}

static uint64_t difference(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

void demo_tally_judge(const struct demo_tally *tally, const uint64_t put[static DEMO_PEOPLE],
                      struct demo_verdict *out)
{
    struct demo_rows rows;
    uint64_t events;
    *out = (struct demo_verdict){.secrets = tally->secrets};
    demo_tally_sum(tally, &rows, &events);
    for (size_t i = 0; i < tally->complete; i++)
        out->forbidden += count_forbidden(tally, &tally->entries[i].batch);
    for (int i = 0; i < DEMO_RECIPIENTS; i++) {
        out->unaccounted += tally->row_count[i] - tally->placed[i];
        for (size_t row = 0; row < tally->row_count[i]; row++)
            out->strange += tally->rows[i][row].person == DEMO_PEOPLE;
    }
    out->unaccounted += tally->entry_count - tally->complete;
    for (int person = 0; person < DEMO_PEOPLE; person++)
        out->missing += difference(put[person],
                                   rows.of[person][DEMO_PSEUDONYM] + rows.of[person][DEMO_REDUCED]);
}

bool demo_verdict_is_good(const struct demo_verdict *verdict)
{
    return verdict->forbidden + verdict->secrets + verdict->strange + verdict->unaccounted +
               verdict->missing ==
           0;
}
