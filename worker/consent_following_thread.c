/* The thread of consent_following.h: the table's only writer. */
#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "worker/consent_following_inside.h"

enum {
    POLL_WAIT = 20,      /* milliseconds */
    ASK_LOADING = 20,    /* between questions for the watermarks, until the first is reached */
    ASK_FOLLOWING = 200, /* afterwards; lanes ask for themselves */
    ASK_TIMEOUT = 1000,  /* for an answer */
    LATE = 1000,         /* after so long the reason is looked for */
    PAUSE_FIRST = 100,   /* between attempts to read the topic anew; doubled */
    PAUSE_MOST = 10000,
};

/* What this thread knows of the reading that it is at. */
struct reading {
    struct consent_following *following;
    struct consent_generation *generation;
    int64_t *targets;
    bool asked; /* the targets have not been reached yet */
    int64_t asked_at, next_ask;
    int64_t moved_at;  /* when a position last moved, or could not */
    int64_t next_look; /* for what holds the reading up */
    bool blocked;
    bool loaded;
};

static bool is_stopping(struct consent_following *following)
{
    return atomic_load(&following->stopping);
}

/* Frees broken tables that nobody holds any more. */
static void reap(struct consent_following *following)
{
    struct consent_generation *dead = NULL;
    pthread_mutex_lock(&following->mutex);
    struct consent_generation **at = &following->retired;
    while (*at) {
        struct consent_generation *generation = *at;
        if (generation->references > 0) {
            at = &generation->next_retired;
            continue;
        }
        *at = generation->next_retired;
        generation->next_retired = dead;
        dead = generation;
    }
    pthread_mutex_unlock(&following->mutex);
    while (dead) {
        struct consent_generation *next = dead->next_retired;
        consent_generation_free(dead);
        dead = next;
    }
}

static void note_passed(struct reading *reading)
{
    struct consent_following *following = reading->following;
    int64_t now = clock_monotonic_ms();
    reading->asked = false;
    reading->next_ask = reading->asked_at + ASK_FOLLOWING;
    pthread_mutex_lock(&following->mutex);
    if (reading->asked_at > following->known_at)
        following->known_at = reading->asked_at;
    following->held_back = false;
    following->loaded = true;
    if (!following->ever_loaded)
        following->loaded_at = now;
    following->ever_loaded = true;
    pthread_cond_broadcast(&following->changed);
    pthread_mutex_unlock(&following->mutex);
    if (reading->loaded)
        return;
    reading->loaded = true;
    struct consent_counts counts;
    consent_table_counts(reading->generation->table, &counts);
    LOG(LOG_INFO, "consent_loaded", LOG_NAME("topic", slice_from_string(following->options.topic)),
        LOG_NUMBER("messages", counts.messages), LOG_NUMBER("subjects", counts.subjects),
        LOG_NUMBER("milliseconds", now - following->started));
}

static void ask(struct reading *reading)
{
    struct consent_following *following = reading->following;
    struct consent_generation *generation = reading->generation;
    int64_t now = clock_monotonic_ms();
    enum rc rc = compacted_topic_targets(generation->topic, reading->targets, ASK_TIMEOUT);
    reading->asked = rc == RC_OK;
    reading->asked_at = now;
    reading->next_ask = now + ASK_LOADING;
    for (int32_t i = 0; rc == RC_OK && i < generation->partition_count; i++)
        atomic_store(&generation->ends[i], reading->targets[i]);
    pthread_mutex_lock(&following->mutex);
    following->unreachable = rc == RC_IO;
    pthread_mutex_unlock(&following->mutex);
}

static bool is_behind(const struct reading *reading, const int64_t *ends)
{
    for (int32_t i = 0; i < reading->generation->partition_count; i++) {
        if (compacted_topic_position(reading->generation->topic, i) < ends[i])
            return true;
    }
    return false;
}

/*
 * Why are the targets not reached? An open transaction holds everything back that was written after
 * its beginning, and nothing but its end helps; brokers that say nothing, nothing but theirs. What
 * is neither is a client that does not read what it could. True where that lasts too long.
 */
static bool is_stalled(struct reading *reading, int64_t now)
{
    struct consent_following *following = reading->following;
    struct compacted_topic *topic = reading->generation->topic;
    bool held_back = false;
    reading->next_look = now + LATE;
    if (is_behind(reading, reading->targets)) {
        int64_t ends[COMPACTED_PARTITION_LIMIT];
        enum rc rc = compacted_topic_stable_ends(topic, ends, ASK_TIMEOUT);
        held_back = rc == RC_OK && !is_behind(reading, ends);
        if (rc != RC_OK || held_back)
            reading->moved_at = now;
    } else {
        reading->moved_at = now; /* only an examination is waited for, which ends by itself */
    }
    pthread_mutex_lock(&following->mutex);
    following->held_back = held_back;
    pthread_mutex_unlock(&following->mutex);
    return now - reading->moved_at >= following->options.stall;
}

