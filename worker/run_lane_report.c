#include "worker/run_lane_report.h"

void run_lane_tell_state(struct run_lane *lane, enum run_lane_state state, const char *sentence)
{
    run_status_lane_state(lane->shared->status, lane->number, state, sentence);
}

/* What an abort means for whoever looks at the metrics. */
static enum run_outcome outcome_of(enum kafka_sink_abort abort)
{
    switch (abort) {
    case KAFKA_SINK_ABORT_FENCED:
        return RUN_ABORTED_REBALANCE;
    case KAFKA_SINK_ABORT_FILES:
        return RUN_ABORTED_FILES;
    case KAFKA_SINK_ABORT_ASKED:
        return RUN_ABORTED_STOP;
    case KAFKA_SINK_ABORT_DELIVERY:
    case KAFKA_SINK_ABORT_OTHER:
    case KAFKA_SINK_ABORT_COUNT:
        break;
    }
    return RUN_ABORTED_BROKER;
}

static void tell_transactions(struct run_lane *lane, const struct kafka_sink_counts *sink)
{
    _Static_assert(KAFKA_SINK_BUCKETS == RUN_LATENCY_COUNT + 1, "the same buckets");
    struct kafka_source_counts source = {0};
    if (lane->source)
        kafka_source_report(lane->source, &source, NULL, 0);
    struct run_client client = {.assignments = source.assignments,
                                .revocations = source.revocations,
                                .losses = source.losses,
                                .rewinds = source.rewinds,
                                .transport_errors = source.transport_errors,
                                .producers_replaced = sink->replaced,
                                .quarantine_too_large = sink->quarantine_too_large};
    struct run_transactions transactions = {.nanoseconds = (uint64_t)sink->commit_ns};
    transactions.by_outcome[RUN_COMMITTED] = sink->transactions;
    for (int abort = 0; abort < KAFKA_SINK_ABORT_COUNT; abort++)
        transactions.by_outcome[outcome_of((enum kafka_sink_abort)abort)] += sink->aborts[abort];
    memcpy(transactions.buckets, sink->commit_buckets, sizeof transactions.buckets);
    run_status_lane_transactions(lane->shared->status, lane->number, &transactions, &client);
}

void run_lane_tell_sink(struct run_lane *lane)
{
    struct run_lane_seen *seen = lane->seen;
    struct kafka_sink_counts counts;
    size_t recipients = lane->shared->configuration->recipient_count;
    kafka_sink_counts(lane->sink, &counts, seen->recipients, RECIPIENT_LIMIT);
    tell_transactions(lane, &counts);
    for (size_t i = 0; i < recipients; i++) {
        const struct kafka_sink_recipient_counts *from = &seen->recipients[i];
        seen->deliveries[i] = (struct run_delivery){.rows = from->rows,
                                                    .bytes = from->bytes,
                                                    .messages = from->messages,
                                                    .parts = from->parts,
                                                    .below_minimum = from->below_minimum,
                                                    .too_large = from->too_large};
    }
    run_status_lane_delivered(lane->shared->status, lane->number, seen->deliveries, recipients);
}

/* The sink does not count what it cannot know: how its last transaction ended. */
void run_lane_tell_uncertainty(struct run_lane *lane)
{
    struct kafka_sink_counts counts = {0};
    if (lane->sink)
        kafka_sink_counts(lane->sink, &counts, NULL, 0);
    if (counts.uncertain)
        run_status_transaction(lane->shared->status, lane->number, 0, RUN_ABORTED_UNCERTAIN);
}

void run_lane_tell_source(struct run_lane *lane)
{
    struct run_lane_seen *seen = lane->seen;
    struct kafka_source_counts counts;
    size_t count = kafka_source_report(lane->source, &counts, seen->reports, RUN_PARTITION_LIMIT),
           held = 0;
    /* It has its place in the group, be it without a partition. */
    if (!seen->joined && counts.assignments > 0) {
        seen->joined = true;
        run_lane_tell_state(lane, RUN_LANE_RUNNING, NULL);
    }
    for (size_t i = 0; i < count; i++) {
        const struct kafka_partition_report *from = &seen->reports[i];
        if (!from->held && from->poison == 0)
            continue;
        seen->partitions[held++] =
            (struct run_partition){.topic = from->topic,
                                   .partition = from->partition,
                                   .position = from->held ? from->position : -1,
                                   .end = from->held ? from->end : -1,
                                   .poison = from->poison,
                                   .poison_offset = from->poison_offset};
    }
    run_status_partitions(lane->shared->status, lane->number, seen->partitions, held);
}
