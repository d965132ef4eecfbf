#include "worker/replay.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/progress.h"
#include "sink/layout.h"
#include "sink/recovery.h"
#include "sink/stream_sink.h"
#include "worker/command.h"
#include "worker/consent_loading.h"
#include "worker/interrupt.h"
#include "worker/processing.h"
#include "worker/replay_audit.h"

enum { WATCH_INTERVAL = 20 /* milliseconds */ };
enum { LANE_LIMIT = 64, ORIGIN_LIMIT = 65536, PATH_LIMIT = 4096 };

/* What one lane's thread works on. */
struct replay_lane {
    pthread_t thread;
    bool started;
    struct lane_options options;
    const struct generation *generation;
    struct lane_counts counts;
    _Atomic uint64_t records; /* seen so far, for the progress bar */
    enum rc rc;
    enum lane_end end;
    struct replay *replay;
};

struct replay {
    const struct replay_options *options;
    const struct configuration *configuration;
    struct replay_result *result;
    struct keyring *keyring;
    struct consent_table *consent;
    struct seal_key seal_key;
    bool seals;
    struct audit *audit;
    struct capture_feed *feed;
    struct stream_output *stream; /* of `-o -` */
    struct slice origins[ORIGIN_LIMIT];
    struct description description;
    struct generation generation; /* the only one of a replay */
    struct replay_lane lanes[LANE_LIMIT];
    unsigned lane_count;
    struct clock clock;
    bool what_if;
    atomic_bool stop;
    _Atomic unsigned running;
};

static bool is_directory_output(const struct replay_options *options)
{
    return options->output && strcmp(options->output, "-") != 0;
}

static int complain(const char *what, const char *name, const char *why, int status)
{
    fprintf(stderr, "lethe: %s%s%s: %s\n", what, name ? " " : "", name ? name : "", why);
    return status;
}

static int open_keys(struct replay *replay)
{
    const struct configuration *configuration = replay->configuration;
    struct key_schedule schedule = {configuration->keys_epoch, configuration->keys_keep};
    int64_t now = clock_now(&replay->clock);
    if (replay->what_if && !replay->options->live_keys) {
        enum rc rc = keyring_throw_away(schedule, now, replay->options->seed, &replay->keyring);
        return rc == RC_OK ? EXIT_DONE
                           : complain("throw-away keys", NULL, rc_sentence(rc), EXIT_FAILED);
    }
    if (!configuration->keys_directory)
        return complain("warning", NULL, "the configuration names no keys: identifiers are dropped",
                        EXIT_DONE);
    struct buffer reason;
    buffer_init(&reason, 4096);
    enum rc rc =
        keyring_open(configuration->keys_directory, schedule, now, &replay->keyring, &reason);
    int status = EXIT_DONE;
    if (rc != RC_OK) {
        fprintf(stderr, "lethe: keys: %.*s\n", SLICE_FORMAT(buffer_slice(&reason)));
        status = EXIT_USAGE;
    }
    buffer_release(&reason);
    return status;
}

static int load_consent(struct replay *replay)
{
    const struct configuration *configuration = replay->configuration;
    const char *path =
        replay->options->consent ? replay->options->consent : configuration->consent_file;
    struct consent_file_report report;
    if (!path && configuration->consent_topic)
        return complain("consent", NULL,
                        "this configuration takes it from a topic; give --consent FILE",
                        EXIT_USAGE);
    if (!path)
        return complain("warning", NULL, "no consent is given: nothing is known of anybody",
                        EXIT_DONE);
    enum rc rc = consent_table_from_file(configuration, path, &replay->consent, &report);
    if (rc != RC_OK)
        return complain("consent file", path, rc_sentence(rc),
                        rc == RC_NO_MEMORY ? EXIT_FAILED : EXIT_USAGE);
    consent_table_counts(replay->consent, &replay->result->consent);
    enum consent_block block = consent_table_block(replay->consent);
    if (block == CONSENT_BLOCK_NONE)
        return EXIT_DONE;
    replay->result->nothing_released = true;
    if (report.bad_line > 0)
        fprintf(stderr, "%s:%llu: not a consent message\n", path,
                (unsigned long long)report.bad_line);
    return complain("nothing is released", NULL, consent_block_sentence(block), EXIT_FAILED);
}

