#include "tests/anonymize/engine_world.h"
#include "tests/anonymize/tape.h"

static const char SCHEMA[] = "schema: test\n"
                             "version: 1\n"
                             "match: {topic: test}\n"
                             "time: {field: ts, format: unix_ms}\n"
                             "subjects: [user]\n"
                             "fields:\n"
                             "  ts: time.event\n"
                             "  started: time.other\n"
                             "  user: account.user_id\n"
                             "  imei: device.imei\n"
                             "  idfa: device.idfa\n"
                             "  ip: network.ip\n"
                             "  note: text.free\n"
                             "  password: secret.password\n"
                             "  device.model: device.model\n"
                             "  device.os: device.os_version\n"
                             "  device.rooted: device.flag\n"
                             "  device.level: device.battery\n"
                             "  device.memory: device.resource\n"
                             "  place.lat: place.latitude\n"
                             "  crumbs[].name: usage.event\n"
                             "  crumbs[].more.count: usage.count\n"
                             "  tags[]: app.channel\n"
                             "  matrix[][]: usage.count\n"
                             "  '\"quo\\\"te\"': usage.event\n"
                             "  channel: app.source\n"
                             "  page: web.url\n";

static const char POLICY[] =
    "policy: test\n"
    "version: 1\n"
    "purposes:\n"
    "  operation: {basis: consent, consent_version: 3, without_consent: reduce}\n"
    "  security: {basis: necessity, only: [device.model]}\n"
    "rules:\n"
    "  time: keep\n"
    "  account.user_id: pseudonym\n"
    "  device.imei: pseudonym\n"
    "  device.idfa: pseudonym\n"
    "  network.ip: truncate\n"
    "  text.free: redact\n"
    "  device.model: {granted: keep, otherwise: keep}\n"
    "  device.os_version: {generalise: version}\n"
    "  device.flag: keep\n"
    "  device.battery: keep\n"
    "  device.resource: {generalise: {buckets: [0, 1000]}}\n"
    "  place.latitude: {generalise: {grid: 0.1}}\n"
    "  usage: keep\n"
    "  app.channel: keep\n"
    "  app.source: {mask: {first: 2, last: 1}}\n"
    "  web.url: {url: path}\n"
    "minors: {below: 14, then: withhold, age_unknown: adult}\n";

static struct world W;
static struct tape T;

static int start(void **state)
{
    (void)state;
    world_init(&W, SCHEMA, POLICY);
    world_start(&W);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_release(&W);
    return 0;
}

/* The granted output of a record is exactly this (NULL: empty). */
static void expect(const char *record, const char *expected)
{
    enum rewrite_result result =
        world_rewrite(&W, tape_read(&T, W.schema, record), 0, DECISION_GRANTED);
    assert_int_equal(result, expected ? REWRITE_DONE : REWRITE_EMPTY);
    struct slice out = buffer_slice(&W.out);
    if (!expected)
        assert_int_equal(out.length, 0);
    else if (!slice_equal(out, slice_from_string(expected)))
        fail_msg("%s\n gave %.*s\n not %s", record, SLICE_FORMAT(out), expected);
    if (expected)
        assert_true(slice_equal(W.clean.json, out));
}

/* A field with this value is left out for this reason, which is counted once. */
static void expect_dropped(const char *member, enum drop_reason reason)
{
    char record[512];
    W.counts = (struct field_counts){0};
    snprintf(record, sizeof record, "{\"tags\":[\"x\"],%s}", member);
    expect(record, "{\"tags\":[\"x\"]}");
    for (int i = 0; i < DROP_REASON_COUNT; i++)
        if (W.counts.dropped[i] != (i == (int)reason))
            fail_msg("%s: dropped %d times as %s", member, (int)W.counts.dropped[i],
                     drop_reason_name((enum drop_reason)i));
    assert_int_equal(W.counts.by_action[ACTION_KEEP], 1);
}

