/*
 * A clean record: the slice that the engine wrote, and the few clean values that routing needs.
 * Made by anonymize/engine.h and by nothing else; it holds nothing of the input but what the policy
 * released.
 */
#ifndef LETHE_SCHEMAS_CLEAN_RECORD_H
#define LETHE_SCHEMAS_CLEAN_RECORD_H

#include "core/slice.h"

/* What a set of clean records may be called (obligations O1). */
enum label {
    LABEL_NOT_FOR_RELEASE = 0, /* a what-if */
    LABEL_PSEUDONYMISED,       /* a key exists that could recompute a pseudonym */
    LABEL_KEY_DESTROYED,
    LABEL_AGGREGATE,
    LABEL_AGGREGATE_DP,
    LABEL_COUNT
};

const char *label_name(enum label label);

enum { EPOCH_NONE = 0 }; /* epochs count from 1 */

struct clean_record {
    struct slice json;  /* one object, one line, no newline at its end; in the batch's buffer */
    struct slice key;   /* in `json`: the released value of the recipient's key field, as it stands
                           there, quotes apart; or empty */
    unsigned schema;    /* its number in the configuration */
    unsigned recipient; /* likewise */
    uint32_t epoch;     /* of the pseudonyms in it, or EPOCH_NONE */
};

/*
 * What could not be processed, sealed to the quarantine's public key (anonymize/seal.h). The
 * envelope is what the sink may see: nothing in it derives from the content.
 */
struct sealed_record {
    struct slice sealed; /* ciphertext */
    const char *reason;  /* a name from schemas/reason.h */
    struct slice source; /* topic, or capture file's name */
    int32_t partition;
    int64_t offset;   /* or line number */
    int64_t time;     /* of sealing, rounded to the hour */
    struct slice key; /* id of the public key: hex of the hash of it, 16 digits */
};

#endif
