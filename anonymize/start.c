#include "anonymize/start.h"

#include <sodium.h>

enum rc anonymize_start(void)
{
    return sodium_init() < 0 ? RC_INTERNAL : RC_OK;
}
