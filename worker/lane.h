/*
 * A lane: the loop that takes records from a source through the engine into a sink. `replay` and
 * `run` are this one loop over two sources and two sinks.
 *
 * A lane is one thread with its own decoder, engine and batches; lanes share only what is
 * immutable, the keyring and the consent table. Nothing is allocated per record. A record that
 * fails leaves the batch where it was; what cannot be processed is sealed, or discarded and counted
 * where its subject is known to be erased, a minor or denied.
 *
 * With a source that can go back there are two batches: while one is committed, by a second thread,
 * the other is filled. The lane passes the consent barrier before a batch's first record is
 * transformed, and asks again before it is committed. Whatever is undone, by the sink or here, is
 * undone whole: both batches are dropped, the source goes back to what is settled.
 */
#ifndef LETHE_WORKER_LANE_H
#define LETHE_WORKER_LANE_H

#include <stdatomic.h>

#include "anonymize/engine.h"
#include "core/clock.h"
#include "ingest/framing.h"
#include "ingest/source.h"
#include "sink/sink.h"
#include "worker/consent_following.h"
#include "worker/generation.h"

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
    uint64_t over_quota[QUARANTINE_REASON_COUNT];  /* beyond the quota of a minute: discarded */
    struct recipient_counts recipients[RECIPIENT_LIMIT];
    struct subject_denials denials[SCHEMA_LIMIT];
};

void lane_counts_add(struct lane_counts *total, const struct lane_counts *counts);

/* Why a lane ended, beside its result code. */
enum lane_end {
    LANE_ENDED = 0,     /* the source's end, or it was stopped */
    LANE_FAILED,        /* by the code: a new source and sink may do better */
    LANE_STALE,         /* consent did not become current: come back when it is */
    LANE_HALTED_SOURCE, /* the source says why (kafka_source.h) */
    LANE_HALTED_SHARE,  /* too many of a minute's records are bad: the schema is wrong */
};

/* What a lane tells while it runs; every call comes from the lane's thread. */
struct lane_observer {
    void *context;
    /* A publication was committed: everything that was committed since lane_run began, or since
     * `changed`. */
    void (*committed)(void *context, const struct lane_counts *total);
    /* Nothing came of what was in work: it is done again, or by another. */
    void (*undone)(void *context, const char *why);
    void (*waiting)(void *context, bool for_consent);
    void (*changed)(void *context, const struct generation *generation);
    /* At least every second. */
    void (*turned)(void *context);
};

/* Everything is borrowed; source and sink are the lane's own to use until it returns. */
struct lane_options {
    /* The one that the sink is described by, which reads it until it is closed: the caller's to let
     * go of after that. Exchanged when the lane changes to a newer one; the old one is let go of.
     */
    const struct generation **generation;
    struct generations *generations; /* what replaces it; NULL: nothing */
    struct source *source;
    struct sink *sink;
    const struct consent_table *consent;  /* without a following; NULL: nothing is known */
    struct consent_following *following;  /* NULL: the table above, which does not change */
    const struct lane_observer *observer; /* may be NULL */
    struct clock clock;
    bool paced;              /* the batch's delay counts; false: only its limits close a batch */
    int only_recipient;      /* -1: all */
    bool has_quota;          /* quarantine.quota and share of the configuration hold */
    const atomic_bool *stop; /* set by a signal or another lane's failure */
    _Atomic uint64_t *records_seen; /* may be NULL; for a progress bar */
    bool report_places;             /* print where bad records are, up to a limit */
};

enum { LANE_PLACE_LIMIT = 10 }; /* places printed per lane; the rest are counted */

/*
 * Runs to the source's end, or until it is stopped: a source that can go back is then left in good
 * order (what can be committed is, what is below its minimum is not), any other is broken off with
 * RC_END. *counts is right in either case: for what was committed, and in a replay for what was
 * read. Source and sink stay the caller's.
 */
LETHE_CHECKED enum rc lane_run(const struct lane_options *options, struct lane_counts *counts,
                               enum lane_end *end);

#endif
