/*
 * A slice is a borrowed piece of bytes, passed by value. It owns nothing, is not terminated by a
 * NUL and may hold any byte. It is valid for as long as what it was cut from. {0} is the empty
 * slice; its pointer may be NULL.
 */
#ifndef LETHE_CORE_SLICE_H
#define LETHE_CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *data;
    size_t length;
};

/* A slice of a string literal. */
#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})

/* For printf: printf("%.*s", SLICE_FORMAT(s)). Never for a value of a record. */
#define SLICE_FORMAT(s) (int)(s).length, ((s).data ? (s).data : "")

static inline struct slice slice_of(const char *data, size_t length)
{
    return (struct slice){data, length};
}

/* The characters of a C string, without its NUL. NULL gives the empty slice. */
static inline struct slice slice_from_string(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* memcmp order, shorter first on a common prefix: <0, 0, >0. */
int slice_compare(struct slice a, struct slice b);

/* ASCII letters without regard to case, every other byte as it is. */
bool slice_equal_ignoring_case(struct slice a, struct slice b);

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.length >= prefix.length &&
           (prefix.length == 0 || memcmp(s.data, prefix.data, prefix.length) == 0);
}

static inline bool slice_ends_with(struct slice s, struct slice suffix)
{
    return s.length >= suffix.length &&
           (suffix.length == 0 ||
            memcmp(s.data + s.length - suffix.length, suffix.data, suffix.length) == 0);
}

/* The first `count` bytes, or all where there are fewer. */
static inline struct slice slice_head(struct slice s, size_t count)
{
    return slice_of(s.data, count < s.length ? count : s.length);
}

/* All but the first `count` bytes; empty where there are no more. */
static inline struct slice slice_tail(struct slice s, size_t count)
{
    return count >= s.length ? (struct slice){0} : slice_of(s.data + count, s.length - count);
}

/* s[from, to), cut to what is there. */
static inline struct slice slice_between(struct slice s, size_t from, size_t to)
{
    return slice_tail(slice_head(s, to), from);
}

/* Position of the first `byte`, or s.length. */
size_t slice_find_byte(struct slice s, char byte);

/* Position of the first occurrence of `needle`, or s.length. */
size_t slice_find(struct slice s, struct slice needle);

/* Without spaces, tabs, carriage returns and newlines at either end. */
struct slice slice_trim(struct slice s);

/*
 * Splits at the first `separator`: returns what is before it and leaves what is after it in *rest.
 * Without a separator returns all and leaves *rest empty with a NULL pointer.
 */
struct slice slice_cut(struct slice *rest, char separator);

/* Decimal digits only, no sign, no white space; false where that is not so or it overflows. */
bool slice_to_u64(struct slice s, uint64_t *out);

/* As slice_to_u64 with an optional leading minus. */
bool slice_to_i64(struct slice s, int64_t *out);

#endif
