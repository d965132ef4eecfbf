#include "anonymize/start.h"

#include <sodium.h>

#include "anonymize/hmac.h"

enum rc anonymize_start(void)
{
    if (sodium_init() < 0)
        return RC_INTERNAL;
    (void)hmac_start(); /* without the instructions it is slower, not other */
    return RC_OK;
}
