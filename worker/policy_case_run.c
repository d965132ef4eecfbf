#include <stdlib.h>

#include "worker/policy_case.h"
#include "worker/processing.h"

enum { OUTPUT_MEMORY = 16 * 1024 * 1024, CASE_SUBJECTS = 1024, DEPTH = 64 };

struct policy_case_runner {
    const struct configuration *configuration;
    struct decoder *decoder;
    struct consent_reader *reader;
    struct buffer out;
    struct arena arena;
};

enum rc policy_case_runner_new(const struct configuration *configuration,
                               struct policy_case_runner **out)
{
    struct policy_case_runner *runner = calloc(1, sizeof *runner);
    *out = NULL;
    if (!runner)
        return RC_NO_MEMORY;
    runner->configuration = configuration;
    buffer_init(&runner->out, OUTPUT_MEMORY);
    arena_init(&runner->arena, OUTPUT_MEMORY);
    enum rc rc = processing_decoder_new(configuration, &runner->decoder);
    if (rc == RC_OK)
        rc = consent_reader_new(configuration->policy, &runner->reader);
    if (rc != RC_OK) {
        policy_case_runner_free(runner);
        return rc;
    }
    *out = runner;
    return RC_OK;
}

void policy_case_runner_free(struct policy_case_runner *runner)
{
    if (!runner)
        return;
    decoder_free(runner->decoder);
    consent_reader_free(runner->reader);
    buffer_release(&runner->out);
    arena_release(&runner->arena);
    free(runner);
}

