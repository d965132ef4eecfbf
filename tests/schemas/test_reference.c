/*
 * The pages of docs/reference/ are what the tables say. LETHE_UPDATE=1 in the environment writes
 * them anew instead of comparing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/file.h"
#include "schemas/category.h"
#include "schemas/reference.h"

static void check_page(const char *path, void (*write_page)(struct buffer *))
{
    struct buffer page;
    buffer_init(&page, REFERENCE_LIMIT);
    write_page(&page);
    assert_int_equal(buffer_status(&page), RC_OK);

    struct arena arena;
    arena_init(&arena, 4 * REFERENCE_LIMIT);
    if (getenv("LETHE_UPDATE"))
        assert_int_equal(file_write_atomically(path, buffer_slice(&page), 0644, true), RC_OK);
    struct slice committed;
    assert_int_equal(file_read(path, REFERENCE_LIMIT, &arena, &committed), RC_OK);
    assert_true(slice_equal(committed, buffer_slice(&page)));
    arena_release(&arena);
    buffer_release(&page);
}

static void categories_page_is_current(void **state)
{
    (void)state;
    check_page(LETHE_SOURCE_DIR "/docs/reference/categories.md", reference_write_categories);
}

static void actions_page_is_current(void **state)
{
    (void)state;
    check_page(LETHE_SOURCE_DIR "/docs/reference/actions.md", reference_write_actions);
}

static void reasons_page_is_current(void **state)
{
    (void)state;
    check_page(LETHE_SOURCE_DIR "/docs/reference/reasons.md", reference_write_reasons);
}

/* Every category stands on its page exactly once as a row, and every line of a table is whole. */
static void categories_page_is_complete(void **state)
{
    (void)state;
    struct buffer page, row;
    buffer_init(&page, REFERENCE_LIMIT);
    buffer_init(&row, 256);
    reference_write_categories(&page);
    for (unsigned i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        buffer_reset(&row);
        buffer_append_format(&row, "\n| `%s` | ", category_info((enum category)i)->name);
        struct slice text = buffer_slice(&page);
        size_t at = slice_find(text, buffer_slice(&row));
        assert_true(at < text.length);
        struct slice rest = slice_tail(text, at + row.length);
        assert_int_equal(slice_find(rest, buffer_slice(&row)), rest.length);
    }
    struct slice rest = buffer_slice(&page);
    while (rest.data) {
        struct slice line = slice_cut(&rest, '\n');
        if (slice_starts_with(line, SLICE("|")))
            assert_true(slice_ends_with(line, SLICE("|")));
    }
    buffer_release(&row);
    buffer_release(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(categories_page_is_current),
        cmocka_unit_test(actions_page_is_current),
        cmocka_unit_test(reasons_page_is_current),
        cmocka_unit_test(categories_page_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
