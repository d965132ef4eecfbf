/*
 * Captures: files, blocks, lanes and envelopes. The first character chooses lanes, the limit of a
 * line and how the bytes come; the rest is the file, or two parted by FUZZ_SEPARATOR.
 *
 *   as it is       plain, or zstd where it begins with the magic number
 *   two files      the same, cut at the separator
 *   compressed     the target makes frames of it, of one line or more
 *   cut            the same, without the last bytes
 *   blocks         plain, with long lines in between, so that a block ends inside the text
 *
 *   every line that is whole comes once, by its number, on one lane, in order, as what the envelope
 *   reader makes of it; blank ones do not; longer ones than the limit come as such, and empty
 *   how a file ended, and its number of lines, are what a slow reader of the same bytes finds
 */
#include <sys/mman.h>
#include <unistd.h>

#include <zstd.h>

#include "core/file.h"
#include "core/json_document.h"
#include "ingest/capture.h"
#include "ingest/capture_file.h"
#include "ingest/capture_lines.h"
#include "ingest/envelope.h"
#include "schemas/reason.h"
#include "tests/fuzz/fuzz.h"

enum {
    LANES_MOST = 3,
    FILES_MOST = 2,
    DEPTH = 16,
    TEXT_LIMIT = 4 * 1024 * 1024, /* decompressed: of more, nothing is checked */
    FILLER = 8 * 1024,            /* bytes of a line between */
    CUT = 7,
    POLLS_MOST = 10 * 1000 * 1000,
};

enum form { FORM_PLAIN, FORM_TWO_FILES, FORM_FRAMES, FORM_CUT_FRAMES, FORM_BLOCKS, FORM_COUNT };

static const struct slice topic = {"events", 6};
static const int64_t plain_time = INT64_C(1767323045000);

/* A file as stored, and what a slow reader makes of it. */
struct file {
    struct slice bytes;
    char path[32];
    int descriptor;
    struct buffer text;
    enum rc end;
    bool too_large;
    /* How far it has been compared. */
    struct slice rest;
    uint64_t line;
};

struct setting {
    unsigned lanes;
    size_t line_limit;
    struct file files[FILES_MOST];
    size_t file_count;
    struct envelope_reader envelopes;
};

static void file_make(struct file *file, struct slice bytes)
{
    *file = (struct file){.bytes = bytes};
    file->descriptor = memfd_create("capture", MFD_CLOEXEC);
    FUZZ_CHECK(file->descriptor >= 0 && file_write_all(file->descriptor, bytes) == RC_OK);
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->descriptor);
    buffer_init(&file->text, TEXT_LIMIT);
}

static void file_drop(struct file *file)
{
    close(file->descriptor);
    buffer_release(&file->text);
}

/* One byte of input at a time, so that of a damaged frame comes all that can. */
static void decompress(struct file *file)
{
    static char out_memory[128 * 1024];
    static ZSTD_DStream *stream;
    size_t left = 0;
    if (!stream)
        stream = ZSTD_createDStream();
    FUZZ_CHECK(stream && !ZSTD_isError(ZSTD_DCtx_reset(stream, ZSTD_reset_session_only)));
    file->end = RC_OK;
    for (size_t i = 0; i < file->bytes.length && !file->end && !file->too_large; i++) {
        ZSTD_inBuffer in = {.src = file->bytes.data + i, .size = 1};
        ZSTD_outBuffer out = {.dst = out_memory, .size = sizeof out_memory};
        do {
            out.pos = 0;
            left = ZSTD_decompressStream(stream, &out, &in);
            if (ZSTD_isError(left)) {
                file->end = RC_CORRUPT;
                break;
            }
            buffer_append(&file->text, slice_of(out_memory, out.pos));
            file->too_large = file->text.failed;
        } while ((out.pos == out.size || in.pos < in.size) && !file->too_large);
    }
    if (!file->end && left != 0)
        file->end = RC_TRUNCATED;
}

