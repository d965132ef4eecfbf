/* `lethe keys`: makes, lists and destroys epoch keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "anonymize/keys.h"
#include "core/clock.h"
#include "worker/configuration.h"
#include "worker/options.h"

struct keys_arguments {
    const char *configuration, *directory, *epoch, *keep;
    struct option_number ahead, number;
    int64_t clock;
    bool all;
};

/* What every verb works on. */
struct keys_call {
    const char *directory;
    struct key_schedule schedule;
    int64_t now;
    unsigned ahead;
    struct buffer reason;
};

static int failed(const struct keys_call *call, enum rc rc)
{
    if (call->reason.length > 0)
        fprintf(stderr, "lethe keys: %.*s\n", SLICE_FORMAT(buffer_slice(&call->reason)));
    else
        fprintf(stderr, "lethe keys: %s: %s\n", call->directory, rc_sentence(rc));
    return rc == RC_IO || rc == RC_NO_SPACE || rc == RC_NO_MEMORY ? EXIT_FAILED : EXIT_USAGE;
}

static int keys_verb_init(struct keys_call *call)
{
    enum rc rc = keys_init(call->directory, call->schedule, call->now, call->ahead, &call->reason);
    if (rc != RC_OK)
        return failed(call, rc);
    printf("made %u keys in %s; keep no copy of them: what is destroyed must stay destroyed\n",
           call->ahead + 1, call->directory);
    return EXIT_DONE;
}

static int keys_verb_rotate(struct keys_call *call)
{
    unsigned made = 0, destroyed = 0;
    enum rc rc = keys_rotate(call->directory, call->schedule, call->now, call->ahead, &made,
                             &destroyed, &call->reason);
    if (rc != RC_OK)
        return failed(call, rc);
    printf("made %u, destroyed %u\n", made, destroyed);
    return EXIT_DONE;
}

static int keys_verb_destroy(struct keys_call *call, const struct keys_arguments *arguments)
{
    unsigned destroyed = 0;
    uint32_t number = arguments->all ? 0 : (uint32_t)arguments->number.value;
    enum rc rc = keys_destroy(call->directory, number, call->now, &destroyed, &call->reason);
    if (rc != RC_OK)
        return failed(call, rc);
    printf("destroyed %u: pseudonyms of those epochs can no longer be recomputed by anybody\n",
           destroyed);
    return EXIT_DONE;
}

static void print_time(struct buffer *text, int64_t time)
{
    buffer_reset(text);
    if (time != TIME_NONE)
        time_append(text, time, TIME_FORMAT_RFC3339);
    printf("  %-20.*s", SLICE_FORMAT(buffer_slice(text)));
}

static int keys_verb_list(struct keys_call *call)
{
    struct epoch_key *keys = NULL;
    size_t count = 0;
    struct buffer text;
    enum rc rc =
        keys_list(call->directory, call->schedule, call->now, &keys, &count, &call->reason);
    if (rc != RC_OK)
        return failed(call, rc);
    buffer_init(&text, 64);
    printf("%6s  %-10s  %-20s  %-20s  %-20s\n", "epoch", "state", "begins", "ends", "destroyed");
    for (size_t i = 0; i < count; i++) {
        printf("%6u  %-10s", keys[i].number, key_state_name(keys[i].state));
        print_time(&text, keys[i].begins);
        print_time(&text, keys[i].ends);
        print_time(&text, keys[i].destroyed);
        printf("\n");
    }
    buffer_release(&text);
    free(keys);
    return EXIT_DONE;
}

static bool read_duration(const char *text, int64_t *out)
{
    return !text || duration_parse(slice_from_string(text), out);
}

/* The directory and the schedule come from the configuration, or from the options alone. */
static int find_directory(const struct command *command, const struct keys_arguments *arguments,
                          struct configuration **configuration, struct keys_call *call)
{
    call->schedule = (struct key_schedule){TIME_WEEK, 30 * TIME_DAY};
    call->directory = arguments->directory;
    if (arguments->configuration) {
        *configuration = configuration_open(arguments->configuration, false);
        if (!*configuration)
            return EXIT_USAGE;
        call->schedule.epoch = (*configuration)->keys_epoch;
        call->schedule.keep = (*configuration)->keys_keep;
        if (!call->directory)
            call->directory = (*configuration)->keys_directory;
    }
    if (!call->directory)
        return usage_error(command, "give -c FILE, or --directory DIR");
    if (!read_duration(arguments->epoch, &call->schedule.epoch) || call->schedule.epoch < TIME_HOUR)
        return usage_error(command, "--epoch takes a duration of at least 1h, like 7d");
    if (!read_duration(arguments->keep, &call->schedule.keep))
        return usage_error(command, "--keep takes a duration, like 30d");
    if (arguments->ahead.value > 100)
        return usage_error(command, "--ahead takes at most 100 epochs");
    return EXIT_DONE;
}

static int keys_run(const struct command *command, const char *verb,
                    const struct keys_arguments *arguments, struct keys_call *call)
{
    if (strcmp(verb, "init") == 0)
        return keys_verb_init(call);
    if (strcmp(verb, "list") == 0)
        return keys_verb_list(call);
    if (strcmp(verb, "rotate") == 0)
        return keys_verb_rotate(call);
    if (strcmp(verb, "destroy") != 0)
        return usage_error(command, "unknown verb `%s`: init, list, rotate or destroy", verb);
    if (arguments->all == arguments->number.given ||
        (arguments->number.given &&
         (arguments->number.value == 0 || arguments->number.value > UINT32_MAX)))
        return usage_error(command, "destroy needs one of --epoch-number N and --all");
    return keys_verb_destroy(call, arguments);
}

int command_keys(const struct command *command, int argc, char **argv)
{
    struct keys_arguments arguments = {.clock = TIME_NONE, .ahead = {.value = 2}};
    const struct option options[] = {
        {"config", 'c', OPTION_TEXT, &arguments.configuration, "FILE", "the configuration"},
        {"directory", 0, OPTION_TEXT, &arguments.directory, "DIR", "of the keys"},
        {"epoch", 0, OPTION_TEXT, &arguments.epoch, "7d", "length of the epochs still to be made"},
        {"keep", 0, OPTION_TEXT, &arguments.keep, "30d",
         "how long a key stays after its epoch's end"},
        {"ahead", 0, OPTION_NUMBER, &arguments.ahead, "N", "epochs to have ready ahead; default 2"},
        {"epoch-number", 0, OPTION_NUMBER, &arguments.number, "N", "destroy: this epoch's key"},
        {"all", 0, OPTION_FLAG, &arguments.all, NULL, "destroy: every key"},
        {"clock", 0, OPTION_TIME, &arguments.clock, "TIME", "what time it is; default now"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 1, 1};
    struct arguments verbs;
    struct configuration *configuration = NULL;
    struct keys_call call = {0};
    int status;
    if (!options_parse(command, &table, argc, argv, &verbs, &status))
        return status;
    struct clock clock = {arguments.clock != TIME_NONE, arguments.clock};
    call.now = clock_now(&clock);
    call.ahead = (unsigned)arguments.ahead.value;
    buffer_init(&call.reason, 4096);
    status = find_directory(command, &arguments, &configuration, &call);
    if (status == EXIT_DONE)
        status = keys_run(command, verbs.values[0], &arguments, &call);
    buffer_release(&call.reason);
    configuration_free(configuration);
    return status;
}
