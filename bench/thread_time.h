/*
 * The time that benchmarks measure.
 */
#ifndef LETHE_BENCH_THREAD_TIME_H
#define LETHE_BENCH_THREAD_TIME_H

#include <stdint.h>
#include <time.h>

/* The processor's time of this thread, so that a machine with other work does not blur it. */
static inline int64_t thread_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

#endif
