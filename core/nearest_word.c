/* The "did you mean" of diagnostics.h. */
#include "core/diagnostics.h"

enum { WORD_LIMIT = 64 };

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/*
 * Optimal string alignment: Levenshtein's distance, and a swap of neighbours counts as one. Three
 * rows of the table are kept: before[] is two letters of `a` back, above[] one.
 */
static unsigned distance(struct slice a, struct slice b)
{
    unsigned rows[3][WORD_LIMIT + 1];
    unsigned *before = rows[0];
    unsigned *above = rows[1];
    unsigned *row = rows[2];
    for (size_t j = 0; j <= b.length; j++)
        above[j] = before[j] = (unsigned)j;
    for (size_t i = 1; i <= a.length; i++) {
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.length; j++) {
            unsigned replaced = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        unsigned *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.length];
}

struct slice nearest_word(struct slice word, size_t count,
                          struct slice (*candidate)(const void *context, size_t index),
                          const void *context)
{
    struct slice nearest = {0};
    unsigned least = UINT32_MAX;
    for (size_t i = 0; word.length <= WORD_LIMIT && i < count; i++) {
        struct slice other = candidate(context, i);
        size_t longer = word.length > other.length ? word.length : other.length;
        if (longer > WORD_LIMIT)
            continue;
        unsigned found = distance(word, other);
        if (found < least && found <= longer / 3) {
            least = found;
            nearest = other;
        }
    }
    return nearest;
}
