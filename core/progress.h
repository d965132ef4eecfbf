/*
 * A progress bar on standard error, only where that is a terminal: bytes, records, rate, time left.
 */
#ifndef LETHE_CORE_PROGRESS_H
#define LETHE_CORE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;
    int64_t started_ns, drawn_ns;
};

/* Shows nothing unless `wanted` and standard error is a terminal. */
void progress_start(struct progress *progress, bool wanted);

/* Draws at most ten times a second. total 0: not known. */
void progress_update(struct progress *progress, uint64_t done, uint64_t total, uint64_t records);

/* Clears the line. */
void progress_end(struct progress *progress);

#endif
