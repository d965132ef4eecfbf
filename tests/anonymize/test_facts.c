#include "tests/anonymize/engine_world.h"
#include "tests/anonymize/tape.h"

static const char SCHEMA[] = "schema: test\n"
                             "version: 1\n"
                             "match: {topic: test}\n"
                             "time: {field: ts, format: unix_ms}\n"
                             "subjects: [user.id, 'owners[]', phone]\n"
                             "vetoes: [device.android_id]\n"
                             "signals:\n"
                             "  gpc: opt_out\n"
                             "  privacy.allowed: {name: ads, means: opt_in}\n"
                             "  'list[]': {name: dnt, means: opt_out}\n"
                             "fields:\n"
                             "  ts: time.event\n"
                             "  user.id: account.user_id\n"
                             "  'owners[]': account.user_id\n"
                             "  phone: account.phone\n"
                             "  device.android_id: device.android_id\n"
                             "  device.idfa: device.idfa\n"
                             "  device.model: device.model\n";

static const char POLICY[] = "policy: test\n"
                             "version: 1\n"
                             "purposes:\n"
                             "  operation: {basis: consent, without_consent: reduce}\n"
                             "  security: {basis: necessity, only: [device.model]}\n"
                             "rules:\n"
                             "  device.model: {granted: keep, otherwise: keep}\n"
                             "minors: {below: 14, then: withhold, age_unknown: adult}\n";

#define GRANTED                                                                                    \
    "{\"seq\":1,\"purposes\":{\"operation\":{\"state\":\"granted\","                               \
    "\"since\":\"2026-01-02T03:04:05Z\",\"policy_version\":3}}}"
#define DENIED "{\"seq\":1,\"purposes\":{\"operation\":{\"state\":\"denied\"}}}"

static struct world W;
static struct tape T;
static struct record_facts F;

static int start(void **state)
{
    (void)state;
    world_init(&W, SCHEMA, POLICY);
    world_consent(&W, "account.user_id:good", GRANTED);
    world_consent(&W, "account.user_id:10001", GRANTED);
    world_consent(&W, "account.user_id:bad", DENIED);
    world_consent(&W, "account.phone:+8613812345678", GRANTED);
    world_consent(&W, "device.android_id:9774d56d682e549d", DENIED);
    world_start(&W);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_release(&W);
    return 0;
}

static const struct record_facts *facts_of(const char *record)
{
    const struct event_time time = {.time = WORLD_NOW};
    engine_facts(W.engine, tape_read(&T, W.schema, record), &time, WORLD_NOW, &F);
    return &F;
}

