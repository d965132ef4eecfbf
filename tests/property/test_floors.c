/*
 * Nothing above the floor leaves, whatever the policy says: every category with every action under
 * every decision (put into the policy by hand, past the loader), and in the place of every value
 * identifiers in every form, objects, arrays and long text.
 */
#include <ctype.h>

#include "core/json_document.h"
#include "schemas/canonical.h"
#include "tests/property/decoded_world.h"

/* What excuses a value: the category says that it may hold such a thing; or it is none of anybody's
 * business in any field but one of its own kind. */
enum excuse {
    NO_EXCUSE,
    MAY_UUID,
    MAY_MAC,
    MAY_HEX16,
    MAY_DIGITS11,
    MAY_TEXT,
    BARE_MAC,
    BUT_TIME,
    BUT_POSITION
};

/* A value as JSON, and what must not be in the output (letters and digits only, lower case; of a
 * number that may be cut, its first digits and its last). */
struct form {
    const char *json;
    const char *needles[3];
    enum excuse excuse;
};

#define PEM                                                                                        \
    "\"-----BEGIN RSA PRIVATE KEY-----\\nMIIEowIBAAKCAQEAx4UbaDzY5xjW6hc9jwN0mX33XpTDVW\\n"        \
    "-----END RSA PRIVATE KEY-----\""
#define JWT                                                                                        \
    "\"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP\""

