#include <assert.h>
#include <stdlib.h>

#include "worker/run_status_state.h"

enum { OPTIONS_LIMIT = 256 * 1024 };

struct words {
    const char *name;
    const char *sentence;
};

#define WORDS(code, name, sentence) [code] = {name, sentence},
static const struct words lane_words[RUN_LANE_STATE_COUNT] = {RUN_LANE_STATE_TABLE(WORDS)};
static const struct words outcome_words[RUN_OUTCOME_COUNT] = {RUN_OUTCOME_TABLE(WORDS)};
static const struct words consent_words[RUN_CONSENT_STATE_COUNT] = {RUN_CONSENT_TABLE(WORDS)};
#undef WORDS

static struct words words_at(const struct words *table, unsigned count, unsigned index)
{
    return index < count ? table[index] : (struct words){"", ""};
}

const char *run_lane_state_name(enum run_lane_state state)
{
    return words_at(lane_words, RUN_LANE_STATE_COUNT, state).name;
}

const char *run_lane_state_sentence(enum run_lane_state state)
{
    return words_at(lane_words, RUN_LANE_STATE_COUNT, state).sentence;
}

const char *run_outcome_name(enum run_outcome outcome)
{
    return words_at(outcome_words, RUN_OUTCOME_COUNT, outcome).name;
}

const char *run_outcome_sentence(enum run_outcome outcome)
{
    return words_at(outcome_words, RUN_OUTCOME_COUNT, outcome).sentence;
}

const char *run_consent_state_name(enum run_consent_state state)
{
    return words_at(consent_words, RUN_CONSENT_STATE_COUNT, state).name;
}

const char *run_consent_state_sentence(enum run_consent_state state)
{
    return words_at(consent_words, RUN_CONSENT_STATE_COUNT, state).sentence;
}

void run_sentence_set(char to[RUN_SENTENCE_LIMIT], const char *sentence)
{
    size_t length = sentence ? strlen(sentence) : 0;
    if (length >= RUN_SENTENCE_LIMIT) {
        length = RUN_SENTENCE_LIMIT - 1;
        while (length > 0 && ((unsigned char)sentence[length] & 0xC0) == 0x80)
            length--;
    }
    if (length > 0)
        memcpy(to, sentence, length);
    to[length] = '\0';
}

static enum rc copy_options(struct run_status *status, const struct run_status_options *options)
{
    struct arena *arena = &status->arena;
    status->group = arena_copy(arena, options->group);
    status->instance = arena_copy(arena, options->instance);
    status->consent_topic = arena_copy(arena, options->consent_topic);
    bool good = status->group.data && status->instance.data && status->consent_topic.data;
    status->topic_count = options->topic_count;
    for (size_t i = 0; i < options->topic_count; i++) {
        status->topics[i] = arena_copy(arena, options->topics[i]);
        good = good && status->topics[i].data;
    }
    return good ? RC_OK : RC_NO_MEMORY;
}

enum rc run_status_new(const struct run_status_options *options, struct run_status **out)
{
    *out = NULL;
    if (options->lanes > RUN_LANE_LIMIT || options->topic_count > RUN_TOPIC_LIMIT)
        return RC_LIMIT;
    struct run_status *status = calloc(1, sizeof *status);
    if (!status)
        return RC_NO_MEMORY;
    pthread_mutex_init(&status->mutex, NULL);
    arena_init(&status->arena, OPTIONS_LIMIT);
    status->clock = options->clock;
    status->started = clock_now(&status->clock);
    status->version = options->version;
    run_sentence_set(status->not_ready, "the worker is starting");
    status->beat = clock_monotonic_ns();
    status->keys_ahead = -1;
    status->keys_locked = true;
    status->lane_count = options->lanes;
    status->consent.confirmed = TIME_NONE;
    for (size_t i = 0; i < RUN_LANE_LIMIT; i++)
        status->lanes[i].committed_at = TIME_NONE;
    status->ended = run_totals_new(options->configuration, 1);
    status->scratch = calloc(1, sizeof *status->scratch);
    status->poison = calloc(RUN_PARTITION_LIMIT, sizeof *status->poison);
    bool good = status->ended && status->scratch && status->poison &&
                copy_options(status, options) == RC_OK;
    if (!good) {
        run_status_free(status);
        return RC_NO_MEMORY;
    }
    *out = status;
    return RC_OK;
}

