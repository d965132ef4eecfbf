/* The log's lines, as they arrive at standard error, and the clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json_document.h"
#include "core/log.h"
#include "core/time_text.h"

static char received[1 << 20];
static int saved_stderr;
static int capture;

/* Standard error goes to a file until caught() is called. */
static void catch_stderr(void)
{
    char name[] = "/tmp/lethe-test-log-XXXXXX";
    capture = mkstemp(name);
    assert_true(capture >= 0);
    unlink(name);
    assert_int_equal(fcntl(capture, F_SETFL, O_APPEND), 0);
    saved_stderr = dup(STDERR_FILENO);
    assert_true(saved_stderr >= 0);
    assert_true(dup2(capture, STDERR_FILENO) >= 0);
}

static struct slice caught(void)
{
    assert_true(dup2(saved_stderr, STDERR_FILENO) >= 0);
    close(saved_stderr);
    assert_true(lseek(capture, 0, SEEK_SET) == 0);
    ssize_t length = read(capture, received, sizeof received);
    close(capture);
    assert_true(length >= 0 && (size_t)length < sizeof received);
    return slice_of(received, (size_t)length);
}

/* Takes the time off the front: it is the one thing that differs from run to run. */
static struct slice after_time(struct slice line)
{
    struct slice rest = line;
    int64_t time;
    assert_true(time_parse(slice_cut(&rest, ' '), TIME_FORMAT_RFC3339, &time, NULL));
    assert_in_range(time, clock_now(NULL) - TIME_MINUTE, clock_now(NULL));
    return rest;
}

static void assert_line(struct slice line, const char *expected)
{
    if (!slice_equal(line, slice_from_string(expected)))
        fail_msg("%.*s, expected %s", SLICE_FORMAT(line), expected);
}

static void test_plain(void **state)
{
    (void)state;
    log_configure(LOG_PLAIN, LOG_INFO);
    catch_stderr();
    errno = 77;
    LOG(LOG_WARNING, "key_missing", LOG_NAME("recipient", SLICE("analytics")),
        LOG_NUMBER("epoch", -42), LOG_SENTENCE("why", "there is no such thing"));
    int after = errno;
    log_event(LOG_ERROR, "bare", NULL, 0);
    log_event(LOG_INFO, "told", NULL, 0);
    log_event(LOG_DEBUG, "not_told", NULL, 0);
    struct slice lines = caught();
    assert_int_equal(after, 77);
    assert_line(after_time(slice_cut(&lines, '\n')),
                "warning key_missing recipient=analytics epoch=-42 why=\"there is no such thing\"");
    assert_line(after_time(slice_cut(&lines, '\n')), "error bare");
    assert_line(after_time(slice_cut(&lines, '\n')), "info told");
    assert_int_equal(lines.length, 0);
}

static void test_levels(void **state)
{
    (void)state;
    for (unsigned most = LOG_ERROR; most <= LOG_DEBUG; most++) {
        log_configure(LOG_PLAIN, (enum log_level)most);
        catch_stderr();
        for (unsigned level = LOG_ERROR; level <= LOG_DEBUG; level++)
            log_event((enum log_level)level, "e", NULL, 0);
        struct slice lines = caught();
        unsigned count = 0;
        while (lines.length > 0) {
            slice_cut(&lines, '\n');
            count++;
        }
        assert_int_equal(count, most + 1);
    }
}

static const struct {
    struct slice name;
    const char *plain;
    const char *json; /* as it is after reading the JSON; NULL: the name itself */
} names[] = {
    {{"a.b-c/d_e:7", 11}, "a.b-c/d_e:7", NULL},
    {{"", 0}, "\"\"", NULL},
    {{NULL, 0}, "\"\"", NULL},
    {{"a b", 3}, "\"a b\"", NULL},
    {{"a=b", 3}, "\"a=b\"", NULL},
    {{"a\"b\\c", 5}, "\"a\\\"b\\\\c\"", NULL},
    {{"x\ny", 3}, "\"x\\u000ay\"", NULL},
    {{"x\r\n2026 error fake", 18}, "\"x\\u000d\\u000a2026 error fake\"", NULL},
    {{"\0", 1}, "\"\\u0000\"", NULL},
    {{"\x1B[2J\x7F", 5}, "\"\\u001b[2J\\u007f\"", NULL},
    {{"键", 3}, "\"键\"", NULL},
    {{"a\xC2\x85z", 4}, "\"a\\u0085z\"", NULL},
    {{"a\xE2\x80\xA8z", 5}, "\"a\\u2028z\"", NULL},
    {{"a\xE2\x80\xAEz", 5}, "\"a\\u202ez\"", NULL},
    {{"a\xFF\xC0\xAFz", 5},
     "\"a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\"",
     "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz"},
    {{"a\xE4\xBD", 3}, "\"a\xEF\xBF\xBD\xEF\xBF\xBD\"", "a\xEF\xBF\xBD\xEF\xBF\xBD"},
};

