#include "sink/stream_sink.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static const uint64_t seed = 9;

static void add(struct batch *batch, unsigned recipient, unsigned schema, const char *json,
                size_t length)
{
    size_t before = batch->rows.length;
    buffer_append(&batch->rows, slice_of(json, length));
    assert_int_equal(buffer_status(&batch->rows), RC_OK);
    struct clean_record record = {.json = slice_of(batch->rows.data + before, length),
                                  .recipient = recipient,
                                  .schema = schema};
    assert_int_equal(batch_add(batch, &record), RC_OK);
}

static void fill(struct batch *batch, int count)
{
    struct batch_limits limits = {.records = 10000, .bytes = 8 << 20};
    assert_int_equal(batch_init(batch, limits, 2, 3), RC_OK);
    for (int i = 0; i < count; i++) {
        char json[64];
        int length = snprintf(json, sizeof json, "{\"n\":%d}", i);
        add(batch, 1, (unsigned)i % 3, json, (size_t)length);
        add(batch, 0, 0, "{\"other\":1}", 11);
    }
}

static int temporary(void)
{
    char path[] = "/tmp/lethe-stream-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    unlink(path);
    return descriptor;
}

static char *read_all(int descriptor)
{
    off_t size = lseek(descriptor, 0, SEEK_END);
    char *text = calloc((size_t)size + 1, 1);
    assert_non_null(text);
    assert_int_equal(pread(descriptor, text, (size_t)size, 0), size);
    return text;
}

/* Writes one batch of recipient 1 and returns the numbers as they came. */
static int write_numbers(bool keep_order, int *numbers, int count)
{
    struct batch batch;
    struct sink *sink;
    struct stream_output *output;
    int descriptor = temporary(), got = 0;
    fill(&batch, count);
    assert_int_equal(stream_output_new(descriptor, &output), RC_OK);
    assert_int_equal(stream_sink_new(output, 1, keep_order, &seed, 0, &sink), RC_OK);
    assert_int_equal(sink_commit(sink, &batch,
                                 &(struct commit_context){.consent = {.messages = 0}, .now = 0},
                                 NULL),
                     RC_OK);
    assert_int_equal(sink_finish(sink, &(struct commit_context){.now = 0}, NULL), RC_OK);
    sink_close(sink);
    stream_output_free(output);
    batch_release(&batch);
    char *text = read_all(descriptor), *at = text, *newline;
    for (; (newline = strchr(at, '\n')); at = newline + 1)
        assert_int_equal(sscanf(at, "{\"n\":%d}\n", &numbers[got++]), 1);
    assert_int_equal(*at, '\0');
    free(text);
    close(descriptor);
    return got;
}

static void test_order(void **state)
{
    (void)state;
    int kept[300], shuffled[300], again[300], seen[300] = {0};
    assert_int_equal(write_numbers(true, kept, 300), 300);
    for (int i = 0; i < 300; i++)
        assert_int_equal(kept[i], i); /* over all schemas */
    assert_int_equal(write_numbers(false, shuffled, 300), 300);
    assert_int_equal(write_numbers(false, again, 300), 300);
    assert_memory_equal(shuffled, again, sizeof again); /* the same seed */
    assert_memory_not_equal(shuffled, kept, sizeof kept);
    for (int i = 0; i < 300; i++)
        seen[shuffled[i]]++;
    for (int i = 0; i < 300; i++)
        assert_int_equal(seen[i], 1);
}

static void test_discards(void **state)
{
    (void)state;
    struct batch batch;
    struct sink *sink;
    fill(&batch, 10);
    assert_int_equal(stream_sink_new(NULL, 1, false, NULL, 0, &sink), RC_OK);
    assert_int_equal(sink_commit(sink, &batch,
                                 &(struct commit_context){.consent = {.messages = 0}, .now = 0},
                                 NULL),
                     RC_OK);
    assert_int_equal(sink_finish(sink, &(struct commit_context){.now = 0}, NULL), RC_OK);
    sink_close(sink);
    batch_release(&batch);
}