static const struct form forms[] = {
    {"\"alice.liddell@example.com\"", {"liddell"}, NO_EXCUSE},
    {"\"Alice Liddell <alice.liddell@example.com>\"", {"aliceliddellexample"}, NO_EXCUSE},
    {"\"alice.liddell%40example.com\"", {"liddell"}, NO_EXCUSE},
    {"\"13812345678\"", {"1381234", "2345678"}, NO_EXCUSE},
    {"13812345678", {"1381234", "2345678"}, NO_EXCUSE},
    {"\"+8613812345678\"", {"1381234", "2345678"}, NO_EXCUSE},
    {"\"138 1234 5678\"", {"1381234", "2345678"}, NO_EXCUSE},
    {"\"138-1234-5678\"", {"1381234", "2345678"}, NO_EXCUSE},
    {"\"+86 (138) 1234-5678\"", {"1381234", "2345678"}, NO_EXCUSE},
    {"\"0086-138-1234-5678\"", {"1381234", "2345678"}, NO_EXCUSE},
    {"\"\\u0031\\u0033812345678\"", {"1381234", "2345678"}, NO_EXCUSE},
    {"\"+1 (415) 555-0123\"", {"4155550"}, NO_EXCUSE},
    {"\"356938035643809\"", {"3569380", "5643809"}, NO_EXCUSE},
    {"356938035643809", {"3569380", "5643809"}, NO_EXCUSE},
    {"\"35-693803-564380-9\"", {"3569380", "5643809"}, NO_EXCUSE},
    {"\"IMEI:356938035643809\"", {"3569380", "5643809"}, NO_EXCUSE},
    {"\"4111111111111111\"", {"4111111", "1111111"}, NO_EXCUSE},
    {"\"4111 1111 1111 1111\"", {"4111111", "1111111"}, NO_EXCUSE},
    {"4111111111111111", {"4111111", "1111111"}, NO_EXCUSE},
    {"\"6222021234567890128\"", {"6222021", "7890128"}, NO_EXCUSE},
    {"\"11010519491231002X\"", {"1101051", "1231002"}, NO_EXCUSE},
    {"\"440524188001010014\"", {"4405241", "1010014"}, NO_EXCUSE},
    {"440524188001010014", {"4405241", "1010014"}, NO_EXCUSE},
    {"\"00:1B:44:11:3A:B7\"", {"1b44113a"}, MAY_MAC},
    {"\"00-1b-44-11-3a-b7\"", {"1b44113a"}, MAY_MAC},
    {"\"001B.4411.3AB7\"", {"1b44113a"}, MAY_MAC},
    {"\"001b44113ab7\"", {"1b44113a"}, BARE_MAC},
    {"\"AEBE52E7-03EE-455A-B3C4-E57283966239\"", {"aebe52e7"}, MAY_UUID},
    {"\"{aebe52e7-03ee-455a-b3c4-e57283966239}\"", {"aebe52e7"}, MAY_UUID},
    {"\"aebe52e703ee455ab3c4e57283966239\"", {"aebe52e7"}, MAY_HEX16},
    {"\"203.0.113.77\"", {"203011377"}, NO_EXCUSE},
    {"\"203.0.113.77:8080\"", {"203011377"}, NO_EXCUSE},
    {"\"::ffff:203.0.113.77\"", {"203011377", "cb00714d"}, NO_EXCUSE},
    {"\"2001:db8:aaaa:bbbb:cccc:dddd:eeee:1234\"", {"bbbb", "cccc"}, NO_EXCUSE},
    {"\"64:ff9b::203.0.113.77\"", {"203011377", "cb00714d"}, NO_EXCUSE},
    {JWT, {"eyjhbgcioij", "dozjgnry"}, NO_EXCUSE},
    {"\"Bearer abcdefGHIJKL0123456789.mnopqrst\"", {"ghijkl0123"}, NO_EXCUSE},
    {PEM, {"miieowiba"}, NO_EXCUSE},
    {"\"https://alice:hunter2@example.com/a?token=sesame#frag\"",
     {"alice", "hunter2", "sesame"},
     NO_EXCUSE},
    {"\"https://example.com/users/13812345678/x\"", {"1381234"}, NO_EXCUSE},
    {"\"/home/liddell/app/main.c\"", {"liddell"}, NO_EXCUSE},
    {"\"/Users/liddell/app/main.c\"", {"liddell"}, NO_EXCUSE},
    {"\"C:\\\\Users\\\\liddell\\\\main.c\"", {"liddell"}, NO_EXCUSE},
    {"\"9774d56d682e549d\"", {"9774d56d682e549d"}, MAY_HEX16},
    {"\"0123456789abcdef0123456789abcdef01234567\"", {"0123456789abcdef"}, MAY_HEX16},
    {"\"98765432101\"", {"9876543", "5432101"}, MAY_DIGITS11},
    {"98765432101", {"9876543", "5432101"}, MAY_DIGITS11},
    {"\"password=sesame123\"", {"sesame"}, NO_EXCUSE},
    {"{\"k\":\"MARKER\"}", {"marker"}, NO_EXCUSE},
    {"{\"x\":{\"y\":[\"MARKER\"]}}", {"marker"}, NO_EXCUSE},
    {"[\"MARKER\"]", {"marker"}, NO_EXCUSE},
    {"[[13812345678]]", {"1381234"}, NO_EXCUSE},
    {"\"MARKER \\ud800\"", {"marker"}, NO_EXCUSE},
    {"\"MARKER\\u0000\"", {"marker"}, MAY_TEXT},
    /* And what each kind of field does expect. */
    {"\"SM-G9910\"", {NULL}, NO_EXCUSE},
    {"\"wifi\"", {NULL}, NO_EXCUSE},
    {"\"GET\"", {NULL}, NO_EXCUSE},
    {"\"on\"", {NULL}, NO_EXCUSE},
    {"\"granted\"", {NULL}, NO_EXCUSE},
    {"\"production\"", {NULL}, NO_EXCUSE},
    {"\"zh-CN\"", {NULL}, NO_EXCUSE},
    {"\"17.4.1-beta\"", {NULL}, NO_EXCUSE},
    {"42", {NULL}, NO_EXCUSE},
    {"-17.25", {NULL}, NO_EXCUSE},
    {"1e3", {NULL}, NO_EXCUSE},
    {"true", {NULL}, NO_EXCUSE},
    {"false", {NULL}, NO_EXCUSE},
    {"null", {NULL}, NO_EXCUSE},
    {"\"\"", {NULL}, NO_EXCUSE},
    {"31.230416", {"31230"}, BUT_POSITION},
    {"\"31.230416,121.473701\"", {"31230", "121473"}, NO_EXCUSE},
    {"1795442461123", {"461123"}, BUT_TIME},
    {"\"2026-11-23T14:01:01Z\"", {"140101"}, BUT_TIME},
    {"\"https://shop.example.com/cart\"", {NULL}, NO_EXCUSE},
    {"\"src/main.c\"", {NULL}, NO_EXCUSE},
    {"\"0x7fff1234\"", {NULL}, NO_EXCUSE},
    {"\"java.lang.NullPointerException\"", {NULL}, NO_EXCUSE},
    {"\"java.lang.IllegalStateException: MARKER\\n\\tat com.example.App.run(App.java:12)\"",
     {"marker"},
     MAY_TEXT},
};

static const int64_t BUCKETS[] = {0, 100, 10000};

