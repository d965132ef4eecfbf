/*
 * What no schema lists changes no byte of the output: random members, of any type and depth, put
 * anywhere into records, with names that look like listed ones.
 */
#include "tests/property/decoded_world.h"

static const char SCHEMA[] = "schema: test\n"
                             "version: 1\n"
                             "match: {topic: test}\n"
                             "time: {field: ts, format: unix_ms}\n"
                             "subjects: [user]\n"
                             "vetoes: [device.android_id]\n"
                             "signals: {gpc: opt_out}\n"
                             "fields:\n"
                             "  ts: time.event\n"
                             "  user: account.user_id\n"
                             "  device.android_id: device.android_id\n"
                             "  device.model: device.model\n"
                             "  device.os.version: device.os_version\n"
                             "  crumbs[].name: usage.event\n"
                             "  crumbs[].tags[]: app.channel\n"
                             "  matrix[][]: usage.count\n"
                             "  note: text.free\n";

static const char POLICY[] = "policy: test\n"
                             "version: 1\n"
                             "purposes:\n"
                             "  operation: {basis: consent, without_consent: reduce}\n"
                             "rules:\n"
                             "  time: {granted: keep, otherwise: keep}\n"
                             "  account.user_id: pseudonym\n"
                             "  device.android_id: pseudonym\n"
                             "  device: {granted: keep, otherwise: keep}\n"
                             "  usage: {granted: keep, otherwise: keep}\n"
                             "  app: keep\n"
                             "  text.free: scrub\n"
                             "minors: {below: 14, then: withhold, age_unknown: adult}\n";

static struct randoms R;

/* Members whose names no schema lists where they are put. */
static const char *const strange_names[] = {
    "extra", "use", "users", "USER",         "user ",    "us\\u0065r2", "android_id",     "model",
    "",      "ts2", "gpc2",  "device.model", "crumbs[]", "\\u0000",     "\\ud83d\\ude00", "a\\\"b"};

static void put_value(struct buffer *out, unsigned depth)
{
    static const char *const scalars[] = {"null",     "true",        "0",     "-1.5e9",
                                          "\"user\"", "\"\\ud800\"", "\"}\"", "\"\xe4\xb8\xad\"",
                                          "\"\\\\\""};
    unsigned kind = randoms_below(&R, depth < 4 ? 12 : 9);
    if (kind < 9) {
        buffer_append_string(out, scalars[kind]);
        return;
    }
    unsigned count = randoms_below(&R, 4);
    buffer_append_byte(out, kind == 9 ? '[' : '{');
    for (unsigned i = 0; i < count; i++) {
        buffer_append_string(out, i ? " ,\t" : "");
        if (kind != 9) /* inside what is not listed even a listed name is none */
            buffer_append_format(out, "\"%s%u\" : ", i ? "user" : "device", i);
        put_value(out, depth + 1);
    }
    buffer_append_byte(out, kind == 9 ? ']' : '}');
}

/* `plain` and `strange` get the same listed members; `strange` also has others. Every object takes
 * its strange names from another place in the list, so that no name comes twice. */
struct twins {
    struct buffer plain, strange;
    unsigned objects;
};

static void both(struct twins *twins, const char *text)
{
    buffer_append_string(&twins->plain, text);
    buffer_append_string(&twins->strange, text);
}

/* Strange members, each with a comma behind it (or before it, at an object's end). */
static void sprinkle(struct twins *twins, unsigned *next, bool at_end)
{
    while (*next < sizeof strange_names / sizeof *strange_names && randoms_below(&R, 3) == 0) {
        const char *name = strange_names[(*next)++];
        if ((strcmp(name, "model") == 0 || strcmp(name, "android_id") == 0) && twins->objects > 1)
            continue; /* listed inside `device` */
        buffer_append_format(&twins->strange, "%s\"%s\":", at_end ? "," : "", name);
        put_value(&twins->strange, 0);
        buffer_append_string(&twins->strange, at_end ? "" : ",");
    }
}

