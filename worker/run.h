/*
 * `lethe run`: the stream worker. Lanes (run_lane.h), the consent following, the status page and
 * what systemd is told, held together by one supervising thread.
 *
 * SIGTERM, SIGINT   lanes end in good order (what may be committed is, they leave the group);
 *                   after `worker.shutdown` the process ends as a crash would, which loses nothing.
 * SIGHUP            configuration, schemas, policy and keys are read again; lanes change between
 *                   two batches. What is not good, or cannot change without a restart, changes
 *                   nothing and is said. Halted lanes try again.
 * Keys              are looked at every minute: those that come are used, those that are due or
 *                   gone are let go of.
 */
#ifndef LETHE_WORKER_RUN_H
#define LETHE_WORKER_RUN_H

/* Runs until it is stopped; trouble goes to the log. Returns an exit status: EXIT_DONE after
 * SIGTERM, EXIT_USAGE where the configuration or keys cannot be used, EXIT_FAILED where a lane gave
 * up or the end took too long. */
int run_worker(const char *configuration_path);

#endif
