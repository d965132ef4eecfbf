/*
 * Consent messages and the table. The input is messages, parted by FUZZ_SEPARATOR: a first line
 * that is the key, and the rest, which is the value; without a newline there is no value.
 *
 *   a key that can be read is a known identifier's, with an id that is its own canonical form
 *   reading a value twice gives the same; an unreadable one grants nothing, as a subject or a veto,
 *   whenever one asks; a text that is no well-formed object is unreadable, and of a minor
 *   what is granted is granted in so many words: a slow oracle looks for them in the value as a
 * tree a conflict of two messages grants nothing that one of them would not the table finds what a
 * list of subjects, kept by the rules of message.h, has of them; it is blocked exactly while there
 * are keys that cannot be read and have had no tombstone
 */
#include "consent/merge.h"
#include "consent/table.h"
#include "core/json_document.h"
#include "tests/fuzz/fuzz.h"

enum {
    MESSAGES = 24, /* of one input */
    PURPOSES = 4,
    SUBJECTS = 1000, /* the table's limit: never reached here */
    ARENA = 32 * 1024 * 1024,
};

static const int64_t far_future = INT64_C(253402300799000); /* the last second of 9999 */

static const struct policy policy = {
    .purposes = {{.name = {"cross_border", 12}},
                 {.name = {"operation", 9}},
                 {.name = {"research", 8}},
                 {.name = {"security", 8}, .basis = BASIS_NECESSITY}},
    .purpose_count = PURPOSES,
};

struct known_subject {
    struct consent_key key; /* its id is in its memory: set again after a move */
    size_t id_length;
    struct subject_consent consent;
};

/* What must be in the table, in a list. */
struct model {
    struct known_subject subjects[MESSAGES];
    size_t count;
    struct slice blocked[MESSAGES];
    size_t blocked_count;
};

static struct slice known_id(const struct known_subject *subject)
{
    return slice_of(subject->key.memory, subject->id_length);
}

static struct known_subject *find(struct model *model, const struct consent_key *key)
{
    for (size_t i = 0; i < model->count; i++) {
        struct known_subject *subject = &model->subjects[i];
        if (subject->key.category == key->category && slice_equal(known_id(subject), key->id))
            return subject;
    }
    return NULL;
}

static bool grants(const struct subject_consent *consent, enum subject_role role, unsigned purpose,
                   int64_t time)
{
    struct subject_fact fact = {.role = role, .consent = *consent};
    return consent_of_subject(&fact, purpose, 0, time, time) == DECIDED_GRANTED;
}

/* At any time that there is? */
static bool ever_grants(const struct subject_consent *consent, unsigned purpose)
{
    const struct purpose_consent *given = &consent->purposes[purpose];
    int64_t end = given->until == TIME_NONE ? far_future : given->until;
    return grants(consent, SUBJECT_SUBJECT, purpose, far_future) ||
           grants(consent, SUBJECT_SUBJECT, purpose, given->since) ||
           grants(consent, SUBJECT_SUBJECT, purpose, end - 1) ||
           grants(consent, SUBJECT_SUBJECT, purpose, INT64_C(1767323045000));
}

static void check_unreadable(const struct subject_consent *consent)
{
    for (unsigned i = 0; i < PURPOSE_LIMIT; i++) {
        FUZZ_CHECK(!ever_grants(consent, i));
        FUZZ_CHECK(!grants(consent, SUBJECT_VETO, i, far_future) &&
                   !grants(consent, SUBJECT_VETO, i, 0));
    }
}

static bool is_text(const struct json_value *object, struct slice name, struct slice text)
{
    return slice_equal(json_member_text(object, name), text);
}

/* Does the value say in so many words that the purpose is granted? */
static bool says_granted(const struct json_value *tree, unsigned purpose)
{
    const struct json_value *purposes = json_member(tree, SLICE("purposes"));
    const struct json_value *given = json_member(purposes, policy.purposes[purpose].name);
    return is_text(given, SLICE("state"), SLICE("granted")) &&
           json_member_text(given, SLICE("since")).length > 0;
}

