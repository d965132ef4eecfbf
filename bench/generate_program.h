/*
 * Compiled templates: what generate_template.c makes and generate_render.c runs. For them alone.
 */
#ifndef LETHE_BENCH_GENERATE_PROGRAM_H
#define LETHE_BENCH_GENERATE_PROGRAM_H

#include "bench/generate_template.h"
#include "core/arena.h"

enum generate_operation_kind {
    GENERATE_TEXT,    /* `text`, of `length` bytes */
    GENERATE_LIST,    /* an entry of `list` */
    GENERATE_PART,    /* an alternative of `part` */
    GENERATE_MAYBE,   /* likewise, in `low` of 1024 cases */
    GENERATE_BY_ROW,  /* the alternative that row `low` says */
    GENERATE_REPEAT,  /* `low` to `high` of them */
    GENERATE_VALUE,   /* a function */
    GENERATE_NUMBER,  /* `low` to `high` */
    GENERATE_SMALL,   /* likewise, as ranks */
    GENERATE_DECIMAL, /* likewise, with `digits` after the point */
    GENERATE_HEX_LOW, /* `digits` of them */
    GENERATE_HEX_HIGH,
    GENERATE_DIGITS,
    GENERATE_UUID,
    GENERATE_TIME_MS, /* `low` to `high` seconds before the event */
    GENERATE_TIME_S,
    GENERATE_TIME_TEXT,
};

struct compiled_list {
    const char *name;
    enum generate_row row;
    uint32_t count;
    uint32_t longest;
    struct slice *entries; /* each with GENERATE_SLACK readable bytes behind it */
};

struct generate_operation {
    enum generate_operation_kind kind;
    uint32_t length;
    uint32_t digits;
    uint64_t low, high;
    union {
        const char *text; /* with GENERATE_SLACK readable bytes behind it */
        const struct compiled_list *list;
        struct generate_template *part;
        char *(*write)(char *out, struct generate_context *context);
    } of;
};

struct generate_alternative {
    struct generate_operation *operations;
    size_t count;
};

/* A part: all alternatives of one name. */
struct generate_template {
    const char *name;
    struct generate_alternative *alternatives;
    size_t count;
    uint8_t chosen[256]; /* by a random byte: the alternatives in proportion to their weights */
    size_t limit;
    enum { TEMPLATE_NEW, TEMPLATE_OPEN, TEMPLATE_DONE } state; /* open: being compiled */
};

struct generate_book {
    struct arena arena;
    struct generate_template *parts;
    size_t part_count;
    struct compiled_list *lists;
    size_t list_count;
    const struct generate_part *const *tables;
    const struct generate_value *values;
    const char *wrong;
};

#endif
