#include "worker/demo_stream.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/log.h"
#include "kafka/follower.h"
#include "kafka/writer.h"
#include "worker/command.h"
#include "worker/demo_program.h"
#include "worker/demo_view.h"
#include "worker/interrupt.h"

enum {
    TURN = 100,        /* milliseconds; an event of somebody goes in for each */
    EVENTS_A_TURN = 3, /* about 30 a second */
    PATIENCE = 60000,  /* milliseconds without the phase's end */
    LEAST_BATCHES = 3, /* of a phase: what is to be seen must be seen more than once */
    LEAST_TIME = 2500, /* milliseconds of a phase */
    QUIET = 500,       /* milliseconds after the end in which nothing may come any more */
    STOP_TIME = 20000, /* of the worker: its `shutdown`, and more */
    FLUSH_TIME = 20000,
    LOG_LIMIT = 1 << 20,
    LOG_LINES = 12,
    REASON_LIMIT = 4096,
};

enum phase { PHASE_START, PHASE_BEFORE, PHASE_AFTER, PHASE_DRAIN, PHASE_DONE };

static const char *const doing[] = {
    [PHASE_START] = "the worker joins its group",
    [PHASE_BEFORE] = "everybody's consent as it was",
    [PHASE_AFTER] = "Anna has withdrawn hers",
    [PHASE_DRAIN] = "no more events go in",
};

struct performance {
    struct demo_stage stage;
    struct demo_program worker;
    struct demo_tally *tally;
    struct demo_view view;
    struct kafka_writer *writer;
    struct kafka_follower *follower;
    enum phase phase;
    int64_t phase_began;  /* monotonic milliseconds */
    size_t phase_batches; /* complete when it began */
    uint64_t put[DEMO_PEOPLE], events, consents;
    struct buffer input; /* the first event of DEMO_WITHDRAWS's */
    enum rc trouble;     /* of reading */
    atomic_bool stop;
};

static int64_t wall_ms(void)
{
    return clock_now(&(struct clock){0});
}

static void on_message(void *context, size_t topic, int64_t offset, struct slice value)
{
    struct performance *performance = context;
    (void)offset;
    enum rc rc = topic == DEMO_TOPIC_AUDIT
                     ? demo_tally_entry(performance->tally, value)
                     : demo_tally_row(performance->tally, (enum demo_recipient)topic, value);
    if (rc != RC_OK)
        performance->trouble = rc;
}

static enum rc put_consent(struct performance *performance, size_t person, bool withdrawn,
                           int64_t *offset)
{
    struct buffer key, value;
    buffer_init(&key, REASON_LIMIT);
    buffer_init(&value, REASON_LIMIT);
    demo_consent_write(&key, &value, person, withdrawn, wall_ms());
    enum rc rc =
        kafka_writer_put(performance->writer, performance->stage.topics[DEMO_TOPIC_CONSENT],
                         buffer_slice(&key), buffer_slice(&value));
    if (rc == RC_OK)
        rc = kafka_writer_flush(performance->writer, FLUSH_TIME, offset);
    performance->consents += rc == RC_OK;
    buffer_release(&key);
    buffer_release(&value);
    return rc;
}

static enum rc put_event(struct performance *performance)
{
    struct buffer value;
    size_t person = performance->events % DEMO_PEOPLE;
    buffer_init(&value, REASON_LIMIT);
    demo_event_write(&value, person, performance->events, wall_ms());
    enum rc rc =
        kafka_writer_put(performance->writer, performance->stage.topics[DEMO_TOPIC_EVENTS],
                         slice_from_string(demo_people[person].name), buffer_slice(&value));
    if (rc == RC_OK) {
        performance->events++;
        performance->put[person]++;
        if (person == DEMO_WITHDRAWS && performance->input.length == 0)
            buffer_append(&performance->input, buffer_slice(&value));
    }
    buffer_release(&value);
    return rc;
}

static enum rc begin(struct performance *performance, struct buffer *reason)
{
    const struct demo_stage *stage = &performance->stage;
    const char *const words[] = {"run", "-c", stage->configuration, NULL};
    enum rc rc = demo_tally_new(&performance->tally);
    if (rc == RC_OK)
        rc = kafka_writer_new(&stage->settings, &performance->writer, reason);
    if (rc == RC_OK)
        rc = kafka_follower_new(&stage->settings, stage->topic_names, DEMO_TOPIC_AUDIT + 1,
                                on_message, performance, &performance->follower, reason);
    for (size_t i = 0; rc == RC_OK && i < DEMO_PEOPLE; i++)
        if (demo_people[i].asked)
            rc = put_consent(performance, i, false, NULL);
    if (rc == RC_OK)
        rc = demo_program_start(&performance->worker, words, stage->log);
    demo_view_begin(&performance->view, stage, performance->tally, performance->put);
    return rc;
}

