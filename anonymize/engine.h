/*
 * The one door: what turns a raw record into clean records, and the only maker of them.
 *
 * One engine per lane; it shares with the others only what is immutable (schemas, policy,
 * recipients), the keyring and the consent table. It allocates when it is made and never per
 * record.
 *
 *     engine_facts(engine, record, time, now, &facts);        // once a record
 *     for each recipient:
 *         verdict = engine_decide(engine, &facts, recipient);
 *         engine_rewrite(engine, record, recipient, verdict.decision, time, out, &clean);
 *
 * What becomes of a value, by the action that the plan has for its field:
 *
 *   null                 left out, and counted nowhere: it is no datum
 *   a refused type, a    left out (DROP_TYPE, DROP_SURROGATE)
 *   lone surrogate
 *   keep                 as it is, if the category's value rule allows it (else DROP_VALUE) and no
 *                        sure detector finds anything in it (else DROP_DETECTOR). Numbers as text
 *   keep of a time,      never as it is: cut to the plan's step; and only what the value rule
 *   generalise           allows and lies in the 25 years before the event or the day after (else
 *                        DROP_VALUE): a telephone number in a time's place is years away
 *   pseudonym            of the canonical id, in the epoch of the event's time (DROP_FORM,
 *                        DROP_PLACEHOLDER, DROP_NO_KEY)
 *   mask, generalise     of what could be kept (else as for keep); the result is held against the
 *   of a version         detectors again
 *   redact               "[redacted]"
 *   the others           see their headers (false: DROP_FORM, or DROP_SIZE for want of room)
 *
 * Elements that are left out leave no hole: an array is shorter by them. A container of which no
 * child is released is not written.
 */
#ifndef LETHE_ANONYMIZE_ENGINE_H
#define LETHE_ANONYMIZE_ENGINE_H

#include "anonymize/keys.h"
#include "anonymize/plan.h"
#include "consent/table.h"
#include "schemas/clean_record.h"
#include "schemas/raw_record.h"

struct engine;

/*
 * Everything is borrowed and must outlive the engine. The engine has scratch memory of twice
 * record_limit: decoded strings (raw text, never written out) and rewritten ones. Both are wiped
 * when the engine is freed.
 */
struct engine_options {
    struct schema *const *schemas;
    size_t schema_count;
    const struct policy *policy;
    const struct recipient *recipients;
    size_t recipient_count;
    const struct keyring *keyring;       /* NULL: no keys, identifiers are dropped */
    const struct consent_table *consent; /* NULL: nothing is known of anybody */
    size_t record_limit;                 /* bytes of one clean record */
};

LETHE_CHECKED enum rc engine_new(const struct engine_options *options, struct engine **out);
void engine_free(struct engine *engine);

/* Another consent table from the next record on; as in the options. */
void engine_use_consent(struct engine *engine, const struct consent_table *consent);

/*
 * Reads the record's ids and signals and looks the ids up: everything the consent rule asks for.
 * Several values of one subject's path (an array) are several subjects; beyond SUBJECT_LIMIT the
 * last place stands for all the rest: unusable, with the lowest age and the earliest erasure.
 *
 * A subject that is null, of the wrong type, empty or without canonical form is unusable; so is one
 * inside something that is not the container that the schema says. A veto likewise, but null or
 * an empty string there is an id that is not there, which cannot refuse. A placeholder is absent.
 * An advertising id of zeros anywhere on the tape is an opt-out.
 *
 * Signals: with SIGNAL_OPT_OUT null, false, 0, "", "0", "false", "no" and "unspecified" say
 * nothing, with SIGNAL_OPT_IN true, 1, "1", "true" and "yes"; an absent one says nothing; anything
 * else is an opt-out.
 *
 * A record that could not be decoded whole may be given as far as it was read.
 */
void engine_facts(struct engine *engine, const struct raw_record *record,
                  const struct event_time *time, int64_t now, struct record_facts *facts);

/* Withheld, undecided, where the recipient's purpose does not exist or the consent table is
 * blocked: what it does not hold may be a withdrawal. */
struct verdict engine_decide(const struct engine *engine, const struct record_facts *facts,
                             size_t recipient);

enum rewrite_result {
    REWRITE_DONE = 0,
    REWRITE_EMPTY, /* nothing of the record may leave: nothing was written */
    REWRITE_SIZE,  /* the clean record would pass record_limit: nothing was written */
    REWRITE_FULL,  /* `out` has no room: close the batch and call again. Never where `out` is empty
                      and memory is not what lacks */
};

/*
 * Appends the clean record to `out` and describes it in *clean, or leaves `out` as it was. Counts
 * what happened to its fields in *counts, for records that were written only.
 */
enum rewrite_result engine_rewrite(struct engine *engine, const struct raw_record *record,
                                   unsigned schema_number, size_t recipient, enum decision decision,
                                   const struct event_time *time, struct buffer *out,
                                   struct clean_record *clean, struct field_counts *counts);

/* For `explain`: the plan of a schema, recipient and decision (REDUCED or GRANTED). */
const struct plan *engine_plan(const struct engine *engine, size_t schema, size_t recipient,
                               enum decision decision);

/*
 * For `explain` on a real record, and for tests: what becomes of one value of the tape. Appends
 * what would be written (JSON) to `out`, if anything; *reason says why nothing is.
 */
bool engine_rewrite_value(struct engine *engine, const struct raw_record *record, uint32_t value,
                          const struct plan *plan, size_t recipient, const struct event_time *time,
                          struct buffer *out, enum drop_reason *reason);

#endif
