/*
 * A recipient: where clean data goes, and the most that it may get.
 *
 * Profiles are shipped ceilings of the third parties named in the obligations (clause 2.3). A
 * recipient's pseudonym domain and its sink are its own: no two share either.
 */
#ifndef LETHE_SCHEMAS_RECIPIENT_H
#define LETHE_SCHEMAS_RECIPIENT_H

#include "schemas/category.h"
#include "schemas/policy.h"

enum { RECIPIENT_LIMIT = 32 };

enum row_order { ORDER_SHUFFLED = 0, ORDER_KEPT };

/* What may be left in the rows that two recipients could join on. Looser only in so many words. */
struct linkage {
    int64_t time_step; /* finest time that leaves, milliseconds; default an hour */
    enum row_order order;
    uint32_t minimum; /* rows a batch should have before it leaves; default 100 */
    int64_t wait;     /* longest that a batch waits for its minimum; default 60 s */
};

struct recipient {
    struct slice name;
    unsigned purpose; /* its number in the policy */
    struct category_set ceiling;
    struct slice profile; /* or empty */
    struct slice region;
    bool crosses_border; /* region is not home */
    struct slice domain; /* pseudonym domain; default its name */
    struct linkage linkage;
    struct slice topic; /* of rows, or empty */
    bool packed;        /* many rows to a message of that topic: framing `lines` */
    struct slice key;   /* path of the released field that its messages are keyed by, or empty */
    struct slice directory; /* of rows, or empty: one of the two */
    uint64_t part_bytes;    /* of compressed rows, about; default 64 MiB */
    int64_t part_delay;     /* default 60 s */
    struct place place;
};

/* The shipped profile of that name: its ceiling, or NULL. */
struct profile {
    const char *name;
    const char *purpose;        /* what the third party is for, in words */
    const char *const *ceiling; /* names and prefixes, NULL ends */
};

const struct profile *profile_find(struct slice name);
size_t profile_count(void);
const struct profile *profile_at(size_t index);

#endif
