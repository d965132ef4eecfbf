/*
 * What the viewer of `lethe demo`'s stream sees: a line for every batch as it becomes complete, and
 * on a terminal below them a table of the people that is drawn anew. Everything is as the tally has
 * read it from the topics. It shows rows, of invented people.
 */
#ifndef LETHE_WORKER_DEMO_VIEW_H
#define LETHE_WORKER_DEMO_VIEW_H

#include "worker/demo_stage.h"

struct demo_view {
    const struct demo_stage *stage;
    const struct demo_tally *tally;
    const uint64_t *put; /* events of each person that went in */
    bool terminal;
    unsigned width;  /* of the terminal */
    unsigned drawn;  /* lines of the table that are on it now */
    size_t shown;    /* batches */
    bool told_after; /* that the following batches began after the withdrawal */
    const char *doing;
    char page[64]; /* the worker's status page; empty: not known yet */
    bool withdrawn;
    struct slice input; /* one event of DEMO_WITHDRAWS's; the caller's */
};

void demo_view_begin(struct demo_view *view, const struct demo_stage *stage,
                     const struct demo_tally *tally, const uint64_t put[static DEMO_PEOPLE]);

/* Shows what has become of it since the last call. */
void demo_view_refresh(struct demo_view *view);

/* A line that stays. */
void demo_view_say(struct demo_view *view, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Takes the table away and writes the summary and the judgement. */
void demo_view_end(struct demo_view *view, uint64_t consent_messages,
                   const struct demo_verdict *verdict);

#endif
