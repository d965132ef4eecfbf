/*
 * Making any input stricter never adds output: for random records, consent, policies and
 * recipients, one thing is made stricter, and what is released afterwards (paths, and their values
 * where nothing is meant to become coarser) is a part of what was released before.
 */
#include "core/json_document.h"
#include "tests/property/decoded_world.h"

static const char SCHEMA[] = "schema: test\n"
                             "version: 1\n"
                             "match: {topic: test}\n"
                             "time: {field: ts, format: unix_ms, fallback: message}\n"
                             "subjects: [user, 'owners[]']\n"
                             "vetoes: [device.android_id]\n"
                             "signals: {gpc: opt_out, 'ok': {name: ads, means: opt_in}}\n"
                             "fields:\n"
                             "  ts: time.event\n"
                             "  user: account.user_id\n"
                             "  'owners[]': account.user_id\n"
                             "  device.android_id: device.android_id\n"
                             "  device.idfa: device.idfa\n"
                             "  device.model: device.model\n"
                             "  device.memory: device.resource\n"
                             "  version: app.version\n"
                             "  ip: network.ip\n"
                             "  page: web.url\n"
                             "  crumbs[].at: time.other\n"
                             "  crumbs[].name: usage.event\n"
                             "  note: text.free\n";

static const char POLICY[] =
    "policy: test\n"
    "version: 1\n"
    "purposes:\n"
    "  operation: {basis: consent, consent_version: 3, without_consent: reduce}\n"
    "  security: {basis: necessity, only: [device.model, time]}\n"
    "rules:\n"
    "  time: {granted: keep, otherwise: {generalise: day}}\n"
    "  account.user_id: pseudonym\n"
    "  device.android_id: pseudonym\n"
    "  device.idfa: pseudonym\n"
    "  device.model: {granted: keep, otherwise: keep}\n"
    "  device.resource: {generalise: {buckets: [0, 1000]}}\n"
    "  app.version: {granted: keep, otherwise: {generalise: version}}\n"
    "  network.ip: {granted: truncate, otherwise: truncate}\n"
    "  web.url: {granted: {url: path}, otherwise: {url: host}}\n"
    "  usage: {granted: keep, otherwise: keep}\n"
    "  text.free: scrub\n"
    "minors: {below: 14, then: withhold, age_unknown: adult}\n";

enum { IDS = 4 };

/* What is known of one id. Every change below makes it stricter or leaves it as it was. */
struct known {
    bool there, unreadable, without_version;
    unsigned state;             /* of states[] */
    int since_days, until_days; /* from now */
    unsigned version;
    int age;        /* negative: not stated */
    int erase_days; /* from now; 0: none */
    bool crossing;  /* cross_border granted as well */
};

static const char *const states[] = {"granted", "denied", "withdrawn", "expired", "unknown"};

/* Everything that one run depends on. */
struct input {
    struct known known[IDS];
    bool user, second_user, unlisted_user, bad_user, veto, placeholder_veto;
    unsigned owners;
    bool gpc, no_ads, zero_idfa, without_time;
    bool necessity, crosses_border, withhold;
    unsigned version; /* that the purpose asks for */
    unsigned below;   /* age of minors */
    bool minor_unknown;
    int64_t step;
    bool lacks[CATEGORY_COUNT]; /* not in the ceiling */
    bool drops[CATEGORY_COUNT]; /* no rule */
    bool not_exempt_model, key_gone, blocked;
};

static struct world W;
static struct decoder *D;
static struct randoms R;
static struct rule dropping;
static struct policy original;

static bool chance(unsigned one_in)
{
    return randoms_below(&R, one_in) == 0;
}

static void random_input(struct input *in)
{
    static const int64_t steps[] = {1, TIME_HOUR, 24 * TIME_HOUR};
    *in = (struct input){.user = !chance(8), .owners = randoms_below(&R, 3), .below = 14};
    for (unsigned i = 0; i < IDS; i++)
        in->known[i] = (struct known){.there = !chance(8),
                                      .state = chance(6) ? randoms_below(&R, 5) : 0,
                                      .since_days = chance(8) ? 1 : -10,
                                      .until_days = chance(3) ? 5 : 0,
                                      .version = chance(8) ? 2 : 4,
                                      .age = chance(3) ? 15 + (int)randoms_below(&R, 3) : -1,
                                      .erase_days = chance(6) ? 1 : 0,
                                      .crossing = !chance(4)};
    in->veto = chance(3);
    in->gpc = chance(10);
    in->zero_idfa = chance(10);
    in->without_time = chance(12);
    in->necessity = chance(4);
    in->crosses_border = chance(4);
    in->withhold = chance(4);
    in->version = 3;
    in->step = steps[randoms_below(&R, 3)];
    for (int i = 1; i < CATEGORY_COUNT; i++) {
        in->lacks[i] = chance(12);
        in->drops[i] = chance(12);
    }
}

