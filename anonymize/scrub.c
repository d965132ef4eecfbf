#include "anonymize/scrub.h"

#include "anonymize/detector_scan.h"
#include "core/utf8.h"

enum {
    ROUND_LIMIT = 4,
    DECODE_DEPTH = 2,
    DECODE_ROOM = SCRUB_TEXT_LIMIT * 3 / 4 + SCRUB_TEXT_LIMIT * 9 / 16 + 16,
    PLACEHOLDER_MOST = 16,
};

struct findings {
    struct finding list[SCRUB_FINDING_LIMIT];
    size_t count;
};

/* Puts what a token holds between what was found; false where there is no room. Overlapping ones
 * are swallowed: the token is longer than what was found in it. */
static bool add_encoded(struct findings *findings, size_t start, size_t end)
{
    size_t first = 0;
    while (first < findings->count && findings->list[first].end <= start)
        first++;
    size_t last = first;
    while (last < findings->count && findings->list[last].start < end) {
        start = findings->list[last].start < start ? findings->list[last].start : start;
        end = findings->list[last].end > end ? findings->list[last].end : end;
        last++;
    }
    if (findings->count - (last - first) == SCRUB_FINDING_LIMIT)
        return false;
    memmove(findings->list + first + 1, findings->list + last,
            (findings->count - last) * sizeof *findings->list);
    findings->count = findings->count - (last - first) + 1;
    findings->list[first] = (struct finding){DETECTOR_ENCODED, STRENGTH_STRUCT, start, end};
    return true;
}

static bool is_covered(const struct findings *findings, size_t start, size_t end)
{
    for (size_t i = 0; i < findings->count && findings->list[i].start <= start; i++) {
        if (findings->list[i].end >= end)
            return true;
    }
    return false;
}

static __attribute__((noinline)) bool find_encoded(struct slice text, struct findings *findings)
{
    char memory[DECODE_ROOM];
    size_t end = 0;
    size_t at;
    while ((at = detector_next_token(text, end, &end)) < text.length) {
        struct slice token = slice_between(text, at, end);
        if (!is_covered(findings, at, end) &&
            detector_decodes_to_finding(token, DECODE_DEPTH, memory, sizeof memory) &&
            !add_encoded(findings, at, end))
            return false;
    }
    return true;
}

static bool find_all(struct slice text, struct findings *findings)
{
    struct detector_options options = {0};
    size_t end;
    if (text.length > SCRUB_TEXT_LIMIT ||
        !detector_scan(text, options, findings->list, SCRUB_FINDING_LIMIT, &findings->count))
        return false;
    return detector_next_token(text, 0, &end) == text.length || find_encoded(text, findings);
}

/* Would writing the text with these findings replaced give the same text? */
static bool is_settled(struct slice text, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];
        if (!slice_equal(slice_between(text, finding->start, finding->end),
                         detector_placeholder(finding->kind)))
            return false;
    }
    return true;
}

static void write_replaced(struct slice text, const struct findings *findings, struct buffer *out)
{
    size_t from = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];
        buffer_append(out, slice_between(text, from, finding->start));
        buffer_append(out, detector_placeholder(finding->kind));
        from = finding->end;
    }
    buffer_append(out, slice_tail(text, from));
}

/* Replaces what was written from `before` by what its own findings make of it. */
static bool write_again(const struct findings *findings, struct buffer *out, size_t before)
{
    size_t middle = out->length;
    if (!buffer_reserve(out, middle - before + findings->count * PLACEHOLDER_MOST))
        return false;
    write_replaced(slice_of(out->data + before, middle - before), findings, out);
    if (out->failed)
        return false;
    size_t length = out->length - middle;
    memmove(out->data + before, out->data + middle, length);
    buffer_truncate(out, before + length);
    return true;
}

static bool scrub_rounds(struct slice text, struct scrub_counts *counts, struct buffer *out)
{
    struct findings findings;
    size_t before = out->length;
    if (!find_all(text, &findings))
        return false;
    for (size_t i = 0; i < findings.count; i++)
        counts->found[findings.list[i].kind]++;
    write_replaced(text, &findings, out);
    for (int round = 0; round < ROUND_LIMIT && !out->failed; round++) {
        struct slice written = slice_of(out->data + before, out->length - before);
        if (findings.count == 0)
            return true;
        if (!find_all(written, &findings))
            return false;
        if (is_settled(written, &findings))
            return true;
        if (!write_again(&findings, out, before))
            return false;
    }
    return false;
}

bool scrub_text(struct slice text, struct scrub_counts *counts, struct buffer *out)
{
    struct scrub_counts found = {0};
    size_t before = out->length;
    if (text.length > SCRUB_TEXT_LIMIT || slice_find_byte(text, 0) < text.length ||
        !utf8_valid(text))
        return false;
    if (text.length == 0)
        return !out->failed;
    if (!scrub_rounds(text, &found, out)) {
        buffer_truncate(out, before);
        return false;
    }
    for (int i = 0; counts && i < DETECTOR_KIND_COUNT; i++)
        counts->found[i] += found.found[i];
    return true;
}
