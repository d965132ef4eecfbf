/*
 * Passwords and keys of the Kafka client, each in a file of its own.
 *
 * A secret's file is a regular file (a symbolic link is refused, not followed), ours or root's,
 * without any right for group or others. Below $CREDENTIALS_DIRECTORY only others must have no
 * right: systemd hands credentials out that way.
 */
#ifndef LETHE_KAFKA_SECRET_H
#define LETHE_KAFKA_SECRET_H

#include "core/buffer.h"
#include "core/rc.h"

enum { KAFKA_SECRET_LIMIT = 64 << 10 /* bytes; a key with its chain fits */ };

/*
 * Appends what the file holds, without one newline (or \r\n) at its end, and a NUL that counts. The
 * caller releases the buffer, which wipes it. On failure `reason` gets one sentence that names the
 * file: RC_NOT_FOUND, RC_REFUSED, RC_CORRUPT (empty, too long, with a NUL in it, with white
 * space at its beginning) or RC_IO.
 */
LETHE_CHECKED enum rc kafka_secret_read(const char *path, struct buffer *out,
                                        struct buffer *reason);

#endif
