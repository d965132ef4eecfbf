/* What is told of consent_following.h: states, sentences, counts. */
#include "core/clock.h"
#include "worker/consent_following_inside.h"

static const char *const state_names[CONSENT_FOLLOWING_STATE_COUNT] = {
    [CONSENT_LOADING] = "loading",       [CONSENT_FRESH] = "fresh",
    [CONSENT_STALE] = "stale",           [CONSENT_BLOCKED] = "blocked",
    [CONSENT_REBUILDING] = "rebuilding", [CONSENT_UNREACHABLE] = "unreachable",
};

const char *consent_following_state_name(enum consent_following_state state)
{
    return state < CONSENT_FOLLOWING_STATE_COUNT ? state_names[state] : "unknown";
}

enum consent_following_state
consent_following_state_locked(const struct consent_following *following)
{
    const struct consent_generation *generation = following->current;
    bool late = clock_monotonic_ms() - following->known_at > following->options.barrier;
    if (!generation || !following->loaded) {
        if (following->unreachable || following->reason.length > 0)
            return CONSENT_UNREACHABLE;
        return following->ever_loaded || following->rebuilds > 0 ? CONSENT_REBUILDING
                                                                 : CONSENT_LOADING;
    }
    if (consent_table_block(generation->table) != CONSENT_BLOCK_NONE)
        return CONSENT_BLOCKED;
    if (!generation->topic || !late)
        return CONSENT_FRESH;
    return following->unreachable ? CONSENT_UNREACHABLE : CONSENT_STALE;
}

enum consent_following_state consent_following_state(struct consent_following *following)
{
    pthread_mutex_lock(&following->mutex);
    enum consent_following_state state = consent_following_state_locked(following);
    pthread_mutex_unlock(&following->mutex);
    return state;
}

/* The partition that is furthest from its end. */
static void append_distance(const struct consent_generation *generation, struct buffer *out)
{
    int32_t furthest = -1;
    int64_t most = 0;
    for (int32_t i = 0; i < generation->partition_count; i++) {
        int64_t left =
            atomic_load(&generation->ends[i]) - compacted_topic_position(generation->topic, i);
        if (left > most) {
            most = left;
            furthest = i;
        }
    }
    if (furthest >= 0)
        buffer_append_format(out, "; partition %d is at %lld of %lld", (int)furthest,
                             (long long)compacted_topic_position(generation->topic, furthest),
                             (long long)atomic_load(&generation->ends[furthest]));
}

static void append_block(const struct consent_generation *generation, const char *topic,
                         struct buffer *out)
{
    enum consent_block block = consent_table_block(generation->table);
    long long offset = (long long)atomic_load(&generation->blocked_offset);
    buffer_append_string(out, consent_block_sentence(block));
    if (block != CONSENT_BLOCK_KEY || offset < 0)
        return;
    if (generation->topic)
        buffer_append_format(out, " (the last one is in partition %lld of %s, at offset %lld)",
                             (long long)atomic_load(&generation->blocked_partition), topic, offset);
    else
        buffer_append_format(out, " (line %lld of the file)", offset);
}

static void append_reading(const struct consent_following *following, struct buffer *out)
{
    if (following->current)
        append_distance(following->current, out);
    if (following->held_back)
        buffer_append_string(out, "; a transaction that is open in the topic holds it back");
}

static void append_sentence(const struct consent_following *following, struct buffer *out)
{
    const char *topic = following->options.topic ? following->options.topic : "";
    switch (consent_following_state_locked(following)) {
    case CONSENT_LOADING:
        buffer_append_format(out, "the consent topic %s is being read", topic);
        append_reading(following, out);
        return;
    case CONSENT_FRESH:
        buffer_append_string(out, "consent is current");
        return;
    case CONSENT_STALE:
        buffer_append_format(out, "the consent table is %lld ms behind the topic %s",
                             (long long)(clock_monotonic_ms() - following->known_at), topic);
        append_reading(following, out);
        return;
    case CONSENT_BLOCKED:
        append_block(following->current, topic, out);
        return;
    case CONSENT_REBUILDING:
        buffer_append_format(out, "the consent topic %s is being read again: %s", topic,
                             following->fault ? topic_fault_sentence(following->fault)
                                              : "the client read nothing although it could");
        append_reading(following, out);
        return;
    case CONSENT_UNREACHABLE:
    case CONSENT_FOLLOWING_STATE_COUNT:
        break;
    }
    if (following->reason.length > 0)
        buffer_append_format(out, "consent cannot be read: %.*s",
                             SLICE_FORMAT(buffer_slice(&following->reason)));
    else
        buffer_append_format(out, "no broker answers for the consent topic %s", topic);
}

void consent_following_sentence(struct consent_following *following, struct buffer *out)
{
    pthread_mutex_lock(&following->mutex);
    append_sentence(following, out);
    pthread_mutex_unlock(&following->mutex);
}

void consent_following_counts(struct consent_following *following,
                              struct consent_following_counts *out)
{
    *out = (struct consent_following_counts){.age = -1, .loaded_after = -1};
    pthread_mutex_lock(&following->mutex);
    const struct consent_generation *generation = following->current;
    int64_t now = clock_monotonic_ms();
    out->state = consent_following_state_locked(following);
    out->generation = following->generations;
    out->rebuilds = following->rebuilds;
    out->stalls = following->stalls;
    for (unsigned i = 0; i < TOPIC_FAULT_COUNT; i++)
        out->faults[i] = following->faults[i];
    out->blocks = following->blocks;
    out->barriers = following->barriers;
    out->barriers_failed = following->barriers_failed;
    out->barrier_ns = following->barrier_ns;
    if (following->ever_loaded) {
        out->age = following->options.topic ? now - following->known_at : 0;
        out->loaded_after = following->loaded_at - following->started;
    }
    if (generation) {
        out->partition_count = generation->partition_count;
        out->block = consent_table_block(generation->table);
        consent_table_counts(generation->table, &out->table);
    }
    pthread_mutex_unlock(&following->mutex);
}

size_t consent_following_partitions(struct consent_following *following,
                                    struct consent_partition *out, size_t limit)
{
    size_t count = 0;
    pthread_mutex_lock(&following->mutex);
    const struct consent_generation *generation = following->current;
    if (generation && generation->topic)
        count = (size_t)generation->partition_count;
    for (size_t i = 0; i < count && i < limit; i++) {
        out[i].position = compacted_topic_position(generation->topic, (int32_t)i);
        out[i].end = atomic_load(&generation->ends[i]);
    }
    pthread_mutex_unlock(&following->mutex);
    return count;
}
