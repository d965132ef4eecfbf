#include "tests/ingest/capture_files.h"

#include <pthread.h>

#include "ingest/capture_feed.h"
#include "schemas/reason.h"

enum { LANES_MOST = 3, FILES = 4, LINE_LIMIT = 300 * 1024 };

/* Files of some megabytes, one of them zstd, with lines over the limit and blank ones. */
static void make_files(struct files *files, unsigned *lines)
{
    unsigned seed = 5;
    *lines = 0;
    files_open(files);
    for (int i = 0; i < FILES; i++) {
        struct buffer text, stored;
        buffer_init(&text, 16 << 20);
        buffer_init(&stored, 16 << 20);
        while (text.length < 1500000) {
            size_t length = (size_t)rand_r(&seed) % 700;
            if (rand_r(&seed) % 500 == 0)
                length = LINE_LIMIT - 2 + (size_t)rand_r(&seed) % 5;
            buffer_append_format(&text, "{\"n\":%u,\"f\":\"", ++*lines);
            for (size_t j = 0; j < length; j++)
                buffer_append_byte(&text, (char)('a' + rand_r(&seed) % 26));
            buffer_append_string(&text, rand_r(&seed) % 9 == 0 ? "\"}\n\n" : "\"}\n");
        }
        if (i == 1)
            append_frame(&stored, buffer_slice(&text));
        files_add(files, buffer_slice(i == 1 ? &stored : &text));
        buffer_release(&text);
        buffer_release(&stored);
    }
}

struct lane {
    struct capture_feed *feed;
    unsigned number;
    unsigned seed; /* not 0: it dawdles */
    bool leaves;   /* closes after some messages */
    struct buffer got;
};

static void *run_lane(void *argument)
{
    struct lane *lane = argument;
    struct source *source;
    if (capture_source_new(lane->feed, lane->number, &source))
        abort();
    for (unsigned count = 0; !lane->leaves || count < 500;) {
        struct message message;
        int reason;
        enum poll_result result = source_poll(source, 20, &message, &reason);
        if (result == POLL_END)
            break;
        if (result != POLL_MESSAGE && result != POLL_BAD)
            continue;
        append_message(&lane->got, &message, reason);
        count++;
        if (lane->seed && rand_r(&lane->seed) % 300 == 0)
            usleep((unsigned)rand_r(&lane->seed) % 3000);
    }
    source_close(source);
    return NULL;
}

static void run(const struct files *files, unsigned lanes, unsigned seed, unsigned leaver,
                struct lane out[LANES_MOST])
{
    struct capture_options options = capture_options_of(files, lanes);
    options.line_limit = LINE_LIMIT;
    struct capture_feed *feed;
    size_t failed;
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_OK);
    pthread_t threads[LANES_MOST];
    for (unsigned i = 0; i < lanes; i++) {
        out[i] = (struct lane){.feed = feed, .number = i, .leaves = i == leaver};
        out[i].seed = seed ? seed * 10 + i : 0;
        buffer_init(&out[i].got, 64 << 20);
        assert_int_equal(pthread_create(&threads[i], NULL, run_lane, &out[i]), 0);
    }
    for (unsigned i = 0; i < lanes; i++)
        pthread_join(threads[i], NULL);
    const struct capture_report *reports;
    assert_int_equal(capture_feed_reports(feed, &reports), FILES);
    uint64_t stored = 0;
    for (int i = 0; i < FILES; i++) {
        if (leaver >= lanes)
            assert_int_equal(reports[i].end, RC_OK);
        stored += reports[i].bytes;
    }
    uint64_t read, total;
    capture_feed_progress(feed, &read, &total);
    if (leaver >= lanes)
        assert_true(read == total && read == stored);
    for (unsigned i = 0; i < lanes; i++) {
        for (int j = 0; j < 2; j++)
            assert_true(feed->lanes[i].blocks[j].text.capacity <= LINE_LIMIT + 1);
    }
    capture_feed_free(feed);
}

static void release(struct lane lanes[LANES_MOST], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buffer_release(&lanes[i].got);
}

