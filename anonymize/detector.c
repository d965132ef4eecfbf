#include "anonymize/detector.h"

#include <string.h>

#include "anonymize/detector_scan.h"
#include "anonymize/detector_view.h"

enum { SHORT_TEXT = 512 };

#define D (BYTE_DIGIT | BYTE_HEX | BYTE_LOCAL | BYTE_HOST)
#define H (BYTE_LETTER | BYTE_HEX | BYTE_LOCAL | BYTE_HOST)
#define L (BYTE_LETTER | BYTE_LOCAL | BYTE_HOST)
#define S BYTE_SPACE
#define M BYTE_MARK
#define A BYTE_LOCAL
#define W (BYTE_WIDE | BYTE_LOCAL | BYTE_HOST)

/* clang-format off */
const unsigned char byte_class_table[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, S, S, S, S, S, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    S, A, 0, A, M | A, A, A, A, 0, 0, A, M | A, 0, M | A | BYTE_HOST, A, M | A,
    D, D, D, D, D, D, D, D, D, D, M, 0, 0, M | A, 0, A,
    M, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, 0, M, 0, A, A | BYTE_HOST,
    A, H, H, H, H, H, H, L, L, L, L, L, L, L, L, L,
    L, L, L, L, L, L, L, L, L, L, L, A, A, A, M | A, 0,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
};
/* clang-format on */

static const struct {
    const char *name, *placeholder, *description;
    enum detector_strength strength;
} kinds[DETECTOR_KIND_COUNT] = {
#define DETECTOR_ROW(code, name, placeholder, strength, sentence)                                  \
    [code] = {name, placeholder, sentence, strength},
    DETECTOR_TABLE(DETECTOR_ROW)
#undef DETECTOR_ROW
};

const char *detector_name(enum detector_kind kind)
{
    return (unsigned)kind < DETECTOR_KIND_COUNT ? kinds[kind].name : "unknown";
}

struct slice detector_placeholder(enum detector_kind kind)
{
    return slice_from_string((unsigned)kind < DETECTOR_KIND_COUNT ? kinds[kind].placeholder
                                                                  : "<redacted>");
}

enum detector_strength detector_kind_strength(enum detector_kind kind)
{
    return (unsigned)kind < DETECTOR_KIND_COUNT ? kinds[kind].strength : STRENGTH_NONE;
}

const char *detector_description(enum detector_kind kind)
{
    return (unsigned)kind < DETECTOR_KIND_COUNT ? kinds[kind].description : "unknown";
}

bool view_has(const struct detector_scan *scan, size_t at, struct slice text)
{
    if (at > scan->length || scan->length - at < text.length)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (byte_lower(scan->text[at + i]) != (unsigned char)text.data[i])
            return false;
    }
    return true;
}

size_t view_run(const struct detector_scan *scan, size_t at, unsigned classes)
{
    while (at < scan->length && byte_is(scan->text[at], classes))
        at++;
    return at;
}

/* Digits and hex in a row are what a finding is called that nothing else is known of. */
static bool is_nameless(enum detector_kind kind)
{
    return kind == DETECTOR_DIGITS || kind == DETECTOR_HEX;
}

/* The union of two that overlap, named after the longer if it covers the other, else after the
 * stronger, else after the first in the table. */
static struct finding unite(struct finding a, struct finding b)
{
    struct finding both = a;
    bool a_covers = a.start <= b.start && a.end >= b.end;
    bool b_covers = b.start <= a.start && b.end >= a.end;
    bool take_b = a_covers && b_covers && is_nameless(a.kind) != is_nameless(b.kind)
                      ? is_nameless(a.kind)
                  : a_covers != b_covers     ? b_covers
                  : a.strength != b.strength ? b.strength > a.strength
                                             : b.kind < a.kind;
    if (take_b)
        both = b;
    both.strength = a.strength > b.strength ? a.strength : b.strength;
    both.start = a.start < b.start ? a.start : b.start;
    both.end = a.end > b.end ? a.end : b.end;
    return both;
}

/* Puts a finding where it belongs. They come nearly in order, so the place is near the end. */
static void insert_finding(struct detector_scan *scan, struct finding finding)
{
    size_t at = scan->count;
    size_t last = at;
    while (at > 0 && scan->out[at - 1].start >= finding.end)
        at--;
    last = at;
    while (at > 0 && scan->out[at - 1].end > finding.start) {
        finding = unite(scan->out[at - 1], finding);
        at--;
    }
    if (at == last) {
        if (scan->count == scan->capacity) {
            scan->overflow = true;
            return;
        }
        memmove(scan->out + at + 1, scan->out + at, (scan->count - at) * sizeof *scan->out);
        scan->count++;
    } else {
        memmove(scan->out + at + 1, scan->out + last, (scan->count - last) * sizeof *scan->out);
        scan->count -= last - at - 1;
    }
    scan->out[at] = finding;
}

void detector_report(struct detector_scan *scan, enum detector_kind kind,
                     enum detector_strength strength, size_t start, size_t end)
{
    struct finding finding = {kind, strength, start, end};
    if (scan->origin) {
        finding.start = scan->origin[start];
        finding.end = scan->origin[end];
    }
    if (finding.start < finding.end)
        insert_finding(scan, finding);
}

