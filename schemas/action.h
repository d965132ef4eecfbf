/*
 * What can be done with a field's value: the actions, and which may follow which kind of datum.
 *
 * The floor (DESIGN section 6) is a property of the datum's kind: action_permission() is the one
 * table that says which action may be used under granted consent, which always, and which never.
 * Policies are held to it when they are loaded; plans are held to it again when they are compiled.
 */
#ifndef LETHE_SCHEMAS_ACTION_H
#define LETHE_SCHEMAS_ACTION_H

#include "core/slice.h"

/*   code               name          what it does */
#define ACTION_TABLE(X)                                                                            \
    X(ACTION_DROP, "drop", "the field is left out")                                                \
    X(ACTION_REDACT, "redact", "the value is replaced by a fixed marker")                          \
    X(ACTION_KEEP, "keep", "the value is released as it is, within its category's type")           \
    X(ACTION_PSEUDONYM, "pseudonym", "a keyed hash of the canonical id, per recipient and epoch")  \
    X(ACTION_MASK, "mask", "all but the first and last few characters become asterisks")           \
    X(ACTION_TRUNCATE, "truncate", "an IP address is cut to /24 (IPv4) or /48 (IPv6)")             \
    X(ACTION_GENERALISE, "generalise", "a time, number, version or place is made coarser")         \
    X(ACTION_URL, "url", "scheme, host and path as the rule says; never user, query, fragment")    \
    X(ACTION_PATH, "path", "a file path without user names")                                       \
    X(ACTION_STACK, "stack", "a trace that came as text: only lines that parse as frames")         \
    X(ACTION_SCRUB, "scrub", "free text with every identifier found in it replaced")

enum action {
#define ACTION_ENUM(code, name, sentence) code,
    ACTION_TABLE(ACTION_ENUM)
#undef ACTION_ENUM
        ACTION_COUNT
};

const char *action_name(enum action action);
const char *action_description(enum action action);
bool action_from_name(struct slice name, enum action *out);

/* What `generalise` does, by the kind of the datum. */
enum generalisation {
    GENERALISE_NONE = 0,
    GENERALISE_TIME,    /* step: milliseconds (hour, day, week) */
    GENERALISE_NUMBER,  /* buckets: ascending lower bounds; value becomes the label of its bucket */
    GENERALISE_VERSION, /* to major.minor */
    GENERALISE_PLACE,   /* grid: size of a cell in thousandths of a degree */
};

/* How much of a URL the rule lets out. User info, query and fragment never leave. */
enum url_detail {
    URL_HOST = 0, /* scheme and host */
    URL_PATH,     /* scheme, host and path, identifiers in the path replaced by `:id` */
};

enum { BUCKET_LIMIT = 32 };

/* One action with its parameters, as a rule states it. {0} is drop. Owned by the policy's arena. */
struct action_rule {
    enum action action;
    enum generalisation generalisation;
    int64_t time_step;      /* GENERALISE_TIME */
    uint32_t grid;          /* GENERALISE_PLACE */
    const int64_t *buckets; /* GENERALISE_NUMBER */
    uint32_t bucket_count;
    enum url_detail url_detail;     /* ACTION_URL */
    uint16_t mask_first, mask_last; /* ACTION_MASK: characters left readable, at most 4 each */
};

/* The kind of a datum is its floor: the most that any policy may release of it. */
/*   code                name           the most that may leave */
#define KIND_TABLE(X)                                                                              \
    X(KIND_FORBIDDEN, "forbidden", "nothing")                                                      \
    X(KIND_IDENTIFIER, "identifier", "a pseudonym when granted, else nothing")                     \
    X(KIND_IP, "ip address", "the truncated network")                                              \
    X(KIND_URL, "url", "scheme, host and a path without identifiers")                              \
    X(KIND_PATH, "file path", "the path without user names")                                       \
    X(KIND_POSITION, "position", "the cell of a grid of at least 0.1 degree")                      \
    X(KIND_TEXT, "free text", "the scrubbed text when granted, else nothing")                      \
    X(KIND_STACK, "stack trace", "the lines that parse as frames")                                 \
    X(KIND_TIME, "time", "the time, no finer than the recipient's linkage allows")                 \
    X(KIND_NUMBER, "number", "the number, within its range")                                       \
    X(KIND_VERSION, "version", "the version")                                                      \
    X(KIND_TOKEN, "token", "the text, within its alphabet and length, or from its list")           \
    X(KIND_BOOLEAN, "boolean", "true or false")

enum kind {
#define KIND_ENUM(code, name, sentence) code,
    KIND_TABLE(KIND_ENUM)
#undef KIND_ENUM
        KIND_COUNT
};

const char *kind_name(enum kind kind);
const char *kind_floor(enum kind kind);

enum permission {
    PERMITTED_NEVER = 0,
    PERMITTED_GRANTED, /* only under granted consent */
    PERMITTED_ALWAYS,
};

/* The table kind x action. Drop is always permitted. */
enum permission action_permission(enum kind kind, enum action action);

#endif
