#include "ingest/decoder.h"

enum { TIME_TEXT_MOST = 64 }; /* decoded; no format is longer */

static int64_t add_saturating(int64_t a, int64_t b)
{
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? TIME_NEVER : sum;
}

static const struct raw_value *find(const struct raw_record *record, uint16_t field)
{
    for (uint32_t i = 0; field != FIELD_NONE && i < record->count; i++) {
        if (record->values[i].field == field)
            return &record->values[i];
    }
    return NULL;
}

/* The time that stands in the record, or TIME_NONE. */
static int64_t stated_time(const struct raw_record *record)
{
    const struct raw_value *value = find(record, record->schema->time_field);
    if (!value || (value->type != JSON_STRING && value->type != JSON_NUMBER) ||
        (value->flags & (RAW_REFUSED_TYPE | RAW_LONE_SURROGATE)))
        return TIME_NONE;
    char decoded[TIME_TEXT_MOST * 6];
    struct slice text = value->text;
    if (value->flags & RAW_ESCAPED) {
        if (text.length > sizeof decoded)
            return TIME_NONE;
        text = json_decode_into(text, decoded, NULL);
    }
    int64_t time;
    if (text.length > TIME_TEXT_MOST || !time_parse(text, record->schema->time_format, &time, NULL))
        return TIME_NONE;
    return time;
}

struct event_time decoder_event_time(const struct raw_record *record, int64_t now)
{
    int64_t latest = add_saturating(now, record->schema->time_skew);
    int64_t time = stated_time(record);
    if (time != TIME_NONE && time <= latest)
        return (struct event_time){.time = time};
    int64_t message = record->message_time;
    if (time == TIME_NONE && (!record->schema->time_fallback_message || message == TIME_NONE))
        return (struct event_time){.time = TIME_NONE};
    /* A message's time is its producer's word too: no more than the clock where it is beyond. */
    if (message == TIME_NONE || message > latest)
        message = now;
    return (struct event_time){.time = message, .substituted = true};
}
