#include "worker/lane_state.h"

enum {
    BARRIER_SLICE = 1000,   /* milliseconds of one try at the barrier */
    STALE_PATIENCE = 30000, /* milliseconds until the lane leaves; below any session's limits */
    UNDONE_LIMIT = 20,      /* in a row: then source and sink are made anew */
    UNDONE_PAUSE = 50,      /* milliseconds after the first, doubling */
    UNDONE_PAUSE_LIMIT = 5000,
};

static bool fail(struct lane *lane, enum rc rc)
{
    lane->failure = rc;
    lane->end = LANE_FAILED;
    return false;
}

static void tell_waiting(struct lane *lane, bool for_consent)
{
    const struct lane_observer *observer = lane->options->observer;
    if (observer)
        observer->waiting(observer->context, for_consent);
}

/* True once everything that was acknowledged before is in the table. */
static bool pass_barrier(struct lane *lane, struct lane_batch *batch)
{
    struct consent_following *following = lane->options->following;
    int64_t began = clock_monotonic_ms();
    bool told = false;
    while (!consent_following_begin(following, BARRIER_SLICE, &batch->hold)) {
        int64_t waited = clock_monotonic_ms() - began;
        if (lane_is_stopped(lane)) {
            lane->failure = RC_END;
            return false;
        }
        if (!told && waited >= lane->configuration->consent_barrier) {
            tell_waiting(lane, true);
            told = true;
        }
        if (waited >= lane->configuration->consent_barrier + STALE_PATIENCE) {
            lane->failure = RC_AGAIN;
            lane->end = LANE_STALE;
            return false;
        }
    }
    if (told)
        tell_waiting(lane, false);
    return true;
}

bool lane_begin_batch(struct lane *lane)
{
    struct lane_batch *batch = lane_current(lane);
    const struct consent_table *consent = lane->options->consent;
    if (batch->begun)
        return true;
    if (lane->options->following) {
        if (!pass_barrier(lane, batch))
            return false;
        consent = batch->hold.table;
    } else if (consent) {
        struct consent_counts counts;
        consent_table_counts(consent, &counts);
        batch->hold.position.messages = counts.messages;
    }
    engine_use_consent(lane->engine, consent);
    batch->begun = true;
    return true;
}

static void reset(struct lane *lane, struct lane_batch *batch)
{
    batch_reset(&batch->batch);
    batch->counts = (struct lane_counts){0};
    if (lane->options->following)
        consent_following_end(lane->options->following, &batch->hold);
    batch->hold = (struct consent_hold){0};
    batch->begun = false;
}

void lane_let_go_of_open(struct lane *lane)
{
    lane->open = (struct lane_counts){0};
    if (lane->options->following)
        consent_following_end(lane->options->following, &lane->open_hold);
}

/* What the sink took may leave much later: by then its hold is asked once more. The latest one
 * stands for all, since no two tables are current at a time. */
static void keep_hold(struct lane *lane, struct lane_batch *batch)
{
    if (!lane->options->following || !batch->begun)
        return;
    consent_following_end(lane->options->following, &lane->open_hold);
    lane->open_hold = batch->hold;
    batch->hold = (struct consent_hold){0};
}

/* What the sink took may still be undone by it, until it says that it is committed. */
static void note_committed(struct lane *lane, const struct commit_outcome *outcome)
{
    const struct lane_observer *observer = lane->options->observer;
    if (!outcome->committed)
        return;
    for (size_t i = 0; i < outcome->range_count; i++) {
        const struct input_range *range = &outcome->ranges[i];
        source_settle(lane->options->source, range->origin, range->partition, range->last + 1);
    }
    lane_counts_add(lane->total, &lane->open);
    lane_let_go_of_open(lane);
    lane->undone_in_a_row = 0;
    if (observer)
        observer->committed(observer->context, lane->total);
}

static void pause_after_undone(const struct lane *lane)
{
    int64_t pause = UNDONE_PAUSE;
    for (unsigned i = 1; i < lane->undone_in_a_row && pause < UNDONE_PAUSE_LIMIT; i++)
        pause *= 2;
    while (pause > 0 && !lane_is_stopped(lane)) {
        clock_sleep_ms(UNDONE_PAUSE);
        pause -= UNDONE_PAUSE;
    }
}

static void drop(struct lane *lane, const char *why)
{
    const struct lane_observer *observer = lane->options->observer;
    for (unsigned i = 0; i < LANE_BATCHES; i++)
        reset(lane, &lane->batches[i]);
    lane_let_go_of_open(lane);
    if (observer)
        observer->undone(observer->context, why);
}

/* Everything since the last commit is to be done again. The sink has undone its part. */
static bool do_again(struct lane *lane, const char *why)
{
    drop(lane, why);
    if (!source_can_rewind(lane->options->source))
        return fail(lane, RC_AGAIN);
    enum rc rc = source_rewind(lane->options->source);
    lane->rewinds++;
    if (rc != RC_OK)
        return fail(lane, rc);
    if (++lane->undone_in_a_row > UNDONE_LIMIT)
        return fail(lane, RC_AGAIN);
    pause_after_undone(lane);
    return true;
}

static bool note_outcome(struct lane *lane, struct lane_batch *batch, enum rc rc,
                         const struct commit_outcome *outcome)
{
    if (rc == RC_AGAIN)
        return do_again(lane, "sink");
    if (rc != RC_OK)
        return fail(lane, rc);
    lane_counts_add(&lane->open, &batch->counts);
    lane->open.batches += batch->batch.input_records > 0;
    keep_hold(lane, batch);
    note_committed(lane, outcome);
    reset(lane, batch);
    return true;
}

