/*
 * The reference pages of docs/reference/, made from the tables, in Markdown. A test holds the
 * committed pages to what these write, byte for byte.
 */
#ifndef LETHE_SCHEMAS_REFERENCE_H
#define LETHE_SCHEMAS_REFERENCE_H

#include "core/buffer.h"

/* A page needs less than this. */
enum { REFERENCE_LIMIT = 256 * 1024 };

/* categories.md: every category with its floor, what a kept value may be, its canonical form, and
 * the recipients' profiles. */
void reference_write_categories(struct buffer *out);

/* actions.md: what each action does, and the table of kinds and actions. */
void reference_write_actions(struct buffer *out);

/* reasons.md: why fields, records and messages stay in. */
void reference_write_reasons(struct buffer *out);

#endif