static void test_subjects(void **state)
{
    (void)state;
    /* u: unusable, k: known, n: not known; capitals of a veto */
    static const struct {
        const char *record, *expected;
    } cases[] = {
        {"{}", ""},
        {"{\"user\":{\"id\":\"good\"}}", "k"},
        {"{\"user\":{\"id\":\" g\\u006fod \"}}", "k"},
        {"{\"user\":{\"id\":10001}}", "k"},
        {"{\"user\":{\"id\":\"nobody\"}}", "n"},
        {"{\"user\":{}}", ""},
        {"{\"user\":{\"id\":null}}", "u"},
        {"{\"user\":{\"id\":\"\"}}", "u"},
        {"{\"user\":{\"id\":\"  \"}}", "u"},
        {"{\"user\":{\"id\":true}}", "u"},
        {"{\"user\":{\"id\":-1}}", ""}, /* a placeholder */
        {"{\"user\":{\"id\":-5}}", "u"},
        {"{\"user\":{\"id\":1.5}}", "u"},
        {"{\"user\":{\"id\":[\"good\"]}}", "u"},
        {"{\"user\":{\"id\":{\"id\":\"good\"}}}", "u"},
        {"{\"user\":{\"id\":\"good\\ud800\"}}", "u"},
        {"{\"user\":{\"id\":\"go\\u0000od\"}}", "u"},
        {"{\"user\":\"good\"}", "u"},
        {"{\"user\":[{\"id\":\"good\"}]}", "u"},
        {"{\"user\":null}", "u"},
        {"{\"owners\":[\"good\",\"bad\",7]}", "kkn"},
        {"{\"owners\":[]}", ""},
        {"{\"owners\":\"good\"}", "u"},
        {"{\"owners\":[\"good\",null,{}]}", "kuu"},
        {"{\"phone\":\"138 1234 5678\"}", "k"},
        {"{\"phone\":13812345678}", "k"},
        {"{\"phone\":\"call me\"}", "u"},
        {"{\"device\":{\"android_id\":\"9774D56D682E549D\"}}", "K"},
        {"{\"device\":{\"android_id\":\"9774d56d682e549c\"}}", ""}, /* a placeholder */
        {"{\"device\":{\"android_id\":\"0000000000000000\"}}", ""},
        {"{\"device\":{\"android_id\":\"x\"},\"user\":{\"id\":\"good\"}}", "Uk"},
        {"{\"device\":7}", "U"},
        {"{\"device\":null}", ""},
        {"{\"device\":{\"android_id\":null}}", ""}, /* an id that the device does not have */
        {"{\"device\":{\"android_id\":\" \"}}", ""},
        {"{\"device\":{\"android_id\":true}}", "U"},
        {"{\"user\":{\"id\":\"good\"},\"unlisted\":{\"user\":{\"id\":\"bad\"}}}", "k"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct record_facts *facts = facts_of(cases[i].record);
        char got[SUBJECT_LIMIT + 1] = "";
        for (size_t s = 0; s < facts->subject_count; s++) {
            const struct subject_fact *subject = &facts->subjects[s];
            char letter = subject->unusable ? 'u' : subject->consent.known ? 'k' : 'n';
            got[s] = (char)(subject->role == SUBJECT_VETO ? letter - 'a' + 'A' : letter);
            assert_true(subject->consent.known || subject->consent.erase_at == TIME_NONE);
        }
        if (strcmp(got, cases[i].expected) != 0)
            fail_msg("%s: %s instead of %s", cases[i].record, got, cases[i].expected);
    }
}

static void test_fields_of_subjects(void **state)
{
    (void)state;
    const struct record_facts *facts =
        facts_of("{\"user\":3,\"device\":{\"android_id\":\"9774d56d682e549d\"}}");
    assert_int_equal(facts->subject_count, 2);
    assert_int_equal(facts->subjects[0].field, schema_field(W.schema, SLICE("user.id")));
    assert_int_equal(facts->subjects[1].field, schema_field(W.schema, SLICE("device.android_id")));
    assert_int_equal(facts->subjects[1].consent.purposes[1].state, CONSENT_DENIED);
}

/* More ids than places: unusable, and an erasure or a child among those that do not fit counts. */
static void test_too_many_subjects(void **state)
{
    (void)state;
    static const char many[] =
        "{\"owners\":[\"good\",\"good\",\"good\",\"good\",\"good\",\"good\",\"good\",\"good\"%s]}";
    char record[512];
    snprintf(record, sizeof record, many, "");
    assert_int_equal(engine_decide(W.engine, facts_of(record), 0).decision, DECISION_GRANTED);
    snprintf(record, sizeof record, many, ",\"good\"");
    struct verdict verdict = engine_decide(W.engine, facts_of(record), 0);
    assert_int_equal(verdict.decision, DECISION_REDUCED);
    assert_int_equal(verdict.why, DECIDED_UNUSABLE);
    assert_int_equal(F.subject_count, SUBJECT_LIMIT);
    world_consent(&W, "account.user_id:child", "{\"seq\":1,\"age\":9}");
    world_consent(&W, "account.user_id:teen", "{\"seq\":1,\"age\":16}");
    world_consent(&W, "account.user_id:gone", "{\"seq\":1,\"erase_at\":\"2026-01-01T00:00:00Z\"}");
    world_consent(&W, "account.user_id:later", "{\"seq\":1,\"erase_at\":\"2030-01-01T00:00:00Z\"}");
    snprintf(record, sizeof record, many, ",\"child\",\"teen\"");
    verdict = engine_decide(W.engine, facts_of(record), 0);
    assert_int_equal(verdict.decision, DECISION_WITHHELD);
    assert_int_equal(verdict.why, DECIDED_MINOR);
    snprintf(record, sizeof record, many, ",\"later\",\"gone\",\"later\"");
    verdict = engine_decide(W.engine, facts_of(record), 0);
    assert_int_equal(verdict.decision, DECISION_WITHHELD);
    assert_int_equal(verdict.why, DECIDED_ERASED);
    /* The last place held the child itself. */
    snprintf(record, sizeof record,
             "{\"owners\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"child\",\"good\"]}");
    assert_int_equal(engine_decide(W.engine, facts_of(record), 0).why, DECIDED_MINOR);
}

static void test_advertising_opt_out(void **state)
{
    (void)state;
    assert_false(facts_of("{\"device\":{\"idfa\":\"AEBE52E7-03EE-455A-B3C4-E57283966239\"}}")
                     ->advertising_opt_out);
    assert_false(facts_of("{\"device\":{\"idfa\":\"\"}}")->advertising_opt_out);
    assert_true(facts_of("{\"device\":{\"idfa\":\"00000000-0000-0000-0000-000000000000\"}}")
                    ->advertising_opt_out);
    assert_int_equal(F.subject_count, 0);
    struct verdict verdict =
        engine_decide(W.engine,
                      facts_of("{\"user\":{\"id\":\"good\"},\"device\":{\"idfa\":"
                               "\"00000000-0000-0000-0000-00000000\\u0030000\"}}"),
                      0);
    assert_int_equal(verdict.decision, DECISION_REDUCED);
    assert_int_equal(verdict.why, DECIDED_SIGNAL);
}

static void test_signals(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool opt_out, opt_in; /* does it deny, by what the signal means? */
    } cases[] = {
        {"null", false, true},
        {"false", false, true},
        {"true", true, false},
        {"0", false, true},
        {"1", true, false},
        {"0.0", true, true},
        {"-0", true, true},
        {"2", true, true},
        {"1.0", true, true},
        {"\"\"", false, true},
        {"\"0\"", false, true},
        {"\"1\"", true, false},
        {"\"no\"", false, true},
        {"\"false\"", false, true},
        {"\"yes\"", true, false},
        {"\"true\"", true, false},
        {"\"unspecified\"", false, true},
        {"\"n\\u006f\"", false, true},
        {"\"maybe\"", true, true},
        {"\"\\ud800\"", true, true},
        {"{}", true, true},
        {"[]", true, true},
        {"[false]", true, true},
    };
    int gpc = signal_number(&W.signals, SLICE("gpc"));
    int ads = signal_number(&W.signals, SLICE("ads"));
    int dnt = signal_number(&W.signals, SLICE("dnt"));
    assert_true(gpc >= 0 && ads >= 0 && dnt >= 0 && gpc != ads);
    char record[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(record, sizeof record, "{\"gpc\":%s,\"privacy\":{\"allowed\":%s}}", cases[i].value,
                 cases[i].value);
        uint32_t expected = (uint32_t)cases[i].opt_out << gpc | (uint32_t)cases[i].opt_in << ads;
        if (facts_of(record)->signals != expected)
            fail_msg("%s: signals %x instead of %x", record, F.signals, expected);
    }
    assert_int_equal(facts_of("{\"privacy\":{}}")->signals, 0);
    assert_int_equal(facts_of("{\"privacy\":null}")->signals, 0);
    assert_int_equal(facts_of("{\"privacy\":\"no\"}")->signals, 1u << ads);
    assert_int_equal(facts_of("{\"list\":[0,false,\"\"]}")->signals, 0);
    assert_int_equal(facts_of("{\"list\":[0,false,\"out\"]}")->signals, 1u << dnt);
    assert_int_equal(facts_of("{\"list\":[1,1,0,\"out\"]}")->signals, 1u << dnt);
    assert_int_equal(facts_of("{\"list\":1}")->signals, 1u << dnt);
}

