/*
 * `lethe verify`: do checksums, manifests, counts and the audit hold together?
 *
 * DIR is a root as layout.h lays it out, or one recipient's directory. Checks for every part:
 * there is a manifest, it reads, checksum and length hold, the zstd frames are whole, the number of
 * rows is the manifest's, every row is one JSON object, the label is known; and that no temporary
 * file and no stray file lies there; of a root also that the quarantine's files read and that
 * private/ is the owner's alone. With the audit: its chain holds, it has its end, every part that
 * it names is there with that checksum (within DIR) or, of quarantine, has ended, every part that
 * is there is named once, and the ranges of input of all publications tile what was read: no record
 * of the input is in two publications, none between the first and the last is in none.
 *
 * The audit may also be an export of the audit topic of `run` (audit_export.h), taken while nobody
 * writes to it: then every chain in it holds, and what tiles are the offsets of each group, topic
 * and partition, over all chains.
 */
#ifndef LETHE_SINK_VERIFY_H
#define LETHE_SINK_VERIFY_H

#include "core/buffer.h"
#include "core/rc.h"

struct verify_report {
    uint64_t parts, rows, bytes, audit_entries;
    uint64_t quarantined; /* records in quarantine files */
    uint64_t ended;       /* quarantine files that were past their retention (quarantine_prune.h) */
    uint64_t findings;
    enum rc audit; /* how reading it ended (audit_read); RC_NOT_FOUND: there was none to read */
};

/*
 * Findings, one line each, go to `out` as long as there is room (file names and numbers only).
 * RC_OK where it could look, whatever it found. `audit` may be NULL: then a root's own is read, if
 * it has one, and a recipient's directory is checked by itself.
 */
LETHE_CHECKED enum rc verify_directory(const char *directory, const char *audit,
                                       struct verify_report *report, struct buffer *out);

#endif