/* Every action with the loosest parameters that it can have. */
static const struct action_rule rules[] = {
    {.action = ACTION_DROP},
    {.action = ACTION_REDACT},
    {.action = ACTION_KEEP},
    {.action = ACTION_PSEUDONYM},
    {.action = ACTION_MASK},
    {.action = ACTION_MASK, .mask_first = 4, .mask_last = 4},
    {.action = ACTION_TRUNCATE},
    {.action = ACTION_GENERALISE, .generalisation = GENERALISE_TIME, .time_step = 1},
    {.action = ACTION_GENERALISE, .generalisation = GENERALISE_PLACE, .grid = 100},
    {.action = ACTION_GENERALISE, .generalisation = GENERALISE_VERSION},
    {.action = ACTION_GENERALISE,
     .generalisation = GENERALISE_NUMBER,
     .buckets = BUCKETS,
     .bucket_count = 3},
    {.action = ACTION_URL, .url_detail = URL_HOST},
    {.action = ACTION_URL, .url_detail = URL_PATH},
    {.action = ACTION_PATH},
    {.action = ACTION_STACK},
    {.action = ACTION_SCRUB},
};

enum { TRIED_RULES = sizeof rules / sizeof *rules, TRIED_FORMS = sizeof forms / sizeof *forms };

static struct world W;
static struct decoder *D;
static struct rule R;
static char long_text[10300];
static struct buffer RECORD;
static unsigned leaks;

/* All of them are shown before the test fails. */
static void report(const struct form *form, const struct category_info *info, unsigned rule,
                   bool granted, const char *what, struct slice text)
{
    leaks++;
    fprintf(stderr, "%s by rule %u (%s), %s: %s: %.60s came out as %.*s\n", info->name, rule,
            action_name(rules[rule].action), granted ? "granted" : "reduced", what, form->json,
            SLICE_FORMAT(slice_head(text, 100)));
}

/* A schema with a field of every category, named after it; and the usual two that it needs. */
static void make_schema(struct buffer *out)
{
    buffer_append_string(out, "schema: test\nversion: 1\nmatch: {topic: test}\n"
                              "time: {field: ts, format: unix_ms}\nsubjects: [user]\n"
                              "fields:\n  ts: time.event\n  user: account.user_id\n");
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++)
        buffer_append_format(out, "  c%d: %s\n", i, category_info((enum category)i)->name);
    buffer_append(out, slice_of("", 1));
}

static int start(void **state)
{
    (void)state;
    struct buffer schema;
    buffer_init(&schema, 1 << 16);
    make_schema(&schema);
    world_init(&W, schema.data,
               "policy: test\nversion: 1\n"
               "purposes:\n  operation: {basis: consent, without_consent: reduce}\n"
               "rules:\n  device.model: {granted: keep, otherwise: keep}\n"
               "minors: {below: 14, then: withhold, age_unknown: adult}\n");
    buffer_release(&schema);
    world_consent(&W, "account.user_id:granted",
                  "{\"seq\":1,\"purposes\":{\"operation\":{\"state\":\"granted\","
                  "\"since\":\"2026-01-02T03:04:05Z\"}}}");
    for (int i = CATEGORY_NONE; i < CATEGORY_COUNT; i++)
        W.policy->granted[i] = W.policy->otherwise[i] = &R;
    D = new_decoder(&W);
    buffer_init(&RECORD, 4 << 20);
    char *at = long_text;
    *at++ = '"';
    while (at < long_text + 10240)
        at = stpcpy(at, "MARKER-and-more_text ");
    strcpy(at, "\"");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buffer_release(&RECORD);
    decoder_free(D);
    world_release(&W);
    return 0;
}

static void make_record(const char *user, const char *json)
{
    buffer_reset(&RECORD);
    buffer_append_format(&RECORD, "{\"ts\":%lld,\"user\":\"%s\"", (long long)WORLD_NOW, user);
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        buffer_append_format(&RECORD, ",\"c%d\":", i);
        buffer_append_string(&RECORD, json);
    }
    buffer_append_byte(&RECORD, '}');
}

static bool is_pseudonym(struct slice text)
{
    size_t at = 0;
    if (text.length < 35 || text.data[at++] != 'e')
        return false;
    while (at < text.length && isdigit((unsigned char)text.data[at]))
        at++;
    if (at < 2 || text.length - at != 33 || text.data[at++] != '-')
        return false;
    for (; at < text.length; at++)
        if (!isdigit((unsigned char)text.data[at]) && (text.data[at] < 'a' || text.data[at] > 'f'))
            return false;
    return true;
}

