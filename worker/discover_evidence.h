/*
 * What is learnt of the values of one path: counts of types and forms, and whether they fit the
 * categories that the path's name suggests. No value is kept: distinct ones are counted by keyed
 * hashes of a few.
 */
#ifndef LETHE_WORKER_DISCOVER_EVIDENCE_H
#define LETHE_WORKER_DISCOVER_EVIDENCE_H

#include "anonymize/detector.h"
#include "core/json_document.h"
#include "core/time_text.h"
#include "schemas/category.h"
#include "worker/discover_words.h"

enum {
    EVIDENCE_CANDIDATES = 8,
    EVIDENCE_DISTINCT = 64, /* different values that are told apart */
};

/* A category that the name suggests. */
struct candidate {
    const struct word_rule *rule;
    uint32_t fits; /* values that it could be: released, canonicalised or read as its kind */
};

struct evidence {
    uint32_t types[JSON_OBJECT + 1];
    uint32_t values;                      /* strings and numbers, all of which were looked at */
    uint32_t whole[DETECTOR_KIND_COUNT];  /* that are one finding of a detector */
    uint32_t inside[DETECTOR_KIND_COUNT]; /* in which there is one, among other things */
    uint32_t found;                       /* with any finding */
    uint32_t formats[TIME_FORMAT_COUNT];  /* that are times of the years 2005 to 2038 */
    uint32_t times;
    uint32_t prose; /* with white space between words, or letters beyond ASCII */
    uint32_t lines; /* of several lines */
    uint32_t paths; /* that look like a file's path */
    uint64_t distinct[EVIDENCE_DISTINCT];
    uint32_t distinct_count;
    uint32_t distinct_after; /* how many values it took to fill the table; 0: it is not full */
    struct candidate candidates[EVIDENCE_CANDIDATES];
    uint32_t candidate_count;
};

/* Sets the candidates by the name and what stands above it. */
void evidence_init(struct evidence *evidence, const struct words *name, const struct words *above);

/* One more value: of a scalar with its text, of a container its type alone. `seed` keys the
 * hashes. */
void evidence_add(struct evidence *evidence, const struct json_value *value, uint64_t seed);

/* Strings, numbers and booleans. */
uint32_t evidence_scalars(const struct evidence *evidence);

/* Is nearly every value another one? */
bool evidence_scattered(const struct evidence *evidence);

/* Could this value be of that category? */
bool evidence_fits(enum category category, enum json_type type, struct slice text);

#endif
