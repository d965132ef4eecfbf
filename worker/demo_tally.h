/*
 * What `lethe demo` has read from the topics that its worker writes: rows, and the audit's entries
 * that say which batch they belong to. Every number that the demonstration shows is from here, and
 * so is its judgement of itself.
 *
 * The topics have one partition and the stream one lane, so rows stand in the order of batches, and
 * the audit says how many there are of each: that is how rows find their batch. A batch is complete
 * once its rows have been read.
 */
#ifndef LETHE_WORKER_DEMO_TALLY_H
#define LETHE_WORKER_DEMO_TALLY_H

#include "core/buffer.h"
#include "worker/demo_cast.h"

enum demo_recipient { DEMO_ANALYTICS = 0, DEMO_RESEARCH, DEMO_RECIPIENTS };
extern const char *const demo_recipient_names[DEMO_RECIPIENTS];

enum demo_kind {
    DEMO_PSEUDONYM = 0, /* a row for analytics with the person's pseudonym */
    DEMO_REDUCED,       /* one without */
    DEMO_RESEARCHED,    /* a row for research */
    DEMO_KINDS
};

struct demo_rows {
    uint64_t of[DEMO_PEOPLE][DEMO_KINDS];
};

struct demo_batch {
    uint64_t number;        /* of the audit's entry */
    uint64_t events;        /* of the input that it covers */
    int64_t consent_offset; /* what the consent topic held before it was known when it began */
    struct demo_rows rows;
};

struct demo_tally;

LETHE_CHECKED enum rc demo_tally_new(struct demo_tally **out);
void demo_tally_free(struct demo_tally *tally);

/* A row, as a recipient reads it; RC_LIMIT where there are too many. */
LETHE_CHECKED enum rc demo_tally_row(struct demo_tally *tally, enum demo_recipient recipient,
                                     struct slice row);
/* An entry of the audit, in order. */
LETHE_CHECKED enum rc demo_tally_entry(struct demo_tally *tally, struct slice entry);

/* DEMO_WITHDRAWS has withdrawn; the message was acknowledged at that offset. Before it is called
 * nobody has. */
void demo_tally_withdrawn(struct demo_tally *tally, int64_t offset);

/* The complete ones. */
size_t demo_tally_batches(const struct demo_tally *tally);
const struct demo_batch *demo_tally_batch(const struct demo_tally *tally, size_t index);

/* Did it begin after the withdrawal was acknowledged? */
bool demo_tally_is_after(const struct demo_tally *tally, const struct demo_batch *batch);

/* Of all complete batches. */
void demo_tally_sum(const struct demo_tally *tally, struct demo_rows *rows, uint64_t *events);

/* The last row of that kind of DEMO_WITHDRAWS's; empty where there was none. */
struct slice demo_tally_example(const struct demo_tally *tally, enum demo_kind kind);

struct demo_verdict {
    uint64_t forbidden;   /* rows for whom nobody had consented when their batch began */
    uint64_t secrets;     /* rows with an identifier of the input */
    uint64_t strange;     /* rows that are nobody's, or cannot be read */
    uint64_t unaccounted; /* rows that no entry of the audit stands for, or the reverse */
    uint64_t missing;     /* events without their one row for analytics, or with more */
};

/* `put`: how many events of each person went in. To be asked at the end. */
void demo_tally_judge(const struct demo_tally *tally, const uint64_t put[static DEMO_PEOPLE],
                      struct demo_verdict *out);
bool demo_verdict_is_good(const struct demo_verdict *verdict);

#endif
