/*
 * Result codes: one enum for the whole project, one table of sentences.
 *
 * A function returns `enum rc` (marked LETHE_CHECKED) or cannot fail. A code says what class of
 * thing went wrong; *where* it went wrong is said by the caller, who knows the place. No code and
 * no sentence ever carries a value of a record.
 */
#ifndef LETHE_CORE_RC_H
#define LETHE_CORE_RC_H

#define LETHE_CHECKED __attribute__((warn_unused_result))

/*        code              name             sentence */
#define RC_TABLE(X)                                                                                \
    X(RC_OK, "ok", "done")                                                                         \
    X(RC_NO_MEMORY, "no_memory", "out of memory")                                                  \
    X(RC_LIMIT, "limit", "a configured limit was reached")                                         \
    X(RC_SYNTAX, "syntax", "the text is not well formed")                                          \
    X(RC_NOT_FOUND, "not_found", "there is no such thing")                                         \
    X(RC_END, "end", "the input has ended")                                                        \
    X(RC_TRUNCATED, "truncated", "the input ends in the middle of something")                      \
    X(RC_CORRUPT, "corrupt", "the data does not match its checksum or its format")                 \
    X(RC_IO, "io", "reading or writing failed")                                                    \
    X(RC_NO_SPACE, "no_space", "there is no space left on the device")                             \
    X(RC_REFUSED, "refused", "not permitted, or not the kind of file that it must be")             \
    X(RC_EXISTS, "exists", "it exists already")                                                    \
    X(RC_AGAIN, "again", "it was undone and is to be done again")                                  \
    X(RC_CONFIGURATION, "configuration", "the configuration is not usable")                        \
    X(RC_UNSUPPORTED, "unsupported", "this is not in this version")                                \
    X(RC_INTERNAL, "internal", "an invariant of the program does not hold")

enum rc {
#define RC_ENUM(code, name, sentence) code,
    RC_TABLE(RC_ENUM)
#undef RC_ENUM
        RC_COUNT
};

/* Stable lower-case name, for logs and metrics. */
const char *rc_name(enum rc rc);

/* One lower-case sentence, for people. */
const char *rc_sentence(enum rc rc);

/* The code that fits an errno value (ENOSPC and EDQUOT: RC_NO_SPACE, ENOMEM: RC_NO_MEMORY, ...). */
enum rc rc_from_errno(int error_number);

#endif
