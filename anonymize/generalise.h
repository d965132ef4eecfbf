/*
 * The action `generalise`: a value made coarser. Text in, text out; no floating point anywhere, so
 * that a value at a boundary falls on the same side on every machine.
 *
 * Every function returns true where it appended the coarser value, and false where the value is not
 * of the form (or the buffer is full): then nothing was appended and the field is to be dropped.
 */
#ifndef LETHE_ANONYMIZE_GENERALISE_H
#define LETHE_ANONYMIZE_GENERALISE_H

#include "core/buffer.h"
#include "core/slice.h"
#include "core/time_text.h"
#include "schemas/action.h"

/*
 * Cut to the beginning of its hour, day, week, ... (`step` in milliseconds, UTC, weeks from
 * Monday), in the form in which it came: a number stays a number of the same unit (seconds lose
 * their fraction), RFC 3339 stays RFC 3339, always with Z. `format` as the schema declares it, or
 * TIME_FORMAT_AUTO. A step of 0 or less is refused: it would release the time as it is.
 */
bool generalise_time(struct slice text, enum time_format format, int64_t step, struct buffer *out);

/*
 * The label of the bucket that a decimal number (sign, fraction and exponent as in JSON) falls
 * into: "<b0", "[b0,b1)", ..., ">=bn". `buckets` are ascending lower bounds, 1 to BUCKET_LIMIT.
 */
bool generalise_number(struct slice text, const int64_t *buckets, uint32_t count,
                       struct buffer *out);

/*
 * "17.4.1-beta+23" becomes "17.4", "13" stays "13". A leading v or V is taken off. Each part has at
 * most 6 digits; what does not begin with digits is refused, and so is a dotted quad that could be
 * an IP address (four parts, all below 256), as it is for kept values.
 */
bool generalise_version(struct slice text, struct buffer *out);

/*
 * The lower corner of the grid's cell, in thousandths of a degree without trailing zeros. `text` is
 * a latitude, a longitude, or both ("31.2304,121.4737", either order, a space allowed after the
 * comma); `grid` is the size of a cell in thousandths of a degree and at least PLACE_GRID_LEAST
 * (0.1 degree, about 11 km). Lower means towards -180: -0.05 lies in the cell -0.1. Exponents,
 * values beyond 180 degrees and pairs of which neither is within 90 are refused.
 */
enum { PLACE_GRID_LEAST = 100 };
bool generalise_place(struct slice text, uint32_t grid, struct buffer *out);

/* The one that `rule` names; times by TIME_FORMAT_AUTO. A rule that names none is refused. */
bool generalise(const struct action_rule *rule, struct slice text, struct buffer *out);

#endif
