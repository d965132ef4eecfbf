/*
 * Templates of the generator: texts with slots, compiled once, rendered with a few instructions a
 * slot. A kind of record is a table of named parts; this is their language.
 *
 *     '              stands for a double quote (an apostrophe is written as U+2019)
 *     `name`         a value (generate_values.h), a list's entry, or another part
 *     `name 30%`     the same in three of ten cases, else nothing
 *     `name *2-6`    two to six of it, joined by commas
 *     `name @row`    of a part's alternatives the one that the record's row says (platform)
 *     `number 1-99`  an integer;  `small 1-99` the same, small ones far more often
 *     `decimal 0-99 2`  a number with two digits behind its point
 *     `hex 16`, `HEX 8`, `digits 6`, `uuid`   random ones
 *     `time.ms`, `time.s`, `time.text`        the event's time: milliseconds, seconds, RFC 3339
 *     `before.ms 1-900`   a time before it by 1 to 900 seconds (also .s, .text); inside a repeat
 *                         the first element has the earliest time
 *
 * Parts of one name are alternatives, drawn by weight. A list is one text whose entries are parted
 * by `|`; it is drawn evenly, or by the row that the record has in it, so that a model goes with
 * its brand.
 *
 * What can be rendered has a known longest length, so the writer checks for room once a record.
 */
#ifndef LETHE_BENCH_GENERATE_TEMPLATE_H
#define LETHE_BENCH_GENERATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/generate_random.h"
#include "core/rc.h"

/* Which row of related lists a record has. */
enum generate_row {
    ROW_ANY = 0,  /* none: drawn anew each time */
    ROW_DEVICE,   /* a model with what belongs to it */
    ROW_PLATFORM, /* 0 Android, 1 iOS */
    ROW_PLACE,    /* a city with what belongs to it */
    ROW_APP,      /* a release of the reporting app */
    ROW_COUNT
};

struct generate_part {
    const char *name;
    unsigned weight; /* among the parts of that name; at most 255 together count in 256ths */
    const char *text;
};

struct generate_list {
    const char *name;
    enum generate_row row;
    const char *entries;
};

/* What a record is rendered from. */
struct generate_context {
    struct generate_random random;
    uint64_t subject;     /* number of the person */
    uint64_t subject_key; /* the person's facts are hashes of this */
    uint64_t seed_offset; /* where the people's numbers begin under this seed */
    int64_t time;         /* of the event, milliseconds */
    uint32_t later;       /* inside a repeat: how many elements come after this one */
    uint32_t rows[ROW_COUNT];
    int64_t dates[2]; /* days whose text stands in date_texts */
    char date_texts[2][10];
};

/* A value made by a function: writes at most `limit` bytes and returns the end. Up to
 * GENERATE_SLACK bytes behind that may be overwritten. */
struct generate_value {
    const char *name;
    char *(*write)(char *out, struct generate_context *context);
    size_t limit;
};

enum { GENERATE_SLACK = 64 };

struct generate_book;
struct generate_template;

/* Compiles all tables (each ended by an entry without a name). RC_INTERNAL where a template is
 * wrong; `wrong`, where not NULL, then names the part. */
LETHE_CHECKED enum rc generate_book_new(const struct generate_part *const *tables,
                                        const struct generate_list *lists,
                                        const struct generate_value *values,
                                        struct generate_book **out, const char **wrong);
void generate_book_free(struct generate_book *book);

/* The part of that name, or NULL. */
const struct generate_template *generate_book_find(const struct generate_book *book,
                                                   const char *name);

/* The most bytes that rendering it can write. */
size_t generate_template_limit(const struct generate_template *part);

/* How many entries the list of that name has; 0 where there is none. */
size_t generate_book_list_count(const struct generate_book *book, const char *name);

/* Writes one; `out` has room for its limit and GENERATE_SLACK more. Returns the end. */
char *generate_render(const struct generate_template *part, struct generate_context *context,
                      char *out);

/* Building blocks for values. */
char *generate_put_number(char *out, uint64_t number);
char *generate_put_padded(char *out, uint64_t number, unsigned digits); /* at most 19 */
char *generate_put_hex(char *out, uint64_t word, unsigned digits);      /* at most 16 */
char *generate_put_time_text(char *out, struct generate_context *context, int64_t time);

#endif
