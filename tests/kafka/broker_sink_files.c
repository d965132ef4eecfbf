/*
 * Files in Kafka transactions, on a real broker: killed at every step of prepare, fsync, commit and
 * rename, and started again, every event is in the topic and in a part once, and the audit says so.
 *
 * Called with arguments it is the process that is killed: child PREFIX DIRECTORY TARGET.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "sink/part_reader.h"
#include "sink/verify.h"
#include "tests/kafka/sink_fixture.h"

enum { STEP = 12, KILLED = 137, FAILED = 3 };

static struct sink_fixture fixture;

static void use_directory(void)
{
    fixture.recipients[1].topic = NULL;
    fixture.recipients[1].directory = fixture.directory;
    /* A member that comes back takes its own place at once. */
    fixture.properties[1] = (struct kafka_property){"group.instance.id", "one"};
    fixture.settings.property_count = 2;
}

static int set_up(void **state)
{
    (void)state;
    sink_fixture_init(&fixture);
    leave_group(&fixture);
    use_directory();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sink_fixture_release(&fixture);
    return 0;
}

static int64_t resume_offset(void)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, fixture.events, 0);
    rd_kafka_resp_err_t error = rd_kafka_committed(fixture.consumer->handle, list, 20000);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    if (error)
        _exit(FAILED + 1);
    return offset < 0 ? 0 : offset;
}

/* Goes on from where the group stands up to the target; a whole step in two publications. */
static int be_child(char **words)
{
    struct sink *sink;
    fixture = (struct sink_fixture){.now = clock_now(NULL)};
    sink_fixture_name(&fixture, words[2]);
    snprintf(fixture.directory, sizeof fixture.directory, "%s", words[3]);
    use_directory();
    join_group(&fixture);
    struct batch_limits limits = {.records = 1000, .bytes = 1 << 20};
    if (batch_init(&fixture.batch, limits, 2, 2) != RC_OK ||
        try_open_sink(&fixture, &sink) != RC_OK)
        return FAILED;
    fixture.sink = sink;
    fixture.next = resume_offset();
    enum rc rc = RC_OK;
    for (int64_t target = atoll(words[4]), half = target - STEP / 2; rc == RC_OK;) {
        if (fixture.next < target) {
            fill(&fixture, 3);
            rc = commit_batch(&fixture, NULL);
        }
        if (rc == RC_OK && (fixture.next == half || fixture.next == target))
            rc = finish_sink(&fixture);
        if (fixture.next == target)
            break;
    }
    if (rc == RC_OK) {
        close_sink(&fixture);
        leave_group(&fixture);
    }
    return rc == RC_OK ? 0 : FAILED;
}

struct trouble {
    const char *library, *variables[4]; /* for the child's environment */
    unsigned at;                        /* of failing_calls; 0: not */
};

static int run_child(const struct trouble *trouble, int64_t target)
{
    char number[32], at[64];
    snprintf(number, sizeof number, "%lld", (long long)target);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        snprintf(at, sizeof at, "LETHE_FAIL_AT=%u", trouble ? trouble->at : 0);
        for (int i = 0; trouble && i < 4 && trouble->variables[i]; i++)
            putenv((char *)(uintptr_t)trouble->variables[i]);
        if (trouble) {
            putenv(at);
            setenv("LD_PRELOAD", trouble->library, 1);
        }
        execl("/proc/self/exe", "broker_sink_files", "child", fixture.prefix, fixture.directory,
              number, NULL);
        _exit(126);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const char *verify_all(void)
{
    static char text[8192];
    struct verify_report report;
    struct buffer out;
    char path[128];
    snprintf(path, sizeof path, "/tmp/%s.audit", fixture.prefix);
    FILE *export = fopen(path, "w");
    assert_non_null(export);
    fputs(consume(fixture.audit, "%s\\n"), export);
    fclose(export);
    buffer_init(&out, sizeof text - 1);
    assert_int_equal(verify_directory(fixture.directory, path, &report, &out), RC_OK);
    if (out.length)
        memcpy(text, out.data, out.length);
    text[out.length] = '\0';
    buffer_release(&out);
    unlink(path);
    return text;
}

static bool note_number(void *context, uint64_t number, struct slice row)
{
    unsigned char *seen = context;
    long value = -1;
    (void)number;
    assert_int_equal(sscanf(row.data, "{\"n\":%ld}", &value), 1);
    assert_in_range(value, 0, 9999);
    seen[value]++;
    return true;
}

static void assert_part_numbers(int64_t count)
{
    static unsigned char seen[10000];
    char stem[FILE_STEM_SIZE];
    memset(seen, 0, sizeof seen);
    DIR *directory = opendir(fixture.directory);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct part_contents contents;
        if (layout_kind(entry->d_name, stem, NULL) == FILE_PART)
            assert_int_equal(
                part_read(dirfd(directory), entry->d_name, note_number, seen, &contents), RC_OK);
    }
    closedir(directory);
    for (int64_t i = 0; i < 10000; i++)
        if (seen[i] != (i < count))
            fail_msg("row %lld is there %d times", (long long)i, seen[i]);
}

