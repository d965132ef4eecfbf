/*
 * This program as a process of its own, for `lethe demo`: `lethe run` is shown as it is operated.
 * It dies with its parent.
 */
#ifndef LETHE_WORKER_DEMO_PROGRAM_H
#define LETHE_WORKER_DEMO_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/rc.h"

struct demo_program {
    pid_t process; /* 0: none */
    int status;    /* exit status, once it has ended; 128 and the signal where one ended it */
};

/* Runs `lethe arguments...` (NULL at the end), with both its outputs appended to a file. */
LETHE_CHECKED enum rc demo_program_start(struct demo_program *program, const char *const *arguments,
                                         const char *log);

/* Has it ended? Waits for it at most `wait_ms`; then `status` is known. */
bool demo_program_ended(struct demo_program *program, int wait_ms);

/* SIGTERM, and SIGKILL where it has not ended in `wait_ms`. Nothing where it has ended already. */
void demo_program_stop(struct demo_program *program, int wait_ms);

#endif
