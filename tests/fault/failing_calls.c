/*
 * Makes the k-th call of a kind fail: a shared library for LD_PRELOAD. Calls are counted from the
 * start of main on, so that the loader's and the C library's own do not count.
 *
 *     LD_PRELOAD=libfailing_calls.so LETHE_FAIL_CALL=write LETHE_FAIL_AT=3 \
 *         LETHE_FAIL_ERRNO=ENOSPC lethe replay ...
 *
 *     LETHE_FAIL_CALL     one of: write (pwrite, writev), read, fsync (fdatasync), rename
 *                         (renameat, renameat2, link, linkat), open, openat, close, unlink
 *                         (unlinkat), mkdir (mkdirat), truncate (ftruncate), malloc, calloc,
 *                         realloc (reallocarray), mmap, send (sendto, sendmsg)
 *     LETHE_FAIL_AT       which call of that kind, from 1
 *     LETHE_FAIL_ERRNO    ENOSPC, EIO (the default), ENOMEM, EDQUOT, EACCES, EMFILE
 *     LETHE_FAIL_FOREVER  1: that call and every later one of its kind (a disk that stays full)
 *     LETHE_FAIL_ALSO     another kind: from the k-th call on every call of it fails too
 *     LETHE_FAIL_SHORT    1: the k-th write(2) writes half of its bytes, and the one after it fails
 *     LETHE_FAIL_KILL     1: instead of failing the process ends there and then with status 137,
 *                         without cleaning up, as a crash would (with SHORT: after half a write)
 *     LETHE_FAIL_REPORT   a file that is created when the call has come; where it is not there
 *                         afterwards the program has made fewer than k calls of that kind
 *
 * To try every call, run for k = 1, 2, ... until the report does not appear. Only calls that a
 * program or library makes through the dynamic linker are seen; the C library's calls to itself
 * (fopen's open, say) are not. Not for sanitizers, which replace the same functions.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum call {
    CALL_NONE,
    CALL_WRITE,
    CALL_READ,
    CALL_FSYNC,
    CALL_RENAME,
    CALL_OPEN,
    CALL_OPENAT,
    CALL_CLOSE,
    CALL_UNLINK,
    CALL_MKDIR,
    CALL_TRUNCATE,
    CALL_MALLOC,
    CALL_CALLOC,
    CALL_REALLOC,
    CALL_MMAP,
    CALL_SEND,
    CALL_COUNT
};

static const char *const call_names[CALL_COUNT] = {
    [CALL_WRITE] = "write",       [CALL_READ] = "read",     [CALL_FSYNC] = "fsync",
    [CALL_RENAME] = "rename",     [CALL_OPEN] = "open",     [CALL_OPENAT] = "openat",
    [CALL_CLOSE] = "close",       [CALL_UNLINK] = "unlink", [CALL_MKDIR] = "mkdir",
    [CALL_TRUNCATE] = "truncate", [CALL_MALLOC] = "malloc", [CALL_CALLOC] = "calloc",
    [CALL_REALLOC] = "realloc",   [CALL_MMAP] = "mmap",     [CALL_SEND] = "send",
};

static struct {
    enum call call, also;
    unsigned long at;
    int error;
    bool forever, half, kill;
    const char *report;
} plan; /* set before main, and never after */

static atomic_ulong calls;
static atomic_bool half_written, begun;

static int error_from_name(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"ENOMEM", ENOMEM},
                  {"EDQUOT", EDQUOT}, {"EACCES", EACCES}, {"EMFILE", EMFILE}};
    for (size_t i = 0; name && i < sizeof errors / sizeof *errors; i++)
        if (strcmp(name, errors[i].name) == 0)
            return errors[i].number;
    return EIO;
}

static enum call call_from_name(const char *name)
{
    for (enum call call = CALL_NONE + 1; name && call < CALL_COUNT; call++)
        if (strcmp(name, call_names[call]) == 0)
            return call;
    return CALL_NONE;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && strcmp(value, "1") == 0;
}

static void read_plan(void)
{
    const char *at = getenv("LETHE_FAIL_AT");
    plan.at = at ? strtoul(at, NULL, 10) : 0;
    plan.error = error_from_name(getenv("LETHE_FAIL_ERRNO"));
    plan.forever = is_set("LETHE_FAIL_FOREVER");
    plan.half = is_set("LETHE_FAIL_SHORT");
    plan.kill = is_set("LETHE_FAIL_KILL");
    plan.report = getenv("LETHE_FAIL_REPORT");
    plan.also = call_from_name(getenv("LETHE_FAIL_ALSO"));
    /* The last thing to be set: from here on it counts. */
    plan.call = call_from_name(getenv("LETHE_FAIL_CALL"));
}

/* Is this the call? System calls are made directly here, so that nothing calls itself. */
static bool has_come(enum call call)
{
    if (call != plan.call || plan.at == 0)
        return false;
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    if (number != plan.at && !(plan.forever && number > plan.at))
        return false;
    atomic_store(&begun, true);
    if (plan.report) {
        long report = syscall(SYS_openat, AT_FDCWD, plan.report, O_WRONLY | O_CREAT, 0600);
        if (report >= 0)
            syscall(SYS_close, report);
    }
    return true;
}

static bool fails(enum call call)
{
    bool also = call != CALL_NONE && call == plan.also && atomic_load(&begun);
    if (!also && !has_come(call))
        return false;
    if (plan.kill)
        syscall(SYS_exit_group, 137);
    errno = plan.error;
    return true;
}

typedef int main_function(int, char **, char **);

