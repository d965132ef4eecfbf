/* From libfyaml's events to nodes. What reads the nodes is in yaml_read.c. */
#include "schemas/yaml.h"

#include "core/file.h"
#include "schemas/yaml_place.h"

#include <libfyaml.h>
#include <stdlib.h>

/* One open mapping or sequence. */
struct level {
    struct yaml_node *node;
    struct yaml_node **tail;
    bool has_key; /* of a mapping: the next node is the value of this key */
    struct slice key;
    struct place key_place;
};

struct reader {
    struct yaml_source source;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct level levels[YAML_DEPTH_LIMIT];
    size_t depth;
    size_t nodes;
    unsigned documents;
    struct yaml_node *root;
    bool failed; /* there is no tree to give */
};

static void fail(struct reader *reader, struct place place, const char *sentence)
{
    diagnose(reader->diagnostics, SEVERITY_ERROR, place, "%s", sentence);
    reader->failed = true;
}

/* A scalar's place takes in its quotes. */
static struct place place_of_event(struct reader *reader, struct fy_event *event)
{
    const struct fy_mark *start = fy_event_start_mark(event);
    const struct fy_mark *end = fy_event_end_mark(event);
    if (!start || !end) { /* nothing stands there: the key, or the end of what was read */
        const struct level *level = reader->depth ? &reader->levels[reader->depth - 1] : NULL;
        if (level && level->has_key)
            return level->key_place;
        return yaml_place(&reader->source, reader->source.offset, reader->source.offset);
    }
    size_t begin = start->input_pos;
    size_t after = end->input_pos;
    if (event->type == FYET_SCALAR) {
        enum fy_scalar_style style = fy_token_scalar_style(fy_event_get_token(event));
        if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && begin > 0) {
            begin--;
            after++;
        }
    }
    return yaml_place(&reader->source, begin, after);
}

static struct yaml_node *new_node(struct reader *reader, enum yaml_type type, struct place place)
{
    if (++reader->nodes > YAML_NODE_LIMIT) {
        fail(reader, place, "more than 200000 values in one file");
        return NULL;
    }
    struct yaml_node *node = ARENA_NEW(reader->arena, struct yaml_node);
    if (!node) {
        fail(reader, place, "no memory for the rest of this file");
        return NULL;
    }
    node->type = type;
    node->place = place;
    return node;
}

/* Hangs the node into what is open. */
static void attach(struct reader *reader, struct yaml_node *node)
{
    if (reader->depth == 0) {
        reader->root = node;
        return;
    }
    struct level *level = &reader->levels[reader->depth - 1];
    if (level->has_key) {
        node->key = level->key;
        node->key_place = level->key_place;
        level->has_key = false;
    }
    *level->tail = node;
    level->tail = &node->next;
    level->node->count++;
}

static bool awaits_key(const struct reader *reader)
{
    const struct level *level = reader->depth ? &reader->levels[reader->depth - 1] : NULL;
    return level && level->node->type == YAML_MAPPING && !level->has_key;
}

/* Where a token stands, with the sign before it. */
static struct place place_of_token(struct reader *reader, struct fy_token *token)
{
    const struct fy_mark *start = fy_token_start_mark(token);
    const struct fy_mark *end = fy_token_end_mark(token);
    size_t begin = start && start->input_pos > 0 ? start->input_pos - 1 : 0;
    return yaml_place(&reader->source, begin, end ? end->input_pos : begin);
}

static void refuse_anchor_and_tag(struct reader *reader, struct fy_event *event)
{
    struct fy_token *anchor = fy_event_get_anchor_token(event);
    struct fy_token *tag = fy_event_get_tag_token(event);
    if (anchor)
        diagnose(reader->diagnostics, SEVERITY_ERROR, place_of_token(reader, anchor),
                 "anchors are not allowed here");
    if (tag)
        diagnose(reader->diagnostics, SEVERITY_ERROR, place_of_event(reader, event),
                 "tags are not allowed here");
}

static bool is_null_word(struct slice text)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_equal(text, slice_from_string(words[i])))
            return true;
    }
    return false;
}

/* The decoded text in the arena; false where it holds a control character. */
static bool scalar_text(struct reader *reader, struct fy_event *event, struct place place,
                        struct slice *out)
{
    struct fy_token *token = fy_event_get_token(event);
    size_t length = 0;
    const char *text = token ? fy_token_get_text(token, &length) : "";
    if (!text) {
        fail(reader, place, "no memory for the rest of this file");
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (yaml_is_control(text[i])) {
            fail(reader, place, "a control character in a text");
            return false;
        }
    }
    *out = arena_copy(reader->arena, slice_of(text, length));
    if (!out->data)
        fail(reader, place, "no memory for the rest of this file");
    return out->data != NULL;
}

