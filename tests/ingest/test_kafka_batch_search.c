#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "ingest/kafka_probe.h"

enum { BATCHES = 12, NOT_TOLD = -1 };

/* A partition: batches one behind the other, good or bad; some bad ones do not tell where they
 * begin. */
struct log {
    struct {
        int64_t base, end;
        bool bad, told;
    } batches[BATCHES];
    int64_t end;
};

/* Runs the search from the start of batch `index`, or from a marker before it. Returns its verdict
 * and in *tries how many offsets were asked for. */
static enum search_verdict run(const struct log *log, int64_t from, int64_t *found, unsigned *tries)
{
    struct batch_search search;
    batch_search_start(&search, from, log->end);
    for (*tries = 1; *tries < 100000; (*tries)++) {
        assert_in_range(search.at, from, log->end - 1);
        enum search_verdict verdict = SEARCH_GOES_ON;
        for (int i = 0; i < BATCHES; i++) {
            if (search.at >= log->batches[i].end)
                continue;
            if (!log->batches[i].bad)
                verdict = batch_search_readable(&search);
            else
                verdict = batch_search_unreadable(
                    &search, log->batches[i].told ? log->batches[i].base : NOT_TOLD);
            break;
        }
        *found = search.good;
        if (verdict != SEARCH_GOES_ON)
            return verdict;
    }
    fail_msg("it does not end");
    return SEARCH_GOES_ON;
}

static void make(struct log *log, unsigned *random, int bad, bool told, int64_t size)
{
    int64_t base = rand_r(random) % 1000;
    for (int i = 0; i < BATCHES; i++) {
        log->batches[i].base = base;
        base += i == bad ? size : 1 + rand_r(random) % 40;
        log->batches[i].end = base;
        log->batches[i].bad = i == bad || (i != bad + 1 && rand_r(random) % 2 == 0);
        log->batches[i].told = i == bad ? told : rand_r(random) % 3 != 0;
    }
    log->end = base;
}

/* Whatever good and bad batches stand behind it, exactly the batch is stepped over. */
static void test_exact(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 3000; seed++) {
        unsigned random = seed, tries;
        int bad = rand_r(&random) % BATCHES;
        int64_t size = 1 + rand_r(&random) % 20000, found;
        struct log log;
        make(&log, &random, bad, true, size);
        /* A neighbour that tells where it begins is told apart, too. */
        if (bad + 1 < BATCHES && rand_r(&random) % 2)
            log.batches[bad + 1].bad = log.batches[bad + 1].told = true;
        assert_int_equal(run(&log, log.batches[bad].base, &found, &tries), SEARCH_FOUND);
        assert_int_equal(found, log.batches[bad].end);
        assert_in_range(tries, 1, 40);
    }
}

/* One that tells nothing is stepped through; a good batch behind it stays. */
static void test_one_by_one(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed < 500; seed++) {
        unsigned random = seed, tries;
        int bad = rand_r(&random) % BATCHES;
        int64_t size = 1 + rand_r(&random) % 50, found;
        struct log log;
        make(&log, &random, bad, false, size);
        assert_int_equal(run(&log, log.batches[bad].base, &found, &tries), SEARCH_FOUND);
        assert_int_equal(found, log.batches[bad].end);
    }
}

static void test_edges(void **state)
{
    (void)state;
    struct batch_search search;
    batch_search_start(&search, 7, 20); /* it can be read after all */
    assert_int_equal(batch_search_readable(&search), SEARCH_READABLE);
    batch_search_start(&search, 7, 8); /* a batch of one at the very end */
    assert_int_equal(batch_search_unreadable(&search, 7), SEARCH_FOUND);
    assert_int_equal(search.good, 8);
    batch_search_start(&search, 7, 5); /* the end is not known to be there yet */
    assert_int_equal(batch_search_unreadable(&search, NOT_TOLD), SEARCH_FOUND);
    assert_int_equal(search.good, 8);
    batch_search_start(&search, 7, 20); /* a marker at 7, the batch behind it */
    assert_int_equal(batch_search_unreadable(&search, 8), SEARCH_GOES_ON);
    assert_int_equal(search.at, 9);
    batch_search_start(&search, 7, 20); /* a base that cannot be is none */
    assert_int_equal(batch_search_unreadable(&search, 7305735936155935073), SEARCH_GOES_ON);
    assert_int_equal(search.base, -1);
    assert_int_equal(batch_search_unreadable(&search, INT64_MIN), SEARCH_GOES_ON);
    assert_int_equal(search.at, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_one_by_one),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
