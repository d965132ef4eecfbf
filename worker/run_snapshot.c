#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "worker/run_status_state.h"

enum { SNAPSHOT_LIMIT = 64 * 1024 * 1024 };

const int64_t run_latency_bounds[RUN_LATENCY_COUNT] = {10,   20,   50,   100,   200,  500,
                                                       1000, 2000, 5000, 10000, 30000};

/* The second number of /proc/self/statm, in pages (proc(5)). */
static int64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return -1;
    long long size = 0, resident = 0;
    int found = fscanf(file, "%lld %lld", &size, &resident);
    fclose(file);
    return found == 2 ? (int64_t)resident * (int64_t)sysconf(_SC_PAGESIZE) : -1;
}

static int64_t cpu_ns(void)
{
    struct timespec used;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
        return -1;
    return (int64_t)used.tv_sec * INT64_C(1000000000) + used.tv_nsec;
}

static void *copy_array(struct arena *arena, const void *from, size_t count, size_t size)
{
    void *to = arena_allocate(arena, count, size);
    if (to && count > 0)
        memcpy(to, from, count * size);
    return to;
}

static bool take_options(const struct run_status *status, struct run_snapshot *out)
{
    out->now = clock_now(&status->clock);
    out->started = status->started;
    out->version = status->version;
    out->group = arena_copy(&out->arena, status->group);
    out->instance = arena_copy(&out->arena, status->instance);
    out->consent_topic = arena_copy(&out->arena, status->consent_topic);
    bool good = out->group.data && out->instance.data && out->consent_topic.data;
    out->topic_count = status->topic_count;
    for (size_t i = 0; good && i < status->topic_count; i++) {
        out->topics[i] = arena_copy(&out->arena, status->topics[i]);
        good = out->topics[i].data != NULL;
    }
    return good;
}

static void take_process(const struct run_status *status, struct run_snapshot *out)
{
    /* Memory of ours, as large as the limit: the buffer neither allocates nor is released. */
    struct buffer why = {.data = out->not_ready,
                         .capacity = sizeof out->not_ready,
                         .limit = sizeof out->not_ready - 1};
    out->ready = run_status_reason(status, &why);
    out->not_ready[why.length] = '\0';
    out->generation = status->ended->names.generation;
    out->reloads = status->reloads;
    out->reloads_refused = status->reloads_refused;
    memcpy(out->reload_refused, status->reload_refused, sizeof out->reload_refused);
    out->keys_ahead = status->keys_ahead;
    out->key_count = status->key_count;
    out->keys_locked = status->keys_locked;
    out->consent = status->consent;
    memcpy(out->consent_sentence, status->consent_sentence, sizeof out->consent_sentence);
    out->consent_partition_count = status->consent_partition_count;
    out->consent_partitions_unlisted = status->consent_partitions_unlisted;
}

/* Everything that was ever counted, by the newest names. */
static bool take_totals(struct run_status *status, struct run_snapshot *out)
{
    struct run_totals *sum = ARENA_NEW(&out->arena, struct run_totals);
    out->names = run_names_copy(&out->arena, &status->ended->names);
    if (!sum || !out->names)
        return false;
    sum->names = *out->names;
    sum->counts = status->ended->counts;
    memcpy(sum->delivered, status->ended->delivered, sizeof sum->delivered);
    sum->transactions = status->ended->transactions;
    sum->client = status->ended->client;
    for (size_t i = 0; i < status->lane_count; i++) {
        if (status->lanes[i].current)
            run_totals_add(sum, status->lanes[i].current, status->scratch);
    }
    out->counts = &sum->counts;
    memcpy(out->delivered, sum->delivered, sizeof out->delivered);
    out->transactions = sum->transactions;
    out->client = sum->client;
    return true;
}

static void view_lane(const struct run_lane *lane, struct run_lane_view *view)
{
    *view = (struct run_lane_view){.state = lane->state,
                                   .restarts = lane->restarts,
                                   .batches = lane->ended_batches,
                                   .records = lane->ended_records,
                                   .aborted = lane->aborted,
                                   .committed_at = lane->committed_at,
                                   .partition_count = lane->partition_count,
                                   .partitions_unlisted = lane->partitions_unlisted};
    run_sentence_set(view->sentence,
                     lane->sentence[0] ? lane->sentence : run_lane_state_sentence(lane->state));
    if (lane->current) {
        view->batches += lane->current->counts.batches;
        view->records += lane->current->counts.records;
        for (size_t i = RUN_COMMITTED + 1; i < RUN_OUTCOME_COUNT; i++)
            view->aborted += lane->current->transactions.by_outcome[i];
    }
}

static bool take_lanes(const struct run_status *status, struct run_snapshot *out)
{
    size_t room = RUN_PARTITION_LIMIT;
    out->lane_count = status->lane_count;
    out->lanes = ARENA_ARRAY(&out->arena, status->lane_count, struct run_lane_view);
    for (size_t i = 0; out->lanes && i < status->lane_count; i++) {
        const struct run_lane *lane = &status->lanes[i];
        struct run_lane_view *view = &out->lanes[i];
        view_lane(lane, view);
        if (view->partition_count > room) {
            view->partitions_unlisted += view->partition_count - room;
            view->partition_count = room;
        }
        room -= view->partition_count;
        view->partitions = copy_array(&out->arena, lane->partitions, view->partition_count,
                                      sizeof *lane->partitions);
        if (!view->partitions)
            return false;
    }
    return out->lanes != NULL;
}

static bool take_poison(const struct run_status *status, struct run_snapshot *out)
{
    out->poison_count = status->poison_count;
    out->poison = ARENA_ARRAY(&out->arena, status->poison_count, struct run_poison);
    for (size_t i = 0; out->poison && i < status->poison_count; i++)
        out->poison[i] = status->poison[i].shown;
    return out->poison != NULL;
}

enum rc run_snapshot_take(struct run_status *status, struct run_snapshot *out)
{
    *out = (struct run_snapshot){0};
    arena_init(&out->arena, SNAPSHOT_LIMIT);
    pthread_mutex_lock(&status->mutex);
    take_process(status, out);
    out->consent_partitions =
        copy_array(&out->arena, status->consent_partitions, status->consent_partition_count,
                   sizeof *status->consent_partitions);
    bool good = out->consent_partitions && take_options(status, out) && take_totals(status, out) &&
                take_lanes(status, out) && take_poison(status, out);
    pthread_mutex_unlock(&status->mutex);
    out->resident_bytes = resident_bytes();
    out->cpu_ns = cpu_ns();
    if (!good)
        run_snapshot_release(out);
    return good ? RC_OK : RC_NO_MEMORY;
}

void run_snapshot_release(struct run_snapshot *snapshot)
{
    arena_release(&snapshot->arena);
    *snapshot = (struct run_snapshot){0};
}
