/* Metrics of the process: is it ready, what does it run with, what does it need. */
#include <sys/statvfs.h>

#include "worker/metric_writer.h"

static void write_ready(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->ready);
}

static void write_build(const struct metric_writer *writer)
{
    metric_u64(writer, LABELS(LABEL_WORD("version", writer->snapshot->version)), 1);
}

static void write_policy(const struct metric_writer *writer)
{
    const struct run_names *names = writer->snapshot->names;
    metric_u64(
        writer,
        LABELS(LABEL("policy", names->policy), LABEL_NUMBER("version", names->policy_version)), 1);
}

static void write_schemas(const struct metric_writer *writer)
{
    const struct run_names *names = writer->snapshot->names;
    for (size_t i = 0; i < names->schema_count; i++)
        metric_u64(writer,
                   LABELS(LABEL("schema", names->schemas[i]),
                          LABEL_NUMBER("version", names->schema_versions[i])),
                   1);
}

static void write_generation(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->generation);
}

static void write_reloads(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->reloads);
}

static void write_reloads_refused(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->reloads_refused);
}

static void write_keys_ahead(const struct metric_writer *writer)
{
    if (writer->snapshot->keys_ahead >= 0)
        metric_seconds_ms(writer, NO_LABELS, writer->snapshot->keys_ahead);
}

static void write_keys(const struct metric_writer *writer)
{
    if (writer->snapshot->keys_ahead >= 0)
        metric_u64(writer, NO_LABELS, writer->snapshot->key_count);
}

static void write_keys_locked(const struct metric_writer *writer)
{
    if (writer->snapshot->keys_ahead >= 0)
        metric_u64(writer, NO_LABELS, writer->snapshot->keys_locked);
}

static void write_started(const struct metric_writer *writer)
{
    metric_seconds_ms(writer, NO_LABELS, writer->snapshot->started);
}

static void write_resident(const struct metric_writer *writer)
{
    if (writer->snapshot->resident_bytes >= 0)
        metric_u64(writer, NO_LABELS, (uint64_t)writer->snapshot->resident_bytes);
}

static void write_cpu(const struct metric_writer *writer)
{
    if (writer->snapshot->cpu_ns >= 0)
        metric_seconds_ns(writer, NO_LABELS, writer->snapshot->cpu_ns);
}

/* Asked at every scrape: the recipients' directories, not ours to remember. */
static void write_space(const struct metric_writer *writer, bool free_only)
{
    const struct run_names *names = writer->snapshot->names;
    for (size_t i = 0; i < names->recipient_count; i++) {
        struct statvfs space;
        if (names->directories[i].length == 0 || statvfs(names->directories[i].data, &space) != 0)
            continue;
        metric_u64(writer, LABELS(LABEL("recipient", names->recipients[i])),
                   (uint64_t)space.f_frsize * (free_only ? space.f_bavail : space.f_blocks));
    }
}

static void write_directory_free(const struct metric_writer *writer)
{
    write_space(writer, true);
}

static void write_directory_size(const struct metric_writer *writer)
{
    write_space(writer, false);
}

const struct metric metrics_of_process[] = {
    {"The process", "lethe_ready", "gauge", "", "1 where the worker is ready, as /ready says",
     write_ready},
    {NULL, "lethe_build_info", "gauge", "version", "1; the version of the program", write_build},
    {NULL, "lethe_policy_info", "gauge", "policy, version", "1; the policy in force", write_policy},
    {NULL, "lethe_schema_info", "gauge", "schema, version", "1; the schemas in force",
     write_schemas},
    {NULL, "lethe_configuration_generation", "gauge", "",
     "number of the configuration in force; a reload makes a new one", write_generation},
    {NULL, "lethe_reloads_total", "counter", "", "reloads that took", write_reloads},
    {NULL, "lethe_reloads_refused_total", "counter", "",
     "reloads that were refused: what was in force stayed", write_reloads_refused},
    {NULL, "lethe_keys_ahead_seconds", "gauge", "",
     "how long there are epoch keys without a gap, from now; not listed without keys",
     write_keys_ahead},
    {NULL, "lethe_keys", "gauge", "", "epoch keys that are held", write_keys},
    {NULL, "lethe_keys_locked", "gauge", "", "1 where the keys' memory cannot be swapped out",
     write_keys_locked},
    {NULL, "lethe_directory_free_bytes", "gauge", "recipient",
     "free space where the recipient's parts are written", write_directory_free},
    {NULL, "lethe_directory_size_bytes", "gauge", "recipient",
     "size of the file system where the recipient's parts are written", write_directory_size},
    {NULL, "process_start_time_seconds", "gauge", "", "when it was started, since 1970",
     write_started},
    {NULL, "process_resident_memory_bytes", "gauge", "", "memory in use (resident set)",
     write_resident},
    {NULL, "process_cpu_seconds_total", "counter", "", "processor time used, user and system",
     write_cpu},
    {0},
};
