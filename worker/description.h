/*
 * A configuration's recipients, schemas and policy as a sink sees them.
 */
#ifndef LETHE_WORKER_DESCRIPTION_H
#define LETHE_WORKER_DESCRIPTION_H

#include "sink/description.h"
#include "worker/configuration.h"

struct description {
    struct sink_description view; /* points into the rest: do not copy */
    struct sink_recipient recipients[RECIPIENT_LIMIT];
    struct sink_schema schemas[SCHEMA_LIMIT];
};

/* Borrows from the configuration. Every recipient is selected. */
void description_fill(struct description *description, const struct configuration *configuration,
                      enum label label);

#endif