/* The worker chooses the port and says so in its log. */
static void find_page(struct performance *performance)
{
    static const char mark[] = "status_listening address=127.0.0.1 port=";
    struct arena arena;
    struct slice log;
    if (performance->view.page[0])
        return;
    arena_init(&arena, LOG_LIMIT);
    if (file_read(performance->stage.log, LOG_LIMIT / 2, &arena, &log) == RC_OK) {
        const char *found = memmem(log.data, log.length, mark, sizeof mark - 1);
        int port = found ? atoi(found + sizeof mark - 1) : 0; /* a NUL stands behind */
        if (port > 0) {
            snprintf(performance->view.page, sizeof performance->view.page, "http://127.0.0.1:%d/",
                     port);
            demo_view_say(&performance->view,
                          "  the worker runs; its status page, meanwhile: %s\n\n",
                          performance->view.page);
        }
    }
    arena_release(&arena);
}

static void enter(struct performance *performance, enum phase phase)
{
    performance->phase = phase;
    performance->phase_began = clock_monotonic_ms();
    performance->phase_batches = demo_tally_batches(performance->tally);
    if (phase != PHASE_DONE)
        performance->view.doing = doing[phase];
}

static enum rc withdraw(struct performance *performance)
{
    int64_t offset = -1;
    enum rc rc = put_consent(performance, DEMO_WITHDRAWS, true, &offset);
    if (rc != RC_OK)
        return rc;
    demo_tally_withdrawn(performance->tally, offset);
    performance->view.withdrawn = true;
    demo_view_say(&performance->view,
                  "  -- Anna withdraws her consent: acknowledged by the broker --\n");
    enter(performance, PHASE_AFTER);
    return RC_OK;
}

static size_t batches_after(const struct performance *performance)
{
    size_t count = 0;
    for (size_t i = 0; i < demo_tally_batches(performance->tally); i++)
        count += demo_tally_is_after(performance->tally, demo_tally_batch(performance->tally, i));
    return count;
}

static bool is_drained(const struct performance *performance)
{
    struct demo_rows rows;
    uint64_t events;
    demo_tally_sum(performance->tally, &rows, &events);
    return events >= performance->events;
}

/* What is to be seen has been seen often enough, and long enough. */
static enum rc move_on(struct performance *performance)
{
    size_t batches = demo_tally_batches(performance->tally) - performance->phase_batches;
    int64_t lasted = clock_monotonic_ms() - performance->phase_began;
    switch (performance->phase) {
    case PHASE_START:
        if (batches > 0)
            enter(performance, PHASE_BEFORE);
        break;
    case PHASE_BEFORE:
        if (batches >= LEAST_BATCHES && lasted >= LEAST_TIME)
            return withdraw(performance);
        break;
    case PHASE_AFTER:
        if (batches_after(performance) >= LEAST_BATCHES && lasted >= LEAST_TIME) {
            enter(performance, PHASE_DRAIN);
            return kafka_writer_flush(performance->writer, FLUSH_TIME, NULL);
        }
        break;
    case PHASE_DRAIN:
        if (is_drained(performance))
            enter(performance, PHASE_DONE);
        break;
    case PHASE_DONE:
        break;
    }
    return lasted > PATIENCE ? RC_END : RC_OK;
}

static enum rc turn(struct performance *performance)
{
    enum rc rc = RC_OK;
    for (int i = 0; rc == RC_OK && performance->phase < PHASE_DRAIN && i < EVENTS_A_TURN; i++)
        rc = put_event(performance);
    int64_t next = clock_monotonic_ms() + TURN;
    while (rc == RC_OK && clock_monotonic_ms() < next)
        rc = kafka_follower_poll(performance->follower, (int)(next - clock_monotonic_ms() + 1));
    find_page(performance);
    if (rc == RC_OK)
        rc = performance->trouble;
    if (rc == RC_OK)
        rc = move_on(performance);
    demo_view_refresh(&performance->view);
    if (ferror(stdout))
        atomic_store(&performance->stop, true);
    return rc;
}

/* On the embedded broker readers see what was undone, and the audit does not account for it. Then
 * nothing can be said of the worker. */
static bool is_muddled(struct performance *performance, const struct demo_verdict *verdict)
{
    static const char mark[] = "batch_undone";
    struct arena arena;
    struct slice log;
    bool undone = false;
    arena_init(&arena, 2 * LOG_LIMIT);
    if (performance->stage.broker && verdict->unaccounted > 0 &&
        file_read(performance->stage.log, LOG_LIMIT, &arena, &log) == RC_OK)
        undone = memmem(log.data, log.length, mark, sizeof mark - 1) != NULL;
    arena_release(&arena);
    return undone;
}