static struct word read_word(const struct detector_scan *scan, size_t at)
{
    struct word word = {.start = at, .all_hex = true};
    size_t hex = 0; /* hex digits in a row */
    for (; at < scan->length && byte_is(scan->text[at], BYTE_WORD); at++) {
        unsigned classes = byte_class_table[scan->text[at]];
        word.has_digit |= (classes & BYTE_DIGIT) != 0;
        word.has_letter |= (classes & BYTE_LETTER) != 0;
        hex = classes & BYTE_HEX ? hex + 1 : 0;
        word.all_hex &= hex > 0;
        word.long_hex |= hex >= 16;
    }
    word.end = at;
    return word;
}

static void look_at_word(struct detector_scan *scan, const struct word *word)
{
    unsigned char after = view_at(scan, word->end);
    if (word->start < scan->whole_until)
        return;
    if (word->has_digit && after == '.')
        detect_quad(scan, word);
    if (after == ':' || after == '-' || after == '.' || word->end - word->start == 12)
        detect_address(scan, word);
    if (word->start < scan->whole_until)
        return;
    if (word->long_hex)
        detect_hex(scan, word);
    if (word->has_digit) {
        detect_digits(scan, word);
        if (after == '.')
            detect_position(scan, word);
    }
    if (word->has_letter) {
        detect_token(scan, word);
        detect_jwt(scan, word);
        detect_www(scan, word);
        detect_at_word(scan, word);
        detect_device(scan, word);
    }
}

static void look_at_mark(struct detector_scan *scan, size_t at)
{
    switch (scan->text[at]) {
    case '@':
        detect_email(scan, at);
        detect_login(scan, at);
        break;
    case ':':
        detect_scheme(scan, at);
        detect_double_colon(scan, at);
        detect_secret(scan, at);
        break;
    case '=':
        detect_secret(scan, at);
        break;
    case '+':
        detect_plus(scan, at);
        break;
    case '-':
        detect_pem(scan, at);
        break;
    case '/':
    case '\\':
    case '~':
        detect_home(scan, at);
        break;
    case '$':
        detect_sentence(scan, at);
        break;
    default:
        break;
    }
}

static void scan_view(struct detector_scan *scan)
{
    scan->whole_until = scan->url_until = scan->block_until = scan->value_until = 0;
    for (size_t at = 0; at < scan->length && !scan->overflow;) {
        unsigned classes = byte_class_table[scan->text[at]];
        if (classes & BYTE_WORD) {
            struct word word = read_word(scan, at);
            look_at_word(scan, &word);
            at = word.end;
            continue;
        }
        if (classes & BYTE_MARK)
            look_at_mark(scan, at);
        else if (scan->text[at] >= 0xC0)
            detect_wide_word(scan, at);
        at++;
    }
}

static void scan_made_view(struct detector_scan *scan, struct slice text, unsigned options,
                           unsigned char *view, uint32_t *origin)
{
    scan->text = view;
    scan->origin = origin;
    scan->length = view_make(text, options, view, origin);
    scan_view(scan);
    explicit_bzero(view, scan->length);
}

/* Scans what the text looks like to readers that undo what may hide something. */
static void scan_views(struct detector_scan *scan, struct slice text, struct view_need need,
                       unsigned char *view, uint32_t *origin)
{
    if (need.wide)
        scan_made_view(scan, text, 0, view, origin);
    if (need.escaped)
        scan_made_view(scan, text, VIEW_DECODE, view, origin);
    if (need.invisible)
        scan_made_view(scan, text, VIEW_DECODE | VIEW_PART_AT_INVISIBLE, view, origin);
}

static __attribute__((noinline)) void scan_short(struct detector_scan *scan, struct slice text,
                                                 struct view_need need)
{
    unsigned char view[SHORT_TEXT];
    uint32_t origin[SHORT_TEXT + 1];
    scan_views(scan, text, need, view, origin);
}

static __attribute__((noinline)) void scan_long(struct detector_scan *scan, struct slice text,
                                                struct view_need need)
{
    unsigned char view[DETECTOR_TEXT_LIMIT];
    uint32_t origin[DETECTOR_TEXT_LIMIT + 1];
    scan_views(scan, text, need, view, origin);
}

bool detector_scan(struct slice text, struct detector_options options, struct finding *out,
                   size_t capacity, size_t *count)
{
    struct detector_scan scan = {.options = options, .out = out, .capacity = capacity};
    struct view_need need = view_need_of(text);
    bool views = need.wide || need.escaped;
    *count = 0;
    if (views && text.length > DETECTOR_TEXT_LIMIT)
        return false;
    if (!need.wide) {
        scan.text = (const unsigned char *)text.data;
        scan.length = text.length;
        scan_view(&scan);
    }
    if (views && text.length <= SHORT_TEXT)
        scan_short(&scan, text, need);
    else if (views)
        scan_long(&scan, text, need);
    *count = scan.count;
    return !scan.overflow;
}

bool detector_finds(struct slice text, struct detector_options options,
                    enum detector_strength least)
{
    struct finding found[16];
    size_t count;
    if (!detector_scan(text, options, found, sizeof found / sizeof *found, &count))
        return true;
    for (size_t i = 0; i < count; i++) {
        if (found[i].strength >= least)
            return true;
    }
    return false;
}