/* Letters and digits only, lower case. */
static struct slice squeeze(struct slice text, char *memory)
{
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++)
        if (isalnum((unsigned char)text.data[i]))
            memory[length++] = (char)tolower((unsigned char)text.data[i]);
    return slice_of(memory, length);
}

static bool excused(const struct form *form, const struct category_info *info)
{
    switch (form->excuse) {
    case MAY_UUID:
        return info->value.may_hold_uuid;
    case MAY_MAC:
        return info->value.may_hold_mac;
    case MAY_HEX16:
        return info->value.may_hold_hex16;
    case MAY_DIGITS11:
        return info->value.may_hold_digits11;
    case MAY_TEXT:
        return info->kind == KIND_TEXT;
    case BARE_MAC: /* 12 hex digits: in a text, only what stands beside them tells */
        return info->kind == KIND_PATH || info->kind == KIND_URL || info->kind == KIND_STACK ||
               info->kind == KIND_TEXT;
    case BUT_TIME:
        return info->kind != KIND_TIME;
    case BUT_POSITION:
        return info->kind != KIND_POSITION;
    default:
        return false;
    }
}

static bool ends_with(struct slice text, struct slice end)
{
    return text.length >= end.length &&
           slice_equal(slice_tail(text, text.length - end.length), end);
}

static bool is_hour(struct slice text)
{
    int64_t time;
    return time_parse(text, TIME_FORMAT_AUTO, &time, NULL) && time % TIME_HOUR == 0;
}

static bool one_decimal(struct slice text)
{
    for (struct slice rest = text; rest.length > 0;) {
        struct slice part = slice_cut(&rest, ',');
        size_t dot = slice_find_byte(part, '.');
        if (dot < part.length && part.length - dot > 2)
            return false;
    }
    return true;
}

static bool in(struct slice text, const char *characters)
{
    for (size_t i = 0; i < text.length; i++)
        if (!strchr(characters, text.data[i]))
            return false;
    return true;
}

/* Is this what the floor of the kind lets out, in this test's own words? `same`: as it came in. */
static bool within_floor(const struct category_info *info, bool granted,
                         const struct json_value *value, bool same)
{
    struct slice text = value->text;
    bool string = value->type == JSON_STRING;
    switch (info->kind) {
    case KIND_IDENTIFIER:
        return granted && string && is_pseudonym(text);
    case KIND_IP:
        return string && (ends_with(text, SLICE(".0")) || ends_with(text, SLICE("::"))) &&
               in(text, "0123456789abcdef.:");
    case KIND_URL:
        return string && slice_find_byte(text, '?') == text.length &&
               slice_find_byte(text, '#') == text.length &&
               slice_find_byte(text, '@') == text.length;
    case KIND_PATH:
    case KIND_STACK:
        return string;
    case KIND_POSITION:
        return one_decimal(text) && in(text, "0123456789.,- ");
    case KIND_TEXT:
        return granted && string;
    case KIND_TIME:
        return is_hour(text);
    case KIND_NUMBER:
        return (same && value->type == JSON_NUMBER) ||
               (string &&
                (slice_equal(text, SLICE("<0")) || slice_equal(text, SLICE("[0,100)")) ||
                 slice_equal(text, SLICE("[100,10000)")) || slice_equal(text, SLICE(">=10000"))));
    case KIND_VERSION:
    case KIND_TOKEN:
        return (same && text.length <= info->value.length_limit) ||
               (string && slice_find(text, SLICE("****")) < text.length && text.length <= 12) ||
               (info->kind == KIND_VERSION && string && in(text, "0123456789.") &&
                text.length <= 13);
    case KIND_BOOLEAN:
        return same && (value->type == JSON_TRUE || value->type == JSON_FALSE);
    default:
        return false;
    }
}

static void check_member(const struct form *form, const struct json_value *came,
                         const struct json_value *value, unsigned rule, bool granted)
{
    static char memory[1 << 17];
    uint64_t number;
    if (!slice_to_u64(slice_tail(value->name, 1), &number))
        return; /* ts and user: a pseudonym and an hour, tested with the others */
    const struct category_info *info = category_info((enum category)number);
    if (value->type == JSON_STRING && slice_equal(value->text, SLICE("[redacted]"))) {
        assert_true(info->kind != KIND_FORBIDDEN);
        return;
    }
    bool same = came->type == value->type && slice_equal(came->text, value->text);
    if (!within_floor(info, granted, value, same))
        report(form, info, rule, granted, "above the floor", value->text);
    if (is_pseudonym(value->text) || excused(form, info))
        return;
    struct slice squeezed = squeeze(value->text, memory);
    for (size_t i = 0; i < 3 && form->needles[i]; i++)
        if (slice_find(squeezed, slice_from_string(form->needles[i])) < squeezed.length)
            report(form, info, rule, granted, form->needles[i], value->text);
}

