#include "consent/bucket_layout.h"

#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1; older ones say EINVAL */
#endif

enum { HUGE_PAGES_FROM = 2048 }; /* small pages: a table below 8 MiB gains nothing */

/* The writer reads what only it changes, so it needs to look at no counter. */

static const uint64_t EMPTY[SLOT_WORDS];

/*
 * Huge pages save a look-up a walk through the page tables, a quarter of its time; but a page of 2
 * MiB for a handful of subjects would make a small table large. So they are asked for once seven
 * in eight of the small ones are there. A system that has none leaves all as it is.
 */
static void ask_for_huge_pages(struct buckets *buckets)
{
    uint64_t size = buckets->bucket_count * sizeof(struct bucket);
    buckets->asked_for_huge_pages = true;
    if (madvise(buckets->buckets, size, MADV_HUGEPAGE) != 0)
        return;
    (void)madvise(buckets->buckets, size, MADV_COLLAPSE); /* now; else the kernel does by and by */
    buckets->touched_pages = (size + PAGE - 1) / PAGE;
}

static void mark_touched(struct buckets *buckets, uint64_t index)
{
    uint64_t page = index * sizeof(struct bucket) / PAGE;
    uint64_t pages = (buckets->bucket_count * sizeof(struct bucket) + PAGE - 1) / PAGE;
    uint64_t bit = (uint64_t)1 << (page % 64);
    if (buckets->asked_for_huge_pages || buckets->touched[page / 64] & bit)
        return;
    buckets->touched[page / 64] |= bit;
    buckets->touched_pages++;
    if (buckets->touched_pages >= pages - pages / 8 && pages >= HUGE_PAGES_FROM)
        ask_for_huge_pages(buckets);
}

/* Adds 1 to the low half, which wraps into itself. */
static uint64_t next_change(uint64_t word)
{
    return (word & ~(uint64_t)UINT32_MAX) | (uint32_t)(word + 1);
}

static void begin_change(struct bucket *bucket)
{
    atomic_store_explicit(&bucket->words[0], next_change(load(&bucket->words[0])),
                          memory_order_relaxed);
}

static void end_change(struct bucket *bucket)
{
    store(&bucket->words[0], next_change(load(&bucket->words[0])));
}

static void store_slot(struct bucket *bucket, unsigned slot, struct subject_key key,
                       const uint64_t words[static SLOT_WORDS])
{
    store(&bucket->words[KEY_WORD + 2 * slot], key.words[0]);
    store(&bucket->words[KEY_WORD + 2 * slot + 1], key.words[1]);
    for (unsigned i = 0; i < SLOT_WORDS; i++)
        store(&bucket->words[STATE_WORD + slot * SLOT_WORDS + i], words[i]);
}

static void free_records(struct buckets *buckets, const uint64_t words[static SLOT_WORDS])
{
    unsigned count = slot_record_count(words);
    for (unsigned i = 0; i < count; i++) {
        uint32_t number = slot_record(words, i);
        store(&buckets->records[number].words[0], buckets->record_free);
        buckets->record_free = number;
    }
}

/* There are records for every subject that fits, so one is always free. */
static uint32_t take_record(struct buckets *buckets)
{
    if (buckets->record_free == RECORD_NONE)
        return (uint32_t)buckets->record_end++;
    uint32_t number = buckets->record_free;
    buckets->record_free = (uint32_t)load(&buckets->records[number].words[0]);
    return number;
}

/* Inside a change of the bucket that refers to them. */
static void store_records(struct buckets *buckets, struct slot_image *image)
{
    for (unsigned i = 0; i < image->record_count; i++) {
        uint32_t number = take_record(buckets);
        slot_set_record(image, i, number);
        for (unsigned j = 0; j < RECORD_WORDS; j++)
            store(&buckets->records[number].words[j], image->records[i * RECORD_WORDS + j]);
    }
}

/* The bucket and slot where the key is, with its words. */
static bool locate(const struct buckets *buckets, struct subject_key key, uint64_t *index,
                   unsigned *slot, uint64_t words[static SLOT_WORDS])
{
    *index = home_of(buckets, key);
    for (uint64_t step = 0; step < buckets->bucket_count; step++) {
        const struct bucket *bucket = &buckets->buckets[*index];
        *slot = match(bucket, key, words);
        if (*slot < BUCKET_SLOTS)
            return true;
        if (!is_passed(load(&bucket->words[0]), key))
            return false;
        *index = next_of(buckets, *index);
    }
    return false;
}

/* Counts the key in or out of the buckets from `from` up to before `until`. The change counter is
 * left alone: a reader that misses this has looked before the change came to its end. */
static void count_passes(struct buckets *buckets, struct subject_key key, uint64_t from,
                         uint64_t until, bool in)
{
    uint64_t one = (uint64_t)1 << pass_shift(key);
    for (uint64_t i = from; i != until; i = next_of(buckets, i)) {
        _Atomic uint64_t *word = &buckets->buckets[i].words[0];
        uint64_t value = load(word);
        if ((value >> pass_shift(key) & PASS_MOST) != PASS_MOST)
            store(word, in ? value + one : value - one);
    }
}

