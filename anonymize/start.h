/*
 * What every program does once before it uses a key, a hash or a random number of this folder.
 */
#ifndef LETHE_ANONYMIZE_START_H
#define LETHE_ANONYMIZE_START_H

#include "core/rc.h"

/* RC_INTERNAL where the system's random numbers are not available. Any number of times, from any
 * thread. */
LETHE_CHECKED enum rc anonymize_start(void);

#endif