/* What has gone wrong is in the worker's log, which holds no values. */
static void show_log(struct performance *performance)
{
    struct arena arena;
    struct slice log;
    arena_init(&arena, 2 * LOG_LIMIT);
    if (file_read(performance->stage.log, LOG_LIMIT, &arena, &log) == RC_OK) {
        size_t from = log.length, lines = 0;
        while (from > 0 && (log.data[from - 1] != '\n' || lines++ <= LOG_LINES))
            from--;
        fprintf(stderr, "the worker's log ends with\n%.*s", (int)(log.length - from),
                log.data + from);
    }
    arena_release(&arena);
}

static int give_up(struct performance *performance, const char *what, enum rc rc)
{
    demo_view_say(&performance->view, "%s", "");
    fprintf(stderr, "lethe demo: %s%s%s\n", what, rc == RC_OK ? "" : ": ",
            rc == RC_OK ? "" : rc_sentence(rc));
    if (performance->worker.process || performance->worker.status > 0)
        show_log(performance);
    return EXIT_FAILED;
}

static int perform(struct performance *performance)
{
    enter(performance, PHASE_START);
    while (performance->phase != PHASE_DONE) {
        enum rc rc = turn(performance);
        if (atomic_load(&performance->stop))
            return EXIT_FAILED;
        if (demo_program_ended(&performance->worker, 0))
            return give_up(performance, "the worker has ended by itself", RC_OK);
        if (rc == RC_END)
            return give_up(performance, "nothing has come for a minute", RC_OK);
        if (rc != RC_OK)
            return give_up(performance, "the broker", rc);
    }
    demo_program_stop(&performance->worker, STOP_TIME);
    if (performance->worker.status != EXIT_DONE)
        return give_up(performance, "the worker did not end in good order", RC_OK);
    for (int64_t end = clock_monotonic_ms() + QUIET; clock_monotonic_ms() < end;)
        if (kafka_follower_poll(performance->follower, TURN) != RC_OK ||
            performance->trouble != RC_OK)
            return give_up(performance, "the output", RC_IO);
    demo_view_refresh(&performance->view);
    struct demo_verdict verdict;
    demo_tally_judge(performance->tally, performance->put, &verdict);
    if (is_muddled(performance, &verdict))
        return give_up(performance,
                       "a batch was undone, which the embedded broker shows all the same: run it "
                       "again",
                       RC_OK);
    performance->view.input = buffer_slice(&performance->input);
    demo_view_end(&performance->view, performance->consents, &verdict);
    return demo_verdict_is_good(&verdict) ? EXIT_DONE : EXIT_FOUND;
}

static void clear_away(struct performance *performance)
{
    demo_program_stop(&performance->worker, STOP_TIME);
    kafka_follower_free(performance->follower);
    kafka_writer_free(performance->writer);
    if (!demo_stage_release(&performance->stage))
        fprintf(stderr, "lethe demo: topics whose names end in %s could not be removed from %s\n",
                performance->stage.suffix, performance->stage.address);
    demo_tally_free(performance->tally);
    buffer_release(&performance->input);
}

int demo_stream_run(const struct demo_stream_options *options)
{
    struct performance *performance = calloc(1, sizeof *performance);
    struct buffer reason;
    if (!performance)
        return EXIT_FAILED;
    buffer_init(&reason, REASON_LIMIT);
    buffer_init(&performance->input, REASON_LIMIT);
    signal(SIGPIPE, SIG_IGN); /* a viewer who has gone is no reason to leave things behind */
    log_configure(LOG_PLAIN, LOG_ERROR); /* of its own clients; the worker has a log */
    unsetenv("NOTIFY_SOCKET");           /* what runs here is not what a service manager started */
    interrupt_catch(&performance->stop);
    printf("\n4. The stream: `lethe run` between topics, %s%s\n\n",
           options->brokers ? "on " : "on an embedded broker",
           options->brokers ? options->brokers : "");
    enum rc rc = demo_stage_set(&performance->stage, options->data, options->directory,
                                options->brokers, &reason);
    if (rc == RC_OK)
        rc = begin(performance, &reason);
    int status = rc == RC_OK ? perform(performance) : EXIT_USAGE;
    if (rc != RC_OK)
        fprintf(stderr, "lethe demo: %.*s%s%s\n", (int)reason.length,
                reason.data ? reason.data : "", reason.length ? ": " : "", rc_sentence(rc));
    if (interrupt_release()) /* to clear away may take longer than an interrupt waits */
        fprintf(stderr, "lethe demo: interrupted\n");
    clear_away(performance);
    buffer_release(&reason);
    free(performance);
    return status;
}
