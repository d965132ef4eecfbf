/*
 * How a subject's state is packed into the table: three 64-bit words in its slot, and for what is
 * rare up to three records of eight words beside it. Internal to consent.
 *
 * In the slot fit: a seq below 2^32, the age, the partition, three purposes (any of the eight) with
 * their state, a `since` in seconds up to the year 2106 and a policy version up to 255. Everything
 * else, that is a fourth purpose, an `until`, an erasure or anything larger, makes the slot refer
 * to records that hold the whole state.
 *
 * word 0, in bits:
 * - seq 32, partition 8, age 8, used 1, unreadable 1, extended 1
 * - marks of purposes 0 and 1, split 1
 *
 * word 1:
 * - since of purposes 0 and 1
 * - extended: numbers of records 0 and 1
 *
 * word 2:
 * - since of purpose 2, three versions, mark of purpose 2
 * - extended: record 2, purposes counted
 * - in both forms: the 2 high bits of the partition
 *
 * records: seq, erase_at, then two words a purpose
 */
#ifndef LETHE_CONSENT_SLOT_H
#define LETHE_CONSENT_SLOT_H

#include "consent/rule.h"

enum {
    SLOT_WORDS = 3,
    RECORD_WORDS = 8,
    RECORD_LIMIT = 3, /* records of one subject: 2 + 2 * PURPOSE_LIMIT words */
};

struct slot_image {
    uint64_t words[SLOT_WORDS];
    unsigned record_count; /* 0: all is in the words */
    uint64_t records[RECORD_LIMIT * RECORD_WORDS];
};

/* `subject` is settled (merge.h). */
void slot_encode(const struct subject_consent *subject, struct slot_image *out);

/* Tells the slot where its records are. */
void slot_set_record(struct slot_image *image, unsigned index, uint32_t record);

/* Of words that may be torn: any bits give an answer, and the caller checks its limits. */
bool slot_is_used(const uint64_t words[static SLOT_WORDS]);
unsigned slot_record_count(const uint64_t words[static SLOT_WORDS]);
uint32_t slot_record(const uint64_t words[static SLOT_WORDS], unsigned index);

/* Of an image that is not torn; the inverse of slot_encode. */
void slot_decode(const struct slot_image *image, struct subject_consent *out);

#endif
