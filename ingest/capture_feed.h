/*
 * How the lanes share a feed. Internal to ingest: capture_feed.c hands out blocks, capture_source.c
 * makes messages of them.
 *
 * No thread of its own reads the files. A lane without a block reads the next one, its own or
 * another lane's, and one lane reads at a time; it waits only while the next block is for a lane
 * that has one waiting already.
 */
#ifndef LETHE_INGEST_CAPTURE_FEED_H
#define LETHE_INGEST_CAPTURE_FEED_H

#include <pthread.h>

#include "ingest/capture_lines.h"

/* What the feed keeps for a lane. */
struct capture_lane {
    struct capture_block *waiting; /* read for the lane, not taken yet: `has_waiting` */
    struct capture_block *spare;   /* to read into; NULL while both are in use */
    struct capture_block blocks[2];
    bool has_waiting;
    bool closed; /* its blocks are read and dropped */
};

struct capture_feed {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct capture_lines lines; /* of whoever has set `reading`; else of nobody */
    bool reading;
    bool ended;
    enum rc failure;
    uint64_t next_block;
    unsigned lane_count;
    struct capture_lane *lanes;

    /* Set when the feed is made. */
    struct slice topic;
    int64_t time;
    unsigned depth_limit;
    double speed;
    uint64_t total;

    /* Under the mutex: where a paced replay began. */
    int64_t first_time;
    int64_t first_instant; /* nanoseconds of the monotonic clock; 0: not begun */
};

/*
 * Gives back `used` (NULL at first) and takes the lane's next block, valid until the next call.
 * RC_END: there are no more. RC_NOT_FOUND: none within `wait` milliseconds. Else the failure.
 */
LETHE_CHECKED enum rc capture_feed_take(struct capture_feed *feed, unsigned lane,
                                        struct capture_block *used, int64_t wait,
                                        struct capture_block **out);

/* The lane takes no more; gives back its block. */
void capture_feed_leave(struct capture_feed *feed, unsigned lane, struct capture_block *used);

/* Nanoseconds until a message of that time is due; 0 where it is, or where there is no pace. */
int64_t capture_feed_delay(struct capture_feed *feed, int64_t time);

#endif