static void test_one_event_is_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        log_configure(LOG_PLAIN, LOG_INFO);
        catch_stderr();
        LOG(LOG_INFO, "e", LOG_NAME("n", names[i].name), LOG_NUMBER("z", 1));
        struct slice lines = caught();
        char expected[200];
        snprintf(expected, sizeof expected, "info e n=%s z=1", names[i].plain);
        assert_line(after_time(slice_cut(&lines, '\n')), expected);
        assert_int_equal(lines.length, 0);

        log_configure(LOG_JSON, LOG_INFO);
        catch_stderr();
        LOG(LOG_INFO, "e", LOG_NAME("n", names[i].name), LOG_NUMBER("z", INT64_MIN));
        lines = caught();
        struct slice line = slice_cut(&lines, '\n');
        assert_int_equal(lines.length, 0);
        struct arena arena;
        arena_init(&arena, 1 << 16);
        const struct json_value *event = json_parse(&arena, line, 2, NULL);
        assert_non_null(event);
        assert_int_equal(event->count, 5);
        assert_line(json_member_text(event, SLICE("level")), "info");
        assert_line(json_member_text(event, SLICE("event")), "e");
        struct slice told = json_member_text(event, SLICE("n"));
        assert_true(
            slice_equal(told, names[i].json ? slice_from_string(names[i].json) : names[i].name));
        int64_t number;
        assert_true(json_member_i64(event, SLICE("z"), &number) && number == INT64_MIN);
        int64_t time;
        assert_true(
            time_parse(json_member_text(event, SLICE("time")), TIME_FORMAT_RFC3339, &time, NULL));
        arena_release(&arena);
    }
}

/* Long names, and more of them than a line holds: cut at a character's end, still one whole line.
 */
static void test_long_lines(void **state)
{
    (void)state;
    static char text[3000];
    static const char *const pieces[] = {"x", "\n", "键", "\xFF"};
    for (size_t piece = 0; piece < 4; piece++) {
        size_t size = strlen(pieces[piece]);
        for (size_t at = 0; at + size <= sizeof text; at += size)
            memcpy(text + at, pieces[piece], size);
        for (unsigned json = 0; json < 2; json++) {
            struct log_field fields[60];
            for (size_t i = 0; i < 60; i++)
                fields[i] = LOG_NAME("name", slice_of(text, 3000));
            fields[0].key = "first";
            log_configure(json ? LOG_JSON : LOG_PLAIN, LOG_INFO);
            catch_stderr();
            log_event(LOG_INFO, "long", fields, 60);
            log_event(LOG_INFO, "short", fields, 1);
            struct slice lines = caught();
            struct slice line = slice_cut(&lines, '\n');
            assert_in_range(line.length, 2000, 4095);
            assert_true(utf8_valid(line));
            assert_true(slice_ends_with(line, json ? SLICE(",\"cut\":true}") : SLICE(" cut=true")));
            line = slice_cut(&lines, '\n');
            assert_true(slice_ends_with(line, json ? SLICE("...\"}") : SLICE("...\"")));
            assert_int_equal(lines.length, 0);
            struct arena arena;
            arena_init(&arena, 1 << 16);
            if (json) {
                const struct json_value *event = json_parse(&arena, line, 2, NULL);
                assert_non_null(event);
                size_t told = json_member_text(event, SLICE("first")).length;
                assert_int_equal(told, (piece == 2 ? 255 : piece == 3 ? 3 * 256 : 256) + 3);
            }
            arena_release(&arena);
        }
    }
}

enum { THREADS = 4, EVENTS = 500 };

static void *log_much(void *number)
{
    for (int i = 0; i < EVENTS; i++)
        LOG(LOG_INFO, "of_a_thread", LOG_NUMBER("thread", *(int *)number), LOG_NUMBER("i", i),
            LOG_SENTENCE("text", "some words, so that a write takes a while to be made"));
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    log_configure(LOG_PLAIN, LOG_INFO);
    catch_stderr();
    pthread_t threads[THREADS];
    int numbers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, log_much, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    struct slice lines = caught();
    int next[THREADS] = {0};
    for (int i = 0; i < THREADS * EVENTS; i++) {
        struct slice line = after_time(slice_cut(&lines, '\n'));
        int thread, at, end = 0;
        char copy[200];
        snprintf(copy, sizeof copy, "%.*s", SLICE_FORMAT(line));
        assert_int_equal(sscanf(copy,
                                "info of_a_thread thread=%d i=%d text=\"some words, so that a "
                                "write takes a while to be made\"%n",
                                &thread, &at, &end),
                         2);
        assert_int_equal(end, line.length);
        assert_int_equal(at, next[thread]++);
    }
    assert_int_equal(lines.length, 0);
}

static void test_standard_error_is_closed(void **state)
{
    (void)state;
    catch_stderr();
    close(STDERR_FILENO);
    errno = 5;
    log_event(LOG_ERROR, "lost", NULL, 0);
    int after = errno;
    assert_int_equal(caught().length, 0);
    assert_int_equal(after, 5);
}

static void test_clock(void **state)
{
    (void)state;
    struct clock system = {0};
    struct clock still = {.fixed = true, .fixed_time = 1234};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t expected = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    assert_in_range(clock_now(&system), expected, expected + TIME_MINUTE);
    assert_in_range(clock_now(NULL), expected, expected + TIME_MINUTE);
    assert_int_equal(clock_now(&still), 1234);
    int64_t first = clock_monotonic_ns();
    usleep(2000);
    int64_t second = clock_monotonic_ns();
    assert_true(second - first >= 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_one_event_is_one_line),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_standard_error_is_closed),
        cmocka_unit_test(test_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
