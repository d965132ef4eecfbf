/*
 * One writer and four readers. Every state that the writer puts is made from one number, so a state
 * that mixes two of them is seen at once; and a subject's number never goes back. Meant to be run
 * under ThreadSanitizer as well, where any access that is no atomic one is reported.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "consent/buckets.h"
#include "consent/table.h"
#include "tests/await.h"

#ifdef __SANITIZE_THREAD__
enum { SLOWER = 8 };
#else
enum { SLOWER = 1 };
#endif

enum { READERS = 4, IDS = 48, WRITES = 200000 / SLOWER };

static struct consent_table *table;
static atomic_bool finished;

/* Of every number one of four shapes: in the slot alone, or with one to three records beside it. */
static void make_state(uint64_t number, struct subject_consent *out)
{
    unsigned purposes = (unsigned[]){3, 3, 5, PURPOSE_LIMIT}[number % 4];
    subject_consent_init(out);
    out->known = true;
    out->seq = number;
    out->age_stated = true;
    out->age = (uint8_t)(number % 100);
    out->partition = (uint16_t)(number % CONSENT_PARTITION_LIMIT);
    out->split = number % 5 == 0;
    if (number % 4 == 1)
        out->erase_at = (int64_t)number * TIME_SECOND;
    for (unsigned i = 0; i < purposes; i++) {
        out->purposes[i].state = (enum consent_state)(1 + (number + i) % 4);
        out->purposes[i].since = (int64_t)(number + i) * TIME_SECOND;
        out->purposes[i].until =
            number % 4 == 3 ? (int64_t)(number * 2 + i) * TIME_SECOND : TIME_NONE;
        out->purposes[i].policy_version = (uint32_t)(number % 200);
    }
}

static bool is_made_from_one_number(const struct subject_consent *found)
{
    struct subject_consent expected;
    make_state(found->seq, &expected);
    bool same = found->age == expected.age && found->erase_at == expected.erase_at &&
                found->age_stated && !found->unreadable;
    for (unsigned i = 0; i < PURPOSE_LIMIT; i++) {
        const struct purpose_consent *a = &found->purposes[i];
        const struct purpose_consent *b = &expected.purposes[i];
        same = same && a->state == b->state && a->since == b->since && a->until == b->until &&
               a->policy_version == b->policy_version;
    }
    return same;
}

struct reader {
    pthread_t thread;
    uint64_t torn, went_back;
    atomic_uint_fast64_t found, absent;
};

static void *read_all_the_time(void *argument)
{
    struct reader *reader = argument;
    uint64_t seen[IDS] = {0};
    struct subject_consent found;
    while (!atomic_load(&finished)) {
        for (unsigned i = 0; i < IDS; i++) {
            char id = (char)('0' + i);
            if (!consent_table_find(table, CATEGORY_ACCOUNT_USER_ID, slice_of(&id, 1), &found)) {
                reader->absent++;
                continue;
            }
            reader->found++;
            reader->torn += !is_made_from_one_number(&found) || found.partition != i || found.split;
            reader->went_back += found.seq < seen[i];
            seen[i] = found.seq;
        }
        struct consent_counts counts;
        consent_table_counts(table, &counts);
        reader->torn += counts.subjects > IDS || consent_table_block(table) != CONSENT_BLOCK_NONE;
    }
    return NULL;
}

/* Numbers only grow; now and then a subject goes, and comes back elsewhere. */
static void write_all(void)
{
    uint64_t random = 88172645463325252;
    for (uint64_t number = 1; number <= WRITES; number++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        char id = (char)('0' + random % IDS);
        struct consent_key key = {.category = CATEGORY_ACCOUNT_USER_ID, .id = slice_of(&id, 1)};
        struct consent_message message = {.tombstone = random >> 32 & 1};
        message.partition = (uint16_t)(random % IDS);
        if (!message.tombstone)
            make_state(number, &message.subject);
        enum consent_apply_result result = consent_table_apply(table, &key, &message);
        assert_true(result == CONSENT_APPLIED || (message.tombstone && result == CONSENT_SAME));
    }
}