int __libc_start_main(main_function *main, int argc, char **argv, main_function *init,
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

static main_function *real_main;

static int counted_main(int argc, char **argv, char **environment)
{
    read_plan();
    return real_main(argc, argv, environment);
}

int __libc_start_main(main_function *main, int argc, char **argv, main_function *init,
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    int (*real)(main_function *, int, char **, main_function *, void (*)(void), void (*)(void),
                void *);
    void *symbol = dlsym(RTLD_NEXT, "__libc_start_main");
    memcpy(&real, &symbol, sizeof real);
    real_main = main;
    return real(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}

/* Half of it is written, and the next call fails. */
static ssize_t write_half(int descriptor, const void *bytes, size_t count)
{
    ssize_t written = syscall(SYS_write, descriptor, bytes, count / 2);
    if (plan.kill)
        syscall(SYS_exit_group, 137);
    atomic_store(&half_written, true);
    return written;
}

ssize_t write(int descriptor, const void *bytes, size_t count)
{
    if (atomic_exchange(&half_written, false)) {
        errno = plan.error;
        return -1;
    }
    if (plan.half && count > 1 && has_come(CALL_WRITE))
        return write_half(descriptor, bytes, count);
    if (!plan.half && fails(CALL_WRITE))
        return -1;
    return syscall(SYS_write, descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset)
{
    return fails(CALL_WRITE) ? -1 : syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

ssize_t writev(int descriptor, const struct iovec *pieces, int count)
{
    return fails(CALL_WRITE) ? -1 : syscall(SYS_writev, descriptor, pieces, count);
}

ssize_t read(int descriptor, void *bytes, size_t count)
{
    return fails(CALL_READ) ? -1 : syscall(SYS_read, descriptor, bytes, count);
}

ssize_t send(int descriptor, const void *bytes, size_t count, int flags)
{
    return fails(CALL_SEND) ? -1 : syscall(SYS_sendto, descriptor, bytes, count, flags, NULL, 0);
}

ssize_t sendto(int descriptor, const void *bytes, size_t count, int flags,
               const struct sockaddr *to, socklen_t length)
{
    return fails(CALL_SEND) ? -1 : syscall(SYS_sendto, descriptor, bytes, count, flags, to, length);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    return fails(CALL_SEND) ? -1 : syscall(SYS_sendmsg, descriptor, message, flags);
}

int fsync(int descriptor)
{
    return fails(CALL_FSYNC) ? -1 : (int)syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor)
{
    return fails(CALL_FSYNC) ? -1 : (int)syscall(SYS_fdatasync, descriptor);
}

static int do_rename(int from_directory, const char *from, int to_directory, const char *to,
                     unsigned flags)
{
    if (fails(CALL_RENAME))
        return -1;
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
}

int rename(const char *from, const char *to)
{
    return do_rename(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    return do_rename(from_directory, from, to_directory, to, 0);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to,
              unsigned flags)
{
    return do_rename(from_directory, from, to_directory, to, flags);
}

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags)
{
    if (fails(CALL_RENAME))
        return -1;
    return (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
}

int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static int do_open(enum call call, int directory, const char *path, int flags, mode_t mode)
{
    return fails(call) ? -1 : (int)syscall(SYS_openat, directory, path, flags, mode);
}

/* The mode is there only where a file may be made. */
#define READ_MODE(flags, mode)                                                                     \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                       \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode = va_arg(arguments, mode_t);                                                          \
        va_end(arguments);                                                                         \
    }

int open(const char *path, int flags, ...)
{
    READ_MODE(flags, mode)
    return do_open(CALL_OPEN, AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    READ_MODE(flags, mode)
    return do_open(CALL_OPEN, AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    READ_MODE(flags, mode)
    return do_open(CALL_OPENAT, directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...)
{
    READ_MODE(flags, mode)
    return do_open(CALL_OPENAT, directory, path, flags, mode);
}

/* What the headers make of open and openat under _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int directory, const char *path, int flags);
int __openat64_2(int directory, const char *path, int flags);

int __open_2(const char *path, int flags)
{
    return do_open(CALL_OPEN, AT_FDCWD, path, flags, 0);
}

int __open64_2(const char *path, int flags)
{
    return do_open(CALL_OPEN, AT_FDCWD, path, flags, 0);
}

int __openat_2(int directory, const char *path, int flags)
{
    return do_open(CALL_OPENAT, directory, path, flags, 0);
}

int __openat64_2(int directory, const char *path, int flags)
{
    return do_open(CALL_OPENAT, directory, path, flags, 0);
}

/* As with a real one that fails, the descriptor is gone all the same. */
int close(int descriptor)
{
    bool failed = fails(CALL_CLOSE);
    int error = errno;
    int result = (int)syscall(SYS_close, descriptor);
    if (failed)
        errno = error;
    return failed ? -1 : result;
}

int unlinkat(int directory, const char *path, int flags)
{
    return fails(CALL_UNLINK) ? -1 : (int)syscall(SYS_unlinkat, directory, path, flags);
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int directory, const char *path, mode_t mode)
{
    return fails(CALL_MKDIR) ? -1 : (int)syscall(SYS_mkdirat, directory, path, mode);
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int ftruncate(int descriptor, off_t length)
{
    return fails(CALL_TRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, descriptor, length);
}

/* The C library's own, under the names that it keeps for those who replace them. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    return fails(CALL_MALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(CALL_CALLOC) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails(CALL_REALLOC) ? NULL : __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(memory, bytes);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset)
{
    if (fails(CALL_MMAP))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, length, protection, flags, descriptor, offset);
}
