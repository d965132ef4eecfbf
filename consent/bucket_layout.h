/*
 * The words of a bucket, and what the readers' half (buckets.c) and the writer's half
 * (buckets_write.c) of the table's memory share. Included by these two only.
 */
#ifndef LETHE_CONSENT_BUCKET_LAYOUT_H
#define LETHE_CONSENT_BUCKET_LAYOUT_H

#include "consent/buckets.h"

enum {
    BUCKET_SLOTS = 3,
    BUCKET_WORDS = 16,
    KEY_WORD = 1, /* of slot 0 */
    STATE_WORD = KEY_WORD + 2 * BUCKET_SLOTS,
    PAGE = 4096,
};

#define RECORD_NONE UINT32_MAX

/* Word 0 is the change counter in the low half (odd: being changed) and in the high half eight
 * counts of 4 bits: the keys of each kind that passed. */
struct bucket {
    _Alignas(128) _Atomic uint64_t words[BUCKET_WORDS];
};

struct record {
    _Alignas(64) _Atomic uint64_t words[RECORD_WORDS];
};

_Static_assert(STATE_WORD + BUCKET_SLOTS * SLOT_WORDS == BUCKET_WORDS, "a bucket is full");
_Static_assert(sizeof(struct bucket) == 128 && sizeof(struct record) == 64, "whole lines");

enum { PASS_SHIFT = 32, PASS_MOST = 15 };

static inline uint64_t load(const _Atomic uint64_t *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

static inline void store(_Atomic uint64_t *word, uint64_t value)
{
    atomic_store_explicit(word, value, memory_order_release);
}

static inline uint64_t home_of(const struct buckets *buckets, struct subject_key key)
{
    return (uint64_t)(((unsigned __int128)key.words[0] * buckets->bucket_count) >> 64);
}

static inline uint64_t next_of(const struct buckets *buckets, uint64_t index)
{
    return index + 1 < buckets->bucket_count ? index + 1 : 0;
}

/* Where in word 0 the count of the key's kind is. */
static inline unsigned pass_shift(struct subject_key key)
{
    return PASS_SHIFT + 4 * (unsigned)(key.words[1] & 7);
}

static inline bool is_passed(uint64_t word, struct subject_key key)
{
    return word >> pass_shift(key) & PASS_MOST;
}

static inline void load_state(const struct bucket *bucket, unsigned slot,
                              uint64_t out[static SLOT_WORDS])
{
    for (unsigned i = 0; i < SLOT_WORDS; i++)
        out[i] = load(&bucket->words[STATE_WORD + slot * SLOT_WORDS + i]);
}

/* The slot of the key in this bucket with its words, or BUCKET_SLOTS. */
static inline unsigned match(const struct bucket *bucket, struct subject_key key,
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

#endif
