#include "worker/demo_view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH = 80, LINE_LIMIT = 1024, TABLE_LINES = DEMO_PEOPLE + 8 };

void demo_view_begin(struct demo_view *view, const struct demo_stage *stage,
                     const struct demo_tally *tally, const uint64_t put[static DEMO_PEOPLE])
{
    struct winsize size;
    const char *kind = getenv("TERM");
    *view = (struct demo_view){.stage = stage, .tally = tally, .put = put, .doing = ""};
    view->terminal = isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0;
    view->width = WIDTH;
    if (!view->terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
        return;
    /* What has scrolled out cannot be taken back. */
    view->terminal = size.ws_row > TABLE_LINES;
    if (size.ws_col > 1)
        view->width = size.ws_col;
}

/* A table line is cut to the terminal's width: one that wraps could not be taken back. */
static void draw_line(struct demo_view *view, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void draw_line(struct demo_view *view, const char *format, ...)
{
    char line[LINE_LIMIT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    printf("%.*s\n", (int)(view->width - 1), line);
    view->drawn++;
}

static void erase(struct demo_view *view)
{
    if (view->drawn > 0)
        printf("\033[%uA\033[J", view->drawn);
    view->drawn = 0;
}

static const char *consent_of(const struct demo_view *view, size_t person)
{
    return person == DEMO_WITHDRAWS && view->withdrawn ? "WITHDRAWN" : demo_people[person].consent;
}

static void draw_example(struct demo_view *view, const char *of, enum demo_kind kind)
{
    struct slice row = demo_tally_example(view->tally, kind);
    if (row.length > 0)
        draw_line(view, "  %-28s %.*s", of, (int)(row.length < 900 ? row.length : 900), row.data);
}

static void draw_table(struct demo_view *view)
{
    struct demo_rows rows;
    uint64_t events, put = 0;
    demo_tally_sum(view->tally, &rows, &events);
    draw_line(view, "%s", "");
    draw_line(view, "                                     in    analytics              research");
    draw_line(view, "  person  phone     consent      events    pseudonym   reduced        rows");
    for (size_t i = 0; i < DEMO_PEOPLE; i++) {
        put += view->put[i];
        draw_line(view, "  %-7s %-9s %-19s %4llu    %9llu %9llu   %9llu", demo_people[i].name,
                  demo_people[i].model, consent_of(view, i), (unsigned long long)view->put[i],
                  (unsigned long long)rows.of[i][DEMO_PSEUDONYM],
                  (unsigned long long)rows.of[i][DEMO_REDUCED],
                  (unsigned long long)rows.of[i][DEMO_RESEARCHED]);
    }
    draw_line(view, "%s", "");
    draw_example(view, "Anna's last with consent:", DEMO_PSEUDONYM);
    draw_example(view, "Anna's last without:", DEMO_REDUCED);
    draw_line(view, "  %llu events on their way; %s %s", (unsigned long long)(put - events),
              view->page[0] ? "status page" : "", view->page);
    draw_line(view, "  %s", view->doing);
}

/* Of the person who withdraws, and of all others. */
static void sum_batch(const struct demo_batch *batch, uint64_t one[static DEMO_KINDS],
                      uint64_t others[static DEMO_KINDS])
{
    for (int kind = 0; kind < DEMO_KINDS; kind++) {
        one[kind] = batch->rows.of[DEMO_WITHDRAWS][kind];
        others[kind] = 0;
        for (size_t person = 0; person < DEMO_PEOPLE; person++)
            if (person != DEMO_WITHDRAWS)
                others[kind] += batch->rows.of[person][kind];
    }
}

static void write_heading(void)
{
    printf("                  |  %s                          |  the others\n"
           "  batch   events  |  pseudonym  reduced  research |  pseudonym  reduced  research\n",
           demo_people[DEMO_WITHDRAWS].name);
}

static void write_batch(struct demo_view *view, size_t index)
{
    const struct demo_batch *batch = demo_tally_batch(view->tally, index);
    uint64_t one[DEMO_KINDS], others[DEMO_KINDS];
    sum_batch(batch, one, others);
    if (!view->told_after && demo_tally_is_after(view->tally, batch)) {
        view->told_after = true;
        printf("  -- a batch that had begun leaves as it began; those below began after it --\n");
    }
    printf("  %5llu %8llu  |  %9llu %8llu %9llu |  %9llu %8llu %9llu\n",
           (unsigned long long)index + 1, (unsigned long long)batch->events,
           (unsigned long long)one[DEMO_PSEUDONYM], (unsigned long long)one[DEMO_REDUCED],
           (unsigned long long)one[DEMO_RESEARCHED], (unsigned long long)others[DEMO_PSEUDONYM],
           (unsigned long long)others[DEMO_REDUCED], (unsigned long long)others[DEMO_RESEARCHED]);
}

void demo_view_refresh(struct demo_view *view)
{
    erase(view);
    if (view->shown == 0 && demo_tally_batches(view->tally) > 0)
        write_heading();
    while (view->shown < demo_tally_batches(view->tally))
        write_batch(view, view->shown++);
    if (view->terminal)
        draw_table(view);
    fflush(stdout);
}

void demo_view_say(struct demo_view *view, const char *format, ...)
{
    va_list arguments;
    erase(view);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    fflush(stdout);
}

static void write_example(const char *of, struct slice text)
{
    if (text.length > 0)
        printf("  %s\n    %.*s\n", of, (int)text.length, text.data);
}

static void write_sums(const struct demo_view *view, uint64_t consent_messages)
{
    struct demo_rows rows;
    uint64_t events, sums[DEMO_KINDS] = {0};
    demo_tally_sum(view->tally, &rows, &events);
    for (size_t person = 0; person < DEMO_PEOPLE; person++)
        for (int kind = 0; kind < DEMO_KINDS; kind++)
            sums[kind] += rows.of[person][kind];
    printf("\n  in         %llu events of %d people, %llu consent messages\n",
           (unsigned long long)events, DEMO_PEOPLE, (unsigned long long)consent_messages);
    printf("  analytics  %llu rows: %llu with a pseudonym, %llu reduced\n",
           (unsigned long long)(sums[DEMO_PSEUDONYM] + sums[DEMO_REDUCED]),
           (unsigned long long)sums[DEMO_PSEUDONYM], (unsigned long long)sums[DEMO_REDUCED]);
    printf("  research   %llu rows\n", (unsigned long long)sums[DEMO_RESEARCHED]);
    printf("  batches    %zu, each one transaction: rows, input offsets and the audit's entry\n\n",
           demo_tally_batches(view->tally));
    write_example("an event of Anna's, as it went in:", view->input);
    write_example("such a row of hers for analytics, with consent:",
                  demo_tally_example(view->tally, DEMO_PSEUDONYM));
    write_example("and without:", demo_tally_example(view->tally, DEMO_REDUCED));
}

static void write_verdict(const struct demo_verdict *verdict)
{
    const struct {
        uint64_t count;
        const char *what;
    } findings[] = {
        {verdict->forbidden, "rows without the consent that they need"},
        {verdict->secrets, "rows with an identifier of the input in clear"},
        {verdict->strange, "rows that are nobody's"},
        {verdict->unaccounted, "rows and batches for which the audit does not account"},
        {verdict->missing, "events lost or twice"},
    };
    printf("\n  checked:");
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++)
        printf("%s %llu %s", i ? ";\n          " : "", (unsigned long long)findings[i].count,
               findings[i].what);
    printf("\n");
}

void demo_view_end(struct demo_view *view, uint64_t consent_messages,
                   const struct demo_verdict *verdict)
{
    erase(view);
    write_sums(view, consent_messages);
    write_verdict(verdict);
    if (view->stage->broker)
        printf("\n  What this could not show: the embedded broker (librdkafka's mock) keeps no\n"
               "  transaction apart, fences nobody, compacts nothing and forgets all at its end.\n"
               "  Exactly-once is for a real one: lethe demo --brokers HOST:PORT\n");
    fflush(stdout);
}