static void test_times(void **state)
{
    (void)state;
    const struct event_time substituted = {.time = WORLD_NOW, .substituted = true};
    const struct raw_record *record = tape_read(&T, W.schema, "{\"user\":{\"id\":\"good\"}}");
    engine_facts(W.engine, record, &substituted, WORLD_NOW + 5, &F);
    assert_int_equal(F.event_time, TIME_NONE);
    assert_int_equal(F.now, WORLD_NOW + 5);
    assert_int_equal(engine_decide(W.engine, &F, 0).why, DECIDED_TOO_EARLY);
    assert_int_equal(facts_of("{\"user\":{\"id\":\"good\"}}")->event_time, WORLD_NOW);
    assert_int_equal(engine_decide(W.engine, &F, 0).decision, DECISION_GRANTED);
    /* What could not be decoded: as far as it was read, or not even a schema. */
    const struct event_time time = {.time = WORLD_NOW};
    T.record.schema = NULL;
    engine_facts(W.engine, &T.record, &time, WORLD_NOW, &F);
    assert_int_equal(F.subject_count, 0);
    assert_int_equal(engine_decide(W.engine, &F, 0).why, DECIDED_NO_SUBJECT);
    tape_read(&T, W.schema, "{\"user\":{\"id\":\"bad\"}}");
    T.record.count = 2; /* the id was not reached */
    engine_facts(W.engine, &T.record, &time, WORLD_NOW, &F);
    assert_int_equal(F.subject_count, 0);
}

