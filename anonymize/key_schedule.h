/*
 * What a schedule means for one key, and which epoch comes next. Internal to the keys.
 */
#ifndef LETHE_ANONYMIZE_KEY_SCHEDULE_H
#define LETHE_ANONYMIZE_KEY_SCHEDULE_H

#include "anonymize/keys.h"

/* At least an hour and at most a hundred years, `keep` not negative, `now` of the years that can be
 * written. RC_CONFIGURATION, with a sentence, where not. */
LETHE_CHECKED enum rc key_schedule_check(struct key_schedule schedule, int64_t now,
                                         struct buffer *reason);

/* When a key that ends then is due; TIME_NEVER where that cannot be counted. */
int64_t key_due(struct key_schedule schedule, int64_t ends);

/* The state of a key that is there. */
enum key_state key_state_at(struct key_schedule schedule, int64_t begins, int64_t ends,
                            int64_t now);

#endif