static void readers_never_see_a_mixture(void **state)
{
    (void)state;
    struct reader readers[READERS] = {0};
    assert_int_equal(consent_table_new(IDS, NULL, &table), RC_OK);
    for (unsigned i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_all_the_time, &readers[i]),
                         0);
    for (unsigned i = 0; i < READERS; i++)
        AWAIT(atomic_load(&readers[i].absent) > 0); /* all of them read while it is written */
    write_all();
    for (unsigned i = 0; i < READERS; i++)
        AWAIT(atomic_load(&readers[i].found) > 0);
    atomic_store(&finished, true);
    for (unsigned i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].torn, 0);
        assert_int_equal(readers[i].went_back, 0);
    }
    consent_table_free(table);
}

/* A full table through which keys come and go, so that they are pulled about; no reader ever misses
 * one that is there. The writer says which are: the numbers from `oldest` to before `newest`. */
enum { LIVE = 600, CHURN_WRITES = 400000 / SLOWER };

static atomic_uint_fast64_t oldest;
static atomic_uint_fast64_t newest;
static struct buckets buckets;

static uint64_t mix(uint64_t number)
{
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

static struct subject_key key_of(uint64_t number)
{
    return (struct subject_key){{mix(2 * number + 1), mix(2 * number + 2)}};
}

static void *find_what_is_there(void *argument)
{
    struct reader *reader = argument;
    struct slot_image image;
    struct subject_consent found;
    uint64_t random = 88172645463325252;
    while (!atomic_load(&finished)) {
        random = mix(random + 1);
        uint64_t first = atomic_load(&oldest);
        uint64_t number = first + random % (atomic_load(&newest) - first);
        if (buckets_find(&buckets, key_of(number), &image)) {
            slot_decode(&image, &found);
            reader->torn += !is_made_from_one_number(&found) || found.seq % LIVE != number % LIVE ||
                            found.partition != found.seq % CONSENT_PARTITION_LIMIT ||
                            found.split != (found.seq % 5 == 0);
            reader->found++;
        } else {
            reader->absent += number >= atomic_load(&oldest);
        }
    }
    return NULL;
}

static void put(uint64_t number, uint64_t seq)
{
    struct subject_consent subject;
    struct slot_image image;
    make_state(seq, &subject);
    slot_encode(&subject, &image);
    assert_true(buckets_put(&buckets, key_of(number), &image));
}

static void readers_never_miss_what_is_there(void **state)
{
    (void)state;
    struct reader readers[READERS] = {0};
    assert_int_equal(buckets_init(&buckets, LIVE), RC_OK);
    for (uint64_t i = 0; i < LIVE; i++)
        put(i, i);
    atomic_store(&newest, LIVE);
    atomic_store(&finished, false);
    for (unsigned i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i].thread, NULL, find_what_is_there, &readers[i]),
                         0);
    for (unsigned i = 0; i < READERS; i++)
        AWAIT(atomic_load(&readers[i].found) > 0);
    for (uint64_t number = LIVE; number < CHURN_WRITES; number++) {
        uint64_t first = number - LIVE;
        atomic_store(&oldest, first + 1);
        assert_true(buckets_remove(&buckets, key_of(first)));
        put(number, number);
        atomic_store(&newest, number + 1);
        uint64_t changed = first + 1 + mix(number) % LIVE;
        put(changed, changed + number % 1000 * LIVE);
    }
    uint64_t moves = atomic_load(&buckets.moves);
    atomic_store(&finished, true);
    for (unsigned i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_int_equal(readers[i].torn, 0);
        assert_int_equal(readers[i].absent, 0);
    }
    assert_true(moves > 10000);
    buckets_release(&buckets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_never_see_a_mixture),
        cmocka_unit_test(readers_never_miss_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
