/*
 * What systemd is told (sd_notify(3)), where it asked to be: $NOTIFY_SOCKET, $WATCHDOG_USEC.
 * Everywhere else these do nothing. Sentences are literals of the program, or what /ready says.
 */
#ifndef LETHE_WORKER_NOTIFY_H
#define LETHE_WORKER_NOTIFY_H

#include <stdint.h>

void notify_ready(const char *sentence);     /* READY=1, also after a reload */
void notify_reloading(const char *sentence); /* RELOADING=1 and MONOTONIC_USEC */
void notify_stopping(const char *sentence);  /* STOPPING=1 */
void notify_status(const char *sentence);    /* STATUS= alone */

/* Asks for this much time more (EXTEND_TIMEOUT_USEC) while loading or ending. */
void notify_extend(int64_t milliseconds);

/* How often notify_alive is to be called, in milliseconds (half of what systemd waits); 0: it does
 * not watch. */
int64_t notify_watchdog_interval(void);
void notify_alive(void); /* WATCHDOG=1 */

#endif
