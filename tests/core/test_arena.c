/* Arenas: alignment, limits, and memory that comes zeroed even the second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/arena.h"

/* AddressSanitizer ends the program where malloc would say NULL, unless it is told not to. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static bool is_zeroed(const char *memory, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (memory[i] != 0)
            return false;
    }
    return true;
}

static void test_allocation(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char *before = NULL;
    for (size_t size = 1; size < 700; size++) {
        char *memory = arena_allocate(&arena, 1, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        assert_true(is_zeroed(memory, size));
        memset(memory, 0xA5, size);
        if (before)
            assert_int_equal(before[size - 2], (char)0xA5);
        before = memory;
    }
    assert_non_null(arena_allocate(&arena, 0, 8));
    assert_non_null(arena_allocate(&arena, 8, 0));
    arena_release(&arena);
    assert_null(arena.chunks);
}

static void test_larger_than_a_chunk(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    char *small = arena_allocate(&arena, 1, 10);
    char *large = arena_allocate(&arena, 1, 300000);
    char *other = arena_allocate(&arena, 1, 10);
    assert_non_null(small);
    assert_non_null(large);
    assert_non_null(other);
    memset(large, 1, 300000);
    assert_true(is_zeroed(small, 10) && is_zeroed(other, 10));
    arena_release(&arena);
}

static void test_limit(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100);
    assert_non_null(arena_allocate(&arena, 1, 96));
    assert_null(arena_allocate(&arena, 1, 16));
    assert_true(arena.used <= arena.limit);
    assert_null(arena_allocate(&arena, SIZE_MAX, 1));
    assert_null(arena_allocate(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_allocate(&arena, 1, SIZE_MAX - 3));
    arena_release(&arena);
    struct arena zeroed = {0};
    assert_null(arena_allocate(&zeroed, 1, 1));
    assert_null(arena_string(&zeroed, SLICE("a")));
    assert_null(arena_copy(&zeroed, SLICE("a")).data);
    assert_null(arena_format(&zeroed, "%d", 1));
    arena_release(&zeroed);
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_allocate(&arena, 1, SIZE_MAX - 100)); /* no machine has that */
    assert_null(arena_allocate(&arena, 1, SIZE_MAX - 20));  /* and the chunk's head is added */
    assert_int_equal(arena.used, 0);
    assert_non_null(arena_allocate(&arena, 1, 1));
    arena_release(&arena);
}

static void test_reset(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 400000);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 39; i++) {
            char *memory = arena_allocate(&arena, 1, 10000);
            assert_non_null(memory);
            assert_true(is_zeroed(memory, 10000));
            memset(memory, 0x5A, 10000);
        }
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
    }
    arena_release(&arena);
    arena_reset(&arena);
    arena_release(&arena);
}

static void test_copies(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct slice copy = arena_copy(&arena, SLICE("a\0b"));
    assert_true(slice_equal(copy, SLICE("a\0b")));
    assert_int_equal(copy.data[3], '\0');
    copy = arena_copy(&arena, (struct slice){0});
    assert_non_null(copy.data);
    assert_int_equal(copy.length, 0);
    assert_string_equal(arena_string(&arena, SLICE("text")), "text");
    assert_string_equal(arena_format(&arena, "%s-%d", "x", 12), "x-12");
    assert_string_equal(arena_format(&arena, "%s", ""), "");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allocation), cmocka_unit_test(test_larger_than_a_chunk),
        cmocka_unit_test(test_limit),      cmocka_unit_test(test_reset),
        cmocka_unit_test(test_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
