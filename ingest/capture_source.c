#include <stdlib.h>
#include <time.h>

#include "ingest/capture_feed.h"
#include "ingest/envelope.h"
#include "schemas/reason.h"

enum { NANOSECONDS = 1000000 }; /* of a millisecond */

struct capture_source {
    struct source head;
    struct capture_feed *feed;
    unsigned lane;
    struct capture_block *block;
    struct slice rest; /* lines of the block that are left */
    uint64_t line;     /* number of the next one */
    struct envelope_reader envelopes;
    struct message next; /* read, but not due yet */
    bool has_next;
    int next_reason;
    bool ended;
};

/* Fills in the message's place. */
static void set_place(struct capture_source *source, uint64_t line, struct message *out)
{
    *out = (struct message){
        .origin = source->feed->lines.reports[source->block->file].name,
        .origin_number = source->block->file,
        .offset = (int64_t)line,
        .first = (int64_t)line,
        .time = TIME_NONE,
    };
}

/* Makes a message of a line; returns QUARANTINE_NONE, or why it is none. */
static int read_line(struct capture_source *source, struct slice line, struct message *out)
{
    if (line.length > source->feed->lines.line_limit)
        return QUARANTINE_SIZE;
    line = slice_trim(line);
    struct envelope envelope;
    switch (envelope_read(&source->envelopes, line, &envelope)) {
    case ENVELOPE_READ:
        out->value = envelope.value;
        out->topic = envelope.topic;
        out->time = envelope.time;
        return QUARANTINE_NONE;
    case ENVELOPE_BAD:
        out->value = line;
        return QUARANTINE_ENVELOPE;
    default:
        break;
    }
    out->value = line;
    out->topic = source->feed->topic;
    out->time = source->feed->time;
    return QUARANTINE_NONE;
}

/* The next message of the block; false where there is none left. */
static bool next_of_block(struct capture_source *source)
{
    if (!source->block)
        return false;
    if (source->block->over_long) {
        set_place(source, source->block->line, &source->next);
        source->next_reason = QUARANTINE_SIZE;
        source->block->over_long = false;
        return true;
    }
    while (source->rest.length > 0) {
        struct slice line = slice_cut(&source->rest, '\n');
        uint64_t number = source->line++;
        if (slice_trim(line).length == 0)
            continue; /* a blank line counts as a line and is no message */
        set_place(source, number, &source->next);
        source->next_reason = read_line(source, line, &source->next);
        return true;
    }
    return false;
}

static enum rc take_block(struct capture_source *source, int64_t wait)
{
    struct capture_block *block;
    enum rc rc = capture_feed_take(source->feed, source->lane, source->block, wait, &block);
    if (rc)
        return rc;
    source->block = block;
    source->rest = buffer_slice(&block->text);
    source->line = block->line;
    return RC_OK;
}

/* Is the next message due? Sleeps for at most `wait` milliseconds until it is. */
static bool is_due(struct capture_source *source, int64_t wait)
{
    int64_t delay = capture_feed_delay(source->feed, source->next.time);
    if (delay == 0)
        return true;
    int64_t most = wait > 0 ? (wait < TIME_HOUR ? wait : TIME_HOUR) * NANOSECONDS : 0;
    int64_t sleep = delay < most ? delay : most;
    struct timespec time = {.tv_sec = (time_t)(sleep / 1000000000), .tv_nsec = sleep % 1000000000};
    nanosleep(&time, NULL);
    return capture_feed_delay(source->feed, source->next.time) == 0;
}

static enum poll_result capture_poll(struct source *head, int64_t wait, struct message *out,
                                     int *quarantine_reason)
{
    struct capture_source *source = (struct capture_source *)head;
    *quarantine_reason = QUARANTINE_NONE;
    if (source->ended)
        return head->failure ? POLL_FAILED : POLL_END;
    while (!source->has_next && !(source->has_next = next_of_block(source))) {
        enum rc rc = take_block(source, wait);
        if (rc == RC_NOT_FOUND)
            return POLL_IDLE;
        if (rc) {
            source->ended = true;
            head->failure = rc == RC_END ? RC_OK : rc;
            return rc == RC_END ? POLL_END : POLL_FAILED;
        }
    }
    if (!is_due(source, wait))
        return POLL_IDLE;
    source->has_next = false;
    *out = source->next;
    *quarantine_reason = source->next_reason;
    return source->next_reason ? POLL_BAD : POLL_MESSAGE;
}

static void capture_close(struct source *head)
{
    struct capture_source *source = (struct capture_source *)head;
    capture_feed_leave(source->feed, source->lane, source->block);
    envelope_reader_release(&source->envelopes);
    free(source);
}

enum rc capture_source_new(struct capture_feed *feed, unsigned lane, struct source **out)
{
    static const struct source_operations operations = {
        .poll = capture_poll,
        .close = capture_close,
    };
    *out = NULL;
    if (lane >= feed->lane_count)
        return RC_NOT_FOUND;
    struct capture_source *source = calloc(1, sizeof *source);
    if (!source)
        return RC_NO_MEMORY;
    source->head.operations = &operations;
    source->feed = feed;
    source->lane = lane;
    enum rc rc =
        envelope_reader_init(&source->envelopes, feed->lines.line_limit, feed->depth_limit);
    if (rc) {
        free(source);
        return rc;
    }
    *out = &source->head;
    return RC_OK;
}
