/*
 * Errors and warnings about files that people write (configuration, schemas, policies, test
 * cases), collected in one pass and printed together:
 *
 *     policies/default.yaml:12:3: error: unknown category `device.imie`
 *        12 |   device.imie: pseudonym
 *           |   ^~~~~~~~~~~
 *     did you mean `device.imei`?
 *
 * These files hold no records, so quoting them is safe. What would harm a terminal (control
 * characters, direction marks, bytes that are not UTF-8) is printed as `?`, tabs as spaces, and a
 * line that is too long is cut around the place. Names of files and texts are borrowed and must
 * outlive the diagnostics; messages are copied (at most 1000 bytes). Of errors, of warnings and of
 * notes at most DIAGNOSTICS_LIMIT each are kept; the rest are counted, and the print says how many.
 */
#ifndef LETHE_CORE_DIAGNOSTICS_H
#define LETHE_CORE_DIAGNOSTICS_H

#include "core/arena.h"
#include "core/buffer.h"

enum { DIAGNOSTICS_LIMIT = 200 };

/* A note says more about the error or warning before it, and is printed right after that one,
 * wherever the note's own place is (one that comes before any error or warning stands alone). */
enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

/* A place in a text. Lines and columns count from 1 (columns in bytes); line 0: the file whole;
 * column 0: the line whole. */
struct place {
    const char *file;
    struct slice text; /* the whole file, for showing the line; may be empty */
    unsigned line;
    unsigned column;
    unsigned width; /* of what is meant, for the caret's tail; 0 counts as 1 */
};

struct diagnostic;

struct diagnostics {
    struct arena arena;
    struct diagnostic *first;
    struct diagnostic **last;
    struct diagnostic *newest; /* NULL where the newest was not kept */
    struct diagnostic *parent; /* the newest error or warning; NULL where it was not kept */
    unsigned errors;           /* all of them, kept or not */
    unsigned warnings;
    unsigned notes;
    unsigned kept; /* of all severities */
    unsigned lost; /* errors and warnings that were not kept */
};

/* Must not be moved afterwards (it points into itself). */
void diagnostics_init(struct diagnostics *diagnostics);
void diagnostics_release(struct diagnostics *diagnostics);

void diagnose(struct diagnostics *diagnostics, enum severity severity, struct place place,
              const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds "did you mean `X`?" to the newest diagnostic; nothing where suggestion is empty. */
void diagnose_suggestion(struct diagnostics *diagnostics, struct slice suggestion);

/* Prints all, in the order of file, line and column (equal ones as they came). */
void diagnostics_write(const struct diagnostics *diagnostics, struct buffer *out);

/*
 * The candidate nearest to `word` by edit distance (insert, delete, replace, swap of neighbours),
 * where it is near enough to be a slip: distance at most a third of the longer word; of several as
 * near, the first. Otherwise, and for words of more than 64 bytes, the empty slice.
 * `candidate(context, i)` gives the i-th of `count`.
 */
struct slice nearest_word(struct slice word, size_t count,
                          struct slice (*candidate)(const void *context, size_t index),
                          const void *context);

#endif
