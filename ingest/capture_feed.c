#include "ingest/capture_feed.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"

/* More would only fill memory; and a line of 4 GiB or more is no JSON text to the scanner. */
enum { LANES_MOST = 1024 };
static const size_t LINE_LIMIT_MOST = UINT32_MAX - 1;

static char *copy_slice(struct slice text)
{
    char *copy = malloc(text.length + 1);
    if (copy && text.length > 0)
        memcpy(copy, text.data, text.length);
    return copy;
}

static enum rc set_up(struct capture_feed *feed, const struct capture_options *options)
{
    enum rc rc =
        capture_lines_init(&feed->lines, options->files, options->file_count, options->line_limit);
    if (rc)
        return rc;
    char *topic = copy_slice(options->topic);
    feed->topic = slice_of(topic, options->topic.length);
    feed->lanes = calloc(options->lanes, sizeof *feed->lanes);
    if (!topic || !feed->lanes)
        return RC_NO_MEMORY;
    feed->lane_count = options->lanes;
    for (unsigned i = 0; i < feed->lane_count; i++) {
        struct capture_lane *lane = &feed->lanes[i];
        capture_block_init(&lane->blocks[0], options->line_limit);
        capture_block_init(&lane->blocks[1], options->line_limit);
        lane->spare = &lane->blocks[0];
    }
    return RC_OK;
}

static enum rc init_locks(struct capture_feed *feed)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes))
        return RC_NO_MEMORY;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&feed->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (failed)
        return RC_NO_MEMORY;
    if (pthread_mutex_init(&feed->mutex, NULL)) {
        pthread_cond_destroy(&feed->changed);
        return RC_NO_MEMORY;
    }
    return RC_OK;
}

/* Sizes add up to a total only where every file has one. */
static enum rc check_files(const struct capture_options *options, uint64_t *total, size_t *failed)
{
    bool known = true;
    *total = 0;
    for (size_t i = 0; i < options->file_count; i++) {
        uint64_t size;
        bool has_size;
        enum rc rc = capture_file_check(options->files[i], &has_size, &size);
        if (rc) {
            *failed = i;
            return rc;
        }
        known = known && has_size;
        *total += size;
    }
    if (!known)
        *total = 0;
    return RC_OK;
}

enum rc capture_feed_new(const struct capture_options *options, struct capture_feed **out,
                         size_t *failed)
{
    uint64_t total;
    *out = NULL;
    *failed = 0;
    if (options->lanes == 0 || options->lanes > LANES_MOST || options->line_limit > LINE_LIMIT_MOST)
        return RC_LIMIT;
    enum rc rc = check_files(options, &total, failed);
    if (rc)
        return rc;
    struct capture_feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return RC_NO_MEMORY;
    rc = init_locks(feed);
    if (rc) {
        free(feed);
        return rc;
    }
    feed->time = options->time;
    feed->depth_limit = options->depth_limit;
    feed->speed = options->speed;
    feed->total = total;
    rc = set_up(feed, options);
    if (rc) {
        capture_feed_free(feed);
        return rc;
    }
    *out = feed;
    return RC_OK;
}

void capture_feed_free(struct capture_feed *feed)
{
    if (!feed)
        return;
    for (unsigned i = 0; i < feed->lane_count; i++) {
        buffer_release(&feed->lanes[i].blocks[0].text);
        buffer_release(&feed->lanes[i].blocks[1].text);
    }
    free(feed->lanes);
    free((char *)feed->topic.data);
    capture_lines_release(&feed->lines);
    pthread_mutex_destroy(&feed->mutex);
    pthread_cond_destroy(&feed->changed);
    free(feed);
}

void capture_feed_progress(struct capture_feed *feed, uint64_t *read, uint64_t *total)
{
    *read = atomic_load_explicit(&feed->lines.read, memory_order_relaxed);
    *total = feed->total;
}

