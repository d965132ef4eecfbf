/* What systemd reads on its socket, and that without one nothing happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "worker/notify.h"

static int open_socket(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int *handle = malloc(sizeof *handle);
    assert_non_null(handle);
    *handle = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(*handle >= 0);
    /* An abstract name: nothing is left behind. */
    int length = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "lethe-test-%ld",
                          (long)getpid());
    assert_int_equal(bind(*handle, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)),
                     0);
    address.sun_path[0] = '@';
    setenv("NOTIFY_SOCKET", address.sun_path, 1);
    *state = handle;
    return 0;
}

static int close_socket(void **state)
{
    int *handle = *state;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    close(*handle);
    free(handle);
    return 0;
}

static void expect_note(int handle, const char *text)
{
    char note[512];
    ssize_t count = recv(handle, note, sizeof note - 1, MSG_DONTWAIT);
    assert_true(count > 0);
    note[count] = '\0';
    assert_string_equal(note, text);
}

static void notes_are_what_systemd_reads(void **state)
{
    int handle = *(int *)*state;
    char note[512];
    notify_ready("every lane runs");
    expect_note(handle, "READY=1\nSTATUS=every lane runs");
    notify_status("100 % \"sure\"");
    expect_note(handle, "STATUS=100 % \"sure\"");
    notify_stopping("the worker is ending");
    expect_note(handle, "STOPPING=1\nSTATUS=the worker is ending");
    notify_extend(20000);
    expect_note(handle, "EXTEND_TIMEOUT_USEC=20000000");
    notify_alive();
    expect_note(handle, "WATCHDOG=1");
    notify_reloading("the configuration is read anew");
    ssize_t count = recv(handle, note, sizeof note - 1, MSG_DONTWAIT);
    assert_true(count > 0);
    note[count] = '\0';
    long long monotonic = 0;
    assert_int_equal(sscanf(note, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=", &monotonic), 1);
    assert_true(monotonic > 0);
}

static void the_watchdog_is_asked_for(void **state)
{
    (void)state;
    assert_int_equal(notify_watchdog_interval(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(notify_watchdog_interval(), 15000);
    setenv("WATCHDOG_USEC", "1", 1);
    assert_int_equal(notify_watchdog_interval(), 1);
    setenv("WATCHDOG_USEC", "rubbish", 1);
    assert_int_equal(notify_watchdog_interval(), 0);
}

static void without_systemd_nothing_happens(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    notify_ready("nobody reads this");
    notify_alive();
    setenv("NOTIFY_SOCKET", "@lethe-test-that-nobody-listens-on", 1);
    notify_ready("nobody reads this");
    notify_alive();
    unsetenv("NOTIFY_SOCKET");
    assert_int_equal(notify_watchdog_interval(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(notes_are_what_systemd_reads, open_socket, close_socket),
        cmocka_unit_test_setup_teardown(the_watchdog_is_asked_for, open_socket, close_socket),
        cmocka_unit_test(without_systemd_nothing_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
