/*
 * Captures: recorded messages in files, NDJSON, plain or zstd (told apart by the magic number, not
 * by the name), one message a line. `-` is standard input. A line is either the message's value
 * itself or an envelope that keeps Kafka's facts,
 *
 *     {"topic":"events.click","partition":0,"offset":17,"timestamp":1767323045123,"key":null,"value":{...}}
 *
 * told apart by the members: an object with `value` and `topic`, and no other members than
 * these six (and `headers`, ignored), is an envelope. `value` is JSON as it stands, or a string
 * that holds the message's text; the key is not carried further.
 *
 * A feed reads the files one after the other and hands out blocks of whole lines; each lane's
 * source takes the blocks whose number is its own modulo the number of lanes, so that which lane
 * gets what does not depend on timing. Memory is bounded: at most two blocks a lane (a block is 256
 * KiB, or one longer line up to the limit; a line over the limit is skipped without being kept and
 * reported as POLL_BAD with QUARANTINE_SIZE and an empty value).
 *
 * zstd: several frames after each other, skippable frames, and a truncated end: what is whole is
 * handed out and `truncated` reported, and a line that is cut there is not. A last line without a
 * newline is a line where the file ends well. A frame with a window over 128 MiB is refused. A
 * damaged frame ends that file with RC_CORRUPT in its report, not the run; gzip, known by its magic
 * number, with RC_UNSUPPORTED.
 */
#ifndef LETHE_INGEST_CAPTURE_H
#define LETHE_INGEST_CAPTURE_H

#include "ingest/source.h"

struct capture_feed;

struct capture_options {
    const char *const *files;
    size_t file_count;
    size_t line_limit; /* bytes; longer lines are POLL_BAD */
    unsigned lanes;
    struct slice topic;   /* for plain lines; may be empty */
    int64_t time;         /* message time of plain lines: TIME_NONE, or the replay's clock */
    unsigned depth_limit; /* for envelopes */
    double speed;         /* 0: as fast as it goes; 1: as the timestamps say; 10: ten times */
};

/* How one file ended. */
struct capture_report {
    struct slice name;
    uint64_t bytes; /* as stored */
    uint64_t lines;
    enum rc end; /* RC_OK, RC_TRUNCATED, RC_CORRUPT, RC_IO, RC_NOT_FOUND, RC_LIMIT */
};

/* Opens nothing yet but checks that every file can be opened. On failure *failed is its index. */
LETHE_CHECKED enum rc capture_feed_new(const struct capture_options *options,
                                       struct capture_feed **out, size_t *failed);

/*
 * The source of one lane (0 to lanes-1), in a thread of its own or not: a poll that would have to
 * wait for another lane to take its block is POLL_IDLE after `wait` milliseconds. Every lane must
 * be polled to its end, or closed. A message's place is the file's name and number and the line's
 * number, also for an envelope; an envelope without a timestamp, or with Kafka's -1, has TIME_NONE.
 */
LETHE_CHECKED enum rc capture_source_new(struct capture_feed *feed, unsigned lane,
                                         struct source **out);

/* For a progress bar: bytes as stored, read so far; total 0 where it is not known (stdin). */
void capture_feed_progress(struct capture_feed *feed, uint64_t *read, uint64_t *total);

/* After every source has ended. */
size_t capture_feed_reports(struct capture_feed *feed, const struct capture_report **out);

/* After every source has been closed. */
void capture_feed_free(struct capture_feed *feed);

#endif
