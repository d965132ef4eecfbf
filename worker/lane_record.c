#include <stdio.h>

#include "worker/lane_state.h"

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

/* What could be read of it forbids to keep it. `record` may have no schema: then nothing of it is
 * known. */
static bool is_forbidden(struct lane *lane, const struct raw_record *record, int64_t now)
{
    struct record_facts facts;
    struct event_time time = {TIME_NONE, true};
    if (!record || !record->schema || record->count == 0)
        return false;
    engine_facts(lane->engine, record, &time, now, &facts);
    return consent_forbids_quarantine(&facts, lane->configuration->policy);
}

/* May one more record be sealed in this minute? *halt: too many of the minute's are bad. */
static bool is_within_quota(struct lane *lane, bool *halt)
{
    const struct stream_settings *stream = &lane->configuration->stream;
    struct lane_minute *minute = &lane->minute;
    minute->bad++;
    *halt = false;
    if (!lane->options->has_quota || minute->sealed < stream->quarantine_quota) {
        minute->sealed++;
        return true;
    }
    *halt = minute->bad * 100 > minute->records * stream->quarantine_share;
    return false;
}

/* One message may hold more bad records than a batch has room for: those are discarded, too. */
static bool seal_record(struct lane *lane, const struct message *message, struct slice content,
                        enum quarantine_reason reason, int64_t now)
{
    struct lane_batch *batch = lane_current(lane);
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
    struct buffer *bytes = &batch->batch.sealed_bytes;
    enum rc rc = seal(lane->generation->seal_key, &envelope, content, bytes, &sealed);
    if (rc == RC_OK)
        rc = batch_add_sealed(&batch->batch, &sealed);
    if (rc == RC_LIMIT)
        batch->counts.over_quota[reason]++;
    else
        batch->counts.quarantined[reason]++;
    if (rc == RC_OK || rc == RC_LIMIT)
        return true;
    lane->failure = rc;
    lane->end = LANE_FAILED;
    return false;
}

/* Seals what cannot be processed, unless what could be read of it forbids to keep it. */
static bool quarantine(struct lane *lane, const struct message *message, struct slice content,
                       const struct raw_record *record, enum quarantine_reason reason,
                       size_t column)
{
    struct lane_counts *counts = &lane_current(lane)->counts;
    int64_t now = lane->now;
    bool discard = is_forbidden(lane, record, now), halt;
    report_place(lane, message, reason, column, discard);
    if (discard) {
        counts->discarded[reason]++;
        return true;
    }
    if (!is_within_quota(lane, &halt)) {
        counts->over_quota[reason]++;
        if (!halt)
            return true;
        lane->failure = RC_REFUSED;
        lane->end = LANE_HALTED_SHARE;
        return false;
    }
    if (lane->generation->seal_key)
        return seal_record(lane, message, content, reason, now);
    counts->quarantined[reason]++;
    return true;
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
    struct lane_batch *batch = lane_current(lane);
    struct recipient_counts *counts = &batch->counts.recipients[recipient];
    struct buffer *rows = &batch->batch.rows;
    struct clean_record clean;
    counts->decided[verdict->decision][verdict->why]++;
    if (verdict->field != FIELD_NONE && verdict->decision != DECISION_GRANTED) {
        size_t subject = subject_index(read->record.schema, verdict->field);
        if (subject != SIZE_MAX)
            batch->counts.denials[read->schema].decided[subject][verdict->why]++;
    }
    if (verdict->decision == DECISION_WITHHELD)
        return true;
    enum rc rc = RC_OK;
    switch (engine_rewrite(lane->engine, &read->record, read->schema, recipient, verdict->decision,
                           &read->time, rows, &clean, &counts->fields)) {
    case REWRITE_DONE:
        counts->rows++;
        rc = batch_add(&batch->batch, &clean);
        break;
    case REWRITE_EMPTY:
        counts->empty++;
        return true;
    case REWRITE_SIZE:
        counts->too_large++;
        return true;
    case REWRITE_FULL:
        rc = buffer_status(rows);
        if (rc != RC_OK)
            break;
        /* One message, which is in one batch whole, made more than a batch may hold: to fail would
         * be to meet it again for ever. */
        counts->too_large++;
        return true;
    }
    if (rc == RC_OK)
        return true;
    lane->failure = rc;
    lane->end = LANE_FAILED;
    return false;
}

static bool process_record(struct lane *lane, const struct message *message, struct slice text,
                           size_t column)
{
    const struct lane_options *options = lane->options;
    struct lane_counts *counts = &lane_current(lane)->counts;
    struct processed read;
    int64_t now = lane->now;
    enum quarantine_reason reason =
        processing_decode(lane->decoder, message->topic, text, message->time, now, &read);
    if (reason != QUARANTINE_NONE)
        return quarantine(lane, message, text, &read.record, reason, column + read.offset);
    counts->by_schema[read.schema]++;
    counts->unlisted += read.record.unlisted;
    counts->time_substituted += read.time.substituted;
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

static void count_record(struct lane *lane)
{
    lane_current(lane)->counts.records++;
    if (lane->monotonic - lane->minute.began >= (int64_t)TIME_MINUTE * 1000000)
        lane->minute = (struct lane_minute){.began = lane->monotonic};
    lane->minute.records++;
}

static bool process_message(struct lane *lane, const struct message *message)
{
    const struct limits *limits = &lane->configuration->limits;
    struct framing_limits framing = {limits->record, limits->depth};
    struct framing_cursor cursor;
    struct slice text;
    enum quarantine_reason reason = QUARANTINE_NONE;
    framing_start(&cursor, lane->framing, message->value, framing, &lane->names);
    while (framing_next(&cursor, &text, &reason)) {
        size_t column = text.data ? (size_t)(text.data - message->value.data) + 1 : 1;
        count_record(lane);
        bool good = reason == QUARANTINE_NONE
                        ? process_record(lane, message, text, column)
                        : quarantine(lane, message, text, NULL, reason, column);
        if (!good)
            return false;
        reason = QUARANTINE_NONE;
    }
    return true;
}

bool lane_take_message(struct lane *lane, const struct message *message, int bad_reason)
{
    struct lane_batch *batch = lane_current(lane);
    batch->counts.messages++;
    batch->counts.bytes += message->value.length;
    enum rc rc = batch_cover(&batch->batch, message->origin_number, message->partition,
                             message->first, message->offset, lane->monotonic / 1000000);
    if (rc != RC_OK) {
        lane->failure = rc;
        lane->end = LANE_FAILED;
        return false;
    }
    if (bad_reason == QUARANTINE_NONE &&
        message->value.length > processing_message_limit(lane->configuration))
        bad_reason = QUARANTINE_SIZE;
    if (bad_reason == QUARANTINE_NONE)
        return process_message(lane, message) && lane_commit_if_due(lane);
    count_record(lane);
    return quarantine(lane, message, message->value, NULL, (enum quarantine_reason)bad_reason, 1) &&
           lane_commit_if_due(lane);
}
