#include "ingest/capture_lines.h"

#include <stdlib.h>

enum rc capture_lines_init(struct capture_lines *lines, const char *const *paths, size_t count,
                           size_t line_limit)
{
    *lines = (struct capture_lines){.line_limit = line_limit, .file.descriptor = -1};
    lines->paths = calloc(count + 1, sizeof *lines->paths);
    lines->reports = calloc(count + 1, sizeof *lines->reports);
    if (!lines->paths || !lines->reports)
        return RC_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        lines->paths[i] = strdup(paths[i]);
        if (!lines->paths[i])
            return RC_NO_MEMORY;
        lines->reports[i].name = slice_from_string(lines->paths[i]);
        lines->count = i + 1;
    }
    buffer_init(&lines->carry, line_limit + 1 > CAPTURE_BLOCK ? line_limit + 1 : CAPTURE_BLOCK);
    return RC_OK;
}

void capture_lines_release(struct capture_lines *lines)
{
    if (lines->open)
        capture_file_close(&lines->file);
    for (size_t i = 0; lines->paths && i < lines->count; i++)
        free(lines->paths[i]);
    free(lines->paths);
    free(lines->reports);
    buffer_release(&lines->carry);
}

void capture_block_init(struct capture_block *block, size_t line_limit)
{
    *block = (struct capture_block){0};
    buffer_init(&block->text, line_limit + 1 > CAPTURE_BLOCK ? line_limit + 1 : CAPTURE_BLOCK);
}

static uint64_t count_newlines(struct slice text)
{
    uint64_t count = 0;
    while (text.length > 0) {
        slice_cut(&text, '\n');
        if (!text.data)
            break;
        count++;
    }
    return count;
}

static void count_stored(struct capture_lines *lines)
{
    atomic_fetch_add_explicit(&lines->read, lines->file.stored - lines->counted,
                              memory_order_relaxed);
    lines->counted = lines->file.stored;
}

static void end_file(struct capture_lines *lines, enum rc end)
{
    struct capture_report *report = &lines->reports[lines->current];
    report->end = end == RC_END ? RC_OK : end;
    report->lines = lines->next_line - 1;
    if (lines->open) {
        report->bytes = lines->file.stored;
        capture_file_close(&lines->file);
        lines->open = false;
    }
    lines->skipping = false;
    lines->current++;
}

/* Opens files until there is one that can be read. */
static enum rc open_next(struct capture_lines *lines)
{
    while (!lines->open) {
        if (lines->current == lines->count)
            return RC_END;
        lines->next_line = 1;
        lines->counted = 0;
        enum rc rc = capture_file_open(&lines->file, lines->paths[lines->current]);
        lines->open = rc == RC_OK;
        if (rc == RC_NO_MEMORY)
            return rc;
        if (rc)
            end_file(lines, rc);
    }
    return RC_OK;
}

/* Reads on until the block has `target` bytes or the file ends. */
static enum rc fill(struct capture_lines *lines, struct buffer *text, size_t target)
{
    while (text->length < target) {
        size_t wanted = target - text->length;
        char *to = buffer_reserve(text, wanted);
        if (!to)
            return RC_NO_MEMORY;
        size_t count;
        enum rc rc = capture_file_read(&lines->file, to, wanted, &count);
        count_stored(lines);
        if (rc)
            return rc;
        text->length += count;
    }
    return RC_OK;
}

/* Drops the rest of a line that is over the limit; what was read beyond it stays in the block. */
static enum rc skip_line(struct capture_lines *lines, struct buffer *text)
{
    while (lines->skipping) {
        buffer_truncate(text, 0);
        enum rc rc = fill(lines, text, CAPTURE_BLOCK);
        size_t newline = slice_find_byte(buffer_slice(text), '\n');
        if (newline < text->length) {
            size_t rest = text->length - newline - 1;
            memmove(text->data, text->data + newline + 1, rest);
            buffer_truncate(text, rest);
            lines->skipping = false;
        } else if (rc) {
            buffer_truncate(text, 0);
        }
        if (rc)
            return rc;
    }
    return RC_OK;
}

/* The file has ended with `end`: what is left of it is the block. */
static void close_block(struct capture_lines *lines, struct capture_block *block, enum rc end)
{
    struct slice text = buffer_slice(&block->text);
    bool whole = end == RC_END;
    bool open_line = text.length > 0 && text.data[text.length - 1] != '\n';
    if (open_line && !whole) {
        /* Who knows where the line would have ended; it is not handed out. */
        const char *newline = memrchr(text.data, '\n', text.length);
        buffer_truncate(&block->text, newline ? (size_t)(newline - text.data) + 1 : 0);
        open_line = false;
    }
    lines->next_line += count_newlines(buffer_slice(&block->text)) + (open_line ? 1 : 0);
    end_file(lines, end);
}

/* The block is full: what follows its last newline is carried to the next. False without one. */
static bool cut_block(struct capture_lines *lines, struct capture_block *block)
{
    struct slice text = buffer_slice(&block->text);
    const char *newline = memrchr(text.data, '\n', text.length);
    if (!newline)
        return false;
    size_t whole = (size_t)(newline - text.data) + 1;
    buffer_append(&lines->carry, slice_tail(text, whole));
    buffer_truncate(&block->text, whole);
    lines->next_line += count_newlines(buffer_slice(&block->text));
    return true;
}

static void report_over_long(struct capture_lines *lines, struct capture_block *block)
{
    buffer_truncate(&block->text, 0);
    block->over_long = true;
    lines->skipping = true;
    lines->next_line++;
}

/* One block of the open file; empty where the file ended without another line. */
static enum rc next_of_file(struct capture_lines *lines, struct capture_block *block)
{
    struct buffer *text = &block->text;
    buffer_reset(text);
    block->over_long = false;
    buffer_append(text, buffer_slice(&lines->carry));
    buffer_truncate(&lines->carry, 0);
    enum rc rc = skip_line(lines, text);
    block->file = (uint32_t)lines->current;
    block->line = lines->next_line;
    size_t target = CAPTURE_BLOCK;
    while (!rc) {
        rc = fill(lines, text, target);
        if (rc)
            break;
        if (cut_block(lines, block))
            return lines->carry.failed ? RC_NO_MEMORY : RC_OK;
        if (text->length > lines->line_limit) {
            report_over_long(lines, block);
            return RC_OK;
        }
        target = text->length < lines->line_limit / 2 ? text->length * 2 : lines->line_limit + 1;
    }
    if (rc == RC_NO_MEMORY)
        return rc;
    close_block(lines, block, rc);
    return RC_OK;
}

enum rc capture_lines_next(struct capture_lines *lines, struct capture_block *block)
{
    do {
        enum rc rc = open_next(lines);
        if (rc)
            return rc;
        rc = next_of_file(lines, block);
        if (rc)
            return rc;
    } while (block->text.length == 0 && !block->over_long);
    return RC_OK;
}
