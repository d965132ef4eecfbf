/*
 * What a replay writes into its audit beside the sink's publications: who ran what, with which
 * policy, schemas, keys and consent, and how it ended. Names, numbers and digests only.
 */
#ifndef LETHE_WORKER_REPLAY_AUDIT_H
#define LETHE_WORKER_REPLAY_AUDIT_H

#include "sink/audit.h"
#include "worker/replay.h"

struct replay_audit {
    const struct replay_options *options;
    enum label label;
    const struct keyring *keyring;        /* may be NULL */
    const struct consent_counts *consent; /* may be NULL: nothing known of anybody */
    int64_t now;
};

/* Makes OUTPUT/private/audit/audit.ndjson with its first entries. RC_EXISTS where OUTPUT holds the
 * output of another run. */
LETHE_CHECKED enum rc replay_audit_open(const struct replay_audit *facts, struct audit **out);

/* The last entry, with the totals. The audit is closed in any case. */
LETHE_CHECKED enum rc replay_audit_end(struct audit *audit, const struct lane_counts *counts,
                                       int64_t now);

#endif
