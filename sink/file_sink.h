/*
 * Rows in files, whole or absent. Where they lie and what they are called: layout.h; what stands in
 * a manifest: manifest.h; in the audit: publication.h; in a quarantine file: quarantine_file.h.
 *
 * A lane writes one part for each recipient and schema, batch by batch, each batch's rows shuffled
 * and in a zstd frame of their own. The unit of commit is the *publication*: when any open part
 * reaches its bytes, or the publication its age (the smallest delay of the recipients that have a
 * part in it), or at the end, ALL open files of the lane are closed together:
 *
 *     1. parts, manifests and quarantine are flushed, fsynced and closed under temporary names
 *     2. their directories are fsynced
 *     3. one audit entry names them all, with the input that they cover: fsynced, it is the commit
 *     4. renames: quarantine, then each manifest and after it its part
 *     5. the directories are fsynced
 *
 * so the ranges of input tile over publications, also where nothing was released of them. A part
 * that is visible is whole and has its manifest. Where anything fails before the commit, temporary
 * files are removed and nothing new is visible. Where it fails after it (4, 5), or where it is not
 * known whether the entry is on the disk, the prepared files stay and recovery.h publishes or
 * removes them by what the audit says.
 *
 * File times (mtime) are set to the full hour. Names are random. Memory does not grow with the
 * input: one frame writer (about 2 MiB) and, for each open part, some hundreds of bytes.
 */
#ifndef LETHE_SINK_FILE_SINK_H
#define LETHE_SINK_FILE_SINK_H

#include "sink/audit.h"
#include "sink/part_set.h"
#include "sink/sink.h"

/* Everything is borrowed and must outlive the sink. */
struct file_sink_options {
    const char *root;
    const struct sink_description *description;
    const uint64_t *seed;        /* NULL: the system's random numbers */
    unsigned lane;               /* number of the lane, part of every seeded stream */
    struct audit *audit;         /* shared by the lanes */
    const struct slice *origins; /* names of input files, by origin number */
    size_t origin_count;
    int compression_level; /* 1 where 0 */
};

/*
 * One per lane, on a root that layout_create has made (once for all lanes) and in which the audit
 * was created. RC_NOT_FOUND where a directory is missing.
 */
LETHE_CHECKED enum rc file_sink_new(const struct file_sink_options *options, struct sink **out);

/* Sums over what was published, for the summary. */
void file_sink_counts(const struct sink *sink, size_t recipient, struct part_counts *out);

#endif
