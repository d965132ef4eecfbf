/*
 * A small world around an engine, for tests of it: a schema and a policy from text, recipients, a
 * keyring that is thrown away, a consent table. Everything can be changed by hand before
 * world_start. Shared by tests/anonymize and tests/property.
 */
#ifndef LETHE_TESTS_ANONYMIZE_ENGINE_WORLD_H
#define LETHE_TESTS_ANONYMIZE_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "anonymize/engine.h"
#include "anonymize/start.h"

enum { WORLD_RECIPIENTS = 3, WORLD_RECORD_LIMIT = 64 * 1024 };

#define WORLD_NOW INT64_C(1795442400000) /* 2026-11-23T14:00:00Z, a Monday */

struct world {
    struct arena arena;
    struct signal_names signals;
    struct schema *schema;
    struct policy *policy;
    struct recipient recipients[WORLD_RECIPIENTS];
    size_t recipient_count;
    struct keyring *keyring;
    struct consent_table *consent;
    struct consent_reader *reader;
    struct engine *engine;
    size_t record_limit;
    struct buffer out;
    struct clean_record clean;
    struct field_counts counts;
};

static inline void world_complain(struct diagnostics *diagnostics, const char *what)
{
    struct buffer messages;
    buffer_init(&messages, 1 << 16);
    diagnostics_write(diagnostics, &messages);
    fprintf(stderr, "%.*s\n", SLICE_FORMAT(buffer_slice(&messages)));
    buffer_release(&messages);
    fail_msg("the test's %s does not load", what);
}

/* Everything but the engine. Recipient 0 may get everything, for the policy's first purpose. */
static inline void world_init(struct world *w, const char *schema, const char *policy)
{
    *w = (struct world){.recipient_count = 1, .record_limit = WORLD_RECORD_LIMIT};
    assert_int_equal(anonymize_start(), RC_OK);
    arena_init(&w->arena, 256 << 20);
    buffer_init(&w->out, 1 << 20);
    struct diagnostics diagnostics;
    diagnostics_init(&diagnostics);
    w->schema = schema_parse("schema.yaml", slice_from_string(schema), &w->arena, &w->signals,
                             &diagnostics);
    if (!w->schema)
        world_complain(&diagnostics, "schema");
    w->policy = policy_parse("policy.yaml", slice_from_string(policy), &w->arena, &w->signals,
                             &diagnostics);
    if (!w->policy)
        world_complain(&diagnostics, "policy");
    diagnostics_release(&diagnostics);
    static const char *const names[WORLD_RECIPIENTS] = {"first", "second", "third"};
    for (size_t i = 0; i < WORLD_RECIPIENTS; i++) {
        struct recipient *recipient = &w->recipients[i];
        recipient->name = recipient->domain = slice_from_string(names[i]);
        recipient->purpose = PURPOSE_CROSS_BORDER + 1;
        recipient->linkage = (struct linkage){.time_step = TIME_HOUR, .minimum = 1};
        for (int c = CATEGORY_NONE + 1; c < CATEGORY_COUNT; c++)
            category_set_add(&recipient->ceiling, (enum category)c);
    }
    const struct key_schedule schedule = {.epoch = TIME_WEEK, .keep = 4 * TIME_WEEK};
    uint64_t seed = 1;
    assert_int_equal(keyring_throw_away(schedule, WORLD_NOW, &seed, &w->keyring), RC_OK);
    assert_int_equal(consent_table_new(1000, NULL, &w->consent), RC_OK);
    assert_int_equal(consent_reader_new(w->policy, &w->reader), RC_OK);
}

static inline void world_start(struct world *w)
{
    const struct engine_options options = {.schemas = &w->schema,
                                           .schema_count = 1,
                                           .policy = w->policy,
                                           .recipients = w->recipients,
                                           .recipient_count = w->recipient_count,
                                           .keyring = w->keyring,
                                           .consent = w->consent,
                                           .record_limit = w->record_limit};
    engine_free(w->engine);
    assert_int_equal(engine_new(&options, &w->engine), RC_OK);
}

static inline void world_release(struct world *w)
{
    engine_free(w->engine);
    keyring_release(w->keyring);
    consent_reader_free(w->reader);
    consent_table_free(w->consent);
    buffer_release(&w->out);
    arena_release(&w->arena);
}

static inline void world_consent(struct world *w, const char *key, const char *value)
{
    consent_table_message(w->consent, w->reader, slice_from_string(key), slice_from_string(value));
}

/* Rewrites for one recipient into w->out (emptied first); counts are added up. */
static inline enum rewrite_result world_rewrite(struct world *w, const struct raw_record *record,
                                                size_t recipient, enum decision decision)
{
    const struct event_time time = {.time = WORLD_NOW};
    buffer_reset(&w->out);
    return engine_rewrite(w->engine, record, 0, recipient, decision, &time, &w->out, &w->clean,
                          &w->counts);
}

#endif
