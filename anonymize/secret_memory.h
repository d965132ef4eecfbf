/*
 * Memory for keys: libsodium's guarded pages (a guard page on either side, a canary, wiped when
 * freed), locked so that it is never swapped out, and left out of core dumps.
 *
 * Locking can fail where RLIMIT_MEMLOCK is small (containers). The memory is used all the same, and
 * *locked says so: whoever opened the keys tells the operator.
 */
#ifndef LETHE_ANONYMIZE_SECRET_MEMORY_H
#define LETHE_ANONYMIZE_SECRET_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* `count` zeroed objects of `size` bytes, or NULL. Not aligned unless `size` is a multiple of 16.
 */
void *secret_memory_new(size_t count, size_t size, bool *locked);

/* NULL is nothing. */
void secret_memory_free(void *memory);

#endif
