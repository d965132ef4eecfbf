/* Consent messages: what each text means, and that what cannot be read denies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "consent/message.h"
#include "core/buffer.h"

enum { OPERATION = 1, RESEARCH = 2 };

static struct policy policy;
static struct consent_reader *reader;
static struct consent_message message;

static int set_up(void **state)
{
    (void)state;
    policy.purpose_count = 3;
    policy.purposes[OPERATION].name = SLICE("operation");
    policy.purposes[RESEARCH].name = SLICE("research");
    return consent_reader_new(&policy, &reader) == RC_OK ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    consent_reader_free(reader);
    return 0;
}

static const struct subject_consent *read_text(const char *text)
{
    memset(&message, 0xAA, sizeof message);
    consent_message_read(reader, slice_from_string(text), &message);
    return &message.subject;
}

static int64_t seconds(int64_t count)
{
    return count * TIME_SECOND;
}

static void a_whole_message(void **state)
{
    (void)state;
    const struct subject_consent *s = read_text(
        "{\"seq\":12,\"purposes\":{\"operation\":{\"state\":\"granted\",\"since\":"
        "\"2026-01-02T03:04:05Z\",\"until\":null,\"policy_version\":3},\"cross_border\":{\"state\":"
        "\"withdrawn\",\"until\":\"2026-01-02T03:04:05.999Z\"}},\"age\":17,\"erase_at\":null}");
    assert_false(message.tombstone);
    assert_int_equal(message.ignored, 0);
    assert_true(s->known);
    assert_false(s->unreadable);
    assert_int_equal(s->seq, 12);
    assert_true(s->age_stated);
    assert_int_equal(s->age, 17);
    assert_int_equal(s->erase_at, TIME_NONE);
    assert_int_equal(s->purposes[OPERATION].state, CONSENT_GRANTED);
    assert_int_equal(s->purposes[OPERATION].since, seconds(1767323045));
    assert_int_equal(s->purposes[OPERATION].until, TIME_NONE);
    assert_int_equal(s->purposes[OPERATION].policy_version, 3);
    assert_int_equal(s->purposes[PURPOSE_CROSS_BORDER].state, CONSENT_WITHDRAWN);
    assert_int_equal(s->purposes[PURPOSE_CROSS_BORDER].since, TIME_NONE);
    assert_int_equal(s->purposes[PURPOSE_CROSS_BORDER].until, seconds(1767323045));
    assert_int_equal(s->purposes[RESEARCH].state, CONSENT_UNKNOWN);
}

static void tombstones(void **state)
{
    (void)state;
    consent_message_read(reader, (struct slice){0}, &message);
    assert_true(message.tombstone);
    assert_false(message.subject.known);
    read_text("null");
    assert_true(message.tombstone);
    static const char *const others[] = {"",     " null",    "null ", "nul",
                                         "NULL", "\"null\"", "{}",    "0"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_true(read_text(others[i])->unreadable);
        assert_false(message.tombstone);
    }
}

#define OF_OPERATION(members) "{\"seq\":7,\"age\":40,\"purposes\":{\"operation\":{" members "}}}"
#define GRANTED               "\"state\":\"granted\""

/* Readable, and what `operation` comes out as. */
static void readable_purposes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct purpose_consent expected;
        uint32_t ignored;
    } cases[] = {
        {OF_OPERATION(GRANTED), {CONSENT_GRANTED, TIME_NONE, TIME_NONE, 0}, 0},
        {OF_OPERATION("\"state\":\"gr\\u0061nted\""),
         {CONSENT_GRANTED, TIME_NONE, TIME_NONE, 0},
         0},
        {OF_OPERATION("\"stat\\u0065\":\"denied\""), {CONSENT_DENIED, TIME_NONE, TIME_NONE, 0}, 0},
        {OF_OPERATION("\"state\":\"unknown\""), {CONSENT_UNKNOWN, TIME_NONE, TIME_NONE, 0}, 0},
        {OF_OPERATION("\"state\":\"expired\""), {CONSENT_EXPIRED, TIME_NONE, TIME_NONE, 0}, 0},
        {OF_OPERATION(GRANTED ",\"since\":null,\"policy_version\":null"),
         {CONSENT_GRANTED, TIME_NONE, TIME_NONE, 0},
         0},
        {OF_OPERATION(GRANTED ",\"since\":\"1970-01-01T00:00:01Z\""),
         {CONSENT_GRANTED, 1000, TIME_NONE, 0},
         0},
        {OF_OPERATION(GRANTED ",\"since\":\"1970-01-01T00:00:01.001Z\""),
         {CONSENT_GRANTED, 2000, TIME_NONE, 0},
         0},
        {OF_OPERATION(GRANTED ",\"since\":\"1970-01-01T00:00:01.0000000001+00:00\""),
         {CONSENT_GRANTED, 2000, TIME_NONE, 0},
         0},
        {OF_OPERATION(GRANTED ",\"since\":\"1970-01-01T00:00:01.000000000Z\""),
         {CONSENT_GRANTED, 1000, TIME_NONE, 0},
         0},
        {OF_OPERATION(GRANTED ",\"until\":\"1970-01-01T00:00:01.999999Z\""),
         {CONSENT_GRANTED, TIME_NONE, 1000, 0},
         0},
        {OF_OPERATION(GRANTED ",\"policy_version\":4294967295"),
         {CONSENT_GRANTED, TIME_NONE, TIME_NONE, UINT32_MAX},
         0},
        {OF_OPERATION(GRANTED ",\"source\":{\"a\":[1,{\"b\":\"\\ud83d\\ude00\"}]}"),
         {CONSENT_GRANTED, TIME_NONE, TIME_NONE, 0},
         1},
        {"{\"seq\":7,\"age\":40,\"x\":1,\"purposes\":{\"marketing\":{\"state\":7},\"operation\":"
         "{" GRANTED "}}}",
         {CONSENT_GRANTED, TIME_NONE, TIME_NONE, 0},
         2},
        {"{\"seq\":7,\"age\":40,\"purposes\":{}}", {CONSENT_UNKNOWN, TIME_NONE, TIME_NONE, 0}, 0},
        {"{\"seq\":7,\"age\":40}", {CONSENT_UNKNOWN, TIME_NONE, TIME_NONE, 0}, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct subject_consent *s = read_text(cases[i].text);
        const struct purpose_consent *p = &s->purposes[OPERATION];
        const struct purpose_consent *expected = &cases[i].expected;
        if (s->unreadable || s->seq != 7 || s->age != 40 || !s->age_stated ||
            message.ignored != cases[i].ignored || p->state != expected->state ||
            p->since != expected->since || p->until != expected->until ||
            p->policy_version != expected->policy_version)
            fail_msg("case %zu: %s", i, cases[i].text);
    }
}