bool lane_reap(struct lane *lane)
{
    struct commit_outcome outcome;
    if (!lane->in_flight)
        return true;
    enum rc rc = committer_wait(lane->committer, &outcome);
    lane->in_flight = false;
    return note_outcome(lane, &lane->batches[!lane->current], rc, &outcome);
}

static struct commit_context context_of(struct lane *lane, const struct lane_batch *batch)
{
    return (struct commit_context){.consent = batch->hold.position,
                                   .now = clock_now(&lane->options->clock),
                                   .membership = source_membership(lane->options->source)};
}

/* Does consent still allow what is in the batch (which may be NULL) and in the sink to leave? */
static bool may_leave(const struct lane *lane, const struct lane_batch *batch)
{
    struct consent_following *following = lane->options->following;
    if (!following)
        return true;
    return (!lane->open_hold.of || consent_following_holds(following, &lane->open_hold)) &&
           (!batch || !batch->begun || consent_following_holds(following, &batch->hold));
}

static bool undo_for_consent(struct lane *lane)
{
    enum rc rc = sink_discard(lane->options->sink);
    return rc == RC_OK ? do_again(lane, "consent") : fail(lane, rc);
}

bool lane_commit(struct lane *lane)
{
    if (!lane_reap(lane))
        return false;
    struct lane_batch *batch = lane_current(lane);
    if (!may_leave(lane, batch))
        return undo_for_consent(lane);
    struct commit_context context = context_of(lane, batch);
    if (lane->committer) {
        committer_submit(lane->committer, &batch->batch, &context);
        lane->in_flight = true;
        lane->current = !lane->current;
        return true;
    }
    struct commit_outcome outcome;
    enum rc rc = sink_commit(lane->options->sink, &batch->batch, &context, &outcome);
    return note_outcome(lane, batch, rc, &outcome);
}

static bool is_below_a_minimum(const struct lane *lane, const struct batch *batch, int64_t age)
{
    for (size_t i = 0; i < lane->configuration->recipient_count; i++) {
        const struct linkage *linkage = &lane->configuration->recipients[i].linkage;
        uint64_t rows = batch_recipient_rows(batch, i);
        if (rows > 0 && rows < linkage->minimum && age < linkage->wait)
            return true;
    }
    return false;
}

bool lane_commit_if_due(struct lane *lane)
{
    const struct batch *batch = &lane_current(lane)->batch;
    if (batch_is_full(batch))
        return lane_commit(lane);
    if (!lane->options->paced || batch->opened == TIME_NONE)
        return true;
    /* By a clock that nobody sets: a batch left open for an hour would be one of stale consent. */
    int64_t age = lane->monotonic / 1000000 - batch->opened;
    if (age < batch->limits.delay || is_below_a_minimum(lane, batch, age))
        return true;
    return lane_commit(lane);
}

static bool finish(struct lane *lane)
{
    struct commit_outcome outcome;
    if (!may_leave(lane, NULL))
        return undo_for_consent(lane);
    struct commit_context context = context_of(lane, lane_current(lane));
    enum rc rc = sink_finish(lane->options->sink, &context, &outcome);
    if (rc == RC_AGAIN)
        return do_again(lane, "sink");
    if (rc != RC_OK)
        return fail(lane, rc);
    note_committed(lane, &outcome);
    return true;
}

bool lane_settle_all(struct lane *lane)
{
    if (!lane_reap(lane))
        return false;
    struct lane_batch *batch = lane_current(lane);
    if (batch->batch.input_records > 0) {
        if (is_below_a_minimum(lane, &batch->batch, 0)) {
            const struct lane_observer *observer = lane->options->observer;
            reset(lane, batch);
            if (observer)
                observer->undone(observer->context, "minimum");
        } else if (!lane_commit(lane) || !lane_reap(lane)) {
            return false;
        }
    }
    return finish(lane);
}

bool lane_drop_all(struct lane *lane, const char *why)
{
    if (lane->in_flight) {
        struct commit_outcome outcome;
        enum rc rc = committer_wait(lane->committer, &outcome);
        lane->in_flight = false;
        if (rc != RC_AGAIN && !note_outcome(lane, &lane->batches[!lane->current], rc, &outcome))
            return false;
    }
    drop(lane, why);
    enum rc rc = sink_discard(lane->options->sink);
    return rc == RC_OK ? true : fail(lane, rc);
}

bool lane_may_change_generation(const struct lane *lane)
{
    const struct generations *generations = lane->options->generations;
    return generations && lane->batches[lane->current].batch.input_records == 0 &&
           generations_is_newer(generations, lane->generation);
}

bool lane_change_generation(struct lane *lane)
{
    struct generations *generations = lane->options->generations;
    const struct lane_observer *observer = lane->options->observer;
    if (!lane_may_change_generation(lane))
        return true;
    if (!lane_reap(lane) || !finish(lane))
        return false;
    lane_close_processing(lane);
    lane->generation = generations_take(generations);
    lane->configuration = lane->generation->configuration;
    enum rc rc = lane_open_processing(lane);
    if (rc == RC_OK)
        rc = sink_describe(lane->options->sink, lane->generation->description);
    if (rc != RC_OK)
        return fail(lane, rc);
    generation_let_go(generations, *lane->options->generation);
    *lane->options->generation = lane->generation;
    *lane->total = (struct lane_counts){0}; /* it went by the old one's numbers */
    if (observer)
        observer->changed(observer->context, lane->generation);
    return true;
}