static void test_structure(void **state)
{
    (void)state;
    expect("{}", NULL);
    expect("{\"password\":\"x\"}", NULL);
    expect("{\"device\":{\"model\":\"SM-G9910\"}}", "{\"device\":{\"model\":\"SM-G9910\"}}");
    expect(" { \"tags\" : [ \"a\" , \"b\" ] , \"device\" : { \"rooted\" : false } } ",
           "{\"tags\":[\"a\",\"b\"],\"device\":{\"rooted\":false}}");
    /* Containers of which nothing is released, at every place. */
    expect("{\"device\":{},\"tags\":[],\"crumbs\":[{},{\"more\":{}}]}", NULL);
    expect("{\"device\":{\"model\":null},\"tags\":[\"a\"],\"crumbs\":[{}]}", "{\"tags\":[\"a\"]}");
    expect("{\"crumbs\":[{\"name\":\"a\"},{},{\"more\":{\"count\":1}},{\"more\":{\"count\":-1}}]}",
           "{\"crumbs\":[{\"name\":\"a\"},{\"more\":{\"count\":1}}]}");
    expect("{\"crumbs\":[{\"more\":{\"count\":-1},\"name\":\"a\"}]}",
           "{\"crumbs\":[{\"name\":\"a\"}]}");
    expect("{\"matrix\":[[1,2],[],[-1],[3]]}", "{\"matrix\":[[1,2],[3]]}");
    expect("{\"tags\":[null,\"a\",7,\"b\",{\"x\":1},[1]]}", "{\"tags\":[\"a\",\"b\"]}");
    expect("{\"quo\\\"te\":\"a\"}", "{\"quo\\\"te\":\"a\"}");
    /* A name that is escaped in the record is written as the schema has it. */
    expect("{\"t\\u0061gs\":[\"a\"]}", "{\"tags\":[\"a\"]}");
    /* Something else where a container should be, and a container where something else should. */
    expect("{\"device\":\"secret\",\"tags\":\"secret\",\"crumbs\":{\"name\":\"secret\"}}", NULL);
    expect("{\"device\":{\"model\":{\"model\":\"secret\"},\"rooted\":true}}",
           "{\"device\":{\"rooted\":true}}");
}

static void test_kept_values(void **state)
{
    (void)state;
    expect("{\"device\":{\"level\":12.50}}", "{\"device\":{\"level\":12.50}}");
    expect("{\"tags\":[\"\\u0061\\u002db\"]}", "{\"tags\":[\"a-b\"]}");
    W.counts = (struct field_counts){0};
    expect("{\"device\":{\"model\":null},\"tags\":[null,\"a\"]}", "{\"tags\":[\"a\"]}");
    for (int i = 0; i < DROP_REASON_COUNT; i++)
        assert_int_equal(W.counts.dropped[i], 0);
    expect_dropped("\"password\":\"x\"", DROP_BY_RULE);
    expect_dropped("\"device\":{\"model\":7}", DROP_TYPE);
    expect_dropped("\"device\":{\"model\":true}", DROP_TYPE);
    expect_dropped("\"device\":{\"model\":[\"x\"]}", DROP_TYPE);
    expect_dropped("\"device\":{\"rooted\":\"true\"}", DROP_TYPE);
    expect_dropped("\"device\":{\"rooted\":1}", DROP_TYPE);
    expect_dropped("\"device\":{\"level\":\"50\"}", DROP_TYPE);
    expect_dropped("\"device\":{\"level\":101}", DROP_VALUE);
    expect_dropped("\"device\":{\"level\":1e400}", DROP_VALUE);
    expect_dropped("\"device\":{\"model\":\"a\\u0000b\"}", DROP_VALUE);
    expect_dropped("\"device\":{\"model\":\"\\ud800 x\"}", DROP_SURROGATE);
    expect_dropped("\"device\":{\"model\":\"www.example.com\"}", DROP_DETECTOR);
    expect_dropped("\"device\":{\"model\":\"356938035643809\"}", DROP_VALUE);
    expect_dropped("\"device\":\"x\"", DROP_TYPE);
}

static void test_times(void **state)
{
    (void)state;
    expect("{\"ts\":1795442460123}", "{\"ts\":1795442400000}");
    expect("{\"ts\":\"1795442460123\"}", "{\"ts\":\"1795442400000\"}");
    expect("{\"started\":\"2026-11-23T08:59:59.5+08:00\"}",
           "{\"started\":\"2026-11-23T00:00:00Z\"}");
    expect_dropped("\"started\":true", DROP_TYPE);
    expect_dropped("\"started\":{}", DROP_TYPE);
    expect_dropped("\"started\":\"yesterday\"", DROP_VALUE);
    expect_dropped("\"ts\":\"2026-11-23T00:00:00Z\"", DROP_FORM); /* the schema says unix_ms */
    /* Digits that are something else in a time's place are centuries away. */
    expect_dropped("\"started\":13812345678", DROP_VALUE);
    expect_dropped("\"started\":\"13812345678\"", DROP_VALUE);
    expect_dropped("\"started\":356938035643809", DROP_VALUE);
    expect_dropped("\"started\":864691024357895", DROP_VALUE);
    expect_dropped("\"started\":4111111111111111", DROP_VALUE);
    expect_dropped("\"started\":440524188001010014", DROP_VALUE);
    expect_dropped("\"started\":0", DROP_VALUE);
    expect_dropped("\"started\":\"2026-11-24T14:00:01Z\"", DROP_VALUE);
}

