#include "tests/ingest/capture_files.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "schemas/reason.h"

static void expect_options(const struct capture_options *options, const char *expected,
                           const enum rc *ends)
{
    struct capture_feed *feed;
    size_t failed;
    assert_int_equal(capture_feed_new(options, &feed, &failed), RC_OK);
    struct buffer got;
    buffer_init(&got, 64 << 20);
    drain(feed, 0, &got);
    buffer_append_byte(&got, '\0');
    if (strcmp(got.data, expected) != 0)
        fail_msg("got\n%.2000s\nexpected\n%.2000s", got.data, expected);
    const struct capture_report *reports;
    assert_int_equal(capture_feed_reports(feed, &reports), options->file_count);
    uint64_t stored = 0;
    for (size_t i = 0; i < options->file_count; i++) {
        assert_int_equal(reports[i].end, ends ? ends[i] : RC_OK);
        stored += reports[i].bytes;
    }
    uint64_t read, total;
    capture_feed_progress(feed, &read, &total);
    assert_int_equal(read, stored);
    capture_feed_free(feed);
    buffer_release(&got);
}

static void expect_file(struct slice bytes, const char *expected, enum rc end)
{
    struct files files;
    files_open(&files);
    files_add(&files, bytes);
    struct capture_options options = capture_options_of(&files, 1);
    expect_options(&options, expected, &end);
    files_close(&files);
}

static void plain_lines(void **state)
{
    (void)state;
    expect_file(SLICE(""), "", RC_OK);
    expect_file(SLICE("\n"), "", RC_OK);
    expect_file(SLICE("{}"), "0:1:0:plain:-:{}\n", RC_OK);
    expect_file(SLICE("{}\n"), "0:1:0:plain:-:{}\n", RC_OK);
    expect_file(SLICE("{}\r\n\r\n \t\n[1]\n\nx"),
                "0:1:0:plain:-:{}\n0:4:0:plain:-:[1]\n0:6:0:plain:-:x\n", RC_OK);
    expect_file(SLICE("("), "0:1:0:plain:-:(\n", RC_OK); /* a zstd frame's first byte */
}

static void envelopes(void **state)
{
    (void)state;
    expect_file(SLICE("{\"topic\":\"t\",\"timestamp\":5,\"value\":{\"a\":1}}\n"
                      "{\"a\":1}\n"
                      "{\"topic\":\"t\",\"value\":\"{\\\"b\\\":2}\"}\n"
                      "{\"topic\":7,\"value\":{}}\n"),
                "0:1:0:t:5:{\"a\":1}\n"
                "0:2:0:plain:-:{\"a\":1}\n"
                "0:3:0:t:-:{\"b\":2}\n"
                "0:4:7::-:{\"topic\":7,\"value\":{}}\n",
                RC_OK);
    assert_int_equal(QUARANTINE_ENVELOPE, 7);
}

static void several_files(void **state)
{
    (void)state;
    struct files files;
    files_open(&files);
    files_add(&files, SLICE("1\n2"));
    files_add(&files, SLICE(""));
    files_add(&files, SLICE("3\n"));
    struct capture_options options = capture_options_of(&files, 1);
    options.time = 99;
    expect_options(&options, "0:1:0:plain:99:1\n0:2:0:plain:99:2\n2:1:0:plain:99:3\n", NULL);
    struct capture_feed *feed;
    size_t failed;
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_OK);
    uint64_t read, total;
    capture_feed_progress(feed, &read, &total);
    assert_true(read == 0 && total == 5); /* an empty file has a size too */
    struct source *source;
    struct message message;
    int reason;
    assert_int_equal(capture_source_new(feed, 1, &source), RC_NOT_FOUND);
    assert_int_equal(capture_source_new(feed, 0, &source), RC_OK);
    assert_int_equal(source_poll(source, 0, &message, &reason), POLL_MESSAGE);
    assert_true(slice_equal(message.origin, slice_from_string(files.names[0])));
    assert_int_equal(message.partition, 0);
    source_close(source); /* before its end */
    capture_feed_free(feed);
    files_close(&files);
}

