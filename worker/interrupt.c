#include "worker/interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "worker/command.h"

static const int caught[] = {SIGINT, SIGTERM};
enum { CAUGHT_COUNT = sizeof caught / sizeof caught[0], PATIENCE = 5 /* seconds */ };

static atomic_bool *_Atomic stop_flag;
static atomic_bool came;
static struct sigaction before[CAUGHT_COUNT];

/* A lane may wait for a pipe that nobody writes to; it cannot look at the flag. */
static void on_alarm(int number)
{
    static const char text[] = "lethe: interrupted\n";
    (void)number;
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    _exit(EXIT_FAILED);
}

static void on_signal(int number)
{
    (void)number;
    atomic_bool *stop = atomic_load(&stop_flag);
    atomic_store(&came, true);
    if (stop)
        atomic_store(stop, true);
    alarm(PATIENCE);
}

void interrupt_catch(atomic_bool *stop)
{
    /* Where a signal was ignored from the start (nohup, a job in the background) it stays so. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    struct sigaction end = {.sa_handler = on_alarm};
    sigemptyset(&action.sa_mask);
    sigemptyset(&end.sa_mask);
    sigaction(SIGALRM, &end, NULL);
    atomic_store(&came, false);
    atomic_store(&stop_flag, stop);
    for (size_t i = 0; i < CAUGHT_COUNT; i++) {
        sigaction(caught[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN)
            sigaction(caught[i], &action, NULL);
    }
}

bool interrupt_release(void)
{
    for (size_t i = 0; i < CAUGHT_COUNT; i++)
        sigaction(caught[i], &before[i], NULL);
    alarm(0);
    atomic_store(&stop_flag, NULL);
    return atomic_load(&came);
}