/* Something came: whoever waits looks again. */
static void tell(struct reading *reading)
{
    struct consent_following *following = reading->following;
    enum consent_block block = consent_table_block(reading->generation->table);
    bool begins = block != CONSENT_BLOCK_NONE && !reading->blocked;
    bool ends = block == CONSENT_BLOCK_NONE && reading->blocked;
    reading->blocked = block != CONSENT_BLOCK_NONE;
    pthread_mutex_lock(&following->mutex);
    following->blocks += begins;
    pthread_cond_broadcast(&following->changed);
    pthread_mutex_unlock(&following->mutex);
    if (begins)
        LOG(LOG_ERROR, "consent_blocked", LOG_SENTENCE("reason", consent_block_sentence(block)));
    if (ends)
        LOG(LOG_INFO, "consent_unblocked",
            LOG_NAME("topic", slice_from_string(following->options.topic)));
}

/* Whether the reading goes on. */
static bool step(struct reading *reading)
{
    struct consent_following *following = reading->following;
    struct compacted_topic *topic = reading->generation->topic;
    enum topic_state state = compacted_topic_poll(topic, POLL_WAIT);
    int64_t now = clock_monotonic_ms();
    if (state == TOPIC_BROKEN)
        return false;
    if (state == TOPIC_OK) {
        reading->moved_at = now;
        tell(reading);
    }
    if (!reading->asked && now >= reading->next_ask)
        ask(reading);
    if (reading->asked && compacted_topic_reached(topic, reading->targets))
        note_passed(reading);
    else if (reading->asked && now - reading->asked_at >= LATE && now >= reading->next_look)
        return !is_stalled(reading, now);
    reap(following);
    return true;
}

/* Until the topic breaks, nothing comes any more, or the following ends. Whether it was loaded. */
static bool follow(struct consent_following *following, struct consent_generation *generation)
{
    struct reading reading = {.following = following, .generation = generation};
    reading.moved_at = clock_monotonic_ms();
    reading.targets = calloc((size_t)generation->partition_count, sizeof *reading.targets);
    if (reading.targets) {
        while (!is_stopping(following) && step(&reading))
            continue;
    }
    free(reading.targets);
    return reading.loaded;
}

static void retire(struct consent_following *following, struct consent_generation *generation)
{
    enum topic_fault fault = compacted_topic_fault(generation->topic);
    pthread_mutex_lock(&following->mutex);
    following->current = NULL;
    following->loaded = false;
    following->held_back = false;
    generation->references--;
    generation->next_retired = following->retired;
    following->retired = generation;
    following->fault = fault;
    if (!is_stopping(following)) {
        following->rebuilds++;
        if (fault == TOPIC_FAULT_NONE)
            following->stalls++;
        else
            following->faults[fault]++;
    }
    pthread_cond_broadcast(&following->changed);
    pthread_mutex_unlock(&following->mutex);
    if (!is_stopping(following))
        LOG(LOG_WARNING, "consent_rebuild",
            LOG_NAME("topic", slice_from_string(following->options.topic)),
            LOG_NAME("fault", slice_from_string(fault ? topic_fault_name(fault) : "stall")));
}

/* Makes the next table and begins to read into it; NULL where that does not go. */
static struct consent_generation *open_next(struct consent_following *following)
{
    struct consent_generation *generation;
    struct buffer reason;
    buffer_init(&reason, CONSENT_REASON_LIMIT);
    enum rc rc = consent_generation_new(&following->options, following->generations + 1,
                                        &generation, &reason);
    pthread_mutex_lock(&following->mutex);
    buffer_reset(&following->reason);
    following->unreachable = rc == RC_IO;
    if (rc != RC_OK) {
        buffer_append(&following->reason, buffer_slice(&reason));
    } else {
        generation->references = 1;
        following->generations++;
        following->current = generation;
    }
    pthread_mutex_unlock(&following->mutex);
    buffer_release(&reason);
    if (rc != RC_OK)
        LOG(LOG_WARNING, "consent_unreadable",
            LOG_NAME("topic", slice_from_string(following->options.topic)),
            LOG_NAME("reason", slice_from_string(rc_name(rc))));
    return rc == RC_OK ? generation : NULL;
}

static void pause_for(struct consent_following *following, int64_t milliseconds)
{
    int64_t until = clock_monotonic_ms() + milliseconds;
    pthread_mutex_lock(&following->mutex);
    while (!is_stopping(following) && consent_following_wait(following, until))
        continue;
    pthread_mutex_unlock(&following->mutex);
}

void *consent_following_run(void *argument)
{
    struct consent_following *following = argument;
    int64_t pause = PAUSE_FIRST;
    while (!is_stopping(following)) {
        struct consent_generation *generation = open_next(following);
        bool loaded = generation && follow(following, generation);
        if (generation)
            retire(following, generation);
        reap(following);
        if (loaded)
            pause = PAUSE_FIRST;
        pause_for(following, pause);
        pause = pause * 2 < PAUSE_MOST ? pause * 2 : PAUSE_MOST;
    }
    reap(following);
    return NULL;
}