static int load_seal_key(struct replay *replay)
{
    const char *path = replay->options->quarantine_key ? replay->options->quarantine_key
                                                       : replay->configuration->quarantine_key;
    struct buffer reason;
    if (!is_directory_output(replay->options) || !path)
        return EXIT_DONE;
    buffer_init(&reason, 4096);
    enum rc rc = seal_key_load(path, &replay->seal_key, &reason);
    if (rc != RC_OK)
        fprintf(stderr, "lethe: quarantine: %.*s\n", SLICE_FORMAT(buffer_slice(&reason)));
    buffer_release(&reason);
    replay->seals = rc == RC_OK;
    return rc == RC_OK ? EXIT_DONE : EXIT_USAGE;
}

static int open_feed(struct replay *replay)
{
    const struct replay_options *options = replay->options;
    size_t failed = 0;
    struct capture_options capture =
        processing_capture(replay->configuration, options->files, options->file_count);
    capture.lanes = replay->lane_count;
    capture.topic = slice_from_string(options->topic);
    capture.speed = options->speed;
    if (options->file_count > ORIGIN_LIMIT)
        return complain("too many files", NULL, rc_sentence(RC_LIMIT), EXIT_USAGE);
    for (size_t i = 0; i < options->file_count; i++)
        replay->origins[i] = slice_from_string(options->files[i]);
    enum rc rc = capture_feed_new(&capture, &replay->feed, &failed);
    if (rc != RC_OK)
        return complain("capture", failed < options->file_count ? options->files[failed] : NULL,
                        rc_sentence(rc), EXIT_USAGE);
    return EXIT_DONE;
}

static void describe_for_sink(struct replay *replay)
{
    const struct configuration *configuration = replay->configuration;
    const struct replay_options *options = replay->options;
    description_fill(&replay->description, configuration, replay->result->label);
    for (size_t i = 0; i < configuration->recipient_count; i++) {
        struct sink_recipient *recipient = &replay->description.recipients[i];
        /* As fast as it goes, the wall clock must not decide where parts end. */
        if (options->speed <= 0)
            recipient->part_delay = TIME_NEVER;
        recipient->selected = options->recipient < 0 || (size_t)options->recipient == i;
    }
}

static enum rc open_sink(struct replay *replay, unsigned lane, struct sink **out)
{
    const struct replay_options *options = replay->options;
    if (!is_directory_output(options)) {
        size_t recipient = options->recipient < 0 ? 0 : (size_t)options->recipient;
        bool keep = replay->configuration->recipients[recipient].linkage.order == ORDER_KEPT;
        return stream_sink_new(replay->stream, recipient, keep, options->seed, lane, out);
    }
    struct file_sink_options sink = {
        .root = options->output,
        .description = &replay->description.view,
        .seed = options->seed,
        .lane = lane,
        .audit = replay->audit,
        .origins = replay->origins,
        .origin_count = options->file_count,
    };
    return file_sink_new(&sink, out);
}

static enum rc open_lane(struct replay *replay, unsigned number)
{
    struct replay_lane *lane = &replay->lanes[number];
    struct lane_options *options = &lane->options;
    *options = (struct lane_options){
        .generation = &lane->generation,
        .consent = replay->consent,
        .clock = replay->clock,
        .paced = replay->options->speed > 0,
        .only_recipient = replay->options->recipient,
        .stop = &replay->stop,
        .records_seen = &lane->records,
        .report_places = !replay->options->quiet,
    };
    lane->replay = replay;
    lane->generation = &replay->generation;
    enum rc rc = capture_source_new(replay->feed, number, &options->source);
    return rc == RC_OK ? open_sink(replay, number, &options->sink) : rc;
}