static void file_read_slowly(struct file *file)
{
    if (capture_is_zstd(file->bytes)) {
        decompress(file);
    } else {
        buffer_append(&file->text, file->bytes);
        file->too_large = file->text.failed;
    }
    file->rest = buffer_slice(&file->text);
}

static void append_frames(struct buffer *out, struct slice text)
{
    while (text.length > 0) {
        size_t part = text.length < 300 ? text.length : text.length / 2;
        char *to = buffer_reserve(out, ZSTD_compressBound(part));
        FUZZ_CHECK(to);
        size_t length = ZSTD_compress(to, ZSTD_compressBound(part), text.data, part, 1);
        FUZZ_CHECK(!ZSTD_isError(length));
        out->length += length;
        text = slice_tail(text, part);
    }
}

/* Text, lines up to the end of the first block but for half the text, and the text again. */
static void append_blocks(struct buffer *out, struct slice text)
{
    size_t end = CAPTURE_BLOCK - (text.length / 2 < FILLER ? text.length / 2 : FILLER);
    buffer_append(out, text);
    while (out->length < end) {
        size_t length = end - out->length < FILLER ? end - out->length : FILLER;
        char *line = buffer_reserve(out, length);
        FUZZ_CHECK(line);
        memset(line, 'x', length);
        line[length - 1] = '\n';
        out->length += length;
    }
    buffer_append(out, text);
    buffer_append(out, text);
}

/* Makes the files; what they hold lies in `memory` or in the input. */
static void make_files(struct setting *setting, enum form form, struct slice text,
                       struct buffer *memory)
{
    struct slice first = text;
    buffer_init(memory, TEXT_LIMIT);
    if (form == FORM_TWO_FILES) {
        first = slice_cut(&text, FUZZ_SEPARATOR);
        file_make(&setting->files[setting->file_count++], text.data ? text : SLICE(""));
    } else if (form == FORM_FRAMES || form == FORM_CUT_FRAMES) {
        append_frames(memory, text);
        first = buffer_slice(memory);
        if (form == FORM_CUT_FRAMES)
            first = slice_head(first, first.length > CUT ? first.length - CUT : 0);
    } else if (form == FORM_BLOCKS) {
        append_blocks(memory, text);
        first = buffer_slice(memory);
    }
    file_make(&setting->files[setting->file_count++], first);
    for (size_t i = 0; i < setting->file_count; i++)
        file_read_slowly(&setting->files[i]);
}

/* A line that need not be handed out: over the limit, and blank or cut by the file's bad end. */
static bool is_optional(const struct setting *setting, const struct file *file, struct slice line)
{
    return line.length > setting->line_limit &&
           (slice_trim(line).length == 0 || (!file->rest.data && file->end));
}

/* The next line that must come, or may; false at the end. */
static bool next_line(const struct setting *setting, struct file *file, struct slice *line)
{
    while (file->rest.length > 0) {
        *line = slice_cut(&file->rest, '\n');
        file->line++;
        bool cut = !file->rest.data && file->end;
        if (line->length > setting->line_limit || (slice_trim(*line).length > 0 && !cut))
            return true;
    }
    return false;
}

/* An envelope of a well-formed line holds what the line's tree holds. */
static void check_envelope(struct slice line, const struct envelope *envelope)
{
    struct arena arena;
    arena_init(&arena, 64 * 1024 * 1024);
    const struct json_value *tree = json_parse(&arena, line, DEPTH + 1, NULL);
    const struct json_value *value = json_member(tree, SLICE("value"));
    FUZZ_CHECK(!tree || (value && tree->count <= 7));
    FUZZ_CHECK(!tree || slice_equal(json_member_text(tree, SLICE("topic")), envelope->topic));
    if (value && value->type == JSON_STRING)
        FUZZ_CHECK(slice_equal(value->text, envelope->value));
    else if (value)
        FUZZ_CHECK(json_parse(&arena, envelope->value, DEPTH, NULL));
    FUZZ_CHECK(envelope->topic.length <= TOPIC_MOST);
    FUZZ_CHECK(envelope->time == TIME_NONE || envelope->time >= 0);
    arena_release(&arena);
}