static void test_identifiers(void **state)
{
    (void)state;
    struct tape again;
    expect_dropped("\"imei\":\"000000000000000\"", DROP_PLACEHOLDER);
    expect_dropped("\"idfa\":\"00000000-0000-0000-0000-000000000000\"", DROP_PLACEHOLDER);
    expect_dropped("\"imei\":\"356938035643808\"", DROP_FORM);
    expect_dropped("\"imei\":\"\"", DROP_FORM);
    expect_dropped("\"imei\":3.5e14", DROP_FORM);
    expect_dropped("\"imei\":true", DROP_TYPE);
    expect_dropped("\"imei\":[\"356938035643809\"]", DROP_TYPE);
    /* One device in every spelling, as text and as number, is one pseudonym. */
    static const char *const spellings[] = {
        "{\"imei\":356938035643809}", "{\"imei\":\"356938035643809\"}",
        "{\"imei\":\"35-693803-564380-9\"}", "{\"imei\":\"\\u00335 693803 564380 9\"}"};
    char first[128] = "";
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            world_rewrite(&W, tape_read(&again, W.schema, spellings[i]), 0, DECISION_GRANTED),
            REWRITE_DONE);
        assert_true(W.out.length < sizeof first);
        if (i == 0)
            memcpy(first, W.out.data, W.out.length);
        assert_memory_equal(first, W.out.data, W.out.length);
        assert_int_equal(W.out.length, strlen(first));
        assert_int_equal(W.clean.epoch, keyring_epoch(W.keyring, WORLD_NOW));
    }
    assert_memory_equal(first, "{\"imei\":\"e", 10);
    /* Too old for any key: left out, and the record goes on. */
    const struct event_time old = {.time = WORLD_NOW - 100 * TIME_DAY, .substituted = true};
    const char *text = "{\"imei\":356938035643809,\"tags\":[\"a\"]}";
    W.counts = (struct field_counts){0};
    buffer_reset(&W.out);
    assert_int_equal(engine_rewrite(W.engine, tape_read(&again, W.schema, text), 0, 0,
                                    DECISION_GRANTED, &old, &W.out, &W.clean, &W.counts),
                     REWRITE_DONE);
    assert_true(slice_equal(W.clean.json, SLICE("{\"tags\":[\"a\"]}")));
    assert_int_equal(W.counts.dropped[DROP_NO_KEY], 1);
    assert_int_equal(W.clean.epoch, EPOCH_NONE);
}

static void test_actions(void **state)
{
    (void)state;
    expect("{\"ip\":\"203.0.113.77\"}", "{\"ip\":\"203.0.113.0\"}");
    expect_dropped("\"ip\":3405803853", DROP_TYPE);
    expect_dropped("\"ip\":\"somewhere\"", DROP_FORM);
    expect("{\"note\":\"anything\"}", "{\"note\":\"[redacted]\"}");
    expect("{\"note\":17}", "{\"note\":\"[redacted]\"}");
    expect_dropped("\"note\":{\"a\":1}", DROP_TYPE);
    expect("{\"device\":{\"os\":\"17.4.1-beta\"}}", "{\"device\":{\"os\":\"17.4\"}}");
    expect_dropped("\"device\":{\"os\":17.4}", DROP_TYPE);
    expect_dropped("\"device\":{\"os\":\"x\"}", DROP_FORM);
    expect("{\"device\":{\"memory\":900}}", "{\"device\":{\"memory\":\"[0,1000)\"}}");
    expect_dropped("\"device\":{\"memory\":\"900\"}", DROP_TYPE);
    expect("{\"place\":{\"lat\":31.2304}}", "{\"place\":{\"lat\":31.2}}");
    expect("{\"place\":{\"lat\":\"-31.2304\"}}", "{\"place\":{\"lat\":\"-31.3\"}}");
    expect_dropped("\"place\":{\"lat\":1912.5}", DROP_FORM);
    expect("{\"channel\":\"appstore\"}", "{\"channel\":\"ap****e\"}");
    expect_dropped("\"channel\":\"a b\"", DROP_VALUE);
    expect_dropped("\"channel\":\"www.example.com\"", DROP_DETECTOR);
    expect("{\"page\":\"https://u:p@example.com/a?q=1#f\"}",
           "{\"page\":\"https://example.com/a\"}");
}

