/*
 * From what was learnt of a path to a category, or to the reason why there is none.
 *
 * In doubt the stricter meaning: a name that speaks of an identifier or a secret is believed
 * whatever its values look like; a category whose values may be kept is proposed only where the
 * name says so and nearly all values are fit to be kept. What no name explains is proposed as what
 * its values show (addresses, e-mail, free text ...), or not at all.
 */
#ifndef LETHE_WORKER_DISCOVER_PROPOSE_H
#define LETHE_WORKER_DISCOVER_PROPOSE_H

#include "worker/discover_tree.h"

enum proposal_state {
    PROPOSAL_CONTAINER, /* an object or array: its members are proposed, not it */
    PROPOSAL_SURE,
    PROPOSAL_UNSURE,
};

struct proposal {
    enum proposal_state state;
    enum category category; /* where unsure: what it might be, or CATEGORY_NONE */
    char reason[160];       /* of words of this program and counts alone */
};

void propose(const struct discover_node *node, struct proposal *out);

#endif
