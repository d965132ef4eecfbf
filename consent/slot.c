#include "consent/slot.h"

enum {
    INLINE_PURPOSES = 3,
    SEQ_BITS = 32,
    PARTITION_SHIFT = 32, /* of word 0; the low bits */
    PARTITION_LOW_BITS = 8,
    AGE_SHIFT = 40,
    USED_SHIFT = 48,
    UNREADABLE_SHIFT = 49,
    EXTENDED_SHIFT = 50,
    MARK_0_SHIFT = 51,
    MARK_1_SHIFT = 57,
    SPLIT_SHIFT = 63,
    VERSION_SHIFT = 32, /* of word 2; 8 bits each */
    MARK_2_SHIFT = 56,
    PARTITION_HIGH_SHIFT = 62,
    COUNT_SHIFT = 32, /* of word 2, extended */
    STATE_BITS = 3,
    LONG_TIME_BITS = 40,
    VERSION_LOW_BITS = 24,
};

_Static_assert(CONSENT_PARTITION_LIMIT == 1 << (PARTITION_LOW_BITS + 64 - PARTITION_HIGH_SHIFT),
               "the bits of a partition");

static uint64_t low_bits(uint64_t word, unsigned count)
{
    return word & (((uint64_t)1 << count) - 1);
}

/* Seconds and one, so that 0 can be "not stated". A settled time fits into LONG_TIME_BITS. */
static uint64_t pack_time(int64_t time)
{
    return time == TIME_NONE ? 0 : (uint64_t)(time / TIME_SECOND) + 1;
}

static int64_t unpack_time(uint64_t packed)
{
    return packed == 0 ? TIME_NONE : (int64_t)(packed - 1) * TIME_SECOND;
}

static uint64_t pack_mark(enum consent_state state, unsigned number)
{
    return (uint64_t)state | (uint64_t)number << STATE_BITS;
}

static unsigned list_purposes(const struct subject_consent *subject,
                              unsigned numbers[static PURPOSE_LIMIT])
{
    unsigned count = 0;
    for (unsigned i = 0; i < PURPOSE_LIMIT; i++) {
        if (subject->purposes[i].state != CONSENT_UNKNOWN)
            numbers[count++] = i;
    }
    return count;
}

static bool fits_inline(const struct subject_consent *subject, const unsigned *numbers,
                        unsigned count)
{
    if (count > INLINE_PURPOSES || subject->seq >> SEQ_BITS || subject->erase_at != TIME_NONE)
        return false;
    for (unsigned i = 0; i < count; i++) {
        const struct purpose_consent *purpose = &subject->purposes[numbers[i]];
        if (purpose->until != TIME_NONE || purpose->policy_version > UINT8_MAX ||
            pack_time(purpose->since) > UINT32_MAX)
            return false;
    }
    return true;
}

static void encode_inline(const struct subject_consent *subject, const unsigned *numbers,
                          unsigned count, struct slot_image *out)
{
    static const unsigned mark_word[INLINE_PURPOSES] = {0, 0, 2};
    static const unsigned mark_shift[INLINE_PURPOSES] = {MARK_0_SHIFT, MARK_1_SHIFT, MARK_2_SHIFT};
    out->words[0] |= subject->seq;
    for (unsigned i = 0; i < count; i++) {
        const struct purpose_consent *purpose = &subject->purposes[numbers[i]];
        out->words[1 + i / 2] |= pack_time(purpose->since) << (i % 2 * 32);
        out->words[2] |= (uint64_t)purpose->policy_version << (VERSION_SHIFT + 8 * i);
        out->words[mark_word[i]] |= pack_mark(purpose->state, numbers[i]) << mark_shift[i];
    }
}

static void encode_records(const struct subject_consent *subject, const unsigned *numbers,
                           unsigned count, struct slot_image *out)
{
    out->words[0] |= (uint64_t)1 << EXTENDED_SHIFT;
    out->words[2] |= (uint64_t)count << COUNT_SHIFT;
    out->record_count = (2 + 2 * count + RECORD_WORDS - 1) / RECORD_WORDS;
    memset(out->records, 0, sizeof out->records);
    out->records[0] = subject->seq;
    out->records[1] = pack_time(subject->erase_at);
    for (unsigned i = 0; i < count; i++) {
        const struct purpose_consent *purpose = &subject->purposes[numbers[i]];
        uint64_t *words = &out->records[2 + 2 * i];
        words[0] = pack_time(purpose->since) |
                   pack_mark(purpose->state, numbers[i]) << LONG_TIME_BITS |
                   (uint64_t)(purpose->policy_version >> VERSION_LOW_BITS) << 48;
        words[1] = pack_time(purpose->until) | (uint64_t)purpose->policy_version << LONG_TIME_BITS;
    }
}

