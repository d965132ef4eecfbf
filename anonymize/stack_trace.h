/*
 * The action `stack`: a stack trace that came as one text. Only lines that parse as a frame or a
 * heading of a known form survive, and they are written anew from their parts, so that nothing that
 * was not understood can leave. Messages, arguments, source lines and register dumps never leave.
 *
 *   Java, Kotlin   at com.x.Y.z(File.kt:12) | Caused by: com.x.FooException | ... 12 more |
 * Suppressed: JavaScript     at f (url:1:2) | f@url:1:2 | FooError Python         Traceback (most
 * recent call last): | File "p", line 3, in f | ValueError Go             goroutine 1 [running]: |
 * main.f(...) | \t/path/x.go:12 +0x1d | created by f | panic: native         #00 pc 0000
 * /system/lib/x.so (fn+12) (BuildId: ..) | #0 0x.. in f () at file.c:12 Apple          0 UIKitCore
 * 0x000 -[UIView x] + 123 | 0x000 UIKitCore
 *
 * Addresses are written as 0x0 where a build id or an offset tells more; offsets and line numbers
 * stay. Paths go through file_path.h, URLs through url.h; names of functions, classes and modules
 * hold only characters of code symbols, at most STACK_NAME_LIMIT bytes, and are held against the
 * detectors: a frame whose name is refused is written with "?" in its place.
 *
 * At most STACK_LINE_LIMIT lines are read and STACK_OUTPUT_LIMIT bytes written; then the rest is
 * cut at a line. False: no line survived, or the buffer is full; nothing was appended. Lines are
 * separated by a single newline, without one at the end.
 */
#ifndef LETHE_ANONYMIZE_STACK_TRACE_H
#define LETHE_ANONYMIZE_STACK_TRACE_H

#include "core/buffer.h"
#include "core/slice.h"

enum { STACK_LINE_LIMIT = 512, STACK_OUTPUT_LIMIT = 64 * 1024, STACK_NAME_LIMIT = 256 };

bool stack_trace_rewrite(struct slice text, struct buffer *out);

#endif