static void test_withheld_and_wrong(void **state)
{
    (void)state;
    const struct raw_record *record = tape_read(&T, W.schema, "{\"tags\":[\"a\"]}");
    assert_int_equal(world_rewrite(&W, record, 0, DECISION_WITHHELD), REWRITE_EMPTY);
    assert_int_equal(world_rewrite(&W, record, 0, DECISION_COUNT), REWRITE_EMPTY);
    assert_int_equal(world_rewrite(&W, record, 0, DECISION_REDUCED), REWRITE_EMPTY);
    assert_int_equal(world_rewrite(&W, record, 1, DECISION_GRANTED), REWRITE_EMPTY);
    const struct event_time time = {.time = WORLD_NOW};
    assert_int_equal(engine_rewrite(W.engine, record, 1, 0, DECISION_GRANTED, &time, &W.out,
                                    &W.clean, &W.counts),
                     REWRITE_EMPTY);
    T.record.schema = NULL;
    assert_int_equal(world_rewrite(&W, record, 0, DECISION_GRANTED), REWRITE_EMPTY);
    assert_null(engine_plan(W.engine, 0, 0, DECISION_WITHHELD));
    assert_null(engine_plan(W.engine, 1, 0, DECISION_GRANTED));
    assert_null(engine_plan(W.engine, 0, 1, DECISION_GRANTED));
}

/* Every length of the output but the whole: rolled back, nothing of the record left behind. */
static void test_no_room(void **state)
{
    (void)state;
    static const char text[] = "{\"tags\":[\"first\",\"second\"],\"device\":{\"model\":\"third\"},"
                               "\"crumbs\":[{\"name\":\"\\\"quote\"}],\"matrix\":[[-1]]}";
    const struct raw_record *record = tape_read(&T, W.schema, text);
    assert_int_equal(world_rewrite(&W, record, 0, DECISION_GRANTED), REWRITE_DONE);
    size_t length = W.out.length;
    /* What is taken back at its end needs its room until then: `,"crumbs":[{"name":`. */
    size_t enough = length - 1 + 19;
    const struct event_time time = {.time = WORLD_NOW};
    W.counts = (struct field_counts){0};
    for (size_t room = 0; room <= enough; room++) {
        struct buffer out;
        buffer_init(&out, 6 + room);
        memset(buffer_reserve(&out, 6 + room), 0, 6 + room); /* what is in it is of this test */
        buffer_append_string(&out, "before");
        enum rewrite_result result = engine_rewrite(W.engine, record, 0, 0, DECISION_GRANTED, &time,
                                                    &out, &W.clean, &W.counts);
        assert_int_equal(result, room < enough ? REWRITE_FULL : REWRITE_DONE);
        assert_int_equal(out.length, room < enough ? 6 : 6 + length);
        assert_false(out.failed);
        for (size_t i = 6; i < out.capacity && room < enough; i++)
            assert_true(out.data[i] != 'f' && out.data[i] != 't');
        buffer_release(&out);
    }
    assert_int_equal(W.counts.by_action[ACTION_KEEP], 3); /* of the one that was written */
}

static void test_record_limit(void **state)
{
    (void)state;
    static const char text[] = "{\"tags\":[\"first\",\"second\"]}";
    for (size_t limit = 0; limit <= sizeof text; limit++) {
        W.record_limit = limit;
        world_start(&W);
        enum rewrite_result result =
            world_rewrite(&W, tape_read(&T, W.schema, text), 0, DECISION_GRANTED);
        assert_int_equal(result, limit < sizeof text - 1 ? REWRITE_SIZE : REWRITE_DONE);
        assert_int_equal(W.out.length, limit < sizeof text - 1 ? 0 : sizeof text - 1);
    }
    /* An escaped string that is longer than the scratch memory. */
    W.record_limit = 30;
    world_start(&W);
    W.counts = (struct field_counts){0};
    expect(
        "{\"device\":{\"model\":\"\\u0061\\u0061\\u0061\\u0061\\u0061\\u0061\"},\"tags\":[\"a\"]}",
        "{\"tags\":[\"a\"]}");
    assert_int_equal(W.counts.dropped[DROP_SIZE], 1);
    /* A buffer that cannot take any record of the limit, while it is empty: not for ever FULL. */
    W.record_limit = 1000;
    world_start(&W);
    struct buffer out;
    buffer_init(&out, 10);
    const struct event_time time = {.time = WORLD_NOW};
    assert_int_equal(engine_rewrite(W.engine, tape_read(&T, W.schema, text), 0, 0, DECISION_GRANTED,
                                    &time, &out, &W.clean, &W.counts),
                     REWRITE_SIZE);
    out.failed = true;
    assert_int_equal(engine_rewrite(W.engine, &T.record, 0, 0, DECISION_GRANTED, &time, &out,
                                    &W.clean, &W.counts),
                     REWRITE_FULL);
    buffer_release(&out);
}

