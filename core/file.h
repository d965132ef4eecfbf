/*
 * Reading small files whole, and writing files so that they are whole or absent.
 * Every call retries on EINTR and short writes, and closes on every path.
 */
#ifndef LETHE_CORE_FILE_H
#define LETHE_CORE_FILE_H

#include "core/arena.h"
#include "core/rc.h"

/* Reads a regular file of at most `limit` bytes into the arena. RC_LIMIT where it is longer. */
LETHE_CHECKED enum rc file_read(const char *path, size_t limit, struct arena *arena,
                                struct slice *out);

/* Writes all bytes, or says why not (RC_NO_SPACE, RC_IO). */
LETHE_CHECKED enum rc file_write_all(int descriptor, struct slice bytes);

/*
 * Creates `path` under a temporary name in the same directory (mode as given, O_EXCL), writes,
 * fsyncs, renames and fsyncs the directory. On any failure nothing is visible and no temporary
 * file stays behind. With `replace` false an existing file is RC_EXISTS.
 */
LETHE_CHECKED enum rc file_write_atomically(const char *path, struct slice bytes, unsigned mode,
                                            bool replace);

/* fsync of the directory itself, so that a rename in it survives a crash. */
LETHE_CHECKED enum rc directory_sync(const char *path);

/* mkdir -p with that mode for what is missing; RC_OK where it is there. */
LETHE_CHECKED enum rc directory_create(const char *path, unsigned mode);

#endif
