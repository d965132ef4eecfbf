/*
 * What the decoder costs a record, with and without prediction and beside a bare check of the same
 * text, all in one run: absolute times move with the machine, the ratios hardly do. Several kinds
 * of records, since a prediction is as good as its records are regular.
 *
 *     bench_decode [records of a kind, default 20000]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/buffer.h"
#include "ingest/decoder.h"

enum { ROUNDS = 7, RECORDS = 20000, RECORD_LIMIT = 1 << 16 };

static const char schema_text[] = "schema: click\nversion: 1\nmatch: {topic: events.click}\n"
                                  "time: {field: ts, format: unix_ms}\nsubjects: [user_id]\n"
                                  "fields:\n"
                                  "  ts: time.event\n"
                                  "  user_id: account.user_id\n"
                                  "  session: text.free\n"
                                  "  event: text.free\n"
                                  "  app.name: text.free\n"
                                  "  app.version: text.free\n"
                                  "  app.channel: text.free\n"
                                  "  device.brand: text.free\n"
                                  "  device.model: text.free\n"
                                  "  device.android_id: device.android_id\n"
                                  "  device.os.name: text.free\n"
                                  "  device.os.version: text.free\n"
                                  "  device.screen.width: text.free\n"
                                  "  device.screen.height: text.free\n"
                                  "  network.ip: network.ip\n"
                                  "  network.carrier: text.free\n"
                                  "  page.url: web.url\n"
                                  "  page.title: text.free\n"
                                  "  'crumbs[].at': text.free\n"
                                  "  'crumbs[].message': text.free\n";

/* A record, piece by piece. `what`: 'n' number, 's' string, 'x' string that no schema lists, and
 * brackets. */
static const struct piece {
    char what;
    const char *name;
    const char *value; /* # becomes a random digit */
} pieces[] = {
    {'{', NULL, NULL},
    {'n', "ts", "17673230#####"},
    {'s', "user_id", "1000####"},
    {'s', "session", "5f1c####-8a##-4b##-9c##-##########ab"},
    {'s', "event", "page_view"},
    {'{', "app", NULL},
    {'s', "name", "com.example.shop"},
    {'s', "version", "7.4.1#"},
    {'s', "channel", "huawei"},
    {'x', "build", "release-########"},
    {'}', NULL, NULL},
    {'{', "device", NULL},
    {'s', "brand", "HUAWEI"},
    {'s', "model", "ALN-AL##"},
    {'s', "android_id", "9774d56d68######"},
    {'{', "os", NULL},
    {'s', "name", "Android"},
    {'s', "version", "12"},
    {'}', NULL, NULL},
    {'{', "screen", NULL},
    {'n', "width", "1080"},
    {'n', "height", "2340"},
    {'}', NULL, NULL},
    {'x', "fingerprint", "a-long-text-that-nobody-lists-########"},
    {'}', NULL, NULL},
    {'{', "network", NULL},
    {'s', "ip", "203.0.113.1##"},
    {'s', "carrier", "46000"},
    {'}', NULL, NULL},
    {'{', "page", NULL},
    {'s', "url", "https://shop.example.com/item/####?from=home&position=##"},
    {'s', "title", "A title of some words ####"},
    {'}', NULL, NULL},
    {'[', "crumbs", NULL},
    {'{', NULL, NULL},
    {'n', "at", "17673230#####"},
    {'s', "message", "opened the list"},
    {'}', NULL, NULL},
    {'{', NULL, NULL},
    {'n', "at", "17673230#####"},
    {'s', "message", "tapped item ####"},
    {'}', NULL, NULL},
    {']', NULL, NULL},
    {'}', NULL, NULL},
};

/* How the records of a kind differ from plain ones. */
static const struct record_kind {
    const char *name;
    const char *comma, *colon;
    unsigned missing; /* of 100 members */
    bool unlisted;    /* with the members that no schema lists */
    const char *text; /* instead of every fourth string */
} kinds[] = {
    {"compact", ",", ":", 0, false, NULL},
    {"with spaces", ", ", ": ", 0, false, NULL},
    {"15 % missing", ",", ":", 15, false, NULL},
    {"some unlisted", ",", ":", 0, true, NULL},
    {"Chinese text", ",", ":", 0, false, "\xE4\xB8\xAD\xE6\x96\x87\xE6\xA0\x87\xE9\xA2\x98"},
};

static void put_value(struct buffer *text, const struct piece *piece, unsigned *seed)
{
    for (const char *at = piece->value; *at; at++)
        buffer_append_byte(text, *at == '#' ? (char)('0' + rand_r(seed) % 10) : *at);
}

