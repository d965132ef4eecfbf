/* Files that hold a secret: what is refused when they are read, and that a destroyed one holds
 * nothing any more, by whatever other name it can still be reached. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "anonymize/secret_file.h"

enum { NOBODY = 65534 };

struct place {
    char path[64];
    int directory;
    struct buffer reason;
};

static int setup(void **state)
{
    static struct place place;
    strcpy(place.path, "/tmp/lethe-secret-XXXXXX");
    assert_non_null(mkdtemp(place.path));
    place.directory = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(place.directory >= 0);
    buffer_init(&place.reason, 4096);
    *state = &place;
    return 0;
}

static int teardown(void **state)
{
    struct place *place = *state;
    char command[128];
    close(place->directory);
    buffer_release(&place->reason);
    snprintf(command, sizeof command, "rm -rf '%s'", place->path);
    return system(command);
}

static void put(const struct place *place, const char *name, size_t length, mode_t mode)
{
    int file = openat(place->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(write(file, "s", 1), 1);
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
}

/* Every byte of it is zero, and there are `length` of them. */
static void assert_zeros(const struct place *place, const char *name, size_t length)
{
    char byte;
    size_t count = 0;
    int file = openat(place->directory, name, O_RDONLY | O_CLOEXEC);
    assert_true(file >= 0);
    for (; read(file, &byte, 1) == 1; count++)
        assert_int_equal(byte, 0);
    close(file);
    assert_int_equal(count, length);
}

static bool is_there(const struct place *place, const char *name)
{
    struct stat status;
    return fstatat(place->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static void assert_read(struct place *place, const char *name, enum rc rc, const char *what)
{
    char memory[SECRET_FILE_LIMIT];
    char expected[128];
    size_t length;
    snprintf(expected, sizeof expected, "%s: %s", name, what);
    buffer_reset(&place->reason);
    assert_int_equal(secret_file_read(place->directory, name, memory, &length, &place->reason), rc);
    assert_true(slice_equal(buffer_slice(&place->reason), slice_from_string(expected)));
}

static void assert_destroy(struct place *place, const char *name, enum rc rc, const char *what)
{
    char expected[128];
    snprintf(expected, sizeof expected, "%s: %s", name, what);
    buffer_reset(&place->reason);
    assert_int_equal(secret_file_destroy(place->directory, name, &place->reason), rc);
    assert_true(slice_equal(buffer_slice(&place->reason),
                            rc == RC_OK ? (struct slice){0} : slice_from_string(expected)));
}

static void test_read(void **state)
{
    struct place *place = *state;
    char memory[SECRET_FILE_LIMIT];
    size_t length;
    put(place, "key", SECRET_FILE_LIMIT - 1, 0600);
    assert_int_equal(secret_file_read(place->directory, "key", memory, &length, NULL), RC_OK);
    assert_int_equal(length, SECRET_FILE_LIMIT - 1);
    put(place, "long", SECRET_FILE_LIMIT, 0600);
    assert_read(place, "long", RC_CORRUPT, "is too long");
    assert_read(place, "none", RC_NOT_FOUND, "there is no such file");
    assert_read(place, "key/below", RC_REFUSED, "cannot be opened");
    assert_int_equal(symlinkat("key", place->directory, "link"), 0);
    assert_read(place, "link", RC_REFUSED, "is a symbolic link");
    assert_int_equal(mkfifoat(place->directory, "fifo", 0600), 0);
    assert_read(place, "fifo", RC_REFUSED, "is not a regular file");
    /* Without a place for the sentence it is the same answer. */
    assert_int_equal(secret_file_read(place->directory, "fifo", memory, &length, NULL), RC_REFUSED);
}

static void test_hex(void **state)
{
    (void)state;
    unsigned char bytes[2];
    assert_true(secret_from_hex(SLICE("09af"), bytes, 2));
    assert_int_equal(bytes[0], 0x09);
    assert_int_equal(bytes[1], 0xaf);
    static const char *const wrong[] = {"", "09a", "09af0", "09aF", "09ag", "0 af", "09a/", "09a:"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(secret_from_hex(slice_from_string(wrong[i]), bytes, 2));
}

static void test_destroy(void **state)
{
    struct place *place = *state;
    static const size_t lengths[] = {0, 1, SECRET_FILE_LIMIT, 3 * SECRET_FILE_LIMIT + 7};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        put(place, "key", lengths[i], 0600);
        assert_int_equal(linkat(place->directory, "key", place->directory, "other", 0), 0);
        assert_destroy(place, "key", RC_OK, "");
        assert_false(is_there(place, "key"));
        assert_zeros(place, "other", lengths[i]);
        assert_int_equal(unlinkat(place->directory, "other", 0), 0);
    }
    assert_destroy(place, "key", RC_OK, ""); /* it is gone already */
}

static void test_destroy_what_is_no_file(void **state)
{
    struct place *place = *state;
    put(place, "target", 5, 0600);
    assert_int_equal(symlinkat("target", place->directory, "link"), 0);
    assert_destroy(place, "link", RC_OK, "");
    assert_false(is_there(place, "link"));
    char byte;
    int target = openat(place->directory, "target", O_RDONLY | O_CLOEXEC);
    assert_int_equal(read(target, &byte, 1), 1);
    assert_int_equal(byte, 's'); /* a link leads to what is somebody else's */
    close(target);
    assert_int_equal(mkdirat(place->directory, "folder", 0700), 0);
    assert_destroy(place, "folder", RC_REFUSED, "cannot be opened to be overwritten");
    assert_true(is_there(place, "folder"));
    /* A FIFO that somebody reads opens, and there is nothing in it to overwrite. */
    assert_int_equal(mkfifoat(place->directory, "fifo", 0600), 0);
    int reader = openat(place->directory, "fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    assert_destroy(place, "fifo", RC_OK, "");
    assert_false(is_there(place, "fifo"));
    close(reader);
}

/* What rights forbid is said, and never taken for done. Root has all rights, so it lays them down
 * for this test. */
static void test_destroy_without_rights(void **state)
{
    struct place *place = *state;
    bool root = geteuid() == 0;
    put(place, "mine", 100, 0400);
    put(place, "stays", 100, 0600);
    if (root) {
        put(place, "roots", 100, 0400);
        assert_int_equal(fchownat(place->directory, "mine", NOBODY, NOBODY, 0), 0);
        assert_int_equal(fchownat(place->directory, "stays", NOBODY, NOBODY, 0), 0);
        assert_int_equal(fchown(place->directory, NOBODY, NOBODY), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    }
    assert_int_equal(linkat(place->directory, "mine", place->directory, "other", 0), 0);
    assert_destroy(place, "mine", RC_OK, ""); /* its owner may make it writable */
    assert_zeros(place, "other", 100);
    if (root)
        assert_destroy(place, "roots", RC_REFUSED, "cannot be opened to be overwritten");
    assert_int_equal(fchmod(place->directory, 0500), 0);
    assert_destroy(place, "stays", RC_REFUSED, "cannot be removed");
    assert_zeros(place, "stays", 100);
    assert_int_equal(fchmod(place->directory, 0700), 0);
    if (root)
        assert_int_equal(seteuid(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_read, setup, teardown),
        cmocka_unit_test(test_hex),
        cmocka_unit_test_setup_teardown(test_destroy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroy_what_is_no_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_destroy_without_rights, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