static void read_key(struct reader *reader, struct place place, struct slice text, bool quoted)
{
    struct level *level = &reader->levels[reader->depth - 1];
    if (text.length == 0)
        fail(reader, place, "a key is missing here");
    else if (slice_find_byte(text, '\n') < text.length)
        fail(reader, place, "a key of more than one line");
    else if (!quoted && slice_equal(text, SLICE("<<")))
        fail(reader, place, "merge keys are not allowed here: write out what is meant");
    level->has_key = true;
    level->key = text;
    level->key_place = place;
}

static void read_scalar(struct reader *reader, struct fy_event *event)
{
    struct place place = place_of_event(reader, event);
    struct fy_token *token = fy_event_get_token(event);
    bool quoted = token && fy_token_scalar_style(token) != FYSS_PLAIN;
    struct slice text;
    if (!scalar_text(reader, event, place, &text))
        return;
    if (awaits_key(reader)) {
        read_key(reader, place, text, quoted);
        return;
    }
    bool is_null = !quoted && is_null_word(text);
    struct yaml_node *node = new_node(reader, is_null ? YAML_NULL : YAML_SCALAR, place);
    if (!node)
        return;
    node->quoted = quoted;
    node->text = text;
    attach(reader, node);
}

static void open_container(struct reader *reader, struct fy_event *event, enum yaml_type type)
{
    struct place place = place_of_event(reader, event);
    if (awaits_key(reader)) {
        fail(reader, place, "a key must be a text; one that holds brackets may need quotes");
        return;
    }
    if (reader->depth == YAML_DEPTH_LIMIT) {
        fail(reader, place, "nested deeper than 32 levels");
        return;
    }
    struct yaml_node *node = new_node(reader, type, place);
    if (!node)
        return;
    attach(reader, node);
    reader->levels[reader->depth++] = (struct level){.node = node, .tail = &node->first};
}

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_node *a = *(const struct yaml_node *const *)left;
    const struct yaml_node *b = *(const struct yaml_node *const *)right;
    int order = slice_compare(a->key, b->key);
    if (order != 0)
        return order;
    return a->key_place.line != b->key_place.line
               ? (a->key_place.line > b->key_place.line) - (a->key_place.line < b->key_place.line)
               : (a->key_place.column > b->key_place.column) -
                     (a->key_place.column < b->key_place.column);
}

/* Sorted, so that a mapping of many thousand keys costs no quadratic search. */
static void check_duplicate_keys(struct reader *reader, const struct yaml_node *mapping)
{
    if (mapping->count < 2)
        return;
    const struct yaml_node **sorted = calloc(mapping->count, sizeof *sorted);
    if (!sorted) {
        fail(reader, mapping->place, "no memory for the rest of this file");
        return;
    }
    size_t count = 0;
    for (const struct yaml_node *node = mapping->first; node; node = node->next)
        sorted[count++] = node;
    qsort(sorted, count, sizeof *sorted, compare_keys);
    for (size_t i = 1, first = 0; i < count; i++) {
        if (!slice_equal(sorted[i]->key, sorted[first]->key)) {
            first = i;
            continue;
        }
        diagnose(reader->diagnostics, SEVERITY_ERROR, sorted[i]->key_place,
                 "`%.*s` is listed twice: first in line %u",
                 SLICE_FORMAT(yaml_shown(sorted[i]->key)), sorted[first]->key_place.line);
    }
    free(sorted);
}

static void close_container(struct reader *reader)
{
    if (reader->depth == 0)
        return;
    struct level *level = &reader->levels[--reader->depth];
    if (level->node->type == YAML_MAPPING)
        check_duplicate_keys(reader, level->node);
}

static void read_event(struct reader *reader, struct fy_event *event)
{
    /* One that begins without a mark of its own is reported where its content is. */
    if (reader->documents > 1) {
        fail(reader, place_of_event(reader, event), "a second document in one file");
        return;
    }
    switch (event->type) {
    case FYET_DOCUMENT_START:
        if (++reader->documents > 1 && fy_event_start_mark(event))
            fail(reader, place_of_event(reader, event), "a second document in one file");
        break;
    case FYET_SCALAR:
        refuse_anchor_and_tag(reader, event);
        read_scalar(reader, event);
        break;
    case FYET_MAPPING_START:
        refuse_anchor_and_tag(reader, event);
        open_container(reader, event, YAML_MAPPING);
        break;
    case FYET_SEQUENCE_START:
        refuse_anchor_and_tag(reader, event);
        open_container(reader, event, YAML_SEQUENCE);
        break;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        close_container(reader);
        break;
    case FYET_ALIAS:
        fail(reader, place_of_token(reader, fy_event_get_token(event)),
             "aliases are not allowed here: write out what is meant");
        break;
    default:
        break;
    }
}

