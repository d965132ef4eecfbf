/*
 * The page that a person reads: what the worker does, and where it does not, why. One HTML page
 * without script and without anything from elsewhere; it asks to be loaded again every few seconds.
 * Names are escaped for HTML.
 */
#ifndef LETHE_WORKER_STATUS_PAGE_H
#define LETHE_WORKER_STATUS_PAGE_H

#include "core/buffer.h"
#include "worker/run_snapshot.h"

#define STATUS_PAGE_CONTENT_TYPE "text/html; charset=utf-8"

/* The headers that go with it: nothing is loaded from anywhere, nobody frames it. */
#define STATUS_PAGE_SECURITY                                                                       \
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "     \
    "form-action 'none'"

enum { STATUS_PAGE_LIMIT = 4 * 1024 * 1024, STATUS_PAGE_ROWS = 200 /* partitions listed */ };

void status_page_write(const struct run_snapshot *snapshot, struct buffer *out);

#endif
