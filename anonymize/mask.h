/*
 * The action `mask`: the first and last few characters stay, the rest becomes asterisks.
 *
 * Characters are code points. The number of asterisks is always MASK_ASTERISKS, so that the length
 * does not leak. Where the text is shorter than twice what would stay readable, nothing stays
 * readable. At most MASK_READABLE_LIMIT characters stay at either end, whatever is asked for.
 */
#ifndef LETHE_ANONYMIZE_MASK_H
#define LETHE_ANONYMIZE_MASK_H

#include "core/buffer.h"
#include "core/slice.h"

enum { MASK_ASTERISKS = 4, MASK_READABLE_LIMIT = 4 };

/* `text` is valid UTF-8. False only where it is not, or the buffer is full; nothing was appended.
 */
bool mask_text(struct slice text, unsigned first, unsigned last, struct buffer *out);

#endif