static void test_who_decides(void **state)
{
    (void)state;
    facts_of("{\"user\":{\"id\":\"good\"}}");
    W.recipients[0].crosses_border = true;
    assert_int_equal(engine_decide(W.engine, &F, 0).why, DECIDED_CROSS_BORDER);
    W.recipients[0].crosses_border = false;
    W.recipients[0].purpose = 2;
    assert_int_equal(engine_decide(W.engine, &F, 0).why, DECIDED_NECESSITY);
    static const unsigned purposes[] = {PURPOSE_CROSS_BORDER, 3, PURPOSE_LIMIT, 4000000000u};
    for (size_t i = 0; i < 4; i++) {
        W.recipients[0].purpose = purposes[i];
        assert_int_equal(engine_decide(W.engine, &F, 0).why, DECIDED_NOTHING);
        assert_int_equal(engine_decide(W.engine, &F, 0).decision, DECISION_WITHHELD);
    }
    W.recipients[0].purpose = 1;
    assert_int_equal(engine_decide(W.engine, &F, 1).decision, DECISION_WITHHELD);
    assert_int_equal(engine_decide(W.engine, &F, 0).decision, DECISION_GRANTED);
    /* A key that cannot be read may hide a withdrawal: even necessity waits. */
    world_consent(&W, "nonsense", DENIED);
    W.recipients[0].purpose = 2;
    assert_int_equal(engine_decide(W.engine, &F, 0).why, DECIDED_NOTHING);
    W.recipients[0].purpose = 1;
    assert_int_equal(engine_decide(W.engine, &F, 0).decision, DECISION_WITHHELD);
    world_consent(&W, "nonsense", "null");
    assert_int_equal(engine_decide(W.engine, &F, 0).decision, DECISION_GRANTED);
}

static void test_without_a_table(void **state)
{
    (void)state;
    struct consent_table *table = W.consent;
    W.consent = NULL;
    world_start(&W);
    facts_of("{\"user\":{\"id\":\"good\"}}");
    assert_int_equal(engine_decide(W.engine, &F, 0).why, DECIDED_UNKNOWN);
    W.consent = table;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_subjects, start, stop),
        cmocka_unit_test_setup_teardown(test_fields_of_subjects, start, stop),
        cmocka_unit_test_setup_teardown(test_too_many_subjects, start, stop),
        cmocka_unit_test_setup_teardown(test_advertising_opt_out, start, stop),
        cmocka_unit_test_setup_teardown(test_signals, start, stop),
        cmocka_unit_test_setup_teardown(test_times, start, stop),
        cmocka_unit_test_setup_teardown(test_who_decides, start, stop),
        cmocka_unit_test_setup_teardown(test_without_a_table, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
