#include "bench/generate_template.h"

#include <stdlib.h>

#include "bench/generate_program.h"

enum {
    ARENA_LIMIT = 16 * 1024 * 1024,
    WORD_LIMIT = 3,    /* of one slot */
    NUMBER_LIMIT = 20, /* digits of a 64-bit number */
    UUID_LENGTH = 36,
    TIME_TEXT_LENGTH = 24, /* 2026-01-02T03:04:05.678Z */
    REPEAT_LIMIT = 1000,
};

/* A slot's words: "number 1-99" has two. */
struct slot {
    struct slice words[WORD_LIMIT];
    size_t count;
};

static struct generate_template *find_part(const struct generate_book *book, struct slice name)
{
    for (size_t i = 0; i < book->part_count; i++) {
        if (slice_equal(slice_from_string(book->parts[i].name), name))
            return &book->parts[i];
    }
    return NULL;
}

static const struct compiled_list *find_list(const struct generate_book *book, struct slice name)
{
    for (size_t i = 0; i < book->list_count; i++) {
        if (slice_equal(slice_from_string(book->lists[i].name), name))
            return &book->lists[i];
    }
    return NULL;
}

static const struct generate_value *find_value(const struct generate_book *book, struct slice name)
{
    for (const struct generate_value *value = book->values; value->name; value++) {
        if (slice_equal(slice_from_string(value->name), name))
            return value;
    }
    return NULL;
}

/* A copy with quotes in their place, and with room behind it for wide copies. */
static const char *literal(struct generate_book *book, struct slice text)
{
    char *copy = arena_allocate(&book->arena, text.length + GENERATE_SLACK, 1);
    for (size_t i = 0; copy && i < text.length; i++)
        copy[i] = text.data[i] == '\'' ? '"' : text.data[i];
    return copy;
}

static bool parse_range(struct slice text, uint64_t *low, uint64_t *high)
{
    struct slice rest = text;
    struct slice first = slice_cut(&rest, '-');
    return slice_to_u64(first, low) && slice_to_u64(rest, high) && *low <= *high;
}

static bool compile_part(struct generate_book *book, struct generate_template *part);

/* Slots that are random characters or numbers: their name, then one or two arguments. */
static bool compile_random(const struct slot *slot, struct generate_operation *out, size_t *limit)
{
    static const struct {
        const char *name;
        enum generate_operation_kind kind;
        size_t words;
    } kinds[] = {
        {"number", GENERATE_NUMBER, 2},
        {"small", GENERATE_SMALL, 2},
        {"decimal", GENERATE_DECIMAL, 3},
        {"hex", GENERATE_HEX_LOW, 2},
        {"HEX", GENERATE_HEX_HIGH, 2},
        {"digits", GENERATE_DIGITS, 2},
        {"uuid", GENERATE_UUID, 1},
        {"time.ms", GENERATE_TIME_MS, 1},
        {"time.s", GENERATE_TIME_S, 1},
        {"time.text", GENERATE_TIME_TEXT, 1},
        {"before.ms", GENERATE_TIME_MS, 2},
        {"before.s", GENERATE_TIME_S, 2},
        {"before.text", GENERATE_TIME_TEXT, 2},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!slice_equal(slice_from_string(kinds[i].name), slot->words[0]))
            continue;
        uint64_t digits = 0;
        out->kind = kinds[i].kind;
        *limit = out->kind == GENERATE_UUID ? UUID_LENGTH : TIME_TEXT_LENGTH;
        if (slot->count != kinds[i].words)
            return false;
        if (out->kind == GENERATE_HEX_LOW || out->kind == GENERATE_HEX_HIGH ||
            out->kind == GENERATE_DIGITS) {
            bool fits = slice_to_u64(slot->words[1], &digits) && digits > 0 && digits <= 1000;
            out->digits = (uint32_t)digits;
            *limit = digits + 16;
            return fits;
        }
        if (slot->count == 3 && (!slice_to_u64(slot->words[2], &digits) || digits > 9))
            return false;
        out->digits = (uint32_t)digits;
        *limit += NUMBER_LIMIT;
        return slot->count < 2 || parse_range(slot->words[1], &out->low, &out->high);
    }
    return false;
}

