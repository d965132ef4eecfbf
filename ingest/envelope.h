/*
 * A capture's line that keeps Kafka's facts (capture.h says what it looks like), or not. Internal
 * to ingest.
 */
#ifndef LETHE_INGEST_ENVELOPE_H
#define LETHE_INGEST_ENVELOPE_H

#include "core/buffer.h"
#include "core/json_scan.h"
#include "core/time_text.h"

enum { TOPIC_MOST = 249 }; /* bytes of a topic's name, as Kafka has it */

enum envelope_kind {
    ENVELOPE_NONE, /* a plain line: its text is the value */
    ENVELOPE_READ,
    ENVELOPE_BAD, /* an envelope that cannot be read */
};

/* Memory of one reader, for what has to be decoded. */
struct envelope_reader {
    struct json_names names;
    struct buffer decoded; /* a value that came as a string */
    char topic[TOPIC_MOST];
    unsigned depth_limit; /* of the value */
};

struct envelope {
    struct slice topic; /* valid until the next line is read */
    struct slice value; /* in the line, or decoded: valid until the next line is read */
    int64_t time;       /* TIME_NONE: the envelope states none */
};

LETHE_CHECKED enum rc envelope_reader_init(struct envelope_reader *reader, size_t line_limit,
                                           unsigned depth_limit);
void envelope_reader_release(struct envelope_reader *reader);

/*
 * Everything but the value is checked here. The value is only cut out, by its brackets, and checked
 * by whoever decodes it; a value that ends nowhere reaches to the line's end, so that the decoder
 * refuses it for what is wrong with it. So a line passes as a whole only if all of it is right.
 * A line with a fault before it is known to be an envelope is a plain line, with the same result.
 */
enum envelope_kind envelope_read(struct envelope_reader *reader, struct slice line,
                                 struct envelope *out);

#endif
