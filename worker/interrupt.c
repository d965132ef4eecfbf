#include "worker/interrupt.h"

#include <signal.h>
#include <stddef.h>

static const int caught[] = {SIGINT, SIGTERM};
enum { CAUGHT_COUNT = sizeof caught / sizeof caught[0] };

static atomic_bool *_Atomic stop_flag;
static atomic_bool came;
static struct sigaction before[CAUGHT_COUNT];

static void on_signal(int number)
{
    (void)number;
    atomic_bool *stop = atomic_load(&stop_flag);
    atomic_store(&came, true);
    if (stop)
        atomic_store(stop, true);
}

void interrupt_catch(atomic_bool *stop)
{
    /* Where a signal was ignored from the start (nohup, a job in the background) it stays so. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
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
    atomic_store(&stop_flag, NULL);
    return atomic_load(&came);
}