static void check_message(struct setting *setting, struct slice line, const struct message *message,
                          int reason)
{
    struct envelope envelope;
    if (line.length > setting->line_limit) {
        FUZZ_CHECK(reason == QUARANTINE_SIZE && message->value.length == 0);
        return;
    }
    line = slice_trim(line);
    switch (envelope_read(&setting->envelopes, line, &envelope)) {
    case ENVELOPE_READ:
        FUZZ_CHECK(!reason && slice_equal(message->value, envelope.value));
        FUZZ_CHECK(slice_equal(message->topic, envelope.topic) && message->time == envelope.time);
        check_envelope(line, &envelope);
        break;
    case ENVELOPE_BAD:
        FUZZ_CHECK(reason == QUARANTINE_ENVELOPE && slice_equal(message->value, line));
        break;
    case ENVELOPE_NONE:
        FUZZ_CHECK(!reason && slice_equal(message->value, line));
        FUZZ_CHECK(slice_equal(message->topic, topic) && message->time == plain_time);
        break;
    }
}

/* What was handed out, copied: lanes run ahead of each other. */
struct received {
    struct message message;
    int reason;
    struct slice value, topic;
};

struct received_list {
    struct received *items;
    size_t count, capacity;
};

static void receive(struct received_list *list, const struct message *message, int reason)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->items = realloc(list->items, list->capacity * sizeof *list->items);
        FUZZ_CHECK(list->items);
    }
    struct received *item = &list->items[list->count++];
    *item = (struct received){.message = *message, .reason = reason};
    item->message.value = fuzz_copy(message->value);
    item->message.topic = fuzz_copy(message->topic);
}

static int compare_places(const void *a, const void *b)
{
    const struct message *one = &((const struct received *)a)->message;
    const struct message *two = &((const struct received *)b)->message;
    if (one->origin_number != two->origin_number)
        return one->origin_number < two->origin_number ? -1 : 1;
    return one->offset < two->offset ? -1 : one->offset > two->offset;
}

/* Polls the lanes in turn to their ends; each lane's messages come in order. */
static void poll_all(struct setting *setting, struct capture_feed *feed, struct received_list *list)
{
    struct source *sources[LANES_MOST];
    struct received last[LANES_MOST] = {0};
    unsigned ended = 0;
    for (unsigned i = 0; i < setting->lanes; i++)
        FUZZ_CHECK(capture_source_new(feed, i, &sources[i]) == RC_OK);
    for (size_t poll = 0; ended != (1U << setting->lanes) - 1; poll++) {
        unsigned lane = (unsigned)(poll % setting->lanes);
        struct received now = {0};
        enum poll_result result = source_poll(sources[lane], 0, &now.message, &now.reason);
        FUZZ_CHECK(result != POLL_FAILED && poll < POLLS_MOST);
        if (result == POLL_END)
            ended |= 1U << lane;
        if (result != POLL_MESSAGE && result != POLL_BAD)
            continue;
        FUZZ_CHECK((result == POLL_BAD) == (now.reason != QUARANTINE_NONE));
        FUZZ_CHECK(now.message.origin_number < setting->file_count);
        FUZZ_CHECK(compare_places(&last[lane], &now) < 0);
        last[lane] = now;
        receive(list, &now.message, now.reason);
    }
    for (unsigned i = 0; i < setting->lanes; i++)
        source_close(sources[i]);
}

