/*
 * The forms of lines in stack traces, shared by stack_*.c alone.
 *
 * Each stack_* function looks at one line (without white space at its ends) and, where the line is
 * of its form, appends the line written anew and returns true; else it appends nothing.
 */
#ifndef LETHE_ANONYMIZE_STACK_FRAME_H
#define LETHE_ANONYMIZE_STACK_FRAME_H

#include "core/buffer.h"
#include "core/slice.h"

bool stack_java(struct slice line, struct buffer *out);
bool stack_javascript(struct slice line, struct buffer *out);
bool stack_python(struct slice line, struct buffer *out);
bool stack_go(struct slice line, struct slice next, struct buffer *out);
bool stack_go_place(struct slice line, struct buffer *out);
bool stack_heading(struct slice line, struct buffer *out);
bool stack_native(struct slice line, struct buffer *out);
bool stack_apple(struct slice line, struct buffer *out);

/* Appends a name of code, or "?" where it is empty, too long, of other characters, or a detector
 * finds something in it. */
void stack_append_name(struct buffer *out, struct slice name);

/* Only characters of names in code; `spaces` inside allowed. */
bool stack_is_name(struct slice name, bool spaces);

/* Appends a path or URL, or "?". */
void stack_append_place(struct buffer *out, struct slice place);

/* Takes ":12" or ":12:34" off the end; what was taken is in *numbers, with the first colon. */
void stack_cut_numbers(struct slice *place, struct slice *numbers);

/* Takes `prefix` off the front, and white space after it where `space` says so. */
bool stack_take(struct slice *text, struct slice prefix);

/* Takes the digits (hex with or without 0x) off the front and white space after them. */
bool stack_take_number(struct slice *text, struct slice *number);
bool stack_take_address(struct slice *text, struct slice *digits);

/* Where the parenthesis is that the last character, a ')', closes; text.length where none is. */
size_t stack_open_of(struct slice text);

#endif
