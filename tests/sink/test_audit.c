#include "sink/audit.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"

static char directory[64];
static char path[128];
static const int64_t now = 1795507200000; /* 2026-11-24T08:00:00Z */

static int set_up(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/lethe-audit-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/audit.ndjson", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static void write_audit(void)
{
    struct audit *audit;
    unlink(path);
    assert_int_equal(audit_create(path, &audit), RC_OK);
    assert_int_equal(audit_append(audit, "start", SLICE("\"command\":\"replay\""), now), RC_OK);
    assert_int_equal(audit_append(audit, "policy", SLICE("\"name\":\"a\\nb\",\"version\":7"), now),
                     RC_OK);
    assert_int_equal(audit_append(audit, "publication", SLICE("\"parts\":[{\"rows\":1}]"), now),
                     RC_OK);
    assert_int_equal(audit_append(audit, "nothing", (struct slice){0}, now), RC_OK);
    assert_int_equal(audit_end(audit, SLICE("\"rows\":1"), now), RC_OK);
}

static struct slice read_back(struct arena *arena)
{
    struct slice text;
    arena_init(arena, 1 << 20);
    assert_int_equal(file_read(path, 1 << 19, arena, &text), RC_OK);
    return text;
}

static void write_text(struct slice text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.length, file), text.length);
    assert_int_equal(fclose(file), 0);
}

static enum rc read_text(struct slice text, uint64_t *bad)
{
    write_text(text);
    return audit_read(path, NULL, NULL, bad);
}

struct seen {
    char events[200];
    uint64_t last;
    int stop_after;
};

static bool see(void *context, uint64_t number, struct slice event, const struct json_value *entry)
{
    struct seen *seen = context;
    assert_int_equal(number, seen->last + 1);
    seen->last = number;
    strncat(seen->events, event.data, event.length);
    strcat(seen->events, " ");
    assert_true(slice_equal(json_member_text(entry, SLICE("time")), SLICE("2026-11-24T08:00:00Z")));
    if (number == 2)
        assert_true(slice_equal(json_member_text(entry, SLICE("name")), SLICE("a\nb")));
    return number != (uint64_t)seen->stop_after;
}

static void test_write_and_read(void **state)
{
    (void)state;
    struct seen seen = {.stop_after = -1};
    uint64_t bad = 99;
    write_audit();
    assert_int_equal(audit_read(path, see, &seen, &bad), RC_OK);
    assert_string_equal(seen.events, "start policy publication nothing end ");
    assert_int_equal(bad, 0);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);

    struct seen two = {.stop_after = 2};
    assert_int_equal(audit_read(path, see, &two, NULL), RC_OK);
    assert_int_equal(two.last, 2);
}

static void test_form(void **state)
{
    (void)state;
    struct arena arena;
    write_audit();
    struct slice text = read_back(&arena);
    struct slice first = slice_cut(&text, '\n');
    static const char before[] =
        "{\"n\":1,\"previous\":\"0000000000000000000000000000000000000000000000000000000000000000"
        "\",\"time\":\"2026-11-24T08:00:00Z\",\"event\":\"start\",\"command\":\"replay\"";
    char hash[AUDIT_HASH_SIZE], expected[1000];
    audit_hash(slice_from_string(before), hash);
    snprintf(expected, sizeof expected, "%s,\"hash\":\"%s\"}", before, hash);
    assert_true(slice_equal(first, slice_from_string(expected)));
    arena_release(&arena);
}

static void test_refuses_to_overwrite(void **state)
{
    (void)state;
    struct audit *audit;
    write_audit();
    assert_int_equal(audit_create(path, &audit), RC_EXISTS);
    assert_null(audit);
    unlink(path);
    assert_int_equal(symlink("/tmp/lethe-nowhere", path), 0);
    assert_int_equal(audit_create(path, &audit), RC_EXISTS);
    unlink(path);
    assert_int_equal(audit_read(path, NULL, NULL, NULL), RC_NOT_FOUND);
}

