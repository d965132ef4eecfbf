#include "consent/bucket_layout.h"

#include <sched.h>
#include <sys/mman.h>

enum { SPINS = 64 }; /* readings before a reader lets the writer have the processor */

/* How full the slots may be, as a fraction: at 3/4 a subject takes 56.9 bytes. */
enum { LOAD_NUMERATOR = 3, LOAD_DENOMINATOR = 4 };

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
    memset(buckets, 0, sizeof *buckets);
    buckets->capacity = capacity;
    buckets->record_free = RECORD_NONE;
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
    memset(buckets, 0, sizeof *buckets);
}

void buckets_prefetch(const struct buckets *buckets, struct subject_key key)
{
    const struct bucket *bucket = &buckets->buckets[home_of(buckets, key)];
    __builtin_prefetch((const void *)&bucket->words[0]);
    __builtin_prefetch((const void *)&bucket->words[8]);
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
                *passed = is_passed(before, key);
                return found;
            }
        }
        if (spins % SPINS == 0)
            sched_yield();
    }
}

/* One walk from the key's home to the first bucket that nothing of its kind has passed. *beyond:
 * whether it left the home. */
static bool walk(const struct buckets *buckets, struct subject_key key, struct slot_image *out,
                 bool *beyond)
{
    uint64_t index = home_of(buckets, key);
    bool passed = true;
    *beyond = false;
    for (uint64_t step = 0; passed && step < buckets->bucket_count; step++) {
        *beyond = step > 0;
        if (read_bucket(buckets, &buckets->buckets[index], key, out, &passed))
            return true;
        index = next_of(buckets, index);
    }
    return false;
}

bool buckets_find(const struct buckets *buckets, struct subject_key key, struct slot_image *out)
{
    bool beyond;
    for (unsigned spins = 1;; spins++) {
        uint64_t before = load(&buckets->moves);
        if (walk(buckets, key, out, &beyond))
            return true;
        uint64_t after = atomic_load_explicit(&buckets->moves, memory_order_relaxed);
        if (!beyond || (before == after && !(before & 1)))
            return false;
        if (spins % SPINS == 0)
            sched_yield();
    }
}

uint64_t buckets_bytes(const struct buckets *buckets)
{
    return buckets->touched_pages * PAGE +
           whole_pages(buckets->record_end * sizeof(struct record)) + touched_size(buckets);
}
