#include "consent/buckets.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum {
    BUCKET_SLOTS = 3,
    BUCKET_WORDS = 16,
    KEY_WORD = 1, /* of slot 0 */
    STATE_WORD = KEY_WORD + 2 * BUCKET_SLOTS,
    PAGE = 4096,
    SPINS = 64, /* readings before a reader lets the writer have the processor */
};

#define RECORD_NONE UINT32_MAX

/* Word 0 is `changes` in the low half (odd: being changed) and `passed` in the high half. */
struct bucket {
    _Alignas(128) _Atomic uint64_t words[BUCKET_WORDS];
};

struct record {
    _Alignas(64) _Atomic uint64_t words[RECORD_WORDS];
};

_Static_assert(STATE_WORD + BUCKET_SLOTS * SLOT_WORDS == BUCKET_WORDS, "a bucket is full");
_Static_assert(sizeof(struct bucket) == 128 && sizeof(struct record) == 64, "whole lines");

/* How full the slots may be, as a fraction: at 4/5 a subject takes 53.4 bytes. */
enum { LOAD_NUMERATOR = 4, LOAD_DENOMINATOR = 5 };

static const uint64_t ONE_PASS = (uint64_t)1 << 32;

static uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static void store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

static void *reserve(uint64_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    /* Kernels without it say so and leave the memory as it is; the dump limit is set elsewhere too.
     */
    (void)madvise(memory, size, MADV_DONTDUMP);
    return memory;
}

static uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

static uint64_t touched_size(const struct buckets *buckets)
{
    uint64_t pages = whole_pages(buckets->bucket_count * sizeof(struct bucket)) / PAGE;
    return whole_pages((pages + 63) / 64 * sizeof(uint64_t));
}

enum rc buckets_init(struct buckets *buckets, uint64_t capacity)
{
    *buckets = (struct buckets){.capacity = capacity, .record_free = RECORD_NONE};
    if (capacity == 0 || capacity > UINT32_MAX / RECORD_LIMIT)
        return RC_LIMIT;
    buckets->bucket_count =
        capacity * LOAD_DENOMINATOR / (LOAD_NUMERATOR * BUCKET_SLOTS) + BUCKET_SLOTS;
    buckets->record_limit = capacity * RECORD_LIMIT;
    buckets->buckets = reserve(buckets->bucket_count * sizeof(struct bucket));
    buckets->records = reserve(buckets->record_limit * sizeof(struct record));
    buckets->touched = reserve(touched_size(buckets));
    if (!buckets->buckets || !buckets->records || !buckets->touched) {
        buckets_release(buckets);
        return RC_NO_MEMORY;
    }
    return RC_OK;
}

void buckets_release(struct buckets *buckets)
{
    if (buckets->buckets)
        munmap(buckets->buckets, buckets->bucket_count * sizeof(struct bucket));
    if (buckets->records)
        munmap(buckets->records, buckets->record_limit * sizeof(struct record));
    if (buckets->touched)
        munmap(buckets->touched, touched_size(buckets));
    *buckets = (struct buckets){0};
}

static uint64_t home_of(const struct buckets *buckets, struct subject_key key)
{
    return (uint64_t)(((unsigned __int128)key.words[0] * buckets->bucket_count) >> 64);
}

static uint64_t next_of(const struct buckets *buckets, uint64_t index)
{
    return index + 1 < buckets->bucket_count ? index + 1 : 0;
}

void buckets_prefetch(const struct buckets *buckets, struct subject_key key)
{
    const struct bucket *bucket = &buckets->buckets[home_of(buckets, key)];
    __builtin_prefetch((const void *)&bucket->words[0]);
    __builtin_prefetch((const void *)&bucket->words[8]);
}

static void load_state(const struct bucket *bucket, unsigned slot, uint64_t out[static SLOT_WORDS])
{
    for (unsigned i = 0; i < SLOT_WORDS; i++)
        out[i] = load(&bucket->words[STATE_WORD + slot * SLOT_WORDS + i]);
}

