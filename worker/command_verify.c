/* `lethe verify`: see sink/verify.h. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "sink/verify.h"
#include "worker/options.h"

enum { FINDINGS_LIMIT = 16 * 1024 * 1024 };

int command_verify(const struct command *command, int argc, char **argv)
{
    const char *audit = NULL;
    const struct option options[] = {
        {"audit", 0, OPTION_TEXT, &audit, "FILE", "hold the parts against this audit as well"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 1, 1};
    struct arguments directories;
    struct verify_report report = {0};
    struct buffer findings;
    int status;
    if (!options_parse(command, &table, argc, argv, &directories, &status))
        return status;
    if (audit && access(audit, R_OK) != 0) {
        enum rc unreadable = rc_from_errno(errno);
        fprintf(stderr, "lethe verify: %s: %s\n", audit, rc_sentence(unreadable));
        return exit_status_of(unreadable);
    }
    buffer_init(&findings, FINDINGS_LIMIT);
    enum rc rc = verify_directory(directories.values[0], audit, &report, &findings);
    if (findings.length > 0)
        fwrite(findings.data, 1, findings.length, stdout);
    buffer_release(&findings);
    if (rc != RC_OK) {
        fprintf(stderr, "lethe verify: %s: %s\n", directories.values[0], rc_sentence(rc));
        return exit_status_of(rc);
    }
    printf("%llu parts, %llu rows, %llu bytes", (unsigned long long)report.parts,
           (unsigned long long)report.rows, (unsigned long long)report.bytes);
    if (audit)
        printf(", %llu audit entries", (unsigned long long)report.audit_entries);
    if (report.ended > 0)
        printf(", %llu quarantine files ended", (unsigned long long)report.ended);
    printf(": %llu finding%s\n", (unsigned long long)report.findings,
           report.findings == 1 ? "" : "s");
    return report.findings > 0 ? EXIT_FOUND : EXIT_DONE;
}
