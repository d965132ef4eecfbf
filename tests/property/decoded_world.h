/*
 * The world of tests/anonymize/engine_world.h with the real decoder in front of it, and random
 * numbers that repeat (LETHE_SEED in the environment chooses others).
 */
#ifndef LETHE_TESTS_PROPERTY_DECODED_WORLD_H
#define LETHE_TESTS_PROPERTY_DECODED_WORLD_H

#include "ingest/decoder.h"
#include "tests/anonymize/engine_world.h"

struct randoms {
    uint64_t state;
};

static inline struct randoms randoms_start(void)
{
    const char *seed = getenv("LETHE_SEED");
    return (struct randoms){seed ? strtoull(seed, NULL, 10) : 20261123};
}

/* SplitMix64. */
static inline uint64_t randoms_next(struct randoms *randoms)
{
    uint64_t z = (randoms->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline unsigned randoms_below(struct randoms *randoms, unsigned bound)
{
    return (unsigned)(randoms_next(randoms) % bound);
}

static inline struct decoder *new_decoder(struct world *w)
{
    struct decoder *decoder;
    const struct decoder_limits limits = {.record = 4 << 20, .depth = 64, .values = 65536};
    assert_int_equal(decoder_new(&w->schema, 1, limits, &decoder), RC_OK);
    return decoder;
}

/* Decodes, decides and rewrites for one recipient; REWRITE_EMPTY where anything withholds. */
static inline enum rewrite_result world_send(struct world *w, struct decoder *decoder,
                                             struct slice text, size_t recipient,
                                             struct verdict *verdict)
{
    struct raw_record record;
    struct record_facts facts;
    unsigned schema;
    size_t offset;
    buffer_reset(&w->out);
    enum quarantine_reason reason =
        decoder_decode(decoder, SLICE("test"), text, WORLD_NOW, &record, &schema, &offset);
    if (reason != QUARANTINE_NONE)
        fail_msg("a record of the test is refused at byte %zu: %s", offset,
                 quarantine_reason_name(reason));
    struct event_time time = decoder_event_time(&record, WORLD_NOW);
    if (time.time == TIME_NONE)
        return REWRITE_EMPTY;
    engine_facts(w->engine, &record, &time, WORLD_NOW, &facts);
    *verdict = engine_decide(w->engine, &facts, recipient);
    return engine_rewrite(w->engine, &record, schema, recipient, verdict->decision, &time, &w->out,
                          &w->clean, &w->counts);
}

#endif
