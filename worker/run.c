#include "worker/run.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "sink/audit_topic.h"
#include "worker/command.h"
#include "worker/notify.h"
#include "worker/run_lane.h"
#include "worker/status_server.h"
#include "worker/version.h"

enum {
    TURN = 100,            /* milliseconds of the supervisor's loop */
    KEYS_INTERVAL = 60000, /* milliseconds */
    CONSENT_INTERVAL = 1000,
    REASON_LIMIT = 4096,
    LISTEN_TRIES = 30,
    GRACE = 5,                   /* seconds after worker.shutdown in which what is left is closed */
    MMAP_THRESHOLD = 256 * 1024, /* bytes */
};

struct run {
    const char *path;
    struct run_shared shared;
    struct run_lane lanes[RUN_LANE_LIMIT];
    unsigned lane_count;
    struct status_server *server;
    struct audit_history history;
    struct slice topics[SOURCE_TOPIC_LIMIT];
    int64_t keys_due, consent_due, alive_due, alive_interval; /* monotonic milliseconds */
    char told[RUN_SENTENCE_LIMIT + 32];                       /* systemd, last */
};

static volatile sig_atomic_t stop_asked, reload_asked, patience; /* the last in seconds */

static void on_signal(int number)
{
    if (number == SIGHUP) {
        reload_asked = 1;
        return;
    }
    if (!stop_asked)
        alarm((unsigned)patience);
    stop_asked = 1;
}

/* The end does not come in time: some thread waits for what nobody gives, be it a log that nobody
 * reads. Whatever is open is not committed. */
static void on_alarm(int number)
{
    (void)number;
    _exit(EXIT_FAILED);
}

static void catch_signals(int64_t shutdown)
{
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    const struct sigaction last = {.sa_handler = on_alarm};
    patience = (int)(shutdown / TIME_SECOND) + GRACE;
    sigaction(SIGALRM, &last, NULL);
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
}

static int64_t wall_ms(void)
{
    return clock_now(&(struct clock){0});
}

static void log_reason(enum log_level level, const char *event, enum rc rc,
                       const struct buffer *reason)
{
    LOG(level, event, LOG_SENTENCE("code", rc_name(rc)),
        LOG_NAME("why",
                 reason->length ? buffer_slice(reason) : slice_from_string(rc_sentence(rc))));
}

/* What a replay can do without and a worker cannot. */
static bool is_complete(const struct configuration *configuration)
{
    const struct stream_settings *stream = &configuration->stream;
    const struct {
        bool there;
        const char *key, *why;
    } needed[] = {
        {stream->has_brokers, "kafka.bootstrap.servers", "where the brokers are"},
        {stream->topic_count > 0, "source.topics", "what to read"},
        {stream->group != NULL, "source.group", "the consumer group"},
        {stream->audit_topic != NULL, "audit.topic", "where it answers for what left"},
        {configuration->consent_topic || configuration->consent_file, "consent",
         "what is known of subjects"},
        {!configuration->quarantine_key || stream->quarantine_topic, "quarantine.topic",
         "where what cannot be processed is kept"},
    };
    bool complete = true;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (needed[i].there)
            continue;
        fprintf(stderr, "%s: error: `run` needs `%s`: %s\n", configuration->file, needed[i].key,
                needed[i].why);
        complete = false;
    }
    return complete;
}

static enum rc start_status(struct run *run, struct buffer *reason)
{
    const struct configuration *configuration = run->shared.configuration;
    const struct stream_settings *stream = &configuration->stream;
    struct status_address address;
    for (size_t i = 0; i < stream->topic_count; i++)
        run->topics[i] = slice_from_string(stream->topics[i]);
    struct run_status_options options = {
        .configuration = configuration,
        .topics = run->topics,
        .topic_count = stream->topic_count,
        .group = slice_from_string(stream->group),
        .instance = slice_from_string(stream->instance),
        .consent_topic = slice_from_string(configuration->consent_topic),
        .version = LETHE_VERSION,
        .lanes = configuration->lanes,
    };
    enum rc rc = run_status_new(&options, &run->shared.status);
    if (rc != RC_OK || !stream->listen)
        return rc;
    rc = status_address_parse(slice_from_string(stream->listen), &address);
    if (rc != RC_OK)
        return rc;
    /* One that was killed a moment ago may not have let go of it yet. */
    for (int tries = 0; tries < LISTEN_TRIES; tries++) {
        buffer_reset(reason);
        rc = status_server_start(&address, run->shared.status, &run->server, reason);
        if (rc != RC_EXISTS || stop_asked)
            break;
        clock_sleep_ms(TURN);
    }
    return rc;
}