/* The slot of the key in this bucket with its words, or BUCKET_SLOTS. */
static unsigned match(const struct bucket *bucket, struct subject_key key,
                      uint64_t out[static SLOT_WORDS])
{
    for (unsigned i = 0; i < BUCKET_SLOTS; i++) {
        if (load(&bucket->words[KEY_WORD + 2 * i]) != key.words[0] ||
            load(&bucket->words[KEY_WORD + 2 * i + 1]) != key.words[1])
            continue;
        load_state(bucket, i, out);
        if (slot_is_used(out))
            return i;
    }
    return BUCKET_SLOTS;
}

/* False where a torn slot names records that are not there. */
static bool load_records(const struct buckets *buckets, struct slot_image *image)
{
    image->record_count = slot_record_count(image->words);
    for (unsigned i = 0; i < image->record_count; i++) {
        uint32_t number = slot_record(image->words, i);
        if (number >= buckets->record_limit)
            return false;
        for (unsigned j = 0; j < RECORD_WORDS; j++)
            image->records[i * RECORD_WORDS + j] = load(&buckets->records[number].words[j]);
    }
    return true;
}

/* One reading that no change disturbed. *passed: whether to look further. */
static bool read_bucket(const struct buckets *buckets, const struct bucket *bucket,
                        struct subject_key key, struct slot_image *out, bool *passed)
{
    for (unsigned spins = 1;; spins++) {
        uint64_t before = load(&bucket->words[0]);
        if (!(before & 1)) {
            bool found = match(bucket, key, out->words) < BUCKET_SLOTS;
            bool whole = !found || load_records(buckets, out);
            uint64_t after = atomic_load_explicit(&bucket->words[0], memory_order_relaxed);
            if (whole && (uint32_t)before == (uint32_t)after) {
                *passed = before >= ONE_PASS;
                return found;
            }
        }
        if (spins % SPINS == 0)
            sched_yield();
    }
}

bool buckets_find(const struct buckets *buckets, struct subject_key key, struct slot_image *out)
{
    uint64_t index = home_of(buckets, key);
    bool passed = true;
    buckets_prefetch(buckets, key);
    for (uint64_t step = 0; passed && step < buckets->bucket_count; step++) {
        if (read_bucket(buckets, &buckets->buckets[index], key, out, &passed))
            return true;
        index = next_of(buckets, index);
    }
    return false;
}

/* From here on: the writer, who reads what only it changes. */

static void mark_touched(struct buckets *buckets, uint64_t index)
{
    uint64_t page = index * sizeof(struct bucket) / PAGE;
    uint64_t bit = (uint64_t)1 << (page % 64);
    if (!(buckets->touched[page / 64] & bit)) {
        buckets->touched[page / 64] |= bit;
        buckets->touched_pages++;
    }
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
        if (load(&bucket->words[0]) < ONE_PASS)
            return false;
        *index = next_of(buckets, *index);
    }
    return false;
}

/* Counts the key in or out of the buckets from its home up to where it is. The change counter is
 * left alone: a reader that misses this has looked before the change came to its end. */
static void count_passes(struct buckets *buckets, struct subject_key key, uint64_t until,
                         uint64_t difference)
{
    for (uint64_t i = home_of(buckets, key); i != until; i = next_of(buckets, i)) {
        struct bucket *bucket = &buckets->buckets[i];
        store(&bucket->words[0], load(&bucket->words[0]) + difference);
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
    static const uint64_t nothing[SLOT_WORDS];
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
    replace(buckets, index, slot, key, nothing, image);
    count_passes(buckets, key, index, ONE_PASS);
    mark_touched(buckets, index);
    buckets->used++;
    return true;
}

bool buckets_remove(struct buckets *buckets, struct subject_key key)
{
    static const uint64_t nothing[SLOT_WORDS];
    uint64_t old[SLOT_WORDS];
    uint64_t index;
    unsigned slot;
    if (!locate(buckets, key, &index, &slot, old))
        return false;
    struct bucket *bucket = &buckets->buckets[index];
    begin_change(bucket);
    store_slot(bucket, slot, (struct subject_key){{0, 0}}, nothing);
    free_records(buckets, old);
    end_change(bucket);
    count_passes(buckets, key, index, -ONE_PASS);
    buckets->used--;
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

uint64_t buckets_bytes(const struct buckets *buckets)
{
    return buckets->touched_pages * PAGE +
           whole_pages(buckets->record_end * sizeof(struct record)) + touched_size(buckets);
}
