/*
 * The log: one line an event, on standard error.
 *
 * An event has a name from a table and typed fields. There is no way to pass a free string: text
 * fields are names from the configuration, file names that the operator gave, or sentences of the
 * program, and the type of the call says which. So no value of a record can get in by accident.
 *
 *     2026-11-24T08:00:00.120Z warning key_missing recipient=analytics epoch=42
 *     {"time":"2026-11-24T08:00:00.120Z","level":"warning","event":"key_missing",...}
 *
 * In the plain form a text that is no plain word stands in quotes. In both, control characters,
 * line and direction marks (utf8_is_harmful) are written as \uXXXX and bytes that are not UTF-8 as
 * U+FFFD, so one event is always one line. A text is cut after 256 bytes and then ends in "..."; a
 * line is at most 4096 bytes: fields that no longer fit are left out, and "cut" is true. Lines are
 * written whole by one write(2); safe from every thread; errno stays as it was. An event that
 * cannot be written is lost.
 */
#ifndef LETHE_CORE_LOG_H
#define LETHE_CORE_LOG_H

#include "core/rc.h"
#include "core/slice.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_PLAIN, LOG_JSON };

enum log_kind { LOG_KIND_NAME, LOG_KIND_NUMBER, LOG_KIND_SENTENCE };

struct log_field {
    const char *key;
    enum log_kind kind;
    struct slice text;
    int64_t number;
};

/* A name from the configuration or the command line: a topic, a file, a recipient, a category. */
#define LOG_NAME(key, value)   ((struct log_field){key, LOG_KIND_NAME, value, 0})
#define LOG_NUMBER(key, value) ((struct log_field){key, LOG_KIND_NUMBER, {0}, (int64_t)(value)})
/* A sentence of the program, that is, a string literal or rc_sentence(). */
#define LOG_SENTENCE(key, value)                                                                   \
    ((struct log_field){key, LOG_KIND_SENTENCE, slice_from_string(value), 0})

/* Until it is called: plain, and up to LOG_INFO. */
void log_configure(enum log_format format, enum log_level most_detailed);

/* `event` is a string literal, lower case with underscores. */
void log_event(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);

#define LOG(level, event, ...)                                                                     \
    log_event(level, event, (const struct log_field[]){__VA_ARGS__},                               \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#endif