static unsigned free_slot(const struct bucket *bucket)
{
    uint64_t words[SLOT_WORDS];
    for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
        load_state(bucket, i, words);
        if (!slot_is_used(words))
            return i;
    }
    return BUCKET_SLOTS;
}

static void replace(struct buckets *buckets, uint64_t index, unsigned slot, struct subject_key key,
                    const uint64_t old[static SLOT_WORDS], struct slot_image *image)
{
    struct bucket *bucket = &buckets->buckets[index];
    begin_change(bucket);
    free_records(buckets, old);
    store_records(buckets, image);
    store_slot(bucket, slot, key, image->words);
    end_change(bucket);
}

bool buckets_put(struct buckets *buckets, struct subject_key key, struct slot_image *image)
{
    uint64_t old[SLOT_WORDS];
    uint64_t index;
    unsigned slot;
    if (locate(buckets, key, &index, &slot, old)) {
        replace(buckets, index, slot, key, old, image);
        return true;
    }
    if (buckets->used >= buckets->capacity)
        return false;
    index = home_of(buckets, key);
    while ((slot = free_slot(&buckets->buckets[index])) == BUCKET_SLOTS)
        index = next_of(buckets, index);
    replace(buckets, index, slot, key, EMPTY, image);
    count_passes(buckets, key, home_of(buckets, key), index, true);
    mark_touched(buckets, index);
    buckets->used++;
    return true;
}

static uint64_t distance(const struct buckets *buckets, uint64_t from, uint64_t to)
{
    return to >= from ? to - from : to + buckets->bucket_count - from;
}

/* The slot of a key in `index` that passed `hole` on its way there, or BUCKET_SLOTS. */
static unsigned find_passer(const struct buckets *buckets, uint64_t index, uint64_t hole,
                            struct subject_key *key, uint64_t words[static SLOT_WORDS])
{
    const struct bucket *bucket = &buckets->buckets[index];
    for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
        load_state(bucket, i, words);
        key->words[0] = load(&bucket->words[KEY_WORD + 2 * i]);
        key->words[1] = load(&bucket->words[KEY_WORD + 2 * i + 1]);
        if (slot_is_used(words) &&
            distance(buckets, home_of(buckets, *key), index) >= distance(buckets, hole, index))
            return i;
    }
    return BUCKET_SLOTS;
}

static void change_slot(struct bucket *bucket, unsigned slot, struct subject_key key,
                        const uint64_t words[static SLOT_WORDS])
{
    begin_change(bucket);
    store_slot(bucket, slot, key, words);
    end_change(bucket);
}

static void move(struct buckets *buckets, uint64_t from, unsigned from_slot, uint64_t to,
                 unsigned to_slot)
{
    uint64_t words[SLOT_WORDS];
    struct bucket *source = &buckets->buckets[from];
    struct subject_key key = {{load(&source->words[KEY_WORD + 2 * from_slot]),
                               load(&source->words[KEY_WORD + 2 * from_slot + 1])}};
    load_state(source, from_slot, words);
    atomic_store_explicit(&buckets->moves, load(&buckets->moves) + 1, memory_order_relaxed);
    change_slot(&buckets->buckets[to], to_slot, key, words);
    change_slot(source, from_slot, (struct subject_key){{0, 0}}, EMPTY);
    count_passes(buckets, key, to, from, false);
    store(&buckets->moves, load(&buckets->moves) + 1);
}

/* Fills a hole with the nearest key that had to pass it, then the hole that this one leaves. */
static void pull_back(struct buckets *buckets, uint64_t hole, unsigned hole_slot)
{
    uint64_t words[SLOT_WORDS];
    struct subject_key key;
    uint64_t index = hole;
    for (uint64_t step = 0; step < buckets->bucket_count; step++) {
        if (load(&buckets->buckets[index].words[0]) >> PASS_SHIFT == 0)
            return;
        index = next_of(buckets, index);
        unsigned slot = find_passer(buckets, index, hole, &key, words);
        if (slot == BUCKET_SLOTS)
            continue;
        move(buckets, index, slot, hole, hole_slot);
        hole = index;
        hole_slot = slot;
    }
}

bool buckets_remove(struct buckets *buckets, struct subject_key key)
{
    uint64_t old[SLOT_WORDS];
    uint64_t index;
    unsigned slot;
    if (!locate(buckets, key, &index, &slot, old))
        return false;
    struct bucket *bucket = &buckets->buckets[index];
    begin_change(bucket);
    store_slot(bucket, slot, (struct subject_key){{0, 0}}, EMPTY);
    free_records(buckets, old);
    end_change(bucket);
    count_passes(buckets, key, home_of(buckets, key), index, false);
    buckets->used--;
    pull_back(buckets, index, slot);
    return true;
}

uint64_t buckets_probes(const struct buckets *buckets, struct subject_key key)
{
    uint64_t words[SLOT_WORDS];
    uint64_t index;
    unsigned slot;
    locate(buckets, key, &index, &slot, words);
    return (index + buckets->bucket_count - home_of(buckets, key)) % buckets->bucket_count + 1;
}
