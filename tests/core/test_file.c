/* Reading whole files, and writing them whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buffer.h"
#include "core/file.h"

static char directory[64];
static struct arena arena;

static const char *path_of(const char *name)
{
    return arena_format(&arena, "%s/%s", directory, name);
}

static void put(const char *name, const char *text)
{
    int descriptor = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(descriptor >= 0);
    assert_int_equal(file_write_all(descriptor, slice_from_string(text)), RC_OK);
    assert_int_equal(close(descriptor), 0);
}

static void assert_content(const char *name, const char *expected)
{
    struct slice text;
    assert_int_equal(file_read(path_of(name), 1 << 20, &arena, &text), RC_OK);
    assert_true(slice_equal(text, slice_from_string(expected)));
}

/* How many names the directory holds; the temporary ones are among them. */
static unsigned names_there(const char *path)
{
    DIR *opened = opendir(path);
    assert_non_null(opened);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(opened));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(opened);
    return count;
}

/* What an open descriptor more would show. */
static int next_descriptor(void)
{
    int descriptor = dup(STDERR_FILENO);
    close(descriptor);
    return descriptor;
}

static int set_up(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/lethe-test-file-XXXXXX");
    assert_non_null(mkdtemp(directory));
    arena_init(&arena, 1 << 22);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char *command = arena_format(&arena, "rm -rf '%s'", directory);
    int status = system(command);
    arena_release(&arena);
    return status;
}

static void test_read(void **state)
{
    (void)state;
    int before = next_descriptor();
    struct slice text;
    put("a", "hello\n");
    assert_int_equal(file_read(path_of("a"), 6, &arena, &text), RC_OK);
    assert_true(slice_equal(text, SLICE("hello\n")));
    assert_int_equal(text.data[6], '\0');
    assert_int_equal(file_read(path_of("a"), 5, &arena, &text), RC_LIMIT);
    assert_int_equal(text.length, 0);
    put("empty", "");
    assert_int_equal(file_read(path_of("empty"), 0, &arena, &text), RC_OK);
    assert_int_equal(text.length, 0);
    assert_int_equal(file_read(path_of("none"), 5, &arena, &text), RC_NOT_FOUND);
    assert_int_equal(file_read(path_of("a/b"), 5, &arena, &text), RC_REFUSED);
    assert_int_equal(file_read(directory, 1 << 20, &arena, &text), RC_REFUSED);
    assert_int_equal(file_read("/dev/zero", 1 << 20, &arena, &text), RC_REFUSED);
    assert_int_equal(symlink("a", path_of("link")), 0);
    assert_int_equal(file_read(path_of("link"), 100, &arena, &text), RC_OK);
    assert_int_equal(text.length, 6);
    struct arena small;
    arena_init(&small, 6);
    assert_int_equal(file_read(path_of("a"), 100, &small, &text), RC_NO_MEMORY);
    arena_release(&small);
    assert_int_equal(next_descriptor(), before);
}

/* Neither a FIFO without a writer nor a file that grows under the reader makes it wait or lie. */
static void test_read_what_is_no_plain_file(void **state)
{
    (void)state;
    struct slice text;
    assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
    alarm(20);
    assert_int_equal(file_read(path_of("fifo"), 100, &arena, &text), RC_REFUSED);
    /* Files of /proc say that they are empty and are not. */
    assert_int_equal(file_read("/proc/self/status", 1 << 20, &arena, &text), RC_IO);
    assert_int_equal(text.length, 0);
    alarm(0);
}

static void test_write_all(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    assert_int_equal(file_write_all(full, SLICE("x")), RC_NO_SPACE);
    assert_int_equal(file_write_all(full, SLICE("")), RC_OK);
    close(full);
    assert_int_equal(file_write_all(full, SLICE("x")), RC_IO);
}