static void files_that_cannot_be_opened(void **state)
{
    (void)state;
    struct files files;
    files_open(&files);
    files_add(&files, SLICE("1\n"));
    const char *names[] = {files.names[0], "/nonexistent/capture", files.directory};
    struct capture_options options = capture_options_of(&files, 1);
    struct capture_feed *feed;
    size_t failed = 99;
    options.files = names;
    options.file_count = 2;
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_NOT_FOUND);
    assert_int_equal(failed, 1);
    assert_null(feed);
    options.files = names + 2;
    options.file_count = 1;
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_REFUSED);
    assert_int_equal(failed, 0);
    options.file_count = 0;
    expect_options(&options, "", NULL);
    options.lanes = 0;
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_LIMIT);
    /* One that goes away after it was checked ends only itself. */
    files_add(&files, SLICE("2\n"));
    files_add(&files, SLICE("3\n"));
    options = capture_options_of(&files, 1);
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_OK);
    unlink(files.names[1]);
    struct buffer got;
    buffer_init(&got, 4096);
    drain(feed, 0, &got);
    assert_true(slice_equal(buffer_slice(&got), SLICE("0:1:0:plain:-:1\n2:1:0:plain:-:3\n")));
    const struct capture_report *reports;
    assert_int_equal(capture_feed_reports(feed, &reports), 3);
    assert_int_equal(reports[1].end, RC_NOT_FOUND);
    assert_int_equal(reports[2].lines, 1);
    buffer_release(&got);
    capture_feed_free(feed);
    files_close(&files);
}

static void append_line(struct buffer *out, size_t length, const char *end)
{
    for (size_t i = 0; i < length; i++)
        buffer_append_byte(out, 'x');
    buffer_append_string(out, end);
}

/* Lines around the limit, for limits below and above the size of a block, in all places. */
static void long_lines(void **state)
{
    (void)state;
    static const size_t limits[] = {100, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 700 * 1024};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        const size_t lengths[] = {1,  limits[i] - 1,      limits[i],   limits[i] + 1, 2,
                                  17, limits[i] + 900000, 1200000 * 2, limits[i],     3};
        enum { LINES = sizeof lengths / sizeof *lengths };
        for (int open_end = 0; open_end < 2; open_end++) {
            struct buffer text, expected;
            buffer_init(&text, 64 << 20);
            buffer_init(&expected, 64 << 20);
            for (size_t line = 0; line < LINES; line++) {
                /* The last is over the limit, with or without its newline. */
                size_t length = line + 1 < LINES ? lengths[line] : limits[i] + 5;
                append_line(&text, length, open_end && line + 1 == LINES ? "" : "\n");
                bool over = length > limits[i];
                buffer_append_format(&expected, "0:%zu:%d:%s:-:", line + 1,
                                     over ? QUARANTINE_SIZE : 0, over ? "" : "plain");
                append_line(&expected, over ? 0 : length, "\n");
            }
            buffer_append_byte(&expected, '\0');
            struct files files;
            files_open(&files);
            files_add(&files, buffer_slice(&text));
            files_add(&files, SLICE(""));
            struct capture_options options = capture_options_of(&files, 1);
            options.line_limit = limits[i];
            expect_options(&options, expected.data, NULL);
            files_close(&files);
            buffer_release(&text);
            buffer_release(&expected);
        }
    }
}

/* Lines of all sorts, of the size that is asked for. */
static void make_lines(struct buffer *text, size_t size, unsigned seed)
{
    for (unsigned i = 0; text->length < size; i++) {
        buffer_append_format(text, "{\"number\":%u,\"filler\":\"", i);
        append_line(text, (size_t)rand_r(&seed) % 200, "\"}\n");
        if (rand_r(&seed) % 50 == 0)
            buffer_append_string(text, "\n");
    }
}

/* What a plain file with that text gives. */
static void expected_of(struct buffer *out, struct slice text)
{
    struct slice rest = text;
    for (unsigned line = 1; rest.length > 0; line++) {
        struct slice one = slice_cut(&rest, '\n');
        if (one.length > 0)
            buffer_append_format(out, "0:%u:0:plain:-:%.*s\n", line, SLICE_FORMAT(one));
    }
    buffer_append_byte(out, '\0');
}

