/*
 * Reloads: what replaces the configuration, what is refused, and keys that come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "anonymize/start.h"
#include "tests/worker/small_policy.h"
#include "worker/generation.h"

#define NOW INT64_C(1795442400000)

static const char CONFIGURATION[] =
    "schemas: [s.yaml]\npolicy: p.yaml\nhome: CN\nkeys: {directory: keys, epoch: 7d, keep: 30d}\n"
    "recipients:\n  r: {purpose: security, ceiling: [usage.count], region: CN,\n"
    "      rows: {topic: out}}\n"
    "source: {topics: [events], group: g}\naudit: {topic: audit}\n"
    "consent: {topic: consent}\nkafka: {bootstrap.servers: \"127.0.0.1:9\"}\n";

static char directory[64], path[128];
static struct buffer reason;
static struct generations *generations;

static void write_file(const char *name, const char *text)
{
    char file[128];
    snprintf(file, sizeof file, "%s/%s", directory, name);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static struct configuration *load(void)
{
    struct diagnostics diagnostics;
    snprintf(path, sizeof path, "%s/lethe.yaml", directory);
    diagnostics_init(&diagnostics);
    struct configuration *configuration = configuration_load(path, &diagnostics);
    if (diagnostics.errors > 0)
        configuration_print(&diagnostics);
    assert_int_equal(diagnostics.errors, 0);
    diagnostics_release(&diagnostics);
    return configuration;
}

static int start(void **state)
{
    char keys[128];
    (void)state;
    assert_int_equal(anonymize_start(), RC_OK);
    strcpy(directory, "/tmp/lethe-generation-XXXXXX");
    assert_non_null(mkdtemp(directory));
    buffer_init(&reason, 4096);
    write_file("s.yaml", small_schema);
    write_file("p.yaml", small_policy);
    write_file("lethe.yaml", CONFIGURATION);
    snprintf(keys, sizeof keys, "%s/keys", directory);
    const struct key_schedule schedule = {.epoch = TIME_WEEK, .keep = 30 * TIME_DAY};
    assert_int_equal(keys_init(keys, schedule, NOW, 1, &reason), RC_OK);
    assert_int_equal(generations_new(load(), &generations), RC_OK);
    assert_int_equal(generations_refresh(generations, NOW, &reason), RC_OK);
    return 0;
}

static int stop(void **state)
{
    char command[128];
    (void)state;
    generations_free(generations);
    buffer_release(&reason);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    assert_int_equal(system(command), 0);
    return 0;
}

static uint64_t number(void)
{
    const struct generation *generation = generations_take(generations);
    uint64_t value = generation->number;
    generation_let_go(generations, generation);
    return value;
}

/* The configuration with `from` replaced by `to`. */
static enum rc replace(const char *file, const char *text, const char *from, const char *to)
{
    char changed[2048];
    const char *at = strstr(text, from);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    write_file(file, changed);
    buffer_reset(&reason);
    enum rc rc = generations_replace(generations, load(), NOW, &reason);
    write_file(file, text);
    return rc;
}

