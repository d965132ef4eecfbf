/*
 * The time for which this process ran: a monotonic clock that stands still while the process does,
 * because the machine was stopped, or busy with others. For upper bounds: "within three seconds"
 * is a promise about us, and a stall of five is not our doing.
 */
#ifndef LETHE_TESTS_RUNNING_CLOCK_H
#define LETHE_TESTS_RUNNING_CLOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/clock.h"

enum { RUNNING_STEP_MS = 5, RUNNING_MOST_MS = 25 }; /* what a step is, and may have been */

static _Atomic int64_t running_ms;

static inline void *running_clock_turn(void *unused)
{
    int64_t before = clock_monotonic_ms();
    for (;;) {
        clock_sleep_ms(RUNNING_STEP_MS);
        int64_t now = clock_monotonic_ms();
        int64_t step = now - before;
        atomic_fetch_add(&running_ms, step < RUNNING_MOST_MS ? step : RUNNING_MOST_MS);
        before = now;
    }
    return unused;
}

static inline void running_clock_start(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, running_clock_turn, NULL) != 0)
        abort();
    pthread_detach(thread);
}

/* Milliseconds since some moment, as far as this process ran. From any thread. */
static inline int64_t running_clock_ms(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, running_clock_start);
    return atomic_load(&running_ms);
}

/* For whom a stall is an excuse: how long the process stood still, since some moment. */
static inline int64_t stalled_clock_ms(void)
{
    int64_t running = running_clock_ms();
    return clock_monotonic_ms() - running;
}

#endif
