/*
 * Times are int64_t milliseconds since 1970-01-01T00:00:00Z everywhere in the project; durations
 * are int64_t milliseconds. This header turns both into text and back. No locale, no time zone
 * database, no leap seconds (a second of 60 is read as the next second's 0).
 */
#ifndef LETHE_CORE_TIME_TEXT_H
#define LETHE_CORE_TIME_TEXT_H

#include "core/buffer.h"
#include "core/slice.h"

#define TIME_NONE  INT64_MIN /* no time is known */
#define TIME_NEVER INT64_MAX

enum { TIME_SECOND = 1000, TIME_MINUTE = 60 * TIME_SECOND, TIME_HOUR = 60 * TIME_MINUTE };
#define TIME_DAY  ((int64_t)24 * TIME_HOUR)
#define TIME_WEEK (7 * TIME_DAY)

/* How a time stands in a record. TIME_FORMAT_AUTO tells the number forms apart by magnitude
 * (seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, else nanoseconds). */
#define TIME_FORMAT_TABLE(X)                                                                       \
    X(TIME_FORMAT_AUTO, "auto", "recognised by its form")                                          \
    X(TIME_FORMAT_UNIX_S, "unix_s", "seconds since 1970, with or without a fraction")              \
    X(TIME_FORMAT_UNIX_MS, "unix_ms", "milliseconds since 1970")                                   \
    X(TIME_FORMAT_UNIX_US, "unix_us", "microseconds since 1970")                                   \
    X(TIME_FORMAT_UNIX_NS, "unix_ns", "nanoseconds since 1970")                                    \
    X(TIME_FORMAT_RFC3339, "rfc3339", "2026-01-02T03:04:05.678+08:00; ISO 8601 basic offset too")

enum time_format {
#define TIME_FORMAT_ENUM(code, name, sentence) code,
    TIME_FORMAT_TABLE(TIME_FORMAT_ENUM)
#undef TIME_FORMAT_ENUM
        TIME_FORMAT_COUNT
};

const char *time_format_name(enum time_format format);
bool time_format_from_name(struct slice name, enum time_format *out);

/*
 * Reads a time. Numbers may come as JSON numbers or as strings of digits; what is finer than a
 * millisecond is cut off towards the past; a sign, a leading zero and an exponent are refused.
 * RFC 3339 needs its offset (Z, +hh:mm or +hhmm); T and Z may be lower case, and a space may stand
 * for the T. Only years 1970 to 9999 (in UTC) are times: anything else, and anything that is not of
 * the format, is refused and leaves *out alone. `*used`, if not NULL, is the format recognised.
 */
bool time_parse(struct slice text, enum time_format format, int64_t *out, enum time_format *used);

/* Appends the time in that format (AUTO: RFC 3339). RFC 3339 comes as 2026-01-02T03:04:05Z, and it
 * and unix_s with .678 only where the milliseconds are not zero. Years 0 to 9999 can be written (a
 * week's beginning may lie in 1969); a time beyond them is written as the first or last of them. */
void time_append(struct buffer *buffer, int64_t time, enum time_format format);

/* The latest multiple of `step` since the epoch that is not after `time`; multiples of a week are
 * counted from Monday, 1970-01-05. TIME_NONE and TIME_NEVER stay; a step of 0 or less does nothing.
 */
int64_t time_floor(int64_t time, int64_t step);

/* Durations: an integer and one of ms s m h d w ("7d", "60s", "0s"), no sign, no space. Written
 * with the largest unit up to d that leaves an integer. What is refused leaves *out alone. */
bool duration_parse(struct slice text, int64_t *out);
void duration_append(struct buffer *buffer, int64_t duration);

/* Sizes: an integer and optionally KiB MiB GiB or kB MB GB ("512KiB"); counts: k, M, G ("10M"). */
bool size_parse(struct slice text, uint64_t *out);
bool count_parse(struct slice text, uint64_t *out);

#endif
