#include "schemas/policy.h"

#include "schemas/policy_action.h"
#include "tests/schemas/expect_diagnostics.h"
#include "tests/schemas/loader_fixture.h"

#include <stdlib.h>

static struct policy *parse(struct fixture *fixture, const char *text)
{
    return policy_parse(EXPECT_FILE, slice_from_string(text), &fixture->arena, &fixture->signals,
                        &fixture->diagnostics);
}

#define HEAD     "policy: p\nversion: 7\n"
#define PURPOSES "purposes: {operation: {basis: consent}}\n"
#define MINORS   "minors: {below: 14, then: withhold, age_unknown: adult}\n"
#define RULES    "rules: {device.model: keep}\n"
/* A policy of which the rules begin in line 6. */
#define WITH_RULES HEAD PURPOSES MINORS "rules:\n"

static const char good[] =
    HEAD "purposes:\n"
         "  operation: {basis: consent, consent_version: 3, without_consent: reduce}\n"
         "  research: {basis: consent, consent_version: 4, signals: [gpc]}\n"
         "  security: {basis: necessity, only: [crash, device.model, network.ip]}\n"
         "  deaf: {basis: consent, signals: []}\n"
         "rules:\n"
         "  account.user_id: pseudonym\n"
         "  device: {granted: keep, otherwise: drop}\n"
         "  device.model: {granted: keep, otherwise: keep}\n"
         "  device.os_version: {granted: keep, otherwise: {generalise: version}}\n"
         "  device.resource: {granted: {generalise: {buckets: [-5, 0, 1000]}}}\n"
         "  network.ip: truncate\n"
         "  network: {granted: keep, otherwise: keep}\n"
         "  network.wifi: drop\n"
         "  time.event: {granted: keep, otherwise: {generalise: hour}}\n"
         "  time.other: {granted: {generalise: day}, otherwise: {generalise: week}}\n"
         "  place.position: {granted: {generalise: {grid: 0.25}}, otherwise: drop}\n"
         "  web.url: {granted: {url: path}, otherwise: {url: host}}\n"
         "  web.referrer: url\n"
         "  app.channel: {granted: {mask: {first: 2, last: 1}}, otherwise: mask}\n"
         "  app.id: {granted: mask, otherwise: redact}\n"
         "  text.free: scrub\n"
         "  crash.file: path\n"
         "  crash.stack: {granted: stack, otherwise: stack}\n"
         "minors: {below: 14, then: withhold, age_unknown: adult}\n";

static void test_purposes(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    signal_number(&fixture.signals, SLICE("other"));
    struct policy *policy = parse(&fixture, good);
    expect_digest(&fixture.diagnostics, "good", "");
    assert_non_null(policy);
    assert_true(slice_equal(policy->name, SLICE("p")));
    assert_int_equal(policy->version, 7);
    assert_int_equal(policy->purpose_count, 5);
    assert_int_equal(policy_purpose(policy, SLICE("cross_border")), PURPOSE_CROSS_BORDER);
    assert_int_equal(policy_purpose(policy, SLICE("operation")), 1);
    assert_int_equal(policy_purpose(policy, SLICE("absent")), -1);
    assert_true(slice_equal(policy_purpose_nearest(policy, SLICE("reserch")), SLICE("research")));
    const struct purpose *purposes = policy->purposes;
    assert_int_equal(purposes[0].basis, BASIS_CONSENT);
    assert_int_equal(purposes[0].without_consent, WITHOUT_CONSENT_WITHHOLD);
    assert_int_equal(purposes[0].signals, ~(uint32_t)0);
    assert_int_equal(purposes[1].consent_version, 3);
    assert_int_equal(purposes[1].without_consent, WITHOUT_CONSENT_REDUCE);
    assert_int_equal(purposes[1].signals, ~(uint32_t)0);
    assert_int_equal(purposes[2].without_consent, WITHOUT_CONSENT_WITHHOLD);
    assert_int_equal(purposes[2].signals, 2);
    assert_int_equal(purposes[3].basis, BASIS_NECESSITY);
    assert_true(category_set_has(&purposes[3].only, CATEGORY_CRASH_TYPE));
    assert_true(category_set_has(&purposes[3].only, CATEGORY_NETWORK_IP));
    assert_false(category_set_has(&purposes[3].only, CATEGORY_DEVICE_OS));
    assert_int_equal(purposes[4].signals, 0);
    assert_int_equal(purposes[4].place.line, 7);
    assert_int_equal(policy->minors.below, 14);
    assert_int_equal(policy->minors.age_unknown, AGE_UNKNOWN_IS_ADULT);
    end(&fixture);
}