static void zstd_frames(void **state)
{
    (void)state;
    static const unsigned char skippable[] = {0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
    struct slice skipped = slice_of((const char *)skippable, sizeof skippable);
    struct buffer text, stored, expected;
    buffer_init(&text, 16 << 20);
    buffer_init(&stored, 32 << 20);
    buffer_init(&expected, 32 << 20);
    make_lines(&text, 3 << 20, 1);
    expected_of(&expected, buffer_slice(&text));
    /* Frames end in the middle of lines; a skippable one first, between and last; an empty one. */
    size_t cuts[] = {0, 1, 700001, 700002, 2000000, text.length};
    buffer_append(&stored, skipped);
    for (size_t i = 0; i + 1 < sizeof cuts / sizeof *cuts; i++) {
        append_frame(&stored, slice_between(buffer_slice(&text), cuts[i], cuts[i + 1]));
        append_frame(&stored, SLICE(""));
        buffer_append(&stored, skipped);
    }
    expect_file(buffer_slice(&text), expected.data, RC_OK);
    expect_file(buffer_slice(&stored), expected.data, RC_OK);
    expect_file(skipped, "", RC_OK);
    buffer_release(&text);
    buffer_release(&stored);
    buffer_release(&expected);
}

/*
 * A zstd file that is cut anywhere: the lines that are whole come out and are a beginning of all
 * lines, and the file is reported as truncated, unless the cut is between two frames.
 */
static void truncated_zstd(void **state)
{
    (void)state;
    struct buffer text, stored, expected;
    buffer_init(&text, 1 << 20);
    buffer_init(&stored, 1 << 20);
    buffer_init(&expected, 2 << 20);
    make_lines(&text, 300000, 2);
    expected_of(&expected, buffer_slice(&text));
    struct slice all = buffer_slice(&text);
    append_frame(&stored, slice_between(all, 0, 100000));
    size_t first = stored.length;
    append_frame(&stored, slice_tail(all, 100000));
    size_t most = 0;
    for (size_t length = 2; length < stored.length; length += length < 60 ? 1 : 50) {
        struct files files;
        files_open(&files);
        files_add(&files, slice_head(buffer_slice(&stored), length));
        files_add(&files, SLICE("next\n"));
        struct capture_options options = capture_options_of(&files, 1);
        struct capture_feed *feed;
        size_t failed;
        assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_OK);
        struct buffer got;
        buffer_init(&got, 2 << 20);
        drain(feed, 0, &got);
        const struct capture_report *reports;
        assert_int_equal(capture_feed_reports(feed, &reports), 2);
        assert_int_equal(reports[0].end, length == first ? RC_OK : RC_TRUNCATED);
        assert_int_equal(reports[0].bytes, length);
        assert_int_equal(reports[1].end, RC_OK);
        struct slice last = SLICE("1:1:0:plain:-:next\n");
        assert_true(slice_ends_with(buffer_slice(&got), last));
        struct slice lines = slice_head(buffer_slice(&got), got.length - last.length);
        assert_true(slice_starts_with(buffer_slice(&expected), lines));
        most = lines.length > most ? lines.length : most;
        if (length > first)
            assert_true(lines.length > 90000); /* the whole frame's lines are there */
        buffer_release(&got);
        capture_feed_free(feed);
        files_close(&files);
    }
    assert_true(most > 200000);
    buffer_release(&text);
    buffer_release(&stored);
    buffer_release(&expected);
}

