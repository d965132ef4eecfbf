/* How the status page writes names, counts, sizes and spans of time. */
#ifndef LETHE_WORKER_PAGE_TEXT_H
#define LETHE_WORKER_PAGE_TEXT_H

#include "core/buffer.h"

/* A name, with everything that HTML or a terminal could take for more replaced. */
void page_name(struct buffer *out, struct slice name);

/* 1 234 567, with narrow spaces that do not break. */
void page_count(struct buffer *out, uint64_t count);

/* 12.3 MiB */
void page_bytes(struct buffer *out, uint64_t bytes);

/* Two units at most: 350 ms, 12 s, 3 min 20 s, 4 d 2 h. Negative is 0. */
void page_span(struct buffer *out, int64_t milliseconds);

#endif
