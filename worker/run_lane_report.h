/*
 * What a lane of `lethe run` tells the status of its source and its sink. Internal to run_lane.c;
 * every call comes from the lane's thread.
 */
#ifndef LETHE_WORKER_RUN_LANE_REPORT_H
#define LETHE_WORKER_RUN_LANE_REPORT_H

#include "ingest/kafka_source.h"
#include "sink/kafka_sink.h"
#include "worker/run_lane.h"

/* What the status has been told of the sink, whose own counts only grow. */
struct run_lane_seen {
    struct kafka_sink_recipient_counts recipients[RECIPIENT_LIMIT];
    struct run_delivery deliveries[RECIPIENT_LIMIT];
    struct kafka_partition_report reports[RUN_PARTITION_LIMIT];
    struct run_partition partitions[RUN_PARTITION_LIMIT];
    bool joined; /* the group, in this life of the source */
};

/* NULL: the state's own sentence. */
void run_lane_tell_state(struct run_lane *lane, enum run_lane_state state, const char *sentence);

/* What the sink (with what the source counted, if it is there) or the source has counted so far. */
void run_lane_tell_sink(struct run_lane *lane);
void run_lane_tell_source(struct run_lane *lane);

/* Counts how the sink's last transaction ended where nobody knows that, the sink included. */
void run_lane_tell_uncertainty(struct run_lane *lane);

#endif
