#include "bench/generate.h"

#include <stdlib.h>
#include <string.h>

#include "bench/generate_values.h"
#include "core/file.h"
#include "core/progress.h"

enum {
    BLOCK = 1024 * 1024,  /* bytes of one write */
    ENVELOPE_LIMIT = 256, /* bytes of an envelope, its value aside */
    BAD_LIMIT = 512,      /* what breaking a line may add to it */
    KEY_LIMIT = 64,       /* bytes of {"key":"category: */
    PARTITIONS = 12,
    SHARE_WHOLE = 65536,
};

static const char *const schema_names[] = {"click", "crash", "device", "mixed"};

const char *generate_schema_name(enum generate_schema schema)
{
    return schema < GENERATE_SCHEMA_COUNT ? schema_names[schema] : "";
}

bool generate_schema_from_name(struct slice name, enum generate_schema *out)
{
    for (size_t i = 0; i < GENERATE_SCHEMA_COUNT; i++) {
        if (slice_equal(slice_from_string(schema_names[i]), name)) {
            *out = (enum generate_schema)i;
            return true;
        }
    }
    return false;
}

/* The ids under which people's consent is written. */
enum { ID_USER, ID_INSTALLATION, ID_ANDROID, ID_OAID, ID_COUNT };

/* One capture, or one file of consent, being written. */
struct generator {
    const struct generate_options *options;
    struct generate_book *book;
    const struct generate_template *records[GENERATE_MIXED];
    const struct generate_template *consent, *refused;
    const struct generate_template *ids[ID_COUNT];
    struct generate_context context;
    struct progress progress;
    uint64_t subjects;
    uint64_t offsets[GENERATE_MIXED][PARTITIONS];
    char *block;
    size_t used;
    size_t room; /* the most that one line can take */
    int descriptor;
    uint64_t written; /* bytes that have left the block */
    uint64_t lines;
};

static const struct generate_part id_parts[] = {
    {"id.user", 1, "{'key':'account.user_id:`person.id`','value':"},
    {"id.installation", 1, "{'key':'device.installation:`person.installation`','value':"},
    {"id.android", 1, "{'key':'device.android_id:`person.android_id`','value':"},
    {"id.oaid", 1, "{'key':'device.oaid:`person.oaid`','value':"},
    {0},
};

static enum rc generator_open(struct generator *generator, const struct generate_options *options,
                              int descriptor)
{
    static const struct generate_part *const tables[] = {
        generate_shared_parts,
        generate_click_parts,
        generate_crash_parts,
        generate_device_parts,
        generate_consent_parts,
        id_parts,
        NULL,
    };
    static const char *const id_names[] = {"id.user", "id.installation", "id.android", "id.oaid"};
    *generator = (struct generator){.options = options, .descriptor = descriptor};
    generator->subjects = options->subjects ? options->subjects : GENERATE_SUBJECTS;
    if (generator->subjects > GENERATE_SUBJECTS_LIMIT)
        return RC_LIMIT;
    enum rc rc = generate_book_new(tables, generate_lists, generate_values, &generator->book, NULL);
    if (rc != RC_OK)
        return rc;
    if (!generate_lists_fit(generator->book))
        return RC_INTERNAL;
    generator->consent = generate_book_find(generator->book, "consent");
    generator->refused = generate_book_find(generator->book, "consent.refused");
    for (size_t i = 0; i < ID_COUNT; i++)
        generator->ids[i] = generate_book_find(generator->book, id_names[i]);
    size_t longest = generate_template_limit(generator->consent);
    for (size_t i = 0; i < GENERATE_MIXED; i++) {
        generator->records[i] = generate_book_find(generator->book, schema_names[i]);
        if (generate_template_limit(generator->records[i]) > longest)
            longest = generate_template_limit(generator->records[i]);
    }
    generator->room = ID_COUNT * longest + ENVELOPE_LIMIT + BAD_LIMIT + KEY_LIMIT + GENERATE_SLACK;
    generator->block = malloc(BLOCK + generator->room);
    return generator->block ? RC_OK : RC_NO_MEMORY;
}

static void generator_close(struct generator *generator)
{
    progress_end(&generator->progress);
    generate_book_free(generator->book);
    free(generator->block);
}

