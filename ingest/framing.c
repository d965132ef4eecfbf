#include "ingest/framing.h"

#include "ingest/json_text.h"

static const char *const names_of_framing[FRAMING_COUNT] = {
    [FRAMING_RECORD] = "record",
    [FRAMING_LINES] = "lines",
    [FRAMING_ARRAY] = "array",
};

const char *framing_name(enum framing framing)
{
    return (unsigned)framing < FRAMING_COUNT ? names_of_framing[framing] : "unknown";
}

bool framing_from_name(struct slice name, enum framing *out)
{
    for (unsigned i = 0; i < FRAMING_COUNT; i++) {
        if (slice_equal(name, slice_from_string(names_of_framing[i]))) {
            *out = (enum framing)i;
            return true;
        }
    }
    return false;
}

void framing_start(struct framing_cursor *cursor, enum framing framing, struct slice message,
                   struct framing_limits limits, struct json_names *names)
{
    *cursor = (struct framing_cursor){
        .framing = framing, .rest = message, .limits = limits, .names = names};
}

/* One record or message is handed out, with what is wrong about it. */
static bool hand_out(struct framing_cursor *cursor, struct slice text, enum quarantine_reason why,
                     struct slice *record, enum quarantine_reason *reason)
{
    cursor->index = cursor->count++;
    *record = text;
    *reason = why;
    return true;
}

static enum quarantine_reason check_size(const struct framing_cursor *cursor, struct slice record)
{
    return record.length > cursor->limits.record ? QUARANTINE_SIZE : QUARANTINE_NONE;
}

static bool next_line(struct framing_cursor *cursor, struct slice *record,
                      enum quarantine_reason *reason)
{
    while (cursor->rest.length > 0) {
        struct slice line = slice_trim(slice_cut(&cursor->rest, '\n'));
        if (line.length > 0)
            return hand_out(cursor, line, check_size(cursor, line), record, reason);
    }
    return false;
}

/* Checks the whole message; leaves in `rest` what stands between its brackets. */
static enum quarantine_reason open_array(struct framing_cursor *cursor)
{
    /* The array itself is one level around records that may be as deep as the limit. */
    unsigned depth =
        cursor->limits.depth < JSON_DEPTH_MOST ? cursor->limits.depth + 1 : cursor->limits.depth;
    enum json_fault fault = json_check(cursor->rest, depth, cursor->names, NULL);
    if (fault)
        return json_fault_reason(fault);
    struct slice text = slice_trim(cursor->rest);
    if (text.data[0] != '[')
        return QUARANTINE_FRAMING;
    cursor->rest = slice_between(text, 1, text.length - 1);
    return QUARANTINE_NONE;
}

static bool next_element(struct framing_cursor *cursor, struct slice *record,
                         enum quarantine_reason *reason)
{
    if (!cursor->opened) {
        cursor->opened = true;
        struct slice message = cursor->rest;
        enum quarantine_reason why = open_array(cursor);
        if (why) {
            cursor->rest = (struct slice){0};
            return hand_out(cursor, message, why, record, reason);
        }
    }
    /* What is left has been checked, or is nothing: elements, white space and single commas. */
    struct slice rest = slice_trim(cursor->rest);
    if (rest.length > 0 && rest.data[0] == ',')
        rest = slice_trim(slice_tail(rest, 1));
    size_t length = json_value_span(rest);
    cursor->rest = slice_tail(rest, length);
    if (length == 0)
        return false;
    struct slice element = slice_head(rest, length);
    enum quarantine_reason why =
        element.data[0] == '{' ? check_size(cursor, element) : QUARANTINE_FRAMING;
    return hand_out(cursor, element, why, record, reason);
}

bool framing_next(struct framing_cursor *cursor, struct slice *record,
                  enum quarantine_reason *reason)
{
    switch (cursor->framing) {
    case FRAMING_LINES:
        return next_line(cursor, record, reason);
    case FRAMING_ARRAY:
        return next_element(cursor, record, reason);
    default:
        break;
    }
    if (cursor->opened)
        return false;
    cursor->opened = true;
    return hand_out(cursor, cursor->rest, check_size(cursor, cursor->rest), record, reason);
}