/* Well-formed JSON that is unreadable: seq and age are kept, and no purpose is. */
static void unreadable_members(void **state)
{
    (void)state;
    static const char *const cases[] = {
        OF_OPERATION(""),
        OF_OPERATION("\"since\":\"2026-01-02T03:04:05Z\""),
        OF_OPERATION("\"state\":\"Granted\""),
        OF_OPERATION("\"state\":\"granted \""),
        OF_OPERATION("\"state\":\"granted\\u0000\""),
        OF_OPERATION("\"state\":null"),
        OF_OPERATION("\"state\":true"),
        OF_OPERATION("\"state\":[\"granted\"]"),
        OF_OPERATION("\"state\":\"\\ud800granted\""),
        OF_OPERATION(GRANTED ",\"since\":\"2026-01-02\""),
        OF_OPERATION(GRANTED ",\"since\":\"2026-02-30T00:00:00Z\""),
        OF_OPERATION(GRANTED ",\"since\":1767323045"),
        OF_OPERATION(GRANTED ",\"since\":\"1767323045\""),
        OF_OPERATION(GRANTED ",\"since\":\"\""),
        OF_OPERATION(GRANTED ",\"until\":\"never\""),
        OF_OPERATION(GRANTED ",\"until\":{}"),
        OF_OPERATION(GRANTED ",\"until\":\"0001-01-01T00:00:00Z\""),
        OF_OPERATION(GRANTED ",\"policy_version\":\"3\""),
        OF_OPERATION(GRANTED ",\"policy_version\":3.0"),
        OF_OPERATION(GRANTED ",\"policy_version\":3e0"),
        OF_OPERATION(GRANTED ",\"policy_version\":-3"),
        OF_OPERATION(GRANTED ",\"policy_version\":4294967296"),
        OF_OPERATION(GRANTED ",\"note\":\"\\udc00\""),
        OF_OPERATION(GRANTED ",\"note\":[{\"x\":\"\\ud800x\"}]"),
        "{\"seq\":7,\"age\":40,\"purposes\":null}",
        "{\"seq\":7,\"age\":40,\"purposes\":[]}",
        "{\"seq\":7,\"age\":40,\"purposes\":{\"operation\":null}}",
        "{\"seq\":7,\"age\":40,\"purposes\":{\"operation\":\"granted\"}}",
        "{\"seq\":7,\"age\":40,\"purposes\":{\"marketing\":\"\\ud800\",\"operation\":{" GRANTED
        "}}}",
        "{\"seq\":7,\"age\":40,\"purposes\":{\"operation\":{" GRANTED "}},\"erase_at\":7}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct subject_consent *s = read_text(cases[i]);
        if (!s->unreadable || !s->known || s->seq != 7 || s->age != 40 ||
            s->purposes[OPERATION].state != CONSENT_UNKNOWN)
            fail_msg("case %zu: %s", i, cases[i]);
    }
}

