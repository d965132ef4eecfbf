/*
 * What the engine is made of, for its own files: engine.c (made and asked), facts.c (what consent
 * asks for), rewrite.c (the walk over the tape), value.c (one value).
 */
#ifndef LETHE_ANONYMIZE_ENGINE_STATE_H
#define LETHE_ANONYMIZE_ENGINE_STATE_H

#include "anonymize/engine.h"
#include "anonymize/id_memo.h"
#include "anonymize/kept_memo.h"
#include "anonymize/pseudonym.h"

/* What facts.c looks for; by field of a schema. */
enum fact_role {
    FACT_SUBJECT = 1,
    FACT_VETO = 2,
    FACT_SIGNAL = 4,
    FACT_ADVERTISING = 8, /* a category whose id of zeros is an opt-out */
    FACT_ABOVE = 16,      /* a subject, veto or signal lies below this container */
};

enum { PLANS_PER_RECIPIENT = 2 /* reduced, granted */ };

struct engine_schema {
    const struct schema *schema;
    const uint8_t *roles;   /* of enum fact_role, by field */
    struct kept_memo *kept; /* by field */
    struct id_memo *ids;    /* likewise */
    struct plan *plans;     /* [recipient * PLANS_PER_RECIPIENT + decision - 1] */
    uint16_t *keys;         /* by recipient: the field that its rows are keyed by, or FIELD_NONE */
};

/* A container of the clean record that is being written. */
struct open_container {
    uint32_t end;  /* the tape's index of what is behind it */
    char close;    /* '}' or ']' */
    bool any;      /* something of it was released */
    size_t before; /* length of the output before it, its comma and name included */
};

struct engine {
    struct engine_options options;
    struct arena arena;
    struct engine_schema *schemas;
    struct slice *domains;
    struct pseudonymiser *pseudonymiser;
    char *decoded;        /* raw text; options.record_limit bytes */
    struct buffer result; /* what an action made of a value */
    struct open_container *open;
    size_t open_limit;
};

/* One value on its way out. */
struct value_task {
    const struct raw_value *value;
    const struct planned_field *planned;
    struct kept_memo *kept; /* of the schema, by field */
    struct id_memo *ids;    /* likewise */
    const struct schema *schema;
    size_t recipient;
    int64_t event_time; /* substituted or not */
};

/* What a value's writing returns as the reason where the value was null. */
enum { DROP_NULL = DROP_REASON_COUNT };

/* Is nothing of the value to leave, whatever it holds? Then *reason says why. */
static inline bool value_is_left_out(const struct raw_value *value, enum action action,
                                     enum drop_reason by_plan, int *reason)
{
    if (value->type == JSON_NULL)
        *reason = DROP_NULL;
    else if (value->flags & RAW_REFUSED_TYPE)
        *reason = DROP_TYPE;
    else if (action == ACTION_DROP)
        *reason = (int)by_plan;
    else
        return false;
    return true;
}

/* Of a value that is not left out: appends the JSON of what may leave of it; false: nothing was
 * appended that the caller does not take back, and *reason says why. *epoch is set where it is a
 * pseudonym.
 */
bool value_write(struct engine *engine, const struct value_task *task, struct buffer *out,
                 uint32_t *epoch, int *reason);

/* Was the value's text found fit to leave as it stands? Then, under ACTION_KEEP, what value_write
 * would append is the text as it is in the record. A time never is. Does not read task->planned. */
bool value_is_remembered(const struct value_task *task);

/* The decoded text of a string (without a lone surrogate), or a number's text. In place, or in the
 * engine's scratch memory until the next call. False: longer than that. */
bool value_text(struct engine *engine, const struct raw_value *value, struct slice *out);

/* The engine's own entry of a record's schema, or NULL. */
const struct engine_schema *engine_schema_of(const struct engine *engine,
                                             const struct schema *schema);

#endif