static enum rc write_block(struct generator *generator)
{
    enum rc rc = file_write_all(generator->descriptor, slice_of(generator->block, generator->used));
    if (rc == RC_OK)
        generator->written += generator->used;
    generator->used = 0;
    return rc;
}

static char *put(char *out, const char *text)
{
    size_t length = strlen(text);
    memcpy(out, text, length);
    return out + length;
}

static uint64_t share_of(uint64_t done, uint64_t all)
{
    if (all == GENERATE_NO_END || all == 0)
        return 0;
    return done < all ? (uint64_t)((unsigned __int128)done * SHARE_WHOLE / all) : SHARE_WHOLE;
}

/* How much of the capture is done, by count or by bytes, whichever is nearer to its end. */
static uint64_t share_done(const struct generator *generator)
{
    uint64_t lines = share_of(generator->lines, generator->options->count);
    uint64_t bytes = share_of(generator->written + generator->used, generator->options->bytes);
    return lines > bytes ? lines : bytes;
}

static void show_progress(struct generator *generator, uint64_t share)
{
    uint64_t all =
        share > 0 ? (uint64_t)((unsigned __int128)generator->written * SHARE_WHOLE / share) : 0;
    progress_update(&generator->progress, generator->written, all, generator->lines);
}

/* Events come in the order of their times, give or take some minutes. */
static void set_time(struct generator *generator)
{
    int64_t at = (int64_t)share_done(generator) * (GENERATE_SPAN / SHARE_WHOLE);
    uint64_t late = generate_below(&generator->context.random, 10 * TIME_MINUTE);
    at -= (int64_t)late;
    generator->context.time = generator->options->start - GENERATE_SPAN + (at < 0 ? 0 : at);
}

/* Agents of `device` run on Android only. */
static void set_subject(struct generator *generator, enum generate_schema schema)
{
    struct generate_context *context = &generator->context;
    uint64_t level = generate_next(&context->random), within = generate_next(&context->random);
    uint64_t subject = generate_rank(level, within, generator->subjects);
    generate_set_subject(context, generator->options->seed, subject);
    for (uint64_t i = 0; i < 64 && schema == GENERATE_DEVICE && context->rows[ROW_PLATFORM]; i++) {
        subject = (subject + 1) % generator->subjects;
        generate_set_subject(context, generator->options->seed, subject);
    }
}

static enum generate_schema next_schema(struct generator *generator)
{
    enum generate_schema schema = generator->options->schema;
    if (schema != GENERATE_MIXED)
        return schema;
    uint64_t hundredth = generate_below(&generator->context.random, 100);
    return hundredth < 88 ? GENERATE_CLICK : hundredth < 95 ? GENERATE_CRASH : GENERATE_DEVICE;
}

/* The envelope up to its value. */
static char *put_envelope(struct generator *generator, enum generate_schema schema, char *out)
{
    struct generate_context *context = &generator->context;
    uint64_t partition = context->subject % PARTITIONS;
    out = put(out, "{\"topic\":\"events.");
    out = put(out, schema_names[schema]);
    out = put(out, "\",\"partition\":");
    out = generate_put_number(out, partition);
    out = put(out, ",\"offset\":");
    out = generate_put_number(out, generator->offsets[schema][partition]++);
    out = put(out, ",\"timestamp\":");
    out = generate_put_number(out, (uint64_t)context->time +
                                       generate_below(&context->random, 5 * TIME_SECOND));
    return put(out, ",\"key\":null,\"value\":");
}

/* Puts `text` into the record behind its opening brace. */
static char *insert_member(char *begin, char *end, const char *text)
{
    size_t length = strlen(text);
    memmove(begin + 1 + length, begin + 1, (size_t)(end - begin - 1));
    memcpy(begin + 1, text, length);
    return end + length;
}