static enum rc start_consent(struct run *run, struct buffer *reason)
{
    const struct configuration *configuration = run->shared.configuration;
    struct consent_following_options options = {
        .settings = &configuration->stream.kafka,
        .topic = configuration->consent_topic,
        .group = configuration->stream.group,
        .file = configuration->consent_file,
        .policy = configuration->policy,
        .subject_limit = configuration->limits.subjects,
        .barrier = configuration->consent_barrier,
    };
    return consent_following_start(&options, &run->shared.following, reason);
}

static void tell_keys(struct run *run)
{
    const struct generation *generation = generations_take(run->shared.generations);
    const struct keyring *keyring = generation->keyring;
    if (keyring)
        run_status_keys(run->shared.status, keyring_ahead(keyring, wall_ms()),
                        keyring_count(keyring), keyring_is_locked(keyring));
    else
        run_status_keys(run->shared.status, -1, 0, true);
    generation_let_go(run->shared.generations, generation);
}

static enum rc start_parts(struct run *run, struct buffer *reason)
{
    struct run_shared *shared = &run->shared;
    const struct stream_settings *stream = &shared->configuration->stream;
    run->history = (struct audit_history){.settings = &stream->kafka,
                                          .topic = stream->audit_topic,
                                          .group = stream->group,
                                          .stop = &shared->stop};
    enum rc rc = generations_refresh(shared->generations, wall_ms(), reason);
    if (rc == RC_OK)
        rc = start_status(run, reason);
    if (rc == RC_OK)
        rc = audit_coverage_new(&run->history, stream->group, &shared->coverage);
    if (rc == RC_OK)
        rc = start_consent(run, reason);
    if (rc == RC_OK)
        tell_keys(run);
    return rc;
}

static enum rc start_lanes(struct run *run)
{
    enum rc rc = RC_OK;
    for (unsigned i = 0; rc == RC_OK && i < run->shared.configuration->lanes; i++) {
        run->lanes[i].shared = &run->shared;
        run->lanes[i].number = i;
        run->lane_count++;
        rc = run_lane_start(&run->lanes[i]);
    }
    return rc;
}

/* A configuration that is not good changes nothing. */
static void reload(struct run *run)
{
    struct diagnostics diagnostics;
    struct buffer reason;
    const char *refused = "the new configuration has errors: see the log";
    diagnostics_init(&diagnostics);
    buffer_init(&reason, REASON_LIMIT);
    notify_reloading("reading the configuration again");
    struct configuration *configuration = configuration_load(run->path, &diagnostics);
    bool good = configuration && diagnostics.errors == 0 && is_complete(configuration);
    enum rc rc = RC_CONFIGURATION;
    if (good) {
        rc = generations_replace(run->shared.generations, configuration, wall_ms(), &reason);
        refused = rc == RC_REFUSED ? "something in it cannot change without a restart: see the log"
                                   : "its keys cannot be used: see the log";
    } else {
        configuration_print(&diagnostics);
        configuration_free(configuration);
    }
    if (rc == RC_OK) {
        const struct generation *now = generations_take(run->shared.generations);
        if (run_status_generation(run->shared.status, now->configuration, now->number) != RC_OK)
            LOG(LOG_WARNING, "status_incomplete");
        LOG(LOG_INFO, "reloaded", LOG_NUMBER("generation", now->number));
        generation_let_go(run->shared.generations, now);
        tell_keys(run);
        refused = NULL;
    } else {
        log_reason(LOG_ERROR, "reload_refused", rc, &reason);
    }
    run_status_reload_refused(run->shared.status, refused);
    atomic_fetch_add(&run->shared.attention, 1);
    notify_ready(refused ? "running on the old configuration" : "running");
    if (!refused)
        run->told[0] = '\0'; /* if it is not, that is said once more */
    buffer_release(&reason);
    diagnostics_release(&diagnostics);
}

