/*
 * After a crash, or a failure after the commit: a prepared file is made visible if and only if the
 * audit names it, and removed otherwise. So what the audit says is what is there, and nothing else.
 *
 * Safe to do at any time that nobody writes to the root (the audit's lock is taken; RC_REFUSED
 * where somebody holds it), any number of times, and after a crash of its own. An audit without its
 * end, or with a torn last line, is what a crash leaves, and is accepted; one whose chain does not
 * hold is RC_CORRUPT, and nothing is touched. Without an audit (RC_NOT_FOUND) nothing is touched
 * either.
 */
#ifndef LETHE_SINK_RECOVERY_H
#define LETHE_SINK_RECOVERY_H

#include <stdint.h>

#include "core/rc.h"

struct recovery_report {
    uint64_t
        published;    /* parts and quarantine files that were made visible, or whose manifest was */
    uint64_t removed; /* temporary files that the audit does not name */
    uint64_t missing; /* named, and neither visible nor prepared (a recipient took it, perhaps) */
    uint64_t damaged; /* named and prepared, but not with that checksum, or without a manifest:
                         left as it is */
    uint64_t unnamed; /* visible, but the audit does not name it: kept */
    uint64_t kept;    /* not named by what is left of the audit, which does not reach back to it */
};

LETHE_CHECKED enum rc file_sink_recover(const char *root, const char *audit_path,
                                        struct recovery_report *report);

#endif
