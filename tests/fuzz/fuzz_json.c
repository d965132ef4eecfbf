/*
 * The JSON reader and writer of core. The input is the text.
 *
 *   json_check and json_parse agree on whether, where and why a text is refused
 *   a fault lies within the text; with less depth allowed there is the same fault, or
 * JSON_FAULT_DEPTH every beginning of an object or array is "truncated" or "empty" names and
 * strings of the tree are UTF-8, and no object has a name twice what is written from the tree,
 * compact or indented, reads back as the same tree both ways of looking for the end of a string's
 * plain part agree
 */
#include "core/json_block.h"
#include "core/json_document.h"
#include "core/utf8.h"
#include "tests/fuzz/fuzz.h"

enum {
    DEPTH = 32,
    ARENA = 64 * 1024 * 1024,
    PREFIXES = 64, /* beginnings of a text that are tried */
    NAMES = 100,   /* of an object that are looked for one by one */
    INDENT = 2,
};

static bool trees_equal(const struct json_value *a, const struct json_value *b)
{
    if (a->type != b->type || a->count != b->count || !slice_equal(a->name, b->name) ||
        !slice_equal(a->text, b->text))
        return false;
    const struct json_value *one = a->first;
    const struct json_value *other = b->first;
    for (; one && other; one = one->next, other = other->next) {
        if (!trees_equal(one, other))
            return false;
    }
    return !one && !other;
}

static void check_tree(const struct json_value *value)
{
    size_t count = 0;
    FUZZ_CHECK(value->type != JSON_ABSENT);
    FUZZ_CHECK(utf8_valid(value->text) && utf8_valid(value->name));
    for (const struct json_value *child = value->first; child; child = child->next) {
        count++;
        if (value->type == JSON_OBJECT && value->count <= NAMES)
            FUZZ_CHECK(json_member(value, child->name) == child);
        check_tree(child);
    }
    FUZZ_CHECK(count == value->count);
}

static void check_written(const struct json_value *tree, size_t length, unsigned indent)
{
    struct buffer text;
    struct buffer again;
    struct arena arena;
    /* Escapes grow a text by less than six times, indenting by less than this. */
    buffer_init(&text, (length + 1) * (8 + (size_t)indent * (DEPTH + 1)) + 256);
    buffer_init(&again, (length + 1) * (8 + (size_t)indent * (DEPTH + 1)) + 256);
    arena_init(&arena, ARENA);
    json_write_value(&text, tree, indent);
    FUZZ_CHECK(buffer_status(&text) == RC_OK);
    const struct json_value *reread = json_parse(&arena, buffer_slice(&text), DEPTH, NULL);
    FUZZ_CHECK(reread && trees_equal(tree, reread));
    json_write_value(&again, reread, indent);
    FUZZ_CHECK(slice_equal(buffer_slice(&text), buffer_slice(&again)));
    arena_release(&arena);
    buffer_release(&again);
    buffer_release(&text);
}

static enum json_fault check(struct slice text, unsigned depth, size_t *offset)
{
    struct json_names names;
    json_names_init(&names, 0, text.length / 4 + 1);
    enum json_fault fault = json_check(text, depth, &names, offset);
    json_names_release(&names);
    return fault;
}

/* `text` is a whole object or array, perhaps with white space around it. */
static void check_prefixes(struct slice text)
{
    text = slice_trim(text);
    size_t step = text.length / PREFIXES + 1;
    for (size_t length = 0; length < text.length; length += step) {
        struct slice cut = fuzz_copy(slice_head(text, length));
        size_t offset = 0;
        enum json_fault fault = check(cut, DEPTH, &offset);
        FUZZ_CHECK(fault == (length == 0 ? JSON_FAULT_EMPTY : JSON_FAULT_TRUNCATED));
        FUZZ_CHECK(offset == length);
        free((char *)cut.data);
    }
}

static void check_plain_runs(struct slice text)
{
#ifdef __SSE2__
    const char *end = text.data + text.length;
    for (size_t i = 0; i < text.length && i < PREFIXES; i++)
        FUZZ_CHECK(json_plain_run_sse2(text.data + i, end) ==
                   json_plain_run_portable(text.data + i, end));
#else
    (void)text;
#endif
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_text(data, size);
    struct arena arena;
    arena_init(&arena, ARENA);
    struct json_error error = {0};
    size_t offset = 0;
    enum json_fault fault = check(text, DEPTH, &offset);
    const struct json_value *tree = json_parse(&arena, text, DEPTH, &error);
    FUZZ_CHECK((tree != NULL) == (fault == JSON_FAULT_NONE) && fault == error.fault);
    FUZZ_CHECK(offset <= size && (!fault || offset == error.offset));
    enum json_fault shallow = check(text, 3, &offset);
    FUZZ_CHECK(shallow == fault || shallow == JSON_FAULT_DEPTH);
    check_plain_runs(text);
    if (tree) {
        check_tree(tree);
        check_written(tree, size, 0);
        check_written(tree, size, INDENT);
        if (tree->type == JSON_OBJECT || tree->type == JSON_ARRAY)
            check_prefixes(text);
    }
    arena_release(&arena);
    return 0;
}
