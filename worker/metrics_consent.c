/* Metrics of the consent table and of how current it is. */
#include "worker/metric_writer.h"

static void write_state(const struct metric_writer *writer)
{
    for (size_t i = 0; i < RUN_CONSENT_STATE_COUNT; i++)
        metric_u64(writer,
                   LABELS(LABEL_WORD("state", run_consent_state_name((enum run_consent_state)i))),
                   (size_t)writer->snapshot->consent.state == i);
}

static void write_age(const struct metric_writer *writer)
{
    const struct run_snapshot *snapshot = writer->snapshot;
    if (snapshot->consent.confirmed == TIME_NONE)
        return;
    int64_t age = snapshot->now - snapshot->consent.confirmed;
    metric_seconds_ms(writer, NO_LABELS, age > 0 ? age : 0);
}

#define PER_CONSENT_PARTITION(function, expression)                                                \
    static void function(const struct metric_writer *writer)                                       \
    {                                                                                              \
        for (size_t i = 0; i < writer->snapshot->consent_partition_count; i++) {                   \
            const struct run_consent_partition *at = &writer->snapshot->consent_partitions[i];     \
            int64_t value = expression;                                                            \
            if (value >= 0)                                                                        \
                metric_u64(writer,                                                                 \
                           LABELS(LABEL("topic", writer->snapshot->consent_topic),                 \
                                  LABEL_NUMBER("partition", i)),                                   \
                           (uint64_t)value);                                                       \
        }                                                                                          \
    }

PER_CONSENT_PARTITION(write_position, at->position)
PER_CONSENT_PARTITION(write_end, at->end)

#define CONSENT_NUMBER(function, member)                                                           \
    static void function(const struct metric_writer *writer)                                       \
    {                                                                                              \
        metric_u64(writer, NO_LABELS, writer->snapshot->consent.member);                           \
    }

CONSENT_NUMBER(write_messages, counts.messages)
CONSENT_NUMBER(write_conflicts, counts.conflicts)
CONSENT_NUMBER(write_subjects, counts.subjects)
CONSENT_NUMBER(write_memory, counts.bytes)
CONSENT_NUMBER(write_limit, subject_limit)
CONSENT_NUMBER(write_split_keys, counts.split_subjects)
CONSENT_NUMBER(write_blocks, blocks)
CONSENT_NUMBER(write_rebuilds, rebuilds)
CONSENT_NUMBER(write_barriers, barriers)
CONSENT_NUMBER(write_barriers_late, barriers_late)

static void write_blocked(const struct metric_writer *writer)
{
    enum consent_block block = writer->snapshot->consent.block;
    metric_u64(writer, LABELS(LABEL_WORD("cause", "key")), block == CONSENT_BLOCK_KEY);
    metric_u64(writer, LABELS(LABEL_WORD("cause", "full")), block == CONSENT_BLOCK_FULL);
}

static void write_results(const struct metric_writer *writer)
{
    const struct consent_counts *counts = &writer->snapshot->consent.counts;
    const struct {
        const char *name;
        uint64_t count;
    } results[] = {
        {"applied", counts->applied},
        {"tombstone", counts->tombstones},
        {"old_seq", counts->old_seq},
        {"same", counts->same},
        {"conflict", counts->conflicts},
        {"unreadable_value", counts->unreadable_values},
        {"unreadable_key", counts->unreadable_keys},
        {"no_form", counts->no_form},
        {"placeholder", counts->placeholders},
        {"ignored_member", counts->ignored_members},
        {"full", counts->full},
    };
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        metric_u64(writer, LABELS(LABEL_WORD("result", results[i].name)), results[i].count);
}

const struct metric metrics_of_consent[] = {
    {"Consent", "lethe_consent_state", "gauge", "state",
     "1 for the state that the consent table is in (all)", write_state},
    {NULL, "lethe_consent_age_seconds", "gauge", "",
     "since everything acknowledged was last known to be applied; not listed before the first time",
     write_age},
    {NULL, "lethe_consent_position", "gauge", "topic, partition", "next offset to be applied",
     write_position},
    {NULL, "lethe_consent_end", "gauge", "topic, partition", "high watermark of the partition",
     write_end},
    {NULL, "lethe_consent_messages_total", "counter", "", "consent messages read", write_messages},
    {NULL, "lethe_consent_results_total", "counter", "result",
     "what became of them; of one message several may be counted (all)", write_results},
    {NULL, "lethe_consent_conflicts_total", "counter", "",
     "messages with an equal seq and another content: the stricter of both stays", write_conflicts},
    {NULL, "lethe_consent_split_keys_total", "counter", "",
     "subjects whose key was seen in two partitions: denied where they disagree", write_split_keys},
    {NULL, "lethe_consent_blocked", "gauge", "cause",
     "1 while a key that cannot be read or a full table blocks the release of anything (all)",
     write_blocked},
    {NULL, "lethe_consent_blocks_total", "counter", "", "times that such a block began",
     write_blocks},
    {NULL, "lethe_consent_subjects", "gauge", "", "subjects known", write_subjects},
    {NULL, "lethe_consent_subjects_limit", "gauge", "", "limits.subjects", write_limit},
    {NULL, "lethe_consent_memory_bytes", "gauge", "", "memory of the consent table", write_memory},
    {NULL, "lethe_consent_rebuilds_total", "counter", "",
     "times that the table was made anew because the topic was", write_rebuilds},
    {NULL, "lethe_consent_barriers_total", "counter", "",
     "times that a batch asked for consent to be current", write_barriers},
    {NULL, "lethe_consent_barriers_late_total", "counter", "",
     "of these, those that were not answered in time: the batch did not begin",
     write_barriers_late},
    {0},
};
