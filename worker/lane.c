#include "worker/lane.h"

#include <stdio.h>

#include "worker/processing.h"

enum { POLL_WAIT = 50 };

struct lane {
    const struct lane_options *options;
    const struct configuration *configuration;
    struct decoder *decoder;
    struct engine *engine;
    struct json_names names; /* of the framing */
    struct batch batch;
    struct lane_counts *counts;
    uint64_t consent_position;
    unsigned places;
    enum rc failure;
};

static void add_counts(uint64_t *to, const uint64_t *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] += from[i];
}

void lane_counts_add(struct lane_counts *total, const struct lane_counts *counts)
{
    /* Every member is a uint64_t or an array of them. */
    _Static_assert(sizeof *total % sizeof(uint64_t) == 0, "only counters");
    add_counts((uint64_t *)total, (const uint64_t *)counts, sizeof *total / sizeof(uint64_t));
}

static enum rc open_lane(struct lane *lane)
{
    const struct configuration *configuration = lane->configuration;
    const struct limits *limits = &configuration->limits;
    struct batch_limits batch = {limits->batch_records, limits->batch_bytes, limits->batch_delay};
    enum rc rc = processing_decoder_new(configuration, &lane->decoder);
    if (rc == RC_OK)
        rc = processing_engine_new(configuration, lane->options->keyring, lane->options->consent,
                                   &lane->engine);
    if (rc == RC_OK)
        rc = batch_init(&lane->batch, batch, configuration->recipient_count,
                        configuration->schema_count);
    if (rc != RC_OK)
        return rc;
    /* A record is written for every recipient before the limits are looked at again. */
    lane->batch.rows.limit = limits->batch_bytes + limits->record * configuration->recipient_count;
    /* With framing `array` the names of a whole message count together. */
    json_names_init(&lane->names, (uint64_t)clock_monotonic_ns(),
                    processing_message_limit(configuration) / 4 + 1);
    return RC_OK;
}

static void close_lane(struct lane *lane)
{
    batch_release(&lane->batch);
    engine_free(lane->engine);
    decoder_free(lane->decoder);
    json_names_release(&lane->names);
}

/* An empty batch is committed too: it lets the sink publish what is due by its age. */
static bool commit(struct lane *lane)
{
    struct consent_counts consent = {0};
    if (lane->options->consent)
        consent_table_counts(lane->options->consent, &consent);
    lane->failure = sink_commit(lane->options->sink, &lane->batch, consent.messages,
                                clock_now(&lane->options->clock));
    if (lane->failure != RC_OK)
        return false;
    lane->counts->batches += lane->batch.input_records > 0;
    batch_reset(&lane->batch);
    return true;
}

/* Closes the batch where a limit is reached, or its time is up. */
static bool commit_if_due(struct lane *lane)
{
    struct batch *batch = &lane->batch;
    if (batch_is_full(batch))
        return commit(lane);
    if (!lane->options->paced || batch->opened == TIME_NONE)
        return true;
    int64_t age = clock_now(&lane->options->clock) - batch->opened;
    if (age < batch->limits.delay)
        return true;
    for (size_t i = 0; i < lane->configuration->recipient_count; i++) {
        const struct linkage *linkage = &lane->configuration->recipients[i].linkage;
        uint64_t rows = batch_recipient_rows(batch, i);
        if (rows > 0 && rows < linkage->minimum && age < linkage->wait)
            return true;
    }
    return commit(lane);
}

/* file:line:column of a bad record, without anything of it. */
static void report_place(struct lane *lane, const struct message *message,
                         enum quarantine_reason reason, size_t column, bool discarded)
{
    if (!lane->options->report_places || lane->places > LANE_PLACE_LIMIT)
        return;
    if (lane->places++ == LANE_PLACE_LIMIT) {
        fprintf(stderr, "(more bad records are counted, not listed)\n");
        return;
    }
    fprintf(stderr, "%.*s:%lld:%zu: %s: %s (%s)\n", SLICE_FORMAT(message->origin),
            (long long)message->offset, column, discarded ? "discarded" : "quarantined",
            quarantine_reason_sentence(reason), quarantine_reason_name(reason));
}

