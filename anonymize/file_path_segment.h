/* What a single segment of a file path says; file_path.c and its rules. */
#ifndef LETHE_ANONYMIZE_FILE_PATH_SEGMENT_H
#define LETHE_ANONYMIZE_FILE_PATH_SEGMENT_H

#include "core/buffer.h"
#include "core/slice.h"

/* Is the name one of the list (ended by NULL), in any case, but for trailing dots and spaces that
 * Windows ignores? */
bool segment_is(struct slice segment, const char *const *list);

/* A short name of Windows (JOHNSM~1) other than those of system directories. */
bool segment_is_short_name(struct slice segment);

/* Appends the segment, or <id> where it could identify. `user` is the user's name of this path, or
 * empty: a segment that holds it identifies, too. */
void segment_append(struct buffer *out, struct slice segment, struct slice user);

#endif