static void check_received(struct setting *setting, const struct received_list *list)
{
    size_t at = 0;
    for (uint32_t i = 0; i < setting->file_count; i++) {
        struct file *file = &setting->files[i];
        struct slice line;
        while (next_line(setting, file, &line)) {
            const struct received *item = at < list->count ? &list->items[at] : NULL;
            bool is_it = item && item->message.origin_number == i &&
                         item->message.offset == (int64_t)file->line;
            /* Of a damaged frame it depends on zstd how much came out. */
            if (!is_it && (is_optional(setting, file, line) || file->end == RC_CORRUPT))
                continue;
            FUZZ_CHECK(is_it);
            check_message(setting, line, &item->message, item->reason);
            at++;
        }
    }
    FUZZ_CHECK(at == list->count);
}

/* A frame that is cut and damaged: which of the two zstd says depends on the sizes of its buffers.
 */
static void agree_on_damage(struct setting *setting, struct capture_feed *feed)
{
    const struct capture_report *reports;
    FUZZ_CHECK(capture_feed_reports(feed, &reports) == setting->file_count);
    for (size_t i = 0; i < setting->file_count; i++) {
        struct file *file = &setting->files[i];
        if (capture_is_zstd(file->bytes) && file->end == RC_TRUNCATED &&
            reports[i].end == RC_CORRUPT)
            file->end = RC_CORRUPT;
    }
}

static void check_reports(struct setting *setting, struct capture_feed *feed)
{
    const struct capture_report *reports;
    FUZZ_CHECK(capture_feed_reports(feed, &reports) == setting->file_count);
    for (size_t i = 0; i < setting->file_count; i++) {
        const struct file *file = &setting->files[i];
        FUZZ_CHECK(reports[i].bytes <= file->bytes.length);
        if (file->end == RC_CORRUPT) {
            FUZZ_CHECK(reports[i].end == RC_CORRUPT || reports[i].end == RC_LIMIT);
            FUZZ_CHECK(reports[i].lines <= file->line + 1);
        } else {
            FUZZ_CHECK(reports[i].end == file->end && reports[i].bytes == file->bytes.length);
        }
    }
}

static void replay(struct setting *setting)
{
    const char *paths[FILES_MOST];
    struct capture_feed *feed;
    struct received_list list = {0};
    size_t failed;
    for (size_t i = 0; i < setting->file_count; i++)
        paths[i] = setting->files[i].path;
    struct capture_options options = {
        .files = paths,
        .file_count = setting->file_count,
        .line_limit = setting->line_limit,
        .lanes = setting->lanes,
        .topic = topic,
        .time = plain_time,
        .depth_limit = DEPTH,
    };
    FUZZ_CHECK(capture_feed_new(&options, &feed, &failed) == RC_OK);
    poll_all(setting, feed, &list);
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, compare_places);
    agree_on_damage(setting, feed);
    check_received(setting, &list);
    check_reports(setting, feed);
    capture_feed_free(feed);
    for (size_t i = 0; i < list.count; i++) {
        free((char *)list.items[i].message.value.data);
        free((char *)list.items[i].message.topic.data);
    }
    free(list.items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t limits[] = {1000, 40, 300 * 1024};
    struct slice text = fuzz_text(data, size);
    struct setting setting = {0};
    struct buffer memory;
    unsigned choice = fuzz_take_choice(&text);
    setting.lanes = choice % LANES_MOST + 1;
    setting.line_limit = limits[choice / LANES_MOST % 3];
    enum form form = (enum form)(choice / (LANES_MOST * 3) % FORM_COUNT);
    FUZZ_CHECK(envelope_reader_init(&setting.envelopes, setting.line_limit, DEPTH) == RC_OK);
    make_files(&setting, form, text, &memory);
    bool too_large = false;
    for (size_t i = 0; i < setting.file_count; i++)
        too_large |= setting.files[i].too_large;
    if (!too_large)
        replay(&setting);
    for (size_t i = 0; i < setting.file_count; i++)
        file_drop(&setting.files[i]);
    envelope_reader_release(&setting.envelopes);
    buffer_release(&memory);
    return 0;
}
