/* `lethe test`: policy cases; see policy_case.h for the form of a file. */
#include <stdio.h>

#include "worker/options.h"
#include "worker/policy_case.h"

enum { REPORT_LIMIT = 4 * 1024 * 1024 };

static int run_file(const char *path, bool verbose, size_t *passed, size_t *failed)
{
    struct diagnostics diagnostics;
    struct policy_case_file file;
    struct policy_case_runner *runner = NULL;
    struct buffer report;
    int status = EXIT_DONE;
    diagnostics_init(&diagnostics);
    buffer_init(&report, REPORT_LIMIT);
    if (!policy_case_file_load(path, &file, &diagnostics)) {
        configuration_print(&diagnostics);
        status = EXIT_USAGE;
    } else if (policy_case_runner_new(file.configuration, &runner) != RC_OK) {
        fprintf(stderr, "lethe test: %s\n", rc_sentence(RC_NO_MEMORY));
        status = EXIT_FAILED;
    }
    for (const struct policy_case *what = file.first; what && runner; what = what->next) {
        buffer_reset(&report);
        bool holds = policy_case_run(runner, what, &report);
        *(holds ? passed : failed) += 1;
        if (holds && verbose)
            printf("ok    %.*s\n", SLICE_FORMAT(what->name));
        if (!holds)
            printf("FAIL  %.*s (%s:%u)\n%.*s", SLICE_FORMAT(what->name), path, what->place.line,
                   SLICE_FORMAT(buffer_slice(&report)));
    }
    policy_case_runner_free(runner);
    policy_case_file_release(&file);
    buffer_release(&report);
    diagnostics_release(&diagnostics);
    return status;
}

int command_test(const struct command *command, int argc, char **argv)
{
    bool verbose = false;
    const struct option options[] = {
        {"verbose", 'v', OPTION_FLAG, &verbose, NULL, "list the cases that hold, too"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 1, SIZE_MAX};
    struct arguments files;
    size_t passed = 0, failed = 0;
    int status;
    if (!options_parse(command, &table, argc, argv, &files, &status))
        return status;
    status = EXIT_DONE;
    for (size_t i = 0; i < files.count; i++) {
        int file_status = run_file(files.values[i], verbose, &passed, &failed);
        if (file_status > status)
            status = file_status;
    }
    printf("%zu passed, %zu failed\n", passed, failed);
    return status == EXIT_DONE && failed > 0 ? EXIT_FOUND : status;
}
