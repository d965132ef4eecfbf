/* The wake-up of the prefetch, and what other threads may know. */
#include <stdlib.h>

#include "core/clock.h"
#include "ingest/kafka_source_state.h"

enum {
    WAKE_UP_AFTER = 500, /* messages, or bytes: long before a queue of either is empty */
    WAKE_UP_AFTER_BYTES = 1024 * 1024,
    WAKE_UP_TIME = 100,       /* ms that it may take */
    PUBLISH_AFTER = 256,      /* messages between two looks at the clock */
    NANOSECONDS = 1000000,    /* of a millisecond */
    PUBLISH_EVERY = 500,      /* ms */
    PAUSE_AFTER_ERROR = 5000, /* ms */
};

/* Any request wakes a leader's thread; this one goes to every leader of ours. */
static void ask_leaders(struct kafka_source *source)
{
    rd_kafka_topic_partition_list_t *list = kafka_source_list(source);
    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = RD_KAFKA_OFFSET_END;
    if (rd_kafka_offsets_for_times(source->handle, list, WAKE_UP_TIME))
        source->no_wake_up_before = clock_monotonic_ns() + (int64_t)PAUSE_AFTER_ERROR * NANOSECONDS;
    rd_kafka_topic_partition_list_destroy(list);
    source->counts.wake_ups++;
}

/* The ends that librdkafka last heard of, with a fetch. */
static void refresh_ends(struct kafka_source *source)
{
    struct position_cursor cursor = {0};
    struct position *position;
    size_t topic;
    while ((position = position_next(&source->positions, &cursor, &topic))) {
        int64_t low, high;
        if (position->held &&
            rd_kafka_get_watermark_offsets(source->handle, source->topics[topic],
                                           position->partition, &low, &high) == 0 &&
            high >= 0)
            position->end = high > position->at ? high : position->at;
    }
}

/* Is more there than what is queued here? Where not, the fetch is waiting at the broker for what
 * comes, and a request would wait behind it. */
static bool is_more_to_fetch(struct kafka_source *source, size_t queued)
{
    struct position_cursor cursor = {0};
    const struct position *position;
    size_t topic;
    uint64_t waiting = 0;
    refresh_ends(source);
    while ((position = position_next(&source->positions, &cursor, &topic))) {
        if (position->held && position->end > position->at)
            waiting += (uint64_t)(position->end - position->at);
    }
    return waiting > queued;
}

void kafka_lag_wake_up(struct kafka_source *source, size_t bytes)
{
    if (++source->since_publication >= PUBLISH_AFTER)
        kafka_lag_publish(source, false);
    source->bytes_since_wake_up += bytes;
    if (++source->since_wake_up < WAKE_UP_AFTER &&
        source->bytes_since_wake_up < WAKE_UP_AFTER_BYTES)
        return;
    source->since_wake_up = 0;
    source->bytes_since_wake_up = 0;
    size_t queued = rd_kafka_queue_length(source->queue);
    if (queued >= source->prefetch / 2 || clock_monotonic_ns() < source->no_wake_up_before ||
        !is_more_to_fetch(source, queued))
        return;
    ask_leaders(source);
}

static bool make_room(struct kafka_source *source, size_t count)
{
    if (count <= source->published.capacity)
        return true;
    struct kafka_partition_report *partitions =
        realloc(source->published.partitions, count * sizeof *partitions);
    if (!partitions)
        return false;
    source->published.partitions = partitions;
    source->published.capacity = count;
    return true;
}

static void publish_partitions(struct kafka_source *source)
{
    struct position_cursor cursor = {0};
    struct position *position;
    size_t topic, count = 0;
    while ((position = position_next(&source->positions, &cursor, &topic)) &&
           count < source->published.capacity) {
        source->published.partitions[count++] = (struct kafka_partition_report){
            .topic = (uint32_t)topic,
            .partition = position->partition,
            .held = position->held,
            .position = position->at,
            .end = position->end,
            .poison = position->poison,
            .poison_offset = position->poison_offset,
            .poison_length = position->poison_length,
        };
    }
    source->published.count = count;
}

void kafka_lag_publish(struct kafka_source *source, bool now)
{
    source->since_publication = 0;
    int64_t time = clock_monotonic_ns();
    if (!now && time - source->published_at < (int64_t)PUBLISH_EVERY * NANOSECONDS)
        return;
    source->published_at = time;
    refresh_ends(source);
    pthread_mutex_lock(&source->mutex);
    source->published.counts = source->counts;
    source->published.counts.transport_errors += atomic_load(&source->client->disturbances);
    source->published.halt = source->halt;
    if (make_room(source, source->positions.known))
        publish_partitions(source);
    source->published.counts.partitions = source->published.count;
    pthread_mutex_unlock(&source->mutex);
}

size_t kafka_source_report(struct source *head, struct kafka_source_counts *counts,
                           struct kafka_partition_report *partitions, size_t capacity)
{
    struct kafka_source *source = (struct kafka_source *)head;
    pthread_mutex_lock(&source->mutex);
    if (counts)
        *counts = source->published.counts;
    size_t count = source->published.count < capacity ? source->published.count : capacity;
    if (count > 0)
        memcpy(partitions, source->published.partitions, count * sizeof *partitions);
    pthread_mutex_unlock(&source->mutex);
    return count;
}

bool kafka_source_halted(struct source *head, struct kafka_source_halt *out)
{
    struct kafka_source *source = (struct kafka_source *)head;
    pthread_mutex_lock(&source->mutex);
    *out = source->published.halt;
    pthread_mutex_unlock(&source->mutex);
    return out->kind != KAFKA_HALT_NONE;
}