static void refresh_keys(struct run *run)
{
    struct buffer reason;
    buffer_init(&reason, REASON_LIMIT);
    enum rc rc = generations_refresh(run->shared.generations, wall_ms(), &reason);
    if (rc != RC_OK)
        log_reason(LOG_ERROR, "keys_unreadable", rc, &reason);
    tell_keys(run);
    buffer_release(&reason);
}

static enum run_consent_state consent_state_of(const struct run *run,
                                               enum consent_following_state state)
{
    const struct configuration *configuration = run->shared.configuration;
    static const enum run_consent_state states[CONSENT_FOLLOWING_STATE_COUNT] = {
        [CONSENT_LOADING] = RUN_CONSENT_LOADING,
        [CONSENT_FRESH] = RUN_CONSENT_FRESH,
        [CONSENT_STALE] = RUN_CONSENT_STALE,
        [CONSENT_BLOCKED] = RUN_CONSENT_BLOCKED,
        [CONSENT_REBUILDING] = RUN_CONSENT_REBUILDING,
        [CONSENT_UNREACHABLE] = RUN_CONSENT_UNREACHABLE,
    };
    if (state == CONSENT_FRESH && !configuration->consent_topic)
        return configuration->consent_file ? RUN_CONSENT_FILE : RUN_CONSENT_NONE;
    return states[state];
}

static void tell_consent(struct run *run)
{
    struct consent_following *following = run->shared.following;
    struct consent_following_counts counts;
    static struct consent_partition from[RUN_PARTITION_LIMIT];
    static struct run_consent_partition partitions[RUN_PARTITION_LIMIT];
    consent_following_counts(following, &counts);
    size_t count = consent_following_partitions(following, from, RUN_PARTITION_LIMIT);
    count = count < RUN_PARTITION_LIMIT ? count : RUN_PARTITION_LIMIT;
    for (size_t i = 0; i < count; i++)
        partitions[i] = (struct run_consent_partition){from[i].position, from[i].end};
    struct buffer sentence;
    buffer_init(&sentence, REASON_LIMIT);
    consent_following_sentence(following, &sentence);
    buffer_append_byte(&sentence, '\0');
    struct run_consent consent = {
        .state = consent_state_of(run, counts.state),
        .sentence = buffer_status(&sentence) == RC_OK ? sentence.data : NULL,
        .confirmed = counts.age >= 0 ? wall_ms() - counts.age : TIME_NONE,
        .counts = counts.table,
        .subject_limit = run->shared.configuration->limits.subjects,
        .rebuilds = counts.rebuilds,
        .barriers = counts.barriers,
        .barriers_late = counts.barriers_failed,
        .block = counts.block,
        .blocks = counts.blocks,
    };
    run_status_consent(run->shared.status, &consent, partitions, count);
    buffer_release(&sentence);
}

/* What /ready says, in `systemctl status`, when it changes. */
static void tell_systemd(struct run *run)
{
    char sentence[sizeof run->told] = "running";
    struct buffer why = {
        .data = sentence, .capacity = sizeof sentence, .limit = sizeof sentence - 1};
    bool ready = run_status_is_ready(run->shared.status, &why);
    if (!ready)
        sentence[why.length] = '\0';
    if (strcmp(sentence, run->told) == 0)
        return;
    memcpy(run->told, sentence, sizeof sentence);
    notify_status(sentence);
}

static void tell_alive(struct run *run)
{
    int64_t now = clock_monotonic_ms();
    if (run->alive_interval == 0 || now < run->alive_due)
        return;
    run->alive_due = now + run->alive_interval;
    notify_alive();
}

static void turn(struct run *run)
{
    int64_t now = clock_monotonic_ms();
    run_status_beat(run->shared.status);
    if (reload_asked) {
        reload_asked = 0;
        reload(run);
    }
    if (now >= run->keys_due) {
        run->keys_due = now + KEYS_INTERVAL;
        refresh_keys(run);
    }
    if (now >= run->consent_due) {
        run->consent_due = now + CONSENT_INTERVAL;
        tell_consent(run);
        tell_systemd(run);
    }
    tell_alive(run);
}

