/*
 * Who is on stage in `lethe demo`: a few people with a phone each, what their phones report, and
 * what they have consented to. Everything is invented; the identifiers are long enough to be found
 * nowhere by chance.
 *
 * Each has a phone model of their own. A model leaves under any consent, so the viewer can tell
 * whose a row is that has no identifier any more. With five people that names them; the policy
 * shown is for a service on which many have the same phone.
 */
#ifndef LETHE_WORKER_DEMO_CAST_H
#define LETHE_WORKER_DEMO_CAST_H

#include "core/buffer.h"

enum { DEMO_PEOPLE = 5, DEMO_WITHDRAWS = 0, DEMO_SECRETS = 6 };

struct demo_person {
    const char *name, *model;
    const char *secrets[DEMO_SECRETS]; /* user id, login, e-mail, telephone, android id, address */
    bool asked;
    bool operation, research; /* granted, to begin with */
    const char *consent;      /* in words */
};

extern const struct demo_person demo_people[DEMO_PEOPLE];

/* The person with that model; DEMO_PEOPLE where it is nobody's. */
size_t demo_person_of_model(struct slice model);

/* Is any identifier of anybody in it, as it was in the events? */
bool demo_has_secret(struct slice text);

/* One event of theirs, as JSON; `number` makes events differ. `now`: milliseconds. */
void demo_event_write(struct buffer *out, size_t person, uint64_t number, int64_t now);

/* Their consent message, which replaces an earlier one: as at the beginning, or all of it
 * withdrawn. */
void demo_consent_write(struct buffer *key, struct buffer *value, size_t person, bool withdrawn,
                        int64_t now);

#endif
