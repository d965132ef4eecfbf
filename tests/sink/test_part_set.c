#include "sink/part_set.h"

#include <fcntl.h>

#include "core/json_document.h"
#include "sink/covered.h"
#include "sink/publication.h"
#include "tests/sink/fixture.h"

static struct fixture fixture;
static struct part_set set;
static char owner[FILE_OWNER_SIZE];

static int set_up(void **state)
{
    (void)state;
    fixture_init(&fixture);
    layout_owner(SLICE("lethe.group.host.0"), owner);
    struct part_set_options options = {.description = &fixture.description, .owner = owner};
    return part_set_init(&set, &options) == RC_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    part_set_release(&set);
    fixture_release(&fixture);
    return 0;
}

static void direct(size_t recipient, const char *name)
{
    int directory;
    assert_int_equal(layout_open(fixture.root, name, &directory), RC_OK);
    part_set_direct(&set, recipient, directory);
}

static int count_names(const char *below, enum file_kind kind)
{
    char first[FIXTURE_PATH];
    return fixture_count(&fixture, below, kind, first);
}

#define ANALYTICS LAYOUT_RECIPIENTS "/analytics"
#define RESEARCH  LAYOUT_RECIPIENTS "/research"

static void test_only_where_it_was_directed(void **state)
{
    (void)state;
    struct buffer entry;
    char first[FIXTURE_PATH];
    assert_false(part_set_is_used(&set));
    assert_int_equal(part_set_delay(&set), TIME_NEVER);
    direct(1, RESEARCH);
    assert_true(part_set_is_used(&set));
    assert_int_equal(part_set_delay(&set), 2 * TIME_MINUTE);
    fixture_fill(&fixture, 30);
    assert_int_equal(part_set_take(&set, &fixture.batch), RC_OK);
    assert_int_equal(count_names(ANALYTICS, FILE_TEMPORARY), 0);
    assert_int_equal(count_names(RESEARCH, FILE_TEMPORARY), 2);
    assert_int_equal(part_set_prepare(&set, fixture_now), RC_OK);
    assert_int_equal(fixture_count(&fixture, RESEARCH, FILE_TEMPORARY, first), 4);
    assert_true(layout_is_owned_by(strrchr(first, '/') + 1, owner));
    assert_false(layout_is_owned_by(strrchr(first, '/') + 1, NULL));
    buffer_init(&entry, 1 << 16);
    publication_begin(&entry, 0);
    part_set_describe(&set, &entry);
    publication_add_quarantine(&entry, NULL);
    assert_int_equal(buffer_status(&entry), RC_OK);
    buffer_append_byte(&entry, '\0');
    assert_non_null(strstr(entry.data, "\"recipient\":\"research\",\"schema\":\"click\""));
    assert_non_null(strstr(entry.data, "\"recipient\":\"research\",\"schema\":\"crash\""));
    assert_null(strstr(entry.data, "analytics"));
    buffer_release(&entry);
    assert_int_equal(part_set_publish(&set), RC_OK);
    assert_int_equal(count_names(RESEARCH, FILE_TEMPORARY), 0);
    assert_int_equal(count_names(RESEARCH, FILE_PART), 2);
    assert_int_equal(count_names(RESEARCH, FILE_MANIFEST), 2);
    assert_int_equal(set.outputs[1].counts.rows, 30);
    assert_int_equal(set.outputs[1].counts.parts, 2);
    assert_int_equal(set.outputs[0].counts.rows, 0);
}

static void test_discarded_and_abandoned(void **state)
{
    (void)state;
    direct(0, ANALYTICS);
    for (int prepared = 0; prepared < 2; prepared++) {
        fixture_fill(&fixture, 2); /* below the minimum, which is counted only once published */
        assert_int_equal(part_set_take(&set, &fixture.batch), RC_OK);
        if (prepared)
            assert_int_equal(part_set_prepare(&set, fixture_now), RC_OK);
        part_set_discard(&set);
        assert_int_equal(count_names(ANALYTICS, FILE_TEMPORARY), 0);
        batch_reset(&fixture.batch);
    }
    fixture_fill(&fixture, 2);
    assert_int_equal(part_set_take(&set, &fixture.batch), RC_OK);
    assert_int_equal(part_set_prepare(&set, fixture_now), RC_OK);
    part_set_abandon(&set);
    assert_true(count_names(ANALYTICS, FILE_TEMPORARY) >= 2);
    assert_int_equal(count_names(ANALYTICS, FILE_PART), 0);
    assert_int_equal(set.outputs[0].counts.below_minimum, 0);
    assert_int_equal(set.outputs[0].counts.parts, 0);
}

static void test_full(void **state)
{
    (void)state;
    fixture.recipients[0].part_bytes = 100;
    direct(0, ANALYTICS);
    assert_false(part_set_is_full(&set));
    fixture_fill(&fixture, 50);
    assert_int_equal(part_set_take(&set, &fixture.batch), RC_OK);
    assert_true(part_set_is_full(&set));
    assert_int_equal(part_set_delay(&set), TIME_MINUTE);
    part_set_discard(&set);
    assert_false(part_set_is_full(&set));
}

