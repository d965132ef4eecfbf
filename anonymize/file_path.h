/*
 * The action `path`: a file path without the names of people, hosts and containers.
 *
 *   /home/U, /Users/U, C:\Users\U, C:\Documents and Settings\U      U becomes <user>
 *   /export/home/U, /var/home/U, /mnt/c/Users/U, ~U                 U becomes <user>
 *   /data/user/N, /storage/emulated/N, /run/user/N                  N becomes <user>
 *   \\host\share, //host/share, file://host/                        host becomes <host>
 *   UUIDs, /data/app/~~x==/pkg-y==, /var/folders/x/y, 8.3 names     become <id> (pkg-<id>)
 *   any segment in which a detector finds something, that is not ASCII, that holds the user's name
 *   again, or 20 letters and digits in a row                        becomes <id>
 *
 * Any drive letter, either slash, \\?\ and \\.\ in front (taken off), any case, names with trailing
 * dots. Home directories are known below the root, drives, mounts and shares, not deep inside a
 * source tree ("/src/home/index.js" stays). Percent-encoding is decoded (up to three times) before
 * looking, and stays decoded; dot segments are resolved. What follows a '?' is cut; a '#' too,
 * where the path is a file: URL, which is written "file:/x". Accounts that are no person (Public,
 * Shared, Default, All Users) stay. Written with the separator that the path uses first.
 *
 * Refused: empty, longer than FILE_PATH_LIMIT, more than 256 segments, control characters (also
 * encoded), URLs of other schemes.
 */
#ifndef LETHE_ANONYMIZE_FILE_PATH_H
#define LETHE_ANONYMIZE_FILE_PATH_H

#include "core/buffer.h"
#include "core/slice.h"

enum { FILE_PATH_LIMIT = 4096 };

/* False: nothing of it may leave, or the buffer is full; nothing was appended. */
bool file_path_reduce(struct slice text, struct buffer *out);

#endif