static void damaged_zstd(void **state)
{
    (void)state;
    struct buffer text, stored, expected;
    buffer_init(&text, 4 << 20);
    buffer_init(&stored, 4 << 20);
    buffer_init(&expected, 4 << 20);
    make_lines(&text, 600000, 3);
    expected_of(&expected, buffer_slice(&text));
    append_frame(&stored, buffer_slice(&text));
    size_t frame = stored.length;
    unsigned seed = 9;
    for (int round = 0; round < 60; round++) {
        struct files files;
        files_open(&files);
        struct buffer damaged;
        buffer_init(&damaged, 4 << 20);
        buffer_append(&damaged, buffer_slice(&stored));
        if (round == 0)
            buffer_append_string(&damaged, "{\"plain\":1}\n"); /* no frame */
        else
            damaged.data[4 + (size_t)rand_r(&seed) % (frame - 4)] ^= (char)(1 << rand_r(&seed) % 8);
        files_add(&files, buffer_slice(&damaged));
        struct capture_options options = capture_options_of(&files, 1);
        struct capture_feed *feed;
        size_t failed;
        assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_OK);
        struct buffer got;
        buffer_init(&got, 16 << 20);
        drain(feed, 0, &got);
        const struct capture_report *reports;
        assert_int_equal(capture_feed_reports(feed, &reports), 1);
        /* A flipped bit of the header may also ask for more window, or for more bytes; and there is
         * one that means nothing, and then nothing is lost. */
        enum rc end = reports[0].end;
        struct slice lines = buffer_slice(&got);
        if (end == RC_OK && round > 0)
            assert_int_equal(lines.length + 1, expected.length);
        else if (end != RC_CORRUPT)
            assert_true(round > 0 && (end == RC_LIMIT || end == RC_TRUNCATED));
        if (round == 0)
            assert_true(slice_equal(lines, slice_head(buffer_slice(&expected), lines.length)));
        buffer_release(&got);
        buffer_release(&damaged);
        capture_feed_free(feed);
        files_close(&files);
    }
    buffer_release(&text);
    buffer_release(&stored);
    buffer_release(&expected);
}

/* A frame that asks for a window of 256 MiB is refused, and no memory taken for it. */
static void large_windows(void **state)
{
    (void)state;
    static const unsigned char frame[] = {
        0x28,           0xB5, 0x2F, 0xFD, /* magic number */
        0x00,                       /* descriptor: window follows, no content size, no checksum */
        (28 - 10) << 3,             /* window of 2^28 */
        0x01,           0x00, 0x00, /* last block, raw, empty */
    };
    unsigned char allowed[sizeof frame];
    memcpy(allowed, frame, sizeof frame);
    allowed[5] = (27 - 10) << 3;
    expect_file(slice_of((const char *)frame, sizeof frame), "", RC_LIMIT);
    expect_file(slice_of((const char *)allowed, sizeof frame), "", RC_OK);
}

/* The file's text goes into a pipe that is standard input, in pieces of odd sizes. */
struct writer {
    int descriptor;
    struct slice bytes;
};

static void *write_in_pieces(void *argument)
{
    struct writer *writer = argument;
    struct slice rest = writer->bytes;
    for (size_t piece = 1; rest.length > 0; piece = piece % 5000 + 7) {
        ssize_t written =
            write(writer->descriptor, rest.data, piece < rest.length ? piece : rest.length);
        if (written <= 0)
            break;
        rest = slice_tail(rest, (size_t)written);
    }
    close(writer->descriptor);
    return NULL;
}

static void expect_from_pipe(struct slice bytes, const char *expected)
{
    static const char *const names[] = {"-"};
    int ends[2];
    int kept = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct writer writer = {.descriptor = ends[1], .bytes = bytes};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_in_pieces, &writer), 0);
    struct files none = {0};
    struct capture_options options = capture_options_of(&none, 1);
    options.files = names;
    options.file_count = 1;
    expect_options(&options, expected, NULL);
    pthread_join(thread, NULL);
    dup2(kept, STDIN_FILENO);
    close(kept);
}

static void standard_input(void **state)
{
    (void)state;
    struct buffer text, stored, expected;
    buffer_init(&text, 4 << 20);
    buffer_init(&stored, 4 << 20);
    buffer_init(&expected, 8 << 20);
    make_lines(&text, 1 << 20, 4);
    expected_of(&expected, buffer_slice(&text));
    append_frame(&stored, buffer_slice(&text));
    expect_from_pipe(buffer_slice(&text), expected.data);
    expect_from_pipe(buffer_slice(&stored), expected.data);
    expect_from_pipe(SLICE(""), "");
    buffer_release(&text);
    buffer_release(&stored);
    buffer_release(&expected);
}

struct closer {
    int descriptor;
};

static void *close_later(void *argument)
{
    usleep(100000);
    close(((struct closer *)argument)->descriptor);
    return NULL;
}

