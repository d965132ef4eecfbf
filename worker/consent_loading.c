#include "worker/consent_loading.h"

enum rc consent_table_from_file(const struct configuration *configuration, const char *path,
                                struct consent_table **out, struct consent_file_report *report)
{
    struct consent_reader *reader = NULL;
    *report = (struct consent_file_report){0};
    enum rc rc = consent_table_new(configuration->limits.subjects, NULL, out);
    if (rc == RC_OK)
        rc = consent_reader_new(configuration->policy, &reader);
    if (rc == RC_OK)
        rc = consent_file_load(path, *out, reader, report);
    consent_reader_free(reader);
    if (rc != RC_OK) {
        consent_table_free(*out);
        *out = NULL;
    }
    return rc;
}
