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
 * Passing. Each bucket counts the keys that passed it by on their way to where they are, apart by 3
 * bits of the key; a look-up ends at the first bucket that no key of its kind has passed. So a
 * key that is not there costs 1.3 buckets on average at the load of three quarters, one that
 * is 1.4, and the next ones are neighbours. A count that has reached 15 stays there: longer, never
 * wrong.
 *
 * Deletion. There are no tombstones in the memory: a deletion empties the slot, takes its passes
 * back and pulls a key that had passed into the hole, and so on from there. Coming and going for
 * ever leaves the table as if only those had come that are there.
 *
 * Concurrency. Every word is atomic. The writer makes the bucket's change counter odd, changes
 * words, and makes it even again; a reader that saw it odd, or changed, reads again. No fences:
 * words are stored with release and loaded with acquire order, so that a reader who sees any new
 * word also sees the odd counter (H.-J. Boehm, "Can seqlocks get along with programming language
 * memory models?", MSPC 2012). A record beside the table is guarded by the counter of the bucket
 * that refers to it, also when it is given to another subject afterwards. While a key is pulled
 * back it is in two places and then in the earlier one, so a reader that was between the two looks
 * again: `moves` counts as a change counter does, and a look-up that went past its home in vain
 * asks whether it is what it was.
 */
#ifndef LETHE_CONSENT_BUCKETS_H
#define LETHE_CONSENT_BUCKETS_H

#include "consent/slot.h"
#include "core/rc.h"

#include <stdatomic.h>

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
    _Atomic uint64_t moves; /* odd while a key is being moved */
    /* The writer's own, on lines that readers do not look at. */
    _Alignas(64) uint64_t used;
    uint64_t capacity;    /* subjects that surely fit */
    uint64_t record_end;  /* records ever used */
    uint32_t record_free; /* first of the chain of free ones, or RECORD_NONE */
    uint64_t *touched;    /* a bit for every page of buckets that was written to */
    uint64_t touched_pages;
    bool asked_for_huge_pages;
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

/* Bytes of memory written to, in whole pages; all of the buckets once there are huge ones. */
uint64_t buckets_bytes(const struct buckets *buckets);

#endif