static void test_replaced(void **state)
{
    (void)state;
    const struct generation *old = generations_take(generations);
    assert_false(generations_is_newer(generations, old));
    assert_int_equal(replace("s.yaml", small_schema, "version: 1", "version: 2"), RC_OK);
    assert_true(generations_is_newer(generations, old));
    assert_int_equal(old->configuration->schemas[0]->version, 1); /* as long as it is held */
    const struct generation *new = generations_take(generations);
    assert_int_equal(new->number, old->number + 1);
    assert_int_equal(new->configuration->schemas[0]->version, 2);
    assert_int_equal(new->description->schemas[0].version, 2);
    generation_let_go(generations, old);
    assert_int_equal(replace("p.yaml", small_policy, "version: 1", "version: 9"), RC_OK);
    generation_let_go(generations, new);
    assert_int_equal(number(), 3);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *what;
    } cases[] = {
        {"topics: [events]", "topics: [events, more]", "`source`"},
        {"group: g", "group: h", "`source`"},
        {"group: g", "group: g, start: latest", "`source`"},
        {"group: g", "group: g, poison: skip", "`source`"},
        {"topic: audit", "topic: audit2", "the topic of `audit`"},
        {"topic: consent", "topic: consent2", "`consent`"},
        {"topic: consent", "topic: consent, barrier: 9s", "`consent`"},
        {"127.0.0.1:9", "127.0.0.1:10", "`kafka`"},
        {"home: CN", "home: CN\nlanes: 2", "`worker` or `lanes`"},
        {"home: CN", "home: CN\nworker: {instance: other}", "`worker` or `lanes`"},
        {"home: CN", "home: CN\nworker: {log: json}", "`worker` or `lanes`"},
        {"home: CN", "home: CN\nworker: {shutdown: 9s}", "`worker` or `lanes`"},
        {"home: CN", "home: CN\nworker: {restarts: 9}", "`worker` or `lanes`"},
        {"home: CN", "home: CN\nlimits: {subjects: 2000}", "`limits.subjects`"},
        {"topic: out", "topic: elsewhere", "the recipients'"},
        {"topic: out", "topic: out, framing: lines", "the recipients'"},
        {"  r: {", "  s: {", "the recipients'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum rc rc = replace("lethe.yaml", CONFIGURATION, cases[i].from, cases[i].to);
        if (rc != RC_REFUSED ||
            !slice_starts_with(buffer_slice(&reason), slice_from_string(cases[i].what)))
            fail_msg("%s: %s, %.*s", cases[i].to, rc_name(rc), SLICE_FORMAT(buffer_slice(&reason)));
    }
    assert_int_equal(replace("p.yaml", small_policy,
                             "rules:", "  more: {basis: necessity, only: [usage.count]}\nrules:"),
                     RC_REFUSED);
    assert_int_equal(number(), 1);
}

static size_t key_count(void)
{
    const struct generation *generation = generations_take(generations);
    size_t count = generation->keyring ? keyring_count(generation->keyring) : 0;
    generation_let_go(generations, generation);
    return count;
}

static void test_keys_come_and_go(void **state)
{
    (void)state;
    char keys[128];
    unsigned made, destroyed;
    const struct key_schedule schedule = {.epoch = TIME_WEEK, .keep = 30 * TIME_DAY};
    snprintf(keys, sizeof keys, "%s/keys", directory);
    size_t before = key_count();
    assert_int_equal(generations_refresh(generations, NOW, &reason), RC_OK);
    assert_int_equal(number(), 1); /* nothing new: nobody has to change */
    assert_int_equal(keys_rotate(keys, schedule, NOW, 3, &made, &destroyed, &reason), RC_OK);
    assert_int_equal(generations_refresh(generations, NOW, &reason), RC_OK);
    assert_int_equal(number(), 2);
    assert_int_equal(key_count(), before + made);
    /* Due, although nobody has destroyed it yet. */
    assert_int_equal(generations_refresh(generations, NOW + 40 * TIME_DAY, &reason), RC_OK);
    assert_int_equal(number(), 3);
    assert_int_equal(keys_destroy(keys, 0, NOW, &destroyed, &reason), RC_OK);
    assert_int_equal(generations_refresh(generations, NOW, &reason), RC_OK);
    assert_int_equal(number(), 4);
    const struct generation *generation = generations_take(generations);
    assert_int_equal(keyring_epoch(generation->keyring, NOW), 0);
    generation_let_go(generations, generation);
}

/* A directory that cannot be read changes nothing, until a key that is held becomes due. */
static void test_keys_unreadable(void **state)
{
    (void)state;
    write_file("keys/epoch-000001.key", "rubbish");
    buffer_reset(&reason);
    assert_int_not_equal(generations_refresh(generations, NOW, &reason), RC_OK);
    assert_true(reason.length > 0);
    assert_int_equal(number(), 1);
    assert_true(key_count() > 0);
    assert_int_not_equal(generations_refresh(generations, NOW + 60 * TIME_DAY, &reason), RC_OK);
    assert_int_equal(number(), 2);
    assert_int_equal(key_count(), 0);
    assert_int_not_equal(replace("s.yaml", small_schema, "version: 1", "version: 2"), RC_OK);
    assert_int_equal(number(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replaced, start, stop),
        cmocka_unit_test_setup_teardown(test_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_keys_come_and_go, start, stop),
        cmocka_unit_test_setup_teardown(test_keys_unreadable, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
