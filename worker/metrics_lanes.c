/* Metrics of lanes, partitions and transactions. */
#include "worker/metric_writer.h"

static void write_states(const struct metric_writer *writer)
{
    for (size_t i = 0; i < writer->snapshot->lane_count; i++) {
        for (size_t state = 0; state < RUN_LANE_STATE_COUNT; state++)
            metric_u64(writer,
                       LABELS(LABEL_NUMBER("lane", i),
                              LABEL_WORD("state", run_lane_state_name((enum run_lane_state)state))),
                       (size_t)writer->snapshot->lanes[i].state == state);
    }
}

#define PER_LANE(function, expression)                                                             \
    static void function(const struct metric_writer *writer)                                       \
    {                                                                                              \
        for (size_t i = 0; i < writer->snapshot->lane_count; i++) {                                \
            const struct run_lane_view *lane = &writer->snapshot->lanes[i];                        \
            metric_u64(writer, LABELS(LABEL_NUMBER("lane", i)), expression);                       \
        }                                                                                          \
    }

PER_LANE(write_restarts, lane->restarts)
PER_LANE(write_lane_records, lane->records)
PER_LANE(write_lane_batches, lane->batches)

static void write_committed_at(const struct metric_writer *writer)
{
    for (size_t i = 0; i < writer->snapshot->lane_count; i++) {
        int64_t at = writer->snapshot->lanes[i].committed_at;
        if (at != TIME_NONE)
            metric_seconds_ms(writer, LABELS(LABEL_NUMBER("lane", i)), at);
    }
}

static struct slice topic_name(const struct run_snapshot *snapshot, uint32_t topic)
{
    return topic < snapshot->topic_count ? snapshot->topics[topic] : SLICE("");
}

/* -1 is what a partition does not know. */
#define PER_PARTITION(function, expression)                                                        \
    static void function(const struct metric_writer *writer)                                       \
    {                                                                                              \
        const struct run_snapshot *snapshot = writer->snapshot;                                    \
        for (size_t i = 0; i < snapshot->lane_count; i++) {                                        \
            for (size_t p = 0; p < snapshot->lanes[i].partition_count; p++) {                      \
                const struct run_partition *at = &snapshot->lanes[i].partitions[p];                \
                int64_t value = expression;                                                        \
                if (value >= 0)                                                                    \
                    metric_u64(writer,                                                             \
                               LABELS(LABEL("topic", topic_name(snapshot, at->topic)),             \
                                      LABEL_NUMBER("partition", at->partition),                    \
                                      LABEL_NUMBER("lane", i)),                                    \
                               (uint64_t)value);                                                   \
            }                                                                                      \
        }                                                                                          \
    }

PER_PARTITION(write_position, at->position)
PER_PARTITION(write_end, at->end)
PER_PARTITION(write_lag, run_partition_lag(at))

static void write_unlisted_partitions(const struct metric_writer *writer)
{
    uint64_t unlisted = writer->snapshot->consent_partitions_unlisted;
    for (size_t i = 0; i < writer->snapshot->lane_count; i++)
        unlisted += writer->snapshot->lanes[i].partitions_unlisted;
    metric_u64(writer, NO_LABELS, unlisted);
}

static void write_poison_numbers(const struct metric_writer *writer, bool offsets)
{
    const struct run_snapshot *snapshot = writer->snapshot;
    for (size_t i = 0; i < snapshot->poison_count; i++) {
        const struct run_poison *poison = &snapshot->poison[i];
        if (offsets && poison->offset < 0)
            continue;
        metric_u64(writer,
                   LABELS(LABEL("topic", topic_name(snapshot, poison->topic)),
                          LABEL_NUMBER("partition", poison->partition)),
                   offsets ? (uint64_t)poison->offset : poison->count);
    }
}

static void write_poison(const struct metric_writer *writer)
{
    write_poison_numbers(writer, false);
}

static void write_poison_offset(const struct metric_writer *writer)
{
    write_poison_numbers(writer, true);
}

static void write_committed(const struct metric_writer *writer)
{
    metric_u64(writer, NO_LABELS, writer->snapshot->transactions.by_outcome[RUN_COMMITTED]);
}

static void write_aborted(const struct metric_writer *writer)
{
    for (size_t i = RUN_COMMITTED + 1; i < RUN_OUTCOME_COUNT; i++)
        metric_u64(writer, LABELS(LABEL_WORD("class", run_outcome_name((enum run_outcome)i))),
                   writer->snapshot->transactions.by_outcome[i]);
}