static void a_seq_is_needed(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{\"purposes\":{}}", "{\"seq\":\"1\"}", "{\"seq\":1.0}", "{\"seq\":-1}",
        "{\"seq\":1e3}",     "{\"seq\":null}",  "{\"seq\":{}}",  "{\"seq\":18446744073709551616}",
        "{\"Seq\":1}",       "{\"seq\":[1]}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct subject_consent *s = read_text(cases[i]);
        assert_true(s->unreadable && s->seq == 0 && !s->age_stated);
    }
    assert_int_equal(read_text("{\"seq\":18446744073709551615}")->seq, UINT64_MAX);
    assert_false(message.subject.unreadable);
    assert_false(read_text("{\"seq\":0}")->unreadable);
}

/* Of these nothing could be read: a minor's, and denied. */
static void malformed_texts(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "[]",
        "7",
        "\"x\"",
        "true",
        "{\"seq\":7,\"age\":40",
        "{\"seq\":7,\"age\":40}}",
        "{\"seq\":7,\"age\":40} {}",
        "{\"seq\":7,\"age\":40,}",
        "{\"seq\":7,\"seq\":7,\"age\":40}",
        "{\"seq\":7,\"age\":40,\"s\\u0065q\":9}",
        "{\"seq\":7,\"age\":40,\"purposes\":{\"operation\":{},\"operation\":{}}}",
        "{\"seq\":07,\"age\":40}",
        "{\"seq\":7,\"age\":40,\"x\":\"\x01\"}",
        "{\"seq\":7,\"age\":40,\"x\":\"\xff\"}",
        "{\"seq\":7,\"age\":40,\"\\ud800\":1}",
        "\xEF\xBB\xBF{\"seq\":7,\"age\":40}",
        "{\"seq\":7,\"age\":40,\"x\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct subject_consent *s = read_text(cases[i]);
        if (!s->known || !s->unreadable || s->seq != 0 || !s->age_stated || s->age != 0 ||
            s->erase_at != TIME_NONE)
            fail_msg("case %zu", i);
    }
    const char with_nul[] = "{\"seq\":7}\0";
    consent_message_read(reader, slice_of(with_nul, sizeof with_nul - 1), &message);
    assert_true(message.subject.unreadable);
}

static void a_value_that_is_too_long(void **state)
{
    (void)state;
    struct buffer text;
    buffer_init(&text, 2 * CONSENT_VALUE_LIMIT);
    buffer_append_string(&text, "{\"seq\":7}");
    while (text.length < CONSENT_VALUE_LIMIT)
        buffer_append_byte(&text, ' ');
    consent_message_read(reader, buffer_slice(&text), &message);
    assert_false(message.subject.unreadable);
    buffer_append_byte(&text, ' ');
    consent_message_read(reader, buffer_slice(&text), &message);
    assert_true(message.subject.unreadable && message.subject.age_stated);
    buffer_release(&text);
}

