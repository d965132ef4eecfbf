#include "sink/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/time_text.h"
#include "tests/sink/batch_row.h"

static const struct batch_limits limits = {.records = 10, .bytes = 1000, .delay = 1000};

static void add(struct batch *batch, const char *json, unsigned recipient, unsigned schema)
{
    add_row(batch, recipient, schema, 7, json);
}

static void add_sealed(struct batch *batch, const char *bytes)
{
    size_t before = batch->sealed_bytes.length;
    buffer_append_string(&batch->sealed_bytes, bytes);
    struct sealed_record sealed = {
        .sealed = slice_of(batch->sealed_bytes.data + before, batch->sealed_bytes.length - before),
        .reason = "malformed",
        .source = SLICE("day.ndjson"),
        .offset = 3};
    assert_int_equal(batch_add_sealed(batch, &sealed), RC_OK);
}

static struct slice row_text(const struct batch *batch, unsigned recipient, unsigned schema,
                             uint32_t index)
{
    const struct row_group *group = batch_group(batch, recipient, schema);
    assert_true(index < group->count);
    return slice_of(batch->rows.data + group->rows[index].offset, group->rows[index].length);
}

static void assert_text(struct slice text, const char *expected)
{
    assert_true(slice_equal(text, slice_from_string(expected)));
}

static void test_groups(void **state)
{
    (void)state;
    struct batch batch;
    assert_int_equal(batch_init(&batch, limits, 2, 3), RC_OK);
    assert_true(batch_is_empty(&batch));
    add(&batch, "{\"a\":1}", 0, 1);
    add(&batch, "{\"b\":2}", 1, 1);
    add(&batch, "{\"a\":3}", 0, 1);
    add(&batch, "{\"a\":4}", 0, 2);
    assert_false(batch_is_empty(&batch));
    assert_int_equal(batch_recipient_rows(&batch, 0), 3);
    assert_int_equal(batch_recipient_rows(&batch, 1), 1);
    assert_text(row_text(&batch, 0, 1, 0), "{\"a\":1}");
    assert_text(row_text(&batch, 0, 1, 1), "{\"a\":3}");
    assert_text(row_text(&batch, 1, 1, 0), "{\"b\":2}");
    assert_int_equal(batch_group(&batch, 0, 1)->bytes, 14);
    assert_int_equal(batch_group(&batch, 0, 1)->rows[0].epoch, 7);
    assert_int_equal(batch_group(&batch, 1, 2)->recipient, 1);
    assert_int_equal(batch_group(&batch, 1, 2)->schema, 2);
    batch_reset(&batch);
    assert_true(batch_is_empty(&batch));
    assert_int_equal(batch_recipient_rows(&batch, 0), 0);
    batch_release(&batch);
}

static void test_many_rows_stay_where_they_were(void **state)
{
    (void)state;
    struct batch batch;
    struct batch_limits large = {.records = 100000, .bytes = 1 << 20};
    assert_int_equal(batch_init(&batch, large, 1, 1), RC_OK);
    char json[32];
    for (int i = 0; i < 5000; i++) {
        snprintf(json, sizeof json, "{\"n\":%d}", i);
        add(&batch, json, 0, 0);
        snprintf(json, sizeof json, "sealed %d", i);
        add_sealed(&batch, json);
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(json, sizeof json, "{\"n\":%d}", i);
        assert_text(row_text(&batch, 0, 0, (uint32_t)i), json);
        snprintf(json, sizeof json, "sealed %d", i);
        struct sealed_record sealed = batch_sealed(&batch, (uint32_t)i);
        assert_text(sealed.sealed, json);
        assert_text(sealed.source, "day.ndjson");
    }
    batch_release(&batch);
}

static void test_refuses_what_is_not_its_own(void **state)
{
    (void)state;
    struct batch batch;
    assert_int_equal(batch_init(&batch, limits, 2, 2), RC_OK);
    struct clean_record record = append_row(&batch, 2, 0, 0, "{}");
    assert_int_equal(batch_add(&batch, &record), RC_INTERNAL);
    record.recipient = 0;
    record.schema = 2;
    assert_int_equal(batch_add(&batch, &record), RC_INTERNAL);
    record.schema = 0;
    struct clean_record elsewhere = record;
    elsewhere.json = SLICE("{}");
    assert_int_equal(batch_add(&batch, &elsewhere), RC_INTERNAL);
    elsewhere.json = (struct slice){0};
    assert_int_equal(batch_add(&batch, &elsewhere), RC_INTERNAL);
    append_row(&batch, 0, 0, 0, "{}");
    assert_int_equal(batch_add(&batch, &record), RC_INTERNAL); /* no longer the last */
    struct sealed_record sealed = {.sealed = SLICE("x"), .reason = "utf8"};
    assert_int_equal(batch_add_sealed(&batch, &sealed), RC_INTERNAL);
    assert_int_equal(batch_recipient_rows(&batch, 0), 0);
    batch_release(&batch);

    struct batch_limits bad = {.records = 1, .bytes = (size_t)UINT32_MAX + 1};
    assert_int_equal(batch_init(&batch, bad, 1, 1), RC_LIMIT);
    bad.bytes = 0;
    assert_int_equal(batch_init(&batch, bad, 1, 1), RC_LIMIT);
}