/* The format's histogram: buckets add up, `le` is in seconds. */
static void write_duration(const struct metric_writer *writer)
{
    const struct run_transactions *transactions = &writer->snapshot->transactions;
    uint64_t below = 0;
    for (size_t i = 0; i < RUN_LATENCY_COUNT; i++) {
        below += transactions->buckets[i];
        buffer_append_format(writer->out, "%s_bucket{le=\"%g\"} %llu\n", writer->name,
                             (double)run_latency_bounds[i] / 1000, (unsigned long long)below);
    }
    below += transactions->buckets[RUN_LATENCY_COUNT];
    buffer_append_format(writer->out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %llu.%09llu\n",
                         writer->name, (unsigned long long)below, writer->name,
                         (unsigned long long)(transactions->nanoseconds / 1000000000),
                         (unsigned long long)(transactions->nanoseconds % 1000000000));
    buffer_append_format(writer->out, "%s_count %llu\n", writer->name, (unsigned long long)below);
}

static void write_rebalances(const struct metric_writer *writer)
{
    const struct run_client *client = &writer->snapshot->client;
    metric_u64(writer, LABELS(LABEL_WORD("kind", "assigned")), client->assignments);
    metric_u64(writer, LABELS(LABEL_WORD("kind", "revoked")), client->revocations);
    metric_u64(writer, LABELS(LABEL_WORD("kind", "lost")), client->losses);
}

#define CLIENT_NUMBER(function, member)                                                            \
    static void function(const struct metric_writer *writer)                                       \
    {                                                                                              \
        metric_u64(writer, NO_LABELS, writer->snapshot->client.member);                            \
    }

CLIENT_NUMBER(write_rewinds, rewinds)
CLIENT_NUMBER(write_transport_errors, transport_errors)
CLIENT_NUMBER(write_producers_replaced, producers_replaced)
CLIENT_NUMBER(write_quarantine_too_large, quarantine_too_large)

const struct metric metrics_of_lanes[] = {
    {"Lanes", "lethe_lane_state", "gauge", "lane, state", "1 for the state that a lane is in (all)",
     write_states},
    {NULL, "lethe_lane_restarts_total", "counter", "lane", "times that it failed (all)",
     write_restarts},
    {NULL, "lethe_lane_records_total", "counter", "lane", "records committed (all)",
     write_lane_records},
    {NULL, "lethe_lane_batches_total", "counter", "lane", "batches committed (all)",
     write_lane_batches},
    {NULL, "lethe_lane_last_commit_timestamp_seconds", "gauge", "lane",
     "when it last committed, since 1970; not listed before the first", write_committed_at},
    {"Partitions", "lethe_partition_position", "gauge", "topic, partition, lane",
     "next offset to be committed", write_position},
    {NULL, "lethe_partition_end", "gauge", "topic, partition, lane", "end of the log", write_end},
    {NULL, "lethe_partition_lag", "gauge", "topic, partition, lane", "messages between the two",
     write_lag},
    {NULL, "lethe_partitions_unlisted", "gauge", "",
     "partitions that are not listed because there are too many", write_unlisted_partitions},
    {NULL, "lethe_poison_total", "counter", "topic, partition",
     "places of the log that could not be read: corrupt, or not to be unpacked", write_poison},
    {NULL, "lethe_poison_offset", "gauge", "topic, partition",
     "offset at the last of them, where it is known", write_poison_offset},
    {"Transactions", "lethe_transactions_committed_total", "counter", "", "transactions committed",
     write_committed},
    {NULL, "lethe_transactions_aborted_total", "counter", "class",
     "transactions aborted: nothing of them is visible, they were done again (all)", write_aborted},
    {NULL, "lethe_transaction_duration_seconds", "histogram", "le",
     "from begin to commit, of the committed ones", write_duration},
    {NULL, "lethe_producers_replaced_total", "counter", "",
     "producers made anew after a commit or abort that was slow or uncertain",
     write_producers_replaced},
    {NULL, "lethe_quarantine_too_large_total", "counter", "",
     "sealed records that fit into no message: discarded", write_quarantine_too_large},
    {"The consumer group", "lethe_rebalances_total", "counter", "kind",
     "partitions assigned, revoked, lost (all)", write_rebalances},
    {NULL, "lethe_rewinds_total", "counter", "", "times that a lane went back to what is committed",
     write_rewinds},
    {NULL, "lethe_transport_errors_total", "counter", "",
     "connections lost, time-outs, coordinators that could not be found", write_transport_errors},
    {0},
};
