#include "worker/demo_program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"

enum { ARGUMENT_LIMIT = 16, STEP = 10 /* milliseconds */ };

/* Between fork and exec, in a process that had threads: async-signal-safe calls only. It is in a
 * group of its own, since the terminal's SIGINT is for its parent to handle. */
static void become(const char *const *words, int log, int nothing, pid_t parent)
{
    setpgid(0, 0);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127);
    dup2(nothing, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv("/proc/self/exe", (char *const *)(uintptr_t)words);
    _exit(127);
}

enum rc demo_program_start(struct demo_program *program, const char *const *arguments,
                           const char *log)
{
    const char *words[ARGUMENT_LIMIT] = {"lethe"};
    size_t count = 1;
    *program = (struct demo_program){0, -1};
    while (arguments[count - 1] && count < ARGUMENT_LIMIT - 1) {
        words[count] = arguments[count - 1];
        count++;
    }
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    pid_t self = getpid(), process = -1;
    if (output >= 0 && nothing >= 0 && (process = fork()) == 0)
        become(words, output, nothing, self);
    if (output >= 0)
        close(output);
    if (nothing >= 0)
        close(nothing);
    if (process < 0)
        return RC_IO;
    program->process = process;
    return RC_OK;
}

bool demo_program_ended(struct demo_program *program, int wait_ms)
{
    int status;
    for (; program->process > 0; wait_ms -= STEP) {
        pid_t found = waitpid(program->process, &status, WNOHANG);
        if (found == program->process) {
            program->process = 0;
            program->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        } else if (wait_ms <= 0) {
            return false;
        } else {
            clock_sleep_ms(STEP);
        }
    }
    return true;
}

void demo_program_stop(struct demo_program *program, int wait_ms)
{
    enum { KILLED = 10000 };
    if (program->process <= 0)
        return;
    kill(program->process, SIGTERM);
    if (demo_program_ended(program, wait_ms))
        return;
    kill(program->process, SIGKILL);
    demo_program_ended(program, KILLED);
}