static bool is_pseudonym(struct slice text)
{
    size_t dash = slice_find_byte(text, '-');
    uint64_t epoch;
    if (text.length < 3 || text.data[0] != 'e' || text.length - dash != 33 ||
        !slice_to_u64(slice_between(text, 1, dash), &epoch))
        return false;
    for (size_t i = dash + 1; i < text.length; i++) {
        char c = text.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return true;
}

static bool values_match(const struct json_value *expected, const struct json_value *actual)
{
    if (expected->type == JSON_STRING && slice_equal(expected->text, SLICE("<any>")))
        return true;
    if (expected->type == JSON_STRING && actual->type == JSON_STRING &&
        slice_equal(expected->text, SLICE("<pseudonym>")))
        return is_pseudonym(actual->text);
    return expected->type == actual->type && slice_equal(expected->text, actual->text);
}

static bool is_container(const struct json_value *value)
{
    return value->type == JSON_OBJECT || value->type == JSON_ARRAY;
}

static void report_value(struct buffer *report, char sign, struct slice path,
                         const struct json_value *value)
{
    buffer_append_format(report, "    %c %.*s: ", sign, SLICE_FORMAT(path));
    json_write_value(report, value, 0);
    buffer_append_byte(report, '\n');
}

static const struct json_value *counterpart(const struct json_value *container,
                                            const struct json_value *child, size_t index)
{
    if (container->type == JSON_OBJECT)
        return json_member(container, child->name);
    const struct json_value *other = container->first;
    while (other && index-- > 0)
        other = other->next;
    return other;
}

/* Every difference below two containers of one type, in the order of the expected one. */
static bool compare(struct arena *arena, struct slice path, const struct json_value *expected,
                    const struct json_value *actual, struct buffer *report)
{
    bool same = true;
    for (int side = 0; side < 2; side++) {
        const struct json_value *from = side == 0 ? expected : actual;
        const struct json_value *to = side == 0 ? actual : expected;
        size_t index = 0;
        for (const struct json_value *child = from->first; child; child = child->next, index++) {
            const struct json_value *other = counterpart(to, child, index);
            char *text = from->type == JSON_OBJECT
                             ? arena_format(arena, "%.*s%s%.*s", SLICE_FORMAT(path),
                                            path.length ? "." : "", SLICE_FORMAT(child->name))
                             : arena_format(arena, "%.*s[%zu]", SLICE_FORMAT(path), index);
            struct slice child_path = slice_from_string(text);
            if (!other) {
                report_value(report, side == 0 ? '-' : '+', child_path, child);
                same = false;
            } else if (side == 1) {
                continue;
            } else if (is_container(child) && child->type == other->type) {
                same = compare(arena, child_path, child, other, report) && same;
            } else if (!values_match(child, other)) {
                report_value(report, '-', child_path, child);
                report_value(report, '+', child_path, other);
                same = false;
            }
        }
    }
    return same;
}

static const char *expectation_words(const struct policy_case *what)
{
    static const char *const words[] = {
        [EXPECT_RECORD] = "a clean record",
        [EXPECT_WITHHELD] = "withheld",
        [EXPECT_EMPTY] = "empty",
        [EXPECT_REFUSED] = "refused",
    };
    return words[what->expectation];
}

static bool differs(const struct policy_case *what, const char *came, const char *why,
                    struct buffer *report)
{
    buffer_append_format(report, "    - %s\n    + %s: %s\n", expectation_words(what), came, why);
    return false;
}

/* What a case needs for its one record; made anew for each, so that cases cannot lean on each
 * other. */
struct case_engine {
    struct consent_table *consent;
    struct keyring *keyring;
    struct engine *engine;
};

static void close_engine(struct case_engine *engine)
{
    engine_free(engine->engine);
    keyring_release(engine->keyring);
    consent_table_free(engine->consent);
}

static enum rc open_engine(struct policy_case_runner *runner, const struct policy_case *what,
                           struct case_engine *out)
{
    const struct configuration *configuration = runner->configuration;
    const uint64_t seed = 1;
    struct key_schedule schedule = {configuration->keys_epoch, configuration->keys_keep};
    enum rc rc = consent_table_new(CASE_SUBJECTS, NULL, &out->consent);
    if (rc == RC_OK)
        rc = keyring_throw_away(schedule, what->clock, &seed, &out->keyring);
    if (rc != RC_OK)
        return rc;
    for (size_t i = 0; i < what->consent_count; i++)
        consent_table_message(out->consent, runner->reader, what->consent_keys[i],
                              what->consent_values[i]);
    return processing_engine_new(configuration, out->keyring, out->consent, &out->engine);
}

static bool judge(struct policy_case_runner *runner, const struct policy_case *what,
                  struct case_engine *engine, struct buffer *report)
{
    struct processed read;
    enum quarantine_reason reason = processing_decode(runner->decoder, what->topic, what->record,
                                                      TIME_NONE, what->clock, &read);
    if (reason != QUARANTINE_NONE)
        return what->expectation == EXPECT_REFUSED ||
               differs(what, "refused", quarantine_reason_sentence(reason), report);
    struct record_facts facts;
    struct clean_record clean;
    struct field_counts counts = {0};
    size_t recipient = (size_t)what->recipient;
    engine_facts(engine->engine, &read.record, &read.time, what->clock, &facts);
    struct verdict verdict = engine_decide(engine->engine, &facts, recipient);
    const char *why = decided_sentence(verdict.why);
    if (what->because.length > 0 &&
        !slice_equal(what->because, slice_from_string(decided_name(verdict.why)))) {
        buffer_append_format(report, "    - because %.*s\n    + because %s: %s\n",
                             SLICE_FORMAT(what->because), decided_name(verdict.why), why);
        return false;
    }
    if (verdict.decision == DECISION_WITHHELD)
        return what->expectation == EXPECT_WITHHELD || differs(what, "withheld", why, report);
    buffer_reset(&runner->out);
    enum rewrite_result result =
        engine_rewrite(engine->engine, &read.record, read.schema, recipient, verdict.decision,
                       &read.time, &runner->out, &clean, &counts);
    if (result != REWRITE_DONE)
        return (what->expectation == EXPECT_EMPTY && result == REWRITE_EMPTY) ||
               differs(what, "empty", "nothing of the record may leave", report);
    if (what->expectation != EXPECT_RECORD)
        return differs(what, decision_name(verdict.decision), why, report);
    struct json_error error;
    arena_reset(&runner->arena);
    const struct json_value *actual = json_parse(&runner->arena, clean.json, DEPTH, &error);
    return actual && compare(&runner->arena, (struct slice){0}, what->expected, actual, report);
}

bool policy_case_run(struct policy_case_runner *runner, const struct policy_case *what,
                     struct buffer *report)
{
    struct case_engine engine = {0};
    enum rc rc = open_engine(runner, what, &engine);
    bool holds = rc == RC_OK && judge(runner, what, &engine, report);
    if (rc != RC_OK)
        buffer_append_format(report, "    could not be run: %s\n", rc_sentence(rc));
    close_engine(&engine);
    return holds;
}
