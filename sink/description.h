/*
 * What a sink must know of recipients, schemas and policy: a view, so that it needs no policy
 * itself. All of it is borrowed. A reload gives a sink that is between two publications another one
 * (sink_describe).
 */
#ifndef LETHE_SINK_DESCRIPTION_H
#define LETHE_SINK_DESCRIPTION_H

#include "schemas/clean_record.h"

/* How rows become messages of a topic. */
enum sink_framing {
    SINK_FRAMING_RECORD = 0, /* a row, a message */
    SINK_FRAMING_LINES,      /* rows of one schema, a newline between them, up to about 64 KiB */
};

struct sink_recipient {
    struct slice name;
    bool keep_order;
    uint32_t minimum; /* a batch below it is counted as such */
    int64_t time_step;
    uint64_t part_bytes; /* stored bytes, about: a part is closed after the batch that reaches it */
    int64_t part_delay;
    bool selected; /* false: nothing is written for it (--recipient) */
    /* For `run`; a replay lays everything out below its own root. Neither: no rows. */
    const char *topic; /* or NULL */
    enum sink_framing framing;
    const char *directory; /* or NULL */
};

struct sink_schema {
    struct slice name;
    uint32_t version;
};

struct sink_description {
    const struct sink_recipient *recipients;
    size_t recipient_count;
    const struct sink_schema *schemas;
    size_t schema_count;
    struct slice policy;
    uint32_t policy_version;
    enum label label;
};

#endif
