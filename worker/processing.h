/*
 * What every command that processes a record opens and does, in one place: the decoder and the
 * engine of a configuration, and a record's tape with its time.
 */
#ifndef LETHE_WORKER_PROCESSING_H
#define LETHE_WORKER_PROCESSING_H

#include "anonymize/engine.h"
#include "ingest/capture.h"
#include "ingest/decoder.h"
#include "worker/configuration.h"

/* The longest message that is taken: an envelope with a record as an escaped string in it is up to
 * six times as long as the record. */
size_t processing_message_limit(const struct configuration *configuration);

/* How a configuration's captures are read: by one lane, as fast as it goes. */
struct capture_options processing_capture(const struct configuration *configuration,
                                          const char *const *files, size_t count);

LETHE_CHECKED enum rc processing_decoder_new(const struct configuration *configuration,
                                             struct decoder **out);

/* `consent` may be NULL: nothing is known of anybody. All are borrowed. */
LETHE_CHECKED enum rc processing_engine_new(const struct configuration *configuration,
                                            const struct keyring *keyring,
                                            const struct consent_table *consent,
                                            struct engine **out);

/* A record as it was decoded; valid until the decoder is used again. */
struct processed {
    struct raw_record record; /* no schema: nothing of it is known */
    unsigned schema;
    struct event_time time;
    size_t offset; /* of what is wrong, where something is */
};

/* Decodes and finds the event's time. Anything but QUARANTINE_NONE: it cannot be processed, and
 * `record` holds what could be read. */
enum quarantine_reason processing_decode(struct decoder *decoder, struct slice topic,
                                         struct slice text, int64_t message_time, int64_t now,
                                         struct processed *out);

#endif