static void test_failing_descriptors(void **state)
{
    (void)state;
    struct batch batch;
    struct sink *sink, *other;
    struct stream_output *output;
    int ends[2];
    fill(&batch, 10);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    const struct {
        int descriptor;
        enum rc rc;
    } cases[] = {{ends[1], RC_IO}, {full, RC_NO_SPACE}, {-1, RC_IO}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(stream_output_new(cases[i].descriptor, &output), RC_OK);
        assert_int_equal(stream_sink_new(output, 1, false, NULL, 0, &sink), RC_OK);
        assert_int_equal(stream_sink_new(output, 1, false, NULL, 1, &other), RC_OK);
        assert_int_equal(sink_commit(sink, &batch,
                                     &(struct commit_context){.consent = {.messages = 0}, .now = 0},
                                     NULL),
                         cases[i].rc);
        assert_int_equal(sink_commit(other, &batch,
                                     &(struct commit_context){.consent = {.messages = 0}, .now = 0},
                                     NULL),
                         cases[i].rc); /* no lane goes on */
        assert_int_equal(sink_finish(sink, &(struct commit_context){.now = 0}, NULL), cases[i].rc);
        sink_close(sink);
        sink_close(other);
        stream_output_free(output);
    }
    close(full);
    close(ends[1]);
    batch_release(&batch);
}

static void test_recipient_out_of_range(void **state)
{
    (void)state;
    struct batch batch;
    struct sink *sink;
    struct stream_output *output;
    fill(&batch, 1);
    assert_int_equal(stream_output_new(1, &output), RC_OK);
    assert_int_equal(stream_sink_new(output, 2, false, NULL, 0, &sink), RC_OK);
    assert_int_equal(sink_commit(sink, &batch,
                                 &(struct commit_context){.consent = {.messages = 0}, .now = 0},
                                 NULL),
                     RC_INTERNAL);
    sink_close(sink);
    stream_output_free(output);
    batch_release(&batch);
}

enum { LANES = 4, BATCHES = 20, ROWS = 40 };

struct lane {
    struct stream_output *output;
    unsigned number;
};

/* Rows of one letter, some longer than what is written at once. */
static void *run_lane(void *context)
{
    const struct lane *lane = context;
    struct batch_limits limits = {.records = 10000, .bytes = 8 << 20};
    struct batch batch;
    struct sink *sink;
    static __thread char json[300000];
    memset(json, 'a' + (char)lane->number, sizeof json);
    if (batch_init(&batch, limits, 1, 1) != RC_OK ||
        stream_sink_new(lane->output, 0, false, NULL, lane->number, &sink) != RC_OK)
        return context;
    for (int i = 0; i < BATCHES; i++) {
        for (int row = 0; row < ROWS; row++)
            add(&batch, 0, 0, json, row == 7 ? sizeof json : 1000 + (size_t)row);
        if (sink_commit(sink, &batch,
                        &(struct commit_context){.consent = {.messages = 0}, .now = 0},
                        NULL) != RC_OK)
            return context;
        batch_reset(&batch);
    }
    sink_close(sink);
    batch_release(&batch);
    return NULL;
}

static void test_lines_of_lanes_are_not_torn(void **state)
{
    (void)state;
    struct stream_output *output;
    struct lane lanes[LANES];
    pthread_t threads[LANES];
    int descriptor = temporary();
    assert_int_equal(stream_output_new(descriptor, &output), RC_OK);
    for (unsigned i = 0; i < LANES; i++) {
        lanes[i] = (struct lane){output, i};
        assert_int_equal(pthread_create(&threads[i], NULL, run_lane, &lanes[i]), 0);
    }
    for (int i = 0; i < LANES; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    stream_output_free(output);
    char *text = read_all(descriptor), *at = text, *newline;
    int lines[LANES] = {0};
    for (; (newline = strchr(at, '\n')); at = newline + 1) {
        size_t length = (size_t)(newline - at);
        assert_true(length == 300000 || (length >= 1000 && length < 1000 + ROWS));
        for (size_t i = 1; i < length; i++)
            if (at[i] != at[0])
                fail_msg("a line of two lanes");
        lines[*at - 'a']++;
    }
    for (int i = 0; i < LANES; i++)
        assert_int_equal(lines[i], BATCHES * ROWS);
    free(text);
    close(descriptor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_discards),
        cmocka_unit_test(test_failing_descriptors),
        cmocka_unit_test(test_recipient_out_of_range),
        cmocka_unit_test(test_lines_of_lanes_are_not_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