static void test_ranges(void **state)
{
    (void)state;
    struct batch batch;
    assert_int_equal(batch_init(&batch, limits, 1, 1), RC_OK);
    static const struct {
        uint32_t origin;
        int32_t partition;
        int64_t first, last;
    } records[] = {{0, 0, 5, 5},
                   {0, 0, 6, 6},
                   {0, 0, 6, 6}, /* the same message again */
                   {0, 0, 8, 8},
                   {0, 1, 9, 9},
                   {0, 0, 9, 11}, /* two partitions in turns, and a gap before a message */
                   {0, 1, 10, 10},
                   {1, 1, 10, 10},
                   {1, 1, 9, 9},
                   {1, 1, INT64_MAX, INT64_MAX},
                   {1, 1, INT64_MIN, INT64_MIN}};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++)
        assert_int_equal(batch_cover(&batch, records[i].origin, records[i].partition,
                                     records[i].first, records[i].last, 100 + (int64_t)i),
                         RC_OK);
    static const struct input_range expected[] = {{0, 0, 5, 6},
                                                  {0, 0, 8, 11},
                                                  {0, 1, 9, 10},
                                                  {1, 1, 10, 10},
                                                  {1, 1, 9, 9},
                                                  {1, 1, INT64_MAX, INT64_MAX},
                                                  {1, 1, INT64_MIN, INT64_MIN}};
    assert_int_equal(batch.range_count, 7);
    assert_memory_equal(batch.ranges, expected, sizeof expected);
    assert_int_equal(batch.input_records, 11);
    assert_int_equal(batch.opened, 100);
    assert_int_equal(batch_cover(&batch, 0, 0, 3, 2, 0), RC_INTERNAL);
    batch_reset(&batch);
    assert_int_equal(batch.opened, TIME_NONE);

    for (int64_t i = 0; i < INPUT_RANGE_LIMIT; i++)
        assert_int_equal(batch_cover(&batch, 0, 0, i * 2, i * 2, 0), RC_OK);
    assert_int_equal(batch_cover(&batch, 0, 0, -9, -9, 0), RC_LIMIT);
    assert_int_equal(
        batch_cover(&batch, 0, 0, INPUT_RANGE_LIMIT * 2 - 1, INPUT_RANGE_LIMIT * 2 - 1, 0), RC_OK);
    assert_int_equal(batch.input_records, INPUT_RANGE_LIMIT + 1);
    batch_release(&batch);
}

static void test_is_full(void **state)
{
    (void)state;
    struct batch batch;
    assert_int_equal(batch_init(&batch, limits, 1, 1), RC_OK);
    for (int i = 0; i < 10; i++) {
        assert_false(batch_is_full(&batch));
        assert_int_equal(batch_cover(&batch, 0, 0, i, i, 0), RC_OK);
    }
    assert_true(batch_is_full(&batch));
    batch_reset(&batch);
    assert_false(batch_is_full(&batch));
    batch.rows.length = 0;
    assert_non_null(buffer_reserve(&batch.rows, 1000));
    memset(batch.rows.data, 'x', 1000);
    batch.rows.length = 999;
    assert_false(batch_is_full(&batch));
    batch.rows.length = 1000;
    assert_true(batch_is_full(&batch));
    batch_release(&batch);
}

static void test_reset_overwrites(void **state)
{
    (void)state;
    struct batch batch;
    assert_int_equal(batch_init(&batch, limits, 1, 1), RC_OK);
    add(&batch, "{\"marker\":\"MARKER\"}", 0, 0);
    add_sealed(&batch, "MARKER");
    const char *rows = batch.rows.data, *sealed = batch.sealed_bytes.data;
    batch_reset(&batch);
    assert_ptr_equal(rows, batch.rows.data); /* the memory is kept */
    for (size_t i = 0; i < 19; i++)
        assert_int_equal(rows[i], 0);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(sealed[i], 0);
    batch_release(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_many_rows_stay_where_they_were),
        cmocka_unit_test(test_refuses_what_is_not_its_own),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_is_full),
        cmocka_unit_test(test_reset_overwrites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
