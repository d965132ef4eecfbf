#include "ingest/topic_progress.h"

#include <stdlib.h>
#include <xxhash.h>

enum rc topic_progress_init(struct topic_progress *progress, int32_t count, const int64_t *starts,
                            uint64_t seed)
{
    *progress = (struct topic_progress){.count = count, .seed = seed};
    progress->places = calloc((size_t)count, sizeof *progress->places);
    if (!progress->places)
        return RC_NO_MEMORY;
    for (int32_t i = 0; i < count; i++) {
        progress->places[i].start = starts[i];
        progress->places[i].from_start = true;
        atomic_init(&progress->places[i].position, starts[i]);
    }
    return RC_OK;
}

void topic_progress_release(struct topic_progress *progress)
{
    free(progress->places);
    *progress = (struct topic_progress){0};
}

int64_t topic_progress_position(const struct topic_progress *progress, int32_t partition)
{
    return atomic_load_explicit(&progress->places[partition].position, memory_order_acquire);
}

static XXH128_hash_t hash_part(struct slice part, uint64_t seed)
{
    return XXH3_128bits_withSeed(part.data ? part.data : "", part.length, part.data ? seed : ~seed);
}

struct topic_mark topic_mark_of(uint64_t seed, int64_t offset, int64_t time, struct slice key,
                                struct slice value)
{
    XXH128_hash_t of_key = hash_part(key, seed);
    XXH128_hash_t hash = hash_part(value, of_key.low64);
    return (struct topic_mark){offset, time, {hash.low64, hash.high64 ^ of_key.high64}};
}

static void move_to(struct topic_progress *progress, int32_t partition, int64_t position)
{
    atomic_store_explicit(&progress->places[partition].position, position, memory_order_release);
}

/* The oldest goes where there is no room. */
static void push(struct topic_anchors *recent, const struct topic_mark *mark)
{
    if (recent->count == TOPIC_ANCHORS) {
        memmove(recent->marks, recent->marks + 1, sizeof *mark * (TOPIC_ANCHORS - 1));
        recent->count--;
    }
    recent->marks[recent->count++] = *mark;
}

enum topic_fault topic_progress_record(struct topic_progress *progress, int32_t partition,
                                       const struct topic_mark *mark)
{
    if (mark->offset < topic_progress_position(progress, partition))
        return TOPIC_FAULT_TRUNCATED;
    struct topic_place *place = &progress->places[partition];
    place->heard = true;
    if (place->from_start && place->anchors.count == 0)
        place->anchors.marks[place->anchors.count++] = *mark;
    push(&place->recent, mark);
    move_to(progress, partition, mark->offset + 1);
    return TOPIC_FAULT_NONE;
}

enum topic_fault topic_progress_end(struct topic_progress *progress, int32_t partition,
                                    int64_t offset)
{
    if (offset < topic_progress_position(progress, partition))
        return TOPIC_FAULT_TRUNCATED;
    progress->places[partition].heard = true;
    move_to(progress, partition, offset);
    return TOPIC_FAULT_NONE;
}

bool topic_progress_heard(const struct topic_progress *progress)
{
    int32_t i = 0;
    while (i < progress->count && progress->places[i].heard)
        i++;
    return i == progress->count;
}

bool topic_progress_reached(const struct topic_progress *progress, const int64_t *targets)
{
    for (int32_t i = 0; i < progress->count; i++) {
        if (topic_progress_position(progress, i) < targets[i])
            return false;
    }
    return true;
}

enum topic_fault topic_judge_ends(const int64_t *positions, const int64_t *ends, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (ends[i] < positions[i])
            return TOPIC_FAULT_TRUNCATED;
    }
    return TOPIC_FAULT_NONE;
}

enum topic_fault topic_judge_starts(const struct topic_progress *progress, const int64_t *starts)
{
    for (int32_t i = 0; i < progress->count; i++) {
        if (starts[i] != progress->places[i].start)
            return TOPIC_FAULT_START;
    }
    return TOPIC_FAULT_NONE;
}

void topic_question_ask(const struct topic_progress *progress, int32_t partition,
                        struct topic_question *out)
{
    const struct topic_place *place = &progress->places[partition];
    *out = (struct topic_question){.begin = place->start,
                                   .position = topic_progress_position(progress, partition),
                                   .anchors = place->anchors,
                                   .next = place->recent};
    if (!place->from_start)
        out->begin = place->anchors.marks[0].offset;
    else if (out->position == place->start)
        out->begin = -1;
}

enum topic_fault topic_question_record(const struct topic_question *question,
                                       const struct topic_mark *found)
{
    if (question->anchors.count == 0)
        return found->offset >= question->position ? TOPIC_FAULT_NONE : TOPIC_FAULT_OTHER;
    for (unsigned i = 0; i < question->anchors.count; i++) {
        const struct topic_mark *mark = &question->anchors.marks[i];
        if (found->offset == mark->offset && found->time == mark->time &&
            found->hash[0] == mark->hash[0] && found->hash[1] == mark->hash[1])
            return TOPIC_FAULT_NONE;
    }
    return TOPIC_FAULT_OTHER;
}

enum topic_fault topic_question_end(const struct topic_question *question, int64_t end)
{
    if (end < question->position)
        return TOPIC_FAULT_TRUNCATED;
    return question->anchors.count == 0 ? TOPIC_FAULT_NONE : TOPIC_FAULT_OTHER;
}

void topic_question_settle(struct topic_progress *progress, int32_t partition,
                           const struct topic_question *question)
{
    struct topic_place *place = &progress->places[partition];
    if (question->next.count == 0)
        return; /* nothing had been read; the first records since stay the anchors */
    place->anchors = question->next;
    place->from_start = false;
}
