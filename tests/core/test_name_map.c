/* Names to numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>

#include "core/name_map.h"

static void test_add_and_find(void **state)
{
    (void)state;
    struct arena arena;
    struct name_map map;
    arena_init(&arena, 1 << 16);
    assert_int_equal(name_map_init(&map, &arena, 4), RC_OK);
    assert_int_equal(name_map_find(&map, SLICE("a")), NAME_MAP_NONE);
    char name[] = "a";
    assert_int_equal(name_map_add(&map, &arena, slice_from_string(name), 7), RC_OK);
    name[0] = 'x'; /* the map has its own copy */
    assert_int_equal(name_map_find(&map, SLICE("a")), 7);
    assert_int_equal(name_map_find(&map, SLICE("x")), NAME_MAP_NONE);
    assert_int_equal(name_map_add(&map, &arena, SLICE("a"), 8), RC_EXISTS);
    assert_int_equal(name_map_find(&map, SLICE("a")), 7);
    assert_int_equal(name_map_add(&map, &arena, (struct slice){0}, UINT32_MAX), RC_OK);
    assert_int_equal(name_map_find(&map, SLICE("")), UINT32_MAX);
    assert_int_equal(name_map_add(&map, &arena, SLICE("a\0b"), 0), RC_OK);
    assert_int_equal(name_map_find(&map, SLICE("a\0b")), 0);
    assert_int_equal(name_map_find(&map, SLICE("a\0c")), NAME_MAP_NONE);
    assert_int_equal(name_map_add(&map, &arena, SLICE("fourth"), 4), RC_OK);
    assert_int_equal(name_map_add(&map, &arena, SLICE("fifth"), 5), RC_LIMIT);
    assert_int_equal(name_map_add(&map, &arena, SLICE("a"), 5), RC_EXISTS);
    assert_int_equal(name_map_find(&map, SLICE("fifth")), NAME_MAP_NONE);
    assert_int_equal(map.count, 4);
    arena_release(&arena);
}

static void test_many(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    struct arena arena;
    struct name_map map;
    arena_init(&arena, 1 << 22);
    assert_int_equal(name_map_init(&map, &arena, COUNT), RC_OK);
    assert_true(map.slot_count >= 2 * COUNT);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            char name[32];
            snprintf(name, sizeof name, "device.field.%u", i);
            struct slice key = slice_from_string(name);
            if (round == 0)
                assert_int_equal(name_map_add(&map, &arena, key, i), RC_OK);
            else
                assert_int_equal(name_map_find(&map, key), i);
        }
    }
    assert_int_equal(name_map_find(&map, SLICE("device.field.5000")), NAME_MAP_NONE);
    arena_release(&arena);
}

static void test_limits(void **state)
{
    (void)state;
    struct arena arena;
    struct name_map map;
    struct name_map zeroed = {0};
    arena_init(&arena, 1000);
    assert_int_equal(name_map_find(&zeroed, SLICE("a")), NAME_MAP_NONE);
    assert_int_equal(name_map_add(&zeroed, &arena, SLICE("a"), 1), RC_LIMIT);
    assert_int_equal(name_map_init(&map, &arena, 0), RC_OK);
    assert_int_equal(name_map_add(&map, &arena, SLICE("a"), 1), RC_LIMIT);
    assert_int_equal(name_map_find(&map, SLICE("a")), NAME_MAP_NONE);
    assert_int_equal(name_map_init(&map, &arena, 1000000), RC_NO_MEMORY);
    assert_int_equal(name_map_find(&map, SLICE("a")), NAME_MAP_NONE);
    assert_int_equal(name_map_init(&map, &arena, SIZE_MAX), RC_LIMIT);
    assert_int_equal(name_map_init(&map, &arena, 8), RC_OK);
    char name[700] = {0};
    assert_int_equal(name_map_add(&map, &arena, slice_of(name, 700), 1), RC_NO_MEMORY);
    assert_int_equal(name_map_find(&map, slice_of(name, 700)), NAME_MAP_NONE);
    assert_int_equal(name_map_add(&map, &arena, SLICE("a"), 1), RC_OK);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_and_find),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