/* With that trouble; then without; then all must be there. */
static bool break_and_mend(const struct trouble *trouble, int step, int64_t *target, int expected)
{
    *target += step;
    int status = run_child(trouble, *target);
    if (status != 0 && status != expected)
        fail_msg("%s %u: status %d", trouble->variables[0], trouble->at, status);
    if (status != 0)
        assert_int_equal(run_child(NULL, *target), 0);
    const char *findings = verify_all();
    if (*findings)
        fail_msg("%s %u:\n%s", trouble->variables[0], trouble->at, findings);
    assert_numbers(fixture.clean, *target);
    assert_part_numbers(*target);
    return status != 0;
}

static void test_without_trouble(void **state)
{
    (void)state;
    for (int64_t target = STEP; target <= 3 * STEP; target += STEP)
        assert_int_equal(run_child(NULL, target), 0);
    assert_string_equal(verify_all(), "");
    assert_part_numbers(3 * STEP);
    assert_numbers(fixture.clean, 3 * STEP);
}

static void test_killed_around_the_commit(void **state)
{
    (void)state;
    static const char *const places[] = {
        "LETHE_KILL=offsets-before", "LETHE_KILL=offsets-after", "LETHE_KILL=commit-before",
        "LETHE_KILL=commit-during",  "LETHE_KILL=commit-after",
    };
    int64_t target = STEP;
    assert_int_equal(run_child(NULL, target), 0); /* the chain has begun */
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        for (unsigned at = 0; at < 2; at++) {
            struct trouble trouble = {
                LETHE_KILLING_CALLS,
                {places[i], at ? "LETHE_KILL_AT=2" : "LETHE_KILL_AT=1", NULL, NULL},
                0};
            assert_true(break_and_mend(&trouble, STEP, &target, KILLED));
        }
}

/* Every call of that kind in one publication, until there are no more. */
static void break_every(const char *call, const char *how, const char *error, int expected,
                        unsigned least)
{
    int64_t target = STEP;
    unsigned at = 1;
    assert_int_equal(run_child(NULL, target), 0);
    for (;; at++) {
        struct trouble trouble = {LETHE_FAILING_CALLS, {call, how, error, NULL}, at};
        if (!break_and_mend(&trouble, STEP / 2, &target, expected))
            break;
    }
    assert_true(at - 1 >= least);
}

static void test_killed_at_every_fsync(void **state)
{
    (void)state;
    break_every("LETHE_FAIL_CALL=fsync", "LETHE_FAIL_KILL=1", NULL, KILLED, 6);
}

static void test_killed_at_every_rename(void **state)
{
    (void)state;
    break_every("LETHE_FAIL_CALL=rename", "LETHE_FAIL_KILL=1", NULL, KILLED, 4);
}

static void test_every_fsync_fails(void **state)
{
    (void)state;
    break_every("LETHE_FAIL_CALL=fsync", "LETHE_FAIL_ERRNO=ENOSPC", NULL, FAILED, 6);
}

static void test_every_rename_fails(void **state)
{
    (void)state;
    break_every("LETHE_FAIL_CALL=rename", "LETHE_FAIL_ERRNO=EIO", NULL, FAILED, 4);
}

