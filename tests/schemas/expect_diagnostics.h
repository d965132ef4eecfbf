/*
 * What a loader said, as one text that a test can compare: of every diagnostic the place without
 * the file, the severity and the words, and the suggestion; without the quoted lines.
 *
 *     3:5: error: unknown category `device.imie` [device.imei]
 */
#ifndef LETHE_TESTS_SCHEMAS_EXPECT_DIAGNOSTICS_H
#define LETHE_TESTS_SCHEMAS_EXPECT_DIAGNOSTICS_H

#include "core/diagnostics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define EXPECT_FILE "t.yaml"

static inline void digest_line(struct slice line, struct buffer *out)
{
    static const char suggestion[] = "did you mean `";
    if (slice_starts_with(line, SLICE(EXPECT_FILE ":"))) {
        buffer_append_byte(out, '\n');
        buffer_append(out, slice_tail(line, sizeof EXPECT_FILE));
    } else if (slice_starts_with(line, SLICE("did you mean `"))) {
        struct slice word = slice_tail(line, sizeof suggestion - 1);
        buffer_append_format(out, " [%.*s]", (int)(word.length - 2), word.data);
    }
}

/* The digest, in memory that the caller frees with buffer_release. */
static inline struct buffer digest(const struct diagnostics *diagnostics)
{
    struct buffer whole;
    struct buffer out;
    buffer_init(&whole, 4 * 1024 * 1024);
    buffer_init(&out, 4 * 1024 * 1024);
    diagnostics_write(diagnostics, &whole);
    struct slice rest = buffer_slice(&whole);
    while (rest.length > 0)
        digest_line(slice_cut(&rest, '\n'), &out);
    buffer_append_byte(&out, '\0');
    buffer_release(&whole);
    return out;
}

static inline void expect_digest(const struct diagnostics *diagnostics, const char *name,
                                 const char *expected)
{
    struct buffer out = digest(diagnostics);
    const char *text = out.data[0] == '\n' ? out.data + 1 : out.data;
    if (strcmp(text, expected) != 0)
        print_error("case: %s\n", name);
    assert_string_equal(text, expected);
    buffer_release(&out);
}

#endif
