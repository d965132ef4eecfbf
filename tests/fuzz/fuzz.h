/*
 * What the fuzz targets share. A target is one file fuzz_NAME.c with LLVMFuzzerTestOneInput; its
 * corpus is corpus/NAME, its words are NAME.dict.
 *
 * A target checks what must hold of any input, not only that nothing crashes: each says in its
 * head what. The corpus is text wherever the format is: what chooses a mode is a first character
 * that can be typed, and several inputs in one are parted by FUZZ_SEPARATOR.
 */
#ifndef LETHE_TESTS_FUZZ_FUZZ_H
#define LETHE_TESTS_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/slice.h"

/* ASCII's record separator: in no JSON text, and hardly ever in a message. */
enum { FUZZ_SEPARATOR = 0x1e };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant of the target; asserts may be compiled out, this may not. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline struct slice fuzz_text(const uint8_t *data, size_t size)
{
    return slice_of(size > 0 ? (const char *)data : "", size);
}

/* Takes the first byte off, as the choice of a mode; 0 where there is none. */
static inline unsigned char fuzz_take_choice(struct slice *text)
{
    if (text->length == 0)
        return 0;
    unsigned char choice = (unsigned char)text->data[0];
    *text = slice_of(text->data + 1, text->length - 1);
    return choice;
}

/*
 * A copy in memory of exactly its size, so that the sanitizer finds a read beyond its end: a part
 * of the input is followed by the rest of it. Free it.
 */
static inline struct slice fuzz_copy(struct slice text)
{
    char *memory = malloc(text.length + (text.length == 0));
    FUZZ_CHECK(memory);
    if (text.length > 0)
        memcpy(memory, text.data, text.length);
    return slice_of(memory, text.length);
}

#endif