/* A pipe that does not block, read slowly by another process: every byte arrives, in order. */
static void test_write_all_to_a_slow_reader(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[1]);
        unsigned char piece[30000];
        size_t total = 0;
        for (ssize_t got; (got = read(ends[0], piece, sizeof piece)) > 0; usleep(1000)) {
            for (ssize_t i = 0; i < got; i++, total++) {
                if (piece[i] != (unsigned char)(total * 31 >> 3))
                    _exit(2);
            }
        }
        _exit(total == SIZE ? 0 : 3);
    }
    close(ends[0]);
    char *bytes = malloc(SIZE);
    assert_non_null(bytes);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 31 >> 3);
    assert_int_equal(file_write_all(ends[1], slice_of(bytes, SIZE)), RC_OK);
    close(ends[1]);
    free(bytes);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_write_atomically(void **state)
{
    (void)state;
    int before = next_descriptor();
    struct stat status;
    umask(077);
    assert_int_equal(file_write_atomically(path_of("a"), SLICE("one"), 0644, false), RC_OK);
    umask(022);
    assert_content("a", "one");
    assert_int_equal(stat(path_of("a"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0644);
    assert_int_equal(file_write_atomically(path_of("a"), SLICE("two"), 0600, false), RC_EXISTS);
    assert_content("a", "one");
    assert_int_equal(file_write_atomically(path_of("a"), SLICE("two"), 0600, true), RC_OK);
    assert_content("a", "two");
    assert_int_equal(stat(path_of("a"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(file_write_atomically(path_of("empty"), (struct slice){0}, 0600, true), RC_OK);
    assert_content("empty", "");
    assert_int_equal(names_there(directory), 2);
    assert_int_equal(next_descriptor(), before);
}

static void test_write_atomically_to_bad_places(void **state)
{
    (void)state;
    struct slice text = SLICE("x");
    put("file", "old");
    assert_int_equal(mkdir(path_of("folder"), 0700), 0);
    put("folder/inside", "old");
    int before = next_descriptor();
    assert_int_equal(file_write_atomically("", text, 0600, true), RC_REFUSED);
    assert_int_equal(file_write_atomically(path_of(""), text, 0600, true), RC_REFUSED);
    assert_int_equal(file_write_atomically(path_of("."), text, 0600, true), RC_REFUSED);
    assert_int_equal(file_write_atomically(path_of("folder/.."), text, 0600, true), RC_REFUSED);
    assert_int_equal(file_write_atomically(path_of("none/a"), text, 0600, true), RC_NOT_FOUND);
    assert_int_equal(file_write_atomically(path_of("file/a"), text, 0600, true), RC_REFUSED);
    assert_int_equal(file_write_atomically(path_of("folder"), text, 0600, true), RC_REFUSED);
    assert_int_equal(file_write_atomically(path_of("folder"), text, 0600, false), RC_EXISTS);
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(file_write_atomically(path_of(name), text, 0600, true), RC_IO);
    assert_int_equal(file_write_atomically(path_of(name), text, 0600, false), RC_IO);
    char *path = malloc(6001);
    assert_non_null(path);
    memset(path, '/', 6000);
    strcpy(path + 5999, "a");
    assert_int_equal(file_write_atomically(path, text, 0600, true), RC_LIMIT);
    free(path);
    assert_content("file", "old");
    assert_int_equal(names_there(directory), 2);
    assert_int_equal(names_there(path_of("folder")), 1);
    assert_int_equal(next_descriptor(), before);
}

/* The link itself is replaced; what it points to stays as it was. */
static void test_write_atomically_over_a_link(void **state)
{
    (void)state;
    put("target", "old");
    assert_int_equal(symlink("target", path_of("link")), 0);
    assert_int_equal(file_write_atomically(path_of("link"), SLICE("x"), 0600, false), RC_EXISTS);
    assert_int_equal(file_write_atomically(path_of("link"), SLICE("new"), 0600, true), RC_OK);
    assert_content("target", "old");
    assert_content("link", "new");
    struct stat status;
    assert_int_equal(lstat(path_of("link"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
}

/* The disk takes no more after 10000 bytes: the old file stays, and nothing else does. */
static void test_write_atomically_to_a_full_disk(void **state)
{
    (void)state;
    put("a", "old");
    char *bytes = calloc(1, 20000);
    assert_non_null(bytes);
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    struct rlimit small = {.rlim_cur = 10000, .rlim_max = old.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    int before = next_descriptor();
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum rc replaced = file_write_atomically(path_of("a"), slice_of(bytes, 20000), 0600, true);
    enum rc created = file_write_atomically(path_of("b"), slice_of(bytes, 20000), 0600, false);
    enum rc fits = file_write_atomically(path_of("c"), slice_of(bytes, 10000), 0600, false);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(replaced, RC_IO);
    assert_int_equal(created, RC_IO);
    assert_int_equal(fits, RC_OK);
    assert_content("a", "old");
    assert_int_equal(names_there(directory), 2);
    assert_int_equal(next_descriptor(), before);
    free(bytes);
}

static void test_relative_path(void **state)
{
    (void)state;
    char *here = get_current_dir_name();
    assert_non_null(here);
    assert_int_equal(chdir(directory), 0);
    enum rc written = file_write_atomically("a", SLICE("x"), 0600, false);
    enum rc made = directory_create("b/c", 0700);
    enum rc synced = directory_sync("b");
    assert_int_equal(chdir(here), 0);
    free(here);
    assert_int_equal(written, RC_OK);
    assert_int_equal(made, RC_OK);
    assert_int_equal(synced, RC_OK);
    assert_content("a", "x");
    assert_int_equal(names_there(path_of("b")), 1);
}

static void test_directories(void **state)
{
    (void)state;
    struct stat status;
    assert_int_equal(directory_create(path_of("x//y/z/"), 0700), RC_OK);
    assert_int_equal(stat(path_of("x/y/z"), &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0700);
    assert_int_equal(directory_create(path_of("x/y/z"), 0700), RC_OK);
    assert_int_equal(directory_create("/", 0700), RC_OK);
    assert_int_equal(directory_create("", 0700), RC_REFUSED);
    put("file", "x");
    assert_int_equal(directory_create(path_of("file"), 0700), RC_EXISTS);
    assert_int_equal(directory_create(path_of("file/y"), 0700), RC_EXISTS);
    assert_int_equal(symlink("nowhere", path_of("dangling")), 0);
    assert_int_equal(directory_create(path_of("dangling"), 0700), RC_EXISTS);
    char *path = malloc(6001);
    assert_non_null(path);
    memset(path, '/', 6000);
    path[6000] = '\0';
    assert_int_equal(directory_create(path, 0700), RC_LIMIT);
    free(path);
    assert_int_equal(directory_sync(path_of("x")), RC_OK);
    assert_int_equal(directory_sync(path_of("none")), RC_NOT_FOUND);
    assert_int_equal(directory_sync(path_of("file")), RC_REFUSED);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(test_read),
        CASE(test_read_what_is_no_plain_file),
        CASE(test_write_all),
        CASE(test_write_all_to_a_slow_reader),
        CASE(test_write_atomically),
        CASE(test_write_atomically_to_bad_places),
        CASE(test_write_atomically_over_a_link),
        CASE(test_write_atomically_to_a_full_disk),
        CASE(test_relative_path),
        CASE(test_directories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