/* Seals what cannot be processed, unless what could be read of it forbids to keep it. `record` may
 * have no schema: then nothing of it is known. */
static bool quarantine(struct lane *lane, const struct message *message, struct slice content,
                       const struct raw_record *record, enum quarantine_reason reason,
                       size_t column)
{
    const struct lane_options *options = lane->options;
    int64_t now = clock_now(&options->clock);
    bool discard = false;
    if (record && record->schema && record->count > 0) {
        struct record_facts facts;
        struct event_time time = {TIME_NONE, true};
        engine_facts(lane->engine, record, &time, now, &facts);
        discard = consent_forbids_quarantine(&facts, lane->configuration->policy);
    }
    report_place(lane, message, reason, column, discard);
    if (discard) {
        lane->counts->discarded[reason]++;
        return true;
    }
    lane->counts->quarantined[reason]++;
    if (!options->seal_key)
        return true;
    struct seal_envelope envelope = {
        .reason = reason,
        .source = message->origin,
        .partition = message->partition,
        .offset = message->offset,
        .now = now,
        .topic = message->topic,
        .message_time = message->time,
    };
    struct sealed_record sealed;
    lane->failure = seal(options->seal_key, &envelope, content, &lane->batch.sealed_bytes, &sealed);
    if (lane->failure == RC_LIMIT && lane->batch.sealed_count > 0) {
        lane->batch.sealed_bytes.failed = false;
        if (!commit(lane))
            return false;
        lane->failure =
            seal(options->seal_key, &envelope, content, &lane->batch.sealed_bytes, &sealed);
    }
    if (lane->failure == RC_OK)
        lane->failure = batch_add_sealed(&lane->batch, &sealed);
    return lane->failure == RC_OK;
}

static size_t subject_index(const struct schema *schema, uint16_t field)
{
    for (size_t i = 0; i < schema->subject_count; i++) {
        if (schema->subjects[i] == field)
            return i;
    }
    for (size_t i = 0; i < schema->veto_count; i++) {
        if (schema->vetoes[i] == field)
            return SUBJECT_LIMIT + i;
    }
    return SIZE_MAX;
}

static bool rewrite_for(struct lane *lane, const struct processed *read, size_t recipient,
                        const struct verdict *verdict)
{
    struct recipient_counts *counts = &lane->counts->recipients[recipient];
    struct clean_record clean;
    counts->decided[verdict->decision][verdict->why]++;
    if (verdict->field != FIELD_NONE && verdict->decision != DECISION_GRANTED) {
        size_t subject = subject_index(read->record.schema, verdict->field);
        if (subject != SIZE_MAX)
            lane->counts->denials[read->schema].decided[subject][verdict->why]++;
    }
    if (verdict->decision == DECISION_WITHHELD)
        return true;
    switch (engine_rewrite(lane->engine, &read->record, read->schema, recipient, verdict->decision,
                           &read->time, &lane->batch.rows, &clean, &counts->fields)) {
    case REWRITE_DONE:
        counts->rows++;
        lane->failure = batch_add(&lane->batch, &clean);
        return lane->failure == RC_OK;
    case REWRITE_EMPTY:
        counts->empty++;
        return true;
    case REWRITE_SIZE:
        counts->too_large++;
        return true;
    case REWRITE_FULL:
        break;
    }
    lane->failure = buffer_status(&lane->batch.rows);
    if (lane->failure == RC_OK)
        lane->failure = RC_LIMIT;
    return false;
}

