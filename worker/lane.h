/*
 * A lane: the loop that takes records from a source through the engine into a sink. `replay` and
 * `run` are this one loop over two sources and two sinks.
 *
 * A lane is one thread with its own decoder, engine and batch; lanes share only what is immutable,
 * the keyring and the consent table. Nothing is allocated per record. A record that fails leaves
 * the batch where it was; what cannot be processed is sealed, or discarded and counted where its
 * subject is known to be erased, a minor or denied.
 */
#ifndef LETHE_WORKER_LANE_H
#define LETHE_WORKER_LANE_H

#include <stdatomic.h>

#include "anonymize/engine.h"
#include "anonymize/seal.h"
#include "core/clock.h"
#include "ingest/framing.h"
#include "ingest/source.h"
#include "sink/sink.h"
#include "worker/configuration.h"

/* What happened to the records for one recipient. */
struct recipient_counts {
    uint64_t decided[DECISION_COUNT][DECIDED_COUNT];
    uint64_t rows;      /* clean records written */
    uint64_t empty;     /* allowed, but no field of the record could leave */
    uint64_t too_large; /* the clean record would pass the limit */
    struct field_counts fields;
};

/* Denials by the subject field that settled them; subjects first, then vetoes, in schema order. */
struct subject_denials {
    uint64_t decided[2 * SUBJECT_LIMIT][DECIDED_COUNT];
};

/* Plain numbers, added up over lanes for the summary and the metrics. */
struct lane_counts {
    uint64_t messages, records, bytes, batches;
    uint64_t by_schema[SCHEMA_LIMIT];
    uint64_t unlisted; /* members that no schema lists */
    uint64_t time_substituted;
    uint64_t quarantined[QUARANTINE_REASON_COUNT]; /* sealed, or counted where nothing seals */
    uint64_t discarded[QUARANTINE_REASON_COUNT];   /* of erased, minor or denied subjects */
    struct recipient_counts recipients[RECIPIENT_LIMIT];
    struct subject_denials denials[SCHEMA_LIMIT];
};

void lane_counts_add(struct lane_counts *total, const struct lane_counts *counts);

/* Everything is borrowed; source and sink are the lane's own to use until it returns. */
struct lane_options {
    const struct configuration *configuration;
    struct source *source;
    struct sink *sink;
    const struct consent_table *consent;
    const struct keyring *keyring;
    const struct seal_key *seal_key; /* NULL: what cannot be processed is counted only */
    struct clock clock;
    enum framing framing;
    bool paced;              /* the batch's delay counts; false: only its limits close a batch */
    int only_recipient;      /* -1: all */
    const atomic_bool *stop; /* set by a signal or another lane's failure */
    _Atomic uint64_t *records_seen; /* may be NULL; for a progress bar */
    bool report_places;             /* print where bad records are, up to a limit */
};

enum { LANE_PLACE_LIMIT = 10 }; /* places printed per lane; the rest are counted */

/*
 * Runs to the source's end. Returns RC_OK, or why it stopped; *counts is right in either case for
 * what was committed and what was read.
 */
LETHE_CHECKED enum rc lane_run(const struct lane_options *options, struct lane_counts *counts);

#endif
