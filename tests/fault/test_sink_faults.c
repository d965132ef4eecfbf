/*
 * Breaks sink_program at every call that it makes, one by one, and looks at what is left: nothing
 * torn, nothing half, and after recovery exactly what the audit says.
 */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sink/layout.h"
#include "sink/recovery.h"
#include "sink/verify.h"

enum { PATH_SIZE = 256, CALLS_MOST = 5000, ROWS_FIRST = 24, ROWS_ALL = 36 };

struct mode {
    const char *call;
    const char *error;
    const char *also; /* or NULL */
    bool forever, half, kill;
    bool may_leave; /* what was committed, or may have been: recovery has work to do */
};

static char base[64];

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void in_base(char path[static PATH_SIZE], const char *name)
{
    snprintf(path, PATH_SIZE, "%s/%s", base, name);
}

/* In the child: the environment of the preloaded library, and the program. */
static void become_program(const struct mode *mode, unsigned long at)
{
    char number[32], path[PATH_SIZE], root[PATH_SIZE];
    snprintf(number, sizeof number, "%lu", at);
    in_base(path, "stderr");
    int log = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(log, STDERR_FILENO);
    in_base(path, "report");
    in_base(root, "root");
    setenv("LD_PRELOAD", LETHE_FAILING_CALLS, 1);
    setenv("LETHE_FAIL_CALL", mode->call, 1);
    setenv("LETHE_FAIL_AT", number, 1);
    setenv("LETHE_FAIL_ERRNO", mode->error, 1);
    setenv("LETHE_FAIL_ALSO", mode->also ? mode->also : "", 1);
    setenv("LETHE_FAIL_FOREVER", mode->forever ? "1" : "0", 1);
    setenv("LETHE_FAIL_SHORT", mode->half ? "1" : "0", 1);
    setenv("LETHE_FAIL_KILL", mode->kill ? "1" : "0", 1);
    setenv("LETHE_FAIL_REPORT", path, 1);
    execl(LETHE_SINK_PROGRAM, LETHE_SINK_PROGRAM, root, (char *)NULL);
    _exit(126);
}

/* Its exit status; *came says whether the call was made at all. */
static int run(const struct mode *mode, unsigned long at, bool *came)
{
    char path[PATH_SIZE];
    int status;
    in_base(path, "root");
    remove_tree(path);
    assert_int_equal(mkdir(path, 0755), 0);
    in_base(path, "report");
    unlink(path);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        become_program(mode, at);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status)); /* it does not die of it */
    *came = access(path, F_OK) == 0;
    return WEXITSTATUS(status);
}

static const char *verify(struct verify_report *report)
{
    static char text[16384];
    char root[PATH_SIZE];
    struct buffer out;
    in_base(root, "root");
    buffer_init(&out, sizeof text - 1);
    assert_int_equal(verify_directory(root, NULL, report, &out), RC_OK);
    if (out.length)
        memcpy(text, out.data, out.length);
    text[out.length] = '\0';
    buffer_release(&out);
    return text;
}

/* Is every finding one that a crash may leave? None of these says that a visible file is torn. */
static bool is_only_unfinished(const char *findings)
{
    static const char *const harmless[] = {": a temporary file was left over\n",
                                           ": a manifest without its part\n",
                                           ", which is not there\n", "audit: its end is missing\n"};
    while (*findings) {
        const char *end = strchr(findings, '\n') + 1;
        bool found = false;
        for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
            size_t length = strlen(harmless[i]);
            found |= (size_t)(end - findings) >= length &&
                     strncmp(end - length, harmless[i], length) == 0;
        }
        if (!found)
            return false;
        findings = end;
    }
    return true;
}

static bool is_whole_but_for_the_end(const struct verify_report *report, const char *findings)
{
    return report->findings == 0 ||
           (report->audit == RC_TRUNCATED && strcmp(findings, "audit: its end is missing\n") == 0);
}

static void check_error_message(const struct mode *mode)
{
    char path[PATH_SIZE], text[256] = "";
    in_base(path, "stderr");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    if (mode->forever && strcmp(mode->call, "write") == 0)
        return; /* it could not even say so */
    if (length == 0 || strncmp(text, "sink_program: ", 14) != 0)
        fail_msg("no error message");
    if (strcmp(mode->call, "write") == 0 && strcmp(mode->error, "ENOSPC") == 0)
        assert_non_null(strstr(text, "no space left"));
}

static void check_recovery(void)
{
    char root[PATH_SIZE], audit[PATH_SIZE];
    struct recovery_report recovery;
    struct verify_report report;
    in_base(root, "root");
    in_base(audit, "root/" LAYOUT_AUDIT_FILE);
    enum rc rc = file_sink_recover(root, audit, &recovery);
    if (rc != RC_OK)
        assert_true(rc == RC_NOT_FOUND && access(audit, F_OK) != 0);
    assert_int_equal(recovery.missing + recovery.damaged + recovery.unnamed, 0);
    const char *findings = verify(&report);
    if (!is_whole_but_for_the_end(&report, findings))
        fail_msg("after recovery:\n%s", findings);
    /* A publication is there whole or not at all. */
    assert_true(report.rows == 0 || report.rows == ROWS_FIRST || report.rows == ROWS_ALL);
    assert_int_equal(report.quarantined, report.rows / 12);
}