struct expected_action {
    enum category category;
    const char *granted, *otherwise; /* as action_rule_append writes them */
    unsigned line;                   /* of the rule that reaches it when granted; 0: none */
};

static const struct expected_action expected_actions[] = {
    {CATEGORY_ACCOUNT_USER_ID, "pseudonym", "drop", 9},
    {CATEGORY_ACCOUNT_EMAIL, "drop", "drop", 0},
    {CATEGORY_DEVICE_IMEI, "drop", "drop", 0}, /* `device: keep` does not reach an identifier */
    {CATEGORY_DEVICE_NAME, "drop", "drop", 0},
    {CATEGORY_DEVICE_BRAND, "keep", "drop", 10},
    {CATEGORY_DEVICE_MODEL, "keep", "keep", 11},
    {CATEGORY_DEVICE_OS_VERSION, "keep", "{generalise: version}", 12},
    {CATEGORY_DEVICE_RESOURCE, "{generalise: {buckets: [-5, 0, 1000]}}", "drop", 13},
    {CATEGORY_NETWORK_IP, "truncate", "drop", 14},
    {CATEGORY_NETWORK_ISP, "keep", "keep", 15},
    {CATEGORY_NETWORK_CELL, "drop", "drop", 0},
    {CATEGORY_NETWORK_WIFI_STATE, "drop", "drop", 16},
    {CATEGORY_TIME_EVENT, "keep", "{generalise: hour}", 17},
    {CATEGORY_TIME_OTHER, "{generalise: day}", "{generalise: week}", 18},
    {CATEGORY_PLACE_POSITION, "{generalise: {grid: 0.25}}", "drop", 19},
    {CATEGORY_PLACE_LATITUDE, "drop", "drop", 0},
    {CATEGORY_WEB_URL, "{url: path}", "{url: host}", 20},
    {CATEGORY_WEB_REFERRER, "{url: path}", "drop", 21},
    {CATEGORY_APP_CHANNEL, "{mask: {first: 2, last: 1}}", "mask", 22},
    {CATEGORY_APP_ID, "mask", "redact", 23},
    {CATEGORY_TEXT_FREE, "scrub", "drop", 24},
    {CATEGORY_CRASH_FILE, "path", "drop", 25},
    {CATEGORY_CRASH_STACK, "stack", "stack", 26},
    {CATEGORY_NONE, "drop", "drop", 0},
    {CATEGORY_COUNT, "drop", "drop", 0},
};

static void assert_action(struct action_rule action, const char *expected)
{
    struct buffer text;
    buffer_init(&text, 1000);
    action_rule_append(&text, &action);
    buffer_append_byte(&text, '\0');
    assert_string_equal(text.data, expected);
    buffer_release(&text);
}

static void test_actions_by_longest_prefix(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct policy *policy = parse(&fixture, good);
    assert_non_null(policy);
    for (size_t i = 0; i < sizeof expected_actions / sizeof *expected_actions; i++) {
        const struct expected_action *each = &expected_actions[i];
        assert_action(policy_action(policy, each->category, true), each->granted);
        assert_action(policy_action(policy, each->category, false), each->otherwise);
        if (each->category == CATEGORY_NONE || each->category == CATEGORY_COUNT)
            continue;
        const struct rule *rule = policy->granted[each->category];
        assert_int_equal(rule ? rule->place.line : 0, each->line);
    }
    end(&fixture);
}

struct fault {
    const char *text;
    const char *expected;
    bool loads; /* only warnings */
};