/* Checking a named pipe must not open it: its writer would see a reader come and go. */
static void a_named_pipe(void **state)
{
    (void)state;
    struct files files;
    files_open(&files);
    const char *path = files_add_path(&files);
    assert_int_equal(mkfifo(path, 0600), 0);
    struct capture_options options = capture_options_of(&files, 1);
    struct capture_feed *feed;
    size_t failed;
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_OK); /* nobody writes yet */
    uint64_t read, total;
    capture_feed_progress(feed, &read, &total);
    assert_int_equal(total, 0);
    int ends = open(path, O_RDWR); /* so that neither end waits for the other */
    struct writer writer = {.descriptor = open(path, O_WRONLY), .bytes = SLICE("1\n2\n")};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_in_pieces, &writer), 0);
    struct source *source;
    struct message message;
    int reason;
    assert_int_equal(capture_source_new(feed, 0, &source), RC_OK);
    pthread_join(thread, NULL);
    struct closer closer = {.descriptor = ends};
    assert_int_equal(pthread_create(&thread, NULL, close_later, &closer), 0);
    assert_int_equal(source_poll(source, 0, &message, &reason), POLL_MESSAGE);
    assert_int_equal(source_poll(source, 0, &message, &reason), POLL_MESSAGE);
    assert_true(slice_equal(message.value, SLICE("2")));
    assert_int_equal(source_poll(source, 0, &message, &reason), POLL_END);
    pthread_join(thread, NULL);
    source_close(source);
    capture_feed_free(feed);
    files_close(&files);
}

#define PACED_LINES(last)                                                                          \
    SLICE("{\"topic\":\"t\",\"timestamp\":1000,\"value\":1}\n"                                     \
          "{\"topic\":\"t\",\"value\":2}\n"                                                        \
          "{\"topic\":\"t\",\"timestamp\":900,\"value\":3}\n"                                      \
          "{\"topic\":\"t\",\"timestamp\":" last ",\"value\":4}\n")

/* An hour that the timestamps leave out is waited for: nobody is that slow. */
static void paced_is_idle(void **state)
{
    (void)state;
    struct files files;
    files_open(&files);
    files_add(&files, PACED_LINES("3601000"));
    struct capture_options options = capture_options_of(&files, 1);
    options.speed = 1;
    struct capture_feed *feed;
    size_t failed;
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_OK);
    struct source *source;
    assert_int_equal(capture_source_new(feed, 0, &source), RC_OK);
    struct message message;
    int reason;
    for (int i = 0; i < 3; i++)
        assert_int_equal(source_poll(source, 0, &message, &reason), POLL_MESSAGE);
    assert_int_equal(source_poll(source, 0, &message, &reason), POLL_IDLE);
    assert_int_equal(source_poll(source, 1, &message, &reason), POLL_IDLE);
    source_close(source);
    capture_feed_free(feed);
    files_close(&files);
}

/* Ten times as fast as the timestamps say: 300 ms of them take 30, or longer on a busy machine. */
static void paced(void **state)
{
    (void)state;
    struct files files;
    files_open(&files);
    files_add(&files, PACED_LINES("1300"));
    struct capture_options options = capture_options_of(&files, 1);
    options.speed = 10;
    struct capture_feed *feed;
    size_t failed;
    assert_int_equal(capture_feed_new(&options, &feed, &failed), RC_OK);
    struct source *source;
    assert_int_equal(capture_source_new(feed, 0, &source), RC_OK);
    int64_t start = clock_monotonic_ns();
    struct message message;
    int reason;
    for (int i = 0; i < 3; i++)
        assert_int_equal(source_poll(source, 0, &message, &reason), POLL_MESSAGE);
    while (source_poll(source, 1000, &message, &reason) == POLL_IDLE)
        ;
    assert_true(slice_equal(message.value, SLICE("4")));
    assert_true(clock_monotonic_ns() - start >= 30 * 1000000);
    assert_int_equal(source_poll(source, 0, &message, &reason), POLL_END);
    assert_int_equal(source_poll(source, 0, &message, &reason), POLL_END);
    source_close(source);
    capture_feed_free(feed);
    files_close(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_lines),    cmocka_unit_test(envelopes),
        cmocka_unit_test(several_files),  cmocka_unit_test(files_that_cannot_be_opened),
        cmocka_unit_test(long_lines),     cmocka_unit_test(zstd_frames),
        cmocka_unit_test(truncated_zstd), cmocka_unit_test(damaged_zstd),
        cmocka_unit_test(large_windows),  cmocka_unit_test(standard_input),
        cmocka_unit_test(a_named_pipe),   cmocka_unit_test(paced_is_idle),
        cmocka_unit_test(paced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
