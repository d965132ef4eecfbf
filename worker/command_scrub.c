/*
 * `lethe scrub`: a filter. Text: line by line, a PEM block as a whole. --json: each line is a JSON
 * value, of which every string, member name and number is scrubbed and the structure stays. A line
 * that is refused comes out as a fixed marker, so that no line is lost and none passes unread.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "anonymize/scrub.h"
#include "core/file.h"
#include "core/json_document.h"
#include "worker/options.h"

enum {
    LINE_LIMIT = 1024 * 1024,
    OUT_LIMIT = 16 * 1024 * 1024,
    DEPTH_LIMIT = 64,
    READ_SIZE = 64 * 1024
};

struct scrubbing {
    struct buffer block; /* lines that are scrubbed together */
    struct buffer out, scratch;
    struct arena arena;
    struct scrub_counts counts;
    uint64_t refused;
    bool json;
    bool too_long; /* the block passed its limit: it comes out as one marker */
};

static void refuse(struct scrubbing *scrubbing)
{
    scrubbing->refused++;
    buffer_append_string(&scrubbing->out, scrubbing->json ? "\"<refused>\"" : "<refused>");
}

static struct slice scrubbed_copy(struct scrubbing *scrubbing, struct slice text)
{
    buffer_reset(&scrubbing->scratch);
    if (!scrub_text(text, &scrubbing->counts, &scrubbing->scratch)) {
        scrubbing->refused++;
        return SLICE("<refused>");
    }
    return arena_copy(&scrubbing->arena, buffer_slice(&scrubbing->scratch));
}

/* The tree is this command's own, fresh from the arena: it may be changed in place. */
static void scrub_tree(struct scrubbing *scrubbing, struct json_value *value)
{
    if (value->name.length > 0)
        value->name = scrubbed_copy(scrubbing, value->name);
    if (value->type == JSON_STRING) {
        value->text =
            value->lone_surrogate ? SLICE("<refused>") : scrubbed_copy(scrubbing, value->text);
    } else if (value->type == JSON_NUMBER) {
        struct slice scrubbed = scrubbed_copy(scrubbing, value->text);
        if (!slice_equal(scrubbed, value->text)) {
            value->type = JSON_STRING;
            value->text = scrubbed;
        }
    }
    for (struct json_value *child = value->first; child; child = child->next)
        scrub_tree(scrubbing, child);
}

static void scrub_json(struct scrubbing *scrubbing, struct slice line)
{
    struct json_error error;
    arena_reset(&scrubbing->arena);
    struct json_value *value =
        (struct json_value *)json_parse(&scrubbing->arena, line, DEPTH_LIMIT, &error);
    if (!value) {
        refuse(scrubbing);
        return;
    }
    scrub_tree(scrubbing, value);
    json_write_value(&scrubbing->out, value, 0);
}

/* Ends the block: scrubs it and writes it. `newline` is false for a last line without one. */
static enum rc end_block(struct scrubbing *scrubbing, bool newline)
{
    struct slice text = buffer_slice(&scrubbing->block);
    if (scrubbing->too_long)
        refuse(scrubbing);
    else if (scrubbing->json && slice_trim(text).length > 0)
        scrub_json(scrubbing, text);
    else if (!scrub_text(text, &scrubbing->counts, &scrubbing->out))
        refuse(scrubbing);
    if (newline)
        buffer_append_byte(&scrubbing->out, '\n');
    enum rc rc = buffer_status(&scrubbing->out);
    if (rc == RC_OK)
        rc = file_write_all(STDOUT_FILENO, buffer_slice(&scrubbing->out));
    buffer_reset(&scrubbing->out);
    buffer_reset(&scrubbing->block);
    scrubbing->too_long = false;
    return rc;
}

/* A PEM block that has begun and not ended yet takes the next line with it. */
static bool block_is_open(const struct scrubbing *scrubbing)
{
    struct slice text = buffer_slice(&scrubbing->block);
    size_t begin = slice_find(text, SLICE("-----BEGIN "));
    return !scrubbing->json && begin < text.length &&
           slice_find(slice_tail(text, begin), SLICE("-----END ")) >= text.length - begin;
}

/* A piece of a line; `newline`: its end, the newline itself not included. */
static enum rc take_piece(struct scrubbing *scrubbing, struct slice piece, bool newline)
{
    buffer_append(&scrubbing->block, piece);
    if (scrubbing->block.failed) {
        buffer_reset(&scrubbing->block);
        scrubbing->too_long = true;
    }
    if (!newline)
        return RC_OK;
    if (!scrubbing->too_long && block_is_open(scrubbing)) {
        buffer_append_byte(&scrubbing->block, '\n');
        return RC_OK;
    }
    return end_block(scrubbing, true);
}

static enum rc scrub_stream(struct scrubbing *scrubbing, int in)
{
    static char bytes[READ_SIZE];
    for (;;) {
        ssize_t count = read(in, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return RC_IO;
        if (count == 0)
            break;
        struct slice rest = slice_of(bytes, (size_t)count);
        while (rest.length > 0) {
            size_t end = slice_find_byte(rest, '\n');
            bool newline = end < rest.length;
            enum rc rc = take_piece(scrubbing, slice_head(rest, end), newline);
            if (rc != RC_OK)
                return rc;
            rest = slice_tail(rest, end + newline);
        }
    }
    return scrubbing->block.length > 0 || scrubbing->too_long ? end_block(scrubbing, false) : RC_OK;
}

int command_scrub(const struct command *command, int argc, char **argv)
{
    struct scrubbing scrubbing = {0};
    bool counts = false;
    const struct option options[] = {
        {"json", 0, OPTION_FLAG, &scrubbing.json, NULL, "each line is a JSON value"},
        {"counts", 0, OPTION_FLAG, &counts, NULL, "say on standard error what was found"},
    };
    const struct option_table table = {options, sizeof options / sizeof options[0], 0, 0};
    struct arguments none;
    int status;
    if (!options_parse(command, &table, argc, argv, &none, &status))
        return status;
    buffer_init(&scrubbing.block, LINE_LIMIT);
    buffer_init(&scrubbing.out, OUT_LIMIT);
    buffer_init(&scrubbing.scratch, OUT_LIMIT);
    arena_init(&scrubbing.arena, (size_t)16 * LINE_LIMIT);
    enum rc rc = scrub_stream(&scrubbing, STDIN_FILENO);
    for (size_t i = 0; i < DETECTOR_KIND_COUNT && counts; i++) {
        if (scrubbing.counts.found[i] > 0)
            fprintf(stderr, "%-14s %u\n", detector_name((enum detector_kind)i),
                    scrubbing.counts.found[i]);
    }
    if (scrubbing.refused > 0)
        fprintf(stderr, "lethe scrub: %llu texts were refused whole\n",
                (unsigned long long)scrubbing.refused);
    if (rc != RC_OK)
        fprintf(stderr, "lethe scrub: %s\n", rc_sentence(rc));
    buffer_release(&scrubbing.block);
    buffer_release(&scrubbing.out);
    buffer_release(&scrubbing.scratch);
    arena_release(&scrubbing.arena);
    return rc == RC_OK ? EXIT_DONE : EXIT_FAILED;
}
