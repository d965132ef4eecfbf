/*
 * What must hold of the diagnostics of any file, for the targets of schemas and policies: the print
 * is UTF-8 without control characters, every place that it names is in the text, and it names
 * errors exactly where the loader refused the file.
 */
#ifndef LETHE_TESTS_FUZZ_FUZZ_DIAGNOSTICS_H
#define LETHE_TESTS_FUZZ_FUZZ_DIAGNOSTICS_H

#include "core/diagnostics.h"
#include "core/utf8.h"
#include "tests/fuzz/fuzz.h"

#define FUZZ_FILE "fuzz.yaml"

static inline bool fuzz_take_number(struct slice *text, uint64_t *out)
{
    size_t digits = 0;
    while (digits < text->length && text->data[digits] >= '0' && text->data[digits] <= '9')
        digits++;
    bool number = slice_to_u64(slice_head(*text, digits), out);
    *text = slice_tail(*text, digits);
    return number;
}

/* `head` is what follows the file's name: ":3:7: error: ...", ":3: ...", ": ...". */
static inline void fuzz_check_place(struct slice head, struct slice text)
{
    uint64_t line, column;
    head = slice_tail(head, 1);
    if (!fuzz_take_number(&head, &line))
        return;
    struct slice shown = {0};
    for (uint64_t i = 0; i < line; i++) {
        FUZZ_CHECK(i == 0 || text.data); /* there is such a line */
        shown = slice_cut(&text, '\n');
    }
    FUZZ_CHECK(line > 0);
    head = slice_tail(head, 1);
    if (fuzz_take_number(&head, &column))
        FUZZ_CHECK(column > 0 && column <= shown.length + 1);
}

static inline void fuzz_check_print(struct slice print, struct slice text)
{
    FUZZ_CHECK(utf8_valid(print));
    while (print.length > 0) {
        struct slice line = slice_cut(&print, '\n');
        for (size_t i = 0; i < line.length; i++)
            FUZZ_CHECK((unsigned char)line.data[i] >= 0x20 && line.data[i] != 0x7f);
        if (slice_starts_with(line, SLICE(FUZZ_FILE ":")))
            fuzz_check_place(slice_tail(line, sizeof FUZZ_FILE - 1), text);
    }
}

static inline void fuzz_check_diagnostics(const struct diagnostics *diagnostics, struct slice text,
                                          bool loaded)
{
    struct buffer print;
    FUZZ_CHECK(loaded == (diagnostics->errors == 0));
    buffer_init(&print, 4 * 1024 * 1024);
    diagnostics_write(diagnostics, &print);
    FUZZ_CHECK(buffer_status(&print) == RC_OK);
    FUZZ_CHECK((print.length > 0) ==
               (diagnostics->errors + diagnostics->warnings + diagnostics->notes > 0));
    fuzz_check_print(buffer_slice(&print), text);
    buffer_release(&print);
    buffer_init(&print, 100); /* one that is too small fails and stays whole */
    diagnostics_write(diagnostics, &print);
    FUZZ_CHECK(print.length <= 100);
    buffer_release(&print);
}

#endif
