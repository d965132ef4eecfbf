/*
 * `lethe verify`: do checksums, manifests, counts and the audit hold together?
 *
 * DIR is a root as file_sink.h lays it out, or one recipient's directory. Checks for every part:
 * there is a manifest, it reads, checksum and length hold, the zstd frames are whole, the number of
 * rows is the manifest's, every row is one JSON object, the label is known; and that no temporary
 * file and no stray file lies there. With the audit: its chain holds, it has its end, every part
 * that it names is there with that checksum (within DIR), every part that is there is named, and
 * the ranges of input of the parts and quarantine tile what was read: no record of the input is in
 * two batches, none between the first and the last is in none.
 */
#ifndef LETHE_SINK_VERIFY_H
#define LETHE_SINK_VERIFY_H

#include "core/buffer.h"
#include "core/rc.h"

struct verify_report {
    uint64_t parts, rows, bytes, audit_entries;
    uint64_t findings;
};

/* Findings, one line each, go to `out` (file names and numbers only). RC_OK where it could look,
 * whatever it found. `audit` may be NULL. */
LETHE_CHECKED enum rc verify_directory(const char *directory, const char *audit,
                                       struct verify_report *report, struct buffer *out);

#endif
