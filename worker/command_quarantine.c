/* `lethe quarantine`: makes its keys; opens, counts and ends what was sealed. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "anonymize/seal.h"
#include "core/clock.h"
#include "core/file.h"
#include "sink/quarantine_file.h"
#include "sink/quarantine_prune.h"
#include "worker/configuration.h"
#include "worker/options.h"

enum { OPENED_LIMIT = 512 * 1024 * 1024 };

struct quarantine_arguments {
    const char *public_key, *secret_key, *configuration, *retention;
    int64_t clock;
};

/* What the files hold, by reason. */
struct quarantine_count {
    uint64_t by_reason[QUARANTINE_REASON_COUNT];
    uint64_t other, total;
};

static bool count_line(void *context, uint64_t line, const struct sealed_record *sealed)
{
    struct quarantine_count *count = context;
    (void)line;
    count->total++;
    for (size_t i = 0; i < QUARANTINE_REASON_COUNT; i++) {
        if (strcmp(sealed->reason, quarantine_reason_name((enum quarantine_reason)i)) == 0) {
            count->by_reason[i]++;
            return true;
        }
    }
    count->other++;
    return true;
}

static int report(const char *file, enum rc rc, uint64_t line)
{
    if (line > 0)
        fprintf(stderr, "%s:%llu: %s\n", file, (unsigned long long)line, rc_sentence(rc));
    else
        fprintf(stderr, "%s: %s\n", file, rc_sentence(rc));
    return rc == RC_CORRUPT ? EXIT_FOUND : rc == RC_NOT_FOUND ? EXIT_USAGE : EXIT_FAILED;
}

static int count_files(char **files, size_t count)
{
    struct quarantine_count sum = {0};
    int status = EXIT_DONE;
    for (size_t i = 0; i < count; i++) {
        uint64_t bad_line = 0;
        enum rc rc = quarantine_read(files[i], count_line, &sum, &bad_line);
        if (rc != RC_OK)
            status = report(files[i], rc, bad_line);
    }
    for (size_t i = 0; i < QUARANTINE_REASON_COUNT; i++) {
        if (sum.by_reason[i] > 0)
            printf("%-16s %10llu  %s\n", quarantine_reason_name((enum quarantine_reason)i),
                   (unsigned long long)sum.by_reason[i],
                   quarantine_reason_sentence((enum quarantine_reason)i));
    }
    if (sum.other > 0)
        printf("%-16s %10llu  a reason that this version does not know\n", "other",
               (unsigned long long)sum.other);
    printf("%-16s %10llu\n", "all", (unsigned long long)sum.total);
    return status;
}

struct opening {
    const struct seal_secret *secret;
    struct buffer out;
    const char *file;
    uint64_t failed;
    enum rc rc;
};

static bool open_line(void *context, uint64_t line, const struct sealed_record *sealed)
{
    struct opening *opening = context;
    size_t before = opening->out.length;
    enum rc rc = seal_open(opening->secret, sealed, &opening->out);
    if (rc == RC_CORRUPT) {
        fprintf(stderr, "%s:%llu: cannot be opened with this key, or was moved or changed\n",
                opening->file, (unsigned long long)line);
        opening->failed++;
        return true;
    }
    if (rc == RC_OK && opening->out.length > before &&
        opening->out.data[opening->out.length - 1] != '\n')
        buffer_append_byte(&opening->out, '\n');
    if (rc == RC_OK)
        rc = buffer_status(&opening->out);
    if (rc == RC_OK)
        rc = file_write_all(STDOUT_FILENO, buffer_slice(&opening->out));
    buffer_reset(&opening->out);
    opening->rc = rc;
    return rc == RC_OK;
}

static int open_files(const struct command *command, const char *secret_path, char **files,
                      size_t count)
{
    struct seal_secret *secret = NULL;
    struct buffer reason;
    int status = EXIT_DONE;
    if (!secret_path)
        return usage_error(command, "open needs --secret FILE");
    buffer_init(&reason, 4096);
    enum rc rc = seal_secret_load(secret_path, &secret, &reason);
    if (rc != RC_OK)
        fprintf(stderr, "lethe quarantine: %.*s\n", SLICE_FORMAT(buffer_slice(&reason)));
    buffer_release(&reason);
    if (rc != RC_OK)
        return EXIT_USAGE;
    struct opening opening = {.secret = secret};
    buffer_init(&opening.out, OPENED_LIMIT);
    for (size_t i = 0; i < count && opening.rc == RC_OK; i++) {
        uint64_t bad_line = 0;
        opening.file = files[i];
        rc = quarantine_read(files[i], open_line, &opening, &bad_line);
        if (rc != RC_OK)
            status = report(files[i], rc, bad_line);
    }
    buffer_release(&opening.out);
    seal_secret_release(secret);
    if (opening.rc != RC_OK) {
        fprintf(stderr, "lethe quarantine: %s\n", rc_sentence(opening.rc));
        return EXIT_FAILED;
    }
    return opening.failed > 0 ? EXIT_FOUND : status;
}