static void test_bad_members_are_not_written(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\"rows\":",      "rows",          "\"a\":1,\"a\":2",   "\"n\":5",
        "\"a\":1}",       "\"a\":\n1",     "\"a\":1},{\"b\":1", ",",
        "\"a\":\"\xff\"", "\"hash\":\"\"", "\"previous\":1"};
    struct audit *audit;
    unlink(path);
    assert_int_equal(audit_create(path, &audit), RC_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(audit_append(audit, "x", slice_from_string(bad[i]), now), RC_INTERNAL);
    char *large = malloc(AUDIT_LINE_LIMIT);
    assert_non_null(large);
    memset(large, ' ', AUDIT_LINE_LIMIT);
    assert_int_equal(audit_append(audit, "x", slice_of(large, AUDIT_LINE_LIMIT), now), RC_LIMIT);
    free(large);
    assert_false(audit_is_doubtful(audit));
    assert_int_equal(audit_append(audit, "good", SLICE("\"a\":1"), now), RC_OK);
    assert_int_equal(audit_end(audit, (struct slice){0}, now), RC_OK);
    assert_int_equal(audit_read(path, NULL, NULL, NULL), RC_OK);
}

static void test_any_byte_changed(void **state)
{
    (void)state;
    struct arena arena;
    write_audit();
    struct slice text = read_back(&arena);
    char *copy = arena_allocate(&arena, text.length, 1);
    assert_non_null(copy);
    static const unsigned char changes[] = {0x01, 0x20, 0x80};
    for (size_t i = 0; i < text.length; i++)
        for (size_t c = 0; c < sizeof changes; c++) {
            memcpy(copy, text.data, text.length);
            copy[i] = (char)(copy[i] ^ changes[c]);
            enum rc rc = read_text(slice_of(copy, text.length), NULL);
            /* The very last newline gone, the last line is torn. */
            assert_int_equal(rc, i + 1 == text.length ? RC_TRUNCATED : RC_CORRUPT);
        }
    arena_release(&arena);
}

static void test_tail_cut_at_any_byte(void **state)
{
    (void)state;
    struct arena arena;
    write_audit();
    struct slice text = read_back(&arena);
    for (size_t length = 0; length < text.length; length++)
        assert_int_equal(read_text(slice_head(text, length), NULL), RC_TRUNCATED);
    assert_int_equal(read_text(text, NULL), RC_OK);
    struct seen seen = {.stop_after = -1};
    write_text(slice_head(text, text.length - 3));
    assert_int_equal(audit_read(path, see, &seen, NULL), RC_TRUNCATED);
    assert_int_equal(seen.last, 4); /* what is whole was visited */
    arena_release(&arena);
}

enum { LINES = 5 };

static void split(struct slice text, struct slice lines[LINES])
{
    for (int i = 0; i < LINES; i++) {
        struct slice start = text;
        struct slice line = slice_cut(&text, '\n');
        lines[i] = slice_head(start, line.length + 1);
    }
    assert_int_equal(text.length, 0);
}

/* An audit of the lines with these numbers. */
static enum rc read_lines(const struct slice lines[LINES], const int *order, uint64_t *bad)
{
    char text[8192];
    size_t length = 0;
    for (; *order >= 0; order++) {
        memcpy(text + length, lines[*order].data, lines[*order].length);
        length += lines[*order].length;
    }
    return read_text(slice_of(text, length), bad);
}

static void test_lines_removed_repeated_and_moved(void **state)
{
    (void)state;
    static const struct {
        int order[LINES + 3];
        enum rc rc;
        uint64_t bad;
    } cases[] = {
        {{0, 1, 2, 3, 4, -1}, RC_OK, 0},
        {{1, 2, 3, 4, -1}, RC_CORRUPT, 1},
        {{0, 2, 3, 4, -1}, RC_CORRUPT, 2},
        {{0, 1, 3, 4, -1}, RC_CORRUPT, 3},
        {{0, 1, 2, 4, -1}, RC_CORRUPT, 4},
        {{0, 1, 2, 3, -1}, RC_TRUNCATED, 0},
        {{4, -1}, RC_CORRUPT, 1},
        {{0, 0, 1, 2, 3, 4, -1}, RC_CORRUPT, 2},
        {{0, 1, 2, 2, 3, 4, -1}, RC_CORRUPT, 4},
        {{0, 1, 2, 3, 4, 4, -1}, RC_CORRUPT, 6},
        {{0, 1, 2, 3, 4, 0, -1}, RC_CORRUPT, 6},
        {{1, 0, 2, 3, 4, -1}, RC_CORRUPT, 1},
        {{0, 2, 1, 3, 4, -1}, RC_CORRUPT, 2},
        {{0, 1, 3, 2, 4, -1}, RC_CORRUPT, 3},
        {{0, 1, 2, 4, 3, -1}, RC_CORRUPT, 4},
        {{4, 1, 2, 3, 0, -1}, RC_CORRUPT, 1},
    };
    struct arena arena;
    struct slice lines[LINES];
    write_audit();
    split(read_back(&arena), lines);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t bad;
        assert_int_equal(read_lines(lines, cases[i].order, &bad), cases[i].rc);
        assert_int_equal(bad, cases[i].bad);
    }
    arena_release(&arena);
}

