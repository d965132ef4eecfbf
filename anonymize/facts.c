#include "anonymize/engine_state.h"
#include "schemas/canonical.h"

/* One id of the tape, brought to its canonical form. */
struct found_id {
    enum canonical_result result;
    struct slice id;
    char memory[CANONICAL_LIMIT];
};

static void find_id(struct engine *engine, enum category category, const struct raw_value *value,
                    struct found_id *out)
{
    struct slice text;
    out->result = CANONICAL_UNUSABLE;
    if ((value->flags & (RAW_REFUSED_TYPE | RAW_LONE_SURROGATE)) ||
        (value->type != JSON_STRING && value->type != JSON_NUMBER))
        return;
    if (value_text(engine, value, &text))
        out->result =
            canonical_id(category, (enum json_type)value->type, text, out->memory, &out->id);
}

/*
 * More ids than places: the last place stands for all that do not fit. It denies, and what
 * withholds a record whole (an erasure, a child's age) is kept of each of them.
 */
static void merge_into_last(struct record_facts *facts, const struct subject_consent *consent)
{
    struct subject_fact *last = &facts->subjects[SUBJECT_LIMIT - 1];
    struct subject_consent *kept = &last->consent;
    last->role = SUBJECT_SUBJECT;
    last->unusable = true;
    if (!consent->known)
        return;
    kept->known = true;
    kept->unreadable |= consent->unreadable;
    if (consent->age_stated && (!kept->age_stated || consent->age < kept->age)) {
        kept->age_stated = true;
        kept->age = consent->age;
    }
    if (consent->erase_at != TIME_NONE &&
        (kept->erase_at == TIME_NONE || consent->erase_at < kept->erase_at))
        kept->erase_at = consent->erase_at;
}

static void add_subject(const struct engine *engine, struct record_facts *facts, uint16_t field,
                        enum subject_role role, enum category category, const struct found_id *id)
{
    bool full = facts->subject_count == SUBJECT_LIMIT;
    struct subject_fact spare;
    struct subject_fact *fact = full ? &spare : &facts->subjects[facts->subject_count];
    bool usable = id && id->result == CANONICAL_OK;
    if (!usable || !engine->options.consent ||
        !consent_table_find(engine->options.consent, category, id->id, &fact->consent))
        subject_consent_init(&fact->consent);
    if (full) {
        merge_into_last(facts, &fact->consent);
        return;
    }
    fact->role = role;
    fact->unusable = !usable;
    fact->field = field;
    facts->subject_count++;
}

static bool is_one_of(struct slice text, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        if (slice_equal(text, slice_from_string(words[i])))
            return true;
    return false;
}

static bool is_opt_out(struct engine *engine, const struct raw_value *value,
                       enum signal_meaning meaning)
{
    static const char *const no[] = {"", "0", "false", "no", "unspecified", NULL};
    static const char *const yes[] = {"1", "true", "yes", NULL};
    struct slice text;
    bool out = meaning == SIGNAL_OPT_OUT;
    if (value->flags & (RAW_REFUSED_TYPE | RAW_LONE_SURROGATE))
        return true;
    switch (value->type) {
    case JSON_NULL:
    case JSON_FALSE:
        return !out;
    case JSON_TRUE:
        return out;
    case JSON_NUMBER:
        return !slice_equal(value->text, out ? SLICE("0") : SLICE("1"));
    case JSON_STRING:
        return !value_text(engine, value, &text) || !is_one_of(text, out ? no : yes);
    default:
        return true;
    }
}

static void note_signals(struct engine *engine, const struct schema *schema,
                         const struct raw_value *value, struct record_facts *facts)
{
    for (size_t i = 0; i < schema->signal_count; i++) {
        const struct schema_signal *signal = &schema->signals[i];
        if (signal->field == value->field && is_opt_out(engine, value, signal->meaning))
            facts->signals |= (uint32_t)1 << (signal->signal & 31);
    }
}

/* null, or a string of nothing: what an SDK sends for an id that the device does not have. */
static bool is_absent(const struct raw_value *value)
{
    return value->type == JSON_NULL ||
           (value->type == JSON_STRING && slice_trim(value->text).length == 0);
}

static void note_id(struct engine *engine, const struct schema *schema,
                    const struct raw_value *value, uint8_t roles, struct record_facts *facts)
{
    struct found_id id;
    enum category category = schema->fields[value->field].category;
    if (!(roles & FACT_SUBJECT) && is_absent(value))
        return; /* an id that is not there cannot refuse */
    find_id(engine, category, value, &id);
    if (id.result == CANONICAL_OPTED_OUT)
        facts->advertising_opt_out = true;
    if (!(roles & (FACT_SUBJECT | FACT_VETO)) || id.result == CANONICAL_OPTED_OUT ||
        id.result == CANONICAL_PLACEHOLDER)
        return;
    add_subject(engine, facts, value->field, roles & FACT_SUBJECT ? SUBJECT_SUBJECT : SUBJECT_VETO,
                category, &id);
}

static bool lies_below(const struct schema *schema, uint16_t field, uint16_t container)
{
    while (field != container && field != FIELD_ROOT)
        field = schema->fields[field].parent;
    return field == container;
}

/*
 * Something else stands where a container with ids or signals should be: what they say cannot be
 * read. Its null says that there are no signals and vetoes; a subject's place it leaves unreadable.
 */
static void note_refused_container(const struct engine *engine, const struct schema *schema,
                                   const struct raw_value *value, struct record_facts *facts)
{
    for (size_t i = 0; i < schema->subject_count; i++)
        if (lies_below(schema, schema->subjects[i], value->field))
            add_subject(engine, facts, schema->subjects[i], SUBJECT_SUBJECT, CATEGORY_NONE, NULL);
    for (size_t i = 0; value->type != JSON_NULL && i < schema->veto_count; i++)
        if (lies_below(schema, schema->vetoes[i], value->field))
            add_subject(engine, facts, schema->vetoes[i], SUBJECT_VETO, CATEGORY_NONE, NULL);
    for (size_t i = 0; value->type != JSON_NULL && i < schema->signal_count; i++)
        if (lies_below(schema, schema->signals[i].field, value->field))
            facts->signals |= (uint32_t)1 << (schema->signals[i].signal & 31);
}

void engine_facts(struct engine *engine, const struct raw_record *record,
                  const struct event_time *time, int64_t now, struct record_facts *facts)
{
    /* Of the subjects, which are most of it, only those that are found are written. */
    facts->subject_count = 0;
    facts->signals = 0;
    facts->advertising_opt_out = false;
    facts->event_time = time->substituted ? TIME_NONE : time->time;
    facts->now = now;
    const struct engine_schema *known = engine_schema_of(engine, record->schema);
    if (!known)
        return; /* no subject: nothing is granted */
    for (uint32_t i = 0; i < record->count; i++) {
        const struct raw_value *value = &record->values[i];
        uint8_t roles = known->roles[value->field];
        if (roles == 0)
            continue;
        if ((roles & FACT_ABOVE) && (value->flags & RAW_REFUSED_TYPE))
            note_refused_container(engine, known->schema, value, facts);
        if (roles & FACT_SIGNAL)
            note_signals(engine, known->schema, value, facts);
        if (roles & (FACT_SUBJECT | FACT_VETO | FACT_ADVERTISING))
            note_id(engine, known->schema, value, roles, facts);
    }
}
