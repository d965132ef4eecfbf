/*
 * What the parts of the decoder share. Internal to ingest: decoder.c chooses the schema,
 * decoder_walk.c reads a record as one of that schema, decoder_prediction.c guesses the next
 * member.
 */
#ifndef LETHE_INGEST_DECODER_WALK_H
#define LETHE_INGEST_DECODER_WALK_H

#include "ingest/decoder.h"

enum { GUESS_TEXT = 60, GUESSES = 2 };

/*
 * A guess: the text that stood between two values, from the end of the one before (or the opening
 * brace) to the value, and the listed member that it led to. It was read by the grammar in the same
 * kind of place, so the same bytes mean the same again. Only names that the schema lists are ever
 * kept here.
 */
struct guess {
    char text[GUESS_TEXT];
    uint8_t length;
    bool first; /* right after the opening brace: without a comma */
    uint16_t member;
};

/* The last two different ones for a place, newest first: with a member that is sometimes missing,
 * both ways go on. */
struct prediction {
    struct guess guesses[GUESSES];
};

enum field_kind {
    KIND_LEAF = 1,
    KIND_OBJECT = 2,
    KIND_ARRAY = 4, /* may stand beside KIND_OBJECT: `a.b` and `a[].b` */
    KIND_DISCRIMINATOR = 8,
};

/* A schema, with what one decoder knows about its records. Arrays have one entry per field. */
struct schema_reader {
    const struct schema *schema;
    uint8_t *kinds;
    /* The number of the object in which the member was last seen: objects of one node never stand
     * inside each other, so one number is enough to find a listed name's duplicate. */
    uint64_t *seen;
    struct prediction *first; /* of the object that is this field: its first member */
    struct prediction *after; /* the member that follows this one */
    size_t longest_name;      /* as a raw text: the longest that can spell a listed name */
    unsigned group;           /* schemas of one group are told apart by the same path */
};

struct decoder {
    struct schema_reader *readers;
    size_t count;
    struct decoder_limits limits;
    struct json_names names;
    struct raw_value *values; /* limits.values, and one more to write to where that is not enough */
    char *name;               /* memory for a decoded name */
    uint64_t object;          /* number of the newest object, over all records */
    unsigned last;            /* the schema of the last record */
    unsigned group_count;
    uint64_t groups[SCHEMA_LIMIT]; /* sets of schemas, as bits */
    bool predicts;
};

/* One attempt to read a record as one of a schema. */
struct walk {
    struct decoder *decoder;
    struct schema_reader *reader;
    struct json_scanner scanner;
    uint32_t count;
    uint32_t unlisted;
    bool full;              /* there were more values than limits.values */
    bool matched;           /* the discriminator was there, and says this schema */
    bool other;             /* it says another one: the walk ended there */
    struct raw_value found; /* what it said */
};

/* Reads the whole record, whose first value is an object; ends early at a fault of the scanner or
 * with `other`. The values read so far are whole in any case. */
void walk_record(struct walk *walk, struct decoder *decoder, struct schema_reader *reader,
                 struct slice record);

/* Is the value what a schema's `equals` says? */
bool discriminator_equals(const struct raw_value *value, struct slice equals);

/* Keeps the text from `from` to `to`, if it is short enough, in the place of the older guess. */
void prediction_learn(struct prediction *prediction, const char *from, const char *to, bool first,
                      uint16_t member);

/* Where the opening quote of the guessed name is in its text. */
size_t guess_quote(const struct guess *guess);

/* memcmp for short texts, without a call: whole words, then the last one again from its end, so
 * that no byte beyond either text is read. */
static inline bool guess_text_equal(const char *text, const char *at, size_t length)
{
    uint64_t one, other;
    uint32_t half, other_half;
    if (length >= sizeof one) {
        for (size_t i = 0; i + sizeof one < length; i += sizeof one) {
            memcpy(&one, text + i, sizeof one);
            memcpy(&other, at + i, sizeof other);
            if (one != other)
                return false;
        }
        memcpy(&one, text + length - sizeof one, sizeof one);
        memcpy(&other, at + length - sizeof other, sizeof other);
        return one == other;
    }
    if (length < sizeof half)
        return memcmp(text, at, length) == 0;
    memcpy(&half, text, sizeof half);
    memcpy(&other_half, at, sizeof other_half);
    if (half != other_half)
        return false;
    memcpy(&half, text + length - sizeof half, sizeof half);
    memcpy(&other_half, at + length - sizeof other_half, sizeof other_half);
    return half == other_half;
}

/* Does the guessed text stand at `at`? */
static inline bool guess_holds(const struct guess *guess, const char *at, const char *end,
                               bool first)
{
    size_t length = guess->length;
    return length > 0 && guess->first == first && (size_t)(end - at) >= length &&
           guess_text_equal(guess->text, at, length);
}

/* The guess that holds at `at`, or NULL. */
static inline const struct guess *prediction_find(const struct prediction *prediction,
                                                  const char *at, const char *end, bool first)
{
    const struct guess *guesses = prediction->guesses;
    if (guess_holds(&guesses[0], at, end, first))
        return &guesses[0];
    return guess_holds(&guesses[1], at, end, first) ? &guesses[1] : NULL;
}

#endif
