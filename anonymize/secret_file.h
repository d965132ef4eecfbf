/*
 * Files that hold a secret: how they are opened and read, and how they are destroyed. Used for
 * epoch keys and for the quarantine's secret key.
 *
 * A secret file is a regular file (a symbolic link is refused, not followed), owned by us or by
 * root, without any right for group or others, and short.
 */
#ifndef LETHE_ANONYMIZE_SECRET_FILE_H
#define LETHE_ANONYMIZE_SECRET_FILE_H

#include "core/buffer.h"
#include "core/rc.h"

enum { SECRET_FILE_LIMIT = 512 /* bytes */ };

/*
 * Reads the whole file into `memory` (guarded, SECRET_FILE_LIMIT bytes). `name` is relative to the
 * open directory, or to the working directory where that is AT_FDCWD. On failure `reason` gets one
 * sentence that names the file: RC_NOT_FOUND, RC_REFUSED, RC_CORRUPT (too long) or RC_IO.
 */
LETHE_CHECKED enum rc secret_file_read(int directory, const char *name, char *memory,
                                       size_t *length, struct buffer *reason);

/*
 * Overwrites what is stored in place, syncs, and removes the name; then syncs the directory. RC_OK
 * where there is no such file. A symbolic link is removed, not followed. Copy-on-write file systems
 * and flash may keep the old blocks for a while: what stands against that is that the volume is
 * encrypted, which is the operator's part.
 */
LETHE_CHECKED enum rc secret_file_destroy(int directory, const char *name, struct buffer *reason);

/* "FILE: WHAT" into reason, and the code back: for one-line refusals. */
enum rc secret_refuse(struct buffer *reason, const char *name, const char *what, enum rc rc);

/* Lower-case hex only; false for anything else or another length. */
bool secret_from_hex(struct slice hex, unsigned char *out, size_t count);

#endif
