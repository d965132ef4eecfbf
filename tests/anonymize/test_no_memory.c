/*
 * Memory that runs out while things are made: each allocation in turn is the one that fails. What
 * is asked for is then refused as a whole, says why, and can be asked for again; nothing half made
 * stays in use. (That nothing leaks is what the number of living blocks is held against.)
 *
 * The C library's allocator is wrapped, so the sanitizers' builds have nothing to wrap and skip it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "anonymize/keys.h"
#include "tests/anonymize/engine_world.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WRAPS 0
#elif defined(__has_feature)
#define WRAPS (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer))
#else
#define WRAPS 1
#endif

enum { NEVER = -1, MOST_ALLOCATIONS = 10000 };

#if WRAPS

static long left = NEVER; /* allocations that still succeed */
static long living;       /* blocks */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

static bool fails(void)
{
    if (left == NEVER)
        return false;
    if (left == 0) {
        errno = ENOMEM;
        return true;
    }
    left--;
    return false;
}

static void *counted(void *block)
{
    living += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    return block ? __libc_realloc(block, size) : counted(__libc_realloc(NULL, size));
}

void free(void *block)
{
    living -= block != NULL;
    __libc_free(block);
}

/* `attempt` makes something and gives it back at once: with the first allocation failing, then the
 * second and so on, until none is left to fail. */
static void assert_refuses_each(enum rc (*attempt)(void *context), void *context, long least)
{
    assert_int_equal(attempt(context), RC_OK); /* what is made once and stays is there now */
    long before = living;
    for (long allocations = 0; allocations < MOST_ALLOCATIONS; allocations++) {
        left = allocations;
        enum rc rc = attempt(context);
        bool reached = left == 0;
        left = NEVER;
        assert_int_equal(living, before);
        if (rc == RC_OK) {
            assert_true(allocations >= least);
            assert_int_equal(attempt(context), RC_OK);
            return;
        }
        assert_true(reached);
        assert_int_equal(rc, RC_NO_MEMORY);
    }
    fail_msg("it never comes to an end");
}

#endif

static const char SCHEMA[] = "schema: test\nversion: 1\nmatch: {topic: test}\n"
                             "time: {field: ts, format: unix_ms}\nsubjects: [user]\n"
                             "fields:\n  ts: time.event\n  user: account.user_id\n"
                             "  device.model: device.model\n";

static const char POLICY[] = "policy: test\nversion: 1\n"
                             "purposes:\n  operation: {basis: consent, consent_version: 3}\n"
                             "rules:\n  account.user_id: pseudonym\n  device.model: keep\n"
                             "minors: {below: 14, then: withhold, age_unknown: adult}\n";

static enum rc make_engine(void *context)
{
    struct world *w = context;
    struct engine *engine = (struct engine *)w; /* must be overwritten */
    const struct engine_options options = {.schemas = &w->schema,
                                           .schema_count = 1,
                                           .policy = w->policy,
                                           .recipients = w->recipients,
                                           .recipient_count = w->recipient_count,
                                           .keyring = w->keyring,
                                           .record_limit = w->record_limit};
    enum rc rc = engine_new(&options, &engine);
    assert_true((rc == RC_OK) == (engine != NULL));
    engine_free(engine);
    return rc;
}

static const struct key_schedule WEEKLY = {.epoch = TIME_WEEK, .keep = 4 * TIME_WEEK};

static enum rc make_keyring(void *context)
{
    (void)context;
    struct keyring *keyring;
    uint64_t seed = 1;
    enum rc rc = keyring_throw_away(WEEKLY, WORLD_NOW, &seed, &keyring);
    assert_true((rc == RC_OK) == (keyring != NULL));
    keyring_release(keyring);
    return rc;
}

static enum rc open_keyring(void *context)
{
    struct keyring *keyring;
    enum rc rc = keyring_open(context, WEEKLY, WORLD_NOW, &keyring, NULL);
    assert_true((rc == RC_OK) == (keyring != NULL));
    keyring_release(keyring);
    return rc;
}

static enum rc list_keys(void *context)
{
    struct epoch_key *keys;
    size_t count;
    enum rc rc = keys_list(context, WEEKLY, WORLD_NOW, &keys, &count, NULL);
    assert_true((rc == RC_OK) == (keys != NULL));
    free(keys);
    return rc;
}

static void test_engine(void **state)
{
    (void)state;
    static struct world w;
    world_init(&w, SCHEMA, POLICY);
#if WRAPS
    assert_refuses_each(make_engine, &w, 4);
#else
    assert_int_equal(make_engine(&w), RC_OK);
#endif
    world_release(&w);
}

static void test_keys(void **state)
{
    (void)state;
    char path[] = "/tmp/lethe-no-memory-XXXXXX";
    char command[64];
    assert_int_equal(anonymize_start(), RC_OK);
    assert_non_null(mkdtemp(path));
    assert_int_equal(keys_init(path, WEEKLY, WORLD_NOW, 2, NULL), RC_OK);
#if WRAPS
    assert_refuses_each(make_keyring, NULL, 1);
    assert_refuses_each(open_keyring, path, 2);
    assert_refuses_each(list_keys, path, 2);
#else
    assert_int_equal(make_keyring(NULL), RC_OK);
    assert_int_equal(open_keyring(path), RC_OK);
    assert_int_equal(list_keys(path), RC_OK);
#endif
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