static void check_against_tree(const struct consent_message *message, const struct json_value *tree)
{
    const struct subject_consent *subject = &message->subject;
    uint64_t seq, age;
    if (!tree || tree->type != JSON_OBJECT) {
        FUZZ_CHECK(subject->unreadable && subject->age_stated && subject->age == 0);
        return;
    }
    bool has_seq = json_member_u64(tree, SLICE("seq"), &seq);
    FUZZ_CHECK(subject->seq == (has_seq ? seq : 0));
    FUZZ_CHECK(has_seq || subject->unreadable);
    const struct json_value *stated = json_member(tree, SLICE("age"));
    bool number = json_member_u64(tree, SLICE("age"), &age);
    if (!stated || stated->type == JSON_NULL)
        FUZZ_CHECK(!subject->age_stated);
    else
        FUZZ_CHECK(subject->age_stated && subject->age == (number && age < AGE_UNKNOWN ? age : 0));
    const struct json_value *erasure = json_member(tree, SLICE("erase_at"));
    FUZZ_CHECK((subject->erase_at == TIME_NONE) == (!erasure || erasure->type == JSON_NULL));
    for (unsigned i = 0; i < PURPOSES; i++)
        FUZZ_CHECK(!ever_grants(subject, i) || says_granted(tree, i));
}

static bool messages_equal(const struct consent_message *a, const struct consent_message *b)
{
    return a->tombstone == b->tombstone && a->ignored == b->ignored &&
           subject_consent_equal(&a->subject, &b->subject);
}

static void check_value(struct consent_reader *reader, struct slice value,
                        struct consent_message *out)
{
    struct consent_message again;
    consent_message_read(reader, value, out);
    consent_message_read(reader, value, &again);
    FUZZ_CHECK(messages_equal(out, &again));
    FUZZ_CHECK(out->tombstone == consent_value_is_tombstone(value));
    if (out->tombstone) {
        FUZZ_CHECK(!out->subject.known);
        return;
    }
    FUZZ_CHECK(out->subject.known);
    if (out->subject.unreadable)
        check_unreadable(&out->subject);
    struct arena arena;
    arena_init(&arena, ARENA);
    const struct json_value *tree = value.length <= CONSENT_VALUE_LIMIT
                                        ? json_parse(&arena, value, CONSENT_DEPTH_LIMIT, NULL)
                                        : NULL;
    check_against_tree(out, tree);
    arena_release(&arena);
}

static enum consent_key_result check_key(struct slice text, struct consent_key *out)
{
    char memory[CANONICAL_LIMIT];
    struct slice again;
    enum consent_key_result result = consent_key_parse(text, out);
    if (result == CONSENT_KEY_OK) {
        FUZZ_CHECK(category_info(out->category)->kind == KIND_IDENTIFIER);
        FUZZ_CHECK(out->id.length > 0 && out->id.length <= CANONICAL_LIMIT);
        FUZZ_CHECK(canonical_id(out->category, JSON_STRING, out->id, memory, &again) ==
                   CANONICAL_OK);
        FUZZ_CHECK(slice_equal(again, out->id));
    } else {
        FUZZ_CHECK(result == CONSENT_KEY_UNREADABLE ||
                   (out->category > CATEGORY_NONE && out->category < CATEGORY_COUNT));
    }
    return result;
}

/* Both as they were before they met. */
static void check_join(const struct subject_consent *joined, const struct subject_consent *a,
                       const struct subject_consent *b)
{
    static const int64_t times[] = {0, INT64_C(1767323045000), INT64_C(253402300799000)};
    for (unsigned purpose = 0; purpose < PURPOSES; purpose++) {
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
            for (int role = SUBJECT_SUBJECT; role <= SUBJECT_VETO; role++)
                FUZZ_CHECK(!grants(joined, (enum subject_role)role, purpose, times[i]) ||
                           (grants(a, (enum subject_role)role, purpose, times[i]) &&
                            grants(b, (enum subject_role)role, purpose, times[i])));
        }
    }
}

