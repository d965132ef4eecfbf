/*
 * The memory of the consent table: a hash table of 16-byte keys and packed states (slot.h), with
 * one writer and lock-free readers. Internal to consent.
 *
 * Layout. A bucket is 128 bytes, two neighbouring cache lines, and holds three slots:
 *
 *   line 0   one word of counters, three keys (16 bytes each), the first word of slot 0's state
 *   line 1   the other eight words of the three states (24 bytes each)
 *
 * That is 42.7 bytes a slot. A key has one home bucket and goes to the next one with room. A
 * look-up that finds nothing reads line 0 of the home; one that finds a subject reads line 1 too,
 * whose address is known beforehand, so both are fetched at once and the wait is that of one miss.
 *
 * Deletion. There are no tombstones in the memory: each bucket counts the keys that passed it by on
 * the way to where they are now, and a look-up ends at the first bucket that nobody passed. A
 * deletion empties the slot and takes its passes back, so coming and going for ever leaves no trace
 * and nothing is ever rebuilt or moved.
 *
 * Concurrency. Every word is atomic. The writer makes the bucket's change counter odd, changes
 * words, and makes it even again; a reader that saw it odd, or changed, reads again. No fences:
 * words are stored with release and loaded with acquire order, so that a reader who sees any new
 * word also sees the odd counter (H.-J. Boehm, "Can seqlocks get along with programming language
 * memory models?", MSPC 2012). A record beside the table is guarded by the counter of the bucket
 * that refers to it, also when it is given to another subject afterwards.
 */
#ifndef LETHE_CONSENT_BUCKETS_H
#define LETHE_CONSENT_BUCKETS_H

#include "consent/slot.h"
#include "core/rc.h"

struct subject_key {
    uint64_t words[2]; /* uniformly distributed: a keyed hash */
};

struct bucket;
struct record;

struct buckets {
    struct bucket *buckets;
    uint64_t bucket_count;
    struct record *records;
    uint64_t record_limit;
    uint64_t capacity; /* subjects that surely fit */
    /* The writer's own; readers do not look at these. */
    uint64_t used;
    uint64_t record_end;  /* records ever used */
    uint32_t record_free; /* first of the chain of free ones, or RECORD_NONE */
    uint64_t *touched;    /* a bit for every page of buckets that was written to */
    uint64_t touched_pages;
};

LETHE_CHECKED enum rc buckets_init(struct buckets *buckets, uint64_t capacity);
void buckets_release(struct buckets *buckets);

/* Asks for the lines of the key's home, for a look-up that comes soon. */
void buckets_prefetch(const struct buckets *buckets, struct subject_key key);

/* Any thread. False where the key is not there; then *out means nothing. */
bool buckets_find(const struct buckets *buckets, struct subject_key key, struct slot_image *out);

/* The writer's calls. Puts the key's state, whether it is there or not; false where the capacity is
 * reached. Records are allocated and freed as the image needs. */
bool buckets_put(struct buckets *buckets, struct subject_key key, struct slot_image *image);

/* False where it was not there. */
bool buckets_remove(struct buckets *buckets, struct subject_key key);

/* How many buckets a look-up of the key reads, for tests and measurements. The writer's call. */
uint64_t buckets_probes(const struct buckets *buckets, struct subject_key key);

/* Bytes of memory written to, in whole pages. */
uint64_t buckets_bytes(const struct buckets *buckets);

#endif