/* Does this id withhold, or may it come to, whatever the purpose? Then losing sight of it is not
 * stricter. */
static bool matters_by_itself(const struct known *known)
{
    return known->age >= 0 || known->erase_days != 0;
}

static void stricter_consent(struct known *known, bool is_veto)
{
    switch (randoms_below(&R, 9)) {
    case 0:
        if (!is_veto && !matters_by_itself(known)) /* a veto that is unknown refuses nothing */
            known->there = false;
        break;
    case 1:
        if (!matters_by_itself(known))
            known->unreadable = known->there = true;
        break;
    case 2:
        known->state = known->state == 0 ? 1 + randoms_below(&R, 4) : known->state;
        break;
    case 3:
        known->since_days = 1;
        break;
    case 4:
        known->until_days = -1;
        break;
    case 5:
        known->version = known->version < 2 ? known->version : 2;
        break;
    case 6:
        known->age = known->there ? 3 : known->age;
        break;
    case 7:
        known->erase_days = known->there ? -1 : known->erase_days;
        break;
    default:
        known->crossing = false;
        break;
    }
}

static void stricter_record(struct input *in)
{
    /* One more id may state the age that nobody stated so far. */
    bool may_add = (in->user || in->bad_user || in->owners) && !in->minor_unknown;
    switch (randoms_below(&R, 9)) {
    case 0:
        in->gpc = true;
        break;
    case 1:
        in->no_ads = true;
        break;
    case 2:
        in->zero_idfa = true;
        break;
    case 3:
        in->without_time = true;
        break;
    case 4:
        in->bad_user = in->bad_user || !matters_by_itself(&in->known[0]);
        break;
    case 5:
        in->owners += may_add; /* one more who must agree */
        break;
    case 6:
        in->owners += may_add ? 20 : 0;
        break;
    case 7:
        in->veto = in->veto || !in->minor_unknown;
        break;
    default:
        in->unlisted_user = true; /* changes nothing */
        break;
    }
}

/* One thing stricter. */
static void stricter(struct input *in)
{
    unsigned index, category = 1 + randoms_below(&R, CATEGORY_COUNT - 1);
    static const enum category used[] = {CATEGORY_TIME_EVENT,  CATEGORY_DEVICE_MODEL,
                                         CATEGORY_APP_VERSION, CATEGORY_NETWORK_IP,
                                         CATEGORY_WEB_URL,     CATEGORY_USAGE_EVENT};
    if (chance(2))
        category = used[randoms_below(&R, 6)];
    switch (randoms_below(&R, 14)) {
    case 0:
    case 1:
    case 2:
    case 3:
        index = randoms_below(&R, IDS);
        stricter_consent(&in->known[index], index == IDS - 1);
        break;
    case 4:
    case 5:
    case 6:
        stricter_record(in);
        break;
    case 7:
        in->crosses_border = true;
        break;
    case 8:
        in->withhold = true;
        break;
    case 9:
        in->version = in->version < 9 ? in->version + 3 : in->version;
        break;
    case 10:
        in->below = 21;
        in->minor_unknown = in->minor_unknown || chance(2);
        break;
    case 11:
        in->step = in->step < 24 * TIME_HOUR ? 24 * TIME_HOUR : 7 * 24 * (int64_t)TIME_HOUR;
        break;
    case 12:
        if (chance(2))
            in->lacks[category] = true;
        else
            in->drops[category] = true;
        break;
    default:
        in->not_exempt_model = in->not_exempt_model || chance(2);
        in->key_gone = in->key_gone || chance(2);
        in->blocked = in->blocked || chance(4);
        break;
    }
}

static void append_days(struct buffer *out, const char *name, int days)
{
    buffer_append_format(out, ",\"%s\":\"", name);
    time_append(out, WORLD_NOW + days * TIME_DAY, TIME_FORMAT_RFC3339);
    buffer_append_byte(out, '"');
}

