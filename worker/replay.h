/*
 * A replay: captures through the engine, into a directory, a descriptor, or nowhere. The body of
 * `lethe replay`, and what `demo` and the tests use.
 *
 * As soon as consent, clock or seed replaces what is real, the output is a what-if: labelled
 * `not-for-release`, with throw-away keys unless live_keys says otherwise, which is audited. With a
 * seed, throw-away keys, shuffles and names derive from it: the same bytes again for the same
 * number of lanes (sealing aside).
 */
#ifndef LETHE_WORKER_REPLAY_H
#define LETHE_WORKER_REPLAY_H

#include "ingest/capture.h"
#include "sink/file_sink.h"
#include "worker/lane.h"

struct replay_options {
    const struct configuration *configuration;
    const char *const *files;
    size_t file_count;
    const char *consent;  /* NULL: the configuration's */
    int64_t clock;        /* TIME_NONE: the real one */
    const uint64_t *seed; /* NULL: none */
    bool live_keys;
    const char *quarantine_key; /* NULL: the configuration's */
    const char *output;         /* directory, "-" or NULL: nothing is written */
    int recipient;              /* -1: all */
    uint32_t lanes;             /* 0: the configuration's */
    const char *topic;          /* of plain lines; NULL: not known */
    double speed;               /* 0: as fast as it goes */
    bool progress;              /* a bar on standard error */
    bool quiet;                 /* no places of bad records */
};

struct replay_result {
    enum rc rc;
    enum label label;
    bool nothing_released; /* the consent table is blocked */
    struct lane_counts counts;
    struct consent_counts consent;
    struct part_counts parts[RECIPIENT_LIMIT];
    struct capture_report *reports; /* one a file, named as in the options */
    size_t report_count;
    int64_t nanoseconds; /* from the first byte to the last */
    uint64_t bad_files;  /* files that ended in anything but RC_OK */
};

/*
 * Runs it, reports trouble on standard error, and returns an exit status: EXIT_DONE, EXIT_USAGE
 * where a key, a consent file or the output cannot be used (nothing was written then), EXIT_FAILED
 * where it failed while running. A bad line or file is not a failure; see the result.
 */
int replay_run(const struct replay_options *options, struct replay_result *result);
void replay_result_release(struct replay_result *result);

#endif
