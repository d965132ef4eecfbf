/*
 * Why something did not leave: one table each for fields, records and quarantine. Counters,
 * summaries, metrics and reference pages are made from these; none carries a value.
 */
#ifndef LETHE_SCHEMAS_REASON_H
#define LETHE_SCHEMAS_REASON_H

#include "core/slice.h"
#include "schemas/action.h"

/* Why a field that a schema lists was left out of a clean record. */
#define DROP_TABLE(X)                                                                              \
    X(DROP_BY_RULE, "rule", "the policy's rule says drop, or no rule reaches the category")        \
    X(DROP_CEILING, "ceiling", "beyond the recipient's ceiling")                                   \
    X(DROP_NOT_EXEMPT, "not_exempt", "the purpose of necessity does not list the category")        \
    X(DROP_TYPE, "type", "the value's JSON type is not what the category can handle")              \
    X(DROP_VALUE, "value", "outside the category's length, alphabet, range or list")               \
    X(DROP_DETECTOR, "detector", "an identifier was found inside a value that would be kept")      \
    X(DROP_FORM, "form", "the value has no canonical form, or does not parse")                     \
    X(DROP_PLACEHOLDER, "placeholder", "a well-known placeholder id, which is no id")              \
    X(DROP_NO_KEY, "no_key", "no key for the epoch of the event's time")                           \
    X(DROP_SURROGATE, "surrogate", "half of a surrogate pair in the text")                         \
    X(DROP_SIZE, "size", "the rewritten value would be longer than the limit")

enum drop_reason {
#define DROP_ENUM(code, name, sentence) code,
    DROP_TABLE(DROP_ENUM)
#undef DROP_ENUM
        DROP_REASON_COUNT
};

/* Why a record for a purpose was withheld or reduced; DECIDED_GRANTED is the one good answer. */
#define DECIDED_TABLE(X)                                                                           \
    X(DECIDED_NOTHING, "undecided", "no decision was made: withheld")                              \
    X(DECIDED_ERASED, "erased", "an erasure of a subject is in force")                             \
    X(DECIDED_MINOR, "minor", "a subject is a minor, or its age counts as one")                    \
    X(DECIDED_SIGNAL, "signal", "an opt-out signal in the record")                                 \
    X(DECIDED_NO_SUBJECT, "no_subject", "the record names no subject")                             \
    X(DECIDED_UNUSABLE, "unusable",                                                                \
      "a subject of the wrong type, empty, or without canonical form")                             \
    X(DECIDED_UNKNOWN, "unknown", "nothing is known of a subject for the purpose")                 \
    X(DECIDED_UNREADABLE, "unreadable", "a subject's consent message could not be read")           \
    X(DECIDED_DENIED, "denied", "a subject denied the purpose")                                    \
    X(DECIDED_WITHDRAWN, "withdrawn", "a subject withdrew its consent")                            \
    X(DECIDED_EXPIRED, "expired", "a subject's consent has ended")                                 \
    X(DECIDED_TOO_EARLY, "too_early", "the event is older than the grant")                         \
    X(DECIDED_OLD_VERSION, "old_version", "the grant is for an older policy version")              \
    X(DECIDED_VETO, "veto", "an id that can refuse has refused")                                   \
    X(DECIDED_CROSS_BORDER, "cross_border", "crossing the border is not granted")                  \
    X(DECIDED_NECESSITY, "necessity", "released by necessity: exempt categories only")             \
    X(DECIDED_GRANTED, "granted", "every subject has granted the purpose")

enum decided {
#define DECIDED_ENUM(code, name, sentence) code,
    DECIDED_TABLE(DECIDED_ENUM)
#undef DECIDED_ENUM
        DECIDED_COUNT
};

/* Why a message or record could not be processed. */
#define QUARANTINE_TABLE(X)                                                                        \
    X(QUARANTINE_NONE, "none", "nothing is wrong")                                                 \
    X(QUARANTINE_MALFORMED, "malformed", "not well-formed JSON")                                   \
    X(QUARANTINE_UTF8, "utf8", "bytes that are not UTF-8")                                         \
    X(QUARANTINE_DUPLICATE, "duplicate_name", "two members of one object have the same name")      \
    X(QUARANTINE_DEPTH, "depth", "nested deeper than the limit")                                   \
    X(QUARANTINE_SIZE, "size", "longer than the limit")                                            \
    X(QUARANTINE_FRAMING, "framing", "not what the framing says: no object, or no array")          \
    X(QUARANTINE_ENVELOPE, "envelope", "a capture's envelope that cannot be read")                 \
    X(QUARANTINE_NO_SCHEMA, "no_schema", "no schema matches")                                      \
    X(QUARANTINE_NO_TIME, "no_time", "the event's time is missing or cannot be read")              \
    X(QUARANTINE_FIELDS, "fields", "more values than one record may hold")

enum quarantine_reason {
#define QUARANTINE_ENUM(code, name, sentence) code,
    QUARANTINE_TABLE(QUARANTINE_ENUM)
#undef QUARANTINE_ENUM
        QUARANTINE_REASON_COUNT
};

const char *drop_reason_name(enum drop_reason reason);
const char *drop_reason_sentence(enum drop_reason reason);
const char *decided_name(enum decided decided);
const char *decided_sentence(enum decided decided);
const char *quarantine_reason_name(enum quarantine_reason reason);
const char *quarantine_reason_sentence(enum quarantine_reason reason);

/* What happened to the fields of one recipient's records. Plain counters, added up per lane. */
struct field_counts {
    uint64_t by_action[ACTION_COUNT]; /* released, by what was done; ACTION_DROP stays 0 */
    uint64_t dropped[DROP_REASON_COUNT];
};

#endif
