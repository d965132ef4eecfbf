#include "sink/quarantine_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/lethe-quarantine-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_text(struct slice text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.length, file), text.length);
    assert_int_equal(fclose(file), 0);
}

static const struct sealed_record example = {
    .sealed = {"\x00\xff\n\"sealed", 10},
    .reason = "malformed",
    .source = {"day \"1\".ndjson", 14},
    .partition = -1,
    .offset = INT64_MAX,
    .time = 1795507200000,
    .key = {"0123456789abcdef", 16},
};

#define GOOD                                                                                       \
    "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":0,\"offset\":1,"                          \
    "\"time\":\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"QUI=\"}"

struct seen {
    uint64_t count;
    uint64_t lines[16];
    struct sealed_record last;
    char sealed[64];
    bool stop;
};

static bool see(void *context, uint64_t line, const struct sealed_record *sealed)
{
    struct seen *seen = context;
    assert_true(seen->count < 16);
    seen->lines[seen->count++] = line;
    seen->last = *sealed;
    assert_true(sealed->sealed.length <= sizeof seen->sealed);
    memcpy(seen->sealed, sealed->sealed.data, sealed->sealed.length);
    return !seen->stop;
}

static bool see_example(void *context, uint64_t line, const struct sealed_record *sealed)
{
    int *count = context;
    ++*count;
    assert_int_equal(line, *count);
    assert_true(slice_equal(sealed->sealed, example.sealed));
    assert_string_equal(sealed->reason, example.reason);
    assert_true(slice_equal(sealed->source, example.source));
    assert_int_equal(sealed->partition, example.partition);
    assert_int_equal(sealed->offset, example.offset);
    assert_int_equal(sealed->time, example.time);
    assert_true(slice_equal(sealed->key, example.key));
    return true;
}

static void test_there_and_back(void **state)
{
    (void)state;
    struct buffer out;
    int count = 0;
    uint64_t bad = 9;
    buffer_init(&out, 10000);
    quarantine_write_line(&out, &example);
    static const char expected[] =
        "{\"reason\":\"malformed\",\"source\":\"day \\\"1\\\".ndjson\",\"partition\":-1,"
        "\"offset\":9223372036854775807,\"time\":\"2026-11-24T08:00:00Z\","
        "\"key\":\"0123456789abcdef\",\"sealed\":\"AP8KInNlYWxlZA==\"}\n";
    assert_int_equal(buffer_status(&out), RC_OK);
    assert_int_equal(out.length, sizeof expected - 1);
    assert_memory_equal(out.data, expected, out.length);
    quarantine_write_line(&out, &example);
    write_text(buffer_slice(&out));
    assert_int_equal(quarantine_read(path, see_example, &count, &bad), RC_OK);
    assert_int_equal(count, 2);
    assert_int_equal(bad, 0);
    buffer_release(&out);
}

static void test_no_half_line(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 190; limit++) {
        struct buffer out;
        buffer_init(&out, limit);
        quarantine_write_line(&out, &example);
        if (buffer_status(&out) == RC_OK)
            assert_int_equal(out.data[out.length - 1], '\n');
        else
            assert_int_equal(out.length, 0);
        buffer_release(&out);
    }
}

/* A bad line is counted and the good ones around it are read. */
static void test_bad_lines(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "x",
        "{\"reason\":\"none\",\"source\":\"s\",\"partition\":0,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"QUI=\"}",
        "{\"reason\":\"no such\",\"source\":\"s\",\"partition\":0,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"QUI=\"}",
        "{\"reason\":\"utf8\",\"source\":1,\"partition\":0,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"QUI=\"}",
        "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":2147483648,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"QUI=\"}",
        "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":0,\"offset\":1.5,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"QUI=\"}",
        "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":0,\"offset\":1,\"time\":\"today\","
        "\"key\":\"0123456789abcdef\",\"sealed\":\"QUI=\"}",
        "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":0,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdeF\",\"sealed\":\"QUI=\"}",
        "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":0,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcde\",\"sealed\":\"QUI=\"}",
        "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":0,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"QUI\"}",
        "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":0,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"Q I=\"}",
        "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":0,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"\"}",
        "{\"reason\":\"utf8\",\"source\":\"s\",\"partition\":0,\"offset\":1,\"time\":"
        "\"2026-11-24T08:00:00Z\",\"key\":\"0123456789abcdef\",\"sealed\":\"QUI=\",\"value\":1}",
        GOOD GOOD,
        GOOD "x",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[1024];
        struct seen seen = {0};
        uint64_t line = 0;
        snprintf(text, sizeof text, "%s\n%s\n%s\n", GOOD, bad[i], GOOD);
        write_text(slice_from_string(text));
        assert_int_equal(quarantine_read(path, see, &seen, &line), RC_CORRUPT);
        assert_int_equal(line, 2);
        assert_int_equal(seen.count, 2);
        assert_int_equal(seen.lines[1], 3);
    }
}

static void test_cut_at_any_byte(void **state)
{
    (void)state;
    struct slice whole = SLICE(GOOD "\n" GOOD "\n");
    for (size_t length = 0; length < whole.length; length++) {
        struct seen seen = {0};
        uint64_t line;
        write_text(slice_head(whole, length));
        enum rc expected = length == 0 || length == whole.length / 2 ? RC_OK : RC_CORRUPT;
        assert_int_equal(quarantine_read(path, see, &seen, &line), expected);
        assert_int_equal(seen.count, length >= whole.length / 2);
    }
}

static void test_stops(void **state)
{
    (void)state;
    struct seen seen = {.stop = true};
    write_text(SLICE(GOOD "\n" GOOD "\nx"));
    assert_int_equal(quarantine_read(path, see, &seen, NULL), RC_OK);
    assert_int_equal(seen.count, 1);
    assert_memory_equal(seen.sealed, "AB", 2);
    assert_int_equal(quarantine_read("/tmp/lethe-no-such-file", see, &seen, NULL), RC_NOT_FOUND);
    assert_int_equal(quarantine_read("/tmp", see, &seen, NULL), RC_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back), cmocka_unit_test(test_no_half_line),
        cmocka_unit_test(test_bad_lines),      cmocka_unit_test(test_cut_at_any_byte),
        cmocka_unit_test(test_stops),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