static void *lane_thread(void *context)
{
    struct replay_lane *lane = context;
    lane->rc = lane_run(&lane->options, &lane->counts, &lane->end);
    /* A lane that gives up must not leave the others waiting for blocks that it would take. */
    if (lane->rc != RC_OK)
        atomic_store(&lane->replay->stop, true);
    source_close(lane->options.source);
    lane->options.source = NULL;
    atomic_fetch_sub(&lane->replay->running, 1);
    return NULL;
}

static void watch(struct replay *replay)
{
    struct progress progress;
    progress_start(&progress, replay->options->progress);
    while (progress.shown && atomic_load(&replay->running) > 0) {
        uint64_t read = 0, total = 0, records = 0;
        capture_feed_progress(replay->feed, &read, &total);
        for (unsigned i = 0; i < replay->lane_count; i++)
            records += atomic_load_explicit(&replay->lanes[i].records, memory_order_relaxed);
        progress_update(&progress, read, total, records);
        clock_sleep_ms(WATCH_INTERVAL);
    }
    progress_end(&progress);
}

static enum rc run_lanes(struct replay *replay)
{
    enum rc rc = RC_OK;
    for (unsigned i = 0; i < replay->lane_count && rc == RC_OK; i++)
        rc = open_lane(replay, i);
    if (rc != RC_OK)
        return rc;
    int64_t begin = clock_monotonic_ns();
    atomic_store(&replay->running, replay->lane_count);
    for (unsigned i = 0; i < replay->lane_count; i++) {
        struct replay_lane *lane = &replay->lanes[i];
        lane->started = pthread_create(&lane->thread, NULL, lane_thread, lane) == 0;
        if (!lane->started) {
            atomic_store(&replay->stop, true);
            atomic_fetch_sub(&replay->running, 1);
            source_close(lane->options.source);
            lane->options.source = NULL;
            lane->rc = RC_NO_MEMORY;
        }
    }
    watch(replay);
    for (unsigned i = 0; i < replay->lane_count; i++) {
        struct replay_lane *lane = &replay->lanes[i];
        if (lane->started)
            pthread_join(lane->thread, NULL);
        lane_counts_add(&replay->result->counts, &lane->counts);
        /* RC_END is only "another lane stopped": that one's reason counts. */
        if (lane->rc != RC_OK && (rc == RC_OK || rc == RC_END))
            rc = lane->rc;
    }
    replay->result->nanoseconds = clock_monotonic_ns() - begin;
    return rc;
}

static void collect(struct replay *replay)
{
    struct replay_result *result = replay->result;
    const struct capture_report *reports;
    size_t count = capture_feed_reports(replay->feed, &reports);
    result->reports = calloc(count ? count : 1, sizeof *reports);
    if (result->reports) {
        memcpy(result->reports, reports, count * sizeof *reports);
        result->report_count = count;
        /* The feed's own copies of the names end with the feed. */
        for (size_t i = 0; i < count; i++)
            result->reports[i].name = slice_from_string(replay->options->files[i]);
    }
    for (size_t i = 0; i < count; i++)
        result->bad_files += reports[i].end != RC_OK;
    if (!is_directory_output(replay->options))
        return;
    for (unsigned lane = 0; lane < replay->lane_count; lane++) {
        const struct sink *sink = replay->lanes[lane].options.sink;
        for (size_t i = 0; sink && i < replay->configuration->recipient_count; i++) {
            struct part_counts counts = {0};
            file_sink_counts(sink, i, &counts);
            result->parts[i].rows += counts.rows;
            result->parts[i].bytes += counts.bytes;
            result->parts[i].stored_bytes += counts.stored_bytes;
            result->parts[i].parts += counts.parts;
            result->parts[i].below_minimum += counts.below_minimum;
        }
    }
}

/* What was committed and could not be made visible is made visible, what was not is removed. */
static void recover(const struct replay *replay)
{
    struct recovery_report report;
    char audit[PATH_LIMIT];
    if (replay->result->rc == RC_OK || !is_directory_output(replay->options) ||
        snprintf(audit, sizeof audit, "%s/" LAYOUT_AUDIT_FILE, replay->options->output) >=
            PATH_LIMIT)
        return;
    enum rc rc = file_sink_recover(replay->options->output, audit, &report);
    if (rc != RC_OK && rc != RC_NOT_FOUND)
        complain("recovery of", replay->options->output, rc_sentence(rc), EXIT_FAILED);
}

