#include "anonymize/secret_memory.h"

#include <sodium.h>
#include <string.h>

#include "anonymize/start.h"

void *secret_memory_new(size_t count, size_t size, bool *locked)
{
    size_t bytes;
    *locked = false;
    if (__builtin_mul_overflow(count, size, &bytes) || anonymize_start() != RC_OK)
        return NULL;
    void *memory = sodium_malloc(bytes);
    if (!memory)
        return NULL;
    memset(memory, 0, bytes);
    /* sodium_malloc locks too, but does not say whether it could. Locking twice is locking once. */
    *locked = bytes == 0 || sodium_mlock(memory, bytes) == 0;
    return memory;
}

void secret_memory_free(void *memory)
{
    sodium_free(memory);
}
