#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "ingest/kafka_positions.h"
#include "ingest/kafka_source.h"

static struct position *hold(struct position_table *table, size_t topic, int32_t partition,
                             int64_t start)
{
    assert_int_equal(position_hold(table, topic, partition, start), RC_OK);
    struct position *position = position_find(table, topic, partition);
    assert_non_null(position);
    return position;
}

static void test_table(void **state)
{
    (void)state;
    struct position_table table;
    assert_int_equal(position_table_init(&table, 2, 10), RC_OK);
    assert_null(position_find(&table, 0, 0));
    assert_null(position_find(&table, 2, 0));
    assert_null(position_find(&table, SIZE_MAX, 0));
    assert_null(position_find(&table, 0, -1));
    hold(&table, 1, 3, 5);
    hold(&table, 0, 9, 6);
    assert_null(position_find(&table, 1, 2)); /* beside one that is known */
    assert_int_equal(position_hold(&table, 0, 10, 0), RC_LIMIT);
    assert_int_equal(position_hold(&table, 2, 0, 0), RC_INTERNAL);
    assert_int_equal(position_hold(&table, 0, 0, -1), RC_INTERNAL);
    struct position_cursor cursor = {0};
    size_t topic;
    assert_int_equal(position_next(&table, &cursor, &topic)->partition, 9);
    assert_int_equal(topic, 0);
    assert_int_equal(position_next(&table, &cursor, &topic)->partition, 3);
    assert_int_equal(topic, 1);
    assert_null(position_next(&table, &cursor, &topic));
    for (int32_t p = 0; p < 8; p++)
        assert_int_equal(position_hold(&table, 0, p, 0), RC_OK);
    assert_int_equal(position_hold(&table, 0, 8, 0), RC_LIMIT); /* an eleventh */
    position_drop_all(&table);
    assert_false(position_find(&table, 0, 9)->held);
    assert_true(hold(&table, 0, 9, 7)->held);
    position_table_release(&table);
}

static void test_gaps(void **state)
{
    (void)state;
    struct position_table table;
    assert_int_equal(position_table_init(&table, 1, 10), RC_OK);
    struct position *position = hold(&table, 0, 0, 5);
    int64_t first = -1;
    assert_true(position_offer(position, 5, &first));
    assert_int_equal(first, 5);
    assert_true(position_offer(position, 9, &first)); /* 6 to 8 are no messages */
    assert_int_equal(first, 6);
    assert_false(position_offer(position, 9, &first)); /* once more */
    assert_false(position_offer(position, 3, &first)); /* stale */
    position_reach(position, 12);                      /* markers at the end */
    assert_int_equal(position->at, 12);
    position_reach(position, 11);
    assert_int_equal(position->at, 12);
    assert_true(position_offer(position, 12, &first));
    assert_int_equal(first, 10);
    assert_int_equal(position->at, 13);
    position_drop_all(&table);
    assert_false(position_offer(position, 13, &first));
    position_table_release(&table);
}

static void test_settled(void **state)
{
    (void)state;
    struct position_table table;
    assert_int_equal(position_table_init(&table, 1, 10), RC_OK);
    struct position *position = hold(&table, 0, 0, 5);
    int64_t first;
    for (int64_t offset = 5; offset < 10; offset++)
        assert_true(position_offer(position, offset, &first));
    position_settle(position, 8);
    position_settle(position, 7);  /* never back */
    position_settle(position, 11); /* never more than was handed out */
    position_rewind(position);
    assert_int_equal(position->next, 8);
    assert_true(position_offer(position, 8, &first));
    assert_int_equal(first, 8);
    /* A settlement of an assignment that is gone means nothing to the next. */
    position_drop_all(&table);
    position_settle(position, 9);
    assert_int_equal(position->settled, 8);
    position = hold(&table, 0, 0, 20);
    position_rewind(position);
    assert_int_equal(position->next, 20);
    position_table_release(&table);
}