static void close_replay(struct replay *replay)
{
    for (unsigned i = 0; i < replay->lane_count; i++) {
        source_close(replay->lanes[i].options.source);
        sink_close(replay->lanes[i].options.sink);
    }
    stream_output_free(replay->stream);
    capture_feed_free(replay->feed);
    audit_abandon(replay->audit);
    recover(replay);
    consent_table_free(replay->consent);
    keyring_release(replay->keyring);
}

static int open_stream(struct replay *replay)
{
    enum rc rc = stream_output_new(STDOUT_FILENO, &replay->stream);
    return rc == RC_OK ? EXIT_DONE
                       : complain("standard output", NULL, rc_sentence(rc), EXIT_FAILED);
}

static int open_directory(struct replay *replay)
{
    struct replay_audit facts = {
        .options = replay->options,
        .label = replay->result->label,
        .keyring = replay->keyring,
        .consent = replay->consent ? &replay->result->consent : NULL,
        .now = clock_now(&replay->clock),
    };
    enum rc rc = replay_audit_open(&facts, &replay->audit);
    if (rc == RC_OK)
        return EXIT_DONE;
    return complain("output", replay->options->output,
                    rc == RC_EXISTS ? "it holds the output of another run" : rc_sentence(rc),
                    exit_status_of(rc));
}

static int prepare(struct replay *replay)
{
    int status = open_keys(replay);
    if (status == EXIT_DONE)
        status = load_consent(replay);
    if (status == EXIT_DONE)
        status = load_seal_key(replay);
    if (status == EXIT_DONE)
        status = open_feed(replay);
    if (status != EXIT_DONE || !replay->options->output)
        return status;
    return is_directory_output(replay->options) ? open_directory(replay) : open_stream(replay);
}

static int run(struct replay *replay)
{
    int status = prepare(replay);
    if (status != EXIT_DONE)
        return status;
    describe_for_sink(replay);
    replay->generation = (struct generation){
        .number = 1,
        .configuration = replay->configuration,
        .keyring = replay->keyring,
        .seal_key = replay->seals ? &replay->seal_key : NULL,
        .description = &replay->description.view,
    };
    interrupt_catch(&replay->stop);
    enum rc rc = run_lanes(replay);
    bool interrupted = interrupt_release();
    if (rc == RC_OK && replay->audit) {
        rc = replay_audit_end(replay->audit, &replay->result->counts, clock_now(&replay->clock));
        replay->audit = NULL;
    }
    collect(replay);
    replay->result->rc = rc;
    if (rc == RC_OK)
        return EXIT_DONE;
    return complain("replay failed", NULL,
                    interrupted && rc == RC_END ? "interrupted" : rc_sentence(rc), EXIT_FAILED);
}

int replay_run(const struct replay_options *options, struct replay_result *result)
{
    struct replay *replay = calloc(1, sizeof *replay);
    *result = (struct replay_result){0};
    if (!replay)
        return complain("replay", NULL, rc_sentence(RC_NO_MEMORY), EXIT_FAILED);
    replay->options = options;
    replay->configuration = options->configuration;
    replay->result = result;
    replay->lane_count = options->lanes ? options->lanes : options->configuration->lanes;
    if (replay->lane_count > LANE_LIMIT)
        replay->lane_count = LANE_LIMIT;
    replay->what_if = options->consent || options->clock != TIME_NONE || options->seed;
    replay->clock = (struct clock){options->clock != TIME_NONE, options->clock};
    result->label = replay->what_if ? LABEL_NOT_FOR_RELEASE : LABEL_PSEUDONYMISED;
    int status = run(replay);
    close_replay(replay);
    free(replay);
    return status;
}

void replay_result_release(struct replay_result *result)
{
    free(result->reports);
    result->reports = NULL;
}
