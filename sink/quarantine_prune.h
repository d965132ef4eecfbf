/*
 * Ends the quarantine files of a directory that are past their retention.
 *
 * A file goes when its newest record was sealed `retention` ago; the time of sealing is rounded
 * down to the hour, so nothing stays longer than was promised. An empty file of its name stays
 * (layout.h), so that `verify` knows what ended from what was lost. What says no time (a file that
 * is torn or of another form, one that a crash left under its temporary name) goes by when it was
 * last written. Names that are none of ours are not touched, symbolic links neither. What topics
 * hold, the brokers end by the topic's own retention.
 */
#ifndef LETHE_SINK_QUARANTINE_PRUNE_H
#define LETHE_SINK_QUARANTINE_PRUNE_H

#include <stdint.h>

#include "core/rc.h"

struct quarantine_pruned {
    uint64_t files, records; /* that went; records only of what could be read */
    uint64_t kept;           /* files */
};

/* `directory` holds quarantine files, or is a replay's output (layout.h). *pruned is added to, and
 * says what was done also after a failure. RC_NOT_FOUND where there is no such directory, RC_IO. */
LETHE_CHECKED enum rc quarantine_prune(const char *directory, int64_t retention, int64_t now,
                                       struct quarantine_pruned *pruned);

#endif
