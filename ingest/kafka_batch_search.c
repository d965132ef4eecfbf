#include "ingest/kafka_probe.h"

void batch_search_start(struct batch_search *search, int64_t from, int64_t end)
{
    *search = (struct batch_search){
        .at = from, .from = from, .bad = from, .good = end, .base = -1, .step = 1};
    if (end <= from)
        search->good = from + 1;
}

/* The next offset to try. */
static enum search_verdict go_on(struct batch_search *search)
{
    if (search->bad + 1 >= search->good)
        return SEARCH_FOUND;
    if (search->base < 0) {
        search->at = search->bad + 1;
        return SEARCH_GOES_ON;
    }
    if (search->step > 0 && search->step < search->good - search->bad) {
        search->at = search->bad + search->step;
        search->step *= 2;
    } else { /* between the two */
        search->step = 0;
        search->at = search->bad + (search->good - search->bad) / 2;
    }
    return SEARCH_GOES_ON;
}

enum search_verdict batch_search_readable(struct batch_search *search)
{
    if (!search->started)
        return SEARCH_READABLE;
    search->good = search->at;
    search->step = 0;
    return go_on(search);
}

enum search_verdict batch_search_unreadable(struct batch_search *search, int64_t base)
{
    /* A base that the offset cannot belong to is no base. At the start there may be markers between
     * the offset and the batch. */
    bool first = !search->started;
    if (base < 0 || (base > search->at && !first) || base >= search->good)
        base = -1;
    if (first) {
        search->started = true;
        search->base = base;
        search->bad = base > search->from ? base : search->from;
        return go_on(search);
    }
    if (base == search->base) {
        search->bad = search->at;
        return go_on(search);
    }
    /* Another batch: ours ends where it begins, at the latest. */
    search->good = base > search->bad ? base : search->at;
    search->step = 0;
    return go_on(search);
}
