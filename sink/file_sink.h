/*
 * Rows in files, whole or absent.
 *
 *     ROOT/recipients/NAME/<32 hex>.ndjson.zst            rows of one schema, shuffled frame by
 * frame ROOT/recipients/NAME/<32 hex>.manifest.json ROOT/private/audit/audit.ndjson 0700: see
 * audit.h ROOT/private/quarantine/<32 hex>.sealed.ndjson      see quarantine_file.h
 *
 * A part is written under a temporary name (`.` first, `.partial` last) until it has reached its
 * bytes or its delay; then: flush and fsync the part and its manifest, append the audit's entry
 * (the commit point), rename the manifest, rename the part, fsync the directory. A part that is
 * visible is whole and has its manifest. Where anything fails, temporary files are removed and
 * nothing new is visible.
 *
 * File times (mtime) are set to the full hour. Names are random. The manifest tells what the
 * recipient may know: schema and policy with versions, key epochs, label, rows, bytes, checksum
 * (XXH3-128 of the file), fields of the linkage. Input lines and consent position stand in the
 * audit alone.
 */
#ifndef LETHE_SINK_FILE_SINK_H
#define LETHE_SINK_FILE_SINK_H

#include "sink/audit.h"
#include "sink/randomness.h"
#include "sink/sink.h"

/* What the sink must know of a recipient; a view, so that the sink needs no policy. Borrowed. */
struct sink_recipient {
    struct slice name;
    bool keep_order;
    uint32_t minimum; /* a batch below it is counted as such */
    int64_t time_step;
    uint64_t part_bytes;
    int64_t part_delay;
    bool selected; /* false: nothing is written for it (--recipient) */
};

struct sink_schema {
    struct slice name;
    uint32_t version;
};

struct file_sink_options {
    const char *root;
    const struct sink_recipient *recipients;
    size_t recipient_count;
    const struct sink_schema *schemas;
    size_t schema_count;
    struct slice policy;
    uint32_t policy_version;
    enum label label;
    const uint64_t *seed;        /* NULL: the system's random numbers */
    unsigned lane;               /* number of the lane, part of every seeded stream */
    struct audit *audit;         /* shared by the lanes */
    const struct slice *origins; /* names of input files, by origin number */
    size_t origin_count;
    int compression_level; /* 1 where 0 */
};

/* Sums over all its parts, for the summary. */
struct file_sink_counts {
    uint64_t rows, bytes, stored_bytes, parts, below_minimum;
};

/* Makes the directories of the recipients (0755) and private/ (0700) where they are missing. */
LETHE_CHECKED enum rc file_sink_new(const struct file_sink_options *options, struct sink **out);

void file_sink_counts(const struct sink *sink, size_t recipient, struct file_sink_counts *out);

#endif