void run_status_free(struct run_status *status)
{
    if (!status)
        return;
    for (size_t i = 0; i < RUN_LANE_LIMIT; i++) {
        run_totals_free(status->lanes[i].current);
        free(status->lanes[i].partitions);
    }
    free(status->consent_partitions);
    free(status->poison);
    free(status->scratch);
    run_totals_free(status->ended);
    arena_release(&status->arena);
    pthread_mutex_destroy(&status->mutex);
    free(status);
}

/* A lane that does not exist is nobody's business: the caller's mistake shows in a test, not here.
 */
static struct run_lane *lock_lane(struct run_status *status, uint32_t lane)
{
    assert(lane < status->lane_count);
    pthread_mutex_lock(&status->mutex);
    return &status->lanes[lane];
}

static void unlock(struct run_status *status)
{
    pthread_mutex_unlock(&status->mutex);
}

void run_status_ready(struct run_status *status, const char *sentence)
{
    pthread_mutex_lock(&status->mutex);
    run_sentence_set(status->not_ready, sentence);
    unlock(status);
}

void run_status_beat(struct run_status *status)
{
    atomic_store_explicit(&status->beat, clock_monotonic_ns(), memory_order_relaxed);
}

enum rc run_status_generation(struct run_status *status, const struct configuration *configuration,
                              uint64_t generation)
{
    struct run_totals *totals = run_totals_new(configuration, generation);
    if (!totals)
        return RC_NO_MEMORY;
    pthread_mutex_lock(&status->mutex);
    struct run_totals *before = status->ended;
    run_totals_add(totals, before, status->scratch);
    status->ended = totals;
    status->reloads++;
    run_sentence_set(status->reload_refused, NULL);
    unlock(status);
    run_totals_free(before);
    return RC_OK;
}

void run_status_reload_refused(struct run_status *status, const char *sentence)
{
    pthread_mutex_lock(&status->mutex);
    status->reloads_refused += sentence != NULL;
    run_sentence_set(status->reload_refused, sentence);
    unlock(status);
}

void run_status_keys(struct run_status *status, int64_t ahead, size_t count, bool locked)
{
    pthread_mutex_lock(&status->mutex);
    status->keys_ahead = ahead;
    status->key_count = count;
    status->keys_locked = locked;
    unlock(status);
}

static enum rc begin(struct run_status *status, uint32_t number,
                     const struct configuration *configuration, bool goes_on)
{
    struct run_totals *current = run_totals_new(configuration, 0);
    if (!current)
        return RC_NO_MEMORY;
    struct run_lane *lane = lock_lane(status, number);
    struct run_totals *before = lane->current;
    if (before) {
        lane->ended_batches += before->counts.batches;
        lane->ended_records += before->counts.records;
        run_totals_add(status->ended, before, status->scratch);
    }
    if (goes_on)
        lane->base = lane->said;
    else
        memset(&lane->base, 0, sizeof lane->base);
    lane->said = lane->base;
    for (size_t i = 0; i < status->poison_count && !goes_on; i++) {
        if (status->poison[i].lane == number)
            status->poison[i].seen = 0;
    }
    lane->current = current;
    unlock(status);
    run_totals_free(before);
    return RC_OK;
}

enum rc run_status_lane_began(struct run_status *status, uint32_t lane,
                              const struct configuration *configuration)
{
    return begin(status, lane, configuration, false);
}

enum rc run_status_lane_changed(struct run_status *status, uint32_t lane,
                                const struct configuration *configuration)
{
    return begin(status, lane, configuration, true);
}

