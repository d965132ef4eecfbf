#include "worker/run_lane.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "ingest/kafka_source.h"
#include "sink/audit_topic.h"
#include "sink/kafka_sink.h"
#include "worker/run_lane_report.h"
#include "worker/run_limit.h"
#include "worker/version.h"

enum {
    CONSENT_WAIT = 1000, /* milliseconds of one try at the barrier */
    NAP = 100,           /* milliseconds between two looks at what is waited for */
    BACK_OFF = 500,      /* milliseconds after the first failure, doubling */
    BACK_OFF_LIMIT = 30000,
    REASON_LIMIT = 1024,
    ID_LIMIT = 1024,
};

static bool is_stopped(const struct run_lane *lane)
{
    return atomic_load_explicit(&lane->shared->stop, memory_order_relaxed);
}

static void on_committed(void *context, const struct lane_counts *total)
{
    struct run_lane *lane = context;
    lane->failures = 0;
    run_status_lane_committed(lane->shared->status, lane->number, total);
    run_lane_tell_sink(lane);
}

static void on_undone(void *context, const char *why)
{
    struct run_lane *lane = context;
    LOG(LOG_WARNING, "batch_undone", LOG_NUMBER("lane", lane->number), LOG_SENTENCE("why", why));
    if (strcmp(why, "consent") == 0)
        run_status_transaction(lane->shared->status, lane->number, 0, RUN_ABORTED_CONSENT);
    run_lane_tell_sink(lane);
}

static void on_waiting(void *context, bool for_consent)
{
    struct run_lane *lane = context;
    run_lane_tell_state(lane, for_consent ? RUN_LANE_WAITING : RUN_LANE_RUNNING, NULL);
    if (for_consent)
        LOG(LOG_WARNING, "lane_waits_for_consent", LOG_NUMBER("lane", lane->number));
}

static void on_changed(void *context, const struct generation *generation)
{
    struct run_lane *lane = context;
    if (run_status_lane_changed(lane->shared->status, lane->number, generation->configuration) !=
        RC_OK)
        LOG(LOG_WARNING, "status_incomplete", LOG_NUMBER("lane", lane->number));
    LOG(LOG_INFO, "lane_changed", LOG_NUMBER("lane", lane->number),
        LOG_NUMBER("generation", generation->number));
}

static void on_turned(void *context)
{
    struct run_lane *lane = context;
    run_lane_tell_source(lane);
}

/* Of a source without a commit: was this partition ever published from? */
static enum rc may_start(void *context, const char *topic, int32_t partition)
{
    struct run_lane *lane = context;
    struct run_shared *shared = lane->shared;
    struct buffer reason;
    bool named = true;
    buffer_init(&reason, REASON_LIMIT);
    pthread_mutex_lock(&shared->coverage_lock);
    enum rc rc = audit_names_partition(shared->coverage, topic, partition, &named, &reason);
    pthread_mutex_unlock(&shared->coverage_lock);
    if (rc != RC_OK)
        LOG(LOG_ERROR, "audit_unreadable", LOG_NUMBER("lane", lane->number),
            LOG_SENTENCE("why", rc_sentence(rc)));
    buffer_release(&reason);
    return rc == RC_OK && named ? RC_REFUSED : rc == RC_REFUSED ? RC_IO : rc;
}

static void log_failure(const struct run_lane *lane, const char *event, enum rc rc,
                        const struct buffer *reason)
{
    LOG(LOG_ERROR, event, LOG_NUMBER("lane", lane->number), LOG_SENTENCE("code", rc_name(rc)),
        LOG_NAME("why",
                 reason->length ? buffer_slice(reason) : slice_from_string(rc_sentence(rc))));
}

static enum rc open_sink(struct run_lane *lane, const struct generation *generation,
                         struct buffer *reason)
{
    const struct stream_settings *stream = &lane->shared->configuration->stream;
    char id[ID_LIMIT];
    size_t message_limit;
    enum rc rc = run_message_limit(lane->shared->configuration, &message_limit, reason);
    if (rc != RC_OK)
        return rc;
    snprintf(id, sizeof id, "%s.%s.%s.%u", stream->prefix, stream->group, stream->instance,
             lane->number);
    struct kafka_sink_options options = {
        .settings = &stream->kafka,
        .transactional_id = id,
        .group = stream->group,
        .audit_topic = stream->audit_topic,
        .quarantine_topic = stream->quarantine_topic,
        .description = generation->description,
        .lane = lane->number,
        .topics = stream->topics,
        .topic_count = stream->topic_count,
        .message_limit = message_limit,
        .version = LETHE_VERSION,
        .stop = &lane->shared->stop,
    };
    return kafka_sink_new(&options, &lane->sink, reason);
}

