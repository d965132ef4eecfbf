#include "core/rc.h"

#include <errno.h>

static const char *const names[RC_COUNT] = {
#define RC_NAME(code, name, sentence) [code] = name,
    RC_TABLE(RC_NAME)
#undef RC_NAME
};

static const char *const sentences[RC_COUNT] = {
#define RC_SENTENCE(code, name, sentence) [code] = sentence,
    RC_TABLE(RC_SENTENCE)
#undef RC_SENTENCE
};

const char *rc_name(enum rc rc)
{
    return (unsigned)rc < RC_COUNT ? names[rc] : "unknown";
}

const char *rc_sentence(enum rc rc)
{
    return (unsigned)rc < RC_COUNT ? sentences[rc] : "unknown result";
}

enum rc rc_from_errno(int error_number)
{
    switch (error_number) {
    case 0:
        return RC_OK;
    case ENOMEM:
        return RC_NO_MEMORY;
    case ENOSPC:
    case EDQUOT:
        return RC_NO_SPACE;
    case ENOENT:
        return RC_NOT_FOUND;
    case EEXIST:
        return RC_EXISTS;
    case EACCES:
    case EPERM:
    case ELOOP:
    case EISDIR:
    case ENOTDIR:
        return RC_REFUSED;
    default:
        return RC_IO;
    }
}
