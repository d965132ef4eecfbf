#include "sink/checksum.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

enum rc checksum_init(struct checksum *checksum)
{
    checksum->state = XXH3_createState();
    if (!checksum->state)
        return RC_NO_MEMORY;
    checksum_reset(checksum);
    return RC_OK;
}

void checksum_release(struct checksum *checksum)
{
    if (checksum->state)
        XXH3_freeState(checksum->state);
    checksum->state = NULL;
}

void checksum_reset(struct checksum *checksum)
{
    XXH3_128bits_reset(checksum->state);
}

void checksum_update(struct checksum *checksum, struct slice bytes)
{
    XXH3_128bits_update(checksum->state, bytes.data, bytes.length);
}

void checksum_text(const struct checksum *checksum, char out[static CHECKSUM_SIZE])
{
    XXH128_hash_t hash = XXH3_128bits_digest(checksum->state);
    snprintf(out, CHECKSUM_SIZE, "xxh3-128:%016llx%016llx", (unsigned long long)hash.high64,
             (unsigned long long)hash.low64);
}

static enum rc read_whole(int descriptor, struct checksum *checksum, uint64_t *size)
{
    char bytes[16384];
    for (;;) {
        ssize_t got = read(descriptor, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return rc_from_errno(errno);
        if (got == 0)
            return RC_OK;
        checksum_update(checksum, slice_of(bytes, (size_t)got));
        *size += (uint64_t)got;
    }
}

enum rc checksum_file(int directory, const char *name, char out[static CHECKSUM_SIZE],
                      uint64_t *size)
{
    *size = 0;
    int descriptor =
        openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (descriptor < 0)
        return rc_from_errno(errno);
    struct stat status;
    struct checksum checksum = {NULL};
    enum rc rc = fstat(descriptor, &status) != 0 ? rc_from_errno(errno)
                 : S_ISREG(status.st_mode)       ? checksum_init(&checksum)
                                                 : RC_REFUSED;
    if (rc == RC_OK)
        rc = read_whole(descriptor, &checksum, size);
    if (rc == RC_OK)
        checksum_text(&checksum, out);
    checksum_release(&checksum);
    close(descriptor);
    return rc;
}
