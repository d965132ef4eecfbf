/*
 * Checksums of the project's own files: XXH3-128 over the stored bytes, written as
 * "xxh3-128:<32 hex>" in the order that `xxh128sum` prints. They find damage, not malice; against
 * malice stands the audit's chain.
 */
#ifndef LETHE_SINK_CHECKSUM_H
#define LETHE_SINK_CHECKSUM_H

#include "core/rc.h"
#include "core/slice.h"

enum { CHECKSUM_SIZE = 42 }; /* text and NUL */

struct checksum {
    struct XXH3_state_s *state;
};

LETHE_CHECKED enum rc checksum_init(struct checksum *checksum);
void checksum_release(struct checksum *checksum);

/* Begins anew. */
void checksum_reset(struct checksum *checksum);
void checksum_update(struct checksum *checksum, struct slice bytes);
void checksum_text(const struct checksum *checksum, char out[static CHECKSUM_SIZE]);

/* Opens DIRECTORY/NAME, which must be a regular file and no symbolic link (RC_REFUSED), and reads
 * it whole. *size is its length. */
LETHE_CHECKED enum rc checksum_file(int directory, const char *name, char out[static CHECKSUM_SIZE],
                                    uint64_t *size);

#endif