static const struct fault faults[] = {
    {HEAD PURPOSES RULES MINORS, "", true},
    {"", "1:1: error: `policy file` must be a mapping of keys to values", false},
    {"polcy: p\n",
     "1:1: error: `policy file` needs `policy`\n"
     "1:1: error: `policy file` needs `version`\n"
     "1:1: error: `policy file` needs `purposes`\n"
     "1:1: error: `policy file` needs `rules`\n"
     "1:1: error: `policy file` needs `minors`\n"
     "1:1: error: unknown key `polcy` in `policy file` [policy]",
     false},
    {"policy: 'a/b'\nversion: x\n" PURPOSES RULES MINORS "budget: {epsilon: 4}\n",
     "1:9: error: `policy` must be a name of at most 64 letters, digits, `_`, `-` and `.`\n"
     "2:10: error: `version` must be a whole number from 1 to 4294967295\n"
     "6:1: error: `budget` of `policy file` is not in this version",
     false},
    {HEAD PURPOSES "rules: {}\n" MINORS,
     "4:1: warning: `rules` lists nothing: nothing can be released", true},
    {HEAD PURPOSES "rules: [a]\n" MINORS, "4:8: error: `rules` must be a mapping of keys to values",
     false},
    /* purposes */
    {HEAD "purposes: {}\n" RULES MINORS, "3:11: error: `purposes` lists nothing", false},
    {HEAD "purposes: [a]\n" RULES MINORS,
     "3:11: error: `purposes` must be a mapping of keys to values", false},
    {HEAD "purposes:\n"
          "  a: consent\n"
          "  b: {}\n"
          "  c: {basis: consnt}\n"
          "  d: {basis: consent, consent_version: -1, without_consent: reduced, signal: [gpc]}\n"
          "  e: {basis: consent, only: [crash]}\n" RULES MINORS,
     "4:6: error: `purpose` must be a mapping of keys to values\n"
     "5:6: error: `purpose` needs `basis`\n"
     "6:14: error: `basis` must be one of `consent`, `necessity` [consent]\n"
     "7:40: error: `consent_version` must be a whole number from 0 to 4294967295\n"
     "7:61: error: `without_consent` must be one of `withhold`, `reduce` [reduce]\n"
     "7:70: error: unknown key `signal` in `purpose` [signals]\n"
     "8:23: error: `only` is for purposes of necessity, and this one is of consent",
     false},
    {HEAD "purposes:\n"
          "  a: {basis: necessity}\n"
          "  b: {basis: necessity, only: []}\n"
          "  c: {basis: necessity, only: crash}\n"
          "  d: {basis: necessity, only: [crahs, text.free, secret, device.imei, account, [x]]}\n"
          "  e: {basis: necessity, only: [crash], without_consent: reduce, consent_version: "
          "3}\n" RULES MINORS,
     "4:3: error: `a` is a purpose of necessity: it needs `only`, the categories it exempts\n"
     "5:31: error: `only` lists nothing\n"
     "6:31: error: `only` must be a list, such as [a, b]\n"
     "7:32: error: unknown category `crahs`\n"
     "7:39: error: nothing of `text.free` may leave without consent, so it cannot be exempt\n"
     "7:50: error: nothing of `secret` may leave without consent, so it cannot be exempt\n"
     "7:58: error: nothing of `device.imei` may leave without consent, so it cannot be exempt\n"
     "7:71: error: nothing of `account` may leave without consent, so it cannot be exempt\n"
     "7:80: error: `only` must be a text\n"
     "8:40: error: `without_consent` is for purposes of consent, and this one is of necessity\n"
     "8:65: error: `consent_version` is for purposes of consent, and this one is of necessity",
     false},
    {HEAD "purposes: {a: {basis: necessity, only: [crash.typ]}}\n" RULES MINORS,
     "3:41: error: unknown category `crash.typ` [crash.type]", false},
    {HEAD "purposes:\n"
          "  cross_border: {basis: consent}\n"
          "  'a b': {basis: consent, signals: ['x y']}\n"
          "  c: {basis: consent, signals: gpc}\n" RULES MINORS,
     "4:3: error: `cross_border` is reserved: it is there in every policy, and of consent\n"
     "5:3: error: `a b` is no name for a purpose: at most 64 letters, digits, `_`, `-`, `.`\n"
     "5:37: error: `signals` must be a name of at most 64 letters, digits, `_`, `-` and `.`\n"
     "6:32: error: `signals` must be a list, such as [a, b]",
     false},
    {HEAD
     "purposes: {a: &x {basis: consent}, b: {basis: consent}, a: {basis: consent}}\n" RULES MINORS,
     "3:15: error: anchors are not allowed here\n"
     "3:57: error: `a` is listed twice: first in line 3",
     false},
    {HEAD "purposes:\n  a: {basis: consent}\n  b: {basis: consent}\n  c: {basis: consent}\n"
          "  d: {basis: consent}\n  e: {basis: consent}\n  f: {basis: consent}\n"
          "  g: {basis: consent}\n  h: {basis: consent}\n" RULES MINORS,
     "11:3: error: more than 7 purposes", false},
    {HEAD
     "purposes: {a: {basis: consent, signals: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, "
     "q]}}\n" RULES MINORS,
     "3:90: error: more than 16 signals in schemas and policy", false},
    /* minors */
    {HEAD PURPOSES RULES "minors: 14\n", "5:9: error: `minors` must be a mapping of keys to values",
     false},
    {HEAD PURPOSES RULES "minors: {}\n",
     "5:9: error: `minors` needs `below`\n"
     "5:9: error: `minors` needs `then`\n"
     "5:9: error: `minors` needs `age_unknown`",
     false},
    {HEAD PURPOSES RULES "minors: {below: 151, then: reduce, age_unknown: adlt, guardian: x}\n",
     "5:17: error: `below` must be a whole number from 0 to 150\n"
     "5:28: error: `then: reduce` is not in this version: records of minors are withheld, `then: "
     "withhold`\n"
     "5:49: error: `age_unknown` must be one of `minor`, `adult` [adult]\n"
     "5:55: error: unknown key `guardian` in `minors`",
     false},
    /* rules: categories and actions */
    {WITH_RULES "  device.imie: drop\n  zzz: keep\n  device.: keep\n",
     "6:3: error: unknown category `device.imie` [device.imei]\n"
     "7:3: error: unknown category `zzz`\n"
     "8:3: error: unknown category `device.` [device.os]",
     false},
    {WITH_RULES "  device.model: kep\n"
                "  device.brand: {granted: keep, otherwise: dorp}\n"
                "  device.os: {grantd: keep}\n"
                "  device.language: {granted: keep, otherwis: keep}\n"
                "  device.battery: {otherwise: keep}\n"
                "  device.flag:\n"
                "  device.setting: [keep]\n"
                "  device.sensor: {keep: 1}\n"
                "  device.screen: {a: 1, b: 2}\n"
                "  device: {granted: {granted: keep}}\n",
     "6:17: error: unknown action `kep` [keep]\n"
     "7:44: error: unknown action `dorp` [drop]\n"
     "8:15: error: unknown action `grantd` [granted]\n"
     "9:36: error: unknown key `otherwis` in `rule` [otherwise]\n"
     "10:19: error: `rule` needs `granted`\n"
     "11:3: error: an action is expected here, such as `keep` or {generalise: hour}\n"
     "12:19: error: an action is expected here, such as `keep` or {generalise: hour}\n"
     "13:19: error: `keep` takes no parameters\n"
     "14:18: error: an action is expected here, such as `keep` or {generalise: hour}\n"
     "15:22: error: unknown action `granted`",
     false},
    {WITH_RULES "  device.model: keep\n  device.model: drop\n",
     "7:3: error: `device.model` is listed twice: first in line 6", false},
    /* parameters */
    {WITH_RULES "  time.event: generalise\n"
                "  time.other: {generalise: minute}\n"
                "  device.resource: {generalise: {}}\n"
                "  device.battery: {generalise: {bucket: [1]}}\n"
                "  device.screen: {generalise: {buckets: [1], grid: 1}}\n"
                "  usage: {generalise: [1]}\n",
     "6:15: error: `generalise` must say how: {generalise: hour}, day, week, version, {buckets: "
     "[...]} or {grid: 0.1}\n"
     "7:28: error: `generalise` must be one of `hour`, `day`, `week`, `version`\n"
     "8:33: error: `generalise` needs one of `buckets` and `grid`\n"
     "9:32: error: `generalise` needs one of `buckets` and `grid`\n"
     "9:33: error: unknown key `bucket` in `generalise` [buckets]\n"
     "10:31: error: `generalise` needs one of `buckets` and `grid`\n"
     "11:23: error: `generalise` must be one of `hour`, `day`, `week`, `version`",
     false},
    {WITH_RULES "  device.resource: {generalise: {buckets: []}}\n"
                "  device.battery: {generalise: {buckets: 5}}\n"
                "  device.screen: {generalise: {buckets: [1, 2.5]}}\n"
                "  usage.count: {generalise: {buckets: [1, 5, 5]}}\n"
                "  usage.duration: {generalise: {buckets: [1, x]}}\n"
                "  usage.status: {generalise: {buckets: [99999999999999999999]}}\n"
                "  usage.point: {generalise: {buckets: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,"
                "18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33]}}\n",
     "6:43: error: `buckets` must hold 1 to 32 bounds\n"
     "7:42: error: `buckets` must be a list, such as [a, b]\n"
     "8:45: error: a bound of `buckets` must be a whole number\n"
     "9:46: error: the bounds of `buckets` must ascend\n"
     "10:46: error: a bound of `buckets` must be a whole number\n"
     "11:41: error: a bound of `buckets` must be a whole number\n"
     "12:39: error: `buckets` must hold 1 to 32 bounds",
     false},
    {WITH_RULES "  place.position: {generalise: {grid: 0.01}}\n"
                "  place.latitude: {generalise: {grid: 10.001}}\n"
                "  place.longitude: {generalise: {grid: 0.1234}}\n"
                "  place: {generalise: {grid: 1.}}\n",
     "6:39: error: `grid` is beyond the floor of a position: the cell of a grid of at least 0.1 "
     "degree\n"
     "7:39: error: `grid` must be a number of degrees from 0.1 to 10, with at most three decimals\n"
     "8:40: error: `grid` must be a number of degrees from 0.1 to 10, with at most three decimals\n"
     "9:30: error: `grid` must be a number of degrees from 0.1 to 10, with at most three decimals",
     false},
    {WITH_RULES "  web.url: {url: query}\n  web.referrer: {url: hots}\n"
                "  app.id: {mask: {first: 5}}\n  app.channel: {mask: {last: x, frist: 1}}\n"
                "  app.process: {mask: 2}\n",
     "6:18: error: `url` must be one of `host`, `path`\n"
     "7:23: error: `url` must be one of `host`, `path` [host]\n"
     "8:26: error: `first` must be a whole number from 0 to 4\n"
     "9:30: error: `last` must be a whole number from 0 to 4\n"
     "9:33: error: unknown key `frist` in `mask` [first]\n"
     "10:23: error: `mask` must be a mapping of keys to values",
     false},
    /* floors */
    {WITH_RULES "  device.imei: keep\n"
                "  device.imsi: {granted: pseudonym, otherwise: pseudonym}\n"
                "  secret.password: pseudonym\n"
                "  text.free: {granted: scrub, otherwise: scrub}\n"
                "  network.ip: keep\n"
                "  money.account: mask\n",
     "6:16: error: `granted: keep` is beyond the floor of `device.imei` (identifier): the most "
     "that "
     "may leave is a pseudonym when granted, else nothing\n"
     "7:48: error: `otherwise: pseudonym` is beyond the floor of `device.imsi` (identifier): the "
     "most that may leave is a pseudonym when granted, else nothing\n"
     "8:20: error: `granted: pseudonym` is beyond the floor of `secret.password` (forbidden): the "
     "most that may leave is nothing\n"
     "9:42: error: `otherwise: scrub` is beyond the floor of `text.free` (free text): the most "
     "that "
     "may leave is the scrubbed text when granted, else nothing\n"
     "10:15: error: `granted: keep` is beyond the floor of `network.ip` (ip address): the most "
     "that "
     "may leave is the truncated network\n"
     "11:18: error: `granted: mask` is beyond the floor of `money.account` (forbidden): the most "
     "that may leave is nothing",
     false},
    {WITH_RULES "  device.model: truncate\n"
                "  network.ip: url\n"
                "  device.os_version: {generalise: hour}\n"
                "  time.event: {granted: keep, otherwise: {generalise: {grid: 0.5}}}\n"
                "  device.imei: scrub\n",
     "6:17: error: `truncate` does not fit `device.model` (token); what fits is drop, redact, "
     "keep, "
     "mask\n"
     "7:15: error: `{url: path}` does not fit `network.ip` (ip address); what fits is drop, "
     "redact, "
     "truncate\n"
     "8:22: error: `{generalise: hour}` does not fit `device.os_version` (version); what fits is "
     "drop, redact, keep, mask, generalise\n"
     "9:42: error: `{generalise: {grid: 0.5}}` does not fit `time.event` (time); what fits is "
     "drop, "
     "redact, keep, generalise\n"
     "10:16: error: `scrub` does not fit `device.imei` (identifier); what fits is drop, redact, "
     "pseudonym",
     false},
    /* less consent never releases more */
    {WITH_RULES "  device.model: {granted: drop, otherwise: keep}\n"
                "  device.brand: {granted: mask, otherwise: {mask: {first: 1}}}\n"
                "  time.event: {granted: {generalise: day}, otherwise: {generalise: hour}}\n"
                "  web.url: {granted: {url: host}, otherwise: url}\n"
                "  place.position: {granted: {generalise: {grid: 1}}, otherwise: {generalise: "
                "{grid: 0.5}}}\n"
                "  usage.count: {granted: {generalise: {buckets: [1]}}, otherwise: {generalise: "
                "{buckets: [1, 2]}}}\n"
                "  app.version: {granted: {generalise: version}, otherwise: mask}\n"
                "  device.os: {granted: redact, otherwise: mask}\n",
     "6:44: error: `otherwise` may release more than `granted`: less consent must never release "
     "more\n"
     "7:44: error: `otherwise` may release more than `granted`: less consent must never release "
     "more\n"
     "8:55: error: `otherwise` may release more than `granted`: less consent must never release "
     "more\n"
     "9:46: error: `otherwise` may release more than `granted`: less consent must never release "
     "more\n"
     "10:65: error: `otherwise` may release more than `granted`: less consent must never release "
     "more\n"
     "11:67: error: `otherwise` may release more than `granted`: less consent must never release "
     "more\n"
     "12:60: error: `otherwise` may release more than `granted`: less consent must never release "
     "more\n"
     "13:43: error: `otherwise` may release more than `granted`: less consent must never release "
     "more",
     false},
    /* prefixes */
    {WITH_RULES "  secret: pseudonym\n"
                "  network: scrub\n"
                "  civil: {granted: keep, otherwise: keep}\n"
                "  account: {granted: pseudonym, otherwise: redact}\n"
                "  text: {granted: scrub, otherwise: redact}\n",
     "6:11: error: `granted: pseudonym` reaches nothing: it may follow no category of `secret`\n"
     "7:12: error: `granted: scrub` reaches nothing: it may follow no category of `network`\n"
     "8:20: error: `granted: keep` reaches nothing: it may follow no category of `civil`\n"
     "8:37: error: `otherwise: keep` reaches nothing: it may follow no category of `civil`\n"
     "9:44: error: `otherwise: redact` reaches nothing: it may follow no category of `account`\n"
     "10:37: error: `otherwise: redact` reaches nothing: it may follow no category of `text`",
     false},
    {WITH_RULES "  device: {granted: pseudonym, otherwise: redact}\n",
     "6:43: error: `otherwise` may release more of `device.model` than what is done when granted, "
     "which is drop",
     false},
    {WITH_RULES "  time: keep\n  time.event: drop\n  time.other: drop\n"
                "  network.wifi: keep\n  network.wifi.state: keep\n",
     "6:3: error: `time` can never apply: longer rules take every category that it reaches\n"
     "9:3: error: `network.wifi` can never apply: longer rules take every category that it reaches",
     false},
    {WITH_RULES "  secret: drop\n  time: {granted: keep, otherwise: {generalise: day}}\n"
                "  time.event: keep\n",
     "", true},
    {WITH_RULES "  network: {granted: keep, otherwise: keep}\n"
                "  network.wifi: {granted: truncate, otherwise: drop}\n",
     "7:27: error: `granted: truncate` reaches nothing: it may follow no category of "
     "`network.wifi`",
     false},
};