static void check_outcome(const struct mode *mode, unsigned long at, int status)
{
    struct verify_report report;
    const char *findings = verify(&report);
    if (mode->kill) {
        assert_int_equal(status, 137);
        if (!is_only_unfinished(findings))
            fail_msg("killed at %s %lu:\n%s", mode->call, at, findings);
    } else if (status == 0) { /* the failure did not matter */
        assert_string_equal(findings, "");
        assert_int_equal(report.audit, RC_OK);
        assert_int_equal(report.rows, ROWS_ALL);
    } else {
        if (status != 3)
            fail_msg("%s %lu: status %d", mode->call, at, status);
        check_error_message(mode);
        if (mode->may_leave ? !is_only_unfinished(findings)
                            : !is_whole_but_for_the_end(&report, findings))
            fail_msg("%s %lu:\n%s", mode->call, at, findings);
    }
    check_recovery();
}

/* Every call of that kind, until there are no more. */
static void break_every_call(const struct mode *mode, int least)
{
    unsigned long at = 1;
    bool came = true;
    for (; at < CALLS_MOST; at++) {
        int status = run(mode, at, &came);
        if (!came) {
            assert_int_equal(status, 0);
            break;
        }
        check_outcome(mode, at, status);
    }
    assert_false(came);
    if (at - 1 < (unsigned long)least) /* else the test would test nothing */
        fail_msg("only %lu calls of %s", at - 1, mode->call);
}

static void test_without_failure(void **state)
{
    (void)state;
    const struct mode none = {.call = "none", .error = "EIO"};
    struct verify_report report;
    bool came;
    assert_int_equal(run(&none, 1, &came), 0);
    assert_false(came);
    assert_string_equal(verify(&report), "");
    assert_int_equal(report.rows, ROWS_ALL);
    assert_int_equal(report.audit, RC_OK);
}

static const struct {
    const char *call, *error;
    int least; /* calls that the program makes for certain */
    bool may_leave;
} kinds[] = {
    {"write", "ENOSPC", 20, false}, {"fsync", "EIO", 20, false},
    {"rename", "EIO", 18, true},    {"openat", "EMFILE", 18, false},
    {"open", "EACCES", 5, false},   {"close", "EIO", 18, false},
    {"mkdir", "ENOSPC", 5, false},  {"malloc", "ENOMEM", 20, false},
    {"calloc", "ENOMEM", 5, false}, {"realloc", "ENOMEM", 4, false},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

static void test_one_call_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        break_every_call(&(struct mode){.call = kinds[i].call,
                                        .error = kinds[i].error,
                                        .may_leave = kinds[i].may_leave},
                         kinds[i].least);
}

static void test_calls_fail_from_then_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        /* Where fsync fails for good it is not known what the audit holds. */
        bool in_doubt = strcmp(kinds[i].call, "fsync") == 0;
        break_every_call(&(struct mode){.call = kinds[i].call,
                                        .error = kinds[i].error,
                                        .forever = true,
                                        .may_leave = kinds[i].may_leave || in_doubt},
                         kinds[i].least);
    }
}

static void test_short_writes(void **state)
{
    (void)state;
    break_every_call(&(struct mode){.call = "write", .error = "ENOSPC", .half = true}, 20);
}

/* Where the audit cannot take its entry back it may be there or not: recovery goes by what is. */
static void test_audit_in_doubt(void **state)
{
    (void)state;
    break_every_call(
        &(struct mode){.call = "fsync", .error = "EIO", .also = "truncate", .may_leave = true}, 20);
    break_every_call(&(struct mode){.call = "write",
                                    .error = "ENOSPC",
                                    .also = "truncate",
                                    .half = true,
                                    .may_leave = true},
                     20);
}

static void test_killed_at_every_call(void **state)
{
    (void)state;
    static const char *const calls[] = {"write", "fsync", "rename", "openat", "close", "mkdir"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        break_every_call(&(struct mode){.call = calls[i], .error = "EIO", .kill = true}, 5);
    break_every_call(&(struct mode){.call = "write", .error = "EIO", .half = true, .kill = true},
                     20);
}

static int set_up(void **state)
{
    (void)state;
    /* In memory where there is such a place: thousands of fsyncs, and no power will fail here. */
    snprintf(base, sizeof base, "%s/lethe-faults-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(base) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    remove_tree(base);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_failure),         cmocka_unit_test(test_one_call_fails),
        cmocka_unit_test(test_calls_fail_from_then_on), cmocka_unit_test(test_short_writes),
        cmocka_unit_test(test_audit_in_doubt),          cmocka_unit_test(test_killed_at_every_call),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
