/*
 * A consent message: its key names the subject, its value is the subject's whole state.
 *
 *   key    account.user_id:10001     (category:id; the id is canonicalised as ids in records are)
 *   value  {"seq":12,"purposes":{"operation":{"state":"granted","since":"2026-01-02T03:04:05Z",
 *           "until":null,"policy_version":3}},"age":17,"erase_at":null}
 *   null   a tombstone: nothing is known of the subject any more (these four bytes, nothing else)
 *
 * Strict and fail closed: what cannot be read denies. `seq` and, in a purpose, `state` are
 * required; since, until, policy_version, age and erase_at may be missing or null: not stated.
 * Times are RFC 3339 strings; numbers are integers without sign, fraction or exponent. `since` is
 * rounded up to the second, `until` and `erase_at` down.
 *
 * A value that is no object, lacks its `seq`, has a member that cannot be read, an unknown state, a
 * bad time or half a surrogate pair anywhere is `unreadable` whole: no purpose counts. It keeps its
 * seq, age and erasure where these could be read, which is only where the text is well-formed JSON.
 * An age that cannot be read is 0, and so is that of a text that is not well formed or longer than
 * CONSENT_VALUE_LIMIT; an `erase_at` that cannot be read is in force.
 *
 * A purpose that the policy does not know is ignored and counted. A member that is not known is
 * ignored and counted.
 *
 * What `seq` does when messages meet (the table holds to it): the highest seq wins, whatever the
 * order of arrival; equal ones leave the stricter of both. An unreadable value with a seq is a
 * message like any other: a later one with a lower seq is ignored and the subject stays denied, one
 * with a higher seq is what heals it. An unreadable value without a seq (0) may be newer than
 * anything: it counts as having the seq of what is there, so the stricter of both stays, and a
 * higher seq heals.
 */
#ifndef LETHE_CONSENT_MESSAGE_H
#define LETHE_CONSENT_MESSAGE_H

#include "consent/rule.h"
#include "schemas/canonical.h"

enum {
    CONSENT_VALUE_LIMIT = 64 * 1024, /* bytes; a longer value is unreadable */
    CONSENT_DEPTH_LIMIT = 16,
};

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

/* Everything before the first colon is the category's name. An id of a category that is no
 * identifier has no canonical form. */
enum consent_key_result consent_key_parse(struct slice key, struct consent_key *out);

struct consent_message {
    bool tombstone;
    uint16_t partition; /* where it came from; 0 where there are none; the reader leaves it 0 */
    struct subject_consent subject; /* known; maybe unreadable */
    uint32_t ignored;               /* purposes and members that nobody knows */
};

/* A reader with its own memory; one per thread, reused from message to message. The policy must
 * outlive it. After its first messages it allocates nothing. */
struct consent_reader;

LETHE_CHECKED enum rc consent_reader_new(const struct policy *policy, struct consent_reader **out);
void consent_reader_free(struct consent_reader *reader);

bool consent_value_is_tombstone(struct slice value);

/* Never fails: a value that cannot be read comes out as `unreadable`. `value.data` NULL or the text
 * `null` is a tombstone; an empty text that is there is unreadable. */
void consent_message_read(struct consent_reader *reader, struct slice value,
                          struct consent_message *out);

#endif
