/*
 * Reading small files whole, and writing files so that they are whole or absent.
 * Every call retries on EINTR and short writes, and closes on every path.
 */
#ifndef LETHE_CORE_FILE_H
#define LETHE_CORE_FILE_H

#include "core/arena.h"
#include "core/rc.h"

/* Reads a regular file of at most `limit` bytes into the arena, with a NUL behind it that does not
 * count. RC_LIMIT where it is longer, RC_REFUSED where it is no regular file (a symbolic link to
 * one is), RC_IO where it grows meanwhile. */
LETHE_CHECKED enum rc file_read(const char *path, size_t limit, struct arena *arena,
                                struct slice *out);

/* Writes all bytes, or says why not (RC_NO_SPACE, RC_IO); then any part of them may be written.
 * Waits where the descriptor would block. */
LETHE_CHECKED enum rc file_write_all(int descriptor, struct slice bytes);

/*
 * Creates `path` under a temporary name in the same directory (random, O_EXCL, O_NOFOLLOW; mode
 * 0600, then exactly `mode`, whatever the umask), writes, fsyncs, renames and fsyncs the directory.
 * On any failure nothing is visible and no temporary file stays behind; only where the last step
 * fails after an older file was replaced does the new one, which is whole, stay. With `replace`
 * false an existing file is RC_EXISTS. A symbolic link at `path` is replaced, not followed. After a
 * crash a file `.tmp-<16 hex digits>` may be left over.
 */
LETHE_CHECKED enum rc file_write_atomically(const char *path, struct slice bytes, unsigned mode,
                                            bool replace);

/* fsync of the directory itself, so that a rename in it survives a crash. RC_OK on file systems
 * that cannot do it. */
LETHE_CHECKED enum rc directory_sync(const char *path);

/* mkdir -p with that mode (less the umask) for what is missing; RC_OK where it is there, RC_EXISTS
 * where something else is in its place. */
LETHE_CHECKED enum rc directory_create(const char *path, unsigned mode);

#endif