static void model_apply(struct model *model, const struct consent_key *key,
                        const struct consent_message *message)
{
    struct known_subject *subject = find(model, key);
    struct subject_consent incoming = message->subject;
    if (message->tombstone) {
        if (subject)
            *subject = model->subjects[--model->count];
        return;
    }
    subject_consent_settle(&incoming);
    if (!subject) {
        subject = &model->subjects[model->count++];
        *subject =
            (struct known_subject){.key = *key, .id_length = key->id.length, .consent = incoming};
        return;
    }
    struct subject_consent before = subject->consent;
    if (incoming.unreadable && incoming.seq == 0)
        incoming.seq = before.seq;
    if (incoming.seq > before.seq)
        subject->consent = incoming;
    if (incoming.seq != before.seq)
        return;
    subject_consent_join(&subject->consent, &incoming);
    check_join(&subject->consent, &before, &incoming);
}

static void model_block(struct model *model, struct slice key, bool tombstone)
{
    size_t at = 0;
    while (at < model->blocked_count && !slice_equal(model->blocked[at], key))
        at++;
    if (tombstone && at < model->blocked_count)
        model->blocked[at] = model->blocked[--model->blocked_count];
    else if (!tombstone && at == model->blocked_count)
        model->blocked[model->blocked_count++] = key;
}

static void check_table(const struct consent_table *table, struct model *model)
{
    struct consent_counts counts;
    FUZZ_CHECK(consent_table_block(table) ==
               (model->blocked_count ? CONSENT_BLOCK_KEY : CONSENT_BLOCK_NONE));
    consent_table_counts(table, &counts);
    FUZZ_CHECK(counts.subjects == model->count);
    for (size_t i = 0; i < model->count; i++) {
        struct known_subject *subject = &model->subjects[i];
        struct subject_consent found;
        FUZZ_CHECK(consent_table_find(table, subject->key.category, known_id(subject), &found));
        FUZZ_CHECK(subject_consent_equal(&found, &subject->consent));
        if (found.unreadable)
            check_unreadable(&found);
    }
}

static void message(struct consent_table *table, struct consent_reader *reader, struct model *model,
                    struct slice key, struct slice value)
{
    struct consent_key parsed;
    struct consent_message read;
    struct subject_consent found;
    enum consent_key_result result = check_key(key, &parsed);
    check_value(reader, value, &read);
    FUZZ_CHECK(consent_table_message(table, reader, key, value) == result);
    if (result == CONSENT_KEY_OK)
        model_apply(model, &parsed, &read);
    else if (result == CONSENT_KEY_UNREADABLE)
        model_block(model, key, read.tombstone);
    if (result == CONSENT_KEY_OK && read.tombstone)
        FUZZ_CHECK(!consent_table_find(table, parsed.category, parsed.id, &found));
    check_table(table, model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char table_key[16] = {1};
    static struct consent_reader *reader;
    static struct model model;
    struct consent_table *table;
    struct slice rest = fuzz_text(data, size);
    if (!reader)
        FUZZ_CHECK(consent_reader_new(&policy, &reader) == RC_OK);
    FUZZ_CHECK(consent_table_new(SUBJECTS, table_key, &table) == RC_OK);
    model.count = model.blocked_count = 0;
    for (int i = 0; i < MESSAGES && rest.data; i++) {
        struct slice value = slice_cut(&rest, FUZZ_SEPARATOR);
        struct slice key = slice_cut(&value, '\n');
        struct slice copy = fuzz_copy(value);
        message(table, reader, &model, key, value.data ? copy : (struct slice){0});
        free((char *)copy.data);
    }
    consent_table_free(table);
    return 0;
}
