/*
 * The command line of every command: a table of options, from which parsing, `--help` and errors
 * with "did you mean" are made. `--name value`, `--name=value`, `-n value`; `--` ends the options;
 * a lone
 * `-` is an argument.
 */
#ifndef LETHE_WORKER_OPTIONS_H
#define LETHE_WORKER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/command.h"

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char *: borrowed from argv */
    OPTION_NUMBER, /* struct option_number */
    OPTION_TIME,   /* int64_t: RFC 3339, or milliseconds since 1970; TIME_NONE where not given */
};

struct option_number {
    uint64_t value;
    bool given;
};

struct option {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    enum option_kind kind;
    void *target;         /* of the kind's type; holds the default before */
    const char *argument; /* how help names the value; NULL for a flag */
    const char *description;
};

struct option_table {
    const struct option *options;
    size_t count;
    size_t least_arguments, most_arguments; /* SIZE_MAX: any number */
};

struct arguments {
    char **values; /* argv's own array, options taken out */
    size_t count;
};

/* True: go on. False: *status is what the command must return (help was printed, or an error). */
bool options_parse(const struct command *command, const struct option_table *table, int argc,
                   char **argv, struct arguments *arguments, int *status);

/* `lethe NAME: message` on standard error, and "see `lethe NAME --help`"; returns EXIT_USAGE. */
int usage_error(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