static size_t check_output(const struct form *form, unsigned rule, bool granted)
{
    struct arena arena;
    arena_init(&arena, 16 << 20);
    struct json_error error;
    const struct json_value *out = json_parse(&arena, buffer_slice(&W.out), 8, &error);
    if (!out)
        fail_msg("%s came out as no JSON", form->json);
    const struct json_value *came = json_parse(&arena, slice_from_string(form->json), 8, &error);
    assert_non_null(came);
    for (const struct json_value *value = out->first; value; value = value->next)
        check_member(form, came, value, rule, granted);
    size_t count = out->count;
    arena_release(&arena);
    return count;
}

static size_t try_form(const struct form *form, unsigned rule, bool granted)
{
    struct verdict verdict;
    make_record(granted ? "granted" : "somebody", form->json);
    enum rewrite_result result = world_send(&W, D, buffer_slice(&RECORD), 0, &verdict);
    assert_int_equal(verdict.decision, granted ? DECISION_GRANTED : DECISION_REDUCED);
    if (result == REWRITE_EMPTY)
        return 0;
    assert_int_equal(result, REWRITE_DONE);
    return check_output(form, rule, granted);
}

static void test_nothing_above_the_floor(void **state)
{
    (void)state;
    size_t released = 0;
    for (unsigned rule = 0; rule < TRIED_RULES; rule++) {
        R.granted = R.otherwise = rules[rule];
        world_start(&W);
        for (unsigned f = 0; f < TRIED_FORMS; f++)
            for (int granted = 0; granted < 2; granted++)
                released += try_form(&forms[f], rule, granted);
        const struct form text = {long_text, {"marker"}, MAY_TEXT};
        for (int granted = 0; granted < 2; granted++)
            released += try_form(&text, rule, granted);
    }
    assert_int_equal(leaks, 0);
    assert_true(released > 2000); /* the test has looked at something */
}

/* Withheld is nothing at all, with any action. */
static void test_withheld(void **state)
{
    (void)state;
    struct verdict verdict;
    world_consent(&W, "account.user_id:child", "{\"seq\":1,\"age\":9}");
    for (unsigned rule = 0; rule < TRIED_RULES; rule++) {
        R.granted = R.otherwise = rules[rule];
        world_start(&W);
        for (unsigned f = 0; f < TRIED_FORMS; f++) {
            make_record("child", forms[f].json);
            assert_int_equal(world_send(&W, D, buffer_slice(&RECORD), 0, &verdict), REWRITE_EMPTY);
            assert_int_equal(verdict.decision, DECISION_WITHHELD);
            assert_int_equal(W.out.length, 0);
        }
    }
}

/* Every category that can release anything does so for one of the values above: so the tests here
 * do not pass because everything is dropped. */
static void test_floors_are_reached(void **state)
{
    (void)state;
    bool reached[CATEGORY_COUNT] = {false};
    struct verdict verdict;
    struct arena arena;
    for (unsigned rule = ACTION_KEEP; rule < TRIED_RULES; rule++) {
        R.granted = R.otherwise = rules[rule];
        world_start(&W);
        for (unsigned f = 0; f < TRIED_FORMS; f++) {
            make_record("granted", forms[f].json);
            if (world_send(&W, D, buffer_slice(&RECORD), 0, &verdict) != REWRITE_DONE)
                continue;
            arena_init(&arena, 16 << 20);
            const struct json_value *out = json_parse(&arena, buffer_slice(&W.out), 8, NULL);
            assert_non_null(out);
            for (const struct json_value *value = out->first; value; value = value->next) {
                uint64_t number;
                if (slice_to_u64(slice_tail(value->name, 1), &number))
                    reached[number] = true;
            }
            arena_release(&arena);
        }
    }
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        const struct category_info *info = category_info((enum category)i);
        bool can = info->kind != KIND_FORBIDDEN && info->kind != KIND_IDENTIFIER &&
                   info->value.enumeration == NULL;
        if (info->kind == KIND_FORBIDDEN && reached[i])
            fail_msg("%s was released", info->name);
        if (can && !reached[i])
            fail_msg("%s was never released: the test lacks a value for it", info->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_above_the_floor),
        cmocka_unit_test(test_withheld),
        cmocka_unit_test(test_floors_are_reached),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