static void test_temporary_names(void **state)
{
    (void)state;
    char name[FILE_NAME_SIZE], temporary[FILE_NAME_SIZE], stem[FILE_STEM_SIZE];
    char other[FILE_OWNER_SIZE];
    static const char *const text = "0123456789abcdef0123456789abcdef";
    layout_owner(SLICE("lethe.group.host.1"), other);
    assert_string_not_equal(owner, other);
    for (enum file_kind kind = FILE_PART; kind <= FILE_QUARANTINE; kind++) {
        enum file_kind of = FILE_STRAY;
        layout_name(kind, text, name);
        layout_temporary_name(name, owner, temporary);
        assert_int_equal(layout_kind(temporary, stem, &of), FILE_TEMPORARY);
        assert_int_equal(of, kind);
        assert_string_equal(stem, text);
        assert_true(layout_is_owned_by(temporary, owner));
        assert_false(layout_is_owned_by(temporary, other));
        assert_false(layout_is_owned_by(temporary, NULL));
        assert_false(layout_is_owned_by(name, owner));
        layout_temporary_name(name, NULL, temporary);
        assert_int_equal(layout_kind(temporary, stem, &of), FILE_TEMPORARY);
        assert_true(layout_is_owned_by(temporary, NULL));
        assert_false(layout_is_owned_by(temporary, owner));
        /* A tag that is none. */
        snprintf(temporary, sizeof temporary, ".%.48s.0123456789ABCDEF.partial", name);
        assert_int_equal(layout_kind(temporary, stem, &of), FILE_STRAY);
    }
}

static void test_epochs(void **state)
{
    (void)state;
    struct epoch_set epochs = {0};
    static const uint32_t added[] = {42, 42, 41, EPOCH_NONE, 43, 41, 42};
    for (size_t i = 0; i < sizeof added / sizeof *added; i++)
        assert_int_equal(epoch_set_add(&epochs, added[i]), RC_OK);
    assert_int_equal(epochs.count, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(epochs.epochs[i], 41 + i);
    epoch_set_reset(&epochs);
    assert_int_equal(epoch_set_add(&epochs, 42), RC_OK); /* the last one before the reset */
    assert_int_equal(epochs.count, 1);
    for (uint32_t i = 1; i < EPOCH_SET_LIMIT; i++)
        assert_int_equal(epoch_set_add(&epochs, 100 + i), RC_OK);
    assert_int_equal(epoch_set_add(&epochs, 7), RC_LIMIT);
    assert_int_equal(epoch_set_add(&epochs, 101), RC_OK);
    epoch_set_release(&epochs);
}

static void test_what_is_covered(void **state)
{
    (void)state;
    struct covered covered;
    static const int64_t first[2] = {7, 9}, last[2] = {8, 9};
    struct commit_context context = {.consent = {16, first, 2}, .now = fixture_now};
    assert_int_equal(covered_init(&covered), RC_OK);
    for (int batch = 0; batch < 2; batch++) {
        for (int32_t partition = 0; partition < 2; partition++)
            assert_int_equal(
                batch_cover(&fixture.batch, 0, partition, batch * 10, batch * 10 + 9, fixture_now),
                RC_OK);
        assert_int_equal(covered_take(&covered, &fixture.batch, &context), RC_OK);
        batch_reset(&fixture.batch);
        context = (struct commit_context){.consent = {17, last, 2}, .now = fixture_now + 5};
    }
    assert_int_equal(covered.range_count, 2); /* one for each partition: they go on */
    assert_int_equal(covered.ranges[0].last, 19);
    assert_int_equal(covered.ranges[1].last, 19);
    assert_int_equal(covered.opened, fixture_now);
    assert_int_equal(covered.consent[0], 16);
    assert_int_equal(covered.consent[1], 17);
    assert_int_equal(covered.offsets[0][0], 7);
    assert_int_equal(covered.offsets[1][0], 8);
    /* A gap is another range, and so is what lies before. */
    assert_int_equal(batch_cover(&fixture.batch, 0, 0, 21, 22, fixture_now), RC_OK);
    assert_int_equal(batch_cover(&fixture.batch, 0, 1, 3, 4, fixture_now), RC_OK);
    assert_int_equal(covered_take(&covered, &fixture.batch, &context), RC_OK);
    assert_int_equal(covered.range_count, 4);
    covered_reset(&covered);
    assert_int_equal(covered.opened, TIME_NONE);
    covered_release(&covered);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_only_where_it_was_directed),
        TEST(test_discarded_and_abandoned),
        TEST(test_full),
        TEST(test_temporary_names),
        TEST(test_epochs),
        TEST(test_what_is_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