static enum rc open_source(struct run_lane *lane, struct buffer *reason)
{
    const struct stream_settings *stream = &lane->shared->configuration->stream;
    const char *member = kafka_settings_value(&stream->kafka, "group.instance.id");
    char instance[ID_LIMIT], lane_member[ID_LIMIT];
    snprintf(instance, sizeof instance, "%s-%u", stream->instance, lane->number);
    if (member)
        snprintf(lane_member, sizeof lane_member, "%s-%u", member, lane->number);
    struct kafka_source_options options = {
        .settings = &stream->kafka,
        .group = stream->group,
        .topics = stream->topics,
        .topic_count = stream->topic_count,
        .instance = instance,
        .member = member ? lane_member : NULL,
        .start_latest = stream->start_latest,
        .skip_poison = stream->skip_poison,
        .may_start = may_start,
        .context = lane,
    };
    return kafka_source_new(&options, &lane->source, reason);
}

static void close_both(struct run_lane *lane)
{
    lane->seen->joined = true; /* what it is now has been said */
    if (lane->source)
        run_lane_tell_source(lane);
    if (lane->sink)
        run_lane_tell_sink(lane);
    source_close(lane->source);
    lane->source = NULL;
    sink_close(lane->sink);
    lane->sink = NULL;
    run_status_partitions(lane->shared->status, lane->number, NULL, 0);
}

/* Waits until the operator has done something since this life began, or the end. What was done
 * while both ends were being closed counts, too. */
static void wait_for_attention(struct run_lane *lane)
{
    while (!is_stopped(lane) && atomic_load(&lane->shared->attention) == lane->attention)
        clock_sleep_ms(NAP);
}

/* What a new client may do better, if there are tries left: a fence is no proof of a twin, and a
 * source that names no reason to halt has only failed. */
static bool may_pass(struct run_lane *lane, struct buffer *reason)
{
    struct kafka_source_halt halt;
    if (!kafka_source_halted(lane->source, &halt))
        return true;
    if (halt.kind != KAFKA_HALT_CLIENT && halt.kind != KAFKA_HALT_FENCED)
        return false;
    buffer_append_string(reason, kafka_halt_sentence(halt.kind));
    return true;
}

static void report_halt(struct run_lane *lane)
{
    struct kafka_source_halt halt;
    if (!kafka_source_halted(lane->source, &halt)) {
        run_lane_tell_state(lane, RUN_LANE_HALTED, NULL);
        LOG(LOG_ERROR, "lane_halted", LOG_NUMBER("lane", lane->number));
        return;
    }
    char sentence[RUN_SENTENCE_LIMIT];
    if (halt.topic)
        snprintf(sentence, sizeof sentence, "%s partition %d from offset %lld: %s", halt.topic,
                 (int)halt.partition, (long long)halt.offset, kafka_halt_sentence(halt.kind));
    run_lane_tell_state(lane, RUN_LANE_HALTED,
                        halt.topic ? sentence : kafka_halt_sentence(halt.kind));
    LOG(LOG_ERROR, "lane_halted", LOG_NUMBER("lane", lane->number),
        LOG_SENTENCE("kind", kafka_halt_name(halt.kind)),
        LOG_NAME("topic", slice_from_string(halt.topic ? halt.topic : "")),
        LOG_NUMBER("partition", halt.topic ? halt.partition : -1),
        LOG_NUMBER("offset", halt.offset), LOG_SENTENCE("why", kafka_halt_sentence(halt.kind)));
}

/* One life of source and sink. */
static enum rc live(struct run_lane *lane, const struct generation **generation, enum lane_end *end)
{
    const struct run_shared *shared = lane->shared;
    const struct lane_observer observer = {.context = lane,
                                           .committed = on_committed,
                                           .undone = on_undone,
                                           .waiting = on_waiting,
                                           .changed = on_changed,
                                           .turned = on_turned};
    struct lane_options options = {
        .generation = generation,
        .generations = shared->generations,
        .source = lane->source,
        .sink = lane->sink,
        .following = shared->following,
        .observer = &observer,
        .paced = true,
        .only_recipient = -1,
        .has_quota = true,
        .stop = &shared->stop,
    };
    struct lane_counts *counts = calloc(1, sizeof *counts);
    if (!counts)
        return RC_NO_MEMORY;
    lane->seen->joined = false;
    LOG(LOG_INFO, "lane_running", LOG_NUMBER("lane", lane->number));
    enum rc rc = lane_run(&options, counts, end);
    free(counts);
    return rc;
}

