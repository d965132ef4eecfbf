#include <stdlib.h>

#include "worker/lane_state.h"

enum {
    POLL_WAIT = 50,    /* milliseconds */
    GROWTH = 8,        /* a clean record is at most this many times as long as it was */
    TURN = 1000000000, /* nanoseconds between two calls of the observer */
};

static void add_counts(uint64_t *to, const uint64_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

void lane_counts_add(struct lane_counts *total, const struct lane_counts *counts)
{
    /* Every member is a uint64_t or an array of them. */
    _Static_assert(sizeof *total % sizeof(uint64_t) == 0, "only counters");
    add_counts((uint64_t *)total, (const uint64_t *)counts, sizeof *total / sizeof(uint64_t));
}

/* A message is in one batch whole, whatever comes of it: beyond the limit at which a batch is
 * closed there is room for the longest. */
static void make_room(const struct configuration *configuration, struct batch *batch)
{
    uint64_t message = processing_message_limit(configuration);
    uint64_t rows = batch->limits.bytes + message * GROWTH * configuration->recipient_count;
    uint64_t sealed = batch->limits.bytes + message * GROWTH;
    batch->rows.limit = rows < UINT32_MAX ? rows : UINT32_MAX;
    batch->sealed_bytes.limit = sealed < UINT32_MAX ? sealed : UINT32_MAX;
}

static enum rc open_batches(struct lane *lane)
{
    const struct configuration *configuration = lane->configuration;
    const struct limits *limits = &configuration->limits;
    struct batch_limits batch = {limits->batch_records, limits->batch_bytes, limits->batch_delay};
    unsigned count = lane->committer ? LANE_BATCHES : 1;
    enum rc rc = RC_OK;
    for (unsigned i = 0; rc == RC_OK && i < count; i++) {
        rc = batch_init(&lane->batches[i].batch, batch, configuration->recipient_count,
                        configuration->schema_count);
        if (rc == RC_OK)
            make_room(configuration, &lane->batches[i].batch);
    }
    return rc;
}

enum rc lane_open_processing(struct lane *lane)
{
    const struct configuration *configuration = lane->configuration;
    lane->current = 0;
    json_names_init(&lane->names, (uint64_t)clock_monotonic_ns(),
                    processing_message_limit(configuration) / 4 + 1);
    if (!framing_from_name(configuration->framing, &lane->framing))
        return RC_CONFIGURATION;
    enum rc rc = processing_decoder_new(configuration, &lane->decoder);
    if (rc == RC_OK)
        rc = processing_engine_new(configuration, lane->generation->keyring, lane->options->consent,
                                   &lane->engine);
    return rc == RC_OK ? open_batches(lane) : rc;
}

void lane_close_processing(struct lane *lane)
{
    lane_let_go_of_open(lane);
    for (unsigned i = 0; i < LANE_BATCHES; i++) {
        if (lane->options->following)
            consent_following_end(lane->options->following, &lane->batches[i].hold);
        batch_release(&lane->batches[i].batch);
        lane->batches[i] = (struct lane_batch){0};
    }
    engine_free(lane->engine);
    decoder_free(lane->decoder);
    json_names_release(&lane->names);
    lane->engine = NULL;
    lane->decoder = NULL;
}

static void turn(struct lane *lane)
{
    const struct lane_observer *observer = lane->options->observer;
    if (lane->options->records_seen)
        atomic_store_explicit(lane->options->records_seen,
                              lane->total->records + lane->open.records +
                                  lane_current(lane)->counts.records,
                              memory_order_relaxed);
    if (!observer || lane->monotonic - lane->turned < TURN)
        return;
    lane->turned = lane->monotonic;
    observer->turned(observer->context);
}

/* A generation that was published while the source was asked, or the barrier was waited for, holds
 * for what the source gave: who has been told that a key is destroyed counts on it. */
static bool take(struct lane *lane, const struct message *message, int bad_reason)
{
    uint64_t rewinds = lane->rewinds;
    do {
        if (!lane_change_generation(lane))
            return false;
        if (lane->rewinds != rewinds) /* the message comes again */
            return true;
        if (!lane_begin_batch(lane))
            return false;
    } while (lane_may_change_generation(lane));
    return lane_take_message(lane, message, bad_reason);
}

/* An empty batch is committed too: it lets the sink publish what is due by its age. */
static bool idle(struct lane *lane)
{
    if (!lane_change_generation(lane))
        return false;
    if (lane->in_flight && committer_is_done(lane->committer) && !lane_reap(lane))
        return false;
    if (lane_current(lane)->batch.input_records > 0)
        return lane_commit_if_due(lane);
    return lane->in_flight || lane_commit(lane);
}

static bool release(struct lane *lane)
{
    enum rc rc = source_release(lane->options->source);
    if (rc == RC_OK)
        return true;
    lane->failure = rc;
    lane->end = LANE_FAILED;
    return false;
}

static bool end_of_source(struct lane *lane)
{
    return lane_commit(lane) && lane_reap(lane) && lane_settle_all(lane);
}

/* What was read before the source gave up may leave. */
static bool halt(struct lane *lane)
{
    if (source_can_rewind(lane->options->source) && !lane_settle_all(lane))
        return false;
    lane->failure = lane->options->source->failure;
    lane->end = LANE_HALTED_SOURCE;
    return false;
}

/* One turn of the loop. False: the lane ends. */
static bool step(struct lane *lane, bool *ended)
{
    struct message message;
    int bad_reason = QUARANTINE_NONE;
    enum poll_result result = source_poll(lane->options->source, POLL_WAIT, &message, &bad_reason);
    /* Once a turn: the clock would cost more than much of what is done to a record. */
    lane->now = clock_now(&lane->options->clock);
    lane->monotonic = clock_monotonic_ns();
    switch (result) {
    case POLL_MESSAGE:
        return take(lane, &message, QUARANTINE_NONE);
    case POLL_BAD:
        return take(lane, &message, bad_reason);
    case POLL_IDLE:
        return idle(lane);
    case POLL_ASSIGNED:
        return true;
    case POLL_REVOKED:
        return lane_settle_all(lane) && release(lane);
    case POLL_LOST:
        return lane_drop_all(lane, "lost") && release(lane);
    case POLL_END:
        *ended = true;
        return end_of_source(lane);
    case POLL_FAILED:
        return halt(lane);
    }
    return true;
}

static void loop(struct lane *lane)
{
    bool ended = false;
    while (!ended) {
        if (lane_is_stopped(lane)) {
            if (source_can_rewind(lane->options->source))
                (void)lane_settle_all(lane);
            else
                lane->failure = RC_END;
            return;
        }
        turn(lane);
        if (!step(lane, &ended))
            return;
    }
}

/* After a failure: nothing of what is open may go out later. */
static void clean_up(struct lane *lane)
{
    enum rc failure = lane->failure;
    enum lane_end end = lane->end;
    if (failure != RC_OK && source_can_rewind(lane->options->source))
        (void)lane_drop_all(lane, "ended");
    lane->failure = failure;
    lane->end = end;
    if (failure == RC_END && lane_is_stopped(lane) && source_can_rewind(lane->options->source)) {
        lane->failure = RC_OK;
        lane->end = LANE_ENDED;
    }
}

enum rc lane_run(const struct lane_options *options, struct lane_counts *counts, enum lane_end *end)
{
    struct lane *lane = calloc(1, sizeof *lane);
    *end = LANE_FAILED;
    if (!lane)
        return RC_NO_MEMORY;
    lane->options = options;
    lane->total = counts;
    lane->generation = *options->generation;
    lane->configuration = lane->generation->configuration;
    if (source_can_rewind(options->source))
        lane->failure = committer_new(options->sink, &lane->committer);
    if (lane->failure == RC_OK)
        lane->failure = lane_open_processing(lane);
    if (lane->failure == RC_OK)
        loop(lane);
    else
        lane->end = LANE_FAILED;
    clean_up(lane);
    committer_free(lane->committer);
    if (!source_can_rewind(options->source)) { /* what was read counts, too */
        lane_counts_add(counts, &lane->open);
        lane_counts_add(counts, &lane_current(lane)->counts);
    }
    lane_close_processing(lane);
    if (lane->generation != *options->generation) /* a change that failed half-way */
        generation_let_go(options->generations, lane->generation);
    enum rc rc = lane->failure;
    *end = lane->end;
    free(lane);
    return rc;
}
