/* What is remembered of kept values changes no answer: an engine that has seen thousands of values
 * writes what a fresh one writes. */
#include "tests/anonymize/engine_world.h"
#include "tests/anonymize/tape.h"

#include "anonymize/kept_memo.h"

static struct world W;
static struct tape T;

static const char schema[] = "schema: event\nversion: 1\nmatch: {field: type, equals: event}\n"
                             "time: {field: ts, format: unix_ms}\nsubjects: [id]\n"
                             "fields:\n  ts: time.event\n  id: account.user_id\n"
                             "  model: device.model\n  version: app.version\n  count: usage.count\n"
                             "  operator: network.operator\n  event: usage.event\n";

static const char policy[] =
    "policy: test\nversion: 1\npurposes:\n  operation: {basis: consent, consent_version: 1}\n"
    "rules:\n  device.model: keep\n  app.version: keep\n  usage.count: keep\n"
    "  network.operator: keep\n  usage.event: keep\n"
    "minors: {below: 14, then: withhold, age_unknown: adult}\n";

/* Values that may be kept, and near neighbours that may not, strings and numbers with one text. */
static const char *const values[] = {
    "\"SM-G9910\"",
    "\"SM-G9911\"",
    "\"SM G9910\"",
    "\"46000\"",
    "46000",
    "\"46001\"",
    "46001",
    "4600",
    "\"1.2.3\"",
    "\"1.2.3.4\"",
    "\"1.2.3-beta\"",
    "\"a@example.com\"",
    "\"13800138000\"",
    "13800138000",
    "7",
    "-7",
    "7.5",
    "\"\"",
    "\"open\"",
    "\"open \"",
    "\"\\u006fpen\"",
    "true",
    "null",
    "{}",
    "\"490154203237518\"",
    "\"0123456789abcdef\"",
    "\"\xe7\xa7\xbb\xe5\x8a\xa8\"",
    "\"op\\\"en\"",
    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "\"",
};
enum { VALUES = sizeof values / sizeof *values };

static uint64_t random_state = 1;

static const char *any_value(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return values[(random_state >> 33) % VALUES];
}

static void test_places(void **state)
{
    (void)state;
    struct kept_memo memo = {0};
    struct slice text = SLICE("SM-G9910");
    struct kept_memo_entry *place = kept_memo_place(&memo, text);
    assert_false(kept_memo_has(place, JSON_STRING, text));
    kept_memo_set(place, JSON_STRING, text);
    assert_true(kept_memo_has(place, JSON_STRING, text));
    assert_false(kept_memo_has(place, JSON_NUMBER, text));
    assert_false(kept_memo_has(place, JSON_STRING, SLICE("SM-G991")));
    assert_false(kept_memo_has(place, JSON_STRING, SLICE("SM-G9911")));
    struct kept_memo empty = {0};
    kept_memo_set(kept_memo_place(&empty, SLICE("")), JSON_STRING, SLICE(""));
    char longest[KEPT_MEMO_TEXT + 1];
    memset(longest, 'x', sizeof longest);
    struct slice too_long = slice_of(longest, sizeof longest);
    kept_memo_set(kept_memo_place(&empty, too_long), JSON_STRING, too_long);
    for (size_t i = 0; i < KEPT_MEMO_WAYS; i++)
        assert_int_equal(empty.entries[i].type, JSON_ABSENT);
    struct slice fits = slice_of(longest, KEPT_MEMO_TEXT);
    kept_memo_set(kept_memo_place(&empty, fits), JSON_STRING, fits);
    assert_true(kept_memo_has(kept_memo_place(&empty, fits), JSON_STRING, fits));
}

static void test_no_answer_changes(void **state)
{
    (void)state;
    for (int round = 0; round < 4000; round++) {
        char record[2048];
        char fresh[2048];
        snprintf(record, sizeof record,
                 "{\"type\":\"event\",\"ts\":%lld,\"id\":\"u\",\"model\":%s,\"version\":%s,"
                 "\"count\":%s,\"operator\":%s,\"event\":%s}",
                 (long long)WORLD_NOW, any_value(), any_value(), any_value(), any_value(),
                 any_value());
        struct engine *seasoned = W.engine;
        W.engine = NULL;
        world_start(&W);
        const struct raw_record *tape = tape_read(&T, W.schema, record);
        enum rewrite_result first = world_rewrite(&W, tape, 0, DECISION_GRANTED);
        size_t length = W.out.length;
        assert_true(length < sizeof fresh);
        memcpy(fresh, W.out.data, length);
        engine_free(W.engine);
        W.engine = seasoned;
        assert_int_equal(world_rewrite(&W, tape, 0, DECISION_GRANTED), first);
        assert_int_equal(W.out.length, length);
        assert_memory_equal(W.out.data, fresh, length);
    }
}

static void test_without_keys(void **state)
{
    (void)state;
    struct world bare;
    world_init(&bare, schema, policy);
    keyring_release(bare.keyring);
    bare.keyring = NULL;
    world_start(&bare);
    const struct raw_record *tape =
        tape_read(&T, bare.schema,
                  "{\"type\":\"event\",\"ts\":1795442400000,\"id\":\"u\",\"event\":\"open\"}");
    assert_int_equal(world_rewrite(&bare, tape, 0, DECISION_GRANTED), REWRITE_DONE);
    assert_true(slice_equal(buffer_slice(&bare.out), SLICE("{\"event\":\"open\"}")));
    world_release(&bare);
}

static int set_up(void **state)
{
    (void)state;
    world_init(&W, schema, policy);
    world_start(&W);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    world_release(&W);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_no_answer_changes),
        cmocka_unit_test(test_without_keys),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