static void test_skip(void **state)
{
    (void)state;
    struct position_table table;
    assert_int_equal(position_table_init(&table, 1, 10), RC_OK);
    struct position *position = hold(&table, 0, 0, 0);
    int64_t first;
    for (int64_t offset = 0; offset < 3; offset++)
        assert_true(position_offer(position, offset, &first));
    assert_false(position_skip_again(position));
    position->state = POSITION_POISONED;
    assert_false(position_offer(position, 3, &first)); /* made of broken bytes */
    position_skip(position, 7);
    assert_int_equal(position->at, 7);
    assert_int_equal(position->next, 3);
    position_skip(position, 9); /* its neighbour */
    assert_int_equal(position->poison, 2);
    assert_int_equal(position->poison_offset, 7);
    assert_int_equal(position->poison_length, 6);
    position_rewind(position); /* to 0 */
    assert_int_equal(position->at, 0);
    for (int64_t offset = 0; offset < 3; offset++)
        assert_true(position_offer(position, offset, &first));
    assert_true(position_skip_again(position)); /* met again: known, not counted */
    assert_int_equal(position->at, 9);
    assert_int_equal(position->poison, 2);
    assert_true(position_offer(position, 9, &first));
    assert_int_equal(first, 3);
    /* Committed up to the poison: a rewind does not meet it at all. */
    position_settle(position, 3);
    position_rewind(position);
    assert_int_equal(position->next, 3);
    assert_int_equal(position->at, 9);
    assert_true(position_offer(position, 9, &first));
    assert_int_equal(first, 3);
    /* Another assignment knows nothing of it, but the counts stay. */
    position = hold(&table, 0, 0, 3);
    assert_false(position_skip_again(position));
    assert_int_equal(position->poison, 2);
    /* Nothing is stepped over where it can be read after all. */
    position_skip(position, 3);
    assert_int_equal(position->poison, 2);
    position_table_release(&table);
}

/* Whatever happens, what is committed tiles the partition: every offset once, none twice. */
static void test_tiles(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 2000; seed++) {
        unsigned random = seed;
        struct position_table table;
        assert_int_equal(position_table_init(&table, 1, 1), RC_OK);
        enum { END = 60 };
        bool message[END], poison[END];
        for (int i = 0; i < END; i++) {
            message[i] = rand_r(&random) % 4 != 0;
            poison[i] = !message[i] && rand_r(&random) % 3 == 0;
        }
        message[END - 1] = true;
        poison[END - 1] = false;
        struct position *position = hold(&table, 0, 0, 0);
        int64_t covered = 0, committed = 0;
        while (committed < END) {
            /* The broker's reader goes on from `at`. */
            int64_t at = position->at;
            while (at < END && !message[at] && !poison[at])
                at++;
            if (at < END && poison[at]) {
                position->at = at;
                if (!position_skip_again(position))
                    position_skip(position, at + 1);
                continue;
            }
            int64_t first;
            if (at < END) {
                assert_true(position_offer(position, at, &first));
                assert_int_equal(first, covered);
                covered = at + 1;
            }
            if (covered == END || rand_r(&random) % 5 == 0) {
                position_settle(position, covered);
                committed = covered;
            } else if (rand_r(&random) % 7 == 0) {
                position_rewind(position);
                covered = committed;
            }
        }
        position_table_release(&table);
    }
}

static void test_halts(void **state)
{
    (void)state;
    for (int kind = 0; kind < KAFKA_HALT_KIND_COUNT; kind++) {
        assert_non_null(kafka_halt_name((enum kafka_halt_kind)kind));
        assert_non_null(kafka_halt_sentence((enum kafka_halt_kind)kind));
    }
    assert_non_null(kafka_halt_name((enum kafka_halt_kind)KAFKA_HALT_KIND_COUNT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table), cmocka_unit_test(test_gaps),  cmocka_unit_test(test_settled),
        cmocka_unit_test(test_skip),  cmocka_unit_test(test_tiles), cmocka_unit_test(test_halts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
