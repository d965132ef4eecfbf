/*
 * A consent message: its key names the subject, its value is the subject's whole state.
 *
 *   key    account.user_id:10001        (category:id; the id is canonicalised as ids in records
 * are) value  {"seq":12,"purposes":{"operation":{"state":"granted","since":"2026-01-02T03:04:05Z",
 *           "until":null,"policy_version":3}},"age":17,"erase_at":null}
 *   null   a tombstone: nothing is known of the subject any more
 *
 * Strict and fail closed: what cannot be read denies. A value that is no object, has an unreadable
 * member, an unknown state or a bad time is `unreadable` whole; an age that cannot be read is 0. A
 * purpose that the policy does not know is ignored and counted. A member that is not known is
 * ignored and counted. Numbers as in JSON without fraction or exponent.
 */
#ifndef LETHE_CONSENT_MESSAGE_H
#define LETHE_CONSENT_MESSAGE_H

#include "consent/rule.h"
#include "schemas/canonical.h"

enum consent_key_result {
    CONSENT_KEY_OK = 0,
    CONSENT_KEY_UNREADABLE,  /* of no known category: it may hide a withdrawal; release must stop */
    CONSENT_KEY_NO_FORM,     /* known category, id without canonical form: ignored and counted */
    CONSENT_KEY_PLACEHOLDER, /* an id that stands for nobody: ignored and counted */
};

struct consent_key {
    enum category category;
    struct slice id; /* canonical, in `memory` */
    char memory[CANONICAL_LIMIT];
};

enum consent_key_result consent_key_parse(struct slice key, struct consent_key *out);

struct consent_message {
    bool tombstone;
    struct subject_consent subject; /* known; maybe unreadable */
    uint32_t ignored;               /* purposes and members that nobody knows */
};

/* A reader with its own memory; one per thread, reused from message to message. */
struct consent_reader;

LETHE_CHECKED enum rc consent_reader_new(const struct policy *policy, struct consent_reader **out);
void consent_reader_free(struct consent_reader *reader);

/* Never fails: a value that cannot be read comes out as `unreadable`. `value.data` NULL or the text
 * `null` is a tombstone. */
void consent_message_read(struct consent_reader *reader, struct slice value,
                          struct consent_message *out);

#endif
