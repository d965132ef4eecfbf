/*
 * What becomes of a file that was prepared and that the audit names. For recovery, of both sinks.
 */
#ifndef LETHE_SINK_PREPARED_FILE_H
#define LETHE_SINK_PREPARED_FILE_H

#include "sink/checksum.h"
#include "sink/layout.h"
#include "sink/publication.h"
#include "sink/recovery.h"

struct named_file {
    enum file_kind kind; /* FILE_PART or FILE_QUARANTINE */
    char stem[FILE_STEM_SIZE];
    char checksum[CHECKSUM_SIZE];
    uint64_t stored_bytes;
};

void named_file_from(const struct publication_file *file, struct named_file *out);

/*
 * Makes it visible, manifest first, if it is not; safe after a crash of its own. Counts in *report
 * what became of it: published, missing, or damaged (then it is left as it is). `owner` as in
 * layout_temporary_name.
 */
LETHE_CHECKED enum rc prepared_file_publish(int directory, const char *owner,
                                            const struct named_file *file,
                                            struct recovery_report *report);

#endif
