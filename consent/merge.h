/*
 * When two messages about one subject have the same seq: the stricter of both.
 *
 * The states of a subject form a semilattice: joining is commutative, associative and idempotent,
 * so the result does not depend on the order of arrival, and the joined state grants nothing that
 * one of the two would not (rule.h, for a subject and for a veto). By component:
 *
 *   state           unknown < granted < expired < withdrawn < denied; the later one
 *   since           the later; not stated is latest (it is no grant)
 *   until, erase_at the earlier; not stated is never
 *   policy_version  the lower; an unknown purpose counts as version 0 without `since` or `until`
 *   age             the lower; stated by only one of them: 0, since either may be the stricter
 *   unreadable      once is enough, and then no purpose counts
 *
 * Where a message came from (`partition`, `split`) is not part of the state: neither compared nor
 * joined.
 */
#ifndef LETHE_CONSENT_MERGE_H
#define LETHE_CONSENT_MERGE_H

#include "consent/rule.h"

/*
 * Brings a state to the one form in which the table holds it, never to a looser one: times to whole
 * seconds from 1970 to the year 10000 (a `since` beyond is not stated), purposes unknown or
 * unreadable without times, an age that is not stated 0, AGE_UNKNOWN not stated.
 */
void subject_consent_settle(struct subject_consent *subject);

/* Both settled. `seq` counts too. */
bool subject_consent_equal(const struct subject_consent *a, const struct subject_consent *b);

/* Both settled; the result is settled and keeps into->seq. */
void subject_consent_join(struct subject_consent *into, const struct subject_consent *other);

#endif
