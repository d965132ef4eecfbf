#include <stdlib.h>

#include "anonymize/key_directory.h"

static int compare_begins(const void *a, const void *b)
{
    const struct key_record *left = *(const struct key_record *const *)a;
    const struct key_record *right = *(const struct key_record *const *)b;
    return left->begins < right->begins ? -1 : left->begins > right->begins;
}

static int compare_secrets(const void *a, const void *b)
{
    return memcmp(*(const unsigned char *const *)a, *(const unsigned char *const *)b, KEY_BYTES);
}

static enum rc check_times(const struct key_record **keys, size_t count, const char *path,
                           struct buffer *reason)
{
    qsort(keys, count, sizeof *keys, compare_begins);
    for (size_t i = 1; i < count; i++)
        if (keys[i]->begins < keys[i - 1]->ends) {
            if (reason)
                buffer_append_format(reason, "%s: the times of epochs %u and %u overlap", path,
                                     (unsigned)keys[i - 1]->number, (unsigned)keys[i]->number);
            return RC_REFUSED;
        }
    return RC_OK;
}

/* Only where the secrets lie is sorted and freed: no copy of a key is made. */
static enum rc check_secrets(const unsigned char **secrets, size_t count, const char *path,
                             struct buffer *reason)
{
    qsort(secrets, count, sizeof *secrets, compare_secrets);
    for (size_t i = 1; i < count; i++)
        if (memcmp(secrets[i], secrets[i - 1], KEY_BYTES) == 0)
            return secret_refuse(reason, path, "two epochs have the same key", RC_REFUSED);
    return RC_OK;
}

enum rc key_directory_check(const struct key_directory *directory, struct buffer *reason)
{
    if (directory->living == 0)
        return RC_OK;
    const struct key_record **keys = calloc(directory->living, sizeof *keys);
    const unsigned char **secrets = calloc(directory->living, sizeof *secrets);
    enum rc rc = keys && secrets ? RC_OK
                                 : secret_refuse(reason, directory->path, rc_sentence(RC_NO_MEMORY),
                                                 RC_NO_MEMORY);
    if (rc == RC_OK) {
        size_t count = 0;
        for (size_t i = 0; i < directory->count; i++)
            if (key_record_living(&directory->keys[i])) {
                keys[count] = &directory->keys[i];
                secrets[count++] = key_directory_secret(directory, i);
            }
        rc = check_times(keys, count, directory->path, reason);
        if (rc == RC_OK)
            rc = check_secrets(secrets, count, directory->path, reason);
    }
    free(keys);
    free(secrets);
    return rc;
}