static void test_one_value(void **state)
{
    (void)state;
    const struct raw_record *record =
        tape_read(&T, W.schema, "{\"tags\":[\"a\",null,\"\\ud800\"],\"password\":\"x\"}");
    const struct plan *plan = engine_plan(W.engine, 0, 0, DECISION_GRANTED);
    const struct event_time time = {.time = WORLD_NOW};
    enum drop_reason reason;
    buffer_reset(&W.out);
    assert_false(engine_rewrite_value(W.engine, record, 0, plan, 0, &time, &W.out, &reason));
    assert_true(engine_rewrite_value(W.engine, record, 2, plan, 0, &time, &W.out, &reason));
    assert_true(slice_equal(buffer_slice(&W.out), SLICE("\"a\"")));
    assert_false(engine_rewrite_value(W.engine, record, 3, plan, 0, &time, &W.out, &reason));
    assert_int_equal(reason, DROP_TYPE);
    assert_false(engine_rewrite_value(W.engine, record, 4, plan, 0, &time, &W.out, &reason));
    assert_int_equal(reason, DROP_SURROGATE);
    assert_false(engine_rewrite_value(W.engine, record, 5, plan, 0, &time, &W.out, &reason));
    assert_int_equal(reason, DROP_BY_RULE);
    assert_false(engine_rewrite_value(W.engine, record, 6, plan, 0, &time, &W.out, &reason));
    assert_false(engine_rewrite_value(W.engine, record, 2, NULL, 0, &time, &W.out, &reason));
    assert_int_equal(W.out.length, 3);
    struct buffer small;
    buffer_init(&small, 2);
    assert_false(engine_rewrite_value(W.engine, record, 2, plan, 0, &time, &small, &reason));
    assert_int_equal(reason, DROP_SIZE);
    buffer_release(&small);
}

/* The key is the value as it leaves: never what came in, and nothing where it was not released. */
static void test_key(void **state)
{
    (void)state;
    static const struct {
        const char *path, *record, *key;
    } cases[] = {
        {"device.model", "{\"tags\":[\"a\"],\"device\":{\"model\":\"SM-1\"}}", "SM-1"},
        {"device.os", "{\"tags\":[\"a\"],\"device\":{\"os\":\"14.2.1\"}}", "14.2"},
        {"device.rooted", "{\"tags\":[\"a\"],\"device\":{\"rooted\":true}}", "true"},
        {"tags[]", "{\"tags\":[\"a\",\"b\"]}", "a"},
        {"password", "{\"tags\":[\"a\"],\"password\":\"x\"}", ""},
        {"device.model", "{\"tags\":[\"a\"]}", ""},
        {"device.model", "{\"tags\":[\"a\"],\"device\":{\"model\":null}}", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        W.recipients[0].key = slice_from_string(cases[i].path);
        world_start(&W);
        assert_int_equal(
            world_rewrite(&W, tape_read(&T, W.schema, cases[i].record), 0, DECISION_GRANTED),
            REWRITE_DONE);
        if (!slice_equal(W.clean.key, slice_from_string(cases[i].key)))
            fail_msg("%s of %s gave %.*s", cases[i].path, cases[i].record,
                     SLICE_FORMAT(W.clean.key));
    }
    W.recipients[0].key = SLICE("user");
    world_start(&W);
    const char *record = "{\"tags\":[\"a\"],\"user\":\"1234567\"}";
    assert_int_equal(world_rewrite(&W, tape_read(&T, W.schema, record), 0, DECISION_GRANTED),
                     REWRITE_DONE);
    assert_true(W.clean.key.length > 32);
    assert_true(W.clean.key.data[0] == 'e');
    assert_null(memmem(W.clean.key.data, W.clean.key.length, "1234567", 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_structure, start, stop),
        cmocka_unit_test_setup_teardown(test_key, start, stop),
        cmocka_unit_test_setup_teardown(test_kept_values, start, stop),
        cmocka_unit_test_setup_teardown(test_times, start, stop),
        cmocka_unit_test_setup_teardown(test_identifiers, start, stop),
        cmocka_unit_test_setup_teardown(test_actions, start, stop),
        cmocka_unit_test_setup_teardown(test_withheld_and_wrong, start, stop),
        cmocka_unit_test_setup_teardown(test_no_room, start, stop),
        cmocka_unit_test_setup_teardown(test_record_limit, start, stop),
        cmocka_unit_test_setup_teardown(test_one_value, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
