/* `lethe run`: the stream worker. */
#include "worker/options.h"
#include "worker/run.h"

int command_run(const struct command *command, int argc, char **argv)
{
    const char *configuration = NULL;
    const struct option options[] = {
        {"config", 'c', OPTION_TEXT, &configuration, "FILE", "the configuration"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 0, 0};
    struct arguments none;
    int status;
    if (!options_parse(command, &table, argc, argv, &none, &status))
        return status;
    if (!configuration)
        return usage_error(command, "give the configuration with -c FILE");
    return run_worker(configuration);
}
