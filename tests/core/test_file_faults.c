/*
 * file_write_atomically where every single call of the system fails once: what is there afterwards
 * is the old file or the new one, whole, and nothing beside it. The calls are replaced by this
 * program's own, which count, and fail when it is their turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/file.h"

static int calls;     /* since the count was last set to 0 */
static int failing;   /* the number of the call that fails; 0: none */
static int error;     /* with this errno */
static bool no_flag;  /* the file system does not know RENAME_NOREPLACE */
static int short_one; /* the number of the call of write that takes one byte only */

static bool fails(void)
{
    if (++calls != failing)
        return false;
    errno = error;
    return true;
}

ssize_t write(int descriptor, const void *bytes, size_t size)
{
    if (fails())
        return -1;
    return syscall(SYS_write, descriptor, bytes, calls == short_one && size > 1 ? 1 : size);
}

int fsync(int descriptor)
{
    return fails() ? -1 : (int)syscall(SYS_fsync, descriptor);
}

int fchmod(int descriptor, mode_t mode)
{
    return fails() ? -1 : (int)syscall(SYS_fchmod, descriptor, mode);
}

/* As a real one: the descriptor is gone even where it fails. */
int close(int descriptor)
{
    bool failed = fails();
    int result = (int)syscall(SYS_close, descriptor);
    if (failed)
        errno = error;
    return failed ? -1 : result;
}

int renameat(int from, const char *old_name, int to, const char *new_name)
{
    return fails() ? -1 : (int)syscall(SYS_renameat2, from, old_name, to, new_name, 0);
}

int renameat2(int from, const char *old_name, int to, const char *new_name, unsigned flags)
{
    if (fails())
        return -1;
    if (no_flag) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_renameat2, from, old_name, to, new_name, flags);
}

int linkat(int from, const char *old_name, int to, const char *new_name, int flags)
{
    return fails() ? -1 : (int)syscall(SYS_linkat, from, old_name, to, new_name, flags);
}

static char directory[64];
static char path[80];

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/lethe-test-faults-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/file", directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory); /* fails where anything else is left in it */
}

static struct slice content(struct arena *arena)
{
    struct slice text;
    arena_init(arena, 1000);
    enum rc rc = file_read(path, 100, arena, &text);
    return rc == RC_OK ? text : (struct slice){0};
}

static unsigned names_there(void)
{
    DIR *opened = opendir(directory);
    assert_non_null(opened);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(opened));)
        count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(opened);
    return count;
}

static enum rc write_with_fault(int number, int error_number, bool replace)
{
    calls = 0;
    failing = number;
    error = error_number;
    enum rc rc = file_write_atomically(path, SLICE("new content"), 0600, replace);
    failing = 0;
    return rc;
}

static const int errors[] = {EIO, ENOSPC, EDQUOT, EROFS, ENOMEM};

static void try_every_call(bool replace)
{
    unsigned refused = 0;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        bool reached = true;
        for (int number = 1; reached; number++) {
            unlink(path);
            if (replace)
                assert_int_equal(write_with_fault(0, 0, false), RC_OK);
            struct arena arena;
            struct slice old = content(&arena);
            assert_int_equal(old.length, replace ? 11 : 0);
            arena_release(&arena);
            enum rc rc = write_with_fault(number, errors[i], replace);
            reached = calls >= number;
            struct slice now = content(&arena);
            bool whole = slice_equal(now, SLICE("new content"));
            if (rc != RC_OK) {
                refused++;
                assert_int_equal(rc, rc_from_errno(errors[i]));
            }
            assert_true(rc == RC_OK || replace || now.length == 0);
            assert_true(rc != RC_OK || whole);
            assert_true(!replace || whole);
            assert_int_equal(names_there(), now.length > 0);
            arena_release(&arena);
        }
    }
    /* write, fchmod, fsync, close, rename and the directory's fsync; its close tells nothing. */
    assert_int_equal(refused, 6 * sizeof errors / sizeof *errors);
}

static void test_create(void **state)
{
    (void)state;
    try_every_call(false);
}

static void test_replace(void **state)
{
    (void)state;
    try_every_call(true);
}

static void test_interrupted(void **state)
{
    (void)state;
    for (int number = 1; number <= 4;
         number++) { /* write, fchmod is not interrupted, fsync, close */
        unlink(path);
        if (number != 2)
            assert_int_equal(write_with_fault(number, EINTR, false), RC_OK);
    }
    unlink(path);
    short_one = 1;
    assert_int_equal(write_with_fault(0, 0, false), RC_OK);
    short_one = 0;
    struct arena arena;
    assert_true(slice_equal(content(&arena), SLICE("new content")));
    arena_release(&arena);
    unlink(path);
    assert_int_equal(write_with_fault(6, EINVAL, false), RC_OK); /* no fsync for directories */
}

static void test_file_system_without_the_flag(void **state)
{
    (void)state;
    no_flag = true;
    assert_int_equal(write_with_fault(0, 0, false), RC_OK);
    assert_int_equal(names_there(), 1);
    assert_int_equal(write_with_fault(0, 0, false), RC_EXISTS);
    assert_int_equal(names_there(), 1);
    unlink(path);
    assert_int_equal(write_with_fault(6, EIO, false), RC_IO); /* the link */
    assert_int_equal(names_there(), 0);
    no_flag = false;
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_create),
        CASE(test_replace),
        CASE(test_interrupted),
        CASE(test_file_system_without_the_flag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
