/*
 * Waiting in tests: only whether something comes is asked, not how soon.
 */
#ifndef LETHE_TESTS_AWAIT_H
#define LETHE_TESTS_AWAIT_H

#include "core/clock.h"

enum { AWAIT_LIMIT_MS = 120000 };

/* Until the condition holds, which is asked again each millisecond; a test in which it never does
 * fails with its text. */
#define AWAIT(condition)                                                                           \
    do {                                                                                           \
        int64_t await_until = clock_monotonic_ms() + AWAIT_LIMIT_MS;                               \
        while (!(condition)) {                                                                     \
            if (clock_monotonic_ms() > await_until)                                                \
                fail_msg("waited in vain: %s", #condition);                                        \
            clock_sleep_ms(1);                                                                     \
        }                                                                                          \
    } while (0)

#endif