static void test_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct fixture fixture;
        begin(&fixture);
        struct policy *policy = parse(&fixture, faults[i].text);
        expect_digest(&fixture.diagnostics, faults[i].text, faults[i].expected);
        assert_true(faults[i].loads == (policy != NULL));
        end(&fixture);
    }
}

static const char *const action_texts[] = {
    "drop",
    "redact",
    "keep",
    "pseudonym",
    "mask",
    "{mask: {first: 4, last: 4}}",
    "truncate",
    "{generalise: hour}",
    "{generalise: week}",
    "{generalise: version}",
    "{generalise: {buckets: [1, 2]}}",
    "{generalise: {grid: 0.1}}",
    "{url: host}",
    "{url: path}",
    "path",
    "stack",
    "scrub",
};

/* What loads is within the floor; what is within the floor loads where it is the same in both
 * branches. */
static void check_rule(enum category category, const char *granted_text, const char *otherwise_text)
{
    const struct category_info *info = category_info(category);
    struct fixture fixture;
    begin(&fixture);
    const char *text =
        arena_format(&fixture.arena, WITH_RULES "  %s: {granted: %s, otherwise: %s}\n", info->name,
                     granted_text, otherwise_text);
    struct policy *policy = parse(&fixture, text);
    assert_true((policy == NULL) == (fixture.diagnostics.errors > 0));
    enum action action;
    if (policy) {
        struct action_rule granted = policy_action(policy, category, true);
        struct action_rule otherwise = policy_action(policy, category, false);
        assert_int_not_equal(action_rule_permission(info->kind, &granted), PERMITTED_NEVER);
        assert_int_equal(action_rule_permission(info->kind, &otherwise), PERMITTED_ALWAYS);
        assert_true(action_rule_covers(&granted, &otherwise));
    } else if (strcmp(granted_text, otherwise_text) == 0 &&
               action_from_name(slice_from_string(granted_text), &action)) {
        assert_int_not_equal(action_permission(info->kind, action), PERMITTED_ALWAYS);
    }
    end(&fixture);
}

