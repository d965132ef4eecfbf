/*
 * From a record's text to its tape (schemas/raw_record.h): the whole record is checked, and what
 * the schema lists is kept. One decoder per lane; it allocates when it is made and never per
 * record.
 *
 * Which schema: the topic, the discriminating field, or both. The decoder tries the schema of the
 * last record first and stops early where the discriminator says otherwise.
 *
 * Speed: records of one schema repeat their key order, so the decoder predicts the next member from
 * the last record and compares bytes; a miss falls back to the general look-up of the decoded name.
 * The prediction never changes what is accepted or found: a test decodes with and without it.
 */
#ifndef LETHE_INGEST_DECODER_H
#define LETHE_INGEST_DECODER_H

#include "core/json_scan.h"
#include "schemas/raw_record.h"
#include "schemas/reason.h"

struct decoder;

struct decoder_limits {
    size_t record; /* bytes */
    unsigned depth;
    uint32_t values; /* tape entries of one record, and names that no schema lists; 0: 65536 */
};

LETHE_CHECKED enum rc decoder_new(struct schema *const *schemas, size_t schema_count,
                                  struct decoder_limits limits, struct decoder **out);
void decoder_free(struct decoder *decoder);

/*
 * Decodes one record. QUARANTINE_NONE: *out is the tape, valid until the next call. Anything else
 * is why the record cannot be processed; then *out holds a schema only if it is known, and as many
 * values as were read (the caller uses these for one thing: to see whether a subject in them is
 * known to be erased, a minor or denied, in which case the record is discarded instead of sealed).
 * `topic` may be empty (not known): then a schema is found by its discriminator only, unless there
 * is but one. *schema_number is the schema's index in `schemas`, where *out has a schema.
 * A record with a fault is refused for it whatever its schema. What is found never depends on the
 * records before.
 * `offset`, where not NULL, is the byte at which a malformed record is wrong.
 */
enum quarantine_reason decoder_decode(struct decoder *decoder, struct slice topic,
                                      struct slice record, int64_t message_time,
                                      struct raw_record *out, unsigned *schema_number,
                                      size_t *offset);

/* The event's time by the schema's `time`, against the message's time and the clock. */
struct event_time decoder_event_time(const struct raw_record *record, int64_t now);

/* Switches the prediction off, for the test that compares. */
void decoder_set_prediction(struct decoder *decoder, bool on);

#endif