void run_status_lane_state(struct run_status *status, uint32_t number, enum run_lane_state state,
                           const char *sentence)
{
    struct run_lane *lane = lock_lane(status, number);
    lane->restarts += state == RUN_LANE_RESTARTING && lane->state != RUN_LANE_RESTARTING;
    lane->state = state;
    run_sentence_set(lane->sentence, sentence);
    unlock(status);
}

void run_status_lane_committed(struct run_status *status, uint32_t number,
                               const struct lane_counts *committed)
{
    struct run_lane *lane = lock_lane(status, number);
    if (lane->current)
        lane->current->counts = *committed;
    unlock(status);
}

/* What is shown is what was said, less what was said before. */
static void settle(void *shown, void *said, const void *now, const void *base, size_t size)
{
    memcpy(said, now, size);
    memset(shown, 0, size);
    run_numbers_add(shown, now, base, size / sizeof(uint64_t));
}

void run_status_lane_delivered(struct run_status *status, uint32_t number,
                               const struct run_delivery *recipients, size_t count)
{
    struct run_lane *lane = lock_lane(status, number);
    for (size_t i = 0; lane->current && i < count && i < RECIPIENT_LIMIT; i++)
        settle(&lane->current->delivered[i], &lane->said.delivered[i], &recipients[i],
               &lane->base.delivered[i], sizeof recipients[i]);
    unlock(status);
}

void run_status_lane_transactions(struct run_status *status, uint32_t number,
                                  const struct run_transactions *transactions,
                                  const struct run_client *client)
{
    struct run_lane *lane = lock_lane(status, number);
    uint64_t committed = lane->said.transactions.by_outcome[RUN_COMMITTED];
    if (transactions->by_outcome[RUN_COMMITTED] > committed)
        lane->committed_at = clock_now(&status->clock);
    if (lane->current) {
        settle(&lane->current->transactions, &lane->said.transactions, transactions,
               &lane->base.transactions, sizeof *transactions);
        settle(&lane->current->client, &lane->said.client, client, &lane->base.client,
               sizeof *client);
    }
    unlock(status);
}

static void count_poison(struct run_status *status, uint32_t lane, const struct run_partition *from)
{
    size_t at = 0;
    while (at < status->poison_count && (status->poison[at].shown.topic != from->topic ||
                                         status->poison[at].shown.partition != from->partition))
        at++;
    if (at == RUN_PARTITION_LIMIT)
        return;
    struct run_poison_total *total = &status->poison[at];
    if (at == status->poison_count) {
        *total =
            (struct run_poison_total){.shown = {from->topic, from->partition, 0, -1}, .lane = lane};
        status->poison_count++;
    }
    bool goes_on = total->lane == lane && from->poison >= total->seen;
    total->shown.count += goes_on ? from->poison - total->seen : from->poison;
    total->shown.offset = from->poison_offset;
    total->lane = lane;
    total->seen = from->poison;
}

/* Room for `count` of `size` bytes; false keeps what is there. */
static bool make_room(void **memory, size_t *capacity, size_t count, size_t size)
{
    if (count <= *capacity)
        return true;
    void *grown = realloc(*memory, count * size);
    if (!grown)
        return false;
    *memory = grown;
    *capacity = count;
    return true;
}

void run_status_partitions(struct run_status *status, uint32_t number,
                           const struct run_partition *partitions, size_t count)
{
    struct run_lane *lane = lock_lane(status, number);
    size_t shown = count < RUN_PARTITION_LIMIT ? count : RUN_PARTITION_LIMIT;
    void *memory = lane->partitions;
    if (!make_room(&memory, &lane->partition_capacity, shown, sizeof *partitions))
        shown = 0;
    lane->partitions = memory;
    if (shown > 0)
        memcpy(lane->partitions, partitions, shown * sizeof *partitions);
    lane->partition_count = shown;
    lane->partitions_unlisted = count - shown;
    for (size_t i = 0; i < count; i++) {
        if (partitions[i].poison > 0)
            count_poison(status, number, &partitions[i]);
    }
    unlock(status);
}