static void supervise(struct run *run)
{
    run->alive_interval = notify_watchdog_interval();
    run->keys_due = clock_monotonic_ms() + KEYS_INTERVAL;
    run_status_ready(run->shared.status, NULL);
    notify_ready("running");
    while (!stop_asked && !atomic_load(&run->shared.stop)) {
        turn(run);
        clock_sleep_ms(TURN);
    }
}

/* True where every lane has ended in time. */
static bool end_lanes(struct run *run)
{
    int64_t deadline = clock_monotonic_ms() + run->shared.configuration->stream.shutdown;
    run_status_ready(run->shared.status, "it is ending");
    notify_stopping("ending");
    notify_extend(run->shared.configuration->stream.shutdown);
    atomic_store(&run->shared.stop, true);
    while (atomic_load(&run->shared.running) > 0 && clock_monotonic_ms() < deadline) {
        run_status_beat(run->shared.status);
        tell_alive(run);
        clock_sleep_ms(TURN);
    }
    return atomic_load(&run->shared.running) == 0;
}

static void close_run(struct run *run)
{
    for (unsigned i = 0; i < run->lane_count; i++)
        run_lane_join(&run->lanes[i]);
    consent_following_stop(run->shared.following);
    audit_coverage_free(run->shared.coverage);
    status_server_stop(run->server);
    run_status_free(run->shared.status);
    generations_free(run->shared.generations);
    pthread_mutex_destroy(&run->shared.coverage_lock);
}

static int run_all(struct run *run)
{
    struct buffer reason;
    buffer_init(&reason, REASON_LIMIT);
    enum rc rc = start_parts(run, &reason);
    if (rc == RC_OK)
        rc = start_lanes(run);
    if (rc == RC_OK)
        supervise(run);
    else
        log_reason(LOG_ERROR, "start_failed", rc, &reason);
    buffer_release(&reason);
    /* Without a status nothing of it runs yet. */
    if (run->shared.status && !end_lanes(run)) {
        LOG(LOG_ERROR, "end_took_too_long", LOG_NUMBER("lanes", atomic_load(&run->shared.running)));
        _exit(EXIT_FAILED);
    }
    bool failed = atomic_load(&run->shared.failed);
    LOG(failed ? LOG_ERROR : LOG_INFO, failed ? "ended_failed" : "ended");
    close_run(run);
    if (rc != RC_OK)
        return exit_status_of(rc);
    return failed ? EXIT_FAILED : EXIT_DONE;
}

int run_worker(const char *configuration_path)
{
    struct configuration *configuration = configuration_open(configuration_path, false);
    if (!configuration)
        return EXIT_USAGE;
    if (!is_complete(configuration)) {
        configuration_free(configuration);
        return EXIT_USAGE;
    }
    struct run *run = calloc(1, sizeof *run);
    if (!run) {
        configuration_free(configuration);
        return EXIT_FAILED;
    }
    /* Every thread of librdkafka would have an arena of its own, each with holes of its own. */
    mallopt(M_ARENA_MAX, (int)(2 + 2 * configuration->lanes));
    /* Batches and what a fetch brings are given back when they are done with; glibc's own threshold
     * would rise until it kept them. */
    mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
    log_configure(configuration->stream.log_json ? LOG_JSON : LOG_PLAIN, LOG_INFO);
    catch_signals(configuration->stream.shutdown);
    run->path = configuration_path;
    pthread_mutex_init(&run->shared.coverage_lock, NULL);
    LOG(LOG_INFO, "starting", LOG_SENTENCE("version", LETHE_VERSION),
        LOG_NAME("group", slice_from_string(configuration->stream.group)),
        LOG_NAME("instance", slice_from_string(configuration->stream.instance)),
        LOG_NUMBER("lanes", configuration->lanes));
    int status = EXIT_FAILED;
    if (generations_new(configuration, &run->shared.generations) == RC_OK) {
        run->shared.configuration = configuration;
        status = run_all(run);
    }
    free(run);
    return status;
}