static void tell(const struct known *known, const char *key)
{
    struct buffer value;
    buffer_init(&value, 2048);
    if (known->unreadable) {
        buffer_append_string(&value, "{\"seq\":\"?\"");
    } else {
        buffer_append_string(&value, "{\"seq\":1,\"purposes\":{\"operation\":{\"state\":\"");
        buffer_append_format(&value, "%s\",\"policy_version\":%u", states[known->state],
                             known->version);
        append_days(&value, "since", known->since_days);
        if (known->until_days)
            append_days(&value, "until", known->until_days);
        buffer_append_string(&value, "}");
        if (known->crossing) {
            buffer_append_string(&value, ",\"cross_border\":{\"state\":\"granted\"");
            append_days(&value, "since", -100);
            buffer_append_string(&value, "}");
        }
        buffer_append_string(&value, "}");
        if (known->age >= 0)
            buffer_append_format(&value, ",\"age\":%d", known->age);
        if (known->erase_days)
            append_days(&value, "erase_at", known->erase_days);
    }
    buffer_append_string(&value, "}");
    if (known->there)
        consent_table_message(W.consent, W.reader, slice_from_string(key), buffer_slice(&value));
    buffer_release(&value);
}

static void apply_consent(const struct input *in)
{
    static const char *const keys[IDS] = {"account.user_id:one", "account.user_id:two",
                                          "account.user_id:three",
                                          "device.android_id:a1b2c3d4e5f60718"};
    consent_table_free(W.consent);
    assert_int_equal(consent_table_new(100, NULL, &W.consent), RC_OK);
    for (unsigned i = 0; i < IDS; i++)
        tell(&in->known[i], keys[i]);
    if (in->blocked)
        world_consent(&W, "no such category:x", "{}");
}

static void apply_policy(const struct input *in)
{
    struct policy *policy = W.policy;
    *policy = original;
    policy->purposes[1].consent_version = in->version;
    policy->purposes[1].without_consent =
        in->withhold ? WITHOUT_CONSENT_WITHHOLD : WITHOUT_CONSENT_REDUCE;
    policy->minors.below = in->below;
    policy->minors.age_unknown = in->minor_unknown ? AGE_UNKNOWN_IS_MINOR : AGE_UNKNOWN_IS_ADULT;
    if (in->not_exempt_model)
        policy->purposes[2].only.bits[CATEGORY_DEVICE_MODEL / 64] &=
            ~((uint64_t)1 << CATEGORY_DEVICE_MODEL % 64);
    struct recipient *recipient = &W.recipients[0];
    recipient->purpose = in->necessity ? 2 : 1;
    recipient->crosses_border = in->crosses_border;
    recipient->linkage.time_step = in->step;
    recipient->ceiling = (struct category_set){0};
    for (int i = 1; i < CATEGORY_COUNT; i++) {
        if (!in->lacks[i])
            category_set_add(&recipient->ceiling, (enum category)i);
        if (in->drops[i])
            policy->granted[i] = policy->otherwise[i] = &dropping;
    }
}

static void make_record(const struct input *in, struct buffer *out)
{
    buffer_reset(out);
    buffer_append_string(out, "{\"version\":\"17.4.1\",\"ip\":\"203.0.113.77\","
                              "\"page\":\"https://example.com/cart?x=1\","
                              "\"note\":\"it failed\",\"crumbs\":[{\"at\":1795442300000,"
                              "\"name\":\"open\"},{\"name\":\"close\"}],\"device\":{"
                              "\"model\":\"SM-G9910\",\"memory\":4096");
    if (in->veto)
        buffer_append_string(out, ",\"android_id\":\"a1b2c3d4e5f60718\"");
    if (in->zero_idfa)
        buffer_append_string(out, ",\"idfa\":\"00000000-0000-0000-0000-000000000000\"");
    buffer_append_string(out, "}");
    if (!in->without_time)
        buffer_append_format(out, ",\"ts\":%lld", (long long)WORLD_NOW + 61234);
    if (in->user || in->bad_user)
        buffer_append_string(out,
                             in->bad_user ? ",\"user\":{\"id\":\"one\"}" : ",\"user\":\"one\"");
    for (unsigned i = 0; i < in->owners; i++)
        buffer_append_format(out, "%s\"%s\"%s", i ? "," : ",\"owners\":[", i % 2 ? "three" : "two",
                             i + 1 == in->owners ? "]" : "");
    if (in->gpc)
        buffer_append_string(out, ",\"gpc\":1");
    if (in->no_ads)
        buffer_append_string(out, ",\"ok\":false");
    if (in->unlisted_user)
        buffer_append_string(out, ",\"account\":{\"user\":\"four\"}");
    buffer_append_string(out, "}");
}