static void test_every_category_with_every_action(void **state)
{
    (void)state;
    for (int i = CATEGORY_NONE + 1; i < CATEGORY_COUNT; i++) {
        for (size_t j = 0; j < sizeof action_texts / sizeof *action_texts; j++) {
            check_rule((enum category)i, action_texts[j], "drop");
            check_rule((enum category)i, "drop", action_texts[j]);
            check_rule((enum category)i, "keep", action_texts[j]);
            check_rule((enum category)i, "redact", action_texts[j]);
            check_rule((enum category)i, action_texts[j], action_texts[j]);
        }
    }
}

/* A prefix rule never brings a category beyond its floor. */
static void test_prefixes_stay_below_floors(void **state)
{
    static const char *const prefixes[] = {"device",  "network", "network.wifi", "place", "app",
                                           "web",     "crash",   "usage",        "time",  "text",
                                           "account", "secret",  "civil",        "money", "log"};
    (void)state;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        for (size_t j = 0; j < sizeof action_texts / sizeof *action_texts; j++) {
            struct fixture fixture;
            begin(&fixture);
            struct policy *policy =
                parse(&fixture, arena_format(&fixture.arena, WITH_RULES "  %s: {granted: %s}\n",
                                             prefixes[i], action_texts[j]));
            for (int k = CATEGORY_NONE + 1; policy && k < CATEGORY_COUNT; k++) {
                struct action_rule granted = policy_action(policy, (enum category)k, true);
                struct action_rule otherwise = policy_action(policy, (enum category)k, false);
                assert_int_not_equal(
                    action_rule_permission(category_info((enum category)k)->kind, &granted),
                    PERMITTED_NEVER);
                assert_int_equal(otherwise.action, ACTION_DROP);
            }
            end(&fixture);
        }
    }
}