/* What one would forge: a line with a good hash of its own, in any place. */
static void test_lines_added(void **state)
{
    (void)state;
    struct arena arena;
    struct slice lines[LINES];
    write_audit();
    split(read_back(&arena), lines);
    for (int place = 0; place <= LINES; place++) {
        char hash[AUDIT_HASH_SIZE], forged[512], text[8192];
        struct slice before = place ? lines[place - 1] : (struct slice){0};
        struct slice previous = place ? slice_between(before, before.length - 67, before.length - 3)
                                      : SLICE("00000000000000000000000000000000"
                                              "00000000000000000000000000000000");
        int length = snprintf(forged, sizeof forged,
                              "{\"n\":%d,\"previous\":\"%.*s\",\"time\":\"2026-11-24T08:00:00Z\","
                              "\"event\":\"policy\"",
                              place + 1, SLICE_FORMAT(previous));
        audit_hash(slice_of(forged, (size_t)length), hash);
        size_t at = 0;
        for (int i = 0; i <= LINES; i++) {
            if (i == place)
                at += (size_t)snprintf(text + at, sizeof text - at, "%s,\"hash\":\"%s\"}\n", forged,
                                       hash);
            if (i == LINES)
                break;
            memcpy(text + at, lines[i].data, lines[i].length);
            at += lines[i].length;
        }
        uint64_t bad;
        assert_int_equal(read_text(slice_of(text, at), &bad), RC_CORRUPT);
        /* The forged line itself fits; the next one does not (or comes after the end). */
        assert_int_equal(bad, place == LINES ? place + 1 : place + 2);
    }
    static const char *const garbage[] = {"", "{}", "x", "\n"};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        char text[8192];
        struct slice whole = slice_of(lines[0].data, 0);
        for (int j = 0; j < LINES; j++)
            whole.length += lines[j].length;
        int length = snprintf(text, sizeof text, "%.*s%s\n", SLICE_FORMAT(whole), garbage[i]);
        assert_int_equal(read_text(slice_of(text, (size_t)length), NULL), RC_CORRUPT);
        assert_int_equal(read_text(slice_of(text, (size_t)length - 1), NULL),
                         garbage[i][0] ? RC_CORRUPT : RC_OK);
    }
    arena_release(&arena);
}

static void test_abandoned_is_truncated(void **state)
{
    (void)state;
    struct audit *audit;
    unlink(path);
    assert_int_equal(audit_create(path, &audit), RC_OK);
    assert_int_equal(audit_append(audit, "start", (struct slice){0}, now), RC_OK);
    audit_abandon(audit);
    assert_int_equal(audit_read(path, NULL, NULL, NULL), RC_TRUNCATED);
    audit_abandon(NULL);
}

enum { THREADS = 4, EACH = 25 };

static void *append_many(void *context)
{
    for (int i = 0; i < EACH; i++)
        if (audit_append(context, "publication", SLICE("\"lane\":1"), now) != RC_OK)
            return context;
    return NULL;
}

static void test_lanes_share_it(void **state)
{
    (void)state;
    struct audit *audit;
    pthread_t threads[THREADS];
    unlink(path);
    assert_int_equal(audit_create(path, &audit), RC_OK);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, audit), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(audit_end(audit, (struct slice){0}, now), RC_OK);
    assert_int_equal(audit_read(path, NULL, NULL, NULL), RC_OK);
}

static void test_no_place_for_it(void **state)
{
    (void)state;
    struct audit *audit;
    /* No file can be created under a name that is a directory's, nor in one that is not there. */
    assert_int_equal(audit_create("/tmp/lethe-no-such-directory/audit", &audit), RC_NOT_FOUND);
    assert_int_equal(audit_create(directory, &audit), RC_EXISTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_and_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses_to_overwrite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_members_are_not_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_any_byte_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tail_cut_at_any_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lines_removed_repeated_and_moved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lines_added, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_abandoned_is_truncated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lanes_share_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_place_for_it, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