static bool process_record(struct lane *lane, const struct message *message, struct slice text,
                           size_t column)
{
    const struct lane_options *options = lane->options;
    struct processed read;
    int64_t now = clock_now(&options->clock);
    enum quarantine_reason reason =
        processing_decode(lane->decoder, message->topic, text, message->time, now, &read);
    if (reason != QUARANTINE_NONE)
        return quarantine(lane, message, text, &read.record, reason, column + read.offset);
    lane->counts->by_schema[read.schema]++;
    lane->counts->unlisted += read.record.unlisted;
    lane->counts->time_substituted += read.time.substituted;
    struct record_facts facts;
    engine_facts(lane->engine, &read.record, &read.time, now, &facts);
    for (size_t i = 0; i < lane->configuration->recipient_count; i++) {
        if (options->only_recipient >= 0 && (size_t)options->only_recipient != i)
            continue;
        struct verdict verdict = engine_decide(lane->engine, &facts, i);
        if (!rewrite_for(lane, &read, i, &verdict))
            return false;
    }
    return true;
}

static bool process_message(struct lane *lane, const struct message *message)
{
    const struct limits *limits = &lane->configuration->limits;
    struct framing_limits framing = {limits->record, limits->depth};
    struct framing_cursor cursor;
    struct slice text;
    enum quarantine_reason reason = QUARANTINE_NONE;
    framing_start(&cursor, lane->options->framing, message->value, framing, &lane->names);
    while (framing_next(&cursor, &text, &reason)) {
        size_t column = text.data ? (size_t)(text.data - message->value.data) + 1 : 1;
        lane->counts->records++;
        bool good = reason == QUARANTINE_NONE
                        ? process_record(lane, message, text, column)
                        : quarantine(lane, message, text, NULL, reason, column);
        if (!good)
            return false;
        reason = QUARANTINE_NONE;
    }
    return true;
}

/* Enters the message into the batch's ranges; where they are full the batch is closed first. */
static bool cover(struct lane *lane, const struct message *message)
{
    int64_t now = clock_now(&lane->options->clock);
    lane->failure =
        batch_cover(&lane->batch, message->origin_number, message->partition, message->offset, now);
    if (lane->failure == RC_LIMIT) {
        if (!commit(lane))
            return false;
        lane->failure = batch_cover(&lane->batch, message->origin_number, message->partition,
                                    message->offset, now);
    }
    return lane->failure == RC_OK;
}

static bool take_message(struct lane *lane, const struct message *message, int bad_reason)
{
    lane->counts->messages++;
    lane->counts->bytes += message->value.length;
    if (lane->options->records_seen)
        atomic_store_explicit(lane->options->records_seen, lane->counts->records,
                              memory_order_relaxed);
    if (!cover(lane, message))
        return false;
    if (bad_reason != QUARANTINE_NONE) {
        lane->counts->records++;
        return quarantine(lane, message, message->value, NULL, (enum quarantine_reason)bad_reason,
                          1) &&
               commit_if_due(lane);
    }
    return process_message(lane, message) && commit_if_due(lane);
}

static void loop(struct lane *lane)
{
    struct message message;
    for (;;) {
        int bad_reason = QUARANTINE_NONE;
        if (lane->options->stop &&
            atomic_load_explicit(lane->options->stop, memory_order_relaxed)) {
            lane->failure = RC_END;
            return;
        }
        switch (source_poll(lane->options->source, POLL_WAIT, &message, &bad_reason)) {
        case POLL_MESSAGE:
            bad_reason = QUARANTINE_NONE;
            /* fall through */
        case POLL_BAD:
            if (!take_message(lane, &message, bad_reason))
                return;
            break;
        case POLL_IDLE:
            if (!(lane->batch.input_records > 0 ? commit_if_due(lane) : commit(lane)))
                return;
            break;
        case POLL_END:
            if (commit(lane))
                lane->failure = sink_finish(lane->options->sink, clock_now(&lane->options->clock));
            return;
        case POLL_FAILED:
            lane->failure = lane->options->source->failure;
            return;
        }
    }
}

enum rc lane_run(const struct lane_options *options, struct lane_counts *counts)
{
    struct lane lane = {
        .options = options, .configuration = options->configuration, .counts = counts};
    lane.failure = open_lane(&lane);
    if (lane.failure == RC_OK)
        loop(&lane);
    close_lane(&lane);
    return lane.failure;
}
