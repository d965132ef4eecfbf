/*
 * One lane of `lethe run`: a thread that makes a sink and a source, runs the lane loop over them,
 * and makes them anew where they failed. Internal to run.c.
 */
#ifndef LETHE_WORKER_RUN_LANE_H
#define LETHE_WORKER_RUN_LANE_H

#include <pthread.h>

#include "worker/lane.h"
#include "worker/run_status.h"

struct audit_coverage;

/* What the lanes of a process share; all of it outlives them. */
struct run_shared {
    const struct configuration *configuration; /* the first one: what no reload changes */
    struct generations *generations;
    struct consent_following *following;
    struct run_status *status;
    struct audit_coverage *coverage; /* one at a time: under the lock */
    pthread_mutex_t coverage_lock;
    atomic_bool stop;   /* end in good order */
    atomic_bool failed; /* a lane gave up for good: the process ends */
    _Atomic unsigned running;
    _Atomic uint64_t attention; /* of the operator: a reload, after which halted lanes try again */
};

struct run_lane {
    struct run_shared *shared;
    unsigned number;
    pthread_t thread;
    bool started;
    /* The thread's own. */
    struct source *source;
    struct sink *sink;
    uint64_t failures;  /* in a row, without a commit between them */
    uint64_t attention; /* of the operator, when this life began */
    struct run_lane_seen *seen;
};

/* RC_NO_MEMORY where no thread can be had. */
LETHE_CHECKED enum rc run_lane_start(struct run_lane *lane);

/* Waits for its end; after `stop`. */
void run_lane_join(struct run_lane *lane);

#endif
