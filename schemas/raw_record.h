/*
 * A raw record: the tape of one record, as decoded. Only ingest, anonymize and worker may include
 * this header; the sink and the statistics cannot name what it defines.
 *
 * The tape holds, in the order of the text, the values that the schema lists, and the containers
 * that lead to them. A value that no schema lists is not on it, so nothing later can release it.
 * Slices point into the message and are valid for one turn of the loop.
 */
#ifndef LETHE_SCHEMAS_RAW_RECORD_H
#define LETHE_SCHEMAS_RAW_RECORD_H

#include "core/json_scan.h"
#include "schemas/schema.h"

enum raw_flag {
    RAW_ESCAPED = 1,        /* the string holds escapes: decode before use */
    RAW_LONE_SURROGATE = 2, /* and half of a surrogate pair: drop the field */
    RAW_REFUSED_TYPE = 4,   /* a container where the schema has a leaf, or a leaf where it has a
                               container: whatever it holds is not on the tape */
};

struct raw_value {
    uint16_t field; /* number of the node in the schema */
    uint8_t type;   /* enum json_type */
    uint8_t flags;  /* enum raw_flag */
    uint32_t end; /* of a container: index of the first entry that is not below it; else index+1 */
    struct slice text; /* string: between the quotes; number: its text; else empty */
};

struct raw_record {
    const struct schema *schema;
    struct slice text;              /* the whole record */
    const struct raw_value *values; /* [0] is the root object */
    uint32_t count;
    uint32_t unlisted;    /* members that no schema lists, for the counter */
    int64_t message_time; /* the message's own time, or TIME_NONE */
};

/*
 * When the record's event happened, as far as it may be believed (DESIGN section 7, "Time").
 * A substituted time serves epochs and windows; to consent it is older than every grant.
 */
struct event_time {
    int64_t time;     /* TIME_NONE: none, the record is quarantined as `no time` */
    bool substituted; /* missing, unreadable or too far in the future: the message's time was taken
                       */
};

#endif
