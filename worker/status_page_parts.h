/* The page's sections; for status_page.c only. */
#ifndef LETHE_WORKER_STATUS_PAGE_PARTS_H
#define LETHE_WORKER_STATUS_PAGE_PARTS_H

#include "worker/status_page.h"

void page_write_tiles(const struct run_snapshot *snapshot, struct buffer *out);
void page_write_recipients(const struct run_snapshot *snapshot, struct buffer *out);
void page_write_lanes(const struct run_snapshot *snapshot, struct buffer *out);
void page_write_partitions(const struct run_snapshot *snapshot, struct buffer *out);
void page_write_consent(const struct run_snapshot *snapshot, struct buffer *out);
void page_write_transactions(const struct run_snapshot *snapshot, struct buffer *out);
void page_write_quarantine(const struct run_snapshot *snapshot, struct buffer *out);

#endif
