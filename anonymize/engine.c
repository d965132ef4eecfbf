#include "anonymize/engine.h"

#include <stdlib.h>

#include "anonymize/engine_state.h"

enum { ARENA_LIMIT = 1 << 30 };

static void mark(uint8_t *roles, const struct schema *schema, uint16_t field, uint8_t role)
{
    roles[field] |= role;
    while (field != FIELD_ROOT) {
        field = schema->fields[field].parent;
        roles[field] |= FACT_ABOVE;
    }
}

static const uint8_t *find_roles(const struct schema *schema, struct arena *arena)
{
    uint8_t *roles = ARENA_ARRAY(arena, schema->field_count, uint8_t);
    if (!roles)
        return NULL;
    for (size_t i = 0; i < schema->field_count; i++)
        if (category_info(schema->fields[i].category)->form == FORM_ADVERTISING)
            roles[i] |= FACT_ADVERTISING;
    for (size_t i = 0; i < schema->veto_count; i++)
        mark(roles, schema, schema->vetoes[i], FACT_VETO);
    for (size_t i = 0; i < schema->subject_count; i++)
        mark(roles, schema, schema->subjects[i], FACT_SUBJECT);
    for (size_t i = 0; i < schema->signal_count; i++)
        mark(roles, schema, schema->signals[i].field, FACT_SIGNAL);
    return roles;
}

static size_t depth_of(const struct schema *schema)
{
    size_t deepest = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        size_t depth = 1;
        for (uint16_t at = (uint16_t)i; at != FIELD_ROOT; at = schema->fields[at].parent)
            depth++;
        if (depth > deepest)
            deepest = depth;
    }
    return deepest;
}

/* Each entry in a cache line of its own. */
static struct kept_memo *new_memos(struct arena *arena, size_t count)
{
    enum { LINE = sizeof(struct kept_memo_entry) };
    char *memory = arena_allocate(arena, count * sizeof(struct kept_memo) + LINE, 1);
    return memory ? (struct kept_memo *)(void *)(memory + (-(uintptr_t)memory & (LINE - 1))) : NULL;
}

static enum rc prepare_schema(struct engine *engine, size_t index)
{
    const struct engine_options *options = &engine->options;
    const struct schema *schema = options->schemas[index];
    struct engine_schema *out = &engine->schemas[index];
    out->schema = schema;
    out->roles = find_roles(schema, &engine->arena);
    out->plans =
        ARENA_ARRAY(&engine->arena, options->recipient_count * PLANS_PER_RECIPIENT, struct plan);
    out->kept = new_memos(&engine->arena, schema->field_count);
    out->ids = ARENA_ARRAY(&engine->arena, schema->field_count, struct id_memo);
    out->keys = ARENA_ARRAY(&engine->arena, options->recipient_count, uint16_t);
    if (!out->roles || !out->plans || !out->kept || !out->ids || !out->keys)
        return RC_NO_MEMORY;
    for (size_t i = 0; i < options->recipient_count; i++)
        out->keys[i] = options->recipients[i].key.length > 0
                           ? schema_field(schema, options->recipients[i].key)
                           : FIELD_NONE;
    size_t depth = depth_of(schema);
    if (depth > engine->open_limit)
        engine->open_limit = depth;
    for (size_t i = 0; i < options->recipient_count; i++)
        for (size_t d = 0; d < PLANS_PER_RECIPIENT; d++) {
            enum rc rc = plan_compile(schema, options->policy, &options->recipients[i],
                                      (enum decision)(DECISION_REDUCED + d), &engine->arena,
                                      &out->plans[i * PLANS_PER_RECIPIENT + d]);
            if (rc != RC_OK)
                return rc;
        }
    return RC_OK;
}

/* All of it now, so that no record allocates. */
static enum rc prepare_memory(struct engine *engine)
{
    size_t limit = engine->options.record_limit;
    engine->decoded = malloc(limit + 1);
    buffer_init(&engine->result, limit);
    engine->open = ARENA_ARRAY(&engine->arena, engine->open_limit, struct open_container);
    if (!engine->decoded || !engine->open || (limit > 0 && !buffer_reserve(&engine->result, limit)))
        return RC_NO_MEMORY;
    return RC_OK;
}

static enum rc prepare(struct engine *engine)
{
    const struct engine_options *options = &engine->options;
    engine->schemas = ARENA_ARRAY(&engine->arena, options->schema_count, struct engine_schema);
    engine->domains = ARENA_ARRAY(&engine->arena, options->recipient_count, struct slice);
    if (!engine->schemas || !engine->domains)
        return RC_NO_MEMORY;
    for (size_t i = 0; i < options->schema_count; i++) {
        enum rc rc = prepare_schema(engine, i);
        if (rc != RC_OK)
            return rc;
    }
    for (size_t i = 0; i < options->recipient_count; i++)
        engine->domains[i] = options->recipients[i].domain;
    enum rc rc = prepare_memory(engine);
    if (rc != RC_OK)
        return rc;
    return pseudonymiser_new(options->keyring, engine->domains, options->recipient_count,
                             &engine->pseudonymiser);
}

enum rc engine_new(const struct engine_options *options, struct engine **out)
{
    *out = NULL;
    if (!options->policy)
        return RC_CONFIGURATION;
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return RC_NO_MEMORY;
    engine->options = *options;
    arena_init(&engine->arena, ARENA_LIMIT);
    enum rc rc = prepare(engine);
    if (rc != RC_OK) {
        engine_free(engine);
        return rc;
    }
    *out = engine;
    return RC_OK;
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    pseudonymiser_free(engine->pseudonymiser);
    if (engine->decoded)
        explicit_bzero(engine->decoded, engine->options.record_limit);
    free(engine->decoded);
    buffer_release(&engine->result);
    arena_release(&engine->arena);
    free(engine);
}

void engine_use_consent(struct engine *engine, const struct consent_table *consent)
{
    engine->options.consent = consent;
}

const struct engine_schema *engine_schema_of(const struct engine *engine,
                                             const struct schema *schema)
{
    for (size_t i = 0; schema && i < engine->options.schema_count; i++)
        if (engine->schemas[i].schema == schema)
            return &engine->schemas[i];
    return NULL;
}

struct verdict engine_decide(const struct engine *engine, const struct record_facts *facts,
                             size_t recipient)
{
    const struct engine_options *options = &engine->options;
    const struct verdict undecided = {DECISION_WITHHELD, DECIDED_NOTHING, FIELD_NONE};
    if (recipient >= options->recipient_count)
        return undecided;
    const struct recipient *to = &options->recipients[recipient];
    if (to->purpose == PURPOSE_CROSS_BORDER || to->purpose >= options->policy->purpose_count ||
        to->purpose >= PURPOSE_LIMIT)
        return undecided;
    if (options->consent && consent_table_block(options->consent) != CONSENT_BLOCK_NONE)
        return undecided;
    return consent_decide(facts, &options->policy->purposes[to->purpose], to->purpose,
                          &options->policy->minors, to->crosses_border);
}

const struct plan *engine_plan(const struct engine *engine, size_t schema, size_t recipient,
                               enum decision decision)
{
    if (schema >= engine->options.schema_count || recipient >= engine->options.recipient_count ||
        (decision != DECISION_REDUCED && decision != DECISION_GRANTED))
        return NULL;
    size_t index = recipient * PLANS_PER_RECIPIENT + (size_t)(decision - DECISION_REDUCED);
    return &engine->schemas[schema].plans[index];
}