static bool row_from_name(struct slice name, uint64_t *out)
{
    static const char *const names[] = {"any", "device", "platform", "place", "app"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (slice_equal(slice_from_string(names[i]), name)) {
            *out = i;
            return true;
        }
    }
    return false;
}

/* How a part is used: "30%", "*2-6" or "@row". */
static bool compile_use(struct slice use, const struct generate_template *part,
                        struct generate_operation *out, size_t *limit)
{
    uint64_t percent = 0;
    *limit = part->limit;
    if (slice_ends_with(use, SLICE("%"))) {
        out->kind = GENERATE_MAYBE;
        if (!slice_to_u64(slice_head(use, use.length - 1), &percent) || percent > 100)
            return false;
        out->low = percent * 1024 / 100;
        return true;
    }
    if (slice_starts_with(use, SLICE("@"))) {
        out->kind = GENERATE_BY_ROW;
        return row_from_name(slice_tail(use, 1), &out->low);
    }
    out->kind = GENERATE_REPEAT;
    if (!slice_starts_with(use, SLICE("*")) ||
        !parse_range(slice_tail(use, 1), &out->low, &out->high) || out->high > REPEAT_LIMIT)
        return false;
    *limit = (part->limit + 1) * out->high;
    return true;
}

static bool compile_slot(struct generate_book *book, const struct slot *slot,
                         struct generate_operation *out, size_t *limit)
{
    struct slice name = slot->words[0];
    if (compile_random(slot, out, limit))
        return true;
    struct generate_template *part = find_part(book, name);
    if (part) {
        out->kind = GENERATE_PART;
        out->of.part = part;
        if (!compile_part(book, part))
            return false;
        *limit = part->limit;
        return slot->count == 1 ||
               (slot->count == 2 && compile_use(slot->words[1], part, out, limit));
    }
    const struct generate_value *value = find_value(book, name);
    const struct compiled_list *list = find_list(book, name);
    if (slot->count != 1 || (!value && !list))
        return false;
    if (value) {
        out->kind = GENERATE_VALUE;
        out->of.write = value->write;
        *limit = value->limit;
    } else {
        out->kind = GENERATE_LIST;
        out->of.list = list;
        *limit = list->longest;
    }
    return true;
}

static bool split_slot(struct slice text, struct slot *out)
{
    *out = (struct slot){0};
    while (text.length > 0) {
        if (out->count == WORD_LIMIT)
            return false;
        out->words[out->count++] = slice_cut(&text, ' ');
    }
    return out->count > 0;
}

static bool compile_text(struct generate_book *book, struct slice text,
                         struct generate_alternative *out, size_t *limit)
{
    size_t count = 0, most = 1;
    bool in_slot = false;
    for (size_t i = 0; i < text.length; i++)
        most += text.data[i] == '`';
    out->operations = ARENA_ARRAY(&book->arena, most, struct generate_operation);
    *limit = 0;
    while (out->operations && text.data) {
        struct slice piece = slice_cut(&text, '`');
        struct generate_operation *operation = &out->operations[count];
        size_t longest = piece.length;
        if (in_slot && !text.data)
            return false;
        if (in_slot) {
            struct slot slot;
            if (!split_slot(piece, &slot) || !compile_slot(book, &slot, operation, &longest))
                return false;
            count++;
        } else if (piece.length > 0) {
            operation->length = (uint32_t)piece.length;
            operation->of.text = literal(book, piece);
            if (!operation->of.text)
                return false;
            count++;
        }
        *limit += longest;
        in_slot = !in_slot;
    }
    out->count = count;
    return out->operations != NULL;
}

static void spread_weights(struct generate_template *part, const unsigned *weights)
{
    unsigned total = 0, sum = 0, next = 0;
    for (size_t i = 0; i < part->count; i++)
        total += weights[i];
    for (size_t i = 0; i < part->count; i++) {
        sum += weights[i];
        for (; next < sum * 256 / total; next++)
            part->chosen[next] = (uint8_t)i;
    }
}

