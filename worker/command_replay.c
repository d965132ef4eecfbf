/* `lethe replay`: options in, replay_run, summary out. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/options.h"
#include "worker/summary.h"

enum { SUMMARY_LIMIT = 1024 * 1024 };

struct replay_arguments {
    const char *configuration, *consent, *output, *recipient, *topic, *speed;
    int64_t clock;
    struct option_number seed, lanes;
    bool live_keys, strict, quiet;
};

static bool parse_speed(const char *text, double *out)
{
    char *end = NULL;
    if (!text || strcmp(text, "max") == 0) {
        *out = 0;
        return true;
    }
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out > 0 && *out <= 1e6;
}

static int fill_options(const struct command *command, const struct replay_arguments *arguments,
                        const struct arguments *files, struct configuration *configuration,
                        struct replay_options *options)
{
    *options = (struct replay_options){
        .configuration = configuration,
        .files = (const char *const *)files->values,
        .file_count = files->count,
        .consent = arguments->consent,
        .clock = arguments->clock,
        .seed = arguments->seed.given ? &arguments->seed.value : NULL,
        .live_keys = arguments->live_keys,
        .output = arguments->output,
        .recipient = -1,
        .lanes = (uint32_t)arguments->lanes.value,
        .topic = arguments->topic,
        .progress = true,
        .quiet = arguments->quiet,
    };
    if (!parse_speed(arguments->speed, &options->speed))
        return usage_error(command, "--speed takes a number above 0, or max");
    if (arguments->lanes.given && (arguments->lanes.value < 1 || arguments->lanes.value > 64))
        return usage_error(command, "--lanes takes 1 to 64");
    if (arguments->recipient) {
        options->recipient =
            configuration_recipient(configuration, slice_from_string(arguments->recipient));
        if (options->recipient < 0)
            return usage_error(command, "the configuration has no recipient `%s`",
                               arguments->recipient);
    }
    if (options->output && strcmp(options->output, "-") == 0 && options->recipient < 0) {
        if (configuration->recipient_count > 1)
            return usage_error(command, "`-o -` writes one recipient's rows: give --recipient");
        options->recipient = 0;
    }
    return EXIT_DONE;
}

/* To standard output, but not among the rows that `-o -` writes there. */
static int print_summary(const struct replay_options *options, const struct replay_result *result)
{
    struct buffer text;
    FILE *to = options->output && strcmp(options->output, "-") == 0 ? stderr : stdout;
    buffer_init(&text, SUMMARY_LIMIT);
    summary_write(&text, options, result);
    bool written = fwrite(text.data, 1, text.length, to) == text.length && fflush(to) == 0;
    buffer_release(&text);
    return written ? EXIT_DONE : EXIT_FAILED;
}

static int replay(const struct command *command, const struct replay_arguments *arguments,
                  const struct arguments *files, struct configuration *configuration)
{
    struct replay_options options;
    struct replay_result *result;
    int status = fill_options(command, arguments, files, configuration, &options);
    if (status != EXIT_DONE)
        return status;
    result = calloc(1, sizeof *result);
    if (!result) {
        fprintf(stderr, "lethe replay: %s\n", rc_sentence(RC_NO_MEMORY));
        return EXIT_FAILED;
    }
    status = replay_run(&options, result);
    if (status == EXIT_DONE)
        status = print_summary(&options, result);
    if (status == EXIT_DONE && arguments->strict) {
        for (size_t i = 0; i < QUARANTINE_REASON_COUNT; i++) {
            if (result->counts.quarantined[i] + result->counts.discarded[i] > 0)
                status = EXIT_FOUND;
        }
        if (result->bad_files > 0)
            status = EXIT_FOUND;
    }
    replay_result_release(result);
    free(result);
    return status;
}

int command_replay(const struct command *command, int argc, char **argv)
{
    struct replay_arguments arguments = {.clock = TIME_NONE};
    const struct option options[] = {
        {"config", 'c', OPTION_TEXT, &arguments.configuration, "FILE", "the configuration"},
        {"consent", 0, OPTION_TEXT, &arguments.consent, "FILE",
         "consent messages, instead of the configured ones (a what-if)"},
        {"clock", 0, OPTION_TIME, &arguments.clock, "TIME", "what time it is (a what-if)"},
        {"seed", 0, OPTION_NUMBER, &arguments.seed, "N", "the same bytes again (a what-if)"},
        {"live-keys", 0, OPTION_FLAG, &arguments.live_keys, NULL,
         "the configured keys in a what-if; audited"},
        {"output", 'o', OPTION_TEXT, &arguments.output, "DIR|-",
         "where to write; without it nothing is written"},
        {"recipient", 0, OPTION_TEXT, &arguments.recipient, "NAME", "only for this recipient"},
        {"lanes", 0, OPTION_NUMBER, &arguments.lanes, "N", "threads; default: the configuration's"},
        {"topic", 0, OPTION_TEXT, &arguments.topic, "NAME", "the topic of lines that state none"},
        {"speed", 0, OPTION_TEXT, &arguments.speed, "X|max",
         "times as fast as the messages' own timestamps; default max"},
        {"strict", 0, OPTION_FLAG, &arguments.strict, NULL,
         "exit 1 where a record could not be processed"},
        {"quiet", 'q', OPTION_FLAG, &arguments.quiet, NULL, "do not list where bad records are"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 1, SIZE_MAX};
    struct arguments files;
    int status;
    if (!options_parse(command, &table, argc, argv, &files, &status))
        return status;
    if (!arguments.configuration)
        return usage_error(command, "give the configuration with -c FILE");
    struct configuration *configuration = configuration_open(arguments.configuration, false);
    if (!configuration)
        return EXIT_USAGE;
    status = replay(command, &arguments, &files, configuration);
    configuration_free(configuration);
    return status;
}
