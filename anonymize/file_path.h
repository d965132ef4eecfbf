/*
 * The action `path`: a file path without the names of people, hosts and containers.
 *
 *   /home/U, /Users/U, C:\Users\U, C:\Documents and Settings\U      U becomes <user>
 *   /export/home/U, /var/home/U, /mnt/c/Users/U, ~U                 U becomes <user>
 *   /data/user/N, /data/user_de/N, /storage/emulated/N, /mnt/user/N N becomes <user>
 *   \\host\share, //host/share, file://host/                        host becomes <host>
 *   UUIDs, app containers, /data/app/~~x==/pkg-y==, 8.3 names       become <id>
 *   any segment in which a detector finds something                 becomes <id>
 *
 * Any drive letter, either slash, \\?\ and \\.\ and file:/// in front, any case where the system
 * ignores case. Percent-encoding is decoded (up to three times) before looking; query and fragment
 * are cut where the path is a URL's. Well-known accounts that are no person (Public, Shared,
 * Default, All Users) stay. Written with the separator that the path uses first.
 *
 * Refused: empty, longer than FILE_PATH_LIMIT, control characters, URLs of other schemes.
 */
#ifndef LETHE_ANONYMIZE_FILE_PATH_H
#define LETHE_ANONYMIZE_FILE_PATH_H

#include "core/buffer.h"
#include "core/slice.h"

enum { FILE_PATH_LIMIT = 4096 };

/* False: nothing of it may leave, or the buffer is full; nothing was appended. */
bool file_path_reduce(struct slice text, struct buffer *out);

#endif
