/*
 * `lethe.yaml`: everything that a run needs to know, read and checked in one pass.
 *
 * The loader reads the file, the schemas and the policy that it names (paths are relative to the
 * file's own directory), compiles nothing and opens no key. What is wrong is in `diagnostics`, with
 * its place. Shape and defaults are those of DESIGN section 6; docs/configuration.md lists every
 * key. What this version does not do is refused by name.
 */
#ifndef LETHE_WORKER_CONFIGURATION_H
#define LETHE_WORKER_CONFIGURATION_H

#include "core/arena.h"
#include "core/diagnostics.h"
#include "kafka/settings.h"
#include "schemas/policy.h"
#include "schemas/recipient.h"
#include "schemas/schema.h"

struct limits {
    uint64_t record;   /* bytes of one record; default 512 KiB */
    uint32_t depth;    /* default 32, at most 64 */
    uint64_t subjects; /* of the consent table; default 1M */
    uint32_t batch_records;
    uint64_t batch_bytes;
    int64_t batch_delay;
};

enum { SOURCE_TOPIC_LIMIT = 64 };

/* What `run` needs beyond what a replay does. Strings are NULL where nothing is configured. */
struct stream_settings {
    const char *topics[SOURCE_TOPIC_LIMIT];
    size_t topic_count;
    const char *group;
    bool start_latest; /* where a group begins that has no commit; false: at the earliest */
    bool skip_poison;  /* step over what cannot be fetched; false: halt */

    const char *quarantine_topic;
    uint64_t quarantine_quota; /* records sealed in a minute, by a lane; default 1000 */
    unsigned quarantine_share; /* percent of a minute's records; default 50 */
    const char *audit_topic;

    struct kafka_settings kafka;
    bool has_brokers;

    const char *instance; /* of this worker among its group's; default the host's name */
    const char *prefix;   /* of transactional ids; default `lethe` */
    const char *listen;   /* address and port of the status page; NULL: none */
    bool log_json;
    int64_t shutdown;  /* milliseconds from SIGTERM to the end at the latest */
    uint64_t restarts; /* failures of one lane in a row that end the process */
};

struct configuration {
    struct arena arena; /* owns everything below */
    const char *file;
    const char *directory; /* of the file: what relative paths are relative to */

    struct schema *schemas[SCHEMA_LIMIT];
    size_t schema_count;
    struct policy *policy;
    struct signal_names signals;

    struct recipient recipients[RECIPIENT_LIMIT];
    size_t recipient_count;
    struct slice home;

    const char *keys_directory; /* NULL: none configured */
    int64_t keys_epoch, keys_keep;

    const char *consent_file;  /* NULL: none */
    const char *consent_topic; /* NULL: none */
    int64_t consent_barrier;   /* older than this, in milliseconds, what is known is stale */

    struct slice framing;       /* record, lines, array */
    const char *quarantine_key; /* path of the public key; NULL: none configured */
    int64_t quarantine_retention;

    struct limits limits;
    uint32_t lanes;
    struct stream_settings stream;
};

/*
 * Reads `path`. Always returns a configuration to release, whose parts are complete only where
 * diagnostics->errors is 0. NULL only without memory.
 */
struct configuration *configuration_load(const char *path, struct diagnostics *diagnostics);
void configuration_free(struct configuration *configuration);

/* The recipient of that name, or -1. */
int configuration_recipient(const struct configuration *configuration, struct slice name);

/* The schema of that name, or -1. */
int configuration_schema(const struct configuration *configuration, struct slice name);

/*
 * Loads and reports: prints errors to standard error, and warnings where they are asked for (else
 * how many there are). NULL after errors, when the caller returns EXIT_USAGE. What most commands
 * begin with.
 */
struct configuration *configuration_open(const char *path, bool list_warnings);

/* Everything that was found, on standard error. */
void configuration_print(const struct diagnostics *diagnostics);

#endif