static int make_keys(const struct command *command, const struct quarantine_arguments *arguments)
{
    struct buffer reason;
    if (!arguments->public_key || !arguments->secret_key)
        return usage_error(command, "init needs --public FILE and --secret FILE");
    buffer_init(&reason, 4096);
    enum rc rc = seal_key_make(arguments->public_key, arguments->secret_key, &reason);
    if (rc != RC_OK)
        fprintf(stderr, "lethe quarantine: %.*s\n", SLICE_FORMAT(buffer_slice(&reason)));
    else
        printf("made %s for the worker; keep %s away from it\n", arguments->public_key,
               arguments->secret_key);
    buffer_release(&reason);
    if (rc == RC_OK)
        return EXIT_DONE;
    return exit_status_of(rc);
}

static int prune_directories(int64_t retention, int64_t now, char **directories, size_t count)
{
    struct quarantine_pruned pruned = {0};
    int status = EXIT_DONE;
    for (size_t i = 0; i < count; i++) {
        enum rc rc = quarantine_prune(directories[i], retention, now, &pruned);
        if (rc != RC_OK) {
            fprintf(stderr, "lethe quarantine: %s: %s\n", directories[i], rc_sentence(rc));
            status = rc == RC_NOT_FOUND ? EXIT_USAGE : EXIT_FAILED;
        }
    }
    printf("ended %llu files with %llu records, kept %llu\n", (unsigned long long)pruned.files,
           (unsigned long long)pruned.records, (unsigned long long)pruned.kept);
    return status;
}

/* The retention is the configuration's, so that what a directory holds is not kept longer than what
 * was said of the topic; --retention is for who has no configuration at hand. */
static int prune(const struct command *command, const struct quarantine_arguments *arguments,
                 char **directories, size_t count)
{
    struct configuration *configuration = NULL;
    int64_t retention = 0;
    int status;
    if (!arguments->configuration == !arguments->retention)
        return usage_error(command, "prune needs one of -c FILE and --retention 7d");
    if (arguments->retention &&
        !duration_parse(slice_from_string(arguments->retention), &retention))
        return usage_error(command, "--retention takes a duration, like 7d");
    if (arguments->configuration) {
        configuration = configuration_open(arguments->configuration, false);
        if (!configuration)
            return EXIT_USAGE;
        retention = configuration->quarantine_retention;
        if (configuration->quarantine_key && configuration->stream.quarantine_topic)
            printf("the topic %s ends its records itself, by its retention\n",
                   configuration->stream.quarantine_topic);
    }
    struct clock clock = {arguments->clock != TIME_NONE, arguments->clock};
    if (configuration && !configuration->quarantine_key) {
        printf("no quarantine is configured\n");
        status = count == 0 ? EXIT_DONE : EXIT_USAGE;
    } else {
        status = prune_directories(retention, clock_now(&clock), directories, count);
    }
    configuration_free(configuration);
    return status;
}

int command_quarantine(const struct command *command, int argc, char **argv)
{
    struct quarantine_arguments arguments = {.clock = TIME_NONE};
    const struct option options[] = {
        {"config", 'c', OPTION_TEXT, &arguments.configuration, "FILE",
         "prune: the configuration, which states the retention"},
        {"retention", 0, OPTION_TEXT, &arguments.retention, "7d", "prune: instead of -c"},
        {"clock", 0, OPTION_TIME, &arguments.clock, "TIME", "prune: what time it is; default now"},
        {"public", 0, OPTION_TEXT, &arguments.public_key, "FILE", "init: the worker's half"},
        {"secret", 0, OPTION_TEXT, &arguments.secret_key, "FILE",
         "init, open: the half that stays offline"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 1, SIZE_MAX};
    struct arguments words;
    int status;
    if (!options_parse(command, &table, argc, argv, &words, &status))
        return status;
    const char *verb = words.values[0];
    if (strcmp(verb, "init") == 0)
        return make_keys(command, &arguments);
    if (strcmp(verb, "prune") == 0)
        return prune(command, &arguments, words.values + 1, words.count - 1);
    if (strcmp(verb, "open") != 0 && strcmp(verb, "count") != 0)
        return usage_error(command, "unknown verb `%s`: init, open, count or prune", verb);
    if (words.count < 2)
        return usage_error(command, "`%s` needs at least one file", verb);
    if (strcmp(verb, "count") == 0)
        return count_files(words.values + 1, words.count - 1);
    return open_files(command, arguments.secret_key, words.values + 1, words.count - 1);
}