/* Compiles all alternatives of a part, those that it uses first. */
static bool compile_part(struct generate_book *book, struct generate_template *part)
{
    unsigned weights[256];
    size_t at = 0;
    if (part->state != TEMPLATE_NEW)
        return part->state == TEMPLATE_DONE; /* else it uses itself */
    part->state = TEMPLATE_OPEN;
    part->alternatives = ARENA_ARRAY(&book->arena, part->count, struct generate_alternative);
    for (size_t t = 0; book->tables[t] && part->alternatives; t++) {
        for (const struct generate_part *row = book->tables[t]; row->name; row++) {
            size_t limit;
            if (strcmp(row->name, part->name) != 0)
                continue;
            weights[at] = row->weight;
            if (!compile_text(book, slice_from_string(row->text), &part->alternatives[at++],
                              &limit)) {
                if (!book->wrong)
                    book->wrong = part->name;
                return false;
            }
            if (limit > part->limit)
                part->limit = limit;
        }
    }
    spread_weights(part, weights);
    part->state = TEMPLATE_DONE;
    return at == part->count;
}

/* One entry in `parts` for each name, with the number of its alternatives. */
static bool collect_parts(struct generate_book *book)
{
    size_t rows = 0;
    for (size_t t = 0; book->tables[t]; t++) {
        for (const struct generate_part *row = book->tables[t]; row->name; row++)
            rows++;
    }
    book->parts = ARENA_ARRAY(&book->arena, rows, struct generate_template);
    if (!book->parts)
        return false;
    for (size_t t = 0; book->tables[t]; t++) {
        for (const struct generate_part *row = book->tables[t]; row->name; row++) {
            struct generate_template *part = find_part(book, slice_from_string(row->name));
            if (!part) {
                part = &book->parts[book->part_count++];
                part->name = row->name;
            }
            if (++part->count > 255 || row->weight == 0 || row->weight > 255)
                return false;
        }
    }
    return true;
}

static bool compile_list(struct generate_book *book, const struct generate_list *list,
                         struct compiled_list *out)
{
    struct slice rest = slice_from_string(list->entries);
    *out = (struct compiled_list){.name = list->name, .row = list->row, .count = 1};
    for (size_t i = 0; i < rest.length; i++)
        out->count += rest.data[i] == '|';
    out->entries = ARENA_ARRAY(&book->arena, out->count, struct slice);
    for (size_t i = 0; i < out->count && out->entries; i++) {
        struct slice entry = slice_cut(&rest, '|');
        out->entries[i] = slice_of(literal(book, entry), entry.length);
        if (!out->entries[i].data)
            return false;
        if (entry.length > out->longest)
            out->longest = (uint32_t)entry.length;
    }
    return out->entries != NULL;
}

static bool compile_lists(struct generate_book *book, const struct generate_list *lists)
{
    size_t count = 0;
    while (lists[count].name)
        count++;
    book->lists = ARENA_ARRAY(&book->arena, count, struct compiled_list);
    for (size_t i = 0; i < count && book->lists; i++) {
        if (!compile_list(book, &lists[i], &book->lists[i]))
            return false;
    }
    book->list_count = count;
    return book->lists != NULL;
}

enum rc generate_book_new(const struct generate_part *const *tables,
                          const struct generate_list *lists, const struct generate_value *values,
                          struct generate_book **out, const char **wrong)
{
    struct generate_book *book = calloc(1, sizeof *book);
    *out = NULL;
    if (!book)
        return RC_NO_MEMORY;
    arena_init(&book->arena, ARENA_LIMIT);
    book->tables = tables;
    book->values = values;
    bool good = compile_lists(book, lists) && collect_parts(book);
    for (size_t i = 0; i < book->part_count && good; i++)
        good = compile_part(book, &book->parts[i]);
    if (!good) {
        if (wrong)
            *wrong = book->wrong;
        generate_book_free(book);
        return RC_INTERNAL;
    }
    *out = book;
    return RC_OK;
}

void generate_book_free(struct generate_book *book)
{
    if (!book)
        return;
    arena_release(&book->arena);
    free(book);
}

const struct generate_template *generate_book_find(const struct generate_book *book,
                                                   const char *name)
{
    return find_part(book, slice_from_string(name));
}

size_t generate_template_limit(const struct generate_template *part)
{
    return part->limit;
}

size_t generate_book_list_count(const struct generate_book *book, const char *name)
{
    const struct compiled_list *list = find_list(book, slice_from_string(name));
    return list ? list->count : 0;
}
