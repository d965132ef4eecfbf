#include <string.h>

#include "bench/generate_program.h"
#include "core/time_text.h"

static const char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313"
    "23334353637383940414243444546474849505152535455565758596061626364"
    "65666768697071727374757677787980818283848586878889909192939495969"
    "79899";

/* Copies in pieces of 32 bytes: may write, and read, GENERATE_SLACK bytes beyond the end. */
static inline char *put_text(char *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i += 32)
        memcpy(out + i, text + i, 32);
    return out + length;
}

char *generate_put_padded(char *out, uint64_t number, unsigned digits)
{
    unsigned left = digits;
    while (left >= 2) {
        left -= 2;
        memcpy(out + left, digit_pairs + number % 100 * 2, 2);
        number /= 100;
    }
    if (left == 1)
        out[0] = (char)('0' + number % 10);
    return out + digits;
}

char *generate_put_number(char *out, uint64_t number)
{
    unsigned digits = 1;
    for (uint64_t rest = number; rest >= 10; rest /= 10)
        digits++;
    return generate_put_padded(out, number, digits);
}

static char *put_hex(char *out, uint64_t word, unsigned digits, const char *alphabet)
{
    for (unsigned i = 0; i < digits; i++)
        out[i] = alphabet[(word >> (60 - 4 * i)) & 15];
    return out + digits;
}

char *generate_put_hex(char *out, uint64_t word, unsigned digits)
{
    return put_hex(out, word, digits, "0123456789abcdef");
}

static char *put_random_hex(char *out, struct generate_random *random, unsigned digits,
                            const char *alphabet)
{
    while (digits > 0) {
        unsigned now = digits < 16 ? digits : 16;
        out = put_hex(out, generate_next(random), now, alphabet);
        digits -= now;
    }
    return out;
}

static char *put_digits(char *out, struct generate_random *random, unsigned digits)
{
    while (digits > 0) {
        unsigned now = digits < 16 ? digits : 16;
        out = generate_put_padded(out, generate_next(random), now);
        digits -= now;
    }
    return out;
}

static char *put_uuid(char *out, struct generate_random *random)
{
    uint64_t high = generate_next(random), low = generate_next(random);
    high = (high & ~UINT64_C(0xf000)) | UINT64_C(0x4000);
    low = (low & ~(UINT64_C(3) << 62)) | (UINT64_C(2) << 62);
    out = generate_put_hex(out, high, 8);
    *out++ = '-';
    out = generate_put_hex(out, high << 32, 4);
    *out++ = '-';
    out = generate_put_hex(out, high << 48, 4);
    *out++ = '-';
    out = generate_put_hex(out, low, 4);
    *out++ = '-';
    return generate_put_hex(out, low << 16, 12);
}

/* The date's text; the last two days are remembered, since records of one hour share theirs. */
static const char *date_text(struct generate_context *context, int64_t day)
{
    size_t slot = (size_t)day & 1;
    if (context->dates[slot] != day || context->date_texts[slot][0] == '\0') {
        struct buffer text;
        buffer_init(&text, 64);
        time_append(&text, day * TIME_DAY, TIME_FORMAT_RFC3339);
        if (text.length >= sizeof context->date_texts[slot])
            memcpy(context->date_texts[slot], text.data, sizeof context->date_texts[slot]);
        context->dates[slot] = day;
        buffer_release(&text);
    }
    return context->date_texts[slot];
}

char *generate_put_time_text(char *out, struct generate_context *context, int64_t time)
{
    int64_t day = time / TIME_DAY;
    uint64_t rest = (uint64_t)(time % TIME_DAY);
    memcpy(out, date_text(context, day), 10);
    out[10] = 'T';
    generate_put_padded(out + 11, rest / TIME_HOUR, 2);
    out[13] = ':';
    generate_put_padded(out + 14, rest / TIME_MINUTE % 60, 2);
    out[16] = ':';
    generate_put_padded(out + 17, rest / TIME_SECOND % 60, 2);
    out[19] = '.';
    generate_put_padded(out + 20, rest % TIME_SECOND, 3);
    out[23] = 'Z';
    return out + 24;
}