static int by_text(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/* The lines of all lanes, sorted and joined. */
static struct buffer sorted(const struct lane *lanes, unsigned count, unsigned most)
{
    struct slice *lines = calloc(most + 1, sizeof *lines);
    unsigned used = 0;
    for (unsigned i = 0; i < count; i++) {
        struct slice rest = buffer_slice(&lanes[i].got);
        while (rest.length > 0) {
            assert_true(used <= most);
            lines[used++] = slice_cut(&rest, '\n');
        }
    }
    qsort(lines, used, sizeof *lines, by_text);
    struct buffer all;
    buffer_init(&all, 64 << 20);
    for (unsigned i = 0; i < used; i++) {
        buffer_append(&all, lines[i]);
        buffer_append_byte(&all, '\n');
    }
    assert_int_equal(used, most);
    free(lines);
    return all;
}

/* With any number of lanes the lines are the same, and which lane gets what does not depend on how
 * fast each is. */
static void lanes_share_the_lines(void **state)
{
    (void)state;
    struct files files;
    unsigned lines;
    make_files(&files, &lines);
    struct lane one[LANES_MOST];
    run(&files, 1, 0, LANES_MOST, one);
    struct buffer expected = sorted(one, 1, lines);
    for (unsigned lanes = 2; lanes <= LANES_MOST; lanes++) {
        struct lane first[LANES_MOST];
        run(&files, lanes, 0, LANES_MOST, first);
        struct buffer all = sorted(first, lanes, lines);
        assert_true(slice_equal(buffer_slice(&expected), buffer_slice(&all)));
        buffer_release(&all);
        for (unsigned i = 0; i < lanes; i++)
            assert_true(first[i].got.length > expected.length / lanes / 3);
        for (unsigned seed = 1; seed < 4; seed++) {
            struct lane again[LANES_MOST];
            run(&files, lanes, seed, LANES_MOST, again);
            for (unsigned i = 0; i < lanes; i++)
                assert_true(slice_equal(buffer_slice(&first[i].got), buffer_slice(&again[i].got)));
            release(again, lanes);
        }
        release(first, lanes);
    }
    release(one, 1);
    buffer_release(&expected);
    files_close(&files);
}

/* A lane that leaves early holds up no other, and changes nothing of what they get. */
static void a_lane_leaves(void **state)
{
    (void)state;
    struct files files;
    unsigned lines;
    make_files(&files, &lines);
    struct lane all[LANES_MOST];
    run(&files, LANES_MOST, 0, LANES_MOST, all);
    for (unsigned leaver = 0; leaver < LANES_MOST; leaver++) {
        struct lane left[LANES_MOST];
        run(&files, LANES_MOST, leaver, leaver, left);
        for (unsigned i = 0; i < LANES_MOST; i++) {
            if (i != leaver)
                assert_true(slice_equal(buffer_slice(&all[i].got), buffer_slice(&left[i].got)));
            else
                assert_true(
                    slice_starts_with(buffer_slice(&all[i].got), buffer_slice(&left[i].got)));
        }
        release(left, LANES_MOST);
    }
    release(all, LANES_MOST);
    files_close(&files);
}

/* One thread for all lanes: a lane that must wait for another says so. */
static void lanes_of_one_thread(void **state)
{
    (void)state;
    struct files files;
    unsigned lines;
    make_files(&files, &lines);
    struct lane expected[LANES_MOST];
    run(&files, LANES_MOST, 0, LANES_MOST, expected);
    struct capture_options options = capture_options_of(&files, LANES_MOST);
    options.line_limit = LINE_LIMIT;
    struct capture_feed *feed;
    size_t failed;
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_OK);
    struct source *sources[LANES_MOST];
    struct buffer got[LANES_MOST];
    unsigned idle = 0;
    for (unsigned i = 0; i < LANES_MOST; i++) {
        assert_int_equal(capture_source_new(feed, i, &sources[i]), RC_OK);
        buffer_init(&got[i], 64 << 20);
    }
    for (unsigned ended = 0; ended < LANES_MOST;) {
        ended = 0;
        for (unsigned i = 0; i < LANES_MOST; i++) {
            struct message message;
            int reason;
            enum poll_result result;
            while ((result = source_poll(sources[i], 0, &message, &reason)) <= POLL_BAD)
                append_message(&got[i], &message, reason);
            idle += result == POLL_IDLE;
            ended += result == POLL_END;
        }
    }
    assert_true(idle > 0);
    for (unsigned i = 0; i < LANES_MOST; i++) {
        assert_true(slice_equal(buffer_slice(&expected[i].got), buffer_slice(&got[i])));
        source_close(sources[i]);
        buffer_release(&got[i]);
    }
    release(expected, LANES_MOST);
    capture_feed_free(feed);
    files_close(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lanes_share_the_lines),
        cmocka_unit_test(a_lane_leaves),
        cmocka_unit_test(lanes_of_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
