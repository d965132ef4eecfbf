/*
 * What the parts of consent_following.h share: the barrier (consent_following.c), the thread
 * (consent_following_thread.c) and what is told of it (consent_following_report.c).
 */
#ifndef LETHE_WORKER_CONSENT_FOLLOWING_INSIDE_H
#define LETHE_WORKER_CONSENT_FOLLOWING_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "worker/consent_generation.h"

enum { CONSENT_REASON_LIMIT = 512 };

struct consent_following {
    struct consent_following_options options;
    pthread_t thread;
    bool has_thread;
    atomic_bool stopping;
    int64_t started; /* monotonic milliseconds, as are all times here */

    pthread_mutex_t mutex;
    pthread_cond_t changed; /* a position moved, an examination ended, the current one is another */

    /* Under the mutex. */
    struct consent_generation *current; /* NULL: none that lanes could use, or wait for */
    unsigned inside;                    /* threads in a barrier, or that ask whether one holds */
    struct consent_generation *retired; /* broken ones that lanes still hold */
    uint64_t generations;               /* how many there were */
    bool loaded;                        /* the current one was current once */
    bool ever_loaded;
    bool unreachable;  /* the last question to the brokers was not answered */
    bool held_back;    /* the table waits for a transaction that is open in the topic */
    int64_t known_at;  /* when the table was last known to hold what was acknowledged by then */
    int64_t loaded_at; /* the first time */
    enum topic_fault fault; /* why it is or was read again */
    struct buffer reason;   /* why it could not be opened; empty: it could */
    uint64_t rebuilds, stalls, blocks;
    uint64_t faults[TOPIC_FAULT_COUNT];
    uint64_t barriers, barriers_failed, barrier_ns;
};

/* What the thread does until it is told to stop. */
void *consent_following_run(void *following);

/* With the mutex held. */
enum consent_following_state
consent_following_state_locked(const struct consent_following *following);

/* Waits for a change until then; with the mutex held. False where the time is up. */
bool consent_following_wait(struct consent_following *following, int64_t until);

#endif
