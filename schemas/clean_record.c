#include "schemas/clean_record.h"

static const char *const label_names[LABEL_COUNT] = {
    [LABEL_NOT_FOR_RELEASE] = "not-for-release", [LABEL_PSEUDONYMISED] = "pseudonymised",
    [LABEL_KEY_DESTROYED] = "key-destroyed",     [LABEL_AGGREGATE] = "aggregate",
    [LABEL_AGGREGATE_DP] = "aggregate-dp",
};

const char *label_name(enum label label)
{
    return (unsigned)label < LABEL_COUNT ? label_names[label] : label_names[LABEL_NOT_FOR_RELEASE];
}