void slot_encode(const struct subject_consent *subject, struct slot_image *out)
{
    unsigned numbers[PURPOSE_LIMIT];
    unsigned count = list_purposes(subject, numbers);
    uint64_t age = subject->age_stated ? subject->age : AGE_UNKNOWN;
    uint64_t partition = subject->partition;
    out->words[0] = age << AGE_SHIFT | (uint64_t)1 << USED_SHIFT |
                    (uint64_t)subject->unreadable << UNREADABLE_SHIFT |
                    low_bits(partition, PARTITION_LOW_BITS) << PARTITION_SHIFT |
                    (uint64_t)subject->split << SPLIT_SHIFT;
    out->words[1] = 0;
    out->words[2] = partition >> PARTITION_LOW_BITS << PARTITION_HIGH_SHIFT;
    out->record_count = 0;
    if (fits_inline(subject, numbers, count))
        encode_inline(subject, numbers, count, out);
    else
        encode_records(subject, numbers, count, out);
}

void slot_set_record(struct slot_image *image, unsigned index, uint32_t record)
{
    image->words[1 + index / 2] |= (uint64_t)record << (index % 2 * 32);
}

bool slot_is_used(const uint64_t words[static SLOT_WORDS])
{
    return words[0] >> USED_SHIFT & 1;
}

static unsigned extended_purposes(const uint64_t words[static SLOT_WORDS])
{
    unsigned count = (unsigned)low_bits(words[2] >> COUNT_SHIFT, 8);
    return count < PURPOSE_LIMIT ? count : PURPOSE_LIMIT;
}

unsigned slot_record_count(const uint64_t words[static SLOT_WORDS])
{
    if (!(words[0] >> EXTENDED_SHIFT & 1))
        return 0;
    return (2 + 2 * extended_purposes(words) + RECORD_WORDS - 1) / RECORD_WORDS;
}

uint32_t slot_record(const uint64_t words[static SLOT_WORDS], unsigned index)
{
    return (uint32_t)(words[1 + index / 2] >> (index % 2 * 32));
}

/* The entry that a mark names; its state is set. Bits that no encoder writes deny. */
static struct purpose_consent *unpack_mark(struct subject_consent *out, uint64_t mark)
{
    struct purpose_consent *purpose =
        &out->purposes[low_bits(mark >> STATE_BITS, 3) % PURPOSE_LIMIT];
    uint64_t state = low_bits(mark, STATE_BITS);
    purpose->state = state < CONSENT_STATE_COUNT ? (enum consent_state)state : CONSENT_DENIED;
    return purpose;
}

static void decode_inline(const struct slot_image *image, struct subject_consent *out)
{
    const uint64_t *words = image->words;
    const uint64_t marks[INLINE_PURPOSES] = {
        low_bits(words[0] >> MARK_0_SHIFT, 6),
        low_bits(words[0] >> MARK_1_SHIFT, 6),
        low_bits(words[2] >> MARK_2_SHIFT, 6),
    };
    out->seq = low_bits(words[0], SEQ_BITS);
    for (unsigned i = 0; i < INLINE_PURPOSES && low_bits(marks[i], STATE_BITS) != 0; i++) {
        struct purpose_consent *purpose = unpack_mark(out, marks[i]);
        purpose->since = unpack_time((uint32_t)(words[1 + i / 2] >> (i % 2 * 32)));
        purpose->policy_version = (uint8_t)(words[2] >> (VERSION_SHIFT + 8 * i));
    }
}

static void decode_records(const struct slot_image *image, struct subject_consent *out)
{
    unsigned count = extended_purposes(image->words);
    out->seq = image->records[0];
    out->erase_at = unpack_time(image->records[1]);
    for (unsigned i = 0; i < count; i++) {
        const uint64_t *words = &image->records[2 + 2 * i];
        struct purpose_consent *purpose = unpack_mark(out, low_bits(words[0] >> LONG_TIME_BITS, 6));
        purpose->since = unpack_time(low_bits(words[0], LONG_TIME_BITS));
        purpose->until = unpack_time(low_bits(words[1], LONG_TIME_BITS));
        purpose->policy_version =
            (uint32_t)(words[1] >> LONG_TIME_BITS) | (uint32_t)(words[0] >> 48) << VERSION_LOW_BITS;
    }
}

void slot_decode(const struct slot_image *image, struct subject_consent *out)
{
    uint64_t age = low_bits(image->words[0] >> AGE_SHIFT, 8);
    subject_consent_init(out);
    out->known = true;
    out->unreadable = image->words[0] >> UNREADABLE_SHIFT & 1;
    out->split = image->words[0] >> SPLIT_SHIFT & 1;
    out->partition = (uint16_t)(low_bits(image->words[0] >> PARTITION_SHIFT, PARTITION_LOW_BITS) |
                                image->words[2] >> PARTITION_HIGH_SHIFT << PARTITION_LOW_BITS);
    out->age_stated = age != AGE_UNKNOWN;
    out->age = out->age_stated ? (uint8_t)age : 0;
    if (slot_record_count(image->words) > 0)
        decode_records(image, out);
    else
        decode_inline(image, out);
}