static void put_record(struct buffer *text, const struct record_kind *kind, unsigned *seed)
{
    bool first = true;
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        const struct piece *piece = &pieces[i];
        bool closes = piece->what == '}' || piece->what == ']';
        bool scalar = piece->what == 'n' || piece->what == 's' || piece->what == 'x';
        if ((piece->what == 'x' && !kind->unlisted) ||
            (scalar && (unsigned)rand_r(seed) % 100 < kind->missing))
            continue;
        if (!closes && !first)
            buffer_append_string(text, kind->comma);
        first = piece->what == '{' || piece->what == '[';
        if (piece->name)
            buffer_append_format(text, "\"%s\"%s", piece->name, kind->colon);
        if (!scalar) {
            buffer_append_byte(text, piece->what);
            continue;
        }
        buffer_append_string(text, piece->what == 'n' ? "" : "\"");
        if (kind->text && piece->what == 's' && i % 4 == 0)
            buffer_append_string(text, kind->text);
        else
            put_value(text, piece, seed);
        buffer_append_string(text, piece->what == 'n' ? "" : "\"");
    }
}

struct input {
    struct buffer text;
    struct slice *records;
    size_t count;
};

static void make_input(struct input *input, const struct record_kind *kind, size_t count)
{
    unsigned seed = 1;
    buffer_init(&input->text, count * 4096);
    input->records = calloc(count, sizeof *input->records);
    input->count = count;
    size_t *ends = calloc(count, sizeof *ends);
    for (size_t i = 0; i < count; i++) {
        put_record(&input->text, kind, &seed);
        ends[i] = input->text.length;
    }
    for (size_t i = 0, from = 0; i < count; from = ends[i++])
        input->records[i] = slice_between(buffer_slice(&input->text), from, ends[i]);
    free(ends);
}

/* CPU time: the machine has other work too. */
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_number(const void *a, const void *b)
{
    double one = *(const double *)a;
    double other = *(const double *)b;
    return (one > other) - (one < other);
}

enum way { PREDICTED, UNPREDICTED, CHECKED, WAYS };

static double run(struct decoder *decoder, struct json_names *names, const struct input *input,
                  enum way way)
{
    decoder_set_prediction(decoder, way == PREDICTED);
    double start = seconds();
    for (size_t i = 0; i < input->count; i++) {
        struct raw_record record;
        unsigned number;
        bool wrong = way == CHECKED
                         ? json_check(input->records[i], 32, names, NULL) != JSON_FAULT_NONE
                         : decoder_decode(decoder, SLICE("events.click"), input->records[i], 0,
                                          &record, &number, NULL) != QUARANTINE_NONE;
        if (wrong) {
            fprintf(stderr, "a record was refused\n");
            exit(1);
        }
    }
    return (seconds() - start) * 1e9 / (double)input->count;
}

static void measure(struct decoder *decoder, const struct record_kind *kind, size_t count)
{
    struct input input;
    struct json_names names;
    double times[WAYS][ROUNDS];
    make_input(&input, kind, count);
    json_names_init(&names, 1, 4096);
    for (int round = 0; round < ROUNDS; round++) {
        for (int way = 0; way < WAYS; way++)
            times[way][round] = run(decoder, &names, &input, (enum way)way);
    }
    for (int way = 0; way < WAYS; way++)
        qsort(times[way], ROUNDS, sizeof(double), by_number);
    double size = (double)input.text.length / (double)count;
    double predicted = times[PREDICTED][ROUNDS / 2];
    double unpredicted = times[UNPREDICTED][ROUNDS / 2];
    double checked = times[CHECKED][ROUNDS / 2];
    printf("%-14s %5.0f %9.0f %6.0f %11.0f %7.0f %12.2f %12.2f\n", kind->name, size, predicted,
           size * 1e3 / predicted, unpredicted, checked, unpredicted / predicted,
           checked / predicted);
    json_names_release(&names);
    buffer_release(&input.text);
    free(input.records);
}

int main(int count_of_arguments, char **arguments)
{
    uint64_t count = RECORDS;
    if (count_of_arguments > 1 &&
        (!slice_to_u64(slice_from_string(arguments[1]), &count) || count == 0)) {
        fprintf(stderr, "usage: bench_decode [records]\n");
        return 2;
    }
    struct arena arena;
    struct signal_names signals = {0};
    struct diagnostics diagnostics;
    arena_init(&arena, 16 << 20);
    diagnostics_init(&diagnostics);
    struct schema *schema =
        schema_parse("bench.yaml", slice_from_string(schema_text), &arena, &signals, &diagnostics);
    struct decoder *decoder;
    const struct decoder_limits limits = {.record = RECORD_LIMIT, .depth = 32};
    if (!schema || decoder_new(&schema, 1, limits, &decoder) != RC_OK) {
        fprintf(stderr, "the schema does not load\n");
        return 3;
    }
    printf("%-14s %5s %9s %6s %11s %7s %12s %12s\n", "records", "bytes", "predicted", "MB/s",
           "unpredicted", "checked", "unpred/pred", "check/pred");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        measure(decoder, &kinds[i], count);
    decoder_free(decoder);
    diagnostics_release(&diagnostics);
    arena_release(&arena);
    return 0;
}
