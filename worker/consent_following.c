#include "worker/consent_following.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "worker/consent_following_inside.h"

enum { BARRIER_DEFAULT = 5000, STALL_DEFAULT = 30000 };

bool consent_following_wait(struct consent_following *following, int64_t until)
{
    struct timespec time = {until / 1000, until % 1000 * 1000000};
    return pthread_cond_timedwait(&following->changed, &following->mutex, &time) != ETIMEDOUT;
}

static void make_locks(struct consent_following *following)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&following->mutex, NULL);
    pthread_cond_init(&following->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void discard(struct consent_following *following)
{
    pthread_cond_destroy(&following->changed);
    pthread_mutex_destroy(&following->mutex);
    buffer_release(&following->reason);
    free(following);
}

/* Signals belong to the thread that waits for them. */
static enum rc start_thread(struct consent_following *following)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&following->thread, NULL, consent_following_run, following);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    following->has_thread = error == 0;
    return error ? rc_from_errno(error) : RC_OK;
}

/* Without a topic there is nothing to follow: the table is what it is. */
static enum rc read_once(struct consent_following *following, struct buffer *reason)
{
    enum rc rc = consent_generation_new(&following->options, 1, &following->current, reason);
    if (rc != RC_OK)
        return rc;
    following->current->references = 1;
    following->generations = 1;
    following->loaded = following->ever_loaded = true;
    following->loaded_at = clock_monotonic_ms();
    return RC_OK;
}

enum rc consent_following_start(const struct consent_following_options *options,
                                struct consent_following **out, struct buffer *reason)
{
    *out = NULL;
    struct consent_following *following = calloc(1, sizeof *following);
    if (!following)
        return RC_NO_MEMORY;
    following->options = *options;
    if (following->options.barrier <= 0)
        following->options.barrier = BARRIER_DEFAULT;
    if (following->options.stall <= 0)
        following->options.stall = STALL_DEFAULT;
    following->started = clock_monotonic_ms();
    buffer_init(&following->reason, CONSENT_REASON_LIMIT);
    make_locks(following);
    enum rc rc = options->topic ? start_thread(following) : read_once(following, reason);
    if (rc != RC_OK) {
        if (reason->length == 0)
            buffer_append_string(reason, rc_sentence(rc));
        discard(following);
        return rc;
    }
    *out = following;
    return RC_OK;
}

void consent_following_stop(struct consent_following *following)
{
    if (!following)
        return;
    pthread_mutex_lock(&following->mutex);
    atomic_store(&following->stopping, true);
    pthread_cond_broadcast(&following->changed);
    while (following->inside > 0)
        pthread_cond_wait(&following->changed, &following->mutex);
    pthread_mutex_unlock(&following->mutex);
    if (following->has_thread)
        pthread_join(following->thread, NULL);
    consent_generation_free(following->current);
    discard(following);
}

static void enter(struct consent_following *following)
{
    pthread_mutex_lock(&following->mutex);
    following->inside++;
}

static void leave(struct consent_following *following)
{
    if (--following->inside == 0 && atomic_load(&following->stopping))
        pthread_cond_broadcast(&following->changed);
    pthread_mutex_unlock(&following->mutex);
}

/* A generation that a barrier may wait for; with a reference. With the mutex held. */
static struct consent_generation *await_generation(struct consent_following *following,
                                                   int64_t until)
{
    while (!atomic_load(&following->stopping)) {
        if (following->current && following->loaded) {
            following->current->references++;
            return following->current;
        }
        if (!consent_following_wait(following, until))
            return NULL;
    }
    return NULL;
}

static void release(struct consent_following *following, struct consent_generation *generation)
{
    generation->references--;
    if (generation != following->current)
        pthread_cond_broadcast(&following->changed); /* the thread frees it */
}

static bool is_open(const struct consent_following *following,
                    const struct consent_generation *generation)
{
    return generation == following->current && !atomic_load(&following->stopping);
}

static bool is_passed(const struct consent_generation *generation, const int64_t *targets)
{
    /* What the records say is looked at after they have been seen to be there. */
    return (!generation->topic || compacted_topic_reached(generation->topic, targets)) &&
           consent_table_block(generation->table) == CONSENT_BLOCK_NONE;
}