/* What clients, proxies and full disks make of records. Returns the new end. */
static char *break_record(struct generate_random *random, char *begin, char *end)
{
    size_t length = (size_t)(end - begin);
    switch (generate_below(random, 7)) {
    case 0: /* cut off */
        return begin + 1 + generate_below(random, length - 2);
    case 1: /* a byte that is not UTF-8 */
        begin[1 + generate_below(random, length - 2)] = (char)0xff;
        return end;
    case 2: /* a name twice, once in disguise */
        return insert_member(begin, end, "\"v\":1,\"\\u0076\":2,");
    case 3: /* half a surrogate pair in a name */
        return insert_member(begin, end, "\"\\ud83d\":1,");
    case 4: /* more behind the end */
        *end = '}';
        return end + 1;
    case 5: /* of no known type */
        return put(begin, "{\"type\":\"heartbeat\",\"ok\":true}");
    default: /* very deep */
        memcpy(begin, "{\"a\":", 5);
        memset(begin + 5, '[', 100);
        memset(begin + 105, ']', 100);
        begin[205] = '}';
        return begin + 206;
    }
}

static void put_line(struct generator *generator)
{
    const struct generate_options *options = generator->options;
    struct generate_random *random = &generator->context.random;
    char *out = generator->block + generator->used;
    enum generate_schema schema = next_schema(generator);
    set_time(generator);
    set_subject(generator, schema);
    if (options->envelope)
        out = put_envelope(generator, schema, out);
    char *begin = out;
    out = generate_render(generator->records[schema], &generator->context, out);
    if (options->bad > 0 && generate_below(random, GENERATE_BAD_WHOLE) < options->bad)
        out = break_record(random, begin, out);
    if (options->envelope)
        *out++ = '}';
    *out++ = '\n';
    generator->used = (size_t)(out - generator->block);
    generator->lines++;
}

enum rc generate_write(const struct generate_options *options, int descriptor, uint64_t *bytes)
{
    struct generator generator;
    enum rc rc = generator_open(&generator, options, descriptor);
    bool ends = options->count != GENERATE_NO_END || options->bytes != GENERATE_NO_END;
    if (rc == RC_OK && (!ends || options->schema >= GENERATE_SCHEMA_COUNT))
        rc = RC_CONFIGURATION;
    if (rc == RC_OK)
        generate_random_init(&generator.context.random, options->seed);
    progress_start(&generator.progress, options->progress);
    while (rc == RC_OK && generator.lines < options->count) {
        size_t before = generator.used;
        put_line(&generator);
        if (generator.written + generator.used > options->bytes) {
            generator.used = before;
            break;
        }
        if (generator.used >= BLOCK) {
            rc = write_block(&generator);
            show_progress(&generator, share_done(&generator));
        }
    }
    if (rc == RC_OK)
        rc = write_block(&generator);
    *bytes = generator.written;
    generator_close(&generator);
    return rc;
}

/* One person's state under one id; the same words each time, so that all ids say the same. */
static void put_consent(struct generator *generator, unsigned id,
                        const struct generate_template *value)
{
    struct generate_context *context = &generator->context;
    char *out = generator->block + generator->used;
    generate_random_init(&context->random, context->subject_key);
    out = generate_render(generator->ids[id], context, out);
    out = generate_render(value, context, out);
    out = put(out, "}\n");
    generator->used = (size_t)(out - generator->block);
    generator->lines++;
}

static void put_person(struct generator *generator, uint64_t subject)
{
    struct generate_context *context = &generator->context;
    generate_set_subject(context, generator->options->seed, subject);
    uint64_t word = generate_mix(context->subject_key);
    if (word % 16 == 0)
        return;
    put_consent(generator, ID_USER, generator->consent);
    put_consent(generator, ID_INSTALLATION, generator->consent);
    if (context->rows[ROW_PLATFORM])
        return;
    put_consent(generator, ID_ANDROID, generator->consent);
    if (word % 16 == 1)
        put_consent(generator, ID_OAID, generator->refused);
}

enum rc generate_write_consent(const struct generate_options *options, int descriptor,
                               uint64_t *bytes)
{
    struct generator generator;
    enum rc rc = generator_open(&generator, options, descriptor);
    generator.context.time = options->start;
    progress_start(&generator.progress, options->progress);
    for (uint64_t subject = 0; subject < generator.subjects && rc == RC_OK; subject++) {
        put_person(&generator, subject);
        if (generator.used >= BLOCK) {
            rc = write_block(&generator);
            show_progress(&generator, share_of(subject, generator.subjects));
        }
    }
    if (rc == RC_OK)
        rc = write_block(&generator);
    *bytes = generator.written;
    generator_close(&generator);
    return rc;
}
