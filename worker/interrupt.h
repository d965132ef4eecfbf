/*
 * SIGINT and SIGTERM end long work in good order: what is not committed is taken back, and nothing
 * unfinished stays behind. A second one ends the program at once; so does the first after some
 * seconds in which nothing came of it, with EXIT_FAILED: what is unfinished then keeps its
 * temporary name.
 */
#ifndef LETHE_WORKER_INTERRUPT_H
#define LETHE_WORKER_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

/* From now on either signal sets *stop, which must live until interrupt_release. One at a time. */
void interrupt_catch(atomic_bool *stop);

/* Both signals mean what they meant before. Returns whether one came. */
bool interrupt_release(void);

#endif