static void ages(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool stated;
        uint8_t age;
    } cases[] = {
        {"{\"seq\":1}", false, 0},
        {"{\"seq\":1,\"age\":null}", false, 0},
        {"{\"seq\":1,\"age\":0}", true, 0},
        {"{\"seq\":1,\"age\":254}", true, 254},
        {"{\"seq\":1,\"age\":255}", true, 0},
        {"{\"seq\":1,\"age\":-1}", true, 0},
        {"{\"seq\":1,\"age\":17.5}", true, 0},
        {"{\"seq\":1,\"age\":\"30\"}", true, 0},
        {"{\"seq\":1,\"age\":[30]}", true, 0},
        {"{\"seq\":1,\"age\":true}", true, 0},
        {"{\"seq\":1,\"age\":99999999999999999999}", true, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct subject_consent *s = read_text(cases[i].text);
        if (s->unreadable || s->age_stated != cases[i].stated || s->age != cases[i].age)
            fail_msg("case %zu: %s", i, cases[i].text);
    }
    assert_true(read_text("{\"seq\":1,\"age\":\"\\ud800\"}")->unreadable);
}

static void erasures(void **state)
{
    (void)state;
    assert_int_equal(read_text("{\"seq\":1,\"erase_at\":\"1970-01-01T00:01:00.9Z\"}")->erase_at,
                     TIME_MINUTE);
    const struct subject_consent *s = read_text("{\"seq\":1,\"erase_at\":\"soon\"}");
    assert_true(s->unreadable);
    assert_int_equal(s->erase_at, 0);
}

static void keys(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        enum consent_key_result result;
        const char *id;
    } cases[] = {
        {"account.user_id:10001", CONSENT_KEY_OK, "10001"},
        {"account.user_id: 10001 ", CONSENT_KEY_OK, "10001"},
        {"account.user_id:a:b", CONSENT_KEY_OK, "a:b"},
        {"device.android_id:ABCDEF0123456789", CONSENT_KEY_OK, "abcdef0123456789"},
        {"device.android_id:xyz", CONSENT_KEY_NO_FORM, NULL},
        {"device.android_id:9774d56d682e549c", CONSENT_KEY_PLACEHOLDER, NULL},
        {"device.oaid:00000000-0000-0000-0000-000000000000", CONSENT_KEY_PLACEHOLDER, NULL},
        {"account.user_id:", CONSENT_KEY_NO_FORM, NULL},
        {"device.model:x", CONSENT_KEY_NO_FORM, NULL},
        {"", CONSENT_KEY_UNREADABLE, NULL},
        {":", CONSENT_KEY_UNREADABLE, NULL},
        {"10001", CONSENT_KEY_UNREADABLE, NULL},
        {"account.user_id", CONSENT_KEY_UNREADABLE, NULL},
        {"account.user:1", CONSENT_KEY_UNREADABLE, NULL},
        {"Account.user_id:1", CONSENT_KEY_UNREADABLE, NULL},
        {" account.user_id:1", CONSENT_KEY_UNREADABLE, NULL},
        {"account:1", CONSENT_KEY_UNREADABLE, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct consent_key key;
        enum consent_key_result result = consent_key_parse(slice_from_string(cases[i].key), &key);
        if (result != cases[i].result)
            fail_msg("case %zu: %s", i, cases[i].key);
        if (cases[i].id)
            assert_true(slice_equal(key.id, slice_from_string(cases[i].id)));
    }
    struct consent_key key;
    assert_int_equal(consent_key_parse((struct slice){0}, &key), CONSENT_KEY_UNREADABLE);
}

static void a_reader_needs_a_policy(void **state)
{
    (void)state;
    struct consent_reader *none;
    struct policy too_many = {.purpose_count = PURPOSE_LIMIT + 1};
    assert_int_equal(consent_reader_new(NULL, &none), RC_CONFIGURATION);
    assert_int_equal(consent_reader_new(&too_many, &none), RC_CONFIGURATION);
    consent_reader_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_message),
        cmocka_unit_test(tombstones),
        cmocka_unit_test(readable_purposes),
        cmocka_unit_test(unreadable_members),
        cmocka_unit_test(a_seq_is_needed),
        cmocka_unit_test(malformed_texts),
        cmocka_unit_test(a_value_that_is_too_long),
        cmocka_unit_test(ages),
        cmocka_unit_test(erasures),
        cmocka_unit_test(keys),
        cmocka_unit_test(a_reader_needs_a_policy),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
