/*
 * Synthetic captures: records of the three shipped schemas (schemas/shipped), and consent messages
 * of the same people. For demonstrations, tests and load: the records have the fields and nesting
 * that the schemas list, a few members that no schema lists, and texts in which identifiers hide.
 *
 * Seeded: the same options give the same bytes on every machine. Who is in a capture depends on the
 * seed and the number of people alone, so that consent written with both equal matches. A few
 * people are in many records, most in few (Zipf).
 *
 * A record is about 0.7 kB of `click`, 2.3 kB of `crash`, 1.7 kB of `device`; `mixed` is 88 %
 * click, 7 % crash and 5 % device, and 0.84 kB on average.
 */
#ifndef LETHE_BENCH_GENERATE_H
#define LETHE_BENCH_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/rc.h"
#include "core/slice.h"
#include "core/time_text.h"

enum generate_schema {
    GENERATE_CLICK,
    GENERATE_CRASH,
    GENERATE_DEVICE,
    GENERATE_MIXED,
    GENERATE_SCHEMA_COUNT
};

const char *generate_schema_name(enum generate_schema schema);
bool generate_schema_from_name(struct slice name, enum generate_schema *out);

#define GENERATE_SPAN   TIME_DAY /* the capture's events lie in the day before `start` */
#define GENERATE_NO_END UINT64_MAX

enum {
    GENERATE_SUBJECTS = 10000, /* a usual number of people */
    GENERATE_BAD_WHOLE = 1000000,
};

struct generate_options {
    enum generate_schema schema;
    uint64_t count; /* records; GENERATE_NO_END: as many as fit */
    uint64_t bytes; /* whole lines of at most so many bytes; GENERATE_NO_END */
    uint64_t seed;
    uint64_t subjects; /* people; 0: GENERATE_SUBJECTS; at most GENERATE_SUBJECTS_LIMIT */
    int64_t start;     /* the end of the capture's day, milliseconds since 1970 */
    uint32_t bad;      /* millionths of the lines that are broken in one way or another */
    bool envelope;     /* each record in an envelope that keeps Kafka's facts (ingest/capture.h) */
    bool progress;     /* a bar, where standard error is a terminal */
};

#define GENERATE_SUBJECTS_LIMIT UINT64_C(900000000) /* beyond it user ids would repeat */

/*
 * Writes the capture to the descriptor, one record a line. *bytes is how many were written, also
 * after a failure (RC_NO_SPACE, RC_IO, RC_NO_MEMORY). One of count and bytes must have an end.
 */
LETHE_CHECKED enum rc generate_write(const struct generate_options *options, int descriptor,
                                     uint64_t *bytes);

/*
 * Writes the consent of the same people: lines {"key":...,"value":...}, as `--consent` reads them,
 * each person's state under each of the ids that are subjects in the shipped schemas. About one of
 * sixteen people has said nothing and has no line.
 */
LETHE_CHECKED enum rc generate_write_consent(const struct generate_options *options, int descriptor,
                                             uint64_t *bytes);

#endif
