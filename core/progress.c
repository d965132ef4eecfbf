#include "core/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"

enum { BAR_WIDTH = 24, REDRAW_NS = 100000000 };

void progress_start(struct progress *progress, bool wanted)
{
    *progress = (struct progress){.shown = wanted && isatty(STDERR_FILENO),
                                  .started_ns = clock_monotonic_ns()};
}

static void draw_bar(char bar[BAR_WIDTH + 1], double share)
{
    int filled = (int)(share * BAR_WIDTH);
    memset(bar, '-', BAR_WIDTH);
    memset(bar, '#', (size_t)(filled > BAR_WIDTH ? BAR_WIDTH : filled));
    bar[BAR_WIDTH] = '\0';
}

void progress_update(struct progress *progress, uint64_t done, uint64_t total, uint64_t records)
{
    int64_t now = clock_monotonic_ns();
    if (!progress->shown || now - progress->drawn_ns < REDRAW_NS)
        return;
    progress->drawn_ns = now;
    double seconds = (double)(now - progress->started_ns) / 1e9;
    double rate = seconds > 0 ? (double)done / seconds : 0;
    fprintf(stderr, "\r\033[K");
    if (total > 0) {
        char bar[BAR_WIDTH + 1];
        double share = (double)done / (double)total;
        draw_bar(bar, share);
        fprintf(stderr, "[%s] %3.0f%% ", bar, share * 100);
    }
    fprintf(stderr, "%.1f MB  %llu records  %.1f MB/s", (double)done / 1e6,
            (unsigned long long)records, rate / 1e6);
    if (total > done && rate > 0)
        fprintf(stderr, "  %.0f s left", (double)(total - done) / rate);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
    progress->shown = false;
}