static void put_crumbs(struct twins *twins)
{
    unsigned count = randoms_below(&R, 3);
    both(twins, ",\"crumbs\":[");
    for (unsigned i = 0; i < count; i++) {
        unsigned next = 0;
        both(twins, i ? ",{" : "{");
        sprinkle(twins, &next, false);
        both(twins, randoms_below(&R, 2) ? "\"name\":\"open\"" : "\"name\":{\"x\":1}");
        sprinkle(twins, &next, true);
        both(twins, randoms_below(&R, 2) ? ",\"tags\":[\"a\",null,\"b\"]" : "");
        both(twins, "}");
    }
    both(twins, "]");
}

static void make_twins(struct twins *twins)
{
    char head[128];
    unsigned next = 0, inner = 0;
    buffer_reset(&twins->plain);
    buffer_reset(&twins->strange);
    twins->objects = 1;
    both(twins, "{");
    sprinkle(twins, &next, false);
    snprintf(head, sizeof head, "\"ts\":%lld,\"user\":\"%s\"", (long long)WORLD_NOW,
             randoms_below(&R, 2) ? "granted" : "somebody");
    both(twins, head);
    sprinkle(twins, &next, true);
    both(twins, randoms_below(&R, 2) ? ",\"note\":\"call 138-1234-5678\"" : "");
    both(twins, ",\"device\":{");
    twins->objects = 2;
    sprinkle(twins, &inner, false);
    both(twins, "\"android_id\":\"a1b2c3d4e5f60718\"");
    sprinkle(twins, &inner, true);
    both(twins, ",\"model\":\"SM-G9910\",\"os\":{\"version\":\"13\"}}");
    put_crumbs(twins);
    twins->objects = 1;
    sprinkle(twins, &next, true);
    both(twins, randoms_below(&R, 2) ? ",\"matrix\":[[1],[2,3]]" : "");
    both(twins, randoms_below(&R, 4) ? "" : ",\"gpc\":true");
    both(twins, "}");
}

static void test_unlisted_members(void **state)
{
    (void)state;
    static struct world w;
    struct twins twins;
    R = randoms_start();
    world_init(&w, SCHEMA, POLICY);
    world_consent(&w, "account.user_id:granted",
                  "{\"seq\":1,\"purposes\":{\"operation\":{\"state\":\"granted\","
                  "\"since\":\"2026-01-02T03:04:05Z\"}}}");
    world_start(&w);
    struct decoder *decoder = new_decoder(&w);
    buffer_init(&twins.plain, 1 << 20);
    buffer_init(&twins.strange, 1 << 20);
    struct buffer expected;
    buffer_init(&expected, 1 << 20);
    size_t released = 0, longer = 0;
    for (unsigned i = 0; i < 20000; i++) {
        struct verdict plain, strange;
        make_twins(&twins);
        longer += twins.strange.length > twins.plain.length;
        enum rewrite_result result = world_send(&w, decoder, buffer_slice(&twins.plain), 0, &plain);
        buffer_reset(&expected);
        buffer_append(&expected, buffer_slice(&w.out));
        assert_int_equal(world_send(&w, decoder, buffer_slice(&twins.strange), 0, &strange),
                         result);
        assert_int_equal(plain.decision, strange.decision);
        assert_int_equal(plain.why, strange.why);
        if (!slice_equal(buffer_slice(&expected), buffer_slice(&w.out)))
            fail_msg("%.*s\n and %.*s\n differ", SLICE_FORMAT(buffer_slice(&twins.plain)),
                     SLICE_FORMAT(buffer_slice(&twins.strange)));
        released += result == REWRITE_DONE;
    }
    assert_true(released > 10000 && longer > 15000);
    buffer_release(&twins.plain);
    buffer_release(&twins.strange);
    buffer_release(&expected);
    decoder_free(decoder);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_unlisted_members)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
