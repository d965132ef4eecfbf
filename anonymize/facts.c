#include "anonymize/engine_state.h"
#include "schemas/canonical.h"

/* One id of the tape, brought to its canonical form. */
struct found_id {
    enum canonical_result result;
    struct slice id;
    char memory[CANONICAL_LIMIT];
};

static void find_id(struct engine *engine, struct id_memo *memo, enum category category,
                    const struct raw_value *value, struct found_id *out)
{
    struct slice text;
    out->result = CANONICAL_UNUSABLE;
    if ((value->flags & (RAW_REFUSED_TYPE | RAW_LONE_SURROGATE)) ||
        (value->type != JSON_STRING && value->type != JSON_NUMBER))
        return;
    if (value_text(engine, value, &text))
        out->result = id_memo_canonical(memo, category, (enum json_type)value->type, text,
                                        out->memory, &out->id);
}

/* Facts while they are gathered. The look-ups of all ids are begun before the first is waited for:
 * each is a miss of the processor's caches. */
struct gathering {
    struct engine *engine;
    const struct engine_schema *known;
    const struct schema *schema;
    struct record_facts *facts;
    size_t settled; /* subjects whose consent has been waited for */
    struct consent_seek seeks[SUBJECT_LIMIT];
};

static void settle(struct gathering *gathering)
{
    const struct consent_table *consent = gathering->engine->options.consent;
    struct record_facts *facts = gathering->facts;
    for (; gathering->settled < facts->subject_count; gathering->settled++) {
        size_t i = gathering->settled;
        if (!consent ||
            !consent_table_found(consent, &gathering->seeks[i], &facts->subjects[i].consent))
            subject_consent_init(&facts->subjects[i].consent);
    }
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

/* `id` NULL: of no use. */
static void add_subject(struct gathering *gathering, uint16_t field, enum subject_role role,
                        enum category category, const struct found_id *id)
{
    const struct consent_table *consent = gathering->engine->options.consent;
    struct record_facts *facts = gathering->facts;
    bool usable = id && id->result == CANONICAL_OK;
    struct consent_seek seek = {.is_id = false};
    if (usable && consent)
        consent_table_seek(consent, category, id->id, &seek);
    if (facts->subject_count == SUBJECT_LIMIT) {
        struct subject_consent spare;
        settle(gathering);
        if (!consent || !consent_table_found(consent, &seek, &spare))
            subject_consent_init(&spare);
        merge_into_last(facts, &spare);
        return;
    }
    gathering->seeks[facts->subject_count] = seek;
    struct subject_fact *fact = &facts->subjects[facts->subject_count++];
    fact->role = role;
    fact->unusable = !usable;
    fact->field = field;
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

static void note_signals(struct gathering *gathering, const struct raw_value *value)
{
    const struct schema *schema = gathering->schema;
    for (size_t i = 0; i < schema->signal_count; i++) {
        const struct schema_signal *signal = &schema->signals[i];
        if (signal->field == value->field && is_opt_out(gathering->engine, value, signal->meaning))
            gathering->facts->signals |= (uint32_t)1 << (signal->signal & 31);
    }
}

/* null, or a string of nothing: what an SDK sends for an id that the device does not have. */
static bool is_absent(const struct raw_value *value)
{
    return value->type == JSON_NULL ||
           (value->type == JSON_STRING && slice_trim(value->text).length == 0);
}

static void note_id(struct gathering *gathering, const struct raw_value *value, uint8_t roles)
{
    struct found_id id;
    enum category category = gathering->schema->fields[value->field].category;
    if (!(roles & FACT_SUBJECT) && is_absent(value))
        return; /* an id that is not there cannot refuse */
    find_id(gathering->engine, &gathering->known->ids[value->field], category, value, &id);
    if (id.result == CANONICAL_OPTED_OUT)
        gathering->facts->advertising_opt_out = true;
    if (!(roles & (FACT_SUBJECT | FACT_VETO)) || id.result == CANONICAL_OPTED_OUT ||
        id.result == CANONICAL_PLACEHOLDER)
        return;
    add_subject(gathering, value->field, roles & FACT_SUBJECT ? SUBJECT_SUBJECT : SUBJECT_VETO,
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
static void note_refused_container(struct gathering *gathering, const struct raw_value *value)
{
    const struct schema *schema = gathering->schema;
    for (size_t i = 0; i < schema->subject_count; i++)
        if (lies_below(schema, schema->subjects[i], value->field))
            add_subject(gathering, schema->subjects[i], SUBJECT_SUBJECT, CATEGORY_NONE, NULL);
    for (size_t i = 0; value->type != JSON_NULL && i < schema->veto_count; i++)
        if (lies_below(schema, schema->vetoes[i], value->field))
            add_subject(gathering, schema->vetoes[i], SUBJECT_VETO, CATEGORY_NONE, NULL);
    for (size_t i = 0; value->type != JSON_NULL && i < schema->signal_count; i++)
        if (lies_below(schema, schema->signals[i].field, value->field))
            gathering->facts->signals |= (uint32_t)1 << (schema->signals[i].signal & 31);
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
    struct gathering gathering;
    gathering.engine = engine;
    gathering.known = known;
    gathering.schema = known->schema;
    gathering.facts = facts;
    gathering.settled = 0;
    for (uint32_t i = 0; i < record->count; i++) {
        const struct raw_value *value = &record->values[i];
        uint8_t roles = known->roles[value->field];
        if (roles == 0)
            continue;
        if ((roles & FACT_ABOVE) && (value->flags & RAW_REFUSED_TYPE))
            note_refused_container(&gathering, value);
        if (roles & FACT_SIGNAL)
            note_signals(&gathering, value);
        if (roles & (FACT_SUBJECT | FACT_VETO | FACT_ADVERTISING))
            note_id(&gathering, value, roles);
    }
    settle(&gathering);
}