static void test_round_trip_of_actions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof action_texts / sizeof *action_texts; i++) {
        struct fixture fixture;
        begin(&fixture);
        struct action_rule action = {0};
        struct yaml_node *node = yaml_parse(EXPECT_FILE, slice_from_string(action_texts[i]),
                                            &fixture.arena, &fixture.diagnostics);
        assert_true(action_rule_read(node, &fixture.arena, &fixture.diagnostics, &action));
        assert_action(action, action_texts[i]);
        end(&fixture);
    }
}

static void test_grids(void **state)
{
    static const struct {
        const char *text;
        uint32_t thousandths;
        const char *written;
    } cases[] = {
        {"0.1", 100, "{generalise: {grid: 0.1}}"},     {"0.100", 100, "{generalise: {grid: 0.1}}"},
        {"1", 1000, "{generalise: {grid: 1}}"},        {"2.05", 2050, "{generalise: {grid: 2.05}}"},
        {"0.125", 125, "{generalise: {grid: 0.125}}"}, {"10", 10000, "{generalise: {grid: 10}}"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture;
        begin(&fixture);
        struct policy *policy =
            parse(&fixture, arena_format(&fixture.arena,
                                         WITH_RULES "  place.position: {generalise: {grid: %s}}\n",
                                         cases[i].text));
        assert_non_null(policy);
        struct action_rule action = policy_action(policy, CATEGORY_PLACE_POSITION, true);
        assert_int_equal(action.grid, cases[i].thousandths);
        assert_action(action, cases[i].written);
        end(&fixture);
    }
}

static void test_against_schemas(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct schema *schema = schema_parse(
        EXPECT_FILE,
        SLICE("schema: s\nversion: 1\ntime: {field: ts, format: auto}\nsubjects: [id]\n"
              "signals: {gpc: opt_out}\n"
              "fields: {ts: time.event, id: account.user_id, imei: device.imei}\n"),
        &fixture.arena, &fixture.signals, &fixture.diagnostics);
    struct policy *policy = parse(&fixture, HEAD "purposes:\n"
                                                 "  a: {basis: consent, signals: [gpc]}\n"
                                                 "  b: {basis: consent, signals: [gpc, dnt]}\n"
                                                 "  c: {basis: consent}\n"
                                                 "rules:\n"
                                                 "  time.event: keep\n"
                                                 "  time: keep\n"
                                                 "  account: pseudonym\n"
                                                 "  device: keep\n" /* does not reach the IMEI */
                                                 "  secret: drop\n" MINORS);
    assert_non_null(schema);
    assert_non_null(policy);
    policy_check_against_schemas(policy, &schema, 1, &fixture.diagnostics);
    expect_digest(&fixture.diagnostics, "together",
                  "5:3: warning: the purpose `b` heeds a signal that no schema lists\n"
                  "9:3: warning: no schema lists a field that the rule `time` reaches\n"
                  "11:3: warning: no schema lists a field that the rule `device` reaches");
    end(&fixture);
}

static void test_many_rules(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct buffer text;
    buffer_init(&text, 4 * 1024 * 1024);
    buffer_append_string(&text, WITH_RULES);
    for (unsigned i = 0; i < 100000; i++)
        buffer_append_format(&text, "  k%u.%c: keep\n", i, 'a' + i % 26);
    assert_null(policy_parse(EXPECT_FILE, buffer_slice(&text), &fixture.arena, &fixture.signals,
                             &fixture.diagnostics));
    assert_int_equal(fixture.diagnostics.errors, 100000);
    buffer_release(&text);
    end(&fixture);
}

static void test_full_arena(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    unsigned failures = 0;
    for (size_t limit = 0; limit < 60000; limit += 311) {
        struct arena arena;
        arena_init(&arena, limit);
        unsigned errors = fixture.diagnostics.errors;
        struct signal_names signals = {0};
        struct policy *policy = policy_parse(EXPECT_FILE, slice_from_string(good), &arena, &signals,
                                             &fixture.diagnostics);
        assert_true((policy == NULL) == (fixture.diagnostics.errors > errors));
        failures += policy == NULL;
        arena_release(&arena);
    }
    assert_true(failures > 10);
    end(&fixture);
}

static void test_load_of_absent_file(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    assert_null(policy_load(EXPECT_FILE, &fixture.arena, &fixture.signals, &fixture.diagnostics));
    expect_digest(&fixture.diagnostics, "absent", " error: cannot be read: there is no such thing");
    end(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_purposes),
        cmocka_unit_test(test_actions_by_longest_prefix),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_every_category_with_every_action),
        cmocka_unit_test(test_prefixes_stay_below_floors),
        cmocka_unit_test(test_round_trip_of_actions),
        cmocka_unit_test(test_grids),
        cmocka_unit_test(test_against_schemas),
        cmocka_unit_test(test_many_rules),
        cmocka_unit_test(test_full_arena),
        cmocka_unit_test(test_load_of_absent_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
