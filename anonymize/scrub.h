/*
 * The action `scrub`: free text with every identifier in it replaced by what it was: `<email>`,
 * `<ip>`, `<phone>` (detector.h has the list). Text without a finding is released as it is.
 *
 * Tokens of 16 and more characters that decode as base64, base64url or hex (twice at most, at any
 * alignment) to something with a finding become `<encoded>`.
 *
 * Scrubbing what was scrubbed changes nothing: the result is scanned again until that is so.
 *
 * Refused: longer than SCRUB_TEXT_LIMIT, more than SCRUB_FINDING_LIMIT findings, U+0000 anywhere
 * (text that looks like UTF-16), not valid UTF-8, and what does not settle after a few rounds.
 */
#ifndef LETHE_ANONYMIZE_SCRUB_H
#define LETHE_ANONYMIZE_SCRUB_H

#include "anonymize/detector.h"
#include "core/buffer.h"
#include "core/slice.h"

enum { SCRUB_TEXT_LIMIT = DETECTOR_TEXT_LIMIT, SCRUB_FINDING_LIMIT = 512 };

/* How many of each kind were replaced. */
struct scrub_counts {
    uint32_t found[DETECTOR_KIND_COUNT];
};

/* Adds to `counts` (may be NULL) what it replaced. False: refused, or the buffer is full; nothing
 * was appended and nothing counted. */
bool scrub_text(struct slice text, struct scrub_counts *counts, struct buffer *out);

#endif
