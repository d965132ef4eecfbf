/*
 * The clock as a value that is passed down, so that a test or a replay can stand still or lie.
 * A zeroed clock is the system's, and so is NULL.
 */
#ifndef LETHE_CORE_CLOCK_H
#define LETHE_CORE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
    bool fixed;
    int64_t fixed_time; /* milliseconds since 1970 */
};

/* Wall-clock time, milliseconds since 1970. */
int64_t clock_now(const struct clock *clock);

/* Nanoseconds of a clock that never goes back, for measuring; unrelated to the wall clock. */
int64_t clock_monotonic_ns(void);

/* The same in milliseconds, for deadlines. */
int64_t clock_monotonic_ms(void);

/* Sleeps for about so long; a signal may end it early. */
void clock_sleep_ms(int64_t milliseconds);

#endif