static char *put_time(char *out, const struct generate_operation *operation,
                      struct generate_context *context)
{
    int64_t time = context->time;
    if (operation->high > 0) {
        uint64_t before =
            operation->low * TIME_SECOND +
            generate_below(&context->random, (operation->high - operation->low) * TIME_SECOND + 1);
        time -= (int64_t)(before + context->later * operation->high * TIME_SECOND);
    }
    if (time < 0)
        time = 0;
    if (operation->kind == GENERATE_TIME_MS)
        return generate_put_number(out, (uint64_t)time);
    if (operation->kind == GENERATE_TIME_S)
        return generate_put_number(out, (uint64_t)(time / TIME_SECOND));
    return generate_put_time_text(out, context, time);
}

static char *put_decimal(char *out, const struct generate_operation *operation,
                         struct generate_random *random)
{
    uint64_t scale = 1;
    for (unsigned i = 0; i < operation->digits; i++)
        scale *= 10;
    uint64_t number = generate_below(random, (operation->high - operation->low) * scale + 1);
    out = generate_put_number(out, operation->low + number / scale);
    if (operation->digits > 0) {
        *out++ = '.';
        out = generate_put_padded(out, number % scale, operation->digits);
    }
    return out;
}

static const struct slice *pick(const struct compiled_list *list, struct generate_context *context)
{
    if (list->row == ROW_ANY)
        return &list->entries[generate_below(&context->random, list->count)];
    uint32_t row = context->rows[list->row];
    return &list->entries[row < list->count ? row : row % list->count];
}

static char *run(const struct generate_alternative *alternative, struct generate_context *context,
                 char *out);

static char *run_repeat(const struct generate_operation *operation,
                        struct generate_context *context, char *out)
{
    uint32_t outer = context->later;
    uint64_t count =
        operation->low + generate_below(&context->random, operation->high - operation->low + 1);
    for (uint64_t i = 0; i < count; i++) {
        if (i > 0)
            *out++ = ',';
        context->later = (uint32_t)(count - 1 - i);
        out = generate_render(operation->of.part, context, out);
    }
    context->later = outer;
    return out;
}

static char *run_number(const struct generate_operation *operation, struct generate_random *random,
                        char *out)
{
    uint64_t bound = operation->high - operation->low + 1;
    uint64_t number = operation->kind == GENERATE_NUMBER
                          ? generate_below(random, bound)
                          : generate_rank(generate_next(random), generate_next(random), bound);
    return generate_put_number(out, operation->low + number);
}

static char *run_operation(const struct generate_operation *operation,
                           struct generate_context *context, char *out)
{
    const struct generate_template *part = operation->of.part;
    struct generate_random *random = &context->random;
    switch (operation->kind) {
    case GENERATE_TEXT:
        return put_text(out, operation->of.text, operation->length);
    case GENERATE_LIST: {
        const struct slice *entry = pick(operation->of.list, context);
        return put_text(out, entry->data, entry->length);
    }
    case GENERATE_MAYBE:
        if ((generate_next(random) >> 54) >= operation->low)
            return out;
        return generate_render(part, context, out);
    case GENERATE_PART:
        return generate_render(part, context, out);
    case GENERATE_BY_ROW:
        return run(&part->alternatives[context->rows[operation->low] % part->count], context, out);
    case GENERATE_REPEAT:
        return run_repeat(operation, context, out);
    case GENERATE_VALUE:
        return operation->of.write(out, context);
    case GENERATE_NUMBER:
    case GENERATE_SMALL:
        return run_number(operation, random, out);
    case GENERATE_DECIMAL:
        return put_decimal(out, operation, random);
    case GENERATE_HEX_LOW:
        return put_random_hex(out, random, operation->digits, "0123456789abcdef");
    case GENERATE_HEX_HIGH:
        return put_random_hex(out, random, operation->digits, "0123456789ABCDEF");
    case GENERATE_DIGITS:
        return put_digits(out, random, operation->digits);
    case GENERATE_UUID:
        return put_uuid(out, random);
    case GENERATE_TIME_MS:
    case GENERATE_TIME_S:
    case GENERATE_TIME_TEXT:
        return put_time(out, operation, context);
    }
    return out;
}

static char *run(const struct generate_alternative *alternative, struct generate_context *context,
                 char *out)
{
    for (size_t i = 0; i < alternative->count; i++)
        out = run_operation(&alternative->operations[i], context, out);
    return out;
}

char *generate_render(const struct generate_template *part, struct generate_context *context,
                      char *out)
{
    size_t chosen = part->count > 1 ? part->chosen[generate_next(&context->random) >> 56] : 0;
    return run(&part->alternatives[chosen], context, out);
}
