/* `lethe`: finds the command and runs it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "anonymize/start.h"
#include "core/diagnostics.h"
#include "core/rc.h"
#include "worker/command.h"
#include "worker/version.h"

static const struct command commands[] = {
    {"run", command_run, "-c lethe.yaml", "the stream worker: from Kafka to Kafka and files"},
    {"replay", command_replay, "-c lethe.yaml [options] FILE...",
     "runs captured records through the engine and writes what would leave"},
    {"check", command_check, "-c lethe.yaml --offline",
     "reads the configuration and everything it names, and says what is wrong"},
    {"explain", command_explain, "-c lethe.yaml [--schema NAME] [FILE]",
     "per field: category, rule, action, and what becomes of it for each recipient"},
    {"test", command_test, "FILE...", "runs policy cases: record and consent, expected output"},
    {"scrub", command_scrub, "[--json]",
     "filters text from standard input: every identifier that is found is replaced"},
    {"discover", command_discover, "[options] FILE...",
     "drafts a schema from sample records; shows no value"},
    {"generate", command_generate, "--schema NAME --count N --seed S",
     "writes synthetic captures, and consent that matches them"},
    {"keys", command_keys, "init | list | rotate | destroy [options]",
     "makes, lists and destroys the epoch keys of pseudonyms"},
    {"consent", command_consent, "-c lethe.yaml [options] CATEGORY:ID",
     "what is known of a subject, and what follows for each purpose"},
    {"quarantine", command_quarantine, "init | open | count | prune [options] FILE...",
     "makes the quarantine's keys; opens, counts or ends what was sealed"},
    {"verify", command_verify, "DIR [--audit FILE]",
     "checks parts against their manifests, and both against the audit"},
    {"demo", command_demo, "[--captures | --stream] [--brokers HOST:PORT]",
     "shows the product at work on sample captures, and as a stream between topics"},
    {"reference", command_reference, "categories | actions | reasons | metrics",
     "prints a page of the reference, made from the program's own tables"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static const char *const later[] = {"subject", "report", "bench", "plan"};

static struct slice command_name_at(const void *context, size_t index)
{
    (void)context;
    return slice_from_string(commands[index].name);
}

static void print_help(void)
{
    printf("usage: lethe COMMAND [options]\n\n"
           "Telemetry crosses it to forget who sent it.\n\ncommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-12s%s\n", commands[i].name, commands[i].summary);
    printf(
        "\n`lethe COMMAND --help` tells more of each.\n"
        "exit status: 0 done, 1 it found what it looks for, 2 usage or configuration, 3 failed\n");
}

/* Records and keys pass through this memory: no core dump, no peeking. */
static void close_the_doors(void)
{
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
}

/* A report that did not reach standard output is no report, whatever it would have said. */
static int all_was_written(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    if (status != EXIT_FAILED)
        fprintf(stderr, "lethe: standard output: %s\n", rc_sentence(RC_IO));
    return EXIT_FAILED;
}

static int unknown_command(const char *name)
{
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (strcmp(later[i], name) == 0) {
            fprintf(stderr, "lethe: `%s` is not in this version\n", name);
            return EXIT_USAGE;
        }
    }
    struct slice near = nearest_word(slice_from_string(name), COMMAND_COUNT, command_name_at, NULL);
    fprintf(stderr, "lethe: unknown command `%s`", name);
    if (near.length > 0)
        fprintf(stderr, "; did you mean `%.*s`?", SLICE_FORMAT(near));
    fprintf(stderr, "\nsee `lethe --help`\n");
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    close_the_doors();
    if (argc < 2) {
        print_help();
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return all_was_written(EXIT_DONE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("lethe %s\n", LETHE_VERSION);
        return all_was_written(EXIT_DONE);
    }
    if (anonymize_start() != RC_OK) {
        fprintf(stderr, "lethe: the system's random numbers are not available\n");
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, argv[1]) == 0)
            return all_was_written(commands[i].run(&commands[i], argc - 2, argv + 2));
    }
    return unknown_command(argv[1]);
}