/* One run; the output is in *out. */
static enum decision run(const struct input *in, struct buffer *record, struct buffer *out)
{
    struct verdict verdict = {0};
    apply_consent(in);
    apply_policy(in);
    int64_t now = in->key_gone ? WORLD_NOW + 100 * TIME_DAY : WORLD_NOW;
    const struct key_schedule schedule = {.epoch = TIME_WEEK, .keep = 4 * TIME_WEEK};
    uint64_t seed = 1;
    keyring_release(W.keyring);
    assert_int_equal(keyring_throw_away(schedule, now, &seed, &W.keyring), RC_OK);
    world_start(&W);
    make_record(in, record);
    enum rewrite_result result = world_send(&W, D, buffer_slice(record), 0, &verdict);
    assert_true(result == REWRITE_DONE || result == REWRITE_EMPTY);
    assert_true(result == REWRITE_EMPTY || verdict.decision != DECISION_WITHHELD);
    buffer_reset(out);
    buffer_append(out, buffer_slice(&W.out));
    return verdict.decision;
}

/* Is `after` a part of `before`? Elements may fall out of arrays, so that each element must be a
 * part of a later one than the element before it. */
static bool is_part(const struct json_value *after, const struct json_value *before, bool values)
{
    if (after->type != before->type)
        return false;
    if (after->type == JSON_OBJECT) {
        for (const struct json_value *member = after->first; member; member = member->next) {
            const struct json_value *other = json_member(before, member->name);
            if (!other || !is_part(member, other, values))
                return false;
        }
        return true;
    }
    if (after->type == JSON_ARRAY) {
        const struct json_value *other = before->first;
        for (const struct json_value *element = after->first; element; element = element->next) {
            while (other && !is_part(element, other, values))
                other = other->next;
            if (!other)
                return false;
            other = other->next;
        }
        return true;
    }
    return !values || slice_equal(after->text, before->text);
}

static void compare(const struct buffer *before, const struct buffer *after, bool values,
                    const struct buffer *record)
{
    if (after->length == 0)
        return;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const struct json_value *left = json_parse(&arena, buffer_slice(before), 16, NULL);
    const struct json_value *right = json_parse(&arena, buffer_slice(after), 16, NULL);
    assert_non_null(right);
    if (!left || !is_part(right, left, values))
        fail_msg("stricter input added output: %.*s\n became %.*s\n of %.*s",
                 SLICE_FORMAT(buffer_slice(before)), SLICE_FORMAT(buffer_slice(after)),
                 SLICE_FORMAT(buffer_slice(record)));
    arena_release(&arena);
}

static void test_stricter_never_adds(void **state)
{
    (void)state;
    R = randoms_start();
    world_init(&W, SCHEMA, POLICY);
    original = *W.policy;
    D = new_decoder(&W);
    struct buffer record, before, after;
    buffer_init(&record, 1 << 16);
    buffer_init(&before, 1 << 16);
    buffer_init(&after, 1 << 16);
    unsigned by_decision[DECISION_COUNT] = {0}, less = 0;
    for (unsigned i = 0; i < 4000; i++) {
        struct input in;
        random_input(&in);
        enum decision was = run(&in, &record, &before);
        by_decision[was]++;
        for (unsigned s = 0; s < 3; s++) { /* one thing after the other */
            int64_t step = in.step;
            unsigned owners = in.owners;
            bool key_gone = in.key_gone;
            bool veto = in.veto;
            stricter(&in);
            enum decision is = run(&in, &record, &after);
            if (is > was)
                fail_msg("stricter input decided %s instead of %s: %.*s", decision_name(is),
                         decision_name(was), SLICE_FORMAT(buffer_slice(&record)));
            /* What another record holds more of, it may show more of; what is known of it not. */
            bool same_record = owners == in.owners && veto == in.veto;
            if (same_record)
                compare(&before, &after, is == was && step == in.step && key_gone == in.key_gone,
                        &record);
            less += after.length < before.length;
            buffer_reset(&before);
            buffer_append(&before, buffer_slice(&after));
            was = is;
        }
    }
    assert_true(by_decision[DECISION_GRANTED] > 300 && by_decision[DECISION_REDUCED] > 300 &&
                by_decision[DECISION_WITHHELD] > 300 && less > 1000);
    buffer_release(&record);
    buffer_release(&before);
    buffer_release(&after);
    decoder_free(D);
    world_release(&W);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stricter_never_adds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
