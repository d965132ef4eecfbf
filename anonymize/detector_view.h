/*
 * Normalised views of a text, for the detectors.
 *
 * Characters that stand for an ASCII character become it (full-width forms, decimal digits of other
 * scripts, unusual spaces, hyphens, dots, at signs); zero-width characters and the soft hyphen
 * vanish, or become a space; percent-encoding and \u escapes are decoded, three times at most.
 * Everything else stays as it is, as UTF-8. The view is never longer than the text.
 */
#ifndef LETHE_ANONYMIZE_DETECTOR_VIEW_H
#define LETHE_ANONYMIZE_DETECTOR_VIEW_H

#include "core/slice.h"

enum view_option {
    VIEW_DECODE = 1,           /* undo percent-encoding and \u */
    VIEW_PART_AT_INVISIBLE = 2 /* zero-width characters become a space */
};

/* What a text calls for. */
struct view_need {
    bool wide;      /* it has characters beyond ASCII: the plain bytes will not do */
    bool escaped;   /* it may have escapes: look at a view with VIEW_DECODE, too */
    bool invisible; /* it may have zero-width characters: one with VIEW_PART_AT_INVISIBLE, too */
};

struct view_need view_need_of(struct slice text);

/* Writes the view (room for text.length bytes) and its origins (text.length + 1 of them, the last
 * one is text.length); returns the view's length. */
size_t view_make(struct slice text, unsigned options, unsigned char *view, uint32_t *origin);

#endif
