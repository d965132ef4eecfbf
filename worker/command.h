/*
 * Commands of `lethe`, and the statuses with which they end.
 *
 * Every command is one function in one file, command_NAME.c, entered in the table in main.c. A
 * command reads its options with options.h, so that `--help` and errors look the same everywhere.
 */
#ifndef LETHE_WORKER_COMMAND_H
#define LETHE_WORKER_COMMAND_H

#include "core/rc.h"

enum exit_status {
    EXIT_DONE = 0,
    EXIT_FOUND = 1,  /* it ran, and found what it looks for: errors, failing cases, leaks */
    EXIT_USAGE = 2,  /* usage or configuration */
    EXIT_FAILED = 3, /* failed while running */
};

/* What is not there, in the way, or not permitted is for whoever called to put right. */
static inline int exit_status_of(enum rc rc)
{
    if (rc == RC_OK)
        return EXIT_DONE;
    return rc == RC_NOT_FOUND || rc == RC_EXISTS || rc == RC_REFUSED ? EXIT_USAGE : EXIT_FAILED;
}

struct command {
    const char *name;
    int (*run)(const struct command *command, int argc, char **argv);
    const char *usage;   /* what comes after `lethe NAME` */
    const char *summary; /* one line */
};

int command_check(const struct command *command, int argc, char **argv);
int command_consent(const struct command *command, int argc, char **argv);
int command_demo(const struct command *command, int argc, char **argv);
int command_discover(const struct command *command, int argc, char **argv);
int command_explain(const struct command *command, int argc, char **argv);
int command_generate(const struct command *command, int argc, char **argv);
int command_keys(const struct command *command, int argc, char **argv);
int command_quarantine(const struct command *command, int argc, char **argv);
int command_reference(const struct command *command, int argc, char **argv);
int command_replay(const struct command *command, int argc, char **argv);
int command_run(const struct command *command, int argc, char **argv);
int command_scrub(const struct command *command, int argc, char **argv);
int command_test(const struct command *command, int argc, char **argv);
int command_verify(const struct command *command, int argc, char **argv);

#endif