void run_status_transaction(struct run_status *status, uint32_t number, int64_t nanoseconds,
                            enum run_outcome outcome)
{
    struct run_lane *lane = lock_lane(status, number);
    struct run_transactions *transactions = &status->ended->transactions;
    if ((unsigned)outcome >= RUN_OUTCOME_COUNT)
        outcome = RUN_ABORTED_INTERNAL;
    transactions->by_outcome[outcome]++;
    if (outcome == RUN_COMMITTED) {
        size_t bucket = 0;
        while (bucket < RUN_LATENCY_COUNT &&
               nanoseconds > run_latency_bounds[bucket] * INT64_C(1000000))
            bucket++;
        transactions->buckets[bucket]++;
        transactions->nanoseconds += nanoseconds > 0 ? (uint64_t)nanoseconds : 0;
        lane->committed_at = clock_now(&status->clock);
    } else {
        lane->aborted++;
    }
    unlock(status);
}

void run_status_consent(struct run_status *status, const struct run_consent *consent,
                        const struct run_consent_partition *partitions, size_t count)
{
    pthread_mutex_lock(&status->mutex);
    size_t shown = count < RUN_PARTITION_LIMIT ? count : RUN_PARTITION_LIMIT;
    void *memory = status->consent_partitions;
    if (!make_room(&memory, &status->consent_partition_capacity, shown, sizeof *partitions))
        shown = 0;
    status->consent_partitions = memory;
    if (shown > 0)
        memcpy(status->consent_partitions, partitions, shown * sizeof *partitions);
    status->consent_partition_count = shown;
    status->consent_partitions_unlisted = count - shown;
    uint64_t blocks = status->consent.blocks;
    blocks += consent->state == RUN_CONSENT_BLOCKED && status->consent.state != RUN_CONSENT_BLOCKED;
    status->consent = *consent;
    status->consent.blocks = blocks;
    status->consent.sentence = NULL;
    if (consent->state == RUN_CONSENT_BLOCKED && consent->block == CONSENT_BLOCK_NONE)
        status->consent.block = consent->counts.full > 0 ? CONSENT_BLOCK_FULL : CONSENT_BLOCK_KEY;
    run_sentence_set(status->consent_sentence, consent->sentence);
    unlock(status);
}

static bool releases(enum run_consent_state state)
{
    return state == RUN_CONSENT_FRESH || state == RUN_CONSENT_FILE || state == RUN_CONSENT_NONE;
}

bool run_status_reason(const struct run_status *status, struct buffer *why)
{
    if (status->not_ready[0]) {
        buffer_append_string(why, status->not_ready);
        return false;
    }
    const struct run_consent *consent = &status->consent;
    if (!releases(consent->state)) {
        buffer_append_string(why, status->consent_sentence[0]
                                      ? status->consent_sentence
                                      : run_consent_state_sentence(consent->state));
        return false;
    }
    for (size_t i = 0; i < status->lane_count; i++) {
        const struct run_lane *at = &status->lanes[i];
        if (at->state == RUN_LANE_RUNNING)
            continue;
        buffer_append_format(why, "lane %zu: %s", i,
                             at->sentence[0] ? at->sentence : run_lane_state_sentence(at->state));
        return false;
    }
    return true;
}

bool run_status_is_ready(struct run_status *status, struct buffer *why)
{
    pthread_mutex_lock(&status->mutex);
    bool ready = run_status_reason(status, why);
    unlock(status);
    return ready;
}

const char *run_status_why_not_live(struct run_status *status)
{
    int64_t beat = atomic_load_explicit(&status->beat, memory_order_relaxed);
    return clock_monotonic_ns() - beat > RUN_BEAT_LIMIT ? "the supervisor's loop does not turn"
                                                        : NULL;
}