/* Makes both ends and runs. *end says what comes next. */
static void attempt(struct run_lane *lane, enum lane_end *end)
{
    struct buffer reason;
    buffer_init(&reason, REASON_LIMIT);
    lane->attention = atomic_load(&lane->shared->attention);
    const struct generation *generation = generations_take(lane->shared->generations);
    enum rc rc =
        run_status_lane_began(lane->shared->status, lane->number, generation->configuration);
    *end = LANE_FAILED;
    if (rc == RC_OK)
        rc = open_sink(lane, generation, &reason);
    if (rc == RC_OK)
        rc = open_source(lane, &reason);
    if (rc == RC_OK)
        rc = live(lane, &generation, end);
    if (*end == LANE_HALTED_SOURCE && may_pass(lane, &reason))
        *end = LANE_FAILED;
    if (is_stopped(lane) && (rc == RC_OK || rc == RC_END))
        *end = LANE_ENDED;
    else if (*end == LANE_HALTED_SOURCE)
        report_halt(lane);
    else if (*end == LANE_FAILED)
        log_failure(lane, "lane_failed", rc, &reason);
    run_lane_tell_uncertainty(lane);
    close_both(lane);
    generation_let_go(lane->shared->generations, generation);
    buffer_release(&reason);
}

/* The events' topics are not subscribed before the table is ready. */
static void wait_for_consent(struct run_lane *lane)
{
    struct consent_hold hold = {0};
    while (!is_stopped(lane)) {
        if (consent_following_begin(lane->shared->following, CONSENT_WAIT, &hold)) {
            consent_following_end(lane->shared->following, &hold);
            return;
        }
        clock_sleep_ms(NAP);
    }
}

static void back_off(struct run_lane *lane)
{
    int64_t pause = BACK_OFF;
    for (uint64_t i = 1; i < lane->failures && pause < BACK_OFF_LIMIT; i++)
        pause *= 2;
    for (; pause > 0 && !is_stopped(lane); pause -= NAP)
        clock_sleep_ms(NAP);
}

static void handle_failure(struct run_lane *lane)
{
    struct run_shared *shared = lane->shared;
    if (++lane->failures > shared->configuration->stream.restarts) {
        LOG(LOG_ERROR, "lane_gave_up", LOG_NUMBER("lane", lane->number),
            LOG_NUMBER("failures", lane->failures));
        run_lane_tell_state(lane, RUN_LANE_STOPPED,
                            "it failed too often in a row: the process ends");
        atomic_store(&shared->failed, true);
        atomic_store(&shared->stop, true);
        return;
    }
    run_lane_tell_state(lane, RUN_LANE_RESTARTING, NULL);
    back_off(lane);
}

static void *lane_thread(void *context)
{
    struct run_lane *lane = context;
    while (!is_stopped(lane)) {
        enum lane_end end = LANE_ENDED;
        run_lane_tell_state(lane, RUN_LANE_STARTING, NULL);
        wait_for_consent(lane);
        if (is_stopped(lane))
            break;
        attempt(lane, &end);
        switch (end) {
        case LANE_ENDED:
            break;
        case LANE_FAILED:
            handle_failure(lane);
            break;
        case LANE_STALE:
            run_lane_tell_state(lane, RUN_LANE_WAITING, NULL);
            LOG(LOG_WARNING, "lane_left_for_consent", LOG_NUMBER("lane", lane->number));
            break;
        case LANE_HALTED_SHARE:
            run_lane_tell_state(
                lane, RUN_LANE_HALTED,
                "more of a minute's records are bad than quarantine.share allows: mend the "
                "schema and reload");
            LOG(LOG_ERROR, "lane_halted", LOG_NUMBER("lane", lane->number),
                LOG_SENTENCE("kind", "share"));
            wait_for_attention(lane);
            break;
        case LANE_HALTED_SOURCE:
            wait_for_attention(lane);
            break;
        }
    }
    if (!atomic_load(&lane->shared->failed))
        run_lane_tell_state(lane, RUN_LANE_STOPPED, NULL);
    atomic_fetch_sub(&lane->shared->running, 1);
    return NULL;
}

enum rc run_lane_start(struct run_lane *lane)
{
    lane->seen = calloc(1, sizeof *lane->seen);
    if (!lane->seen)
        return RC_NO_MEMORY;
    atomic_fetch_add(&lane->shared->running, 1);
    lane->started = pthread_create(&lane->thread, NULL, lane_thread, lane) == 0;
    if (lane->started)
        return RC_OK;
    atomic_fetch_sub(&lane->shared->running, 1);
    free(lane->seen);
    lane->seen = NULL;
    return RC_NO_MEMORY;
}

void run_lane_join(struct run_lane *lane)
{
    if (lane->started)
        pthread_join(lane->thread, NULL);
    free(lane->seen);
    lane->seen = NULL;
}