static void report_syntax(struct reader *reader, struct fy_diag *diag)
{
    void *previous = NULL;
    const struct fy_diag_error *error;
    while ((error = fy_diag_errors_iterate(diag, &previous)) != NULL) {
        if (error->type == FYET_ERROR && error->line > 0 && error->msg)
            break;
    }
    reader->failed = true;
    if (!error) {
        diagnose(reader->diagnostics, SEVERITY_ERROR, (struct place){.file = reader->source.file},
                 "not well-formed YAML");
        return;
    }
    diagnose(reader->diagnostics, SEVERITY_ERROR,
             yaml_place_of_character(&reader->source, error->line, error->column),
             "not well-formed YAML: %s", error->msg);
    if (reader->depth > 0)
        diagnose(reader->diagnostics, SEVERITY_NOTE, reader->levels[reader->depth - 1].node->place,
                 "it is inside what begins here");
}

static void parse_events(struct reader *reader, struct fy_parser *parser, struct fy_diag *diag)
{
    struct fy_event *event;
    while (!reader->failed && (event = fy_parser_parse(parser)) != NULL) {
        read_event(reader, event);
        fy_parser_event_free(parser, event);
    }
    if (!reader->failed && fy_parser_get_stream_error(parser))
        report_syntax(reader, diag);
}

static void parse(struct reader *reader)
{
    struct fy_diag_cfg settings;
    fy_diag_cfg_default(&settings);
    settings.fp = NULL; /* nothing is printed: what is wrong is collected */
    struct fy_diag *diag = fy_diag_create(&settings);
    struct fy_parse_cfg configuration = {
        .flags = FYPCF_QUIET | FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE, .diag = diag};
    struct fy_parser *parser = diag ? fy_parser_create(&configuration) : NULL;
    if (parser) {
        fy_diag_set_collect_errors(diag, true);
        if (fy_parser_set_string(parser, reader->source.text.data, reader->source.text.length) == 0)
            parse_events(reader, parser, diag);
        else
            fail(reader, (struct place){.file = reader->source.file}, "cannot be parsed");
        fy_parser_destroy(parser);
    } else {
        fail(reader, (struct place){.file = reader->source.file}, "no memory to parse this file");
    }
    if (diag)
        fy_diag_destroy(diag);
}

/* `text` and `file` are the arena's. */
static struct yaml_node *parse_owned(const char *file, struct slice text, struct arena *arena,
                                     struct diagnostics *diagnostics)
{
    if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
        text = slice_tail(text, 3);
    struct reader reader = {.source = {.file = file, .text = text, .line = 1},
                            .arena = arena,
                            .diagnostics = diagnostics};
    struct place place;
    const char *wrong = yaml_check_bytes(&reader.source, &place);
    if (wrong)
        fail(&reader, place, wrong);
    else if (text.length > 0)
        parse(&reader);
    if (reader.failed)
        return NULL;
    return reader.root ? reader.root
                       : new_node(&reader, YAML_NULL, yaml_place(&reader.source, 0, 0));
}

static struct yaml_node *refuse_size(const char *file, struct diagnostics *diagnostics)
{
    diagnose(diagnostics, SEVERITY_ERROR, (struct place){.file = file}, "longer than 4 MiB");
    return NULL;
}

struct yaml_node *yaml_parse(const char *file, struct slice text, struct arena *arena,
                             struct diagnostics *diagnostics)
{
    const char *name = arena_string(arena, slice_from_string(file));
    if (text.length > YAML_SIZE_LIMIT)
        return refuse_size(name, diagnostics);
    struct slice copy = arena_copy(arena, text);
    if (!name || !copy.data) {
        diagnose(diagnostics, SEVERITY_ERROR, (struct place){.file = name},
                 "no memory to parse this file");
        return NULL;
    }
    return parse_owned(name, copy, arena, diagnostics);
}

struct yaml_node *yaml_load(const char *path, struct arena *arena, struct diagnostics *diagnostics)
{
    struct slice text;
    const char *name = arena_string(arena, slice_from_string(path));
    enum rc rc = name ? file_read(path, YAML_SIZE_LIMIT, arena, &text) : RC_NO_MEMORY;
    if (rc == RC_LIMIT)
        return refuse_size(name, diagnostics);
    if (rc != RC_OK) {
        diagnose(diagnostics, SEVERITY_ERROR, (struct place){.file = name}, "cannot be read: %s",
                 rc_sentence(rc));
        return NULL;
    }
    return parse_owned(name, text, arena, diagnostics);
}