size_t capture_feed_reports(struct capture_feed *feed, const struct capture_report **out)
{
    *out = feed->lines.reports;
    return feed->lines.count;
}

/* Reads the next block for the lane whose it is; the mutex is held, but not while reading. */
static void read_block(struct capture_feed *feed, struct capture_lane *owner)
{
    feed->reading = true;
    pthread_mutex_unlock(&feed->mutex);
    enum rc rc = capture_lines_next(&feed->lines, owner->spare);
    pthread_mutex_lock(&feed->mutex);
    feed->reading = false;
    feed->next_block++;
    if (rc == RC_END) {
        feed->ended = true;
    } else if (rc) {
        feed->failure = rc;
    } else if (!owner->closed) {
        owner->waiting = owner->spare;
        owner->spare = NULL;
        owner->has_waiting = true;
    }
    pthread_cond_broadcast(&feed->changed);
}

static struct timespec instant_after(int64_t milliseconds)
{
    struct timespec instant;
    clock_gettime(CLOCK_MONOTONIC, &instant);
    instant.tv_sec += (time_t)(milliseconds / 1000);
    instant.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (instant.tv_nsec >= 1000000000) {
        instant.tv_nsec -= 1000000000;
        instant.tv_sec++;
    }
    return instant;
}

/* Waits for the lane's next block, or reads it. The mutex is held. */
static enum rc await_block(struct capture_feed *feed, struct capture_lane *lane, int64_t wait)
{
    struct timespec until = instant_after(wait <= 0 ? 0 : wait < TIME_DAY ? wait : TIME_DAY);
    for (;;) {
        if (feed->failure)
            return feed->failure;
        if (lane->has_waiting)
            return RC_OK;
        if (feed->ended)
            return RC_END;
        struct capture_lane *owner = &feed->lanes[feed->next_block % feed->lane_count];
        if (!feed->reading && owner->spare) {
            read_block(feed, owner);
            continue;
        }
        if (pthread_cond_timedwait(&feed->changed, &feed->mutex, &until) == ETIMEDOUT)
            return lane->has_waiting ? RC_OK : RC_NOT_FOUND;
    }
}

enum rc capture_feed_take(struct capture_feed *feed, unsigned lane_number,
                          struct capture_block *used, int64_t wait, struct capture_block **out)
{
    struct capture_lane *lane = &feed->lanes[lane_number];
    *out = NULL;
    pthread_mutex_lock(&feed->mutex);
    enum rc rc = await_block(feed, lane, wait);
    if (rc == RC_OK) {
        *out = lane->waiting;
        lane->has_waiting = false;
        lane->spare = used ? used : &lane->blocks[1];
        pthread_cond_broadcast(&feed->changed);
    }
    pthread_mutex_unlock(&feed->mutex);
    return rc;
}

void capture_feed_leave(struct capture_feed *feed, unsigned lane_number, struct capture_block *used)
{
    struct capture_lane *lane = &feed->lanes[lane_number];
    pthread_mutex_lock(&feed->mutex);
    lane->closed = true;
    if (lane->has_waiting && !lane->spare)
        lane->spare = lane->waiting;
    if (used && !lane->spare)
        lane->spare = used;
    lane->has_waiting = false;
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->mutex);
}

int64_t capture_feed_delay(struct capture_feed *feed, int64_t time)
{
    if (!(feed->speed > 0) || time == TIME_NONE)
        return 0;
    int64_t now = clock_monotonic_ns();
    pthread_mutex_lock(&feed->mutex);
    if (feed->first_instant == 0) {
        feed->first_instant = now;
        feed->first_time = time;
    }
    double due = ((double)time - (double)feed->first_time) * 1e6 / feed->speed;
    double delay = due - (double)(now - feed->first_instant);
    pthread_mutex_unlock(&feed->mutex);
    return delay <= 0 ? 0 : delay > 1e15 ? INT64_C(1000000000000000) : (int64_t)delay;
}