/* With the mutex held; waits for the generation to pass the targets. */
static bool await_targets(struct consent_following *following,
                          const struct consent_generation *generation, const int64_t *targets,
                          int64_t until)
{
    while (is_open(following, generation)) {
        if (is_passed(generation, targets))
            return true;
        if (!consent_following_wait(following, until))
            return is_open(following, generation) && is_passed(generation, targets);
    }
    return false;
}

/* The hold's offsets are the targets until they are the positions. */
static enum rc ask_targets(const struct consent_generation *generation, struct consent_hold *hold,
                           int64_t until)
{
    if (!generation->topic)
        return RC_OK;
    int64_t left = until - clock_monotonic_ms();
    hold->offsets = calloc((size_t)generation->partition_count, sizeof *hold->offsets);
    if (!hold->offsets)
        return RC_NO_MEMORY;
    enum rc rc = compacted_topic_targets(generation->topic, hold->offsets, left > 1 ? left : 1);
    for (int32_t i = 0; rc == RC_OK && i < generation->partition_count; i++)
        atomic_store(&generation->ends[i], hold->offsets[i]);
    return rc;
}

static void fill(struct consent_generation *generation, struct consent_hold *hold)
{
    struct consent_counts counts;
    consent_table_counts(generation->table, &counts);
    hold->table = generation->table;
    hold->generation = generation->number;
    hold->of = generation;
    hold->position.messages = counts.messages;
    if (!generation->topic)
        return;
    for (int32_t i = 0; i < generation->partition_count; i++)
        hold->offsets[i] = compacted_topic_position(generation->topic, i);
    hold->position.offsets = hold->offsets;
    hold->position.partition_count = (size_t)generation->partition_count;
    hold->examination = compacted_topic_suspect(generation->topic);
}

/* One barrier, by one table. With the mutex held, but while the brokers are asked. */
static bool try_to_pass(struct consent_following *following, struct consent_generation *generation,
                        int64_t until, struct consent_hold *hold)
{
    int64_t asked_at = clock_monotonic_ms();
    pthread_mutex_unlock(&following->mutex);
    enum rc rc = ask_targets(generation, hold, until);
    pthread_mutex_lock(&following->mutex);
    if (rc == RC_OK && await_targets(following, generation, hold->offsets, until)) {
        if (asked_at > following->known_at)
            following->known_at = asked_at;
        fill(generation, hold);
        return true;
    }
    free(hold->offsets);
    *hold = (struct consent_hold){0};
    release(following, generation);
    if (rc != RC_OK && is_open(following, generation)) /* not at once again */
        (void)consent_following_wait(following, until);
    return false;
}

bool consent_following_begin(struct consent_following *following, int64_t wait,
                             struct consent_hold *hold)
{
    int64_t began = clock_monotonic_ns();
    int64_t until = began / 1000000 + wait;
    bool passed = false;
    *hold = (struct consent_hold){0};
    enter(following);
    do {
        struct consent_generation *generation = await_generation(following, until);
        passed = generation && try_to_pass(following, generation, until, hold);
    } while (!passed && !atomic_load(&following->stopping) && clock_monotonic_ms() < until);
    following->barriers++;
    following->barriers_failed += !passed;
    if (passed)
        following->barrier_ns += (uint64_t)(clock_monotonic_ns() - began);
    leave(following);
    return passed;
}

static bool is_examined(const struct consent_hold *hold)
{
    return !hold->of->topic || compacted_topic_examined(hold->of->topic, hold->examination);
}

bool consent_following_holds(struct consent_following *following, const struct consent_hold *hold)
{
    bool holds = false;
    bool in_time = true;
    if (!hold->of)
        return false;
    enter(following);
    int64_t until = clock_monotonic_ms() + following->options.barrier;
    while (is_open(following, hold->of) && consent_table_block(hold->table) == CONSENT_BLOCK_NONE) {
        holds = is_examined(hold);
        if (holds || !in_time)
            break;
        in_time = consent_following_wait(following, until);
    }
    leave(following);
    return holds;
}

void consent_following_end(struct consent_following *following, struct consent_hold *hold)
{
    if (hold->of) {
        pthread_mutex_lock(&following->mutex);
        release(following, hold->of);
        pthread_mutex_unlock(&following->mutex);
    }
    free(hold->offsets);
    *hold = (struct consent_hold){0};
}