/* The disk is gone together with what was prepared on it: reported, and nothing is half there. */
static void test_a_lost_disk(void **state)
{
    (void)state;
    struct kafka_sink_counts counts;
    struct trouble trouble = {
        LETHE_FAILING_CALLS, {"LETHE_FAIL_CALL=rename", "LETHE_FAIL_KILL=1", NULL, NULL}, 1};
    assert_int_equal(run_child(&trouble, STEP), KILLED);
    char command[128];
    snprintf(command, sizeof command, "rm -f %s/.*.partial", fixture.directory);
    assert_int_equal(system(command), 0);
    open_sink(&fixture);
    kafka_sink_counts(fixture.sink, &counts, NULL, 0);
    assert_int_equal(counts.recovery.missing, 2); /* a part for each schema */
    assert_int_equal(counts.recovery.published + counts.recovery.removed, 0);
    assert_non_null(strstr(verify_all(), "which is not there"));
}
/* A temporary file with somebody's tag. */
static void leave_behind(const char *owner, const char *stem, int64_t time, char path[static 192])
{
    char name[FILE_NAME_SIZE], temporary[FILE_NAME_SIZE];
    layout_name(FILE_PART, stem, name);
    layout_temporary_name(name, owner, temporary);
    snprintf(path, 192, "%s/%s", fixture.directory, temporary);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    assert_true(descriptor >= 0);
    const struct timespec times[2] = {{.tv_sec = (time_t)(time / TIME_SECOND)},
                                      {.tv_sec = (time_t)(time / TIME_SECOND)}};
    assert_int_equal(futimens(descriptor, times), 0);
    close(descriptor);
}

static void test_whose_files_are_touched(void **state)
{
    (void)state;
    struct kafka_sink_counts counts;
    char mine[FILE_OWNER_SIZE], others[FILE_OWNER_SIZE];
    char unnamed[192], old[192], another[192], plain[192];
    layout_owner(slice_from_string(fixture.id), mine);
    layout_owner(SLICE("another"), others);
    open_sink(&fixture); /* the chain begins now */
    close_sink(&fixture);
    leave_behind(mine, "00000000000000000000000000000001", fixture.now, unnamed);
    leave_behind(mine, "00000000000000000000000000000002", fixture.now - TIME_DAY, old);
    leave_behind(others, "00000000000000000000000000000003", fixture.now, another);
    leave_behind(NULL, "00000000000000000000000000000004", fixture.now, plain);
    open_sink(&fixture);
    kafka_sink_counts(fixture.sink, &counts, NULL, 0);
    assert_int_equal(counts.recovery.removed, 1);
    assert_int_equal(counts.recovery.kept, 1); /* older than what the audit can tell of */
    assert_int_equal(access(unnamed, F_OK), -1);
    assert_int_equal(access(old, F_OK), 0);
    assert_int_equal(access(another, F_OK), 0);
    assert_int_equal(access(plain, F_OK), 0);
}

/* Retention has ended what was written when the file was made. */
static void test_an_audit_that_was_cut(void **state)
{
    (void)state;
    struct kafka_sink_counts counts;
    char mine[FILE_OWNER_SIZE], path[192], words[256];
    layout_owner(slice_from_string(fixture.id), mine);
    open_sink(&fixture);
    close_sink(&fixture);
    leave_behind(mine, "00000000000000000000000000000001", fixture.now, path);
    for (int partition = 0; partition < 2; partition++) {
        snprintf(words, sizeof words, "delete-records %s %d -1", fixture.audit, partition);
        admin(words);
    }
    open_sink(&fixture);
    kafka_sink_counts(fixture.sink, &counts, NULL, 0);
    assert_int_equal(counts.chain_entries, 1); /* begun anew */
    assert_int_equal(counts.recovery.kept, 1);
    assert_int_equal(access(path, F_OK), 0);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_without_trouble),       TEST(test_killed_around_the_commit),
        TEST(test_killed_at_every_fsync), TEST(test_killed_at_every_rename),
        TEST(test_every_fsync_fails),     TEST(test_every_rename_fails),
        TEST(test_a_lost_disk),           TEST(test_whose_files_are_touched),
        TEST(test_an_audit_that_was_cut),
    };
    if (argc == 5 && strcmp(argv[1], "child") == 0)
        return be_child(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
