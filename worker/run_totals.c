/* Counters keyed by names, so that they outlive a reload that numbers things differently. */
#include <stdlib.h>

#include "worker/run_status_state.h"

enum { NAMES_LIMIT = 4 * 1024 * 1024 };

static bool copy_name(struct arena *arena, struct slice from, struct slice *to)
{
    *to = arena_copy(arena, from);
    return to->data != NULL;
}

static struct slice subject_path(const struct schema *schema, size_t index)
{
    bool veto = index >= SUBJECT_LIMIT;
    size_t at = veto ? index - SUBJECT_LIMIT : index;
    if (at >= (veto ? schema->veto_count : schema->subject_count))
        return SLICE("");
    return schema->fields[veto ? schema->vetoes[at] : schema->subjects[at]].path;
}

static bool name_schemas(struct run_names *names, const struct configuration *configuration,
                         struct arena *arena)
{
    names->schema_count = configuration->schema_count;
    for (size_t i = 0; i < names->schema_count; i++) {
        const struct schema *schema = configuration->schemas[i];
        names->schema_versions[i] = schema->version;
        if (!copy_name(arena, schema->name, &names->schemas[i]))
            return false;
        for (size_t s = 0; s < 2 * SUBJECT_LIMIT; s++) {
            if (!copy_name(arena, subject_path(schema, s), &names->subjects[i][s]))
                return false;
        }
    }
    return true;
}

static bool name_all(struct run_names *names, const struct configuration *configuration,
                     struct arena *arena)
{
    if (configuration->policy) {
        names->policy_version = configuration->policy->version;
        if (!copy_name(arena, configuration->policy->name, &names->policy))
            return false;
    }
    names->recipient_count = configuration->recipient_count;
    for (size_t i = 0; i < names->recipient_count; i++) {
        const struct recipient *recipient = &configuration->recipients[i];
        if (!copy_name(arena, recipient->name, &names->recipients[i]) ||
            !copy_name(arena, recipient->directory, &names->directories[i]) ||
            !copy_name(arena, recipient->topic, &names->rows_topics[i]))
            return false;
    }
    return name_schemas(names, configuration, arena);
}

struct run_totals *run_totals_new(const struct configuration *configuration, uint64_t generation)
{
    struct run_totals *totals = calloc(1, sizeof *totals);
    if (!totals)
        return NULL;
    arena_init(&totals->arena, NAMES_LIMIT);
    totals->names.generation = generation;
    if (name_all(&totals->names, configuration, &totals->arena))
        return totals;
    run_totals_free(totals);
    return NULL;
}

void run_totals_free(struct run_totals *totals)
{
    if (!totals)
        return;
    arena_release(&totals->arena);
    free(totals);
}

struct run_names *run_names_copy(struct arena *arena, const struct run_names *from)
{
    struct run_names *names = ARENA_NEW(arena, struct run_names);
    if (!names)
        return NULL;
    *names = *from;
    bool good = copy_name(arena, from->policy, &names->policy);
    for (size_t i = 0; good && i < from->recipient_count; i++)
        good = copy_name(arena, from->recipients[i], &names->recipients[i]) &&
               copy_name(arena, from->directories[i], &names->directories[i]) &&
               copy_name(arena, from->rows_topics[i], &names->rows_topics[i]);
    for (size_t i = 0; good && i < from->schema_count; i++) {
        good = copy_name(arena, from->schemas[i], &names->schemas[i]);
        for (size_t s = 0; good && s < 2 * SUBJECT_LIMIT; s++)
            good = copy_name(arena, from->subjects[i][s], &names->subjects[i][s]);
    }
    return good ? names : NULL;
}

/* The place of a name, or `count`. */
static size_t place_of(const struct slice *names, size_t count, struct slice name)
{
    size_t at = 0;
    while (at < count && !slice_equal(names[at], name))
        at++;
    return at;
}

void run_numbers_add(uint64_t *to, const uint64_t *from, const uint64_t *taken, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += taken && from[i] >= taken[i] ? from[i] - taken[i] : from[i];
}

static void place_denials(const struct run_totals *from, size_t schema, const struct run_names *to,
                          size_t place, struct lane_counts *out)
{
    for (size_t i = 0; i < 2 * SUBJECT_LIMIT; i++) {
        struct slice path = from->names.subjects[schema][i];
        /* A subject and a veto may have one path: each is looked for among its own. */
        size_t first = i < SUBJECT_LIMIT ? 0 : SUBJECT_LIMIT;
        size_t at = place_of(&to->subjects[place][first], SUBJECT_LIMIT, path);
        if (path.length == 0 || at == SUBJECT_LIMIT)
            continue;
        memcpy(out->denials[place].decided[first + at], from->counts.denials[schema].decided[i],
               sizeof out->denials[place].decided[0]);
    }
}

/* The counters of `from` in the order of the names of `to`. */
static void place_counts(const struct run_totals *from, const struct run_names *to,
                         struct run_totals *out)
{
    out->counts = from->counts;
    memset(out->counts.by_schema, 0, sizeof out->counts.by_schema);
    memset(out->counts.recipients, 0, sizeof out->counts.recipients);
    memset(out->counts.denials, 0, sizeof out->counts.denials);
    memset(out->delivered, 0, sizeof out->delivered);
    for (size_t i = 0; i < from->names.recipient_count; i++) {
        size_t place = place_of(to->recipients, to->recipient_count, from->names.recipients[i]);
        if (place == to->recipient_count)
            continue;
        out->counts.recipients[place] = from->counts.recipients[i];
        out->delivered[place] = from->delivered[i];
    }
    for (size_t i = 0; i < from->names.schema_count; i++) {
        size_t place = place_of(to->schemas, to->schema_count, from->names.schemas[i]);
        if (place == to->schema_count)
            continue;
        out->counts.by_schema[place] = from->counts.by_schema[i];
        place_denials(from, i, to, place, &out->counts);
    }
}

void run_totals_add(struct run_totals *to, const struct run_totals *from,
                    struct run_totals *scratch)
{
    place_counts(from, &to->names, scratch);
    lane_counts_add(&to->counts, &scratch->counts);
    _Static_assert(sizeof(struct run_base) % sizeof(uint64_t) == 0, "only counters");
    run_numbers_add((uint64_t *)to->delivered, (const uint64_t *)scratch->delivered, NULL,
                    sizeof to->delivered / (sizeof(uint64_t)));
    run_numbers_add((uint64_t *)&to->transactions, (const uint64_t *)&from->transactions, NULL,
                    sizeof to->transactions / (sizeof(uint64_t)));
    run_numbers_add((uint64_t *)&to->client, (const uint64_t *)&from->client, NULL,
                    sizeof to->client / (sizeof(uint64_t)));
}
